//! The component under test: its rules with their parameters, and its tables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use weir_common::explain::explain;
use weir_config::configured::{ConfiguredRule, configurations, set};
use weir_host::contract::{Configuration, Interface, Judgement, Rule};
use weir_host::error::Error;
use weir_host::parameters::{has_parameter, parse_setting};
use weir_host::{Detector, Sandbox};

/// Hash seed of all detectors but where a schedule says another: the same at every run.
const SEED: (u64, u64) = (0x5765_6972, 0x6c61_7773);

/// What detectors are opened on.
pub struct Subject<'s> {
    /// The component.
    pub sandbox: &'s Sandbox,
    /// The rules that judge, each with its parameters.
    pub rules: Vec<ConfiguredRule>,
    /// Look-up tables, by name: where they were read, and what they are.
    pub tables: BTreeMap<String, (PathBuf, Vec<u8>)>,
}

impl<'s> Subject<'s> {
    /// Of a component, with rules and tables.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when a table cannot be read.
    pub fn new(
        sandbox: &'s Sandbox,
        rules: Vec<ConfiguredRule>,
        tables: &BTreeMap<String, PathBuf>,
    ) -> Result<Self, Error> {
        let read = |(name, path): (&String, &PathBuf)| {
            let bytes = std::fs::read(path)
                .map_err(|error| Error::input(path.display(), explain(&error)))?;
            Ok((name.clone(), (path.clone(), bytes)))
        };
        let tables: Result<_, Error> = tables.iter().map(read).collect();
        Ok(Self {
            sandbox,
            rules,
            tables: tables?,
        })
    }

    /// Opens a detector, with parameters as `NAME=VALUE` over those of the rules that have them.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when it refuses its parameters or a table, [`Error::Trapped`] when the
    /// component fails.
    pub fn open(&self, settings: &[String], seed: Option<u64>) -> Result<Detector, Error> {
        let mut rules = self.rules.clone();
        for setting in settings {
            let (name, value) = parse_setting(setting)?;
            set(&mut rules, &name, &value);
        }
        let seed = seed.map_or(SEED, |seed| (seed, SEED.1));
        let mut detector = self.sandbox.open(&configurations(&rules), seed)?;
        for (name, (_, bytes)) in &self.tables {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    }

    /// Offers the component parameters that the host has not looked at, in every rule. Returns what
    /// it says against them; nothing where it takes them.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when the component fails.
    pub(crate) fn offer(&self, settings: &[String]) -> Result<Option<String>, Error> {
        let mut more = Map::new();
        for setting in settings {
            let (name, value) = parse_setting(setting)?;
            more.insert(name, value);
        }
        let one = |rule: &ConfiguredRule| {
            let mut parameters = rule.parameters.clone();
            parameters.extend(more.clone());
            Configuration::of(&rule.rule.id, Json::Object(parameters).to_string())
        };
        let configurations: Vec<Configuration> = self.rules.iter().map(one).collect();
        match self.sandbox.ask(&configurations, SEED) {
            Ok(_) => Ok(None),
            Err(Error::Config(words)) => Ok(Some(words.join("; "))),
            Err(error) => Err(error),
        }
    }

    /// Whether it has an optional interface.
    pub(crate) fn has(&self, interface: Interface) -> bool {
        self.sandbox.interfaces().has(interface)
    }

    /// Whether all rules have a parameter.
    pub(crate) fn all_have(&self, parameter: &str) -> bool {
        self.all(|rule| has_parameter(rule, parameter))
    }

    /// Whether something is so of all rules.
    pub(crate) fn all(&self, is: impl Fn(&Rule) -> bool) -> bool {
        self.rules.iter().all(|one| is(&one.rule))
    }

    /// Whether event time closes the windows of all rules: none judges each event for itself.
    pub(crate) fn has_windows(&self) -> bool {
        self.all(|rule| !matches!(rule.judgement, Judgement::Each(0)))
    }
}
