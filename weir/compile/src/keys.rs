//! The keys of the tables inside a rule. A rule with one that is not known is left out.

use crate::near::nearest;
use crate::node::Node;
use crate::reason::Reason;

/// The tables, by the keys that lead to each, and the keys that each may have. A list stands for
/// its elements.
const TABLES: [(&[&str], &[&str]); 6] = [
    (
        &["alert_suppression"],
        &["group_by", "duration", "missing_fields_strategy"],
    ),
    (&["alert_suppression", "duration"], &["value", "unit"]),
    (&["threshold"], &["field", "value", "cardinality"]),
    (&["threshold", "cardinality"], &["field", "value"]),
    (&["new_terms"], &["field", "value", "history_window_start"]),
    (&["new_terms", "history_window_start"], &["field", "value"]),
];

/// Tells every key that is not known.
pub(crate) fn check(rule: &Node, reasons: &mut Vec<Reason>) {
    for (path, known) in TABLES {
        let mut tables = vec![rule];
        for step in path {
            let inner = tables.into_iter().filter_map(|table| table.get(step));
            tables = inner.flat_map(each).collect();
        }
        for member in tables.into_iter().flat_map(Node::members) {
            let name = member.name.as_str();
            if known.contains(&name) || member.value.is_empty() {
                continue;
            }
            let near = match nearest(name, known.iter().copied()) {
                Some(near) => format!("is `{near}` meant?"),
                None => format!("known are {}", known.join(", ")),
            };
            let within = path.join(".");
            let message = format!("`{name}` in `{within}` is no key that is known; {near}");
            reasons.push(Reason::new("unknown-key", member.span.clone(), message));
        }
    }
}

/// The elements of a list; any other value alone.
fn each(node: &Node) -> Vec<&Node> {
    match node.elements() {
        [] => vec![node],
        elements => elements.iter().collect(),
    }
}
