//! The rule's parameters: names, defaults, ranges, and how a JSON configuration
//! sets them.

use crate::decimal;
use crate::exception::{self, Exception};
use crate::model::{Parameter, ParameterType, Problem};
use crate::scan::{Scanner, unescaped};

/// The settings of one detector. `Config::default()` is the rule as published.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Fewest calls of a group that can alert.
    pub min_total_calls: u64,
    /// Fewest 4xx answers that can alert.
    pub min_errors: u64,
    /// Smallest rounded 4xx ratio that can alert, 0 to 1.
    pub min_error_rate: f64,
    /// Fewest distinct paths that can alert.
    pub min_url_paths: u64,
    /// Length of the tumbling window, in seconds.
    pub window_seconds: u64,
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
    /// Most values in one `Esql.*` list.
    pub max_values: u64,
    /// Most paths in `Esql.sample_paths`.
    pub max_sample_paths: u64,
    /// Distinct paths are counted exactly up to here and estimated above.
    pub exact_paths: u64,
    /// Whether a URI that Java's parser rejects has no path, as in Elastic.
    pub elastic_uri_nulls: bool,
    /// Events that are left out.
    pub exceptions: Vec<Exception>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            min_total_calls: 21,
            min_errors: 10,
            min_error_rate: 0.4,
            min_url_paths: 15,
            window_seconds: 120,
            out_of_orderness_seconds: 120,
            allowed_lateness_seconds: 8 * 3600,
            dedup_horizon_seconds: 3600,
            max_future_seconds: 600,
            max_jump_seconds: 366 * 24 * 3600,
            max_state_mib: 256,
            early: false,
            verdicts: false,
            verdicts_floor: 0.0,
            partial: false,
            max_values: 1000,
            max_sample_paths: 25,
            exact_paths: 4096,
            elastic_uri_nulls: false,
            exceptions: Vec::new(),
        }
    }
}

/// Where a parameter lives in [`Config`], and the range it accepts.
enum Field {
    Boolean(fn(&mut Config) -> &mut bool),
    Integer(fn(&mut Config) -> &mut u64, u64, u64),
    Number(fn(&mut Config) -> &mut f64, f64, f64),
    Exceptions(fn(&mut Config) -> &mut Vec<Exception>),
}

use Field::{Boolean, Exceptions, Integer, Number};

/// Thirty days: the longest span of event time that any setting may ask for.
const LONGEST: u64 = 30 * 24 * 3600;
/// Larger than any count that fits in memory, small enough to be exact in a double.
const MOST: u64 = 1_000_000_000;

