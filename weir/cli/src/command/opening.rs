//! Configuration and inputs of a command, from its options.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use weir_config::configured::{ConfiguredRule, choose, configure};
use weir_config::{ASN_TABLE, CacheSetting, Config};
use weir_host::{Error, Sandbox, parameters};

use crate::cli::{ComponentArgs, FileArgs, OpenArgs, RuleArgs, TrustArgs};

impl FileArgs {
    /// The configuration file, with the limits over it.
    pub(super) fn config(&self) -> Result<Config, Error> {
        self.config_or(None)
    }

    /// The configuration with a file that is read where none is named.
    fn config_or(&self, found: Option<&Path>) -> Result<Config, Error> {
        let mut config = match self.config.as_deref().or(found) {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        for limit in &self.limits {
            config.set_limit(limit)?;
        }
        Ok(config)
    }
}

impl TrustArgs {
    /// The configuration file, with these options over it.
    pub(super) fn config(&self) -> Result<Config, Error> {
        self.config_or(None)
    }

    fn config_or(&self, found: Option<&Path>) -> Result<Config, Error> {
        let mut config = self.file.config_or(found)?;
        if !self.sha256.is_empty() {
            config.trust.sha256.clone_from(&self.sha256);
        }
        if self.require_signature.is_some() {
            config.trust.key.clone_from(&self.require_signature);
        }
        if self.no_cache {
            config.cache = CacheSetting::Off;
        }
        config.access = self.registry.access();
        Ok(config)
    }
}

impl ComponentArgs {
    /// The configuration file with these options over it, and the named component.
    pub(super) fn config(&self) -> Result<Config, Error> {
        self.config_or(None)
    }

    /// The configuration with a file that is read where none is named.
    pub(super) fn config_or(&self, found: Option<&Path>) -> Result<Config, Error> {
        let mut config = self.trust.config_or(found)?;
        if self.component.is_some() {
            config.component.clone_from(&self.component);
        }
        Ok(config)
    }
}

impl RuleArgs {
    /// Overrides the configuration by these options.
    pub(super) fn set(&self, config: &mut Config) {
        if !self.rules.is_empty() {
            config.rules.clone_from(&self.rules);
        }
    }
}

impl OpenArgs {
    /// The files of the look-up tables.
    pub(super) fn table_files(&self) -> impl Iterator<Item = PathBuf> {
        let parts = self.tables.iter().filter_map(|table| table.split_once('='));
        let named = parts.map(|(_, path)| PathBuf::from(path));
        self.asn_db.iter().cloned().chain(named)
    }

    /// Overrides the configuration by these options.
    pub(super) fn set(&self, config: &mut Config) -> Result<(), Error> {
        self.rules.set(config);
        if let Some(path) = &self.asn_db {
            config.tables.insert(ASN_TABLE.to_owned(), path.clone());
        }
        for table in &self.tables {
            let Some((name, path)) = table.split_once('=') else {
                return Err(Error::config(format!(
                    "`{table}` is no table; write NAME=FILE"
                )));
            };
            config.tables.insert(name.to_owned(), PathBuf::from(path));
        }
        for setting in &self.settings {
            let (name, value) = parameters::parse_setting(setting)?;
            config.set("--set", &name, value);
        }
        Ok(())
    }
}

/// The rules of a component that a configuration chooses, each with its parameters.
pub(super) fn chosen(sandbox: &Sandbox, config: &Config) -> Result<Vec<ConfiguredRule>, Error> {
    let described = sandbox.describe()?;
    let rules = choose(
        &described,
        &weir_config::configured::usual(sandbox, &config.rules),
    )?;
    configure(&described, rules, &config.parameters, &config.origins)
}

/// The inputs named, or standard input when it is no terminal; `right` says what to name.
pub(super) fn inputs(named: &[String], right: &str) -> Result<Vec<String>, Error> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    if io::stdin().is_terminal() {
        return Err(Error::config(format!("nothing to read: {right}")));
    }
    Ok(vec!["-".to_owned()])
}

/// Hint on inputs for commands that read files and pipes.
pub(super) const FILES: &str = "name a FILE, DIR or GLOB, or - for standard input";
