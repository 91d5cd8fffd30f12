//! What of ES|QL is left out, with its place.

use crate::esql::rule;
use crate::support::compiled;

/// The line of the query in the files of [`rule`].
const QUERY: usize = 13;

fn found(query: &str, rest: &str) -> Vec<(&'static str, usize, usize)> {
    let compilation = compiled(&[rule("x", query, rest)]);
    let findings = &compilation.outcomes[0].findings;
    let places = findings
        .iter()
        .map(|f| (f.code, f.place.line, f.place.column));
    places.collect()
}

#[test]
fn what_is_not_lowered_has_its_place() {
    for (query, code, column) in [
        ("FROM a | WHERE == x", "esql-syntax", 16),
        ("FROM a | WHERE FOO(x)", "esql-unknown-function", 16),
        ("FROM a | KEEP x | WHERE y == 1", "esql-unknown-column", 25),
        (
            "FROM a | INLINE STATS n = COUNT(*) BY x",
            "esql-unsupported",
            10,
        ),
        ("FROM a | WHERE @timestamp > NOW() - 1 minute", "now", 29),
        ("FROM a | LIMIT 5 | WHERE x == \"1\"", "limit", 10),
        (
            "FROM a | WHERE error.message.text : \"x\"",
            "analyzed-text",
            16,
        ),
        ("FROM a | WHERE message : \"é\"", "analyzed-text", 16),
        (
            "FROM a | WHERE JSON_EXTRACT(x, \"a\") == \"1\"",
            "function",
            16,
        ),
        (
            "FROM a METADATA _source | WHERE JSON_EXTRACT(_source, \"a[0]\") == \"1\"",
            "function",
            33,
        ),
        ("FROM a | LIMIT 500 | WHERE x == \"1\"", "limit", 10),
        (
            "FROM a | STATS n = COUNT(*) BY x | STATS m = SUM(n)",
            "second-stats",
            36,
        ),
        (
            "FROM a | STATS t = MIN(@timestamp) BY x | WHERE t >= NOW() - 9 minutes",
            "now-gate",
            49,
        ),
        (
            "FROM a | STATS n = COUNT(*) | WHERE n < 5",
            "empty-group",
            10,
        ),
        ("FROM a | WHERE REVERSE(x) == x", "function", 16),
        (
            "FROM a | STATS n = COUNT(*) BY DATE_TRUNC(7 days, @timestamp)",
            "window",
            32,
        ),
    ] {
        assert_eq!(found(query, ""), [(code, QUERY, column)], "{query}");
    }
}

#[test]
fn suppression_of_groups_and_other_languages_are_left_out() {
    let suppressed =
        "alert_suppression = { group_by = [\"x\"], duration = { value = 5, unit = \"m\" } }\n";
    let query = "FROM a | STATS n = COUNT(*) BY x, y | WHERE n > 1";
    assert_eq!(found(query, suppressed)[0].0, "alert-suppression");
    // Episodes are what suppression by all keys is.
    assert_eq!(found(&query.replace(", y", ""), suppressed), []);
    assert_eq!(found("FROM a | WHERE x == \"1\"", suppressed), []);
    // An episode ends with the look-back, and has no alert beside it.
    let one = query.replace(", y", "");
    for other in [
        suppressed.replace("value = 5", "value = 500"),
        suppressed.replace("value = 5", "value = \"x\""),
        suppressed.replace("[\"x\"]", "[\"x\", \"n\"]"),
        suppressed.replace("[\"x\"]", "\"x\""),
        suppressed.replace(
            "duration",
            "missing_fields_strategy = \"doNotSuppress\", duration",
        ),
    ] {
        assert_ne!(found(&one, &other), [], "{other}");
    }
    let text = rule("x", query, "").replace("language = \"esql\"", "language = \"kuery\"");
    assert_eq!(
        compiled(&[text]).outcomes[0].findings[0].code,
        "language-unknown"
    );
}

/// The codes of notes on a rule that is compiled, with their lines.
fn told(query: &str, rest: &str) -> Vec<(&'static str, usize)> {
    let compilation = compiled(&[rule("x", query, rest)]);
    let outcome = &compilation.outcomes[0];
    assert_eq!(outcome.findings, [], "{query}");
    let notes = outcome.notes.iter();
    notes.map(|note| (note.code, note.place.line)).collect()
}

