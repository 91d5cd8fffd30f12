//! The first rule files and queries, and the definitions that they are compiled to.

use crate::compiled::understood;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};
use weir_compiled::format::encode;
use weir_esql::functions::{AGGREGATES, AggregateEntry, FUNCTIONS, Takes};

/// Queries in KQL, for every form of a test.
const KQL: [&str; 12] = [
    "event.action : a",
    "user.name: \"a b\" and not host.name: (x or \"y\" or z*)",
    "process.pid >= 7 and process.pid < 9 or @timestamp > \"2026-05-19T09:00:00Z\"",
    "source.ip: (10.0.0.0/8 or \"192.168.0.1\") and user.name: *",
    "event.outcome: failure and (a.b: 1 or (c.d: true and not e: *f*))",
    "user.*: (\"a\" and \"b\")",
    "message: (a and \"b c\")",
    "data: { name: x and value > 3 }",
    "a: b\\:c and d: \\u00e9 and e: \"\\\"\"",
    "*",
    "a: (not b)",
    "NOT a: b AND c: d OR e: f",
];

/// Queries in ES|QL, for every command.
const ESQL: [&str; 12] = [
    "FROM logs-* | WHERE event.action == \"a\" AND NOT user.name IS NULL | LIMIT 100",
    "from logs-system.auth-* metadata _id, _version, _index | where event.outcome == \"failure\" | eval w = date_trunc(5 minutes, @timestamp) | stats n = count(*), h = values(host.name) by user.name, source.ip, w | where n >= 5",
    "from logs-* | stats c = count_distinct(user.name), f = min(@timestamp), l = max(@timestamp) by host.name | eval r = round(c / 2.0, 2) | where c > 3 and r > 0.5 | sort c desc | keep host.name, c, r, f, l",
    "from logs-* | grok message \"%{IP:ip} %{WORD:word} %{NUMBER:n:int}\" | stats n = count(*) by word | where n > 1",
    "from logs-* | dissect message \"%{a} %{b->} %{+a} %{?c}\" | where a == \"x\" | keep *",
    "from logs-* | mv_expand user.name | rename user.name as u | stats n = count(*) by u | where n between 1 and 2",
    "from logs-* | where process.pid in (1, 2, 3) and user.name like \"a*\" and host.name rlike \"a+(b|c){1,3}\" | keep @timestamp, user.*",
    "from logs-* | stats n = count(*) where event.action == \"a\", m = sum(process.pid), a = avg(process.pid) by bucket(@timestamp, 1 minute), user.name | where n > 1 and m > 2",
    "from logs-* | inline stats n = count(*) by user.name | where n > 3",
    "from logs-* | stats n = count(*) by user.name | stats m = max(n) by user.name | where m > 2",
    "from logs-* | where cidr_match(source.ip, \"10.0.0.0/8\") and kql(\"user.name: a\") and match(message, \"a b\") | drop message",
    "from logs-* | where @timestamp > now() - 1 hour and message : \"a\" // a comment\n| eval `x y` = \"\"\"a\"b\"\"\", z = -1.5e3, ok = true",
];

/// An argument that fits.
fn argument(takes: Takes) -> &'static str {
    match takes {
        Takes::Number | Takes::Whole | Takes::NumberOrSpan => "process.pid",
        Takes::Boolean => "tls.established",
        Takes::Date | Takes::DateOrNumber => "@timestamp",
        Takes::Ip => "source.ip",
        Takes::Span => "5 minutes",
        Takes::Literal => "\"10\"",
        _ => "user.name",
    }
}

/// Queries that call each function.
fn calls() -> Vec<(String, String)> {
    let function = |entry: &weir_esql::functions::Entry| {
        let takes = entry.takes.iter().map(|takes| argument(*takes));
        let takes: Vec<&str> = takes.take(entry.most).collect();
        let call = format!("{}({})", entry.name, takes.join(", "));
        let query = format!(
            "from logs-* | eval x = {call} | stats n = count(*), v = values(x) by user.name | where n > 1"
        );
        (entry.name.to_owned(), query)
    };
    let aggregate = |entry: &AggregateEntry| {
        let name = entry.name;
        let query =
            format!("from logs-* | stats x = {name}(process.pid) by user.name | where x > 1");
        (name.to_owned(), query)
    };
    let functions = FUNCTIONS.iter().map(function);
    functions.chain(AGGREGATES.iter().map(aggregate)).collect()
}

