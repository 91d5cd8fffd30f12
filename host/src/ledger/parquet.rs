//! A ledger as one Parquet file, whose columns have the types of what is in them.
//!
//! `describe` does not say of what type a key's parts are, so the first row group tells: a part
//! that is null throughout, or not of one type, is text. Where a later value has another type than
//! its column, the ledger ends there: as null it would be in the wrong group.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::columns::of_clause;
use super::columns::{ALERTED, COMPLETE, END, FIRST, FLOOR, ID, KEY, LAST, RULE, START, TIMESTAMP};
use super::entry::text;
use super::lines::names;
use super::scheme::is_whole;
use super::{Entry, Figure, Ledger, Scheme};
use crate::contract::{KeyPart, Value, Verdict};
use crate::error::{Error, TrapKind};

/// Rows of a row group, which are held until they are written.
const ROWS: usize = 1 << 16;

/// Writes rows to a Parquet file, which can be read once it is finished.
pub struct ParquetLedger {
    name: String,
    scheme: Scheme,
    /// None once it is finished, or the first row group is written.
    file: Option<File>,
    writer: Option<SerializedFileWriter<BufWriter<File>>>,
    /// The key's parts; none before the first row group.
    key: Vec<(String, Kind)>,
    rows: Vec<Entry>,
    /// Rows of the row groups before.
    written: u64,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Integer,
    Number,
    Truth,
}

impl ParquetLedger {
    /// A file, created or emptied.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn create(path: &Path, scheme: Scheme) -> Result<Self, Error> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|source| Error::Output {
            name: name.clone(),
            source,
        })?;
        Ok(Self {
            name,
            scheme,
            file: Some(file),
            writer: None,
            key: Vec::new(),
            rows: Vec::new(),
            written: 0,
        })
    }

    fn failed(&self, error: ParquetError) -> Error {
        let source = match error {
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(source) => *source,
                Err(other) => io::Error::other(other),
            },
            other => io::Error::other(other),
        };
        Error::Output {
            name: self.name.clone(),
            source,
        }
    }

    /// Whether a key's parts are those of the rows before it.
    fn has_names_as_before(&self, key: &[KeyPart]) -> bool {
        let names = key.iter().map(|part| &part.name);
        match self.rows.first() {
            Some(first) => names.eq(first.key.iter().map(|part| &part.name)),
            None if self.written > 0 => names.eq(self.key.iter().map(|(name, _)| name)),
            None => true,
        }
    }

    /// Writes the rows that are held, as a row group.
    fn write(&mut self) -> Result<(), Error> {
        if let Some(file) = self.file.take() {
            self.key = kinds(&self.rows);
            let schema = schema(&self.scheme, &self.key);
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
            let writer = schema.and_then(|schema| {
                let properties = Arc::new(properties.build());
                SerializedFileWriter::new(BufWriter::new(file), Arc::new(schema), properties)
            });
            self.writer = Some(writer.map_err(|error| self.failed(error))?);
        }
        let rows = std::mem::take(&mut self.rows);
        if let Some(why) = objection(&self.key, &rows, self.written) {
            return Err(self.failed(ParquetError::External(io::Error::other(why).into())));
        }
        self.written += rows.len() as u64;
        let Some(writer) = self.writer.as_mut().filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        let done = row_group(writer, &self.scheme, &self.key, &rows);
        done.map_err(|error| self.failed(error))
    }
}

impl Ledger for ParquetLedger {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let entry = self.scheme.entry(verdict)?;
        if !self.has_names_as_before(&entry.key) {
            return Err(Error::Trapped {
                call: "take-verdicts",
                kind: TrapKind::Answer("the parts of keys have other names than before".into()),
            });
        }
        self.rows.push(entry);
        if self.rows.len() < ROWS {
            return Ok(());
        }
        self.write()
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn settle(&mut self) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.write()?;
        match self.writer.take().map(SerializedFileWriter::close) {
            Some(Err(error)) => Err(self.failed(error)),
            _ => Ok(()),
        }
    }
}

/// The key's parts with their types.
fn kinds(rows: &[Entry]) -> Vec<(String, Kind)> {
    let first = rows.first().map(|row| row.key.as_slice());
    let names = first.unwrap_or_default().iter().map(|part| &part.name);
    let typed = names.enumerate().map(|(at, name)| {
        let values = rows
            .iter()
            .filter_map(|row| row.key.get(at)?.value.as_ref());
        let mut found: Vec<Kind> = values.map(kind).collect();
        found.dedup();
        let kind = match found[..] {
            [one] => one,
            _ => Kind::Text,
        };
        (name.clone(), kind)
    });
    typed.collect()
}

