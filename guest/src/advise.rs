//! What is legal in a configuration and perhaps not meant.

use crate::config::{Config, keys};
use crate::model::Problem;
use crate::rule::error_rate;

/// Says so of each, under the key to look at; nothing of one that has errors.
#[must_use]
pub fn advise(configuration: &str) -> Vec<Problem> {
    let Ok(config) = Config::parse(configuration) else {
        return Vec::new();
    };
    let given: Vec<String> = keys(configuration)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let mut advice = Advice {
        config: &config,
        found: Vec::new(),
    };
    advice.thresholds();
    advice.time();
    advice.rest();
    let mut found = advice.found;
    // What nobody touched is as published.
    found.retain(|(keys, _)| given.iter().any(|given| keys.contains(&given.as_str())));
    found
        .into_iter()
        .map(|(keys, message)| {
            let touched = |key: &&&str| given.iter().any(|given| given == **key);
            let key = keys.iter().find(touched).copied().unwrap_or_default();
            Problem {
                key: key.to_owned(),
                message,
            }
        })
        .collect()
}

struct Advice<'c> {
    config: &'c Config,
    /// The keys that it is about, the first of which is to be looked at first, and the words.
    found: Vec<(Vec<&'static str>, String)>,
}

impl Advice<'_> {
    fn say(&mut self, keys: &[&'static str], message: String) {
        self.found.push((keys.to_vec(), message));
    }

    /// Clauses that others decide.
    fn thresholds(&mut self) {
        let &Config {
            min_total_calls: calls,
            min_errors: errors,
            min_error_rate: rate,
            min_url_paths: paths,
            exact_paths,
            ..
        } = self.config;
        if errors > calls {
            self.say(
                &["min_errors", "min_total_calls"],
                format!(
                    "min_total_calls decides nothing: {errors} errors (min_errors) take more calls than {calls}"
                ),
            );
        }
        if paths > calls {
            self.say(
                &["min_url_paths", "min_total_calls"],
                format!(
                    "min_total_calls decides nothing where a call has one path: {paths} are asked for (min_url_paths), and {calls} calls"
                ),
            );
        }
        if rate < 0.005 {
            self.say(
                &["min_error_rate"],
                "min_error_rate decides nothing: every ratio is rounded to two decimals, and at least 0".to_owned(),
            );
        } else if let Some(fewest) = fewest_errors(calls, rate)
            && errors > 0
            && fewest >= errors
        {
            self.say(
                &["min_errors", "min_error_rate", "min_total_calls"],
                format!(
                    "min_errors decides nothing: of {calls} calls (min_total_calls) {fewest} must be errors for the ratio already (min_error_rate)"
                ),
            );
        }
        if paths > exact_paths {
            self.say(
                &["min_url_paths", "exact_paths"],
                format!(
                    "min_url_paths is decided by an estimate: paths are counted exactly up to {exact_paths} (exact_paths)"
                ),
            );
        }
    }

    fn time(&mut self) {
        let config = self.config;
        let window = config.window_seconds;
        if 86_400 % window != 0 || (3600 % window != 0 && !window.is_multiple_of(3600)) {
            self.say(
                &["window_seconds"],
                format!(
                    "windows of {window} seconds do not divide an hour: they start at other minutes every hour or day"
                ),
            );
        }
        if config.allowed_lateness_seconds < window {
            self.say(
                &["allowed_lateness_seconds", "window_seconds"],
                format!(
                    "events that are later than {} seconds are dropped: less than one window of {window}",
                    config.allowed_lateness_seconds
                ),
            );
        }
        if config.dedup_horizon_seconds < config.out_of_orderness_seconds {
            self.say(
                &["dedup_horizon_seconds", "allowed_lateness_seconds", "out_of_orderness_seconds"],
                format!(
                    "event ids are forgotten after {} seconds, and events may be out of order by {}: repetitions among those count twice",
                    config.dedup_horizon_seconds, config.out_of_orderness_seconds
                ),
            );
        }
        if config.out_of_orderness_seconds > 3600 {
            self.say(
                &["out_of_orderness_seconds"],
                format!(
                    "no alert comes before its window is {} seconds past: late events revise an alert anyhow (allowed_lateness_seconds)",
                    config.out_of_orderness_seconds
                ),
            );
        }
    }

    fn rest(&mut self) {
        let config = self.config;
        if config.partial {
            self.say(
                &["partial"],
                "a partial detector never alerts: its state is for another one".to_owned(),
            );
        }
        if config.verdicts_floor > 0.0 && !config.verdicts {
            self.say(
                &["verdicts_floor"],
                "there is no ledger for a floor without `verdicts`; --verdicts FILE turns it on"
                    .to_owned(),
            );
        }
        for (at, exception) in (1..).zip(&config.exceptions) {
            if exception.is_for_everybody() {
                self.say(
                    &["exceptions"],
                    format!(
                        "exception {at} ({}) leaves out every event with an address",
                        exception.reason
                    ),
                );
            }
        }
    }
}

