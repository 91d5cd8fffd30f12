//! What an alert shows of its events, beside its key.

use crate::mapping;
use crate::node::Node;
use crate::types::{self, FieldType};
use weir_compiled::format::{ColumnSpec, KeySpec};
use weir_detector::program::Builder;
use weir_detector::program::value::Type;
use weir_detector::schema::ColumnKind;

/// Roots of names that alerts, and the places where they go, have for themselves; a host refuses a
/// component whose columns have one.
const KEPT: [&str; 11] = [
    "@timestamp",
    "ecs",
    "event",
    "message",
    "rule",
    "tags",
    "threat",
    "weir",
    "data_stream",
    "kibana",
    "signal",
];
/// What the name of a field begins with that an alert has another meaning for.
const DOCUMENT: &str = "document";
/// Most columns that are made where a rule names none.
const MOST: usize = 16;
/// Longest name, in bytes.
const LONGEST: usize = 200;

/// Fields that an analyst asks for first.
const USUAL: [&str; 12] = [
    "user.name",
    "user.id",
    "user.email",
    "host.name",
    "source.ip",
    "destination.ip",
    "process.name",
    "process.command_line",
    "process.parent.name",
    "file.path",
    "cloud.account.id",
    "event.action",
];

/// The name of a field in alerts; None if no alert can have it.
pub(crate) fn alert_name(field: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "_-@$/#".contains(c);
    let mut parts = field.split('.');
    let good = field.len() <= LONGEST
        && parts.all(|part| !part.is_empty() && part.chars().all(plain))
        && field.split('.').count() < 20
        && field.is_ascii();
    let root = field
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let taken = KEPT.contains(&root.as_str()) || root.starts_with('_');
    good.then(|| match taken {
        true => format!("{DOCUMENT}.{field}"),
        false => field.to_owned(),
    })
}

/// The program of a field's values as texts, in the form that Elasticsearch groups them by.
pub(crate) fn values(field: &str) -> Builder {
    push(Builder::default(), field)
}

/// Pushes a field's values as texts.
pub(crate) fn push(b: Builder, field: &str) -> Builder {
    let kind = match types::known(field) {
        Some(FieldType::Integer) => Type::Integer,
        Some(FieldType::Number) => Type::Number,
        Some(FieldType::Boolean) => Type::Boolean,
        Some(FieldType::Address) => Type::Address,
        Some(FieldType::Date) => Type::Time,
        _ => return b.field(field, Type::Text),
    };
    b.field(field, kind).call("to_text", 1)
}

/// The columns of a rule: counts, then the values of the fields that its name, severity or risk score
/// would be taken from, that its author names, that its query tests, and that are usual.
pub(crate) fn columns(
    rule: &Node,
    key: &[KeySpec],
    counts: Vec<ColumnSpec>,
    tested: &[String],
) -> Vec<ColumnSpec> {
    let named = rule
        .get("investigation_fields")
        .and_then(|node| node.get("field_names"));
    let named = { named.map(Node::elements).unwrap_or_default().iter() }.filter_map(Node::text);
    let tested = tested.iter().map(String::as_str);
    let mut columns = counts;
    let mapped = mapping::fields(rule).into_iter();
    for field in mapped.chain(named).chain(tested).chain(USUAL) {
        if columns.len() >= MOST {
            break;
        }
        let (Some(name), Ok(program)) = (alert_name(field), values(field).build()) else {
            continue;
        };
        let mut taken =
            { key.iter().map(|part| &part.name) }.chain(columns.iter().map(|c| &c.name));
        if taken.any(|taken| is_within(taken, &name) || is_within(&name, taken)) {
            continue;
        }
        columns.push(ColumnSpec {
            name,
            kind: ColumnKind::Values,
            program: Some(program),
            shown: true,
        });
    }
    columns
}

/// Whether a name is another, or below it.
pub(crate) fn is_within(name: &str, outer: &str) -> bool {
    name == outer
        || name
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_alerts_have_for_themselves_are_moved() {
        for (field, name) in [
            ("user.name", Some("user.name")),
            ("event.action", Some("document.event.action")),
            ("Message", Some("document.Message")),
            ("kibana.alert.x", Some("document.kibana.alert.x")),
            ("a..b", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(alert_name(field).as_deref(), name, "{field}");
        }
    }
}
