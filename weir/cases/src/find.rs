//! Cases by paths: folders of cases, and rule files with cases beside them.
//!
//! The cases of a rule file `NAME.toml`, or `NAME.ndjson`, are in the folder `NAME.cases` beside it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use weir_common::explain::explain;
use weir_host::error::Error;

use super::case;

/// Ending of the folder with the cases of a rule file.
const BESIDE: &str = "cases";
/// Endings of rule files that are looked for beside such a folder.
const RULES: [&str; 2] = ["toml", "ndjson"];

/// A case that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCase {
    /// Its folder.
    pub folder: PathBuf,
    /// The rule file that it is a case of; none for a case of a component.
    pub rule: Option<PathBuf>,
}

/// What some paths have to be tested.
#[derive(Debug, Default)]
pub struct Found {
    /// The cases, each once.
    pub cases: Vec<FoundCase>,
    /// Rule files without a folder of cases.
    pub untested: Vec<PathBuf>,
}

/// Finds the cases: each folder is one, or holds some or rule files at any depth; each file is a rule
/// file.
///
/// # Errors
///
/// [`Error::Input`] when a path cannot be read, or has neither cases nor rule files; when it has a
/// folder of cases without their rule file, or without cases; when there is no case at all.
pub fn find(paths: &[PathBuf]) -> Result<Found, Error> {
    let mut found = Found::default();
    for path in paths {
        match path.is_file() {
            true => found.file(path)?,
            false => found.folder(path)?,
        }
    }
    if let ([], [first, rest @ ..]) = (&found.cases[..], &found.untested[..]) {
        let others = match rest.len() {
            0 => String::new(),
            more => format!(", nor beside {more} more"),
        };
        let folder = beside(first);
        let why = format!(
            "no cases beside this rule file{others}: they belong into {}",
            folder.display()
        );
        return Err(Error::input(first.display(), why));
    }
    Ok(found)
}

impl Found {
    /// A rule file that is named itself.
    fn file(&mut self, path: &Path) -> Result<(), Error> {
        let cases = beside(path);
        if cases.is_dir() {
            // The file that is named judges, not another one of this name.
            return self.below(&cases, Some(path.to_owned()));
        }
        let is_export = path.extension().is_some_and(|ending| ending == "ndjson");
        if !is_export && !is_rule(path)? {
            let why = "is no rule file: it is not TOML with a table [rule]; cases are folders";
            return Err(Error::input(path.display(), why));
        }
        self.untested(path);
        Ok(())
    }

    /// A folder, with all below it.
    fn folder(&mut self, path: &Path) -> Result<(), Error> {
        self.below(path, rule_above(path)?)
    }

    /// A folder, of whose cases those judge by `above` that have no other rule file.
    fn below(&mut self, path: &Path, above: Option<PathBuf>) -> Result<(), Error> {
        let mut any = false;
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let name = error.path().unwrap_or(path).display().to_string();
                let message = error.io_error().map_or_else(|| error.to_string(), explain);
                Error::input(name, message)
            })?;
            let at = entry.path();
            if !entry.file_type().is_dir() {
                let is_toml = at.extension().is_some_and(|ending| ending == "toml");
                let is_untested = is_toml && above.is_none() && !beside(at).is_dir();
                // What is read for its sake alone need not be readable.
                if is_untested && is_rule(at).unwrap_or(false) {
                    self.untested(at);
                    any = true;
                }
                continue;
            }
            let rule = match rule_within(path, at)? {
                None => above.clone(),
                rule => rule,
            };
            // A folder that looks like a case without its manifest would go unused without notice.
            if at.join(case::MANIFEST).is_file() || at.join(case::EXPECTED).is_file() {
                self.case(at, rule);
                any = true;
            } else if is_beside(at) && !has_case(at) {
                let why = "no cases here: none of its folders has a case.toml";
                return Err(Error::input(at.display(), why));
            }
        }
        match any {
            true => Ok(()),
            false => Err(Error::input(
                path.display(),
                "no cases here: none of its folders has a case.toml, and no file is a rule",
            )),
        }
    }

    fn case(&mut self, folder: &Path, rule: Option<PathBuf>) {
        let case = FoundCase {
            folder: folder.to_owned(),
            rule,
        };
        if !self.cases.contains(&case) {
            self.cases.push(case);
        }
    }

    fn untested(&mut self, path: &Path) {
        if !self.untested.iter().any(|known| known == path) {
            self.untested.push(path.to_owned());
        }
    }
}

/// The folder with the cases of a rule file.
fn beside(rule: &Path) -> PathBuf {
    rule.with_extension(BESIDE)
}

/// Whether a folder has the name of one with the cases of a rule file.
fn is_beside(folder: &Path) -> bool {
    folder.extension().is_some_and(|ending| ending == BESIDE)
}

/// Whether any folder below is a case.
fn has_case(folder: &Path) -> bool {
    let below = walkdir::WalkDir::new(folder).into_iter().flatten();
    let mut folders = below.filter(|entry| entry.file_type().is_dir());
    folders.any(|entry| {
        [case::MANIFEST, case::EXPECTED]
            .iter()
            .any(|file| entry.path().join(file).is_file())
    })
}

/// Whether a TOML file has a rule.
fn is_rule(path: &Path) -> Result<bool, Error> {
    weir_compile::sources::is_rule(path).map_err(|why| Error::input(path.display(), why))
}

/// The rule file of a folder with this name, if there is one.
fn rule_of(folder: &Path) -> Option<PathBuf> {
    let files = RULES.map(|ending| folder.with_extension(ending));
    files.into_iter().find(|file| file.is_file())
}

/// The rule file whose folder of cases a path is in, by its own words or by where it stands.
///
/// # Errors
///
/// [`Error::Input`] when it names such a folder without a rule file.
fn rule_above(path: &Path) -> Result<Option<PathBuf>, Error> {
    // A folder that is left by `..` is not above.
    let leaves = { path.components() }.any(|step| step == Component::ParentDir);
    let mut named = path.ancestors().filter(|folder| is_beside(folder));
    if let (false, Some(folder)) = (leaves, named.next()) {
        return needed(folder).map(Some);
    }
    let whole = fs::canonicalize(path);
    let whole = whole.map_err(|error| Error::input(path.display(), explain(&error)))?;
    let mut above = whole.ancestors().filter(|folder| is_beside(folder));
    Ok(above.find_map(rule_of))
}

/// The rule file whose folder of cases a folder is, or is in, below `root`.
///
/// # Errors
///
/// [`Error::Input`] when there is no such file.
fn rule_within(root: &Path, folder: &Path) -> Result<Option<PathBuf>, Error> {
    let mut below = folder.ancestors().take_while(|above| *above != root);
    let found = below.find(|above| is_beside(above));
    found.map(needed).transpose()
}

fn needed(folder: &Path) -> Result<PathBuf, Error> {
    rule_of(folder).ok_or_else(|| {
        let [toml, ndjson] = RULES.map(|ending| folder.with_extension(ending));
        Error::input(
            folder.display(),
            format!(
                "cases without their rule: there is neither {} nor {}",
                toml.display(),
                ndjson.display()
            ),
        )
    })
}
