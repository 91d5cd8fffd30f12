//! Alerts as documents of the Elastic Common Schema.
//!
//! One JSON object with flat dotted keys, in this order: `@timestamp` (the
//! window's end, so that a replay gives the same bytes), `ecs.version`,
//! `event.*`, `message`, `tags`, `rule.*`, `threat.*`, `weir.*`, and the rule's
//! columns in the rule's order. What has no value is left out, one value is a
//! scalar and several are a list, times are ISO 8601 with three decimals.
//!
//! This file is also compiled into the guest's core module, against the guest's own types of
//! the same names, so that both write the same documents: names of `Rule` are `String` here and
//! `&'static str` there.

use serde_json::{Map, Value as Json, json};

use weir_common::time::iso;
use weir_host::contract::{
    Alert, Attack, Phase, Rule, Severity, Truncation, TruncationKind, Value, id_of, is_own,
};

/// Version of the schema that the documents follow.
const ECS_VERSION: &str = "8.17.0";

/// Renders alerts of one rule.
#[derive(Debug, Clone)]
pub struct EcsRenderer {
    event: Map<String, Json>,
    tags: Option<Json>,
    rule: Map<String, Json>,
}

impl EcsRenderer {
    /// Prepares what is the same in all alerts of a rule.
    #[must_use]
    pub fn new(rule: &Rule) -> Self {
        let mut event = Map::new();
        put(&mut event, "event.kind", Some(json!("alert")));
        put(&mut event, "event.category", texts(&rule.event_category));
        put(&mut event, "event.type", texts(&rule.event_type));
        put(
            &mut event,
            "event.severity",
            Some(json!(severity(rule.severity))),
        );
        put(&mut event, "event.risk_score", Some(json!(rule.risk_score)));
        Self {
            event,
            tags: texts(&rule.tags),
            rule: rule_fields(rule),
        }
    }

    /// The document of an alert.
    #[must_use]
    pub fn document(&self, alert: &Alert) -> Map<String, Json> {
        let mut document = Map::new();
        let out = &mut document;
        put(out, "@timestamp", Some(json!(iso(alert.window.end))));
        put(out, "ecs.version", Some(json!(ECS_VERSION)));
        out.extend(self.event.clone());
        put(out, "event.start", Some(json!(iso(alert.first_seen))));
        put(out, "event.end", Some(json!(iso(alert.last_seen))));
        put(out, "message", text(&alert.reason));
        put(out, "tags", self.tags.clone());
        out.extend(self.rule.clone());
        put(out, "weir.alert.id", text(&id_of(alert)));
        put(out, "weir.alert.revision", Some(json!(alert.revision)));
        put(out, "weir.alert.phase", Some(json!(phase(alert.phase))));
        put(
            out,
            "weir.window.start",
            Some(json!(iso(alert.window.start))),
        );
        put(out, "weir.window.end", Some(json!(iso(alert.window.end))));
        put(out, "weir.complete", Some(json!(alert.complete)));
        put(out, "weir.truncated", truncated(&alert.truncated));
        put(out, "weir.response", response(alert));
        put(out, "weir.pivots", pivots(alert));
        for column in alert.columns.iter().filter(|it| !is_own(&it.name)) {
            put(out, &column.name, value(&column.value));
        }
        document
    }

    /// The document as one line of text, without the line's end.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        Json::Object(self.document(alert)).to_string()
    }
}

/// Adds a field that has a value.
fn put(document: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    if let Some(value) = value {
        document.insert(name.to_owned(), value);
    }
}

