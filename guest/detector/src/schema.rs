//! The schema of a rule: the parts of its key and its columns.
//!
//! A column is one of a few kinds, each a function of the set of events. All operations on groups
//! (adding events, merging, encoding, decoding, hashing) loop over the columns and depend on their
//! kinds alone.

use crate::facts::ColumnId;
use crate::hash::Seed;
use crate::ids::FLAGS;
use crate::key::PartKind;
use crate::model::{Problem, ValueType};
use crate::problems::Problems;
use crate::single::SingleKind;

/// Most parts of a key.
pub const MAX_PARTS: usize = 4;
/// Most columns: a fact has five bits for the column's number, and a group a mark for each, besides
/// its own.
pub const MAX_COLUMNS: usize = 28;

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name in alerts.
    pub name: String,
    /// The type of its values.
    pub kind: PartKind,
}

impl KeyColumn {
    /// A number for the type of its values.
    pub(crate) fn number(&self) -> u64 {
        match self.kind {
            PartKind::Text => 0,
            PartKind::Integer => 1,
            PartKind::Boolean => 2,
        }
    }
}

/// The kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// The number of events.
    Count,
    /// The number of events with a flag, by the flag's number.
    CountWhere(u8),
    /// The number of distinct values.
    Distinct,
    /// The distinct texts, the smallest of them.
    Values,
    /// The distinct addresses, the smallest of them.
    Addresses,
    /// The distinct texts, the earliest of them.
    Samples,
    /// The sum of all values, integers or numbers.
    Sum(SingleKind),
    /// The average of all values, as a number.
    Average(SingleKind),
    /// The smallest value.
    Min(SingleKind),
    /// The largest value.
    Max(SingleKind),
    /// The value of the earliest event; of several, the smallest.
    First(SingleKind),
    /// The value of the latest event; of several, the largest.
    Last(SingleKind),
}

/// The monotonicity of a figure as events are added to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It never decreases.
    Rises,
    /// It never increases.
    Falls,
    /// It may decrease and increase.
    Either,
}

impl ColumnKind {
    /// The type of its single values; None if it has other values.
    #[must_use]
    pub fn single(self) -> Option<SingleKind> {
        match self {
            ColumnKind::Sum(kind)
            | ColumnKind::Average(kind)
            | ColumnKind::Min(kind)
            | ColumnKind::Max(kind)
            | ColumnKind::First(kind)
            | ColumnKind::Last(kind) => Some(kind),
            _ => None,
        }
    }

    /// The type of its value in an alert.
    #[must_use]
    pub fn value_type(self) -> ValueType {
        match (self, self.single()) {
            (ColumnKind::Count | ColumnKind::CountWhere(_) | ColumnKind::Distinct, _) => {
                ValueType::Integer
            }
            (ColumnKind::Average(_), _) => ValueType::Number,
            (_, None) => ValueType::TextList,
            (_, Some(SingleKind::Integer)) => ValueType::Integer,
            (_, Some(SingleKind::Number)) => ValueType::Number,
            (_, Some(SingleKind::Text)) => ValueType::Text,
            (_, Some(SingleKind::Boolean)) => ValueType::Boolean,
            (_, Some(SingleKind::Time)) => ValueType::Timestamp,
        }
    }

    /// Whether it is a single text.
    pub(crate) fn is_text(self) -> bool {
        self.single() == Some(SingleKind::Text)
    }

    /// Whether it depends on the time of events.
    pub(crate) fn goes_by_time(self) -> bool {
        matches!(self, ColumnKind::First(_) | ColumnKind::Last(_))
    }

