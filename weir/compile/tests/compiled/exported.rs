//! Exports of rules with their exceptions.

use crate::support::{alerts, key};
use serde_json::{Value, json};
use weir_compile::{Choice, Compilation, compile, sources};

fn exported(lines: &[Value]) -> Compilation {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = sources::file("export.ndjson", text, false);
    compile(&[file], &Choice::default())
}

fn rule(lists: &Value) -> Value {
    json!({
        "rule_id": "r", "name": "R", "description": "x", "severity": "low", "risk_score": 21,
        "type": "query", "language": "kuery", "query": "event.action: *", "exceptions_list": lists,
    })
}

fn list(id: &str) -> Value {
    json!({"list_id": id, "type": "rule_default", "name": "x"})
}

fn item(id: &str, entries: &Value) -> Value {
    json!({"list_id": id, "item_id": "i", "type": "simple", "entries": entries, "os_types": []})
}

#[test]
fn exceptions_of_an_export_leave_events_out() {
    let entry = |field: &str, kind: &str, value: Value| json!({"field": field, "operator": "included", "type": kind, "value": value});
    let absent = json!({"field": "host.name", "operator": "excluded", "type": "exists"});
    let compilation = exported(&[
        rule(&json!([{"list_id": "l", "id": "1", "type": "rule_default"}])),
        list("l"),
        item(
            "l",
            &json!([entry("user.name", "match", json!("a")), absent]),
        ),
        item(
            "l",
            &json!([entry("user.name", "match_any", json!(["b", "c"]))]),
        ),
        item(
            "l",
            &json!([entry("user.name", "wildcard", json!("svc?*"))]),
        ),
        item("other", &json!([entry("user.name", "match", json!("d"))])),
        json!({"exported_count": 1}),
    ]);
    let event = |at: u32, rest: &str| {
        format!(
            "{{\"@timestamp\":\"2026-05-19T09:00:{at:02}Z\",\"_id\":\"{at}\",\"event.action\":\"x\",{rest}}}\n"
        )
    };
    let lines = [
        event(1, r#""user.name":"a""#),
        event(2, r#""user.name":"a","host.name":"h""#),
        event(3, r#""user.name":["x","c"]"#),
        event(4, r#""user.name":"svc-7""#),
        event(5, r#""user.name":"d""#),
    ];
    let found = alerts(compilation.specs, &lines.concat());
    assert_eq!(found.iter().map(key).collect::<Vec<_>>(), [["2"], ["5"]]);
}

#[test]
fn exceptions_that_are_missing_or_not_understood_leave_the_rule_out() {
    let named = json!([{"list_id": "l", "id": "1", "type": "rule_default"}]);
    let nested = json!([{"field": "a", "type": "nested", "entries": []}]);
    let phrase = json!([{"field": "process.name.text", "operator": "included", "type": "match", "value": "x"}]);
    for (others, code) in [
        (vec![], "exceptions-list"),
        (vec![list("l"), item("l", &nested)], "exception-item"),
        (vec![list("l"), item("l", &json!([]))], "exception-item"),
        (vec![list("l"), item("l", &phrase)], "analyzed-text"),
    ] {
        let lines = [vec![rule(&named)], others].concat();
        let compilation = exported(&lines);
        let codes: Vec<&str> = compilation.outcomes[0]
            .findings
            .iter()
            .map(|f| f.code)
            .collect();
        assert_eq!(codes, [code]);
    }
    assert_eq!(exported(&[rule(&named), list("l")]).specs.len(), 1);
}
