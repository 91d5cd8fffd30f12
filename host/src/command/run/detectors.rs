//! The detectors of a run: loaded, asked what they are, and configured.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value as Json};
use weir::config::Config;
use weir::contract::Rule;
use weir::{Engine, Error, Opening, Sandbox, parameters};

use super::threads;
use crate::command::{read, sandbox, warn};

/// What stands for the component inside the binary where several are named.
const INSIDE: &str = "embedded";

/// A detector that is ready to be opened.
pub(crate) struct Loaded {
    sandbox: Sandbox,
    pub(crate) rule: Rule,
    configuration: String,
    /// The configuration of a worker, where there are any.
    partial: Option<String>,
    tables: Arc<Vec<(String, Vec<u8>)>>,
}

/// Loads all of them, with the configuration of workers if their work is to be split. With several,
/// a parameter or a table is for those that have it.
pub(crate) fn load(named: &[PathBuf], config: &Config, split: bool) -> Result<Vec<Loaded>, Error> {
    let mut paths: Vec<Option<&Path>> = named
        .iter()
        .map(|path| Some(path.as_path()).filter(|path| *path != Path::new(INSIDE)))
        .collect();
    if paths.is_empty() {
        paths.push(config.component.as_deref());
    }
    let several = paths.len() > 1;
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        let sandbox = sandbox(path, &config.trust, &config.limits, &config.cache)?;
        let rule = sandbox.describe()?;
        all.push((sandbox, rule));
    }
    distinct(&all)?;
    let tables = config.tables.iter();
    let tables = tables.map(|(name, path)| Ok((name.clone(), read(path)?)));
    let tables = tables.collect::<Result<Vec<_>, Error>>()?;
    if several {
        of_somebody(config, &all)?;
    }
    all.into_iter()
        .map(|(sandbox, rule)| {
            let mut own = config.parameters.clone();
            let mut tables = tables.clone();
            if several {
                own.retain(|name, _| has_parameter(&rule, name));
                tables.retain(|(name, _)| has_table(&rule, name));
            }
            configure(split, sandbox, rule, &own, tables)
        })
        .collect()
}

fn configure(
    split: bool,
    sandbox: Sandbox,
    rule: Rule,
    own: &Map<String, Json>,
    tables: Vec<(String, Vec<u8>)>,
) -> Result<Loaded, Error> {
    let configuration = parameters::configuration(own, &rule)?;
    for warning in weir::validate::expired(own, &rule, SystemTime::now()) {
        warn(&warning);
    }
    let partial = match split {
        false => None,
        true => {
            threads::possible(&rule)?;
            Some(threads::partial(own, &rule)?)
        }
    };
    Ok(Loaded {
        sandbox,
        rule,
        configuration,
        partial,
        tables: Arc::new(tables),
    })
}

/// Two of one rule could not be told apart in what they find.
fn distinct(all: &[(Sandbox, Rule)]) -> Result<(), Error> {
    for (at, (_, rule)) in all.iter().enumerate() {
        if all.iter().take(at).any(|(_, other)| other.id == rule.id) {
            return Err(Error::Config(vec![format!(
                "--component: two components say that they are rule {}",
                rule.id
            )]));
        }
    }
    Ok(())
}

/// What no detector has is a mistake.
fn of_somebody(config: &Config, all: &[(Sandbox, Rule)]) -> Result<(), Error> {
    let any = |has: &dyn Fn(&Rule) -> bool| all.iter().any(|(_, rule)| has(rule));
    let parameters = config.parameters.keys();
    let parameters = parameters.filter(|name| !any(&|rule| has_parameter(rule, name)));
    let tables = config.tables.keys();
    let tables = tables.filter(|name| !any(&|rule| has_table(rule, name)));
    let wrong: Vec<String> = parameters
        .map(|name| format!("no detector has a parameter `{name}`"))
        .chain(tables.map(|name| format!("no detector has a table `{name}`")))
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::Config(wrong))
    }
}

fn has_parameter(rule: &Rule, name: &str) -> bool {
    rule.parameters.iter().any(|known| known.name == name)
}

fn has_table(rule: &Rule, name: &str) -> bool {
    rule.tables.iter().any(|known| known.name == name)
}

impl Loaded {
    /// Starts it, with its workers if it is to have any.
    pub(crate) fn start(&self, seed: (u64, u64), threads: u8) -> Result<Engine, Error> {
        let whole = self.opening(&self.configuration, seed);
        match &self.partial {
            None => Engine::new(whole),
            Some(partial) => Engine::with_workers(whole, &self.opening(partial, seed), threads),
        }
    }

    fn opening(&self, configuration: &str, seed: (u64, u64)) -> Opening {
        let tables = Arc::clone(&self.tables);
        Opening::new(self.sandbox.clone(), configuration.to_owned(), seed, tables)
    }

    /// How one that decides is opened, and how one that only aggregates is, where the work is split.
    #[cfg(feature = "kafka")]
    pub(super) fn openings(&self, seed: (u64, u64)) -> (Opening, Option<Opening>) {
        let partial = self.partial.as_deref();
        (
            self.opening(&self.configuration, seed),
            partial.map(|partial| self.opening(partial, seed)),
        )
    }
}
