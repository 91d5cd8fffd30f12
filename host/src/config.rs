//! The configuration file: TOML, unknown keys refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::sandbox::Limits;

/// A configuration, as read from a file or as it is without one.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// Component to run in place of the embedded one.
    pub component: Option<PathBuf>,
    /// Look-up tables by name: the files to hand over.
    pub tables: BTreeMap<String, PathBuf>,
    /// The detector's parameters.
    pub parameters: Map<String, Json>,
    /// What the component may use.
    pub limits: Limits,
    /// What holds while sources are followed.
    pub live: LiveSettings,
}

/// Settings of a run that follows its sources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LiveSettings {
    /// Silence, in seconds, after which event time goes on by the host's clock.
    /// 0 (never) to 86400, default 30.
    pub idle_timeout_seconds: u64,
}

/// Longest silence that can be set, in seconds.
const LONGEST_IDLE: u64 = 86_400;

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            idle_timeout_seconds: 30,
        }
    }
}

impl LiveSettings {
    /// Everything that is out of range, a sentence each; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let seconds = self.idle_timeout_seconds;
        if seconds <= LONGEST_IDLE {
            return Vec::new();
        }
        vec![format!(
            "live.idle_timeout_seconds is {seconds}; it must be 0 (never) to {LONGEST_IDLE}"
        )]
    }

    /// Silence after which event time goes on by the clock; none for never.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<Duration> {
        (self.idle_timeout_seconds > 0).then(|| Duration::from_secs(self.idle_timeout_seconds))
    }
}

/// The file's own shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    component: Option<PathBuf>,
    asn_db: Option<PathBuf>,
    tables: BTreeMap<String, PathBuf>,
    parameters: toml::Table,
    limits: Limits,
    live: LiveSettings,
}

/// The look-up table that `asn_db` and `--asn-db` stand for.
pub const ASN_TABLE: &str = "asn";

impl Config {
    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with file and line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Error::config(format!("{name}: {}", crate::input::explain(&error))))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|error| match error {
            Error::Config(messages) => Error::Config(
                messages
                    .into_iter()
                    .map(|message| format!("{name}:{message}"))
                    .collect(),
            ),
            other => other,
        })
    }

    /// Messages start with the line.
    fn parse(text: &str, folder: &Path) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Error::config(format!("{}: {}", line_of(text, at), error.message()))
        })?;
        let problems: Vec<String> = file
            .limits
            .problems()
            .into_iter()
            .chain(file.live.problems())
            .map(|problem| format!(" {problem}"))
            .collect();
        if !problems.is_empty() {
            return Err(Error::Config(problems));
        }
        let mut tables = file.tables;
        if let Some(path) = file.asn_db {
            tables.insert(ASN_TABLE.to_owned(), path);
        }
        for path in tables.values_mut() {
            *path = folder.join(&path);
        }
        Ok(Self {
            component: file.component.map(|path| folder.join(path)),
            tables,
            parameters: parameters(file.parameters)?,
            limits: file.limits,
            live: file.live,
        })
    }
}

/// TOML's values as JSON's.
pub(crate) fn parameters(table: toml::Table) -> Result<Map<String, Json>, Error> {
    table
        .into_iter()
        .map(|(name, value)| match serde_json::to_value(value) {
            Ok(value) => Ok((name, value)),
            Err(error) => Err(Error::config(format!(" parameters.{name}: {error}"))),
        })
        .collect()
}

/// Number of the line, from 1, that a byte is on.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