const TABLE: &[(&str, Field, &str)] = &[
    (
        "min_total_calls",
        Integer(|c| &mut c.min_total_calls, 1, MOST),
        "Fewest calls of a group that can alert; the rule says more than 20.",
    ),
    (
        "min_errors",
        Integer(|c| &mut c.min_errors, 0, MOST),
        "Fewest answers with a 4xx status that can alert.",
    ),
    (
        "min_error_rate",
        Number(|c| &mut c.min_error_rate, 0.0, 1.0),
        "Smallest 4xx ratio that can alert, compared after rounding to two decimals.",
    ),
    (
        "min_url_paths",
        Integer(|c| &mut c.min_url_paths, 0, MOST),
        "Fewest distinct url.path values, over all calls, that can alert.",
    ),
    (
        "window_seconds",
        Integer(|c| &mut c.window_seconds, 1, 24 * 3600),
        "Length of the tumbling window in seconds; windows are aligned to 1970-01-01T00:00:00Z.",
    ),
    (
        "out_of_orderness_seconds",
        Integer(|c| &mut c.out_of_orderness_seconds, 0, LONGEST),
        "How far the watermark stays behind the largest event time, in seconds.",
    ),
    (
        "allowed_lateness_seconds",
        Integer(|c| &mut c.allowed_lateness_seconds, 0, LONGEST),
        "How long after it fired a window still takes late events, in seconds of event time.",
    ),
    (
        "dedup_horizon_seconds",
        Integer(|c| &mut c.dedup_horizon_seconds, 0, LONGEST),
        "How long event ids are remembered, in seconds behind the watermark; at most the allowed lateness.",
    ),
    (
        "max_future_seconds",
        Integer(|c| &mut c.max_future_seconds, 0, LONGEST),
        "How far beyond the host's clock an event may lie, in seconds; without effect in a replay.",
    ),
    (
        "max_jump_seconds",
        Integer(|c| &mut c.max_jump_seconds, 0, 100 * 366 * 24 * 3600),
        "How far an event may lie ahead of all before it in a replay, in seconds; 16 in a row are refused, then the jump is believed. 0 for any distance.",
    ),
    (
        "max_state_mib",
        Integer(|c| &mut c.max_state_mib, 1, 2048),
        "Most state in MiB; above it the oldest and least promising windows are finalised early and marked incomplete.",
    ),
    (
        "early",
        Boolean(|c| &mut c.early),
        "Alert at the first moment the condition holds in an open window.",
    ),
    (
        "verdicts",
        Boolean(|c| &mut c.verdicts),
        "Keep a ledger of every closed window with each clause's value and distance.",
    ),
    (
        "verdicts_floor",
        Number(|c| &mut c.verdicts_floor, 0.0, 1.0),
        "Leave out of the ledger what does not reach this part of every threshold but the ratio's.",
    ),
    (
        "partial",
        Boolean(|c| &mut c.partial),
        "Aggregate only and fire nothing, for a state that is merged into another detector.",
    ),
    (
        "max_values",
        Integer(|c| &mut c.max_values, 1, 100_000),
        "Most values in one list of an alert; the smallest are kept and truncation is marked.",
    ),
    (
        "max_sample_paths",
        Integer(|c| &mut c.max_sample_paths, 0, 10_000),
        "Most paths in Esql.sample_paths; the first seen are kept and truncation is marked.",
    ),
    (
        "exact_paths",
        Integer(|c| &mut c.exact_paths, 16, 65_536),
        "Distinct paths are counted exactly up to this many, and estimated above.",
    ),
    (
        "elastic_uri_nulls",
        Boolean(|c| &mut c.elastic_uri_nulls),
        "Give no path to a request URI that Java's URI parser rejects, as Elastic does.",
    ),
    (
        "exceptions",
        Exceptions(|c| &mut c.exceptions),
        "Events to leave out, at most 1000 objects: reason, expires, and user, app_id, source (an address or a network), asn, user_agent (a prefix when it ends in *), tenant; all that are given must match, each is a value or a list of alternatives.",
    ),
];

impl Config {
    /// Reads a JSON object of parameters; absent keys keep their defaults.
    ///
    /// # Errors
    /// Every problem found, each naming its key and what would be right.
    pub fn parse(json: &str) -> Result<Config, Vec<Problem>> {
        let whole = |message: String| {
            vec![Problem {
                key: String::new(),
                message,
            }]
        };
        let keys =
            keys(json).ok_or_else(|| whole("the configuration is not a JSON object".to_owned()))?;
        let mut config = Config::default();
        let mut problems = Vec::new();
        for (key, value) in &keys {
            let result = match TABLE.iter().find(|(name, ..)| name == key) {
                Some((name, Exceptions(at), _)) => {
                    *at(&mut config) = exception::parse(name, value, &mut problems);
                    Ok(())
                }
                Some((_, field, _)) => field.set(&mut config, value),
                None => Err("no such parameter".to_owned()),
            };
            if let Err(message) = result {
                problems.push(Problem {
                    key: key.clone(),
                    message,
                });
            }
        }
        if config.dedup_horizon_seconds > config.allowed_lateness_seconds {
            // Shortening the lateness alone is no mistake: ids of dropped windows are of no use.
            if keys.iter().any(|(key, _)| key == "dedup_horizon_seconds") {
                problems.push(Problem {
                    key: "dedup_horizon_seconds".to_owned(),
                    message: format!(
                        "{} is more than allowed_lateness_seconds, which is {}",
                        config.dedup_horizon_seconds, config.allowed_lateness_seconds
                    ),
                });
            } else {
                config.dedup_horizon_seconds = config.allowed_lateness_seconds;
            }
        }
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(problems)
        }
    }

    /// Every parameter with its present value as JSON, in the table's order.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut copy = self.clone();
        TABLE
            .iter()
            .map(|(name, field, _)| (*name, field.get(&mut copy)))
            .collect()
    }
}

/// The keys of a JSON object, in order, with their values as they are written.
pub(crate) fn keys(json: &str) -> Option<Vec<(String, &str)>> {
    let mut scanner = Scanner::new(json);
    let mut keys = Vec::new();
    if scanner.peek() != Some(b'{') {
        return None;
    }
    scanner
        .object(|scanner, key| {
            keys.push((unescaped(key).into_owned(), scanner.value()?));
            Ok(())
        })
        .ok()?;
    scanner.end().ok()?;
    Some(keys)
}

