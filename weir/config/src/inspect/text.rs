//! Text form of a rule's description.

use std::fmt::Write as _;

use weir_common::escape::escape;
use weir_common::numbers::duration;
use weir_host::contract::{Aggregate, Condition, Field, Judgement, ParameterType, Rule, ValueType};

/// Writes a line that begins with a label.
pub(super) fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{name:<12}{}", escape(value));
}

/// Writes a rule's whole description; with several rules also whether it is used when none is named.
pub(super) fn rule(out: &mut String, rule: &Rule, usual: Option<bool>) {
    out.push('\n');
    line(out, "rule", &rule.name);
    let marked = match usual {
        Some(true) => format!("{} (judges where no --rule is named)", rule.short_name),
        _ => rule.short_name.clone(),
    };
    line(out, "short name", &marked);
    line(out, "id", &rule.id);
    line(out, "version", &rule.version.to_string());
    let grade = format!("{}, risk {}", rule.severity.name(), rule.risk_score);
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
    line(out, "judges", &judgement(rule.judgement));
    for table in &rule.tables {
        let text = format!("{} ({}): {}", table.name, table.format, table.summary);
        line(out, "table", &text);
    }
    fields(out, "key", &rule.key);
    fields(out, "columns", &rule.columns);
    conditions(out, rule);
    parameters(out, rule);
}

fn fields(out: &mut String, title: &str, fields: &[Field]) {
    if fields.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for field in fields {
        let _ = writeln!(
            out,
            "  {:<44}{:<14}{}",
            escape(&field.name),
            value_type(field.kind),
            escape(&field.label)
        );
    }
}

fn conditions(out: &mut String, rule: &Rule) {
    if rule.conditions.is_empty() {
        return;
    }
    out.push_str("\nconditions, all of which must hold\n");
    for condition in &rule.conditions {
        let known = rule.parameters.iter();
        let mut known = known.filter(|known| known.name == condition.parameter);
        let default = known.next().map_or("", |known| &known.default_value);
        let _ = writeln!(
            out,
            "  {:<44}{} {} ({}), {}",
            escape(&condition.column),
            condition.comparison.words(),
            escape(&condition.parameter),
            escape(default),
            escape(&aggregate(condition))
        );
    }
}

fn parameters(out: &mut String, rule: &Rule) {
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

/// A range in words; empty without bounds.
#[must_use]
pub fn range(minimum: Option<f64>, maximum: Option<f64>) -> String {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
        (Some(minimum), None) => format!("from {minimum}"),
        (None, Some(maximum)) => format!("to {maximum}"),
        (None, None) => String::new(),
    }
}

/// The kind of a condition's figure.
fn aggregate(condition: &Condition) -> String {
    match &condition.aggregate {
        Aggregate::Count => "a count".to_owned(),
        Aggregate::Distinct => "a number of distinct values".to_owned(),
        Aggregate::Ratio(ratio) => format!("{} to {}", ratio.numerator, ratio.denominator),
        Aggregate::Sum => "a sum".to_owned(),
        Aggregate::Smallest => "the smallest value".to_owned(),
        Aggregate::Largest => "the largest value".to_owned(),
        Aggregate::Between => "an average, or the first or last value".to_owned(),
    }
}

/// The time at which a rule judges.
#[must_use]
pub fn judgement(judgement: Judgement) -> String {
    let span = |ms: u64| duration(ms.into());
    match judgement {
        Judgement::Tumbling(length) => format!("tumbling windows of {}", span(length)),
        Judgement::Sliding(sliding) => format!(
            "sliding windows of {}, every {}",
            span(sliding.length),
            span(sliding.every)
        ),
        Judgement::FirstSeen(history) => format!("first seen in {}", span(history)),
        Judgement::Each(0) => "each event".to_owned(),
        Judgement::Each(suppressed) => {
            format!("each event, once a key in {}", span(suppressed))
        }
    }
}

/// The name of a parameter's type.
#[must_use]
pub fn parameter_type(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Boolean => "boolean",
        ParameterType::Integer => "integer",
        ParameterType::Number => "number",
        ParameterType::Text => "text",
        ParameterType::Exceptions => "exceptions",
    }
}

/// The name of a value's type.
pub(super) fn value_type(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Text => "text",
        ValueType::Integer => "integer",
        ValueType::Number => "number",
        ValueType::Boolean => "boolean",
        ValueType::Timestamp => "timestamp",
        ValueType::TextList => "text-list",
        ValueType::IntegerList => "integer-list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_host::contract::Sliding;

    #[test]
    fn judgements_are_in_words() {
        let sliding = Sliding {
            length: 540_000,
            every: 60_000,
        };
        for (judged, words) in [
            (
                Judgement::Tumbling(120_000),
                "tumbling windows of 2 minutes",
            ),
            (
                Judgement::Sliding(sliding),
                "sliding windows of 9 minutes, every 1 minute",
            ),
            (Judgement::FirstSeen(7 * 86_400_000), "first seen in 7 days"),
            (Judgement::Each(0), "each event"),
            (
                Judgement::Each(3_600_000),
                "each event, once a key in 1 hour",
            ),
        ] {
            assert_eq!(judgement(judged), words);
        }
    }
}