#[test]
fn what_differs_from_a_run_is_told() {
    assert_eq!(told("FROM a | LIMIT 100", ""), []);
    let limit = "FROM a\n| STATS n = COUNT(*) BY x\n| WHERE n > 3\n| LIMIT 20\n| KEEP n";
    assert_eq!(told(limit, ""), [("limit", QUERY + 3)]);
    let week = "from = \"now-7d\"\ninterval = \"9m\"\n";
    let gate = "FROM a\n| STATS t = MIN(@timestamp) BY x\n| WHERE t >= NOW() - 9 minutes";
    assert_eq!(told(gate, week), [("now-gate", QUERY + 4)]);
    let source = "FROM a METADATA _source\n| WHERE JSON_EXTRACT(_source, \"x\") == \"1\"";
    assert_eq!(told(source, ""), [("json-extract", QUERY + 1)]);
    let columns: Vec<String> = (0..30).map(|at| format!("c{at} = VALUES(f{at})")).collect();
    let columns = columns.join(", ");
    let many =
        format!("FROM a | STATS n = COUNT(*), {columns} BY x | WHERE n > 3 AND c29 == \"a\"");
    assert_eq!(told(&many, ""), [("columns-left-out", QUERY)]);
    let compilation = compiled(&[rule("x", &many, "")]);
    let kept: Vec<&str> = { compilation.specs[0].columns.iter() }
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(kept.len(), 28);
    assert!(
        kept.contains(&"n") && kept.contains(&"c29") && !kept.contains(&"c28"),
        "{kept:?}"
    );
    let all: Vec<String> = (0..30).map(|at| format!("c{at} IS NOT NULL")).collect();
    let needed = format!(
        "FROM a | STATS {columns} BY x | WHERE {}",
        all.join(" AND ")
    );
    assert_eq!(found(&needed, ""), [("too-many-columns", QUERY, 10)]);
}

#[test]
fn gates_are_understood_where_a_groups_first_event_meets_all_conditions() {
    let week = "from = \"now-7d\"\ninterval = \"10m\"\n";
    let gated = |stats: &str, conditions: &str| {
        format!(
            "FROM a | STATS t = MIN(@timestamp), l = MAX(@timestamp), n = COUNT(*), {stats} BY x | WHERE {conditions}"
        )
    };
    for (stats, conditions) in [
        (
            "d = COUNT_DISTINCT(y)",
            "t >= NOW() - 10 minutes AND d == 1 AND n <= 5",
        ),
        (
            "d = COUNT_DISTINCT(y)",
            "DATE_DIFF(\"minute\", t, NOW()) <= 10 AND t == l AND x LIKE \"a*\"",
        ),
        (
            "i = MIN(COALESCE(event.ingested, @timestamp))",
            "i > NOW() - 10 minutes",
        ),
    ] {
        assert_eq!(found(&gated(stats, conditions), week), [], "{conditions}");
    }
    for (stats, conditions) in [
        // Several events are needed.
        (
            "d = COUNT_DISTINCT(y)",
            "t >= NOW() - 10 minutes AND d >= 2",
        ),
        ("d = COUNT_DISTINCT(y)", "t >= NOW() - 10 minutes AND n > d"),
        ("s = SUM(process.pid)", "t >= NOW() - 10 minutes AND s <= 5"),
        ("v = VALUES(y)", "t >= NOW() - 10 minutes AND v == \"b\""),
        (
            "d = COUNT_DISTINCT(y)",
            "t >= NOW() - 10 minutes AND NOT d == 1",
        ),
        // A run would miss groups, or every group is new.
        ("d = COUNT_DISTINCT(y)", "t >= NOW() - 9 minutes"),
        ("d = COUNT_DISTINCT(y)", "t >= NOW() - 7 days"),
        // Groups are old, go on, or begin at other times.
        ("d = COUNT_DISTINCT(y)", "t <= NOW() - 10 minutes"),
        ("d = COUNT_DISTINCT(y)", "l >= NOW() - 10 minutes"),
        ("c = MIN(event.created)", "c >= NOW() - 10 minutes"),
        (
            "c = MIN(@timestamp) WHERE y == \"1\"",
            "c >= NOW() - 10 minutes",
        ),
    ] {
        let found = found(&gated(stats, conditions), week);
        let codes: Vec<&str> = found.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, ["now-gate"], "{conditions}");
    }
    let query = gated("d = COUNT_DISTINCT(y)", "t >= NOW() - 10 minutes");
    let long = "from = \"now-31d\"\ninterval = \"10m\"\n";
    assert_eq!(found(&query, long)[0].0, "now-gate");
    let day = query.replace("BY x", "BY x, DATE_TRUNC(1 hour, @timestamp)");
    assert_eq!(found(&day, week)[0].0, "now-gate");
}
