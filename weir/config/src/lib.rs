//! The configuration file: TOML, unknown keys refused.
#![forbid(unsafe_code)]

mod cache;
pub mod configured;
pub mod inspect;
mod key_positions;
mod keys;
mod live;
pub mod named;
mod origins;
mod sections;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

pub use cache::CacheSetting;
pub use key_positions::KeyPositions;
use keys::Shape;
pub use keys::{KEYS, Key};
pub use live::LiveSettings;
pub use origins::ParameterOrigins;
pub use sections::belongs;
use weir_common::suggestion::suggestion;
use weir_component::{Location, RegistryAccess, Trust};
use weir_host::Limits;
use weir_host::error::Error;

/// A configuration, from a file or with all defaults.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Component to run in place of the embedded one.
    pub component: Option<Location>,
    /// Permissions of access to registries, which options give.
    pub access: RegistryAccess,
    /// Digests and signature that the component must have.
    pub trust: Trust,
    /// Files of the look-up tables, by table name.
    pub tables: BTreeMap<String, PathBuf>,
    /// The rules that judge, by short name or id; those that the component judges by where none is
    /// named.
    pub rules: Vec<String>,
    /// Parameters of all rules that have them; those of one rule alone are an object under its name.
    pub parameters: Map<String, Json>,
    /// Origins of the parameters.
    pub origins: ParameterOrigins,
    /// Limits of the component.
    pub limits: Limits,
    /// Settings of runs that follow their sources.
    pub live: LiveSettings,
    /// Location of the cache of compiled code.
    pub cache: CacheSetting,
    /// Settings of the Kafka client, by librdkafka's names; `@FILE` is what the file holds.
    pub kafka: BTreeMap<String, String>,
}

/// Name of the look-up table that `asn_db` and `--asn-db` set.
pub const ASN_TABLE: &str = "asn";
/// Largest configuration file, in bytes.
const LARGEST: u64 = 16 << 20;
/// Most syntax errors that are reported.
const MOST_ERRORS: usize = 20;

/// A configuration file as far as it could be read, and its problems.
#[derive(Debug, Default)]
pub struct Draft {
    /// The configuration, without the keys that are wrong.
    pub config: Config,
    /// Line numbers of its keys.
    pub positions: KeyPositions,
    /// Problems: line number and message.
    pub problems: Vec<(usize, String)>,
}

impl Config {
    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with file and line of everything that is wrong.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut draft = Draft::read(path)?;
        if draft.problems.is_empty() {
            draft.config.origins = ParameterOrigins::of_file(path, draft.positions);
            return Ok(draft.config);
        }
        let name = path.display();
        let message = |(line, problem)| format!("{name}:{line}: {problem}");
        Err(Error::Config(
            draft.problems.into_iter().map(message).collect(),
        ))
    }

    /// Sets a parameter by an option such as `--set`: `NAME` for all rules that have it, whatever was
    /// set for one of them before, or `RULE.NAME`.
    pub fn set(&mut self, option: &str, name: &str, value: Json) {
        self.origins.option(name, option);
        if let Some((rule, own)) = name.rsplit_once('.') {
            let of_rule = self
                .parameters
                .entry(rule)
                .or_insert_with(|| Map::new().into());
            if let Json::Object(of_rule) = of_rule {
                of_rule.insert(own.to_owned(), value);
                return;
            }
        }
        for of_rule in self.parameters.values_mut() {
            if let Json::Object(of_rule) = of_rule {
                of_rule.shift_remove(name);
            }
        }
        self.parameters.insert(name.to_owned(), value);
    }

    /// Sets a limit, by `NAME=VALUE` as in the section `[limits]`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when there is no such limit or the value is out of range.
    pub fn set_limit(&mut self, setting: &str) -> Result<(), Error> {
        let wrong = |why: String| Error::config(format!("--limit {setting}: {why}"));
        let usage = || wrong("write NAME=VALUE, such as component_mib=64".to_owned());
        let (name, value) = setting.split_once('=').ok_or_else(usage)?;
        let (name, value) = (name.trim().trim_start_matches("limits."), value.trim());
        let key = Limits::KEYS.iter().find(|key| key.name == name);
        let (Some(key), Some(limit)) = (key, self.limits.value_mut(name)) else {
            let known: Vec<&str> = Limits::KEYS.iter().map(|key| key.name).collect();
            return Err(wrong(match suggestion(name, &known) {
                Some(nearest) => format!("there is no such limit; did you mean `{nearest}`?"),
                None => format!("there is no such limit; there are: {}", known.join(", ")),
            }));
        };
        let none = |_| format!("`{value}` is no whole number; it must be {}", key.range());
        let number: u64 = value.parse().map_err(none).map_err(wrong)?;
        if let Some(problem) = key.problem("limits", number) {
            return Err(wrong(problem));
        }
        *limit = number;
        Ok(())
    }
}