/// Which value is of another type than its column, if any is.
fn objection(key: &[(String, Kind)], rows: &[Entry], before: u64) -> Option<String> {
    for (number, row) in (before + 1..).zip(rows) {
        for (part, (name, column)) in row.key.iter().zip(key) {
            let Some(value) = &part.value else {
                continue;
            };
            if *column != Kind::Text && kind(value) != *column {
                let name = crate::escape::shorten(name, 80);
                return Some(format!(
                    "row {number}: {name} is {}, and in the first {ROWS} rows it was {}; a ledger \
                     that does not end in .parquet takes both",
                    kind(value).words(),
                    column.words()
                ));
            }
        }
    }
    None
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Time => "a time",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Truth => "true or false",
        }
    }
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Text(_) | Value::TextList(_) | Value::IntegerList(_) => Kind::Text,
        Value::Integer(_) => Kind::Integer,
        Value::Number(_) => Kind::Number,
        Value::Boolean(_) => Kind::Truth,
        Value::Timestamp(_) => Kind::Time,
    }
}

fn schema(scheme: &Scheme, key: &[(String, Kind)]) -> Result<Type, ParquetError> {
    let mut fields = Vec::new();
    let mut field = |name: &str, kind, repetition| {
        let (physical, logical) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Time => (
                Physical::INT64,
                Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
            ),
            Kind::Integer => (Physical::INT64, None),
            Kind::Number => (Physical::DOUBLE, None),
            Kind::Truth => (Physical::BOOLEAN, None),
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()?;
        fields.push(Arc::new(field));
        Ok::<(), ParquetError>(())
    };
    field(TIMESTAMP, Kind::Time, Repetition::REQUIRED)?;
    field(RULE, Kind::Text, Repetition::REQUIRED)?;
    field(KEY, Kind::Text, Repetition::REQUIRED)?;
    for (name, kind) in key {
        field(name, *kind, Repetition::OPTIONAL)?;
    }
    for name in [FIRST, LAST, START, END] {
        field(name, Kind::Time, Repetition::REQUIRED)?;
    }
    field(ALERTED, Kind::Truth, Repetition::REQUIRED)?;
    field(COMPLETE, Kind::Truth, Repetition::REQUIRED)?;
    field(ID, Kind::Text, Repetition::REQUIRED)?;
    field(FLOOR, Kind::Number, Repetition::REQUIRED)?;
    for condition in &scheme.conditions {
        let kind = if is_whole(condition) {
            Kind::Integer
        } else {
            Kind::Number
        };
        let [threshold, distance, holds] = of_clause(&condition.parameter);
        for name in [&condition.column, &threshold, &distance] {
            field(name, kind, Repetition::REQUIRED)?;
        }
        field(&holds, Kind::Truth, Repetition::REQUIRED)?;
    }
    Type::group_type_builder("ledger")
        .with_fields(fields)
        .build()
}

/// Writes the columns of a row group, one by one, in the order of the schema.
fn row_group(
    writer: &mut SerializedFileWriter<BufWriter<File>>,
    scheme: &Scheme,
    key: &[(String, Kind)],
    rows: &[Entry],
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    let mut column =
        |write: &dyn Fn(&mut SerializedColumnWriter<'_>) -> Result<(), ParquetError>| {
            let next = group.next_column()?;
            let mut next =
                next.ok_or_else(|| ParquetError::General("too many columns".to_owned()))?;
            write(&mut next)?;
            next.close()
        };
    let texts = |of: &dyn Fn(&Entry) -> String| -> Vec<ByteArray> {
        rows.iter()
            .map(|row| ByteArray::from(of(row).into_bytes()))
            .collect()
    };
    let times = |of: &dyn Fn(&Entry) -> i64| -> Vec<i64> { rows.iter().map(of).collect() };
    let truths = |of: &dyn Fn(&Entry) -> bool| -> Vec<bool> { rows.iter().map(of).collect() };

    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.end)))?;
    let rule = ByteArray::from(scheme.rule.as_str());
    column(&|to| put::<ByteArrayType>(to, &vec![rule.clone(); rows.len()]))?;
    let key_names = rows.first().map(|row| names(&row.key)).unwrap_or_default();
    let key_names = ByteArray::from(key_names.into_bytes());
    column(&|to| put::<ByteArrayType>(to, &vec![key_names.clone(); rows.len()]))?;
    for (at, (_, kind)) in key.iter().enumerate() {
        column(&|to| part(to, *kind, rows, at))?;
    }
    column(&|to| put::<Int64Type>(to, &times(&|row| row.first_seen)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.last_seen)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.start)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.end)))?;
    column(&|to| put::<BoolType>(to, &truths(&|row| row.alerted)))?;
    column(&|to| put::<BoolType>(to, &truths(&|row| row.complete)))?;
    column(&|to| put::<ByteArrayType>(to, &texts(&|row| format!("{:032x}", row.id))))?;
    column(&|to| put::<DoubleType>(to, &vec![scheme.floor; rows.len()]))?;
    for (at, condition) in scheme.conditions.iter().enumerate() {
        let figure = |row: &Entry| row.figures.get(at).copied().unwrap_or(Figure::NONE);
        let of: [fn(&Figure) -> f64; 3] = [|f| f.value, |f| f.threshold, Figure::distance];
        for of in of {
            let values = rows.iter().map(|row| of(&figure(row)));
            #[allow(clippy::cast_possible_truncation, reason = "they have no fraction")]
            if is_whole(condition) {
                let values: Vec<i64> = values.map(|value| value as i64).collect();
                column(&|to| put::<Int64Type>(to, &values))?;
            } else {
                let values: Vec<f64> = values.collect();
                column(&|to| put::<DoubleType>(to, &values))?;
            }
        }
        column(&|to| put::<BoolType>(to, &truths(&|row| figure(row).holds())))?;
    }
    group.close().map(|_| ())
}

