//! What a rule calls its columns and the parts of its key, for people.

use super::text::{Short, heading, words};
use crate::contract::Rule;

/// What a column or a part of the key is called: by its rule, or in the words of its name.
pub(super) fn label(rule: &Rule, column: &str) -> String {
    let mut fields = rule.key.iter().chain(&rule.columns);
    let known = fields.find(|field| field.name == column);
    match known {
        Some(field) => Short::value(&field.label).text,
        None => heading(&words(column)),
    }
}

/// A label in the middle of a sentence: in small letters, but for an abbreviation.
pub(super) fn in_text(rule: &Rule, column: &str) -> String {
    let label = label(rule, column);
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            let rest = label.get(first.len_utf8()..).unwrap_or_default();
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => label,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::contract::{Field, Judgement, Severity, ValueType};

    /// A rule with these columns and their labels, and without conditions.
    pub(in crate::report) fn rule(columns: &[(&str, &str)]) -> Rule {
        let field = |(name, label): &(&str, &str)| Field {
            name: (*name).to_owned(),
            label: (*label).to_owned(),
            kind: ValueType::Text,
        };
        Rule {
            id: "r".to_owned(),
            short_name: "r".to_owned(),
            name: "R".to_owned(),
            version: 1,
            description: String::new(),
            references: Vec::new(),
            severity: Severity::Low,
            risk_score: 1,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: Vec::new(),
            judgement: Judgement::Tumbling(1),
            data_sets: Vec::new(),
            key: Vec::new(),
            columns: columns.iter().map(field).collect(),
            parameters: Vec::new(),
            conditions: Vec::new(),
            tables: Vec::new(),
        }
    }

    #[test]
    fn a_column_is_called_what_its_rule_calls_it() {
        let rule = rule(&[("a.b", "Total calls"), ("c", "AS number")]);
        assert_eq!(label(&rule, "a.b"), "Total calls");
        assert_eq!(in_text(&rule, "a.b"), "total calls");
        assert_eq!(in_text(&rule, "c"), "AS number");
        assert_eq!(label(&rule, "x.some_name"), "Some name");
    }
}