    /// Whether it is numeric, for conditions.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        self.single().is_none_or(SingleKind::is_numeric)
    }

    /// The monotonicity of its number as events are added.
    #[must_use]
    pub fn course(self) -> Course {
        match self {
            ColumnKind::Count
            | ColumnKind::CountWhere(_)
            | ColumnKind::Distinct
            | ColumnKind::Values
            | ColumnKind::Addresses
            | ColumnKind::Samples
            | ColumnKind::Max(_) => Course::Rises,
            ColumnKind::Min(_) => Course::Falls,
            ColumnKind::Sum(_)
            | ColumnKind::Average(_)
            | ColumnKind::First(_)
            | ColumnKind::Last(_) => Course::Either,
        }
    }

    /// Whether it is a whole number from 0 on.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.single().is_none()
    }

    /// Whether it counts events.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, ColumnKind::Count | ColumnKind::CountWhere(_))
    }

    /// A number for the kind, for the hash of a schema.
    pub(crate) fn number(self) -> u64 {
        let of = |first, kind: SingleKind| first + kind.number();
        match self {
            ColumnKind::Count => 0,
            ColumnKind::Distinct => 1,
            ColumnKind::Values => 2,
            ColumnKind::Addresses => 3,
            ColumnKind::Samples => 4,
            ColumnKind::CountWhere(flag) => 16 + u64::from(flag),
            ColumnKind::Sum(kind) => of(1 << 9, kind),
            ColumnKind::Average(kind) => of(2 << 9, kind),
            ColumnKind::Min(kind) => of(3 << 9, kind),
            ColumnKind::Max(kind) => of(4 << 9, kind),
            ColumnKind::First(kind) => of(5 << 9, kind),
            ColumnKind::Last(kind) => of(6 << 9, kind),
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in alerts.
    pub name: String,
    /// Its kind.
    pub kind: ColumnKind,
}

/// The parts of a key and the columns, each identified by its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    key: Vec<KeyColumn>,
    kinds: Vec<PartKind>,
    columns: Vec<Column>,
}

