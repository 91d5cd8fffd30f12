//! The components that judge cases: one that is named, and one that is compiled of rule files.

use std::path::PathBuf;

use weir_cases::{CaseResult, Compiled, FoundCase};
use weir_config::Config;
use weir_host::{Error, Sandbox};
use weir_shipped::COMPILED;

use crate::cli::TestArgs;
use crate::command::{cache, loaded, sandbox};

/// The components that judge some cases.
pub(super) struct Judges {
    /// The component that is named, or the shipped one; none where nothing is judged by it.
    named: Option<Sandbox>,
    /// Rules by which it judges cases that name none.
    rules: Vec<String>,
    /// The rule files of the cases.
    files: Compiled,
    /// The component that is compiled of them; none where a named one judges in its place.
    compiled: Option<Sandbox>,
}

impl Judges {
    pub(super) fn new(
        cases: &[FoundCase],
        arguments: &TestArgs,
        config: &Config,
    ) -> Result<Self, Error> {
        let files: Vec<PathBuf> = cases.iter().filter_map(|case| case.rule.clone()).collect();
        let all_of_files = files.len() == cases.len();
        if let (true, Some(rule)) = (all_of_files, arguments.rules.rules.first()) {
            return Err(Error::config(format!(
                "--rule {rule}: cases beside a rule file are judged by the rules in it; --case picks \
                 cases"
            )));
        }
        let files = Compiled::new(&files, COMPILED)?;
        let is_named = arguments.component.component.is_some();
        let named = match is_named || !all_of_files {
            true => Some(sandbox(config.component.as_ref(), config)?),
            false => None,
        };
        let compiled = match &files.component {
            Some(bytes) if !is_named => Some(loaded(bytes, cache(config), config)?),
            _ => None,
        };
        Ok(Self {
            named,
            rules: config.rules.clone(),
            files,
            compiled,
        })
    }

    /// The results: of rule files that do not compile, then of cases, which are run one by one.
    pub(super) fn results(
        &self,
        cases: Vec<FoundCase>,
        update: bool,
    ) -> impl Iterator<Item = CaseResult> {
        let broken = { self.files.files.iter() }.filter_map(|file| file.failed.clone());
        let ran = cases.into_iter().filter_map(move |case| {
            let (component, rules) = match &case.rule {
                None => (self.named.as_ref(), weir_cases::Judges::Named(&self.rules)),
                Some(file) => {
                    let component = self.compiled.as_ref().or(self.named.as_ref());
                    let rules = self.files.rules(file);
                    let component = component.filter(|_| !rules.is_empty());
                    (component, weir_cases::Judges::OfFile(rules))
                }
            };
            // Cases of a rule file that does not compile are not run: its own result has failed.
            Some(weir_cases::check(&case.folder, component?, rules, update))
        });
        broken.chain(ran)
    }
}
