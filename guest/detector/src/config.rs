//! Parameters: names, defaults, ranges, and how a JSON configuration sets them.

use crate::columns::Caps;
use crate::decimal;
use crate::definition::Definition;
use crate::exception::{self, Exception, Key};
use crate::judgement::{Judgement, Timing};
use crate::log::LogInfo;
use crate::model::{Parameter, ParameterType, Problem};
use crate::problems::Problems;
use crate::record::keys;

/// The name of the parameter that leaves events out.
pub(crate) const EXCEPTIONS: &str = "exceptions";
/// The name of the parameter that alerts before a window closes.
pub(crate) const EARLY: &str = "early";

/// A parameter, as data.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in a configuration.
    pub name: &'static str,
    /// Its type, default and range.
    pub range: Range,
    /// A sentence on what it decides.
    pub summary: &'static str,
}

/// The type of a parameter, its default, and the range that it accepts, ends included.
#[derive(Clone, Copy, Debug)]
pub enum Range {
    /// True or false.
    Boolean(bool),
    /// The default, the smallest and the largest integer.
    Integer(u64, u64, u64),
    /// The default, the smallest and the largest number.
    Number(f64, f64, f64),
    /// The default text, and what says what is wrong with one. A list is one text too, its values
    /// between commas or blanks.
    Text(&'static str, Check),
}

/// Says what is wrong with a text.
pub type Check = fn(&str) -> Result<(), String>;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Of a truth value.
    Boolean(bool),
    /// Of an integer.
    Integer(u64),
    /// Of a number.
    Number(f64),
    /// Of a text.
    Text(String),
}

impl Range {
    /// The default.
    fn default(self) -> Given {
        match self {
            Range::Boolean(value) => Given::Boolean(value),
            Range::Integer(value, ..) => Given::Integer(value),
            Range::Number(value, ..) => Given::Number(value),
            Range::Text(value, _) => Given::Text(value.to_owned()),
        }
    }

    fn parse(self, value: &str) -> Result<Given, String> {
        match self {
            Range::Boolean(_) => match value.parse() {
                Ok(value) => Ok(Given::Boolean(value)),
                Err(_) => Err(format!("{value} is not true or false")),
            },
            Range::Integer(_, low, high) => {
                let number = value.parse().ok().filter(|v| (low..=high).contains(v));
                let number = number.map(Given::Integer);
                number.ok_or_else(|| format!("{value} is not an integer from {low} to {high}"))
            }
            Range::Number(_, low, high) => {
                let number = decimal::parse(value).filter(|v| (low..=high).contains(v));
                number.map(Given::Number).ok_or_else(|| {
                    let (low, high) = (decimal::text(low), decimal::text(high));
                    format!("{value} is not a decimal number from {low} to {high}")
                })
            }
            Range::Text(_, check) => {
                let text = match value {
                    r#""""# => String::new(),
                    _ => exception::string(value)?,
                };
                check(&text).map(|()| Given::Text(text))
            }
        }
    }

    /// Whether the default is inside the range.
    fn is_good(self) -> bool {
        match self {
            Range::Boolean(_) => true,
            Range::Text(value, check) => check(value).is_ok(),
            Range::Integer(value, low, high) => (low..=high).contains(&value),
            Range::Number(value, low, high) => (low..=high).contains(&value),
        }
    }
}

impl Given {
    /// The value as JSON.
    fn json(&self) -> String {
        match self {
            Given::Boolean(value) => value.to_string(),
            Given::Integer(value) => value.to_string(),
            Given::Number(value) => decimal::text(*value),
            Given::Text(value) => {
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
            Given::Boolean(value) => f64::from(u8::from(*value)),
            Given::Integer(value) => *value as f64,
            Given::Number(value) => *value,
            Given::Text(_) => 0.0,
        }
    }
}

/// The values of all parameters under one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    values: Vec<(&'static str, Given)>,
    keys: &'static [Key],
    /// Events that are left out.
    pub exceptions: Vec<Exception>,
}

