//! Writer of Parquet ledgers, whose columns have the types that `describe` gives.

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

use super::columns::{
    ALERTED, COMPLETE, END, FIRST, FLOOR, ID, KEY, LAST, RULE, START, TIMESTAMP, TRUNCATED,
};
use super::layout::{Cell, Column, Kind, Layout};
use super::ndjson_write::{marks, names};
use super::{Entry, Ledger, Scheme};
use weir_host::contract::Verdict;
use weir_host::error::Error;

/// Rows of a row group, which are held until they are written.
const ROWS: usize = 1 << 16;

/// Writes rows to a Parquet file, which can be read once it is finished.
pub struct ParquetLedger {
    name: String,
    schemes: Vec<Scheme>,
    layout: Layout,
    /// None once it is finished, or the first row group is written.
    file: Option<File>,
    writer: Option<SerializedFileWriter<BufWriter<File>>>,
    rows: Vec<Row>,
}

/// A row, and the place of its rule.
struct Row {
    rule: usize,
    entry: Entry,
}

impl ParquetLedger {
    /// A file for the rows of these rules, created or emptied; entries of others are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails, [`Error::Config`] when the rules have columns of one name and
    /// of different types.
    pub fn create(path: &Path, schemes: Vec<Scheme>) -> Result<Self, Error> {
        let layout = Layout::new(&schemes)?;
        let name = path.display().to_string();
        let file = File::create(path).map_err(|source| Error::Output {
            name: name.clone(),
            source,
        })?;
        Ok(Self {
            name,
            schemes,
            layout,
            file: Some(file),
            writer: None,
            rows: Vec::new(),
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

    /// Writes the rows that are held, as a row group.
    fn write(&mut self) -> Result<(), Error> {
        if let Some(file) = self.file.take() {
            let schema = schema(&self.layout);
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
            let writer = schema.and_then(|schema| {
                let properties = Arc::new(properties.build());
                SerializedFileWriter::new(BufWriter::new(file), Arc::new(schema), properties)
            });
            self.writer = Some(writer.map_err(|error| self.failed(error))?);
        }
        let rows = std::mem::take(&mut self.rows);
        let Some(writer) = self.writer.as_mut().filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        let done = row_group(writer, &self.schemes, &self.layout, &rows);
        done.map_err(|error| self.failed(error))
    }
}

impl Ledger for ParquetLedger {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let mut schemes = self.schemes.iter().enumerate();
        let Some((rule, scheme)) = schemes.find(|(_, scheme)| scheme.rule == verdict.rule) else {
            return Ok(());
        };
        let entry = scheme.entry(verdict);
        self.rows.push(Row { rule, entry });
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

fn schema(layout: &Layout) -> Result<Type, ParquetError> {
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
    for column in &layout.key {
        field(&column.name, column.kind, Repetition::OPTIONAL)?;
    }
    for name in [FIRST, LAST, START, END] {
        field(name, Kind::Time, Repetition::REQUIRED)?;
    }
    field(ALERTED, Kind::Truth, Repetition::REQUIRED)?;
    field(COMPLETE, Kind::Truth, Repetition::REQUIRED)?;
    field(TRUNCATED, Kind::Text, Repetition::OPTIONAL)?;
    field(ID, Kind::Text, Repetition::REQUIRED)?;
    field(FLOOR, Kind::Number, Repetition::REQUIRED)?;
    for column in &layout.clauses {
        let repetition = match column.is_of_all() {
            true => Repetition::REQUIRED,
            false => Repetition::OPTIONAL,
        };
        field(&column.name, column.kind, repetition)?;
    }
    Type::group_type_builder("ledger")
        .with_fields(fields)
        .build()
}

/// Writes the columns of a row group, one by one, in the order of the schema.
fn row_group(
    writer: &mut SerializedFileWriter<BufWriter<File>>,
    schemes: &[Scheme],
    layout: &Layout,
    rows: &[Row],
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
    let scheme = |row: &Row| schemes.get(row.rule);
    let texts = |of: &dyn Fn(&Row) -> String| -> Vec<ByteArray> {
        rows.iter()
            .map(|row| ByteArray::from(of(row).into_bytes()))
            .collect()
    };
    let times = |of: &dyn Fn(&Entry) -> i64| -> Vec<i64> {
        rows.iter().map(|row| of(&row.entry)).collect()
    };
    let truths = |of: &dyn Fn(&Entry) -> bool| -> Vec<bool> {
        rows.iter().map(|row| of(&row.entry)).collect()
    };
    let rule = |row: &Row| scheme(row).map_or_else(String::new, |scheme| scheme.rule.clone());

    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.end)))?;
    column(&|to| put::<ByteArrayType>(to, &texts(&rule)))?;
    column(&|to| put::<ByteArrayType>(to, &texts(&|row| names(&row.entry.key))))?;
    for part in &layout.key {
        column(&|to| own(to, part, rows, true))?;
    }
    column(&|to| put::<Int64Type>(to, &times(&|row| row.first_seen)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.last_seen)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.start)))?;
    column(&|to| put::<Int64Type>(to, &times(&|row| row.window.end)))?;
    column(&|to| put::<BoolType>(to, &truths(&|row| row.alerted)))?;
    column(&|to| put::<BoolType>(to, &truths(&|row| row.complete)))?;
    let marked = |row: &Row| {
        let marks = scheme(row).and_then(|scheme| marks(scheme, &row.entry));
        marks.map(|marks| ByteArray::from(marks.into_bytes()))
    };
    column(&|to| some::<ByteArrayType>(to, rows.iter().map(marked)))?;
    column(&|to| put::<ByteArrayType>(to, &texts(&|row| format!("{:032x}", row.entry.id))))?;
    let floors: Vec<f64> = rows.iter().map(|row| row.entry.floor).collect();
    column(&|to| put::<DoubleType>(to, &floors))?;
    for figure in &layout.clauses {
        column(&|to| own(to, figure, rows, !figure.is_of_all()))?;
    }
    group.close().map(|_| ())
}

/// Writes a column that rules bring; `optional` says whether a row may have no value in it.
fn own(
    to: &mut SerializedColumnWriter<'_>,
    column: &Column,
    rows: &[Row],
    optional: bool,
) -> Result<(), ParquetError> {
    let cells = || rows.iter().map(|row| column.cell(row.rule, &row.entry));
    match column.kind {
        Kind::Text => values::<ByteArrayType>(to, cells(), optional, |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
            _ => None,
        }),
        Kind::Time | Kind::Integer => {
            values::<Int64Type>(to, cells(), optional, |cell| match cell {
                Cell::Time(number) | Cell::Integer(number) => Some(number),
                _ => None,
            })
        }
        Kind::Number => values::<DoubleType>(to, cells(), optional, |cell| match cell {
            Cell::Number(number) => Some(number),
            _ => None,
        }),
        Kind::Truth => values::<BoolType>(to, cells(), optional, |cell| match cell {
            Cell::Truth(truth) => Some(truth),
            _ => None,
        }),
    }
}

/// Writes cells as values of one type.
fn values<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<Cell>>,
    optional: bool,
    of: impl Fn(Cell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values = cells.map(|cell| cell.and_then(&of));
    match optional {
        true => some::<T>(to, values),
        false => put::<T>(to, &values.flatten().collect::<Vec<_>>()),
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
#[path = "parquet_tests.rs"]
mod tests;
