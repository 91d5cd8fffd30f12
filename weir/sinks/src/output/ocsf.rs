//! Alerts as Detection Findings (class 2004) of the Open Cybersecurity Schema Framework.
//!
//! An alert is one finding, and its revisions are what happens to it: the first creates it, later
//! ones update it, and a retraction closes it as deleted. What the schema has no place for is
//! under `unmapped`, under the names that it has in the document of
//! [`EcsRenderer`]: all that this says is also said there.

mod attacks;
mod evidence;

use serde_json::{Map, Value as Json, json};

use super::EcsRenderer;
use weir_common::time::iso;
use weir_host::contract::{Action, Alert, Phase, Rule, Severity, TruncationKind};

/// Version of the schema that the findings follow.
const OCSF_VERSION: &str = "1.8.0";
/// Findings, and Detection Finding.
const CATEGORY: (u32, &str) = (2, "Findings");
const CLASS: (u32, &str) = (2004, "Detection Finding");

/// Fields of an alert's document that a finding has as attributes of its own.
const MAPPED: &[&str] = &[
    "@timestamp",
    "event.kind",
    "event.severity",
    "event.risk_score",
    "event.start",
    "event.end",
    "message",
    "tags",
    "rule.id",
    "rule.name",
    "rule.version",
    "rule.description",
    "threat.framework",
    "threat.tactic.id",
    "threat.tactic.name",
    "threat.tactic.reference",
    "threat.technique.id",
    "threat.technique.name",
    "threat.technique.reference",
    "threat.technique.subtechnique.id",
    "threat.technique.subtechnique.name",
    "threat.technique.subtechnique.reference",
    "weir.alert.id",
];

/// Renders alerts of one rule.
#[derive(Debug, Clone)]
pub struct OcsfRenderer {
    ecs: EcsRenderer,
    rule_id: String,
    title: String,
    severity: (u8, &'static str),
    risk_score: u8,
    labels: Vec<String>,
    references: Vec<String>,
    data_sources: Vec<String>,
    analytic: Json,
    attacks: Vec<Json>,
}

impl OcsfRenderer {
    /// Prepares what is the same in all alerts of a rule.
    #[must_use]
    pub fn new(rule: &Rule) -> Self {
        Self {
            ecs: EcsRenderer::new(rule),
            rule_id: rule.id.clone(),
            title: rule.name.clone(),
            severity: severity(rule.severity),
            risk_score: rule.risk_score,
            labels: rule.tags.clone(),
            references: rule.references.clone(),
            data_sources: rule.data_sets.clone(),
            analytic: json!({
                "type_id": 1,
                "type": "Rule",
                "uid": rule.id,
                "name": rule.name,
                "version": rule.version.to_string(),
                "desc": rule.description,
            }),
            attacks: attacks::of(&rule.threats),
        }
    }

    /// The finding of an alert.
    #[must_use]
    pub fn finding(&self, alert: &Alert) -> Map<String, Json> {
        let mut rest = self.ecs.document(alert);
        for name in MAPPED {
            rest.shift_remove(*name);
        }
        let (activity_id, activity) = activity(alert);
        let (status_id, status) = status(alert.phase);
        let mut finding = Map::new();
        let out = &mut finding;
        put(out, "activity_id", activity_id);
        put(out, "activity_name", activity);
        put(out, "category_uid", CATEGORY.0);
        put(out, "category_name", CATEGORY.1);
        put(out, "class_uid", CLASS.0);
        put(out, "class_name", CLASS.1);
        put(out, "type_uid", CLASS.0 * 100 + activity_id);
        put(out, "type_name", format!("{}: {activity}", CLASS.1));
        put(out, "severity_id", self.severity.0);
        put(out, "severity", self.severity.1);
        put(out, "status_id", status_id);
        put(out, "status", status);
        put(out, "is_alert", alert.phase != Phase::Retracted);
        put(out, "risk_score", self.risk_score);
        // Of the window, so that a replay gives the same bytes.
        put_time(out, "time", alert.window.end);
        put_time(out, "start_time", alert.first_seen);
        put_time(out, "end_time", alert.last_seen);
        put_some(out, "message", alert.reason.as_str());
        put(out, "metadata", self.metadata(alert));
        put(out, "finding_info", self.finding_info(alert));
        let evidence = evidence::of(&mut rest);
        put_all(out, "evidences", evidence.evidences);
        put_all(out, "observables", evidence.observables);
        if !alert.response.is_empty() {
            rest.shift_remove("rule.reference");
            let mut remediation = Map::new();
            let steps: Vec<String> = alert.response.iter().map(step).collect();
            put(&mut remediation, "desc", steps.join("\n"));
            put_all(&mut remediation, "references", self.references.clone());
            put(out, "remediation", remediation);
        }
        put(out, "unmapped", rest);
        finding
    }