impl Config {
    /// The value of a parameter.
    #[must_use]
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&Given> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Whether a parameter is true; one that there is not is none.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&Given::Boolean(true))
    }

    pub(crate) fn integer(&self, name: &str) -> u64 {
        match self.get(name) {
            Some(Given::Integer(value)) => *value,
            _ => 0,
        }
    }

    /// Sets a parameter that is there.
    pub(crate) fn set_integer(&mut self, name: &str, value: u64) {
        if let Some((_, at)) = self.values.iter_mut().find(|(known, _)| *known == name) {
            *at = Given::Integer(value);
        }
    }

    /// The values in a text that lists some, between commas or blanks; none of a parameter that
    /// there is not.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        list(match self.get(name) {
            Some(Given::Text(text)) => text,
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
    settings: Vec<Setting>,
    judgement: Judgement,
    keys: &'static [Key],
    exceptions: &'static str,
}

impl Parameters {
    /// # Errors
    /// All that is wrong with them, each with its place.
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
            problems.say(place, format_args!("{name}: {wrong}"));
        }
        problems.unless(Parameters {
            settings,
            judgement: definition.judgement,
            keys: log.keys,
            exceptions: log.exceptions,
        })
    }

    /// Whether there is a parameter of a name that is a number.
    pub(crate) fn is_number(&self, name: &str) -> bool {
        let found = self.settings.iter().find(|setting| setting.name == name);
        found.is_some_and(|setting| matches!(setting.range, Range::Integer(..) | Range::Number(..)))
    }

    /// Whether there is an integer with this name.
    pub(crate) fn is_integer(&self, name: &str) -> bool {
        let found = self.settings.iter().find(|setting| setting.name == name);
        found.is_some_and(|setting| matches!(setting.range, Range::Integer(..)))
    }

    /// The configuration with nothing set.
    #[must_use]
    #[inline(never)]
    pub fn defaults(&self) -> Config {
        let value = |setting: &Setting| (setting.name, setting.range.default());
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
            problems.say(format_args!(""), message);
            return problems.unless(config);
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
                problems.say(format_args!("{key}"), format_args!("{message}"));
            }
        }
        let (horizon, lateness) = (config.integer(HORIZON), config.integer(LATENESS));
        if horizon > lateness {
            // Shortening the lateness alone is no mistake: ids of dropped windows are of no use.
            if keys.iter().any(|(key, _)| key == HORIZON) {
                problems.say(
                    format_args!("{HORIZON}"),
                    format_args!("{horizon} is more than {LATENESS}, which is {lateness}"),
                );
            } else {
                config.set_integer(HORIZON, lateness);
            }
        }
        let given: Vec<String> = keys.into_iter().map(|(key, _)| key).collect();
        self.judgement.settle(&mut config, &given, &mut problems);
        problems.unless(config)
    }

    /// The parameters as `describe` lists them.
    #[must_use]
    pub fn described(&self) -> Vec<Parameter> {
        let described = |setting: &Setting| {
            let (kind, range) = match setting.range {
                Range::Boolean(_) => (ParameterType::Boolean, None),
                Range::Text(..) => (ParameterType::Text, None),
                #[allow(clippy::cast_precision_loss, reason = "ranges are below 2^53")]
                Range::Integer(_, low, high) => {
                    (ParameterType::Integer, Some((low as f64, high as f64)))
                }
                Range::Number(_, low, high) => (ParameterType::Number, Some((low, high))),
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

/// Thirty days: the longest span of event time that any setting may ask for.
const LONGEST: u64 = 30 * 24 * 3600;
/// What most samples and most exact values are where a definition has no parameter for them.
const SAMPLES: u64 = 25;
const EXACT: u64 = 4096;
const HORIZON: &str = "dedup_horizon_seconds";
const LATENESS: &str = "allowed_lateness_seconds";

/// The engine's settings. A configuration names them as they are named here.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// When it judges.
    pub(crate) timing: Timing,
    /// How far the watermark stays behind the largest event time, in seconds.
    pub out_of_orderness_seconds: u64,
    /// How long a fired window still takes events, in seconds behind the watermark.
    pub allowed_lateness_seconds: u64,
    /// How long event ids are remembered, in seconds behind the watermark.
    pub dedup_horizon_seconds: u64,
    /// How far beyond the host's clock an event may lie, in seconds.
    pub max_future_seconds: u64,
    /// How far an event may lie ahead of all before it where there is no clock, in seconds;
    /// 0 for any distance.
    pub max_jump_seconds: u64,
    /// Most state, in MiB.
    pub max_state_mib: u64,
    /// Whether to alert as soon as the condition holds in an open window.
    pub early: bool,
    /// Whether to keep the ledger of closed windows.
    pub verdicts: bool,
    /// The part of each threshold of a count that a group must reach to be in the ledger.
    pub verdicts_floor: f64,
    /// Whether to aggregate only, for a state that is merged elsewhere.
    pub partial: bool,
    /// How much columns keep.
    pub caps: Caps,
}

impl Settings {
    /// The engine's part of a configuration.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the ranges fit")]
    pub fn new(config: &Config, definition: &Definition) -> Settings {
        let cap = |setting: Option<Setting>, most: u64| match setting {
            Some(setting) => config.integer(setting.name) as usize,
            None => most as usize,
        };
        Settings {
            timing: Timing::new(config, definition.judgement),
            out_of_orderness_seconds: config.integer("out_of_orderness_seconds"),
            allowed_lateness_seconds: config.integer(LATENESS),
            dedup_horizon_seconds: config.integer(HORIZON),
            max_future_seconds: config.integer("max_future_seconds"),
            max_jump_seconds: config.integer("max_jump_seconds"),
            max_state_mib: config.integer("max_state_mib"),
            early: config.is(EARLY),
            verdicts: config.is("verdicts"),
            verdicts_floor: config.get("verdicts_floor").map_or(0.0, Given::number),
            partial: config.is("partial"),
            caps: Caps {
                values: config.integer("max_values") as usize,
                samples: cap(definition.samples, SAMPLES),
                distinct: cap(definition.exact, EXACT),
            },
        }
    }
}

use Range::{Boolean, Integer, Number};

/// The engine's parameters, whatever the kind of judgement.
#[rustfmt::skip]
static ENGINE: [Setting; 11] = [
    setting("out_of_orderness_seconds", Integer(120, 0, LONGEST),
            "How far the watermark stays behind the largest event time, in seconds."),
    setting(LATENESS, Integer(8 * 3600, 0, LONGEST),
            "How long after it fired a window still takes late events, in seconds of event time."),
    setting(HORIZON, Integer(3600, 0, LONGEST),
            "How long event ids are remembered, in seconds behind the watermark; at most the allowed lateness."),
    setting("max_future_seconds", Integer(600, 0, LONGEST),
            "How far beyond the host's clock an event may lie, in seconds; without effect in a replay."),
    setting("max_jump_seconds", Integer(366 * 24 * 3600, 0, 100 * 366 * 24 * 3600),
            "How far an event may lie ahead of all before it in a replay, in seconds; 16 in a row are refused, then the jump is believed. 0 for any distance."),
    setting("max_state_mib", Integer(256, 1, 2048),
            "Most state in MiB, in equal shares for the rules that judge together; above it the oldest and least promising windows are finalised early and marked incomplete."),
    setting(EARLY, Boolean(false),
            "Alert at the first moment the condition holds in an open window."),
    setting("verdicts", Boolean(false),
            "Keep a ledger of every closed window with each clause's value and distance."),
    setting("verdicts_floor", Number(0.0, 0.0, 1.0),
            "Leave out of the ledger what does not reach this part of every threshold but the ratio's."),
    setting("partial", Boolean(false),
            "Aggregate only and fire nothing, for a state that is merged into another detector."),
    setting("max_values", Integer(1000, 1, 100_000),
            "Most values in one list of an alert; the smallest are kept and truncation is marked."),
];

const fn setting(name: &'static str, range: Range, summary: &'static str) -> Setting {
    Setting {
        name,
        range,
        summary,
    }
}
