//! What the tables of functions say of null and of several values, and rows of aggregates.

use super::functions::DOCUMENT;
use super::{rows, schema};
use crate::functions::{AGGREGATES, Entry, FUNCTIONS, Multi, Takes};

/// Three events; the fields of the second are null, the third has several values.
const EVENTS: &str = r#"{"k": "b", "i": 3, "d": 0.5, "at": "2024-01-02", "z": 0.0}
{"k": null}
{"k": ["a", "b"], "i": [4, 3], "d": [-0.25, 1e3], "at": "2024-01-01", "z": [-0.0, 2.0]}"#;

const ROWS: &[(&str, &str)] = &[
    ("count()", "3"),
    ("count(*)", "3"),
    ("count(k)", "3"),
    ("count(i9)", "0"),
    ("count_distinct(k)", "2"),
    ("count_distinct(i, 3000)", "2"),
    ("count_distinct(dn)", "0"),
    ("count_distinct(z::double)", "2"),
    ("values(k)", "['a', 'b']"),
    ("values(z::double)", "[0.0, 2.0]"),
    ("values(kn)", "null"),
    ("min(k)", "'a'"),
    ("min(d)", "-0.25"),
    ("min(atn)", "null"),
    ("max(i)", "4"),
    ("max(at)", "2024-01-02T00:00:00.000Z"),
    ("max(kn)", "null"),
    ("sum(i)", "10"),
    ("sum(d)", "1000.25"),
    ("sum(i9)", "null"),
    ("sum(null)", "null"),
    ("avg(i)", "3.3333333333333335"),
    ("avg(dn)", "null"),
    ("first(k, at)", "'a'"),
    ("first(kn, at)", "null"),
    ("last(k, at)", "'b'"),
    ("last(k, atn)", "null"),
    ("top(i, 2)", "[3, 3]"),
    ("top(i, 2, \"desc\")", "[4, 3]"),
    ("top(kn, 1)", "null"),
];

#[test]
fn aggregates() {
    for (expression, expected) in ROWS {
        let query = format!("FROM x | STATS r = {expression}");
        assert_eq!(rows(&query, EVENTS), [*expected], "{expression}");
    }
    for entry in AGGREGATES {
        let call = format!("{}(", entry.name);
        let there = ROWS
            .iter()
            .any(|(expression, _)| expression.starts_with(&call));
        assert!(there, "{} has no row", entry.name);
        assert!(entry.summary.ends_with('.'), "{}", entry.name);
    }
}

/// Fields of types that fit, with one value, with several, and with none; none where a literal has to
/// stand.
fn fields(takes: Takes) -> &'static [[&'static str; 3]] {
    const WHOLE: [&str; 3] = ["i", "i2", "i9"];
    const TEXT: [&str; 3] = ["k", "k2", "kn"];
    match takes {
        Takes::Text | Takes::Document => &[TEXT],
        Takes::Any | Takes::Same => &[WHOLE, TEXT],
        Takes::Whole | Takes::DateOrNumber => &[WHOLE],
        Takes::Number => &[["d", "d2", "dn"]],
        Takes::Boolean => &[["b", "b2", "bn"]],
        Takes::Date => &[["@timestamp", "at2", "atn"]],
        Takes::Ip => &[["ip", "ip2", "ipn"]],
        Takes::NumberOrSpan | Takes::Span | Takes::Literal => &[],
    }
}

/// What stands for an argument that is not looked at.
fn usual(entry: &Entry, at: usize) -> &'static str {
    match (entry.name, entry.takes[at.min(entry.takes.len() - 1)]) {
        ("date_diff", Takes::Text) => "\"day\"",
        ("cidr_match", Takes::Text) => "\"::/0\"",
        ("replace", Takes::Text) if at > 0 => "\"a\"",
        ("split", Takes::Text) if at > 0 => "\".\"",
        ("mv_sort", Takes::Text) => "\"asc\"",
        (_, Takes::NumberOrSpan) => "5",
        (_, Takes::Span) => "1 hour",
        (_, Takes::Literal) => "\"1 day\"",
        (_, takes) => fields(takes).first().map_or("", |[one, ..]| one),
    }
}

/// What the table says of null, and of several values in any place, is so.
#[test]
fn functions_treat_null_and_several_values_as_their_table_says() {
    let mut tried = 0;
    for entry in FUNCTIONS.iter().filter(|entry| entry.multi != Multi::Own) {
        for at in 0..entry.takes.len() {
            let count = entry.least.max(at + 1);
            let call = |argument: &'static str| {
                let one = |place| match place == at {
                    true => argument,
                    false => usual(entry, place),
                };
                let arguments: Vec<&str> = (0..count).map(one).collect();
                let arguments = arguments.join(", ");
                format!("FROM x | EVAL r = {}({arguments}) | KEEP r", entry.name)
            };
            let known = fields(entry.takes[at]);
            let fits =
                |fields: &&[&'static str; 3]| crate::analyse(&call(fields[2]), &schema).is_ok();
            let Some(&[_, several, missing]) = known.iter().find(fits) else {
                // Some arguments have to be literals.
                let literal = at > 0 || known.is_empty() || entry.name == "date_diff";
                assert!(literal, "{}", entry.name);
                continue;
            };
            assert_eq!(
                rows(&call(missing), DOCUMENT),
                ["null"],
                "{}",
                call(missing)
            );
            if entry.multi == Multi::One || entry.multi == Multi::Each && at > 0 {
                assert_eq!(
                    rows(&call(several), DOCUMENT),
                    ["null"],
                    "{}",
                    call(several)
                );
            }
            tried += 1;
        }
    }
    assert!(tried >= 60, "{tried}");
}

#[test]
fn every_function_has_a_sentence() {
    for entry in FUNCTIONS {
        assert!(entry.summary.ends_with('.'), "{}", entry.name);
        assert!(entry.least <= entry.most, "{}", entry.name);
    }
}
