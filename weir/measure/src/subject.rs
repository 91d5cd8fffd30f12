//! A detector that is measured: a component, and its rules with their parameters and tables.

use std::borrow::Cow;

use weir_component::Trust;
use weir_config::Config;
use weir_config::configured::{ConfiguredRule, choose, configurations, configure, usual};
use weir_host::contract::Interface;
use weir_host::{Detector, Error, Limits, Sandbox};
use weir_shipped::COMPONENT;

/// Seed of all detectors, so that each pass does the same.
const SEED: (u64, u64) = (0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b);

/// A look-up table: its name and bytes.
pub(crate) type Table = (String, Vec<u8>);

/// A component with its rules.
#[derive(Debug)]
pub struct Subject {
    name: String,
    bytes: Cow<'static, [u8]>,
    sandbox: Sandbox,
    chosen: Vec<ConfiguredRule>,
    tables: Vec<Table>,
}

impl Subject {
    /// The rules of a component that a configuration chooses, with their parameters.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the component is not let in, [`Error::Config`] when rules, parameters
    /// or tables are not its own.
    pub fn new(
        name: &str,
        bytes: Vec<u8>,
        config: &Config,
        tables: Vec<Table>,
    ) -> Result<Self, Error> {
        let sandbox = Sandbox::new(&bytes, &config.limits)?;
        if let Some((name, _)) = tables.first() {
            sandbox.needs(Interface::Inspection, &format!("table `{name}`"))?;
        }
        let subject = Self::of(name, bytes.into(), (sandbox, config), tables)?;
        let opened = subject.open(&subject.sandbox);
        opened.map_err(|error| config.origins.explain(error, &subject.chosen))?;
        Ok(subject)
    }

    /// The shipped component with its usual rules as they are published, under these limits and with
    /// those of the tables that it knows.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] under limits that are too narrow for it.
    pub fn shipped(limits: &Limits, mut tables: Vec<Table>) -> Result<Self, Error> {
        let config = Config {
            limits: limits.clone(),
            trust: Trust::default(),
            ..Config::default()
        };
        let sandbox = Sandbox::new(COMPONENT, limits)?;
        let described = sandbox.describe()?;
        let mut known = described.iter().flat_map(|rule| &rule.tables);
        tables.retain(|(name, _)| known.any(|table| table.name == *name));
        Self::of("shipped", COMPONENT.into(), (sandbox, &config), tables)
    }

    fn of(
        name: &str,
        bytes: Cow<'static, [u8]>,
        (sandbox, config): (Sandbox, &Config),
        tables: Vec<Table>,
    ) -> Result<Self, Error> {
        let described = sandbox.describe()?;
        let rules = choose(&described, &usual(&sandbox, &config.rules))?;
        let chosen = configure(&described, rules, &config.parameters, &config.origins)?;
        Ok(Self {
            name: name.to_owned(),
            bytes,
            sandbox,
            chosen,
            tables,
        })
    }

    /// Its name in answers.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Short names of its rules.
    pub(crate) fn rules(&self) -> Vec<&str> {
        let rules = self.chosen.iter();
        rules.map(|one| one.rule.short_name.as_str()).collect()
    }

    /// The component.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The component compiled anew, to count instructions.
    pub(crate) fn counting(&self) -> Result<Sandbox, Error> {
        Sandbox::counting(&self.bytes, self.sandbox.limits())
    }

    /// A detector in a fresh instance of a sandbox of this component.
    pub(crate) fn open(&self, sandbox: &Sandbox) -> Result<Detector, Error> {
        let mut detector = sandbox.open(&configurations(&self.chosen), SEED)?;
        for (name, bytes) in &self.tables {
            detector.load_table(name, bytes)?;
        }
        Ok(detector)
    }
}
