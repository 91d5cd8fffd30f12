//! Shapes of plans: windows, thresholds, gates.

use super::{plan, render};
use crate::plan::{Output, StageKind};
use crate::shape::{Shape, Windows, shape};

fn of(query: &str) -> Shape {
    shape(&plan(query))
}

fn thresholds(query: &str) -> Vec<String> {
    of(query)
        .thresholds
        .iter()
        .map(|t| format!("{} {} {}", t.name, t.comparison.sign(), render(&t.value)))
        .collect()
}

#[test]
fn windows() {
    assert_eq!(of("FROM x | WHERE k == \"a\"").windows, Windows::Each);
    assert_eq!(
        of("FROM x | STATS n = COUNT(*) BY k").windows,
        Windows::Sliding
    );
    assert_eq!(of("FROM x | STATS n = COUNT(*)").windows, Windows::Sliding);
    let length = |query: &str| match of(query).windows {
        Windows::Tumbling { key, length } => format!("{key} {}", render(&length)),
        other => format!("{other:?}"),
    };
    let tumbling = [
        (
            "FROM x | STATS n = COUNT(*) BY k, w = DATE_TRUNC(2 minutes, @timestamp)",
            "1 PT120000",
        ),
        (
            "FROM x | EVAL w = date_trunc(1 hour, @timestamp) | STATS n = COUNT(*) BY w, k",
            "0 PT3600000",
        ),
        (
            "FROM x | EVAL a = date_trunc(1 hour, @timestamp), w = a | STATS n = COUNT(*) BY k, v = w",
            "1 PT3600000",
        ),
        (
            "FROM x | EVAL t0 = @timestamp | STATS n = COUNT(*) BY bucket(t0, 1 day)",
            "0 P0M1D",
        ),
        (
            "FROM x | STATS n = COUNT(*) BY TBUCKET(5 minutes)",
            "0 PT300000",
        ),
        (
            "FROM x | RENAME @timestamp AS z | STATS n = COUNT(*) BY date_trunc(1 month, z)",
            "0 P1M0D",
        ),
        (
            "FROM x | EVAL w = date_trunc(1 hour, @timestamp) | KEEP w, k | STATS n = COUNT(*) BY w",
            "0 PT3600000",
        ),
    ];
    for (query, expected) in tumbling {
        assert_eq!(length(query), expected, "{query}");
    }
    let sliding = [
        "FROM x | STATS n = COUNT(*) BY date_trunc(1 hour, at)",
        "FROM x | EVAL w = date_trunc(1 hour, @timestamp) | STATS n = COUNT(*), m = MAX(w) BY k",
        "FROM x | STATS n = COUNT(*) BY to_string(date_trunc(1 hour, @timestamp))",
        "FROM x | EVAL @timestamp = now() | STATS n = COUNT(*) BY date_trunc(1 hour, @timestamp)",
    ];
    for query in sliding {
        assert_eq!(of(query).windows, Windows::Sliding, "{query}");
    }
}

#[test]
fn thresholds_are_named_after_their_columns() {
    let query = "FROM x | WHERE i > 5
        | STATS Esql.total_calls = COUNT(*), Esql.errors = SUM(i), users = COUNT_DISTINCT(k) BY k
        | EVAL Esql.error_rate = ROUND(Esql.errors * 1.0 / Esql.total_calls, 2)
        | WHERE Esql.total_calls > 20 AND Esql.errors >= 10 AND (0.4 <= Esql.error_rate AND users < 5)
            AND (users == 1 OR users > 3) AND k == \"a\"
        | WHERE users <= 4 AND Esql.errors != 11";
    assert_eq!(
        thresholds(query),
        [
            "min_total_calls > 20",
            "min_errors >= 10",
            "min_error_rate >= 0.4",
            "max_users < 5",
            "max_users_2 <= 4",
            "errors != 11",
        ]
    );
    assert!(thresholds("FROM x | WHERE i > 5 | EVAL a = i | WHERE a > 6").is_empty());
}

