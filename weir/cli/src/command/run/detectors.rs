//! The detectors of a run: loaded, asked what they are, and configured.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use serde_json::{Map, Value as Json};
use weir_component::Location;
use weir_config::configured::{ALL, ConfiguredRule, choose, configurations, configure};
use weir_config::{Config, ParameterOrigins};
use weir_host::DetectorFactory;
use weir_host::contract::{Interface, Rule};
use weir_host::parameters::has_parameter;
use weir_host::{Error, Sandbox};
use weir_pipeline::engine::Engine;

use super::threads;
use crate::command::{read, sandbox, warn};

/// The name of the built-in component among several.
const INSIDE: &str = "embedded";

/// A detector that is ready to be opened.
pub(crate) struct Loaded {
    sandbox: Sandbox,
    /// The rules that judge, with their parameters.
    pub(crate) chosen: Vec<ConfiguredRule>,
    /// Whether its work is to be split.
    split: bool,
    tables: Arc<Vec<(String, Vec<u8>)>>,
    origins: ParameterOrigins,
}

/// A component, all its rules, and those that are chosen.
struct Described {
    sandbox: Sandbox,
    all: Vec<Rule>,
    chosen: Vec<Rule>,
}

/// Loads all of them, and checks that their work can be split if it is to be. With several, a rule's
/// name, a parameter or a table is for those that have it.
pub(crate) fn load(named: &[Location], config: &Config, split: bool) -> Result<Vec<Loaded>, Error> {
    let other = |named: &&Location| named.file() != Some(Path::new(INSIDE));
    let mut places: Vec<Option<&Location>> = named
        .iter()
        .map(|named| Some(named).filter(other))
        .collect();
    if places.is_empty() {
        places.push(config.component.as_ref());
    }
    let several = places.len() > 1;
    let mut all = Vec::with_capacity(places.len());
    for place in places {
        let sandbox = sandbox(place, config)?;
        all.push(described(sandbox, config, several)?);
    }
    distinct(&all)?;
    let tables = config.tables.iter();
    let tables = tables.map(|(name, path)| Ok((name.clone(), read(path)?)));
    let tables = tables.collect::<Result<Vec<_>, Error>>()?;
    if several {
        of_somebody(config, &all)?;
    }
    all.into_iter()
        .map(|one| {
            let mut parameters = config.parameters.clone();
            let mut tables = tables.clone();
            if several {
                parameters.retain(|name, value| is_for(&one, name, value));
                tables.retain(|(name, _)| has_table(&one.all, name));
            }
            configured(split, one, &parameters, (tables, &config.origins))
        })
        .collect()
}

/// Loads a component's rules and selects those that are named.
fn described(sandbox: Sandbox, config: &Config, several: bool) -> Result<Described, Error> {
    let all = sandbox.describe()?;
    let mut names = weir_config::configured::usual(&sandbox, &config.rules);
    if several && !config.rules.is_empty() {
        names.retain(|name| name == ALL || choose(&all, std::slice::from_ref(name)).is_ok());
        if names.is_empty() {
            let known: Vec<&str> = all.iter().map(|rule| rule.short_name.as_str()).collect();
            return Err(Error::config(format!(
                "--rule names no rule of one of the components, which has: {}",
                known.join(", ")
            )));
        }
    }
    let chosen = choose(&all, &names)?;
    Ok(Described {
        sandbox,
        all,
        chosen,
    })
}

fn configured(
    split: bool,
    described: Described,
    parameters: &Map<String, Json>,
    (tables, origins): (Vec<(String, Vec<u8>)>, &ParameterOrigins),
) -> Result<Loaded, Error> {
    let Described {
        sandbox,
        all,
        chosen,
    } = described;
    let chosen = configure(&all, chosen, parameters, origins)?;
    for one in &chosen {
        for warning in crate::validate::expired(&one.parameters, &one.rule, SystemTime::now()) {
            warn("exception-expired", warning);
        }
    }
    if split {
        sandbox.needs(Interface::State, "splitting the work (`--threads`, Kafka)")?;
        threads::possible(&chosen)?;
    }
    Ok(Loaded {
        sandbox,
        chosen,
        split,
        tables: Arc::new(tables),
        origins: origins.clone(),
    })
}

