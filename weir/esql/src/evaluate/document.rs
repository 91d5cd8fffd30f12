//! Documents: the values of fields, as the types of their slots ask.

use super::json::{Json, JsonNode};
use crate::plan::{Origin, Plan};
use crate::types::{Type, Value};
use crate::{address, time};

/// A value for each slot: of fields and metadata what the document has, of others null. A search
/// hit's fields are those of its `_source`.
pub(super) fn values(plan: &Plan, document: &Json) -> Vec<Value> {
    let source = document.get("_source").unwrap_or(document);
    plan.slots
        .iter()
        .map(|slot| match &slot.origin {
            Origin::Field(name) => field(source, name, slot.kind),
            Origin::Metadata(name) if name == "_source" => Value::Text(source.raw().to_owned()),
            Origin::Metadata(name) => field(document, name, slot.kind),
            Origin::Stage(_) => Value::Null,
        })
        .collect()
}

/// The values of a field. Texts by words keep their order; others come as an index keeps them: in
/// ascending order, keywords, addresses and versions each once.
fn field(source: &Json, name: &str, kind: Type) -> Value {
    let mut found = Vec::new();
    source.field(name, &mut found);
    let mut values: Vec<Value> = found
        .into_iter()
        .filter_map(|json| scalar(json, kind))
        .collect();
    if kind != Type::Text {
        values.sort_by(Value::order);
    }
    if matches!(kind, Type::Keyword | Type::Ip | Type::Version) {
        values.dedup();
    }
    Value::of(values)
}

fn scalar(json: &Json, kind: Type) -> Option<Value> {
    let text = match &json.node {
        JsonNode::Text(text) => text.as_str(),
        _ => json.raw(),
    };
    match kind {
        Type::Keyword | Type::Text => Some(Value::Text(text.to_owned())),
        Type::Version => Some(Value::Version(text.to_owned())),
        Type::Ip => address::parse(text).map(Value::Ip),
        Type::Boolean => match text {
            "true" => Some(Value::Boolean(true)),
            "false" | "" => Some(Value::Boolean(false)),
            _ => None,
        },
        Type::Date => match json.node {
            JsonNode::Number => whole(text).map(Value::Date),
            _ => time::parse(text).map(Value::Date),
        },
        Type::Integer => whole(text)
            .filter(|number| i32::try_from(*number).is_ok())
            .map(Value::Integer),
        Type::Long => whole(text).map(Value::Integer),
        Type::Double => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Value::Double),
        _ => None,
    }
}

/// A number without what is behind its point.
fn whole(text: &str) -> Option<i64> {
    text.parse()
        .ok()
        .or_else(|| super::number::whole(text.parse::<f64>().ok()?.trunc()))
}
