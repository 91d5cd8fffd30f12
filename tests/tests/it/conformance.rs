//! The tables in `conformance/` against the guest's functions, and end to end.
//!
//! Expected values come from the rule by hand or from Python's standard library,
//! never from our own code. A dash in place of a value means that the rule does not say.

use aadgraph::uri;
use serde_json::Value;
use std::fmt::Debug;
use weir_detector::conditions::ratio;
use weir_detector::{address, time};
use weir_tests::compare::of_native;
use weir_tests::machine::native;

/// Every threshold at its lowest, so that one document alerts.
const LOWEST: &str = r#"{"min_total_calls":1,"min_errors":0,"min_error_rate":0,"min_url_paths":0}"#;

/// One row: its place, and its cells.
struct Cells {
    place: String,
    cells: Vec<String>,
}

impl Cells {
    fn json(&self, column: usize) -> Value {
        serde_json::from_str(&self.cells[column]).unwrap_or_else(|e| panic!("{}: {e}", self.place))
    }

    fn text(&self, column: usize) -> Option<String> {
        self.json(column).as_str().map(str::to_owned)
    }

    fn number(&self, column: usize) -> u64 {
        self.cells[column]
            .parse()
            .unwrap_or_else(|e| panic!("{}: {e}", self.place))
    }
}

