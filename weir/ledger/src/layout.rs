//! Column layout of a Parquet ledger: the columns of all its rules, of one type each.

use super::columns::of_clause;
use super::{Entry, Scheme};
use weir_host::contract::is_whole;
use weir_host::contract::{Value, ValueType};
use weir_host::error::Error;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Time,
    Integer,
    Number,
    Truth,
}

/// Position of a column's value in a rule's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// In a part of the key.
    Key(usize),
    /// In a clause.
    Value(usize),
    Threshold(usize),
    Distance(usize),
    Holds(usize),
}

/// A column that rules bring.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// For each rule; none that does not have it.
    sources: Vec<Option<Source>>,
}

/// The columns that the rules of a ledger bring.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Parts of keys.
    pub(super) key: Vec<Column>,
    /// Figures of clauses.
    pub(super) clauses: Vec<Column>,
}

/// Value of a row in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Time(i64),
    Integer(i64),
    Number(f64),
    Truth(bool),
}

impl Layout {
    /// Layout of the ledger of these rules.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when two of them have a column of one name and of different types.
    pub(super) fn new(schemes: &[Scheme]) -> Result<Self, Error> {
        let mut layout = Self::default();
        for (rule, scheme) in schemes.iter().enumerate() {
            let of = (rule, schemes.len());
            for (at, part) in scheme.key.iter().enumerate() {
                add(
                    &mut layout.key,
                    of,
                    &part.name,
                    kind_of(part.kind),
                    Source::Key(at),
                )?;
            }
            for (at, condition) in scheme.conditions.iter().enumerate() {
                let figure = match is_whole(condition) {
                    true => Kind::Integer,
                    false => Kind::Number,
                };
                let [threshold, distance, holds] = of_clause(&condition.parameter);
                for (name, kind, source) in [
                    (&condition.column, figure, Source::Value(at)),
                    (&threshold, figure, Source::Threshold(at)),
                    (&distance, figure, Source::Distance(at)),
                    (&holds, Kind::Truth, Source::Holds(at)),
                ] {
                    add(&mut layout.clauses, of, name, kind, source)?;
                }
            }
        }
        Ok(layout)
    }
}

impl Column {
    /// Whether every rule has it.
    pub(super) fn is_of_all(&self) -> bool {
        self.sources.iter().all(Option::is_some)
    }

    /// Value of a rule's row in it.
    pub(super) fn cell(&self, rule: usize, entry: &Entry) -> Option<Cell> {
        let source = (*self.sources.get(rule)?)?;
        let of = |at: usize, figure: fn(&super::Figure) -> f64| {
            let value = figure(entry.figures.get(at)?);
            #[allow(clippy::cast_possible_truncation, reason = "a count has no fraction")]
            Some(match self.kind {
                Kind::Integer => Cell::Integer(value as i64),
                _ => Cell::Number(value),
            })
        };
        match source {
            Source::Key(at) => entry
                .key
                .get(at)?
                .value
                .as_ref()
                .map(|value| self.part(value)),
            Source::Value(at) => of(at, |figure| figure.value),
            Source::Threshold(at) => of(at, |figure| figure.threshold),
            Source::Distance(at) => of(at, super::Figure::distance),
            Source::Holds(at) => Some(Cell::Truth(entry.figures.get(at)?.holds())),
        }
    }

    /// A part of a key, which was found to be of the type that its rule describes.
    fn part(&self, value: &Value) -> Cell {
        match (self.kind, value) {
            (Kind::Time, Value::Timestamp(time)) => Cell::Time(*time),
            (Kind::Integer, Value::Integer(number)) => Cell::Integer(*number),
            (Kind::Number, Value::Number(number)) => Cell::Number(*number),
            (Kind::Truth, Value::Boolean(truth)) => Cell::Truth(*truth),
            (_, value) => Cell::Text(super::text(Some(value)).unwrap_or_default()),
        }
    }
}

fn kind_of(kind: ValueType) -> Kind {
    match kind {
        ValueType::Text | ValueType::TextList | ValueType::IntegerList => Kind::Text,
        ValueType::Integer => Kind::Integer,
        ValueType::Number => Kind::Number,
        ValueType::Boolean => Kind::Truth,
        ValueType::Timestamp => Kind::Time,
    }
}

fn add(
    columns: &mut Vec<Column>,
    (rule, rules): (usize, usize),
    name: &str,
    kind: Kind,
    source: Source,
) -> Result<(), Error> {
    let known = columns.iter().position(|column| column.name == name);
    let at = known.unwrap_or_else(|| {
        columns.push(Column {
            name: name.to_owned(),
            kind,
            sources: vec![None; rules],
        });
        columns.len() - 1
    });
    match columns.get_mut(at) {
        Some(column) if column.kind == kind => {
            if let Some(place) = column.sources.get_mut(rule) {
                *place = Some(source);
            }
            Ok(())
        }
        _ => Err(Error::config(format!(
            "column {name} is of different types in two rules, and a Parquet file has one for each \
             column; a ledger that does not end in .parquet takes both"
        ))),
    }
}