impl Field {
    fn set(&self, config: &mut Config, value: &str) -> Result<(), String> {
        match self {
            Boolean(at) => {
                *at(config) = value
                    .parse()
                    .map_err(|_| format!("{value} is not true or false"))?;
            }
            Integer(at, low, high) => {
                *at(config) = value
                    .parse()
                    .ok()
                    .filter(|v| (low..=high).contains(&v))
                    .ok_or_else(|| format!("{value} is not an integer from {low} to {high}"))?;
            }
            Number(at, low, high) => {
                *at(config) = decimal::parse(value)
                    .filter(|v| (low..=high).contains(&v))
                    .ok_or_else(|| {
                        let (low, high) = (decimal::text(*low), decimal::text(*high));
                        format!("{value} is not a decimal number from {low} to {high}")
                    })?;
            }
            // These have problems of their own, each with its key.
            Exceptions(_) => {}
        }
        Ok(())
    }

    fn get(&self, config: &mut Config) -> String {
        match self {
            Boolean(at) => at(config).to_string(),
            Integer(at, ..) => at(config).to_string(),
            Number(at, ..) => decimal::text(*at(config)),
            Exceptions(at) => exception::json(at(config)),
        }
    }
}

/// The parameters as `describe` lists them.
#[must_use]
pub fn parameters() -> Vec<Parameter> {
    let defaults = Config::default().values();
    TABLE
        .iter()
        .zip(defaults)
        .map(|((name, field, summary), (_, default))| {
            let (kind, range) = match field {
                Boolean(_) => (ParameterType::Boolean, None),
                #[allow(clippy::cast_precision_loss, reason = "ranges are below 2^53")]
                Integer(_, low, high) => {
                    (ParameterType::Integer, Some((*low as f64, *high as f64)))
                }
                Number(_, low, high) => (ParameterType::Number, Some((*low, *high))),
                Exceptions(_) => (ParameterType::Exceptions, None),
            };
            Parameter {
                name,
                kind,
                default_value: default,
                minimum: range.map(|r| r.0),
                maximum: range.map(|r| r.1),
                summary,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_is_the_published_rule() {
        assert_eq!(Config::parse("{}"), Ok(Config::default()));
    }

    #[test]
    fn every_problem_names_its_key() {
        let text =
            r#"{"min_error":1,"min_errors":-1,"early":1,"min_error_rate":1.5,"window_seconds":0}"#;
        let problems = Config::parse(text).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "min_error",
                "min_errors",
                "early",
                "min_error_rate",
                "window_seconds"
            ]
        );
        assert_eq!(Config::parse("[]").unwrap_err()[0].key, "");
    }

    #[test]
    fn exceptions_stand_beside_other_parameters_and_read_back() {
        let text = r#"{"exceptions":[{"reason":"r","asn":1}],"min_errors":-1}"#;
        let problems = Config::parse(text).unwrap_err();
        assert_eq!(problems[0].key, "min_errors");
        let config = Config::parse(&text.replace("-1", "1")).unwrap();
        assert_eq!(config.exceptions.len(), 1);
        let values = config.values();
        let (_, again) = values
            .iter()
            .find(|(name, _)| *name == "exceptions")
            .unwrap();
        let again = format!("{{\"exceptions\":{again},\"min_errors\":1}}");
        assert_eq!(Config::parse(&again), Ok(config));
        let wrong = Config::parse(&text.replace("asn", "as")).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert_eq!(wrong[0].key, "exceptions[0].as");
    }

    #[test]
    fn a_horizon_beyond_the_lateness_is_refused_only_when_asked_for() {
        let shorter = Config::parse(r#"{"allowed_lateness_seconds":60}"#).unwrap();
        assert_eq!(shorter.dedup_horizon_seconds, 60);
        let both = r#"{"allowed_lateness_seconds":60,"dedup_horizon_seconds":61}"#;
        assert_eq!(
            Config::parse(both).unwrap_err()[0].key,
            "dedup_horizon_seconds"
        );
    }

    #[test]
    fn each_parameter_takes_back_its_default() {
        for p in parameters() {
            let text = format!("{{\"{}\":{}}}", p.name, p.default_value);
            assert_eq!(Config::parse(&text), Ok(Config::default()), "{text}");
        }
    }
}