impl Schema {
    /// Validates the key and the columns of a definition.
    ///
    /// # Errors
    /// Every problem, each with its place.
    #[inline(never)]
    pub fn new(key: Vec<KeyColumn>, columns: Vec<Column>) -> Result<Schema, Vec<Problem>> {
        let mut problems = Problems::default();
        for (what, number, most) in [
            ("key", key.len(), MAX_PARTS),
            ("columns", columns.len(), MAX_COLUMNS),
        ] {
            if number > most {
                problems.add(
                    format_args!("{what}"),
                    format_args!("{number} of them; at most {most} are kept"),
                );
            }
        }
        let key_names = key.iter().map(|part| &part.name);
        let names: Vec<&String> = key_names.chain(columns.iter().map(|c| &c.name)).collect();
        for (at, name) in names.iter().enumerate() {
            let (what, place) = match at.checked_sub(key.len()) {
                None => ("key", at),
                Some(at) => ("columns", at),
            };
            let place = format_args!("{what}[{place}]");
            if name.is_empty() {
                problems.add(place, format_args!("it has no name"));
            } else if names[..at].contains(name) {
                problems.add(place, format_args!("the name {name} stands before"));
            }
        }
        let mut flags = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            if let ColumnKind::Sum(kind) | ColumnKind::Average(kind) = column.kind
                && !kind.adds_up()
            {
                let message = format_args!("integers and numbers are added up; {kind:?} is none");
                problems.add(format_args!("columns[{at}]"), message);
            }
            if let ColumnKind::CountWhere(flag) = column.kind {
                let place = format_args!("columns[{at}]");
                if u32::from(flag) >= FLAGS {
                    let message = format_args!("flag {flag}; an event has {FLAGS}, from 0 on");
                    problems.add(place, message);
                } else if flags.contains(&flag) {
                    problems.add(place, format_args!("flag {flag} is counted before"));
                }
                flags.push(flag);
            }
        }
        problems.into_result(Schema {
            kinds: key.iter().map(|part| part.kind).collect(),
            key,
            columns,
        })
    }

    /// The parts of the key.
    pub fn key(&self) -> &[KeyColumn] {
        &self.key
    }

    /// The types of the key's parts.
    pub fn key_kinds(&self) -> &[PartKind] {
        &self.kinds
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A hash of the whole schema: states under different schemas are not merged.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Seed(0, 0).hasher();
        for part in &self.key {
            hash.text(part.name.as_bytes());
            hash.number(part.number());
        }
        hash.number(self.columns.len() as u64);
        for column in &self.columns {
            hash.text(column.name.as_bytes());
            hash.number(column.kind.number());
        }
        hash.finish()
    }

    /// The kind of a column; for an unknown one, the kind without values of its own.
    #[inline(always)]
    pub fn kind(&self, column: ColumnId) -> ColumnKind {
        match self.columns.get(usize::from(column)) {
            Some(column) => column.kind,
            None => ColumnKind::Count,
        }
    }

    /// The columns' numbers and kinds, in order.
    pub fn kinds(&self) -> impl Iterator<Item = (ColumnId, ColumnKind)> + '_ {
        (0..).zip(self.columns.iter().map(|column| column.kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnKind) -> Column {
        Column {
            name: name.to_owned(),
            kind,
        }
    }

    #[test]
    fn different_schemas_have_different_fingerprints() {
        let kinds = [
            ColumnKind::Count,
            ColumnKind::CountWhere(0),
            ColumnKind::CountWhere(1),
            ColumnKind::Distinct,
            ColumnKind::Values,
            ColumnKind::Addresses,
            ColumnKind::Samples,
            ColumnKind::Sum(SingleKind::Integer),
            ColumnKind::Sum(SingleKind::Number),
            ColumnKind::Average(SingleKind::Number),
            ColumnKind::Min(SingleKind::Text),
            ColumnKind::Max(SingleKind::Text),
            ColumnKind::First(SingleKind::Boolean),
            ColumnKind::Last(SingleKind::Time),
        ];
        let parts = [PartKind::Text, PartKind::Integer, PartKind::Boolean];
        let mut found = std::collections::BTreeSet::new();
        for name in ["a", "b"] {
            for kind in kinds {
                let schema = Schema::new(Vec::new(), vec![column(name, kind)]);
                found.insert(schema.unwrap().fingerprint());
            }
            for kind in parts {
                let name = name.to_owned();
                let schema = Schema::new(vec![KeyColumn { name, kind }], Vec::new());
                found.insert(schema.unwrap().fingerprint());
            }
        }
        assert_eq!(found.len(), 2 * (kinds.len() + parts.len()));
    }

    #[test]
    fn reports_problems_of_a_definition_with_their_places() {
        let part = |name: &str| KeyColumn {
            name: name.to_owned(),
            kind: PartKind::Text,
        };
        let places = |key: Vec<KeyColumn>, columns: Vec<Column>| match Schema::new(key, columns) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.key).collect(),
        };
        let count = || column("n", ColumnKind::Count);
        assert_eq!(places(vec![part("a")], vec![count()]), [""; 0]);
        assert_eq!(places(Vec::new(), Vec::new()), [""; 0]);
        assert_eq!(
            places(vec![part("a"), part("n")], vec![count()]),
            ["columns[0]"]
        );
        assert_eq!(
            places(vec![part("")], vec![count(), count()]),
            ["key[0]", "columns[1]"]
        );
        let where_ = |flag| column(&format!("n{flag}"), ColumnKind::CountWhere(flag));
        assert_eq!(
            places(Vec::new(), vec![where_(0), where_(1), where_(2)]),
            ["columns[2]"]
        );
        let twice = column("again", ColumnKind::CountWhere(1));
        assert_eq!(places(Vec::new(), vec![where_(1), twice]), ["columns[1]"]);
        let sums = [SingleKind::Integer, SingleKind::Text, SingleKind::Time];
        let sums = sums.map(|kind| column(&format!("{kind:?}"), ColumnKind::Sum(kind)));
        assert_eq!(
            places(Vec::new(), sums.into()),
            ["columns[1]", "columns[2]"]
        );
        let many = |n: usize| {
            (0..n)
                .map(|n| column(&n.to_string(), ColumnKind::Values))
                .collect()
        };
        assert_eq!(places(Vec::new(), many(MAX_COLUMNS)), [""; 0]);
        assert_eq!(places(Vec::new(), many(MAX_COLUMNS + 1)), ["columns"]);
        let parts = ["a", "b", "c", "d", "e"].map(part);
        assert_eq!(places(parts.to_vec(), Vec::new()), ["key"]);
    }
}
