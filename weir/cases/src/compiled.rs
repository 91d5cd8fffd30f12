//! Rule files that have cases, compiled to the component that their cases are run against.

use std::path::{Path, PathBuf};

use weir_compile::{Choice, Outcome, State, report, sources};
use weir_host::error::Error;

use super::CaseResult;

/// Rule files, compiled together.
#[derive(Debug)]
pub struct Compiled {
    /// The component of all rules that were understood; none where no rule was.
    pub component: Option<Vec<u8>>,
    /// The files, each once.
    pub files: Vec<CompiledFile>,
}

/// A rule file, compiled.
#[derive(Debug)]
pub struct CompiledFile {
    /// The file, as it was named first.
    pub path: PathBuf,
    /// The file, however it is named.
    whole: PathBuf,
    /// The ids of the rules in it that were understood.
    pub rules: Vec<String>,
    /// A result that failed, where a rule was not understood or the file not read: the reasons with
    /// their places.
    pub failed: Option<CaseResult>,
}

impl Compiled {
    /// Compiles rule files; `built` is the component that definitions are put into. Rules that their
    /// authors do not call ready are compiled, too.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the definitions do not fit into a component.
    pub fn new(paths: &[PathBuf], built: &[u8]) -> Result<Self, Error> {
        let mut files: Vec<CompiledFile> = Vec::new();
        let mut texts = Vec::new();
        for path in paths {
            let whole = whole(path);
            if files.iter().any(|known| known.whole == whole) {
                continue;
            }
            let (read, failed) = sources::read(std::slice::from_ref(path));
            let why = failed
                .first()
                .map(|file| format!("{}: {}", file.name, file.why));
            texts.extend(read);
            files.push(CompiledFile {
                path: path.clone(),
                whole,
                rules: Vec::new(),
                failed: why.map(|why| result(path, "a rule file", why)),
            });
        }
        let choice = Choice {
            all: true,
            ..Choice::default()
        };
        let compilation = weir_compile::compile(&texts, &choice);
        for file in &mut files {
            let name = file.path.display().to_string();
            let outcomes = compilation.outcomes.iter();
            let outcomes: Vec<&Outcome> = outcomes.filter(|one| one.file == name).collect();
            file.take(&outcomes);
        }
        let component = match compilation.specs.is_empty() {
            true => None,
            false => Some(compilation.component(built).map_err(Error::config)?),
        };
        Ok(Self { component, files })
    }

    /// The ids of the rules of a file that were understood.
    #[must_use]
    pub fn rules(&self, path: &Path) -> &[String] {
        let whole = whole(path);
        let file = self.files.iter().find(|file| file.whole == whole);
        file.map_or(&[], |file| &file.rules)
    }
}

/// A path in full, without links.
fn whole(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

impl CompiledFile {
    fn take(&mut self, outcomes: &[&Outcome]) {
        if self.failed.is_some() {
            return;
        }
        let of = |state| { outcomes.iter() }.filter(move |one| one.state == state);
        self.rules = { of(State::Compiled) }
            .filter_map(|one| one.id.clone())
            .collect();
        let left_out: Vec<&&Outcome> = of(State::LeftOut).collect();
        if let Some(first) = left_out.first() {
            let findings = left_out.iter().map(|one| report::finding(one));
            let why = first.name.as_deref().unwrap_or("a rule file");
            self.failed = Some(result(&self.path, why, findings.collect()));
        } else if self.rules.is_empty() {
            let why = format!("{}: there is no rule in this file", self.path.display());
            self.failed = Some(result(&self.path, "a rule file", why));
        }
    }
}

fn result(path: &Path, why: &str, broken: String) -> CaseResult {
    CaseResult {
        name: path.display().to_string(),
        why: why.to_owned(),
        executions: Vec::new(),
        broken: Some(broken),
    }
}
