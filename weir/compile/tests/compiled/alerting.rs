//! What alerts take from their events, what keeps events alone, and filters as Kibana writes them.

use crate::support::{alerts, body, compiled, header, key, query_rule, specs};
use weir_compile::State;
use weir_detector::model::Value;

fn event(at: u32, rest: &str) -> String {
    format!("{{\"@timestamp\":\"2026-05-19T09:00:{at:02}Z\",\"_id\":\"{at}\",{rest}}}\n")
}

const MAPPED: &str = r#"rule_name_override = "message"
[[rule.severity_mapping]]
field = "event.severity"
operator = "equals"
severity = "high"
value = "73"
[[rule.severity_mapping]]
field = "event.severity"
operator = "equals"
severity = "low"
value = "21"
[[rule.risk_score_mapping]]
field = "vendor.score"
operator = "equals"
value = ""
"#;

/// The codes of a compilation's only rule, with their lines and columns: of notes, and of reasons.
fn told(text: &str) -> [Vec<(&'static str, usize, usize)>; 2] {
    let compilation = compiled(&[text.to_owned()]);
    let outcome = &compilation.outcomes[0];
    assert_eq!(
        outcome.state == State::Compiled,
        outcome.findings.is_empty()
    );
    let places = |all: &[weir_compile::Finding]| {
        let place = |f: &weir_compile::Finding| (f.code, f.place.line, f.place.column);
        all.iter().map(place).collect::<Vec<_>>()
    };
    [places(&outcome.notes), places(&outcome.findings)]
}

#[test]
fn fields_that_are_mapped_are_columns_and_noted() {
    let text = query_rule("m", "event.action: x") + MAPPED;
    let [notes, _] = told(&text);
    let codes: Vec<&str> = notes.iter().map(|(code, ..)| *code).collect();
    let wanted = [
        "rule-name-override",
        "severity-mapping",
        "risk-score-mapping",
    ];
    assert_eq!(codes, wanted);
    assert_eq!(notes[0], (wanted[0], 16, 22));
    let line = event(
        1,
        r#""event":{"action":"x","severity":73},"message":"Bad thing","vendor.score":88.5"#,
    );
    let found = alerts(specs(&[text]), &line);
    let column = |name: &str| {
        let columns = found[0].columns.iter();
        let value = columns.filter(|c| c.name == name).map(|c| c.value.clone());
        value.collect::<Vec<Value>>()
    };
    for (name, wanted) in [
        ("document.message", "Bad thing"),
        ("document.event.severity", "73"),
        ("vendor.score", "88.5"),
    ] {
        let list = Value::TextList(vec![wanted.to_owned()]);
        assert_eq!(column(name), [list], "{name} {:?}", found[0].columns);
    }
}

#[test]
fn what_is_no_mapping_leaves_the_rule_out() {
    for (text, wanted) in [
        ("rule_name_override = 7", ("rule-name-override", 16, 22)),
        (
            "rule_name_override = \"a b\"",
            ("rule-name-override", 16, 22),
        ),
        (
            "severity_mapping = [{ field = \"a\", operator = \"equals\", value = \"1\" }]",
            ("severity-mapping", 16, 20),
        ),
        (
            "risk_score_mapping = [{ field = \"a\", operator = \"is\", value = \"\" }]",
            ("risk-score-mapping", 16, 22),
        ),
    ] {
        let [_, reasons] = told(&(query_rule("m", "event.action: x") + text + "\n"));
        assert_eq!(reasons, [wanted], "{text}");
    }
}

#[test]
fn the_endpoint_list_is_noted_and_other_lists_are_missing() {
    for (list, notes, reasons) in [
        ("endpoint_list", &["endpoint-exceptions"][..], &[][..]),
        ("mine", &[][..], &["exceptions-list"][..]),
    ] {
        let list = format!("exceptions_list = [{{ id = \"x\", list_id = \"{list}\" }}]\n");
        let found = told(&(query_rule("m", "event.action: x") + &list));
        let codes = found.map(|all| all.iter().map(|(code, ..)| *code).collect::<Vec<_>>());
        assert_eq!(codes, [notes, reasons]);
    }
}

#[test]
fn events_without_a_field_are_alone_where_they_are_not_suppressed() {
    let lines: String = [
        r#""x":"y","user.name":"a","host.name":"h""#,
        r#""x":"y","user.name":"a","host.name":"h""#,
        r#""x":"y","user.name":"a""#,
        r#""x":"y","user.name":"a""#,
        r#""x":"y""#,
        r#""x":"y","user.name":"b","host.name":"h""#,
    ]
    .iter()
    .zip(0..)
    .map(|(rest, at)| event(at, rest))
    .collect();
    for (strategy, wanted) in [("doNotSuppress", 5), ("suppress", 4)] {
        let rule = query_rule("s", "x: y")
            + &format!(
                "[rule.alert_suppression]\ngroup_by = [\"user.name\", \"host.name\"]\n\
                 duration = {{ value = 1, unit = \"h\" }}\nmissing_fields_strategy = \"{strategy}\"\n"
            );
        let found = alerts(specs(&[rule]), &lines);
        let keys: Vec<Vec<String>> = found.iter().map(key).collect();
        assert_eq!(keys.len(), wanted, "{strategy} {keys:?}");
    }
    let wrong = "[rule.alert_suppression]\nmissing_fields_strategy = \"x\"\n";
    let [_, reasons] = told(&(query_rule("s", "x: y") + wrong));
    assert_eq!(reasons, [("wrong-value", 17, 27)]);
}

#[test]
fn filters_match_as_documented() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, bool)] = &[
        (r#"{ query = { match_phrase = { "a" = "b" } } }"#, r#""a":"b""#, true),
        (r#"{ query = { match_phrase = { "a" = { query = "b" } } } }"#, r#""a":"B""#, false),
        (r#"{ meta = { negate = true }, query = { match_phrase = { "a" = "b" } } }"#, r#""a":"b""#, false),
        (r#"{ meta = { disabled = true }, query = { match_phrase = { "a" = "b" } } }"#, r#""a":"c""#, true),
        (r#"{ query = { match_phrase = { "message" = "is bad" } } }"#, r#""message":"This IS bad.""#, true),
        (r#"{ meta = { key = "a" }, exists = { field = "a" } }"#, r#""a":0"#, true),
        (r#"{ meta = { key = "a" }, exists = { field = "a" } }"#, r#""b":0"#, false),
        (r#"{ query = { range = { "a" = { gte = 5, lt = 10 } } } }"#, r#""a":7"#, true),
        // Both ends are of one value.
        (r#"{ query = { range = { "a" = { gte = 5, lt = 10 } } } }"#, r#""a":[1,20]"#, false),
        (r#"{ query = { range = { "@timestamp" = { gte = "2026-01-01T00:00:00Z" } } } }"#, r#""a":1"#, true),
        (r#"{ query = { bool = { minimum_should_match = 1, should = [{ match_phrase = { "a" = "b" } }, { match_phrase = { "a" = "c" } }] } } }"#, r#""a":"c""#, true),
        (r#"{ query = { bool = { must_not = { exists = { field = "a" } }, should = [{ term = { "b" = 1 } }] } } }"#, r#""b":2"#, false),
        (r#"{ query = { term = { "source.ip" = "10.0.0.0/8" } } }"#, r#""source.ip":"10.1.1.1""#, true),
        (r#"{ query = { wildcard = { "file.path" = { value = '?:\\program?files\\*.PSD1', case_insensitive = true } } } }"#, r#""file.path":"C:\\Program Files\\x\\y.psd1""#, true),
        // A single backslash stands before a literal character.
        (r#"{ query = { wildcard = { "file.path" = { value = '?:\P*', case_insensitive = true } } } }"#, r#""file.path":"C:\\P""#, false),
        (r#"{ query = { wildcard = { "a" = "K*" } } }"#, r#""a":"k""#, false),
        (r#"{ query = { prefix = { "a" = "b*" } } }"#, r#""a":"b*c""#, true),
        (r#"{ query = { match_all = {} } }"#, r#""a":"b""#, true),
        (r#"{ meta = { type = "combined", relation = "OR", params = [{ query = { term = { "a" = 1 } } }, { meta = { negate = true }, query = { exists = { field = "b" } } }] } }"#, r#""a":2"#, true),
        (r#"{ meta = { type = "combined", relation = "AND", params = [{ query = { term = { "a" = 1 } } }, { query = { exists = { field = "b" } } }] } }"#, r#""a":1"#, false),
    ];
    for (filter, document, wanted) in rows {
        let rule = query_rule("f", "*") + &format!("filters = [{filter}]\n");
        let found = alerts(specs(&[rule]), &event(1, document));
        assert_eq!(found.len() == 1, *wanted, "{filter} on {document}");
    }
}

#[test]
fn filters_that_are_not_understood_have_their_places() {
    for (filter, wanted) in [
        ("7", ("filters", 12)),
        ("{ query = { fuzzy = { a = \"b\" } } }", ("filters", 24)),
        ("{ query = { } }", ("filters", 22)),
        (
            "{ query = { term = { a = \"b\", c = \"d\" } } }",
            ("filters", 31),
        ),
        (
            "{ query = { term = { message = \"b\" } } }",
            ("filters", 33),
        ),
        (
            "{ query = { match_phrase = { a = { query = \"b\", slop = 1 } } } }",
            ("filters", 60),
        ),
        (
            "{ query = { range = { a = { gte = 1, format = \"x\" } } } }",
            ("filters", 49),
        ),
        (
            "{ query = { range = { \"@timestamp\" = { gte = \"now-1d\" } } } }",
            ("date-math", 57),
        ),
        (
            "{ query = { bool = { should = [], minimum_should_match = 2 } } }",
            ("filters", 31),
        ),
        (
            "{ meta = { negate = \"x\" }, query = { } }",
            ("filters", 32),
        ),
        (
            "{ query = { wildcard = { \"source.ip\" = \"1*\" } } }",
            ("wildcard-on-type", 51),
        ),
    ] {
        let rule = query_rule("f", "*") + &format!("filters = [{filter}]\n");
        let [_, reasons] = told(&rule);
        let (code, column) = wanted;
        assert_eq!(reasons, [(code, 16, column)], "{filter}");
    }
    let threshold =
        header("t", "threshold") + &body("x: y") + "filters = \"x\"\n[rule.threshold]\nvalue = 1\n";
    let [_, reasons] = told(&threshold);
    assert_eq!(reasons, [("filters", 15, 11)]);
}
