//! A group as its alert shows it. Read only.

use crate::conditions::Conditions;
use crate::facts::Kind;
use crate::key::{self, Part};
use crate::model::{Value, Window};
use crate::schema::Schema;
use crate::window::Row;

/// A group as its alert shows it.
pub struct View<'r> {
    pub(crate) row: &'r Row,
    pub(crate) schema: &'r Schema,
    pub(crate) conditions: &'r Conditions,
    pub(crate) window: Window,
}

impl<'r> View<'r> {
    /// The window.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    pub(crate) fn key(&self) -> &'r str {
        self.row.group.key(&self.row.strings)
    }

    fn part(&self, part: usize) -> Part<'r> {
        key::parts(self.key()).nth(part).unwrap_or(Part::Null)
    }

    /// A text of the key; none where it is null.
    #[must_use]
    pub fn text(&self, part: usize) -> Option<String> {
        match self.part(part) {
            Part::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    /// An integer of the key; none where it is null.
    #[must_use]
    pub fn integer(&self, part: usize) -> Option<i64> {
        match self.part(part) {
            Part::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The number that a column comes to.
    #[must_use]
    pub fn number(&self, column: Kind) -> u64 {
        self.row.group.number(self.schema, column)
    }

    /// Whether that number is an estimate.
    #[must_use]
    pub fn is_estimate(&self, column: Kind) -> bool {
        self.row.group.sketch(column).is_some()
    }

    /// The number that a column comes to, for those that may be no whole number; none where it
    /// has no value, or one that is no number.
    #[must_use]
    pub fn measure(&self, column: Kind) -> Option<f64> {
        let figure = self.row.group.figure(self.schema, column);
        (!figure.is_nan()).then_some(figure)
    }

    /// The texts of a column, in order.
    #[must_use]
    pub fn texts(&self, column: Kind) -> Vec<&'r str> {
        self.row.group.texts(column, &self.row.strings).collect()
    }

    /// The figure of a condition, by the condition's place.
    #[must_use]
    pub fn figure(&self, condition: usize) -> f64 {
        let figures = self.conditions.values(self.schema, &self.row.group);
        figures.get(condition).copied().unwrap_or_default()
    }

    /// The value of a column; none where it has none.
    #[must_use]
    pub fn value(&self, column: Kind) -> Option<Value> {
        self.row.group.value(self.schema, column, &self.row.strings)
    }
}