/// Two of one rule could not be told apart in what they find.
fn distinct(all: &[Described]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut rules = all.iter().flat_map(|one| &one.chosen);
    match rules.find(|rule| !seen.insert(rule.id.as_str())) {
        None => Ok(()),
        Some(rule) => Err(Error::config(format!(
            "--component: two components say that they are rule {}",
            rule.id
        ))),
    }
}

/// Refuses parameters, rules and tables that no detector has.
fn of_somebody(config: &Config, all: &[Described]) -> Result<(), Error> {
    let names = config.rules.iter().filter(|name| {
        let has = |one: &Described| choose(&one.all, std::slice::from_ref(*name)).is_ok();
        !all.iter().any(has)
    });
    let parameters = config.parameters.iter();
    let parameters =
        parameters.filter(|(name, value)| !all.iter().any(|one| is_for(one, name, value)));
    let tables = config.tables.keys();
    let tables = tables.filter(|name| !all.iter().any(|one| has_table(&one.all, name)));
    let wrong = names
        .map(|name| format!("no component has a rule `{name}`"))
        .chain(parameters.map(|(name, value)| {
            let why = match value.is_object() {
                true => format!("no component has a rule `{name}`"),
                false => format!("no detector has a parameter `{name}`"),
            };
            config.origins.tell(None, name, &why)
        }))
        .chain(tables.map(|name| format!("no detector has a table `{name}`")));
    Error::problems(wrong)
}

/// Whether a parameter, or the parameters of a rule, are for a component.
fn is_for(one: &Described, name: &str, value: &Json) -> bool {
    match value.is_object() {
        true => choose(&one.all, &[name.to_owned()]).is_ok(),
        false => one.chosen.iter().any(|rule| has_parameter(rule, name)),
    }
}

fn has_table(rules: &[Rule], name: &str) -> bool {
    let mut tables = rules.iter().flat_map(|rule| &rule.tables);
    tables.any(|known| known.name == name)
}

impl Loaded {
    /// The rules that judge.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.chosen.iter().map(|one| one.rule.clone()).collect()
    }

    /// Checks that the component has an interface that something needs.
    pub(crate) fn needs(&self, interface: Interface, needed_by: &str) -> Result<(), Error> {
        self.sandbox.needs(interface, needed_by)
    }

    /// Checks that the component can take the look-up tables that it is to have.
    pub(crate) fn can_load(&self) -> Result<(), Error> {
        match self.tables.first() {
            Some((name, _)) => self.needs(Interface::Inspection, &format!("table `{name}`")),
            None => Ok(()),
        }
    }

    /// SHA-256 of its component.
    pub(crate) fn sha256(&self) -> String {
        self.sandbox.sha256().to_owned()
    }

    /// Starts it, with its workers if it is to have any. `stop` is set when the run is to end.
    pub(crate) fn start(
        &self,
        seed: (u64, u64),
        threads: u8,
        stop: &Arc<AtomicBool>,
    ) -> Result<Engine, Error> {
        let opening = |partial| self.opening(partial, seed).stop_on(stop);
        let started = match self.split {
            false => Engine::new(opening(false)),
            true => Engine::with_workers(opening(false), &opening(true), threads),
        };
        started.map_err(|error| self.origins.explain(error, &self.chosen))
    }

    /// Openings of a detector that decides, or of a worker that only aggregates.
    fn opening(&self, partial: bool, seed: (u64, u64)) -> DetectorFactory {
        let configurations = match partial {
            true => threads::partial(&self.chosen),
            false => configurations(&self.chosen),
        };
        let tables = Arc::clone(&self.tables);
        DetectorFactory::new(self.sandbox.clone(), configurations, seed, tables)
    }

    /// Openings of a detector that decides and of a worker that only aggregates.
    #[cfg(feature = "kafka")]
    pub(super) fn openings(&self, seed: (u64, u64)) -> (DetectorFactory, DetectorFactory) {
        (self.opening(false, seed), self.opening(true, seed))
    }
}
