//! What a run found beside what it should have found, key by key.

use serde_json::{Map, Value as Json};

use super::way::{Found, timeless};
use super::{Case, Way};

const ID: &str = "weir.alert.id";

/// Every difference, a line each; none when all is as expected.
pub(super) fn between(case: &Case, expected: &[Json], found: &Found, way: Way) -> Vec<String> {
    let mut wrong = Vec::new();
    let view = |alerts: &[Json]| -> Vec<Json> {
        if way.keeps_order() {
            alerts.to_vec()
        } else {
            alerts.iter().map(timeless).collect()
        }
    };
    let (expected, alerts) = (view(expected), view(&found.alerts));
    for want in &expected {
        match alerts.iter().find(|alert| alert.get(ID) == want.get(ID)) {
            None => wrong.push(format!("missing alert {}", label(want))),
            Some(have) => fields(want, have, &mut wrong),
        }
    }
    for have in &alerts {
        if !expected.iter().any(|want| want.get(ID) == have.get(ID)) {
            wrong.push(format!("unexpected alert {}", label(have)));
        }
    }
    if wrong.is_empty() && expected != alerts {
        wrong.push("the alerts are right and their order or number is not".to_owned());
    }
    // In another order other documents may be the late ones. Workers drop nothing.
    if way.keeps_order() || way == Way::TwoWorkers {
        for (name, want) in &case.counters {
            let have = found.counters.get(name.as_str()).copied().unwrap_or(0);
            if have != *want {
                wrong.push(format!("counter {name}: expected {want}, found {have}"));
            }
        }
    }
    wrong
}

fn fields(want: &Json, have: &Json, wrong: &mut Vec<String>) {
    let empty = Map::new();
    let (wanted, had) = (
        want.as_object().unwrap_or(&empty),
        have.as_object().unwrap_or(&empty),
    );
    for (name, value) in wanted {
        match had.get(name) {
            Some(other) if other == value => {}
            Some(other) => wrong.push(format!(
                "{}: {name}: expected {value}, found {other}",
                label(want)
            )),
            None => wrong.push(format!(
                "{}: {name}: expected {value}, found nothing",
                label(want)
            )),
        }
    }
    for (name, value) in had {
        if !wanted.contains_key(name) {
            wrong.push(format!(
                "{}: {name}: expected nothing, found {value}",
                label(want)
            ));
        }
    }
}

/// What an alert is called in a report: its id and where its window starts.
fn label(alert: &Json) -> String {
    let field = |name: &str| alert.get(name).and_then(Json::as_str).unwrap_or("?");
    format!("{} ({})", field(ID), field("weir.window.start"))
}
