//! A fixture case on disk: its manifest, inputs and expected alerts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use weir_check::CALLS;
use weir_common::explain::explain;
use weir_config::{ASN_TABLE, KeyPositions, ParameterOrigins, line_of, parameters};
use weir_host::contract::COUNTS;
use weir_host::error::Error;

pub(super) const MANIFEST: &str = "case.toml";
pub(super) const EXPECTED: &str = "expected.ndjson";

/// A fixture case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its folder.
    pub folder: PathBuf,
    /// Purpose of the case, in one line.
    pub why: String,
    /// The rules that judge, by short name or id; empty where the case names none.
    pub rules: Vec<String>,
    /// Parameters of all rules that have them; those of one rule alone are an object under its name.
    pub parameters: Map<String, Json>,
    /// Origins of the parameters.
    pub origins: ParameterOrigins,
    /// Look-up tables by name.
    pub tables: BTreeMap<String, PathBuf>,
    /// Expected counters.
    pub counters: BTreeMap<String, u64>,
    /// Whether its lines may come in any order.
    pub shuffle: bool,
    /// The law that its calls are judged by, where it has calls of its own.
    pub law: Option<String>,
    /// Its inputs in order.
    pub inputs: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    why: String,
    rule: Option<String>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    parameters: toml::Table,
    asn_db: Option<PathBuf>,
    #[serde(default)]
    tables: BTreeMap<String, PathBuf>,
    #[serde(default)]
    counters: BTreeMap<String, u64>,
    #[serde(default = "yes")]
    shuffle: bool,
    law: Option<String>,
}

fn yes() -> bool {
    true
}

impl Case {
    /// Reads a case's manifest and finds its inputs.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for the manifest with its line, [`Error::Input`] when the
    /// folder cannot be read or has no input.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let name = path.display();
        let text = read(&path)?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| {
            let line = line_of(&text, error.span().map_or(0, |span| span.start));
            Error::config(format!("{name}:{line}: {}", error.message()))
        })?;
        for counter in manifest.counters.keys() {
            if !COUNTS.contains(&counter.as_str()) {
                return Err(Error::config(format!(
                    "{name}: there is no counter `{counter}`; there are: {}",
                    COUNTS.join(", ")
                )));
            }
        }
        let calls = folder.join(CALLS);
        if manifest.law.is_none() && calls.exists() {
            return Err(Error::config(format!(
                "{name}: `law` is missing, by which the calls in {CALLS} are judged; one of: {}",
                weir_check::names().join(", ")
            )));
        }
        let mut tables = manifest.tables;
        if let Some(path) = manifest.asn_db {
            tables.insert(ASN_TABLE.to_owned(), path);
        }
        for path in tables.values_mut() {
            *path = folder.join(&path);
        }
        Ok(Self {
            folder: folder.to_owned(),
            why: manifest.why,
            rules: manifest.rules.into_iter().chain(manifest.rule).collect(),
            parameters: parameters(manifest.parameters, &name.to_string())?,
            origins: ParameterOrigins::of_file(&path, KeyPositions::of_text(&text)),
            tables,
            counters: manifest.counters,
            shuffle: manifest.shuffle,
            law: manifest.law,
            inputs: inputs(folder)?,
        })
    }

    /// An error about its manifest.
    pub(super) fn wrong(&self, error: &Error) -> Error {
        let name = self.folder.join(MANIFEST);
        Error::config(format!("{}: {error}", name.display()))
    }

    /// The alerts that the case expects.
    pub(super) fn expected(&self) -> Result<Vec<Json>, Error> {
        let path = self.folder.join(EXPECTED);
        if !path.exists() {
            let folder = self.folder.display();
            let why =
                format!("no such file; `weir test --update {folder}` writes what is found now");
            return Err(Error::input(path.display(), why));
        }
        let text = read(&path)?;
        text.lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| {
                serde_json::from_str(line)
                    .map_err(|error| Error::input(format!("{}:{}", path.display(), at + 1), error))
            })
            .collect()
    }

    /// Rewrites what the case expects.
    pub(super) fn update(&self, alerts: &[Json]) -> Result<(), Error> {
        let path = self.folder.join(EXPECTED);
        let mut text = String::new();
        for alert in alerts {
            text.push_str(&alert.to_string());
            text.push('\n');
        }
        fs::write(&path, text).map_err(|source| Error::output(path.display(), source))
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::input(path.display(), explain(&error)))
}

fn inputs(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let name = folder.display().to_string();
    let failed = |error: std::io::Error| Error::input(name.clone(), explain(&error));
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let input = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"input"));
        if input && path.is_file() {
            inputs.push(path);
        }
    }
    inputs.sort();
    if inputs.is_empty() {
        return Err(Error::input(name, "no input* file in this case"));
    }
    Ok(inputs)
}
