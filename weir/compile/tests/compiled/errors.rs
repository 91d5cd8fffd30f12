//! What is left out, with its place.

use crate::support::{body, compiled, header, query_rule};
use weir_compile::State;

/// The codes of a file's findings with their lines and columns.
fn found(text: &str) -> Vec<(&'static str, usize, usize)> {
    let compilation = compiled(&[text.to_owned()]);
    let outcome = &compilation.outcomes[0];
    assert_eq!(
        outcome.state == State::Compiled,
        outcome.findings.is_empty()
    );
    let places = outcome
        .findings
        .iter()
        .map(|f| (f.code, f.place.line, f.place.column));
    places.collect()
}

/// The first line of a query in the files of [`query_rule`].
const QUERY: usize = 14;

#[test]
fn errors_of_a_query_have_their_places() {
    for (query, wanted) in [
        ("user.name: ", ("kql-syntax", 0, 11)),
        ("user.name: \"x", ("kql-syntax", 0, 12)),
        ("user.name: x)", ("kql-syntax", 0, 13)),
        (
            "event.category: process\n  process.name: y",
            ("kql-syntax", 1, 15),
        ),
        ("(user.name: x", ("kql-syntax", 0, 14)),
        ("x", ("kql-no-field", 0, 1)),
        (
            "user.name: x and\n  not source.ip: 10.*",
            ("wildcard-on-type", 1, 18),
        ),
        ("source.port: abc", ("value-type", 0, 14)),
        ("process.name.text: hello", ("analyzed-text", 0, 1)),
        ("x.text: (a or b or c)", ("analyzed-text", 0, 1)),
        ("message: (a or \"été\")", ("analyzed-text", 0, 16)),
        ("message > a", ("analyzed-text", 0, 1)),
        ("message: foo* bar", ("blank-in-wildcard", 0, 10)),
        ("x: (10.0.0.0/8 or y)", ("value-type", 0, 19)),
        ("a: {b: c}", ("nested-field", 0, 1)),
        ("a: foo *bar", ("blank-in-wildcard", 0, 4)),
        ("a: null", ("null-value", 0, 4)),
        ("@timestamp >= now-1d", ("date-math", 0, 15)),
        ("_index: x", ("metadata-field", 0, 1)),
        (r"a: b\c", ("kql-syntax", 0, 5)),
    ] {
        let (code, line, column) = wanted;
        assert_eq!(
            found(&query_rule("x", query)),
            [(code, QUERY + line, column)],
            "{query}"
        );
    }
}

#[test]
fn patterns_that_no_component_takes_are_told() {
    let long = "a".repeat(5000);
    let of_field = query_rule("x", &format!("{long}.*: b"));
    assert_eq!(found(&of_field), [("pattern-too-long", QUERY - 1, 9)]);
    let index = format!("index = [\"logs-*\", \"{long}-*\"]\nquery = ");
    let of_index = query_rule("x", "a: b").replace("query = ", &index);
    assert_eq!(found(&of_index), [("pattern-too-long", QUERY - 1, 9)]);
}

#[test]
fn all_errors_of_a_rule_are_told_at_once() {
    let text =
        query_rule("x", "a: null or source.port: y") + "treshold = 1\nfilters = [{ a = 1 }]\n";
    let codes: Vec<&str> = found(&text).iter().map(|(code, ..)| *code).collect();
    assert_eq!(
        codes,
        ["null-value", "value-type", "unknown-key", "filters"]
    );
    let compilation = compiled(&[text]);
    assert!(
        compilation.outcomes[0].findings[2]
            .message
            .contains("`threshold`")
    );
}

#[test]
fn keys_of_inner_tables_that_are_not_known_are_told() {
    let suppressed = query_rule("x", "a: b")
        + "[rule.alert_suppression]\ngroupby = [\"a\"]\nmissing_fields_stratgy = \"suppress\"\n\
           duration = { value = 5, unit = \"m\", every = 1 }\n";
    let threshold = header("x", "threshold")
        + &body("a: b")
        + "from = \"now-5m\"\n[rule.threshold]\nfields = [\"a\"]\nvalue = 2\n\
           cardinality = [{ field = \"b\", value = 2, values = 3 }]\n";
    for (text, wanted) in [
        (
            suppressed,
            vec![
                (17, 1, Some("group_by")),
                (18, 1, Some("missing_fields_strategy")),
                (19, 37, None),
            ],
        ),
        (
            threshold,
            vec![(17, 1, Some("field")), (19, 42, Some("value"))],
        ),
    ] {
        let compilation = compiled(&[text]);
        let outcome = &compilation.outcomes[0];
        assert_eq!(outcome.state, State::LeftOut);
        let notes = { outcome.findings.iter() }.filter(|finding| finding.code == "unknown-key");
        let places: Vec<_> = notes
            .clone()
            .map(|f| (f.code, f.place.line, f.place.column))
            .collect();
        let expected: Vec<_> = { wanted.iter() }
            .map(|(line, column, _)| ("unknown-key", *line, *column))
            .collect();
        assert_eq!(places, expected);
        for (note, (_, _, near)) in notes.zip(wanted) {
            assert!(
                near.is_none_or(|near| note.message.contains(&format!("`{near}`"))),
                "{note:?}"
            );
        }
    }
}

#[test]
fn other_types_are_left_out_by_name() {
    for (kind, code) in [
        ("eql", "type-eql"),
        ("machine_learning", "type-machine-learning"),
        ("x", "type-unknown"),
    ] {
        let text = header("x", kind) + &body("from logs-* | where x");
        assert_eq!(found(&text), [(code, 11, 8)]);
    }
    assert_eq!(found("[rule"), [("not-toml", 1, 6)]);
    assert_eq!(found("a = 1"), [("no-rule", 1, 1)]);
}

#[test]
fn an_excerpt_shows_the_place() {
    let compilation = compiled(&[query_rule("x", "user.name: x and user.text: y")]);
    let wanted = "14 | user.name: x and user.text: y\n   |                  ^^^^^^^^^\n";
    assert_eq!(compilation.outcomes[0].findings[0].excerpt, wanted);
}

#[test]
fn no_bytes_make_the_compiler_panic() {
    let pieces = [
        "a",
        "event.action",
        ":",
        "(",
        ")",
        "{",
        "}",
        "\"",
        "\\",
        "*",
        " and ",
        " or ",
        "not ",
        "<=",
        ">",
        " ",
        "\n",
        "é",
        "null",
        "10.0.0.0/8",
        "\\u00e9",
        "source.ip",
        "process.pid",
        "\t",
    ];
    let mut state = 11_u64;
    let mut next = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % most
    };
    for _ in 0..20_000 {
        let query: String = (0..next(12)).map(|_| pieces[next(pieces.len())]).collect();
        if let Ok(expression) = weir_compile::kql::parse(&query) {
            let _ = weir_compile::filter::lower(&expression);
        }
        if query.contains("'''") {
            continue;
        }
        let _ = compiled(&[query_rule("x", &query)]);
    }
    let whole = query_rule("x", "user.name: x") + "[rule.threshold]\nvalue = 1\n";
    for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        let _ = compiled(&[whole[..at].to_owned()]);
    }
    let spec = crate::support::specs(&[query_rule("x", "user.name: x")]);
    let bytes = weir_compiled::format::encode(&spec);
    for at in 0..bytes.len() {
        for change in [0, 1, 0x7f, 0xff] {
            let mut broken = bytes.clone();
            broken[at] ^= change;
            let _ = weir_compiled::format::decode(&broken);
        }
        assert!(at == 0 || weir_compiled::format::decode(&bytes[..at]).is_err());
    }
}
