//! Alerts as events of Splunk's HTTP Event Collector: objects in a row, each around an alert.

use serde::Deserialize;
use serde_json::Value as Json;

use super::Failure;
use super::document;
use super::http::{Answer, Protocol, outcome};

/// Path of the collector, for an address without one.
pub(super) const PATH: &str = "/services/collector/event";
/// Codes of answers with status 400 that people can put right: the token's index is wrong, and
/// it wants channels, whose acknowledgements are not asked for.
const TO_PUT_RIGHT: [u64; 3] = [7, 10, 11];

/// The collector's own protocol.
pub(super) struct Hec;

impl Protocol for Hec {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn credentials(&self) -> &'static str {
        "Splunk"
    }

    fn body(&self, lines: &[String]) -> Result<String, Failure> {
        Ok(lines.iter().map(|line| event(line)).collect())
    }

    fn outcome(&self, answer: &Answer) -> Result<(), Failure> {
        let said: Option<Said> = serde_json::from_str(&answer.said).ok();
        let code = said.map(|said| said.code);
        match (answer.status, code) {
            (200..=299, Some(0)) => Ok(()),
            // Neither a proxy's page nor half an answer says that anything was taken.
            (200..=299, _) => Err(answer.retryable()),
            (400, Some(code)) if TO_PUT_RIGHT.contains(&code) => Err(answer.retryable()),
            _ => outcome(answer),
        }
    }
}

/// Body of an answer.
#[derive(Deserialize)]
struct Said {
    code: u64,
}

fn event(line: &str) -> String {
    let read: Option<Json> = serde_json::from_str(line).ok();
    // Times before 1970 cannot be expressed there.
    let time = read.as_ref().and_then(document::time);
    let time = time
        .filter(|time| *time >= 0)
        .map_or_else(String::new, |time| {
            format!("\"time\":{}.{:03},", time / 1000, time % 1000)
        });
    format!("{{{time}\"source\":\"weir\",\"sourcetype\":\"weir:alert\",\"event\":{line}}}\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn outcome(status: u16, said: &str) -> Result<(), Failure> {
        Hec.outcome(&Answer {
            status,
            after: None,
            said: said.to_owned(),
        })
    }

    #[test]
    fn an_event_has_the_alert_and_its_time() {
        let read = |line: &str| -> Json { serde_json::from_str(&event(line)).unwrap() };
        let ecs = read("{\"@timestamp\":\"2026-05-19T09:32:00.007Z\",\"x\":1}");
        assert_eq!(ecs["time"].to_string(), "1779183120.007");
        assert_eq!(ecs["event"]["x"], 1);
        assert_eq!(ecs["sourcetype"], "weir:alert");
        let ocsf = read("{\"time\":1779183120000}");
        assert_eq!(ocsf["time"].as_f64(), Some(1_779_183_120.0));
        let old = read("{\"@timestamp\":\"1969-12-31T23:59:59.999Z\"}");
        assert_eq!(old.get("time"), None);
    }

    #[test]
    fn retries_errors_that_an_operator_can_fix() {
        assert_eq!(outcome(200, "{\"text\":\"Success\",\"code\":0}"), Ok(()));
        for page in ["", "<html>sign in</html>", "{}"] {
            let failure = outcome(200, page).unwrap_err();
            assert!(matches!(failure, Failure::Retryable { .. }), "{page}");
        }
        for (status, code) in [
            (403, 4),
            (401, 2),
            (503, 9),
            (400, 7),
            (400, 10),
            (200, 9),
            (500, 8),
        ] {
            let failure =
                outcome(status, &format!("{{\"text\":\"no\",\"code\":{code}}}")).unwrap_err();
            assert!(
                matches!(failure, Failure::Retryable { .. }),
                "{status} {code}"
            );
        }
        for code in [5, 6, 12, 13, 15] {
            let failure =
                outcome(400, &format!("{{\"text\":\"no\",\"code\":{code}}}")).unwrap_err();
            assert!(
                matches!(failure, Failure::Permanent { one: true, .. }),
                "{code}"
            );
        }
    }
}
