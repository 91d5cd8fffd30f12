//! What a component is, and what it says about itself.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::contract::{ParameterType, Rule, Severity};
use crate::error::Error;
use crate::escape::escape;
use crate::sandbox::{Examination, Limits, Sandbox, examine};

/// The answer of an inspection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// What reading it found.
    pub examination: Examination,
    /// What it says; none when it was refused or failed.
    pub rule: Option<Rule>,
    /// Why there is no answer from it.
    pub error: Option<Error>,
}

/// Looks a component over and, if it is let in, asks it to describe itself under
/// the limits. Never fails: what is wrong is in the answer.
#[must_use]
pub fn inspect(component: &[u8], limits: &Limits) -> Inspection {
    let examination = examine(component, limits);
    let said = Sandbox::new(component, limits).and_then(|sandbox| sandbox.describe());
    let (rule, error) = match said {
        Ok(rule) => (Some(rule), None),
        Err(error) => (None, Some(error)),
    };
    Inspection {
        examination,
        rule,
        error,
    }
}

impl Inspection {
    /// For programs. A component's own words are under `rule`.
    #[must_use]
    pub fn json(&self) -> Json {
        let found = &self.examination;
        json!({
            "size": found.size,
            "sha256": found.sha256,
            "wit": found.version.as_ref().map(|version| format!("{}@{version}", crate::contract::PACKAGE)),
            "import_count": found.imports.len(),
            "imports": found.imports,
            "exports": found.exports,
            "admitted": self.error.is_none(),
            "error": self.error.as_ref().map(ToString::to_string),
            "rule": self.rule.as_ref().map(rule_json),
        })
    }

    /// For people, with what there is to say of its signature. Control characters are escaped.
    #[must_use]
    pub fn text(&self, signature: &str) -> String {
        let found = &self.examination;
        let version = found.version.as_ref().map_or_else(
            || "none".to_owned(),
            |version| format!("{}@{version}", crate::contract::PACKAGE),
        );
        let mut out = String::new();
        line(&mut out, "size", &format!("{} bytes", found.size));
        line(&mut out, "sha256", &found.sha256);
        line(&mut out, "signature", signature);
        line(&mut out, "wit", &version);
        line(&mut out, "imports", &listed(&found.imports));
        line(&mut out, "exports", &listed(&found.exports));
        if let Some(error) = &self.error {
            line(&mut out, "error", &error.to_string());
        }
        if let Some(rule) = &self.rule {
            describe(&mut out, rule);
        }
        out
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "0".to_owned(),
        names => format!("{}: {}", names.len(), names.join(", ")),
    }
}

fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{name:<12}{}", escape(value));
}

fn describe(out: &mut String, rule: &Rule) {
    out.push('\n');
    line(out, "rule", &rule.name);
    line(out, "id", &rule.id);
    line(out, "version", &rule.version.to_string());
    let grade = format!("{}, risk {}", severity(rule.severity), rule.risk_score);
    line(out, "severity", &grade);
    line(out, "about", &rule.description);
    for reference in &rule.references {
        line(out, "see", reference);
    }
    line(out, "tags", &rule.tags.join(", "));
    for threat in &rule.threats {
        let nodes = std::iter::once(&threat.tactic)
            .chain(&threat.techniques)
            .chain(&threat.subtechniques);
        for node in nodes {
            line(out, "attack", &format!("{} {}", node.id, node.name));
        }
    }
    line(out, "reads", &rule.data_sets.join(", "));
    line(out, "window", &format!("{} ms", rule.window_length));
    for table in &rule.tables {
        let text = format!("{} ({}): {}", table.name, table.format, table.summary);
        line(out, "table", &text);
    }
    out.push_str("\nparameters\n");
    for parameter in &rule.parameters {
        let _ = writeln!(
            out,
            "  {:<28}{:<9}{:>10}{:>18}  {}",
            escape(&parameter.name),
            parameter_type(parameter.kind),
            escape(&parameter.default_value),
            range(parameter.minimum, parameter.maximum),
            escape(&parameter.summary)
        );
    }
}

fn range(minimum: Option<f64>, maximum: Option<f64>) -> String {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
        (Some(minimum), None) => format!("from {minimum}"),
        (None, Some(maximum)) => format!("to {maximum}"),
        (None, None) => String::new(),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn parameter_type(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Boolean => "boolean",
        ParameterType::Integer => "integer",
        ParameterType::Number => "number",
        ParameterType::Text => "text",
        ParameterType::Exceptions => "exceptions",
    }
}

fn rule_json(rule: &Rule) -> Json {
    let node = |node: &crate::contract::Attack| {
        json!({
            "id": node.id,
            "name": node.name,
            "reference": node.reference,
        })
    };
    json!({
        "id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "description": rule.description,
        "references": rule.references,
        "severity": severity(rule.severity),
        "risk_score": rule.risk_score,
        "tags": rule.tags,
        "event_category": rule.event_category,
        "event_type": rule.event_type,
        "threats": rule.threats.iter().map(|threat| json!({
            "tactic": node(&threat.tactic),
            "techniques": threat.techniques.iter().map(node).collect::<Vec<_>>(),
            "subtechniques": threat.subtechniques.iter().map(node).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "window_length_ms": rule.window_length,
        "data_sets": rule.data_sets,
        "parameters": rule.parameters.iter().map(|parameter| json!({
            "name": parameter.name,
            "type": parameter_type(parameter.kind),
            "default": serde_json::from_str::<Json>(&parameter.default_value)
                .unwrap_or_else(|_| json!(parameter.default_value)),
            "minimum": parameter.minimum,
            "maximum": parameter.maximum,
            "summary": parameter.summary,
        })).collect::<Vec<_>>(),
        "tables": rule.tables.iter().map(|table| json!({
            "name": table.name,
            "format": table.format,
            "summary": table.summary,
            "when_absent": table.when_absent,
        })).collect::<Vec<_>>(),
    })
}
