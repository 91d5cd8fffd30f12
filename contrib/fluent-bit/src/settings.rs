//! Settings: the detector's parameters, and the handling of records.

use high_4xx::Detector;
use serde_json::{Map, Value};

/// Maximum of `max_state_mib` here, and its default: the module's memory has a maximum of its own,
/// which must never be reached.
pub const MAX_STATE_MIB: u64 = 64;

/// The handling of events behind the detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// Events pass unchanged.
    Pass,
    /// Events are dropped.
    Drop,
}

/// The settings of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The detector's parameters as a JSON object.
    pub(crate) parameters: String,
    pub(crate) events: Option<Events>,
    /// The key whose text is the document; None for the record itself.
    pub(crate) record_key: Option<String>,
    /// Idle time after which ticks advance the watermark, in seconds; 0 for never.
    pub(crate) idle_timeout_seconds: u64,
    /// Interval of statuses while nothing is wrong, in seconds.
    pub(crate) status_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            parameters: parameters(Map::new()),
            events: None,
            record_key: None,
            idle_timeout_seconds: 30,
            status_seconds: 60,
        }
    }
}

impl Settings {
    /// Reads a JSON object; absent keys keep their defaults.
    ///
    /// # Errors
    /// Every problem, each naming its key and what would be right.
    pub fn parse(json: &str) -> Result<Settings, Vec<String>> {
        let Ok(Value::Object(given)) = serde_json::from_str(json) else {
            return Err(vec!["the settings are not a JSON object".to_owned()]);
        };
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        for (key, value) in given {
            let taken = match (key.as_str(), value) {
                ("parameters", Value::Object(given)) => {
                    problems.extend(unfit(&given));
                    settings.parameters = parameters(given);
                    Ok(())
                }
                ("parameters", _) => Err("is not an object"),
                ("events", value) => match value.as_str() {
                    Some("pass") => {
                        settings.events = Some(Events::Pass);
                        Ok(())
                    }
                    Some("drop") => {
                        settings.events = Some(Events::Drop);
                        Ok(())
                    }
                    _ => Err("is not \"pass\" or \"drop\""),
                },
                ("record_key", Value::String(name)) => {
                    settings.record_key = Some(name);
                    Ok(())
                }
                ("record_key", _) => Err("is not a text"),
                ("idle_timeout_seconds", value) => {
                    seconds(&value).map(|seconds| settings.idle_timeout_seconds = seconds)
                }
                ("status_seconds", value) => {
                    seconds(&value).map(|seconds| settings.status_seconds = seconds)
                }
                _ => Err(
                    "no such setting; there are parameters, events, record_key, idle_timeout_seconds and status_seconds",
                ),
            };
            if let Err(why) = taken {
                problems.push(format!("{key}: {why}"));
            }
        }
        if let Err(found) = high_4xx::open(&settings.parameters, (0, 0)) {
            problems.extend(
                found
                    .iter()
                    .map(|problem| format!("parameters.{}: {}", problem.key, problem.message)),
            );
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// Opens a detector with these settings.
    pub(crate) fn open(&self, seed: (u64, u64)) -> Detector {
        let opened = high_4xx::open(&self.parameters, seed);
        #[allow(
            clippy::expect_used,
            reason = "`parse` opened one by the same parameters, and the defaults are tested"
        )]
        opened.expect("parameters were tried before")
    }
}

/// Thirty days, as for the detector's own spans.
fn seconds(value: &Value) -> Result<u64, &'static str> {
    value
        .as_u64()
        .filter(|seconds| *seconds <= 30 * 24 * 3600)
        .ok_or("is not an integer from 0 to 2592000")
}

/// The parameters with this module's own default.
fn parameters(mut given: Map<String, Value>) -> String {
    given
        .entry("max_state_mib")
        .or_insert_with(|| MAX_STATE_MIB.into());
    Value::Object(given).to_string()
}

/// Problems of parameters that are not supported here.
fn unfit(given: &Map<String, Value>) -> Vec<String> {
    let mut problems = Vec::new();
    for (key, why) in [
        ("verdicts", "there is nobody here to take the ledger"),
        ("partial", "there is nobody here to merge states"),
    ] {
        if given
            .get(key)
            .is_some_and(|value| *value == Value::Bool(true))
        {
            problems.push(format!("parameters.{key}: {why}"));
        }
    }
    let state = given.get("max_state_mib").and_then(Value::as_u64);
    if state.is_some_and(|state| state > MAX_STATE_MIB) {
        problems.push(format!(
            "parameters.max_state_mib: at most {MAX_STATE_MIB} here, since the module's memory is bounded"
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn defaults_are_the_published_rule_with_less_state() {
        let settings = Settings::parse("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.parameters, r#"{"max_state_mib":64}"#);
        settings.open((1, 2));
    }

    #[test]
    fn every_problem_names_its_key() {
        let text = r#"{"parameters":{"min_error":1,"max_state_mib":65,"verdicts":true},"events":"keep","record_key":1,
            "idle_timeout_seconds":-1,"status_second":1}"#;
        let problems = Settings::parse(text).unwrap_err();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.split_once(':').unwrap().0)
            .collect();
        assert_eq!(
            keys,
            [
                "parameters.verdicts",
                "parameters.max_state_mib",
                "events",
                "record_key",
                "idle_timeout_seconds",
                "status_second",
                "parameters.min_error",
            ]
        );
        assert!(Settings::parse("[]").is_err());
        assert!(Settings::parse(r#"{"parameters":[]}"#).is_err());
    }

    #[test]
    fn settings_take_effect() {
        let text = r#"{"parameters":{"min_errors":3},"events":"drop","record_key":"log","idle_timeout_seconds":0,"status_seconds":5}"#;
        let settings = Settings::parse(text).unwrap();
        assert_eq!(
            settings.parameters,
            r#"{"min_errors":3,"max_state_mib":64}"#
        );
        assert_eq!(settings.events, Some(Events::Drop));
        assert_eq!(settings.record_key.as_deref(), Some("log"));
        assert_eq!(
            (settings.idle_timeout_seconds, settings.status_seconds),
            (0, 5)
        );
    }
}
