//! What an alert takes from its events in place of the rule's own name, severity and risk score.
//!
//! The fields become columns of the alert, so that whoever receives it can do as the rule says.

use crate::columns::alert_name;
use crate::metadata::SEVERITIES;
use crate::node::Node;
use crate::reason::Reason;
use crate::rule::place;
use weir_compiled::format::RuleSpec;

/// A key that maps, with the code of its notes and reasons and what it gives.
const KEYS: [(&str, &str, &str); 3] = [
    ("rule_name_override", "rule-name-override", "name"),
    ("severity_mapping", "severity-mapping", "severity"),
    ("risk_score_mapping", "risk-score-mapping", "risk score"),
];

/// The fields that a key of a rule maps, without doubles; None if it is not understood.
fn mapped<'r>(node: &'r Node, key: &str) -> Option<Vec<&'r str>> {
    if key == "rule_name_override" {
        return node.text().map(|field| vec![field]);
    }
    let mut fields = Vec::new();
    let entries = node.elements();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Node::text);
        let severity = text("severity");
        let known = match key {
            "severity_mapping" => severity.is_some_and(|text| SEVERITIES.contains(&text)),
            _ => true,
        };
        if text("operator") != Some("equals") || !known {
            return None;
        }
        let field = text("field")?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    (!entries.is_empty()).then_some(fields)
}

/// The fields that any key of a rule maps.
pub(crate) fn fields(rule: &Node) -> Vec<&str> {
    let of = |key| { rule.get(key) }.and_then(|node: &Node| mapped(node, key));
    let all = KEYS.iter().filter_map(|(key, ..)| of(*key));
    all.flatten().filter(|field| !field.is_empty()).collect()
}

/// Tells where alerts have the fields that are mapped, or why they have them not.
pub(crate) fn check(
    rule: &Node,
    spec: &RuleSpec,
    reasons: &mut Vec<Reason>,
    notes: &mut Vec<Reason>,
) {
    let shown = |name: &String| {
        let mut key = spec.key.iter().map(|part| &part.name);
        key.any(|known| known == name)
            || spec.columns.iter().any(|column| column.name == *name)
            || spec.fields.iter().any(|(known, _)| known == name)
    };
    for (key, code, what) in KEYS {
        let Some(node) = rule.get(key).filter(|node| !node.is_empty()) else {
            continue;
        };
        let span = place(rule, key);
        let Some(fields) = mapped(node, key) else {
            let message = match key {
                "rule_name_override" => format!("`{key}` is no name of a field"),
                _ => format!("`{key}` is no list of `field`, `operator` (equals) and `value`"),
            };
            reasons.push(Reason::new(code, span, message));
            continue;
        };
        for field in fields {
            match alert_name(field).filter(&shown) {
                Some(name) => notes.push(Reason::new(
                    code,
                    span.clone(),
                    format!(
                        "alerts have the rule's own {what}, and `{field}` as the column `{name}`"
                    ),
                )),
                None => reasons.push(Reason::new(
                    code,
                    span.clone(),
                    format!("`{field}`, which would give the {what}, cannot be a column of alerts"),
                )),
            }
        }
    }
}