/// A rule of each type, and what one may have besides.
fn rules() -> Vec<(&'static str, Value)> {
    let rule = |id: &str, kind: &str, more: Value| {
        let mut rule = json!({
            "rule_id": id, "name": "A rule", "description": "What it is.", "severity": "medium",
            "risk_score": 47, "type": kind, "language": "kuery", "index": ["logs-*", "-logs-x*"],
            "query": "event.action: (a or b*)", "from": "now-9m", "interval": "5m", "tags": ["T"],
        });
        if let (Some(rule), Value::Object(more)) = (rule.as_object_mut(), more) {
            rule.extend(more);
        }
        rule
    };
    vec![
        (
            "query",
            rule(
                "q",
                "query",
                json!({
                    "references": ["https://example.com"], "filters": [{"meta": {"negate": true}, "query": {"match_phrase": {"user.name": "x"}}}],
                    "threat": [{"framework": "MITRE ATT&CK", "tactic": {"id": "TA0006", "name": "Credential Access", "reference": "https://attack.mitre.org/tactics/TA0006/"},
                        "technique": [{"id": "T1110", "name": "Brute Force", "reference": "https://attack.mitre.org/techniques/T1110/"}]}],
                    "alert_suppression": {"group_by": ["user.name"], "duration": {"value": 5, "unit": "m"}, "missing_fields_strategy": "suppress"},
                    "severity_mapping": [{"field": "event.severity", "operator": "equals", "value": "3", "severity": "low"}],
                    "exceptions_list": [{"id": "1", "list_id": "l", "type": "rule_default"}],
                }),
            ),
        ),
        (
            "threshold",
            rule(
                "t",
                "threshold",
                json!({
                    "threshold": {"field": ["user.name"], "value": 2, "cardinality": [{"field": "host.name", "value": 2}]},
                }),
            ),
        ),
        (
            "new-terms",
            rule(
                "n",
                "new_terms",
                json!({
                    "new_terms_fields": ["user.name", "host.name"], "history_window_start": "now-7d",
                }),
            ),
        ),
        (
            "esql",
            rule("e", "esql", json!({"language": "esql", "query": ESQL[1]})),
        ),
        (
            "other",
            rule(
                "o",
                "eql",
                json!({"language": "eql", "query": "process where true"}),
            ),
        ),
    ]
}

/// A rule as a TOML file.
fn toml(rule: &Value) -> String {
    let mut text = "[metadata]\nmaturity = \"production\"\n\n[rule]\n".to_owned();
    for (name, value) in rule.as_object().into_iter().flatten() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = {}", inline(value));
    }
    text
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name:?} = {}", inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(values) => {
            format!(
                "[{}]",
                values.iter().map(inline).collect::<Vec<_>>().join(", ")
            )
        }
        other => other.to_string(),
    }
}

/// Writes the inputs.
///
/// # Errors
/// When an example cannot be read or an input not be written.
pub(super) fn write(
    root: &Path,
    put: &dyn Fn(&str, &str, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    for (number, query) in KQL.iter().enumerate() {
        put("kql", &number.to_string(), query.as_bytes())?;
    }
    for (number, query) in ESQL.iter().enumerate() {
        put("esql", &number.to_string(), query.as_bytes())?;
    }
    for (name, query) in calls() {
        put("esql", &name, query.as_bytes())?;
    }
    let mut files = Vec::new();
    let lists = "{\"list_id\":\"l\",\"name\":\"x\",\"type\":\"rule_default\"}\n\
        {\"list_id\":\"l\",\"item_id\":\"i\",\"type\":\"simple\",\"os_types\":[],\"entries\":[{\"field\":\"user.name\",\"operator\":\"included\",\"type\":\"match_any\",\"value\":[\"a\",\"b\"]}]}\n";
    for (name, rule) in rules() {
        files.push((format!("{name}.toml"), toml(&rule)));
        files.push((format!("{name}.ndjson"), format!("{rule}\n{lists}")));
    }
    for folder in ["weir/new/templates/esql", "examples/azure-rules/rules"] {
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                files.push((name.into_owned(), fs::read_to_string(&path)?));
            }
        }
    }
    for (name, text) in &files {
        put("rules", name, text.as_bytes())?;
        put("compiled", name, &encode(&understood(text)))?;
    }
    for (number, query) in ESQL.iter().enumerate() {
        let rule = json!({
            "rule_id": "r", "name": "R", "description": "x", "severity": "low", "risk_score": 21,
            "type": "esql", "language": "esql", "query": query,
        });
        let specs = understood(&rule.to_string());
        put("compiled", &format!("esql-{number}"), &encode(&specs))?;
    }
    put("compiled", "all", &encode(&understood(&all(&files))))
}

/// The exported rules of files as one file.
fn all(files: &[(String, String)]) -> String {
    let exports = files.iter().filter(|(name, _)| name.ends_with(".ndjson"));
    exports
        .filter_map(|(_, text)| text.split_inclusive('\n').next())
        .collect()
}