/// The rows of a table, without comments and the heading.
fn table(name: &str, columns: usize) -> Vec<Cells> {
    let path = format!("{}/conformance/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .skip(1);
    lines
        .map(|(i, line)| {
            let place = format!("tests/conformance/{name}:{}", i + 1);
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            assert_eq!(cells.len(), columns, "{place}: cells");
            assert!(!cells[columns - 1].is_empty(), "{place}: no note on why");
            Cells { place, cells }
        })
        .collect()
}

/// Collects what fails, so that all of it is shown at once.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn check<T: PartialEq + Debug>(&mut self, row: &Cells, what: &str, expected: &T, found: &T) {
        if expected != found {
            let note = row.cells.last().unwrap();
            let at = &row.place;
            self.0.push(format!(
                "{at}: {what}: expected {expected:?}, found {found:?} ({note})"
            ));
        }
    }

    fn end(self) {
        assert!(
            self.0.is_empty(),
            "{} rows fail:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

#[test]
fn uris() {
    let mut failures = Failures::default();
    for row in table("uri.tsv", 4) {
        let uri = row.text(0).unwrap();
        let path = |elastic| uri::path(&uri, elastic).map(|p| p.into_owned());
        failures.check(&row, "path", &row.text(1), &path(false));
        if row.cells[2] != "-" {
            failures.check(&row, "path in Elastic", &row.text(2), &path(true));
        }
    }
    failures.end();
}

#[test]
fn times() {
    let mut failures = Failures::default();
    for row in table("time.tsv", 3) {
        failures.check(
            &row,
            "time",
            &row.json(1).as_i64(),
            &time::parse(&row.text(0).unwrap()),
        );
    }
    failures.end();
}

#[test]
fn addresses() {
    let mut failures = Failures::default();
    for row in table("address.tsv", 3) {
        let found = address::parse(&row.text(0).unwrap()).map(address::render);
        failures.check(&row, "address", &row.text(1), &found);
    }
    failures.end();
}

#[test]
fn rates() {
    let mut failures = Failures::default();
    for row in table("rate.tsv", 5) {
        let (errors, total) = (row.number(0), row.number(1));
        let rate = ratio(errors, total, 2);
        failures.check(&row, "rate", &row.json(2).as_f64(), &Some(rate));
        failures.check(&row, "alerts", &(row.cells[3] == "yes"), &(rate >= 0.4));
        failures.check(
            &row,
            "the oracle's rate",
            &row.json(2).as_f64(),
            &Some(weir_tests::oracle::reported_rate(errors, total)),
        );
    }
    failures.end();
}

/// What the rule sees of a document: its outcome, or a column of the alert that it makes alone.
fn field(document: &str, configuration: &str, name: &str) -> Value {
    let mut detector = native(configuration);
    let outcome = detector.push(document.as_bytes());
    if name == "outcome" {
        return Value::from(
            match (outcome.counted, outcome.other_data_set, outcome.malformed) {
                (1, 0, 0) => "counted",
                (0, 1, 0) => "other",
                (0, 0, 1) => "malformed",
                _ => return Value::from(format!("{outcome:?}")),
            },
        );
    }
    detector.flush();
    match detector.take_alerts(9).as_slice() {
        [alert] => of_native(alert)
            .row
            .0
            .get(name)
            .cloned()
            .unwrap_or_default(),
        alerts => Value::from(format!("{} alerts, {outcome:?}", alerts.len())),
    }
}

#[test]
fn fields() {
    let mut failures = Failures::default();
    for row in table("fields.tsv", 4) {
        failures.check(
            &row,
            &row.cells[1],
            &row.json(2),
            &field(&row.cells[0], LOWEST, &row.cells[1]),
        );
    }
    failures.end();
}

/// An Event Hub record with one property set.
fn record(property: &str, value: &Value) -> String {
    let mut record = serde_json::json!({
        "category": "AzureADGraphActivityLogs",
        "properties": {"timeGenerated": "2026-05-19T09:31:07Z", "httpStatusCode": 404, "requestUri": "/x"},
    });
    record["properties"][property] = value.clone();
    record.to_string()
}

#[test]
fn uris_times_and_addresses_mean_the_same_in_a_record() {
    let mut failures = Failures::default();
    let elastic = LOWEST.replace('{', "{\"elastic_uri_nulls\":true,");
    for row in table("uri.tsv", 4) {
        let document = record("requestUri", &row.json(0));
        failures.check(
            &row,
            "path",
            &row.json(1),
            &field(&document, LOWEST, "Esql.sample_paths"),
        );
        if row.cells[2] != "-" {
            failures.check(
                &row,
                "path in Elastic",
                &row.json(2),
                &field(&document, &elastic, "Esql.sample_paths"),
            );
        }
    }
    for row in table("time.tsv", 3) {
        let document = record("timeGenerated", &row.json(0));
        if let Some(ms) = row.json(1).as_i64() {
            let expected = Value::from(weir_generator::clock::iso(ms));
            failures.check(
                &row,
                "time",
                &expected,
                &field(&document, LOWEST, "Esql.first_seen"),
            );
        } else {
            failures.check(
                &row,
                "time",
                &Value::from("malformed"),
                &field(&document, LOWEST, "outcome"),
            );
        }
    }
    for row in table("address.tsv", 3) {
        let document = record("callerIpAddress", &row.json(0));
        failures.check(
            &row,
            "address",
            &row.json(1),
            &field(&document, LOWEST, "Esql.source_ips"),
        );
    }
    failures.end();
}

#[test]
fn the_tables_are_as_long_as_they_should_be() {
    let lengths = [
        ("uri.tsv", 4, 100),
        ("time.tsv", 3, 70),
        ("address.tsv", 3, 50),
        ("rate.tsv", 5, 110),
        ("fields.tsv", 4, 140),
    ];
    for (name, columns, least) in lengths {
        let rows = table(name, columns).len();
        assert!(rows >= least, "{name} has {rows} rows of {least}");
    }
}

#[test]
fn the_defaults_are_the_rule() {
    let wanted = serde_json::json!({
        "min_total_calls": 21, "min_errors": 10, "min_error_rate": 0.4, "min_url_paths": 15,
        "window_seconds": 120, "out_of_orderness_seconds": 120, "allowed_lateness_seconds": 28800,
        "dedup_horizon_seconds": 3600, "max_future_seconds": 600, "max_jump_seconds": 31_622_400, "max_state_mib": 256, "early": false, "verdicts": false, "verdicts_floor": 0,
        "partial": false, "max_values": 1000, "max_sample_paths": 25, "exact_paths": 4096,
        "elastic_uri_nulls": false, "exceptions": [],
    });
    let parameters = high_4xx::describe().parameters;
    let found = parameters.iter().map(|p| {
        (
            p.name.to_owned(),
            serde_json::from_str(&p.default_value).unwrap(),
        )
    });
    assert_eq!(
        Value::from(found.collect::<serde_json::Map<_, _>>()),
        wanted
    );
}
