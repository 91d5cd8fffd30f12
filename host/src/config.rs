//! The configuration file: TOML, unknown keys refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

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
        })
    }
}

/// TOML's values as JSON's.
pub(crate) fn parameters(table: toml::Table) -> Result<Map<String, Json>, Error> {
    table
        .into_iter()
        .map(|(name, value)| match json(value) {
            Ok(value) => Ok((name, value)),
            Err(message) => Err(Error::config(format!(" parameters.{name}: {message}"))),
        })
        .collect()
}

/// A time is its RFC 3339 text: JSON has no times, and detectors read text.
fn json(value: toml::Value) -> Result<Json, String> {
    Ok(match value {
        toml::Value::Datetime(time) => Json::String(time.to_string()),
        toml::Value::Array(all) => {
            Json::Array(all.into_iter().map(json).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(all) => Json::Object(
            all.into_iter()
                .map(|(key, value)| Ok((key, json(value)?)))
                .collect::<Result<_, String>>()?,
        ),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| format!("{number} is no number that a detector can read"))?,
        toml::Value::String(text) => Json::String(text),
        toml::Value::Integer(number) => Json::from(number),
        toml::Value::Boolean(flag) => Json::from(flag),
    })
}

/// Number of the line, from 1, that a byte is on.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
