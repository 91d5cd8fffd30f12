//! The names and kinds of a rule's columns over all of its alerts.
//!
//! Where alerts go, a field has one type from its first value on, and an index a bounded number of
//! fields: a rule whose columns never end, or change their type, would keep out the alerts of all
//! others too.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Checked, MOST_ELEMENTS, ensure, key, shown};
use crate::{Column, Rule, Value, ValueType};

/// Type of a field of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Time,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Text(_) | Value::TextList(_) => Self::Text,
            Value::Integer(_) | Value::Number(_) | Value::IntegerList(_) => Self::Number,
            Value::Boolean(_) => Self::Boolean,
            Value::Timestamp(_) => Self::Time,
        }
    }
}

/// The columns that are described, and those that were seen besides.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    described: Arc<HashMap<String, ValueType>>,
    seen: HashMap<String, Kind>,
}

impl Columns {
    /// Those that a rule describes, the parts of its key included.
    pub(super) fn of(rule: &Rule) -> Self {
        let described = rule.key.iter().chain(&rule.columns);
        let described = described.map(|field| (field.name.clone(), field.kind));
        Self {
            described: Arc::new(described.collect()),
            seen: HashMap::new(),
        }
    }

    /// Checks the columns of an alert, and learns of them.
    pub(super) fn check(&mut self, columns: &[Column]) -> Checked {
        for Column { name, value } in columns {
            if let Some(described) = self.described.get(name) {
                ensure(key::kind(value) == *described, "columns", || {
                    format!("{} is of another type than described", shown(name))
                })?;
                continue;
            }
            let kind = Kind::of(value);
            match self.seen.get(name) {
                Some(known) => ensure(*known == kind, "columns", || {
                    format!("{} is of another type than before", shown(name))
                })?,
                None => {
                    let known = self.described.len() + self.seen.len();
                    ensure(known < MOST_ELEMENTS, "columns", || {
                        format!(
                            "{} is one name more than the {MOST_ELEMENTS} that a rule may have",
                            shown(name)
                        )
                    })?;
                    self.seen.insert(name.clone(), kind);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, value: Value) -> [Column; 1] {
        let name = name.to_owned();
        [Column { name, value }]
    }

    #[test]
    fn a_column_keeps_its_kind() {
        let mut columns = Columns::default();
        let text = |text: &str| Value::Text(text.to_owned());
        assert!(columns.check(&column("a", text("x"))).is_ok());
        let list = Value::TextList(vec!["x".to_owned()]);
        assert!(columns.check(&column("a", list)).is_ok());
        assert!(columns.check(&column("a", Value::Integer(1))).is_err());
        assert!(columns.check(&column("b", Value::Integer(1))).is_ok());
        assert!(columns.check(&column("b", Value::Number(0.5))).is_ok());
        assert!(columns.check(&column("b", Value::Timestamp(1))).is_err());
    }

    #[test]
    fn a_rule_has_no_more_names_than_an_index_has_fields() {
        let mut columns = Columns::default();
        let add = |columns: &mut Columns, number: usize| {
            let name = format!("c{number}");
            columns.check(&column(&name, Value::Boolean(true)))
        };
        assert!((0..MOST_ELEMENTS).all(|number| add(&mut columns, number).is_ok()));
        assert!(add(&mut columns, MOST_ELEMENTS).is_err());
        assert!(add(&mut columns, 0).is_ok());
    }
}
