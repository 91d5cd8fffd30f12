//! The values of a group's row for programs over it: parts of the key and columns, by their names.

use crate::address;
use crate::facts::ColumnId;
use crate::group::Group;
use crate::key::{self, Part};
use crate::model::{self, ValueType};
use crate::program::value::{CALENDAR, Type, Value};
use crate::program::{FieldValues, Program};
use crate::schema::Schema;
use crate::strings::Strings;

/// A row, as a program reads it.
struct RowValues<'r> {
    program: &'r Program,
    schema: &'r Schema,
    group: &'r Group,
    strings: &'r Strings,
}

/// The place of what a program reads.
enum Place {
    Key(usize),
    Column(ColumnId),
}

fn place(schema: &Schema, name: &str) -> Option<Place> {
    let part = schema.key().iter().position(|part| part.name == name);
    part.map(Place::Key).or_else(|| {
        let mut columns = (0..).zip(schema.columns());
        let (column, _) = columns.find(|(_, column)| column.name == name)?;
        Some(Place::Column(column))
    })
}

impl FieldValues for RowValues<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let Some(field) = self.program.fields().get(field) else {
            return Value::Null;
        };
        match place(self.schema, &field.name) {
            Some(Place::Key(part)) => match key::parts(self.group.key(self.strings)).nth(part) {
                Some(Part::Text(text)) => Value::Text(text),
                Some(Part::Integer(number)) => Value::Integer(number),
                Some(Part::Boolean(value)) => Value::Boolean(value),
                Some(Part::Null) | None => Value::Null,
            },
            Some(Place::Column(column)) => {
                let value = self.group.value(self.schema, column, self.strings);
                value.map(read).unwrap_or_default()
            }
            None => Value::Null,
        }
    }
}

/// A column's value for a program.
fn read(value: model::Value) -> Value<'static> {
    match value {
        model::Value::Text(text) => Value::text(text),
        model::Value::Integer(number) => Value::Integer(number),
        model::Value::Number(number) => Value::number(number),
        model::Value::Boolean(value) => Value::Boolean(value),
        model::Value::Timestamp(time) => Value::Time(time),
        model::Value::TextList(texts) => Value::many(texts.into_iter().map(Value::text)),
        model::Value::IntegerList(all) => Value::many(all.into_iter().map(Value::Integer)),
    }
}

/// The names that a program reads and a row does not have.
pub(crate) fn unknown<'p>(program: &'p Program, schema: &Schema) -> Vec<&'p str> {
    let names = program.fields().iter().map(|field| field.name.as_str());
    names.filter(|name| place(schema, name).is_none()).collect()
}

/// The columns that a program reads.
pub(crate) fn columns(program: &Program, schema: &Schema) -> Vec<ColumnId> {
    let names = program.fields().iter().map(|field| field.name.as_str());
    names
        .filter_map(|name| match place(schema, name) {
            Some(Place::Column(column)) => Some(column),
            _ => None,
        })
        .collect()
}

/// Whether a program sees a part of a column's list alone.
pub(crate) fn is_cut(value: Option<model::Value>) -> bool {
    let length = match &value {
        Some(model::Value::TextList(texts)) => texts.len(),
        Some(model::Value::IntegerList(all)) => all.len(),
        _ => return false,
    };
    value
        .map(read)
        .is_some_and(|seen| seen.each().len() < length)
}

/// Passes the result of a program over a row on.
fn eval<T>(
    program: &Program,
    schema: &Schema,
    group: &Group,
    strings: &Strings,
    with: impl FnOnce(&Value) -> T,
) -> T {
    let row = RowValues {
        program,
        schema,
        group,
        strings,
    };
    with(&program.eval(&row))
}

/// The result as a number; NaN if it is none.
#[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
pub(crate) fn figure(program: &Program, schema: &Schema, group: &Group, strings: &Strings) -> f64 {
    eval(program, schema, group, strings, |value| match value {
        Value::Boolean(value) => f64::from(u8::from(*value)),
        Value::Integer(number) => *number as f64,
        Value::Number(number) => *number,
        _ => f64::NAN,
    })
}

/// The type of a program's result in an alert: texts and addresses are lists.
pub(crate) fn value_type(program: &Program) -> ValueType {
    match program.kind() {
        Type::Boolean => ValueType::Boolean,
        Type::Integer => ValueType::Integer,
        Type::Number => ValueType::Number,
        Type::Time => ValueType::Timestamp,
        _ => ValueType::TextList,
    }
}

/// The result as an alert shows it: several values of a type that is no list are not shown.
pub(crate) fn shown(
    program: &Program,
    schema: &Schema,
    group: &Group,
    strings: &Strings,
) -> Option<model::Value> {
    eval(program, schema, group, strings, |value| match value {
        Value::Boolean(value) => Some(model::Value::Boolean(*value)),
        Value::Integer(number) => Some(model::Value::Integer(*number)),
        Value::Number(number) => Some(model::Value::Number(*number)),
        Value::Time(time) => { CALENDAR.contains(time) }.then_some(model::Value::Timestamp(*time)),
        value => {
            let texts = value.each().iter().filter_map(|value| match value {
                Value::Text(text) if !text.is_empty() => Some(text.to_string()),
                Value::Address(bits) => Some(address::render(*bits)),
                _ => None,
            });
            let texts: Vec<String> = texts.collect();
            (!texts.is_empty()).then_some(model::Value::TextList(texts))
        }
    })
}