impl Draft {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when it cannot be read at all.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |message: &str| Error::config(format!("{}: {message}", path.display()));
        let mut text = String::new();
        let read = File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            .map_err(|error| failed(&weir_common::explain::explain(&error)))?;
        if read as u64 > LARGEST {
            return Err(failed("larger than 16 MiB: no configuration file"));
        }
        Ok(Self::parse(&text, path.parent().unwrap_or(Path::new(""))))
    }

    fn parse(text: &str, folder: &Path) -> Self {
        let mut draft = Self::default();
        let (table, errors) = toml::de::DeTable::parse_recoverable(text);
        let more = errors.len().saturating_sub(MOST_ERRORS);
        for error in errors.into_iter().take(MOST_ERRORS) {
            let at = error.span().map_or(0, |span| span.start);
            let problem = (line_of(text, at), error.message().to_owned());
            draft.problems.push(problem);
        }
        if more > 0 {
            let last = draft.problems.last().map_or(1, |(line, _)| *line);
            draft
                .problems
                .push((last, format!("and {more} more after this")));
        }
        draft.positions = KeyPositions::new(text, table.get_ref());
        if draft.problems.is_empty() {
            match text.parse() {
                Ok(table) => draft.take(table, folder),
                Err(error) => draft.problem("", error.message().to_owned()),
            }
        }
        draft.problems.sort_by_key(|(line, _)| *line);
        draft
    }

    fn take(&mut self, table: toml::Table, folder: &Path) {
        let shape: Shape = self.pick(table, "");
        let named = shape.component.map(|path| Location::of(path.into()));
        match named.transpose() {
            Ok(named) => self.config.component = named.map(|named| named.below(folder)),
            Err(why) => self.problem("component", format!("component: {why}")),
        }
        self.config.trust.sha256 = shape.sha256.into_iter().collect();
        // A key is itself, or a file beside this one.
        self.config.trust.key = shape.require_signature.map(|key| {
            let file = folder.join(&key);
            match file.is_file() {
                true => file.display().to_string(),
                false => key,
            }
        });
        self.config.cache = match (shape.cache, shape.cache_dir) {
            (Some(false), _) => CacheSetting::Off,
            (_, Some(path)) => CacheSetting::Folder(folder.join(path)),
            _ => CacheSetting::Usual,
        };
        for (name, path) in shape.tables {
            match path.try_into::<PathBuf>() {
                Ok(path) => drop(self.config.tables.insert(name, folder.join(path))),
                Err(error) => {
                    let place = format!("tables.{name}");
                    self.problem(&place, format!("{place}: {}", error.message()));
                }
            }
        }
        if let Some(path) = shape.asn_db {
            let path = folder.join(path);
            self.config.tables.insert(ASN_TABLE.to_owned(), path);
        }
        self.config.rules = shape.rules.unwrap_or_default();
        for (name, value) in shape.parameters {
            match json(value) {
                Ok(value) => drop(self.config.parameters.insert(name, value)),
                Err(message) => {
                    let place = format!("parameters.{name}");
                    self.problem(&place, format!("{place}: {message}"));
                }
            }
        }
        let limits: Limits = self.pick(shape.limits, "limits.");
        // What comes after this must not fail for the limits' sake.
        if self.in_range(limits.problems()) {
            self.config.limits = limits;
        }
        self.client("", shape.kafka, folder);
        let live: LiveSettings = self.pick(shape.live, "live.");
        if self.in_range(live.problems()) {
            self.config.live = live;
        }
    }

    /// Takes the settings of the Kafka client. TOML reads a name with dots as tables in tables.
    fn client(&mut self, prefix: &str, table: toml::Table, folder: &Path) {
        for (key, value) in table {
            let name = format!("{prefix}{key}");
            let value = match value {
                toml::Value::String(text) => match text.strip_prefix('@') {
                    Some(path) => format!("@{}", folder.join(path).display()),
                    None => text,
                },
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                toml::Value::Table(inner) => {
                    self.client(&format!("{name}."), inner, folder);
                    continue;
                }
                _ => {
                    let place = format!("kafka.{name}");
                    let why = "must be text, an integer or true or false";
                    self.problem(&place, format!("{place} {why}"));
                    continue;
                }
            };
            self.config.kafka.insert(name, value);
        }
    }

    /// Takes in problems that begin with their place; says whether there are none.
    fn in_range(&mut self, problems: Vec<String>) -> bool {
        let fine = problems.is_empty();
        for problem in problems {
            let place = problem.split(' ').next().unwrap_or_default().to_owned();
            self.problem(&place, problem);
        }
        fine
    }

    /// Takes a table key by key, so that one that is wrong hides no other.
    fn pick<T: DeserializeOwned + Default>(&mut self, table: toml::Table, prefix: &str) -> T {
        let mut good = toml::Table::new();
        for (key, value) in table {
            let single = toml::Table::from_iter([(key.clone(), value.clone())]);
            match single.try_into::<T>() {
                Ok(_) => drop(good.insert(key, value)),
                Err(error) => {
                    let place = format!("{prefix}{key}");
                    self.problem(&place, unknown(&place, &key, error.message()));
                }
            }
        }
        good.try_into().unwrap_or_default()
    }

    fn problem(&mut self, place: &str, message: String) {
        self.problems.push((self.positions.of(place), message));
    }
}

/// A message with its place; about an unknown key, shorter and with the nearest there is.
fn unknown(place: &str, key: &str, message: &str) -> String {
    // One, two or more names, each in backticks.
    let Some((what, known)) = message
        .split_once(", expected ")
        .filter(|(what, _)| what.starts_with("unknown field"))
    else {
        return format!("{place}: {message}");
    };
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    if let Some(where_to) = belongs(key) {
        return format!("{what}; {where_to}");
    }
    match suggestion(key, &known) {
        Some(nearest) => format!("{what}; did you mean `{nearest}`?"),
        None => format!("{what}; there are: {}", known.join(", ")),
    }
}

/// TOML's values as JSON's; messages begin with the file's name.
pub fn parameters(table: toml::Table, file: &str) -> Result<Map<String, Json>, Error> {
    table
        .into_iter()
        .map(|(name, value)| match json(value) {
            Ok(value) => Ok((name, value)),
            Err(message) => Err(Error::config(format!(
                "{file}: parameters.{name}: {message}"
            ))),
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
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}