/// The fewest errors among so many calls whose ratio is high enough.
fn fewest_errors(calls: u64, rate: f64) -> Option<u64> {
    let holds = |errors: &u64| error_rate(*errors, calls) >= rate;
    // The ratio grows with the errors.
    let (mut low, mut high) = (0, calls);
    if !holds(&high) {
        return None;
    }
    while low < high {
        let middle = low.midpoint(high);
        match holds(&middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(configuration: &str) -> Vec<String> {
        advise(configuration).into_iter().map(|p| p.key).collect()
    }

    #[test]
    fn the_published_rule_is_not_odd() {
        assert_eq!(advise("{}"), []);
        assert_eq!(advise(r#"{"min_errors":10,"window_seconds":3600}"#), []);
        assert_eq!(advise(r#"{"min_errors":-1,"window_seconds":7}"#), []);
    }

    #[test]
    fn what_is_odd_is_said_under_its_key() {
        for (configuration, key) in [
            (r#"{"min_errors":22}"#, "min_errors"),
            (r#"{"min_total_calls":14}"#, "min_total_calls"),
            (r#"{"min_error_rate":0.004}"#, "min_error_rate"),
            (r#"{"min_errors":9}"#, "min_errors"),
            (r#"{"min_total_calls":26}"#, "min_total_calls"),
            (r#"{"exact_paths":16,"min_url_paths":17}"#, "min_url_paths"),
            (r#"{"window_seconds":420}"#, "window_seconds"),
            (r#"{"window_seconds":25200}"#, "window_seconds"),
            (
                r#"{"allowed_lateness_seconds":119}"#,
                "allowed_lateness_seconds",
            ),
            (r#"{"dedup_horizon_seconds":60}"#, "dedup_horizon_seconds"),
            (
                r#"{"out_of_orderness_seconds":3601}"#,
                "out_of_orderness_seconds",
            ),
            (r#"{"partial":true}"#, "partial"),
            (r#"{"verdicts_floor":0.5}"#, "verdicts_floor"),
            (
                r#"{"exceptions":[{"reason":"r","source":"0.0.0.0/0"}]}"#,
                "exceptions",
            ),
            (
                r#"{"exceptions":[{"reason":"r","source":["::/0"]}]}"#,
                "exceptions",
            ),
        ] {
            assert!(
                keys_of(configuration).contains(&key.to_owned()),
                "{configuration}: {:?}",
                advise(configuration)
            );
        }
    }

    #[test]
    fn what_the_ratio_asks_for_is_exact() {
        assert_eq!(fewest_errors(21, 0.4), Some(9));
        assert_eq!(fewest_errors(43, 0.4), Some(17));
        assert_eq!(fewest_errors(5, 1.0), Some(5));
        // Of 22 calls 9 errors are enough for the ratio, of 23 it takes the 10 that are asked for.
        assert_eq!(keys_of(r#"{"min_total_calls":22}"#), [""; 0]);
        assert_eq!(keys_of(r#"{"min_total_calls":23}"#), ["min_total_calls"]);
    }
}
