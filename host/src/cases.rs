//! Fixture cases: what a detector must find in an input, checked several ways.
//!
//! A case is a folder with
//! - `case.toml`: `why` (one line), and optionally `[parameters]`, `asn_db` or
//!   `[tables]` (paths relative to the case), `[counters]` that must come out
//!   equal, and `shuffle = false` where the order of the input is the point;
//! - `input*`: one or more files in any form that `weir run` reads, in order of
//!   their names;
//! - `expected.ndjson`: what `weir run --final --format ecs` prints for them.

mod case;
mod difference;
mod junit;
mod material;
mod readable;
mod select;
mod values;
mod way;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use case::Case;
pub use difference::Difference;
pub use junit::junit;
pub use readable::{Line, Mark, lines};
pub use select::select;
pub use way::Way;

use crate::error::Error;
use crate::sandbox::Sandbox;

/// How one case did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The case's folder.
    pub name: String,
    /// Why the case exists; empty when its manifest could not be read.
    pub why: String,
    /// Each way that it was run.
    pub ways: Vec<Tried>,
    /// What kept the case from being run at all.
    pub broken: Option<String>,
}

/// A way that a case was run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tried {
    /// The way.
    pub way: Way,
    /// What was wrong; nothing is a pass.
    pub differences: Vec<Difference>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether all went well.
    #[must_use]
    pub fn passed(&self) -> bool {
        let mut ways = self.ways.iter();
        self.broken.is_none() && ways.all(|tried| tried.differences.is_empty())
    }
}

/// Finds the cases: each folder is one, or holds some at any depth.
///
/// # Errors
///
/// [`Error::Input`] when a folder cannot be read or holds no case.
pub fn find(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let name = error.path().unwrap_or(folder).display().to_string();
                let message = error
                    .io_error()
                    .map_or_else(|| error.to_string(), crate::input::explain);
                Error::input(name, message)
            })?;
            // A folder that looks like a case without its manifest is one that
            // nobody would notice to be unused.
            let path = entry.path();
            let case = path.join(case::MANIFEST).is_file() || path.join(case::EXPECTED).is_file();
            if entry.file_type().is_dir() && case {
                found.push(path.to_owned());
            }
        }
        if found.len() == before {
            return Err(Error::input(
                folder.display().to_string(),
                "no cases here: none of its folders has a case.toml",
            ));
        }
    }
    Ok(found)
}

/// Runs one case all ways; with `update`, rewrites what it expects first.
#[must_use]
pub fn check(folder: &Path, sandbox: &Sandbox, update: bool) -> Report {
    let mut report = Report {
        name: folder.display().to_string(),
        why: String::new(),
        ways: Vec::new(),
        broken: None,
    };
    if let Err(error) = check_into(&mut report, folder, sandbox, update) {
        report.broken = Some(error.to_string());
    }
    report
}

fn check_into(
    report: &mut Report,
    folder: &Path,
    sandbox: &Sandbox,
    update: bool,
) -> Result<(), Error> {
    let case = Case::read(folder)?;
    report.why.clone_from(&case.why);
    let material = material::read(&case, sandbox.limits())?;
    if update {
        case.update(&way::run(sandbox, &case, &material, Way::Straight)?.alerts)?;
    }
    let expected = case.expected()?;
    let rule = sandbox.describe()?;
    for way in Way::ALL {
        if !way.fits(&case, &rule) {
            continue;
        }
        let begun = Instant::now();
        let found = way::run(sandbox, &case, &material, way)?;
        report.ways.push(Tried {
            way,
            differences: difference::between(&case, &expected, &found, way),
            took: begun.elapsed(),
        });
    }
    Ok(())
}
