//! Findings on exceptions that have expired or will soon. The host goes by the kind of the parameter and by the contract's
//! `reason` and `expires`; what else an exception says is the detector's affair.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use weir_common::numbers::counted;
use weir_common::time::milliseconds;
use weir_host::contract::{ParameterType, Rule};

/// An exception within this many days of its end is worth a word.
const SOON: i64 = 14;

/// An exception as the host sees it.
pub(super) struct Exception<'c> {
    /// Key path, such as `exceptions[3]`.
    pub(super) place: String,
    /// None when it is missing or empty.
    pub(super) reason: Option<&'c str>,
    /// End of the exception, as written.
    pub(super) expires: Option<&'c str>,
}

/// All exceptions of a configuration; what is not an object is left to the detector.
pub(super) fn exceptions<'c>(
    parameters: &'c Map<String, Json>,
    rule: &'c Rule,
) -> impl Iterator<Item = Exception<'c>> {
    let kinds = rule.parameters.iter();
    let names = kinds.filter(|parameter| parameter.kind == ParameterType::Exceptions);
    let lists = names.filter_map(|parameter| {
        let list = parameters.get(&parameter.name)?.as_array()?;
        Some((parameter.name.as_str(), list))
    });
    lists.flat_map(|(name, list)| {
        list.iter().enumerate().filter_map(move |(i, exception)| {
            let text = |key| exception.as_object()?.get(key)?.as_str();
            exception.as_object().map(|_| Exception {
                place: format!("{name}[{i}]"),
                reason: text("reason").filter(|reason| !reason.trim().is_empty()),
                expires: text("expires"),
            })
        })
    })
}

impl Exception<'_> {
    /// A warning when it has ended, or will soon, or has an end that cannot be read.
    pub(super) fn warning(&self, now: SystemTime) -> Option<String> {
        let expires = self.expires?;
        let about = self.reason.unwrap_or("no reason given");
        let Some(end) = time(expires) else {
            return Some(format!(
                "expires: {expires:?} is not RFC 3339, so nobody can be told when it has passed"
            ));
        };
        let left = end.timestamp_millis() - milliseconds(now);
        let days = left.div_euclid(86_400_000);
        match (left > 0, days) {
            (false, _) => Some(format!(
                "expired on {expires}: it leaves out no newer events ({about:?})"
            )),
            (true, 0) => Some(format!("expires within a day, on {expires} ({about:?})")),
            (true, 1..SOON) => Some(format!(
                "expires in {}, on {expires} ({about:?})",
                counted(days, "day")
            )),
            (true, _) => None,
        }
    }

    fn has_expired(&self, now: SystemTime) -> bool {
        let end = self.expires.and_then(time);
        end.is_some_and(|end| end.timestamp_millis() <= milliseconds(now))
    }
}

/// The exceptions that have expired by a clock, a sentence each.
#[must_use]
pub(crate) fn expired(parameters: &Map<String, Json>, rule: &Rule, now: SystemTime) -> Vec<String> {
    exceptions(parameters, rule)
        .filter(|exception| exception.has_expired(now))
        .filter_map(|exception| {
            let warning = exception.warning(now)?;
            Some(format!("{} {warning}", exception.place))
        })
        .collect()
}

/// A time in RFC 3339; without a zone it is UTC, and a date is its first moment.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let forms = [
        text.to_owned(),
        format!("{text}Z"),
        format!("{text}T00:00:00Z"),
    ];
    let mut times = forms.iter().map(|form| DateTime::parse_from_rfc3339(form));
    times.find_map(Result::ok).map(|time| time.to_utc())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn an_end_is_told_when_it_is_near_or_past() {
        let now = UNIX_EPOCH + Duration::from_secs(1_779_183_000);
        let says = |expires: &str| {
            let exception = Exception {
                place: "x".to_owned(),
                reason: Some("r"),
                expires: Some(expires),
            };
            let warning = exception.warning(now);
            assert_eq!(
                exception.has_expired(now),
                warning.as_ref().is_some_and(|w| w.starts_with("expired"))
            );
            warning.unwrap_or_default()
        };
        assert!(says("2026-05-19T09:30:00Z").starts_with("expired on"));
        assert!(says("2026-05-19T11:30:00+02:00").starts_with("expired on"));
        assert!(says("2026-05-19T09:30:00").starts_with("expired on"));
        assert!(says("2026-05-19").starts_with("expired on"));
        assert!(says("2026-05-19T09:30:00.001Z").starts_with("expires within a day"));
        assert!(says("2026-05-20T09:30:00Z").starts_with("expires in 1 day, "));
        assert!(says("2026-06-02T09:29:59Z").starts_with("expires in 13 days"));
        assert_eq!(says("2026-06-02T09:30:00Z"), "");
        assert!(says("soon").contains("not RFC 3339"));
    }
}
