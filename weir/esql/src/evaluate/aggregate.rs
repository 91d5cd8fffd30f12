//! Aggregations.

use super::{Context, Row, multi};
use crate::functions::Aggregate;
use crate::plan::{Column, Key};
use crate::types::Value;

/// The values of a group's keys, and its rows.
type Group<'r, 'a> = (Vec<Value>, Vec<&'r Row<'a>>);

impl<'a> Context<'a> {
    /// A row for each group, in the order in which they begin.
    pub(super) fn aggregate(
        &self,
        keys: &[Key],
        columns: &[Column],
        rows: &[Row<'a>],
    ) -> Vec<Row<'a>> {
        let mut groups: Vec<Group> = Vec::new();
        if keys.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        for row in rows {
            for key in self.keys(keys, row) {
                match groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, members)) => members.push(row),
                    None => groups.push((key, vec![row])),
                }
            }
        }
        groups
            .into_iter()
            .map(|(key, members)| {
                let mut values = vec![Value::Null; self.plan.slots.len()];
                for (part, value) in keys.iter().zip(key) {
                    values[part.slot.0] = value;
                }
                for column in columns {
                    values[column.slot.0] = self.column(column, &members);
                }
                Row {
                    values,
                    document: None,
                }
            })
            .collect()
    }

    /// The keys of the groups that a row is in: every combination of its keys' distinct values.
    fn keys(&self, keys: &[Key], row: &Row) -> Vec<Vec<Value>> {
        let mut all = vec![Vec::new()];
        for key in keys {
            let value = self.value(&key.value, row);
            let items = match value.items() {
                [] => vec![Value::Null],
                items => multi::distinct(items.iter().map(one_zero)),
            };
            all = all
                .into_iter()
                .flat_map(|before: Vec<Value>| {
                    items.iter().map(move |item| {
                        let mut key = before.clone();
                        key.push(item.clone());
                        key
                    })
                })
                .collect();
        }
        all
    }

    fn column(&self, column: &Column, rows: &[&Row]) -> Value {
        let rows: Vec<&&Row> = rows
            .iter()
            .filter(|row| {
                column
                    .filter
                    .as_ref()
                    .is_none_or(|filter| self.value(filter, row) == Value::Boolean(true))
            })
            .collect();
        let Some(value) = &column.value else {
            return count(rows.len());
        };
        let items: Vec<Value> = rows
            .iter()
            .flat_map(|row| {
                let value = self.value(value, row);
                value.items().iter().map(one_zero).collect::<Vec<_>>()
            })
            .collect();
        let kind = self.plan.slot(column.slot).kind;
        match column.function {
            Aggregate::Count => count(items.len()),
            Aggregate::CountDistinct => count(multi::distinct(items).len()),
            Aggregate::Values => {
                let mut distinct = multi::distinct(items);
                distinct.sort_by(Value::order);
                Value::of(distinct)
            }
            Aggregate::Min => multi::extreme(&Value::of(items), false),
            Aggregate::Max => multi::extreme(&Value::of(items), true),
            Aggregate::Sum => multi::sum(&items, kind),
            Aggregate::Avg => multi::average(&items),
            Aggregate::Top => {
                let (most, largest) = column.top.unwrap_or((0, false));
                let mut items = items;
                items.sort_by(Value::order);
                if largest {
                    items.reverse();
                }
                items.truncate(most);
                Value::of(items)
            }
            Aggregate::First | Aggregate::Last => self.outermost(column, &rows),
        }
    }

    /// The value of the row for which the second argument is smallest or largest. Rows where
    /// either is null do not count.
    fn outermost(&self, column: &Column, rows: &[&&Row]) -> Value {
        let (Some(value), Some(by)) = (&column.value, &column.by) else {
            return Value::Null;
        };
        let last = column.function == Aggregate::Last;
        let mut best: Option<(Value, Value)> = None;
        for row in rows {
            let by = multi::extreme(&self.value(by, row), last);
            let value = one_zero(&multi::extreme(&self.value(value, row), last));
            if by.is_null() || value.is_null() {
                continue;
            }
            let better = best.as_ref().is_none_or(|(best_by, best_value)| {
                let order = by.order(best_by).then_with(|| value.order(best_value));
                if last { order.is_gt() } else { order.is_lt() }
            });
            if better {
                best = Some((by, value));
            }
        }
        best.map_or(Value::Null, |(_, value)| value)
    }
}

/// A value, both zeros as the positive one: they are equal.
fn one_zero(value: &Value) -> Value {
    match value {
        Value::Double(number) => Value::Double(number + 0.0),
        other => other.clone(),
    }
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
