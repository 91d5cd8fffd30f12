//! Parameters: names, defaults, ranges, and their JSON configuration.

use crate::decimal;
use crate::definition::Definition;
use crate::exception::{self, Exception, ExceptionKey};
use crate::judgement::Judgement;
use crate::log::LogInfo;
use crate::model::{Parameter, ParameterType, Problem};
use crate::problems::Problems;
use crate::record::keys;
use crate::settings::{ENGINE, HORIZON, LATENESS};

/// The name of the parameter that excludes events.
pub(crate) const EXCEPTIONS: &str = "exceptions";
/// The name of the parameter that alerts before a window closes.
pub(crate) const EARLY: &str = "early";

/// The definition of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterSpec {
    /// Its name in a configuration.
    pub name: &'static str,
    /// Its type, default and range.
    pub range: ParameterRange,
    /// A sentence on what it decides.
    pub summary: &'static str,
}

/// The type of a parameter, its default, and the range that it accepts, ends included.
#[derive(Clone, Copy, Debug)]
pub enum ParameterRange {
    /// True or false.
    Boolean(bool),
    /// The default, the smallest and the largest integer.
    Integer(u64, u64, u64),
    /// The default, the smallest and the largest number.
    Number(f64, f64, f64),
    /// The default text, and its check. A list is one text too, with its values between commas or
    /// blanks.
    Text(&'static str, Check),
}

/// A check of a text; the error says what is wrong.
pub type Check = fn(&str) -> Result<(), String>;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(u64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl ParameterRange {
    /// The default.
    fn default(self) -> ParameterValue {
        match self {
            ParameterRange::Boolean(value) => ParameterValue::Boolean(value),
            ParameterRange::Integer(value, ..) => ParameterValue::Integer(value),
            ParameterRange::Number(value, ..) => ParameterValue::Number(value),
            ParameterRange::Text(value, _) => ParameterValue::Text(value.to_owned()),
        }
    }

    fn parse(self, value: &str) -> Result<ParameterValue, String> {
        match self {
            ParameterRange::Boolean(_) => match value.parse() {
                Ok(value) => Ok(ParameterValue::Boolean(value)),
                Err(_) => Err(format!("{value} is not true or false")),
            },
            ParameterRange::Integer(_, low, high) => {
                let number = value.parse().ok().filter(|v| (low..=high).contains(v));
                let number = number.map(ParameterValue::Integer);
                number.ok_or_else(|| format!("{value} is not an integer from {low} to {high}"))
            }
            ParameterRange::Number(_, low, high) => {
                let number = decimal::parse(value).filter(|v| (low..=high).contains(v));
                number.map(ParameterValue::Number).ok_or_else(|| {
                    let (low, high) = (decimal::text(low), decimal::text(high));
                    format!("{value} is not a decimal number from {low} to {high}")
                })
            }
            ParameterRange::Text(_, check) => {
                let text = match value {
                    r#""""# => String::new(),
                    _ => exception::string(value)?,
                };
                check(&text).map(|()| ParameterValue::Text(text))
            }
        }
    }

    /// Whether the default is inside the range.
    fn is_good(self) -> bool {
        match self {
            ParameterRange::Boolean(_) => true,
            ParameterRange::Text(value, check) => check(value).is_ok(),
            ParameterRange::Integer(value, low, high) => (low..=high).contains(&value),
            ParameterRange::Number(value, low, high) => (low..=high).contains(&value),
        }
    }
}

impl ParameterValue {
    /// The value as JSON.
    fn json(&self) -> String {
        match self {
            ParameterValue::Boolean(value) => value.to_string(),
            ParameterValue::Integer(value) => value.to_string(),
            ParameterValue::Number(value) => decimal::text(*value),
            ParameterValue::Text(value) => {
                let mut json = String::new();
                exception::quote(&mut json, value);
                json
            }
        }
    }

    /// The value as a number; a text has none.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "parameters are far below 2^53")]
    pub fn number(&self) -> f64 {
        match self {
            ParameterValue::Boolean(value) => f64::from(u8::from(*value)),
            ParameterValue::Integer(value) => *value as f64,
            ParameterValue::Number(value) => *value,
            ParameterValue::Text(_) => 0.0,
        }
    }
}

/// The values of all parameters under one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    values: Vec<(&'static str, ParameterValue)>,
    keys: &'static [ExceptionKey],
    /// Events that are excluded.
    pub exceptions: Vec<Exception>,
}

impl Config {
    /// The value of a parameter.
    #[must_use]
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&ParameterValue> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Whether a parameter is true; false for an unknown one.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&ParameterValue::Boolean(true))
    }

    pub(crate) fn integer(&self, name: &str) -> u64 {
        match self.get(name) {
            Some(ParameterValue::Integer(value)) => *value,
            _ => 0,
        }
    }

    /// Sets a known parameter.
    pub(crate) fn set_integer(&mut self, name: &str, value: u64) {
        if let Some((_, at)) = self.values.iter_mut().find(|(known, _)| *known == name) {
            *at = ParameterValue::Integer(value);
        }
    }

    /// The values of a parameter that is a list between commas or blanks; none if it is unknown.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        list(match self.get(name) {
            Some(ParameterValue::Text(text)) => text,
            _ => "",
        })
    }

    /// Every parameter with its value as JSON, in the order of [`Parameters`].
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let values = self.values.iter().map(|(name, v)| (*name, v.json()));
        let exceptions = (EXCEPTIONS, exception::json(&self.exceptions, self.keys));
        values.chain([exceptions]).collect()
    }
}

/// The values in a text that lists some, between commas or blanks.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c == ',' || c.is_whitespace());
    parts.filter(|part| !part.is_empty())
}

