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
        ("FROM a | LIMIT 5", "limit", 10),
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