    /// The finding as one line of text, without the line's end.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        Json::Object(self.finding(alert)).to_string()
    }

    fn metadata(&self, alert: &Alert) -> Json {
        let mut out = Map::new();
        put(&mut out, "version", OCSF_VERSION);
        put(&mut out, "profiles", json!(["datetime"]));
        let version = env!("CARGO_PKG_VERSION");
        put(
            &mut out,
            "product",
            json!({"name": "Weir", "vendor_name": "Weir", "version": version}),
        );
        let uid = format!("{}-{}", alert.id(), alert.revision);
        put(&mut out, "uid", uid);
        put(&mut out, "sequence", alert.revision);
        put_some(&mut out, "event_code", self.rule_id.as_str());
        put_all(&mut out, "labels", self.labels.clone());
        let capped = |mark: &weir_host::contract::Truncation| mark.kind == TruncationKind::Capped;
        if alert.truncated.iter().any(capped) {
            put(&mut out, "is_truncated", true);
        }
        Json::Object(out)
    }

    fn finding_info(&self, alert: &Alert) -> Json {
        let mut out = Map::new();
        put(&mut out, "uid", alert.id());
        put(&mut out, "title", self.title.as_str());
        put_some(&mut out, "desc", alert.reason.as_str());
        put(&mut out, "analytic", self.analytic.clone());
        put_all(&mut out, "attacks", self.attacks.clone());
        put_all(&mut out, "data_sources", self.data_sources.clone());
        put_time(&mut out, "first_seen_time", alert.first_seen);
        put_time(&mut out, "last_seen_time", alert.last_seen);
        Json::Object(out)
    }
}

fn put(object: &mut Map<String, Json>, name: &str, value: impl Into<Json>) {
    object.insert(name.to_owned(), value.into());
}

/// Adds text that says something.
fn put_some(object: &mut Map<String, Json>, name: &str, text: &str) {
    if !text.is_empty() {
        put(object, name, text);
    }
}

/// Adds a list that holds something.
fn put_all(object: &mut Map<String, Json>, name: &str, values: Vec<impl Into<Json>>) {
    if !values.is_empty() {
        put(object, name, values);
    }
}

/// A time as a number, and as text where the schema's own form reaches that far.
fn put_time(object: &mut Map<String, Json>, name: &str, milliseconds: i64) {
    put(object, name, milliseconds);
    let text = iso(milliseconds);
    if text.len() == "2026-05-19T09:32:00.000Z".len() && text.ends_with('Z') {
        put(object, &format!("{name}_dt"), text);
    }
}

fn activity(alert: &Alert) -> (u32, &'static str) {
    match (alert.phase, alert.revision) {
        (Phase::Retracted, _) => (3, "Close"),
        (_, 1) => (1, "Create"),
        _ => (2, "Update"),
    }
}

/// As far as is known here: nobody has looked at it; or it was made in error.
fn status(phase: Phase) -> (u32, &'static str) {
    match phase {
        Phase::Retracted => (6, "Deleted"),
        Phase::Early | Phase::OnTime | Phase::Late => (1, "New"),
    }
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

/// An action in a line.
fn step(action: &Action) -> String {
    let mut line = format!("{}: {} {}", action.name, action.method, action.url);
    if let Some(body) = action.body.as_deref().filter(|body| !body.is_empty()) {
        line.push(' ');
        line.push_str(body);
    }
    if let Some(note) = action.note.as_deref().filter(|note| !note.is_empty()) {
        line.push_str(" (");
        line.push_str(note);
        line.push(')');
    }
    line
}
