//! JSON form of a rule's description.

use serde_json::{Value as Json, json};

use super::text;
use weir_host::contract::{Aggregate, Condition, Field, Judgement, Parameter, Rule};

/// A rule's whole description; `usual` is whether it is used when none is named.
pub(super) fn rule(rule: &Rule, usual: bool) -> Json {
    json!({
        "id": rule.id,
        "short_name": rule.short_name,
        "usual": usual,
        "name": rule.name,
        "version": rule.version,
        "description": rule.description,
        "references": rule.references,
        "severity": rule.severity.name(),
        "risk_score": rule.risk_score,
        "tags": rule.tags,
        "event_category": rule.event_category,
        "event_type": rule.event_type,
        "threats": rule.threats,
        "judgement": judgement(rule.judgement),
        "data_sets": rule.data_sets,
        "key": rule.key.iter().map(field).collect::<Vec<_>>(),
        "columns": rule.columns.iter().map(field).collect::<Vec<_>>(),
        "parameters": rule.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "conditions": rule.conditions.iter().map(condition).collect::<Vec<_>>(),
        "tables": rule.tables,
    })
}

fn judgement(judgement: Judgement) -> Json {
    let mut object = match judgement {
        Judgement::Tumbling(length) => json!({"kind": "tumbling", "length_ms": length}),
        Judgement::Sliding(sliding) => json!({
            "kind": "sliding",
            "length_ms": sliding.length,
            "every_ms": sliding.every,
        }),
        Judgement::FirstSeen(history) => json!({"kind": "first-seen", "history_ms": history}),
        Judgement::Each(span) => json!({"kind": "each", "suppressed_ms": span}),
    };
    object["words"] = text::judgement(judgement).into();
    object
}

fn field(field: &Field) -> Json {
    json!({
        "name": field.name,
        "label": field.label,
        "type": text::value_type(field.kind),
    })
}

fn parameter(parameter: &Parameter) -> Json {
    json!({
        "name": parameter.name,
        "type": text::parameter_type(parameter.kind),
        "default": serde_json::from_str::<Json>(&parameter.default_value)
            .unwrap_or_else(|_| json!(parameter.default_value)),
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "summary": parameter.summary,
    })
}

fn condition(condition: &Condition) -> Json {
    let aggregate = match &condition.aggregate {
        Aggregate::Count => "count",
        Aggregate::Distinct => "distinct",
        Aggregate::Ratio(_) => "ratio",
        Aggregate::Sum => "sum",
        Aggregate::Smallest => "smallest",
        Aggregate::Largest => "largest",
        Aggregate::Between => "between",
    };
    let mut object = json!({
        "column": condition.column,
        "comparison": condition.comparison.words(),
        "parameter": condition.parameter,
        "aggregate": aggregate,
    });
    if let Aggregate::Ratio(ratio) = &condition.aggregate {
        object["numerator"] = json!(ratio.numerator);
        object["denominator"] = json!(ratio.denominator);
        object["decimals"] = json!(ratio.decimals);
    }
    object
}