fn rule_fields(rule: &Rule) -> Map<String, Json> {
    let mut fields = Map::new();
    put(&mut fields, "rule.id", text(&rule.id));
    put(&mut fields, "rule.name", text(&rule.name));
    // A keyword in the schema, not a number.
    let version = rule.version.to_string();
    put(&mut fields, "rule.version", text(&version));
    put(&mut fields, "rule.description", text(&rule.description));
    put(&mut fields, "rule.reference", texts(&rule.references));
    if rule.threats.is_empty() {
        return fields;
    }
    put(&mut fields, "threat.framework", Some(json!("MITRE ATT&CK")));
    let tactics: Vec<&Attack> = rule.threats.iter().map(|threat| &threat.tactic).collect();
    attack(&mut fields, "threat.tactic", &tactics);
    let techniques: Vec<&Attack> = rule
        .threats
        .iter()
        .flat_map(|threat| &threat.techniques)
        .collect();
    attack(&mut fields, "threat.technique", &techniques);
    let subtechniques: Vec<&Attack> = rule
        .threats
        .iter()
        .flat_map(|threat| &threat.subtechniques)
        .collect();
    attack(&mut fields, "threat.technique.subtechnique", &subtechniques);
    fields
}

fn attack(fields: &mut Map<String, Json>, prefix: &str, nodes: &[&Attack]) {
    let column =
        |part: fn(&Attack) -> &str| several(nodes.iter().map(|node| json!(part(node))).collect());
    put(fields, &format!("{prefix}.id"), column(|node| &node.id));
    put(fields, &format!("{prefix}.name"), column(|node| &node.name));
    put(
        fields,
        &format!("{prefix}.reference"),
        column(|node| &node.reference),
    );
}

fn text(text: &str) -> Option<Json> {
    (!text.is_empty()).then(|| json!(text))
}

fn texts(texts: &[impl AsRef<str>]) -> Option<Json> {
    several(texts.iter().map(|text| json!(text.as_ref())).collect())
}

/// None for no values, a scalar for one, a list for more.
fn several(mut values: Vec<Json>) -> Option<Json> {
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Json::Array(values)),
    }
}

fn value(value: &Value) -> Option<Json> {
    match value {
        Value::Text(text) => Some(json!(text)),
        Value::Integer(number) => Some(json!(number)),
        Value::Number(number) => serde_json::Number::from_f64(*number).map(Json::Number),
        Value::Boolean(truth) => Some(json!(truth)),
        Value::Timestamp(time) => Some(json!(iso(*time))),
        Value::TextList(list) => texts(list),
        Value::IntegerList(list) => several(list.iter().map(|number| json!(number)).collect()),
    }
}

/// A mark on a column.
pub fn mark_text(column: &str, kind: TruncationKind) -> String {
    let kind = match kind {
        TruncationKind::Capped => "capped",
        TruncationKind::Approximate => "approximate",
    };
    format!("{column}: {kind}")
}

fn truncated(marks: &[Truncation]) -> Option<Json> {
    let mut texts: Vec<String> = marks
        .iter()
        .map(|mark| mark_text(&mark.column, mark.kind))
        .collect();
    texts.sort();
    several(texts.into_iter().map(Json::from).collect())
}

/// Always a list: its elements are objects, which an index maps as one field.
fn response(alert: &Alert) -> Option<Json> {
    let actions: Vec<Json> = alert
        .response
        .iter()
        .map(|action| {
            let mut object = Map::new();
            put(&mut object, "name", text(&action.name));
            put(&mut object, "method", text(&action.method));
            put(&mut object, "url", text(&action.url));
            put(&mut object, "body", action.body.as_deref().and_then(text));
            put(&mut object, "note", action.note.as_deref().and_then(text));
            put(&mut object, "destructive", Some(json!(action.destructive)));
            Json::Object(object)
        })
        .collect();
    (!actions.is_empty()).then_some(Json::Array(actions))
}

fn pivots(alert: &Alert) -> Option<Json> {
    let pivots: Vec<Json> = alert
        .pivots
        .iter()
        .map(|pivot| {
            json!({
                "name": pivot.name,
                "language": pivot.language,
                "query": pivot.query,
            })
        })
        .collect();
    (!pivots.is_empty()).then_some(Json::Array(pivots))
}

/// The name of a phase, as in the contract.
#[must_use]
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Early => "early",
        Phase::OnTime => "on-time",
        Phase::Late => "late",
        Phase::Retracted => "retracted",
    }
}

/// Severity as Elastic's own rules number it.
fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}
