//! Differences between found and expected alerts, key by key.

use serde_json::{Map, Value as Json};

use super::execution::timeless;
use super::trial::Found;
use super::values::apart;
use super::{Case, Execution};

const ID: &str = "weir.alert.id";

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The alert that it is in: its id and where its window starts; none when it is in none.
    pub alert: Option<String>,
    /// Key that differs, or the whole message.
    pub key: String,
    /// Expected value that was not found.
    pub missing: Vec<String>,
    /// Found value that was not expected.
    pub extra: Vec<String>,
}

impl Difference {
    pub(super) fn says(text: String) -> Self {
        Self {
            alert: None,
            key: text,
            missing: Vec::new(),
            extra: Vec::new(),
        }
    }
}

/// All differences; empty when the alerts are as expected.
pub(super) fn between(
    case: &Case,
    expected: &[Json],
    found: &Found,
    execution: Execution,
) -> Vec<Difference> {
    let faults = found.faults.iter().cloned();
    let mut wrong: Vec<Difference> = faults.map(Difference::says).collect();
    if execution == Execution::Clocked {
        return wrong;
    }
    let view = |alerts: &[Json]| -> Vec<Json> {
        if execution.keeps_order() {
            alerts.to_vec()
        } else {
            alerts.iter().map(timeless).collect()
        }
    };
    let (expected, alerts) = (view(expected), view(&found.alerts));
    for want in &expected {
        match alerts.iter().find(|alert| alert.get(ID) == want.get(ID)) {
            None => wrong.push(Difference::says(format!("missing alert {}", label(want)))),
            Some(have) => fields(want, have, &mut wrong),
        }
    }
    for have in &alerts {
        if !expected.iter().any(|want| want.get(ID) == have.get(ID)) {
            wrong.push(Difference::says(format!(
                "unexpected alert {}",
                label(have)
            )));
        }
    }
    if wrong.len() == found.faults.len() && expected != alerts {
        let text = "the alerts are right and their order or number is not";
        wrong.push(Difference::says(text.to_owned()));
    }
    // In another order other documents may be the late ones. Workers drop nothing. Where it is a
    // probe, the straight run has said it.
    if (execution.keeps_order() || execution == Execution::TwoWorkers) && !execution.is_probe() {
        for (name, want) in &case.counters {
            let have = found.counters.get(name.as_str()).copied().unwrap_or(0);
            if have != *want {
                wrong.push(Difference {
                    alert: None,
                    key: format!("counter {name}"),
                    missing: vec![want.to_string()],
                    extra: vec![have.to_string()],
                });
            }
        }
    }
    wrong
}

fn fields(want: &Json, have: &Json, wrong: &mut Vec<Difference>) {
    let empty = Map::new();
    let (wanted, had) = (
        want.as_object().unwrap_or(&empty),
        have.as_object().unwrap_or(&empty),
    );
    let new = had.keys().filter(|name| !wanted.contains_key(*name));
    for name in wanted.keys().chain(new) {
        let (one, other) = (wanted.get(name), had.get(name));
        if one != other {
            let (missing, extra) = apart(one, other);
            wrong.push(Difference {
                alert: Some(label(want)),
                key: name.clone(),
                missing,
                extra,
            });
        }
    }
}

/// Label of an alert in messages: its id and its window's start.
fn label(alert: &Json) -> String {
    let field = |name: &str| alert.get(name).and_then(Json::as_str).unwrap_or("?");
    format!("{} ({})", field(ID), field("weir.window.start"))
}
