//! A read-only view of a group, for the texts of its alert.

use crate::conditions::Conditions;
use crate::definition::Definition;
use crate::facts::ColumnId;
use crate::key::{self, Part};
use crate::model::{Value, Window};
use crate::schema::Schema;
use crate::window::Row;

/// A read-only view of a group, for the texts of its alert.
pub struct AlertView<'r> {
    pub(crate) row: &'r Row,
    pub(crate) schema: &'r Schema,
    pub(crate) conditions: &'r Conditions,
    pub(crate) definition: &'r Definition,
    pub(crate) window: Window,
}

impl<'r> AlertView<'r> {
    /// The window.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The rule.
    #[must_use]
    pub fn definition(&self) -> &'r Definition {
        self.definition
    }

    pub(crate) fn key(&self) -> &'r str {
        self.row.group.key(&self.row.strings)
    }

    fn part(&self, part: usize) -> Part<'r> {
        key::parts(self.key()).nth(part).unwrap_or(Part::Null)
    }

    /// A text part of the key; None if it is null.
    #[must_use]
    pub fn text(&self, part: usize) -> Option<String> {
        match self.part(part) {
            Part::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    /// The text part of the key with a name, for a sentence; `(none)` if it is null.
    #[must_use]
    pub fn named(&self, name: &str) -> String {
        let part = { self.schema.key().iter() }.position(|part| part.name == name);
        let text = part.and_then(|part| self.text(part));
        text.unwrap_or_else(|| "(none)".to_owned())
    }

    /// The number of the column with a name; 0 if there is no such column.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.column(name).map_or(0, |column| self.number(column))
    }

    /// The texts of the column with a name as an alert shows them; none of a column of another kind.
    #[must_use]
    pub fn listed(&self, name: &str) -> Vec<String> {
        match self.column(name).and_then(|column| self.value(column)) {
            Some(Value::TextList(texts)) => texts,
            _ => Vec::new(),
        }
    }

    /// The column with a name.
    fn column(&self, name: &str) -> Option<ColumnId> {
        let mut columns = (0..).zip(self.schema.columns());
        let (column, _) = columns.find(|(_, column)| column.name == name)?;
        Some(column)
    }

    /// An integer part of the key; None if it is null.
    #[must_use]
    pub fn integer(&self, part: usize) -> Option<i64> {
        match self.part(part) {
            Part::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The number of a column.
    #[must_use]
    pub fn number(&self, column: ColumnId) -> u64 {
        self.row.group.number(self.schema, column)
    }

    /// Whether that number is an estimate.
    #[must_use]
    pub fn is_estimate(&self, column: ColumnId) -> bool {
        self.row.group.sketch(column).is_some()
    }

    /// The number of a column that may not be a whole number; None without a value, or if it is not
    /// numeric.
    #[must_use]
    pub fn measure(&self, column: ColumnId) -> Option<f64> {
        let figure = self.row.group.figure(self.schema, column);
        (!figure.is_nan()).then_some(figure)
    }

    /// The texts of a column, in order.
    #[must_use]
    pub fn texts(&self, column: ColumnId) -> Vec<&'r str> {
        self.row.group.texts(column, &self.row.strings).collect()
    }

    /// The figure of a condition, by the condition's index.
    #[must_use]
    pub fn figure(&self, condition: usize) -> f64 {
        let Row { group, strings } = self.row;
        let figures = self.conditions.figures(self.schema, group, strings);
        figures.get(condition).copied().unwrap_or_default()
    }

    /// The value of a column, if it has one.
    #[must_use]
    pub fn value(&self, column: ColumnId) -> Option<Value> {
        self.row.group.value(self.schema, column, &self.row.strings)
    }
}