/// The parameters of a rule on a log: the rule's, the engine's, the log's, and exceptions.
#[derive(Clone, Debug)]
pub struct Parameters {
    settings: Vec<ParameterSpec>,
    judgement: Judgement,
    keys: &'static [ExceptionKey],
    exceptions: &'static str,
}

/// Whether a rule that judges in this way has a parameter of the engine's by this name; the rule's
/// own need others.
#[must_use]
pub fn is_reserved(judgement: Judgement, name: &str) -> bool {
    let of_judgement = judgement.parameters();
    let mut all = of_judgement.iter().chain(&ENGINE);
    name == EXCEPTIONS || all.any(|setting| setting.name == name)
}

impl Parameters {
    /// # Errors
    /// Every problem, each with its place.
    #[inline(never)]
    pub fn new(definition: &Definition, log: &LogInfo) -> Result<Parameters, Vec<Problem>> {
        let mut settings = definition.parameters.clone();
        settings.extend(definition.judgement.parameters());
        settings.extend(ENGINE);
        let caps = [definition.samples, definition.exact];
        settings.extend(caps.into_iter().flatten());
        settings.extend(log.parameters);
        let mut problems = Problems::default();
        for (at, setting) in settings.iter().enumerate() {
            let name = setting.name;
            let doubled = settings[..at].iter().any(|other| other.name == name);
            let wrong = match name {
                "" => "it has no name",
                EXCEPTIONS => "the name stands behind",
                _ if doubled => "the name stands before",
                _ if !setting.range.is_good() => "the default is outside its range",
                _ => continue,
            };
            let place = format_args!("parameters[{at}]");
            problems.add(place, format_args!("{name}: {wrong}"));
        }
        problems.into_result(Parameters {
            settings,
            judgement: definition.judgement,
            keys: log.keys,
            exceptions: log.exceptions,
        })
    }

    /// Whether there is a numeric parameter with this name.
    pub(crate) fn is_number(&self, name: &str) -> bool {
        let found = self.settings.iter().find(|setting| setting.name == name);
        found.is_some_and(|setting| {
            matches!(
                setting.range,
                ParameterRange::Integer(..) | ParameterRange::Number(..)
            )
        })
    }

    /// Whether there is an integer with this name.
    pub(crate) fn is_integer(&self, name: &str) -> bool {
        let found = self.settings.iter().find(|setting| setting.name == name);
        found.is_some_and(|setting| matches!(setting.range, ParameterRange::Integer(..)))
    }

    /// The configuration of defaults.
    #[must_use]
    #[inline(never)]
    pub fn defaults(&self) -> Config {
        let value = |setting: &ParameterSpec| (setting.name, setting.range.default());
        Config {
            values: self.settings.iter().map(value).collect(),
            keys: self.keys,
            exceptions: Vec::new(),
        }
    }

    /// Reads a JSON object of parameters; absent keys keep their defaults.
    ///
    /// # Errors
    /// Every problem found, each naming its key and what would be right.
    #[inline(never)]
    pub fn parse(&self, json: &str) -> Result<Config, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut config = self.defaults();
        let Some(keys) = keys(json) else {
            let message = format_args!("the configuration is not a JSON object");
            problems.add(format_args!(""), message);
            return problems.into_result(config);
        };
        for (key, value) in &keys {
            if key == EXCEPTIONS {
                config.exceptions = exception::parse(EXCEPTIONS, value, self.keys, &mut problems.0);
                continue;
            }
            let pairs = self.settings.iter().zip(&mut config.values);
            let found = { pairs }.find(|(setting, _)| setting.name == key);
            let result = match found {
                Some((setting, (_, at))) => setting.range.parse(value).map(|value| *at = value),
                None => Err("no such parameter".to_owned()),
            };
            if let Err(message) = result {
                problems.add(format_args!("{key}"), format_args!("{message}"));
            }
        }
        let (horizon, lateness) = (config.integer(HORIZON), config.integer(LATENESS));
        if horizon > lateness {
            // Shortening the lateness alone is no mistake: ids of dropped windows are of no use.
            if keys.iter().any(|(key, _)| key == HORIZON) {
                problems.add(
                    format_args!("{HORIZON}"),
                    format_args!("{horizon} is more than {LATENESS}, which is {lateness}"),
                );
            } else {
                config.set_integer(HORIZON, lateness);
            }
        }
        let given: Vec<String> = keys.into_iter().map(|(key, _)| key).collect();
        self.judgement.resolve(&mut config, &given, &mut problems);
        problems.into_result(config)
    }

    /// The parameters as `describe` lists them.
    #[must_use]
    pub fn described(&self) -> Vec<Parameter> {
        let described = |setting: &ParameterSpec| {
            let (kind, range) = match setting.range {
                ParameterRange::Boolean(_) => (ParameterType::Boolean, None),
                ParameterRange::Text(..) => (ParameterType::Text, None),
                #[allow(clippy::cast_precision_loss, reason = "ranges are below 2^53")]
                ParameterRange::Integer(_, low, high) => {
                    (ParameterType::Integer, Some((low as f64, high as f64)))
                }
                ParameterRange::Number(_, low, high) => (ParameterType::Number, Some((low, high))),
            };
            Parameter {
                name: setting.name.to_owned(),
                kind,
                default_value: setting.range.default().json(),
                minimum: range.map(|r| r.0),
                maximum: range.map(|r| r.1),
                summary: setting.summary.to_owned(),
            }
        };
        let exceptions = Parameter {
            name: EXCEPTIONS.to_owned(),
            kind: ParameterType::Exceptions,
            default_value: "[]".to_owned(),
            minimum: None,
            maximum: None,
            summary: self.exceptions.to_owned(),
        };
        let settings = self.settings.iter().map(described);
        settings.chain([exceptions]).collect()
    }
}