/// Writes a part of the key, whose values are of the column's type or become text.
fn part(
    to: &mut SerializedColumnWriter<'_>,
    kind: Kind,
    rows: &[Entry],
    at: usize,
) -> Result<(), ParquetError> {
    let values = || rows.iter().map(|row| row.key.get(at)?.value.as_ref());
    match kind {
        Kind::Text => {
            let texts =
                values().map(|value| text(value).map(|text| ByteArray::from(text.into_bytes())));
            some::<ByteArrayType>(to, texts)
        }
        Kind::Integer | Kind::Time => some::<Int64Type>(
            to,
            values().map(|value| match value {
                Some(Value::Integer(number) | Value::Timestamp(number)) => Some(*number),
                _ => None,
            }),
        ),
        Kind::Number => some::<DoubleType>(
            to,
            values().map(|value| match value {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            }),
        ),
        Kind::Truth => some::<BoolType>(
            to,
            values().map(|value| match value {
                Some(Value::Boolean(truth)) => Some(*truth),
                _ => None,
            }),
        ),
    }
}

fn put<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    to.typed::<T>().write_batch(values, None, None).map(|_| ())
}

/// Writes values of which some are null.
fn some<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = values
        .iter()
        .map(|value| i16::from(value.is_some()))
        .collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    to.typed::<T>()
        .write_batch(&values, Some(&levels), None)
        .map(|_| ())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::contract::{
        Aggregate, Clause, Condition, Parameter, ParameterType, Rule, Severity, Window,
    };
    use crate::ledger::LedgerFile;

    fn scheme() -> Scheme {
        let rule = Rule {
            id: "rule".to_owned(),
            name: "rule".to_owned(),
            version: 1,
            description: String::new(),
            references: Vec::new(),
            severity: Severity::Low,
            risk_score: 0,
            tags: Vec::new(),
            event_category: Vec::new(),
            event_type: Vec::new(),
            threats: Vec::new(),
            window_length: 1000,
            data_sets: Vec::new(),
            parameters: vec![Parameter {
                name: "verdicts".to_owned(),
                kind: ParameterType::Boolean,
                default_value: "false".to_owned(),
                minimum: None,
                maximum: None,
                summary: String::new(),
            }],
            conditions: vec![Condition {
                column: "calls".to_owned(),
                parameter: "min_calls".to_owned(),
                aggregate: Aggregate::Count,
            }],
            tables: Vec::new(),
        };
        Scheme::new(&rule, 0.0).unwrap()
    }

    /// A window whose key has one part.
    fn verdict(value: Option<Value>) -> Verdict {
        Verdict {
            window: Window {
                start: 0,
                end: 1000,
            },
            key: vec![KeyPart {
                name: "who".to_owned(),
                value,
            }],
            first_seen: 1,
            last_seen: 2,
            alerted: false,
            complete: true,
            clauses: vec![Clause {
                name: "calls".to_owned(),
                value: 1.0,
                threshold: 2.0,
                distance: -1.0,
                holds: false,
            }],
        }
    }

    /// The values of the key's part as they are read again, if the ledger could be written.
    fn again(values: &[Option<Value>]) -> Result<Vec<Option<String>>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.parquet");
        let mut ledger = ParquetLedger::create(&path, scheme()).unwrap();
        for value in values {
            ledger.enter(&verdict(value.clone()))?;
        }
        ledger.finish()?;
        let mut read = Vec::new();
        let file = LedgerFile::open(&path).unwrap();
        let done = file.each(&scheme(), &mut |_, entry| {
            read.push(text(entry.part("who")));
            Ok(())
        });
        done.map(|_| read)
    }

    #[test]
    fn a_key_of_another_type_than_at_first_ends_the_ledger() {
        let mut values = vec![Some(Value::Integer(7)); ROWS];
        values.push(None);
        values.push(Some(Value::Text("seven".to_owned())));
        let error = again(&values).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        let words = error.to_string();
        assert!(
            words.contains(
                "row 65538: who is a text, and in the first 65536 rows it was an integer"
            ),
            "{words}"
        );
        values.pop();
        assert_eq!(again(&values).unwrap().last(), Some(&None));
    }

    #[test]
    fn a_key_of_several_types_at_first_or_none_is_text() {
        let mixed = [Some(Value::Integer(7)), Some(Value::Boolean(true)), None];
        let shown = [Some("7".to_owned()), Some("true".to_owned()), None];
        assert_eq!(again(&mixed).unwrap(), shown);
        let mut late = vec![None; ROWS];
        late.push(Some(Value::Integer(7)));
        assert_eq!(again(&late).unwrap().last(), Some(&shown[0]));
    }
}
