//! Alerts as bulk requests of Elasticsearch and OpenSearch. Each alert is indexed under its id as
//! the version that its revision is, so that what is sent twice is there once, and what is sent
//! late does not undo what came after it.

use serde::Deserialize;
use serde_json::Value as Json;

use super::Failure;
use super::document;
use super::http::{Answer, Protocol, outcome};
use weir_sinks::output::action;

/// Fields of the answer to return; by default each alert has a dozen.
pub(super) const QUERY: &str =
    "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";
/// The index holds a later revision.
const CONFLICT: u16 = 409;
/// Error types that are the document's own fault. Anything else with status 400 an operator can
/// fix: a pipeline that is not there, a mapping that is strict, an index that takes none.
const OWN_FAULT: [&str; 2] = ["mapper_parsing_exception", "document_parsing_exception"];

/// The bulk interface.
pub(super) struct Bulk;

impl Protocol for Bulk {
    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn credentials(&self) -> &'static str {
        "ApiKey"
    }

    fn most_of_answer(&self) -> u64 {
        4 << 20
    }

    fn body(&self, lines: &[String]) -> Result<String, Failure> {
        let mut body = String::new();
        for line in lines {
            let read: Option<Json> = serde_json::from_str(line).ok();
            let Some((id, revision)) = read.as_ref().and_then(document::identity) else {
                let why = "it has no alert's id".to_owned();
                return Err(Failure::Permanent { why, one: true });
            };
            for line in [&action(id, revision), line] {
                body.push_str(line);
                body.push('\n');
            }
        }
        Ok(body)
    }

    fn outcome(&self, answer: &Answer) -> Result<(), Failure> {
        if answer.status == 400 {
            // Of the request as a whole: it is not the alerts' fault.
            return Err(answer.retryable());
        }
        outcome(answer)?;
        let Ok(said) = serde_json::from_str::<Said>(&answer.said) else {
            return Err(answer.retryable());
        };
        if !said.errors {
            return Ok(());
        }
        let mut later = None;
        for item in said.items {
            if item.index.status == CONFLICT {
                continue;
            }
            let own = item.is_own_fault();
            let answer = item.answer();
            let outcome = match answer.status {
                400 if !own => Err(answer.retryable()),
                _ => outcome(&answer),
            };
            match outcome {
                Ok(()) => {}
                // The others are sent again with it, which changes nothing where they are.
                Err(Failure::Permanent { why, .. }) => {
                    return Err(Failure::Permanent { why, one: true });
                }
                Err(failure) => later = later.or(Some(failure)),
            }
        }
        later.map_or(Ok(()), Err)
    }
}

#[derive(Deserialize)]
struct Said {
    errors: bool,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Done,
}

#[derive(Deserialize)]
struct Done {
    status: u16,
    error: Option<Wrong>,
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    reason: String,
}

impl Item {
    fn is_own_fault(&self) -> bool {
        let error = self.index.error.as_ref();
        error.is_some_and(|error| OWN_FAULT.contains(&error.kind.as_str()))
    }

    fn answer(self) -> Answer {
        let said = self.index.error;
        Answer {
            status: self.index.status,
            after: None,
            said: said.map_or_else(String::new, |it| format!("{}: {}", it.kind, it.reason)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(status: u16, said: &str) -> Result<(), Failure> {
        Bulk.outcome(&Answer {
            status,
            after: None,
            said: said.to_owned(),
        })
    }

    fn items(statuses: &[u16]) -> String {
        items_of("document_parsing_exception", statuses)
    }

    fn items_of(kind: &str, statuses: &[u16]) -> String {
        let item = |status: &u16| match status {
            200..=299 => json!({"index": {"status": status}}),
            _ => json!({"index": {"status": status, "error": {"type": kind, "reason": "r"}}}),
        };
        let items: Vec<Json> = statuses.iter().map(item).collect();
        json!({"errors": true, "items": items}).to_string()
    }

    #[test]
    fn each_alert_is_a_version_of_one_document() {
        let ecs = "{\"weir.alert.id\":\"a\",\"weir.alert.revision\":2}".to_owned();
        let ocsf = "{\"finding_info\":{\"uid\":\"b\"},\"metadata\":{\"sequence\":1}}".to_owned();
        let body = Bulk.body(&[ecs.clone(), ocsf]).unwrap();
        let lines: Vec<Json> = body
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let action = |id, version| json!({"index": {"_id": id, "version": version, "version_type": "external_gte"}});
        assert_eq!((&lines[0], &lines[2]), (&action("a", 2), &action("b", 1)));
        assert_eq!(body.lines().nth(1), Some(&*ecs));
        assert!(body.ends_with('\n'));
        assert!(Bulk.body(&["{}".to_owned()]).is_err());
    }

    #[test]
    fn one_answer_is_of_each_alert() {
        assert_eq!(outcome(200, "{\"took\":3,\"errors\":false}"), Ok(()));
        // A later revision is there.
        assert_eq!(outcome(200, &items(&[201, 409])), Ok(()));
        for statuses in [&[200, 429][..], &[503], &[404], &[403]] {
            let failure = outcome(200, &items(statuses)).unwrap_err();
            assert!(matches!(failure, Failure::Retryable { .. }), "{statuses:?}");
        }
        let failure = outcome(200, &items(&[429, 400, 201])).unwrap_err();
        let why = "it answers 400: document_parsing_exception: r".to_owned();
        assert_eq!(failure, Failure::Permanent { why, one: true });
        // Errors that an operator can fix, of one alert and of the whole request.
        for (status, said) in [
            (200, items_of("strict_dynamic_mapping_exception", &[400])),
            (200, items_of("illegal_argument_exception", &[201, 400])),
            (
                400,
                "{\"error\":{\"type\":\"illegal_argument_exception\"}}".to_owned(),
            ),
        ] {
            let failure = outcome(status, &said).unwrap_err();
            assert!(matches!(failure, Failure::Retryable { .. }), "{said}");
        }
        // Neither a proxy's page nor half an answer says that they are there.
        for said in [
            "",
            "<html>",
            "{\"took\":3}",
            "{\"errors\":true,\"items\":[{\"ind",
        ] {
            let failure = outcome(200, said).unwrap_err();
            assert!(matches!(failure, Failure::Retryable { .. }), "{said}");
        }
    }
}
