//! Descriptions: a rule as the contract's `describe` returns it.

use crate::definition::{AlertField, Info, Plan, RuleOn};
use crate::key::PartKind;
use crate::log::Log;
use crate::model::{self, Field, ValueType};
use crate::row_values;
use crate::schema::KeyColumn;

/// The rule as the contract's `describe` returns it.
///
/// # Panics
/// When the definition is invalid, with every problem; no detector opens on it either.
#[must_use]
#[allow(
    clippy::panic,
    reason = "its author is to read this, and the contract has no error here"
)]
pub fn describe<L: Log>(rule: &RuleOn<L>) -> model::Rule {
    let log = L::INFO;
    let mut described = model::Rule::from(rule.definition().info);
    described.data_sets = rule.data_sets();
    described.tables = log.table.map(model::Table::from).into_iter().collect();
    let plan = match Plan::new(rule, "{}") {
        Ok(plan) => plan,
        Err(problems) => {
            let said: Vec<String> = { problems.iter() }
                .map(|problem| format!("{}: {}", problem.key, problem.message))
                .collect();
            panic!("rule {}: {}", described.id, said.join("; "))
        }
    };
    described.judgement = plan.definition.judgement.described();
    described.key = plan
        .schema
        .key()
        .iter()
        .map(|part| plan.key_field(part))
        .collect();
    described.columns = { plan.definition.shown.iter() }
        .filter_map(|(name, shown)| plan.shown_field(name, *shown))
        .collect();
    described.parameters = plan.parameters.described();
    described.conditions = plan.conditions.described(&plan.schema);
    described
}

impl From<Info> for model::Rule {
    fn from(info: Info) -> model::Rule {
        let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        model::Rule {
            id: info.id.to_owned(),
            short_name: info.short_name.to_owned(),
            name: info.name.to_owned(),
            version: info.version,
            description: info.description.to_owned(),
            references: texts(info.references),
            severity: info.severity,
            risk_score: info.risk_score,
            tags: texts(info.tags),
            event_category: texts(info.event_category),
            event_type: texts(info.event_type),
            threats: info.threats,
            judgement: model::Judgement::Tumbling(0),
            data_sets: Vec::new(),
            key: Vec::new(),
            columns: Vec::new(),
            parameters: Vec::new(),
            conditions: Vec::new(),
            tables: Vec::new(),
        }
    }
}

impl Plan {
    fn field(&self, name: &str, kind: ValueType) -> Field {
        let labels = &self.definition.labels;
        let label = labels.iter().find(|(named, _)| *named == name);
        Field {
            name: name.to_owned(),
            label: label.map_or(name, |(_, label)| label).to_owned(),
            kind,
        }
    }

    fn key_field(&self, part: &KeyColumn) -> Field {
        let kind = match part.kind {
            PartKind::Text => ValueType::Text,
            PartKind::Integer => ValueType::Integer,
            PartKind::Boolean => ValueType::Boolean,
        };
        self.field(&part.name, kind)
    }

    fn shown_field(&self, name: &str, shown: AlertField) -> Option<Field> {
        let kind = match shown {
            AlertField::Start | AlertField::First | AlertField::Last => ValueType::Timestamp,
            AlertField::Figure(_) => ValueType::Number,
            AlertField::Computed(program) => row_values::value_type(program),
            AlertField::Column(column) | AlertField::Again(column) => self
                .schema
                .columns()
                .get(usize::from(column))?
                .kind
                .value_type(),
        };
        Some(self.field(name, kind))
    }
}
