//! Windows that a rule's judgement allows, under its configuration.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Checked, ensure, key};
use crate::{Judgement, Parameter, ParameterType, Rule, Sliding, Window};

/// The parameter that is the length of a tumbling rule's windows, in seconds.
const WINDOW_SECONDS: &str = "window_seconds";
/// Numbers that change no window.
const OTHERS: [&str; 2] = ["verdicts_floor", "max_future_seconds"];

/// Fixed properties of a rule's windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Windows {
    /// Nothing but that they are windows: a parameter may have changed them.
    Any,
    /// So many milliseconds long.
    Long(i64),
    /// So long, and they begin at multiples of that.
    Aligned(i64),
    /// `length` long, and they end at multiples of `every`.
    Sliding { length: i64, every: i64 },
}

impl Windows {
    /// Those of a rule that is opened with these parameters, a JSON object.
    pub(super) fn of(rule: &Rule, parameters: &str) -> Self {
        let set: HashMap<String, Json> = serde_json::from_str(parameters).unwrap_or_default();
        match rule.judgement {
            Judgement::Tumbling(length) => tumbling(rule, length, &set),
            // An event's own millisecond, whatever the parameters say.
            Judgement::FirstSeen(_) => Self::Long(1),
            _ if rule
                .parameters
                .iter()
                .any(|known| changes(known, rule, &set)) =>
            {
                Self::Any
            }
            Judgement::Each(0) => Self::Long(1),
            Judgement::Each(span) => signed(span).map_or(Self::Any, Self::Aligned),
            Judgement::Sliding(Sliding { length, every }) => {
                match (signed(length), signed(every)) {
                    (Some(length), Some(every)) => Self::Sliding { length, every },
                    _ => Self::Any,
                }
            }
        }
    }

    /// Checks a window.
    pub(super) fn check(self, window: Window) -> Checked {
        key::window(window)?;
        let Window { start, end } = window;
        let length = end - start;
        let (fits, wanted) = match self {
            Self::Any => return Ok(()),
            Self::Long(long) => (length == long, format!("{long} ms")),
            Self::Aligned(long) => (
                length == long && start.rem_euclid(long) == 0,
                format!("{long} ms at a multiple of that"),
            ),
            Self::Sliding {
                length: long,
                every,
            } => (
                length == long && end.rem_euclid(every) == 0,
                format!("{long} ms that ends at a multiple of {every} ms"),
            ),
        };
        ensure(fits, "window", || format!("is no window of {wanted}"))
    }

    /// Checks the window of a group's state, which may be a part of one, or longer.
    pub(super) fn check_state(self, window: Window) -> Checked {
        match self {
            Self::Aligned(_) => self.check(window),
            _ => key::window(window),
        }
    }
}

/// A length in milliseconds that is one.
fn signed(length: u64) -> Option<i64> {
    i64::try_from(length).ok().filter(|length| *length > 0)
}

fn tumbling(rule: &Rule, length: u64, set: &HashMap<String, Json>) -> Windows {
    let mut parameters = rule.parameters.iter();
    let seconds = parameters.find(|known| is_window_seconds(known));
    let length = match seconds.and(set.get(WINDOW_SECONDS)) {
        Some(seconds) => seconds
            .as_i64()
            .and_then(|seconds| seconds.checked_mul(1000)),
        None => signed(length),
    };
    let mut others = rule.parameters.iter();
    let changed = seconds.is_none() && others.any(|known| changes(known, rule, set));
    match length.filter(|length| *length > 0 && !changed) {
        Some(length) => Windows::Aligned(length),
        None => Windows::Any,
    }
}

/// Whether a parameter is the length of tumbling windows.
pub(super) fn is_window_seconds(parameter: &Parameter) -> bool {
    parameter.name == WINDOW_SECONDS && parameter.kind == ParameterType::Integer
}

/// Whether a parameter is set to another value than usual, and may be a length of time.
fn changes(parameter: &Parameter, rule: &Rule, set: &HashMap<String, Json>) -> bool {
    let name = parameter.name.as_str();
    let is_number = matches!(
        parameter.kind,
        ParameterType::Integer | ParameterType::Number
    );
    let mut conditions = rule.conditions.iter();
    let is_threshold = conditions.any(|condition| condition.parameter == name);
    let usual = || serde_json::from_str::<Json>(&parameter.default_value).ok();
    let differs = set
        .get(name)
        .is_some_and(|value| Some(value) != usual().as_ref());
    is_number && !is_threshold && !OTHERS.contains(&name) && differs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::description::tests::rule;

    fn windows(judgement: Judgement, parameters: &str) -> Windows {
        Windows::of(&rule(judgement), parameters)
    }

    fn fits(windows: Windows, start: i64, end: i64) -> bool {
        windows.check(Window { start, end }).is_ok()
    }

    #[test]
    fn tumbling_windows_are_as_long_as_configured_and_begin_at_multiples() {
        let usual = windows(Judgement::Tumbling(120_000), "{}");
        assert!(fits(usual, -120_000, 0) && fits(usual, 120_000, 240_000));
        assert!(!fits(usual, 0, 60_000) && !fits(usual, 60_000, 180_000));
        let minute = windows(Judgement::Tumbling(120_000), r#"{"window_seconds": 60}"#);
        assert!(fits(minute, 60_000, 120_000) && !fits(minute, 0, 120_000));
        assert!(!fits(usual, 0, 0) && !fits(usual, 120_000, 0));
    }

    #[test]
    fn sliding_windows_end_at_multiples_and_may_overlap() {
        let sliding = Judgement::Sliding(Sliding {
            length: 540_000,
            every: 300_000,
        });
        let usual = windows(sliding, "{}");
        assert!(fits(usual, -240_000, 300_000) && fits(usual, 60_000, 600_000));
        assert!(!fits(usual, 0, 540_000) && !fits(usual, 0, 600_000));
        // A parameter that may be a length of time.
        assert_eq!(windows(sliding, r#"{"window_seconds": 60}"#), Windows::Any);
        let threshold = r#"{"min_calls": 7}"#;
        assert_eq!(windows(sliding, threshold), usual);
    }

    #[test]
    fn single_events_have_their_millisecond_and_suppressed_ones_their_span() {
        for judgement in [Judgement::FirstSeen(604_800_000), Judgement::Each(0)] {
            let usual = windows(judgement, "{}");
            assert!(fits(usual, 17, 18) && !fits(usual, 17, 19));
        }
        let hour = windows(Judgement::Each(3_600_000), "{}");
        assert!(fits(hour, 0, 3_600_000) && !fits(hour, 1, 3_600_001));
    }
}