#[test]
fn first_seen_gates() {
    let table = [
        (
            "EVAL age = DATE_DIFF(\"minute\", seen, now()) | WHERE age <= 10",
            Some(660_000),
        ),
        (
            "WHERE DATE_DIFF(\"minutes\", seen, now()) < 10",
            Some(600_000),
        ),
        ("WHERE seen >= now() - 10 minutes", Some(600_000)),
        ("WHERE now() - 1 day < seen", Some(86_400_000)),
        (
            "EVAL other = seen | WHERE DATE_DIFF(\"hours\", other, now()) <= 1",
            Some(7_200_000),
        ),
        ("WHERE DATE_DIFF(\"minute\", seen, now()) > 10", None),
        ("WHERE seen < now() - 10 minutes", None),
    ];
    for (rest, within) in table {
        let query =
            format!("FROM x | STATS seen = MIN(@timestamp), n = COUNT(*) BY k | {rest} AND n > 2");
        let shape = of(&query);
        assert_eq!(shape.gates.len(), 1, "{query}");
        assert_eq!(shape.gates[0].within, within, "{query}");
        assert!(!shape.gates[0].last);
        assert!(shape.now.is_empty(), "{query}");
        assert_eq!(shape.thresholds.len(), 1, "{query}");
    }
    let query = "FROM x | STATS seen = MAX(@timestamp) BY k | WHERE seen > now() - 5 minutes";
    assert!(of(query).gates[0].last);
    let query = "FROM x | WHERE @timestamp > now() - 8 hours | STATS n = COUNT(*) BY k";
    let shape = of(query);
    assert!(shape.gates.is_empty());
    assert_eq!(shape.now.len(), 1);
    assert_eq!(shape.now[0].text(query), "now()");
}

#[test]
fn sorts_limits_and_aggregations() {
    let shape = of("FROM x | SORT i | STATS n = COUNT(*) BY k | SORT n DESC | LIMIT 10 | SORT k");
    assert_eq!(shape.limits, [3]);
    assert_eq!(shape.idle_sorts, [4]);
    assert!(shape.ordered);
    assert_eq!(shape.aggregations, [1]);
    let shape = of("FROM x | STATS n = COUNT(*) BY k | SORT n | STATS m = MAX(n)");
    assert_eq!(shape.aggregations, [0, 2]);
    assert_eq!(shape.idle_sorts, [1]);
    assert!(!shape.ordered);
}

#[test]
fn outputs() {
    let plan = plan(
        "FROM x METADATA _id | KEEP _id, @timestamp, user.*, host.name | DROP user.name | EVAL z = 1",
    );
    let shown: Vec<String> = plan
        .output
        .iter()
        .map(|output| match output {
            Output::Column(name, _) => name.clone(),
            Output::Fields { matching, except } => {
                let texts = |patterns: &[crate::syntax::NamePattern]| {
                    patterns
                        .iter()
                        .map(crate::syntax::NamePattern::text)
                        .collect::<Vec<_>>()
                        .join(",")
                };
                format!("<{} but {}>", texts(matching), texts(except))
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            "_id",
            "@timestamp",
            "<user.* but _id,user.name,z>",
            "host.name",
            "z"
        ]
    );
}

#[test]
fn the_shipped_kind_of_query() {
    let query = "FROM logs-x-* METADATA _id
        | WHERE data_stream.dataset == \"x\"
        | EVAL Esql.time_window = DATE_TRUNC(2 minutes, @timestamp),
               Esql.is_error = CASE(http.status >= 400 AND http.status < 500, 1, 0)
        | STATS Esql.total = COUNT(*), Esql.errors = SUM(Esql.is_error), Esql.paths = COUNT_DISTINCT(url.path),
                Esql.ips = VALUES(source.ip), Esql.first_seen = MIN(@timestamp) BY user.id, Esql.time_window
        | EVAL Esql.rate = ROUND(Esql.errors * 1.0 / Esql.total, 2)
        | WHERE Esql.total > 2 AND Esql.rate >= 0.4
        | KEEP user.id, Esql.*";
    let documents = r#"{"@timestamp": "2024-01-01T00:00:01Z", "data_stream": {"dataset": "x"}, "user": {"id": "u"}, "http": {"status": 404}, "url.path": "/a", "source.ip": "10.0.0.1"}
{"@timestamp": "2024-01-01T00:01:59Z", "data_stream": {"dataset": "x"}, "user": {"id": "u"}, "http": {"status": [404, 403]}, "url.path": "/b"}
{"@timestamp": "2024-01-01T00:00:30Z", "data_stream": {"dataset": "x"}, "user": {"id": "u"}, "http": {"status": 403}, "url.path": "/b"}
{"@timestamp": "2024-01-01T00:00:30Z", "data_stream": {"dataset": "y"}, "user": {"id": "u"}}
{"@timestamp": "2024-01-01T00:02:00Z", "data_stream": {"dataset": "x"}, "user": {"id": "u"}, "http": {"status": 403}}"#;
    assert_eq!(
        super::rows(query, documents),
        ["'u', 3, 2, 2, 10.0.0.1, 2024-01-01T00:00:01.000Z, 2024-01-01T00:00:00.000Z, 0.67"]
    );
    let shape = of(query);
    assert!(matches!(shape.windows, Windows::Tumbling { key: 1, .. }));
    let names: Vec<&str> = shape.thresholds.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["min_total", "min_rate"]);
    let plan = plan(query);
    let filters = plan
        .stages
        .iter()
        .filter(|s| matches!(s.kind, StageKind::Filter(_)))
        .count();
    assert_eq!((plan.stages.len(), filters), (6, 2));
}
