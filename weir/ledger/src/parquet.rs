//! Writer of Parquet ledgers, whose columns have the types that `describe` gives: the columns of all
//! rules, of one type each.

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
use super::{Ledger, Scheme};
use weir_host::contract::{Value, ValueType, Verdict, is_whole};
use weir_host::error::Error;

/// Rows of a row group, which are held until they are written.
const ROWS: usize = 1 << 15;

/// Writes rows to a Parquet file, which can be read once it is finished.
pub struct ParquetLedger {
    name: String,
    schemes: Vec<Scheme>,
    columns: Vec<Column>,
    /// Number of rows that are held.
    rows: usize,
    /// None once it is finished, or the first row group is written.
    file: Option<File>,
    writer: Option<SerializedFileWriter<BufWriter<File>>>,
}

/// A column, and its values in the rows that are held.
struct Column {
    name: String,
    /// Lists are text.
    kind: ValueType,
    /// Whether a row may have no value in it.
    optional: bool,
    values: Vec<Option<Value>>,
}

impl ParquetLedger {
    /// A file for the rows of these rules, created or emptied; entries of others are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails, [`Error::Config`] when the rules have columns of one name and
    /// of different types.
    pub fn create(path: &Path, schemes: Vec<Scheme>) -> Result<Self, Error> {
        let columns = columns(&schemes)?;
        let name = path.display().to_string();
        let file = File::create(path).map_err(|source| Error::output(&name, source))?;
        Ok(Self {
            name,
            schemes,
            columns,
            rows: 0,
            file: Some(file),
            writer: None,
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
        Error::output(&self.name, source)
    }

    /// Writes the rows that are held, as a row group.
    fn write(&mut self) -> Result<(), ParquetError> {
        if let Some(file) = self.file.take() {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
            self.writer = Some(SerializedFileWriter::new(
                BufWriter::new(file),
                Arc::new(schema(&self.columns)?),
                Arc::new(properties.build()),
            )?);
        }
        let Some(writer) = self.writer.as_mut().filter(|_| self.rows > 0) else {
            return Ok(());
        };
        self.rows = 0;
        let mut group = writer.next_row_group()?;
        for column in &mut self.columns {
            let to = group.next_column()?;
            let mut to = to.ok_or_else(|| ParquetError::General("too many columns".to_owned()))?;
            column.write(&mut to)?;
            to.close()?;
        }
        group.close().map(|_| ())
    }
}

impl Ledger for ParquetLedger {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let mut schemes = self.schemes.iter();
        let Some(scheme) = schemes.find(|scheme| scheme.rule == verdict.rule) else {
            return Ok(());
        };
        let entry = scheme.entry(verdict);
        let mut fields = scheme.fields(&entry);
        for column in &mut self.columns {
            // Mostly they come in the order of the columns.
            let at = fields.iter().position(|(name, _)| *name == column.name);
            let value = at.and_then(|at| fields.remove(at).1);
            column.values.push(value);
        }
        self.rows += 1;
        if self.rows < ROWS {
            return Ok(());
        }
        self.write().map_err(|error| self.failed(error))
    }

    fn finish(&mut self) -> Result<(), Error> {
        let written = self.write();
        let closed = written.and_then(|()| {
            self.writer
                .take()
                .map_or(Ok(()), |writer| writer.close().map(|_| ()))
        });
        closed.map_err(|error| self.failed(error))
    }
}

/// The columns of these rules: the same first for all, the parts of keys and the figures of clauses
/// as the rules bring them.
fn columns(schemes: &[Scheme]) -> Result<Vec<Column>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: &str, kind: ValueType, optional: bool| {
        let kind = match kind {
            ValueType::TextList | ValueType::IntegerList => ValueType::Text,
            kind => kind,
        };
        match columns.iter().find(|column| column.name == name) {
            Some(known) if known.kind != kind => Err(Error::config(format!(
                "column {name} is of different types in two rules, and a Parquet file has one for each \
                 column; a ledger that does not end in .parquet takes both"
            ))),
            Some(_) => Ok(()),
            None => {
                columns.push(Column {
                    name: name.to_owned(),
                    kind,
                    optional,
                    values: Vec::new(),
                });
                Ok(())
            }
        }
    };
    add(TIMESTAMP, ValueType::Timestamp, false)?;
    add(RULE, ValueType::Text, false)?;
    add(KEY, ValueType::Text, false)?;
    for part in schemes.iter().flat_map(|scheme| &scheme.key) {
        add(&part.name, part.kind, true)?;
    }
    for name in [FIRST, LAST, START, END] {
        add(name, ValueType::Timestamp, false)?;
    }
    add(ALERTED, ValueType::Boolean, false)?;
    add(COMPLETE, ValueType::Boolean, false)?;
    add(TRUNCATED, ValueType::Text, true)?;
    add(ID, ValueType::Text, false)?;
    add(FLOOR, ValueType::Number, false)?;
    for (condition, [threshold, distance, holds]) in schemes.iter().flat_map(Scheme::clauses) {
        let figure = match is_whole(condition) {
            true => ValueType::Integer,
            false => ValueType::Number,
        };
        let of_all = |has: &dyn Fn(&Scheme) -> bool| schemes.iter().all(has);
        let column = &condition.column;
        let with_column = |scheme: &Scheme| scheme.conditions.iter().any(|c| c.column == *column);
        add(column, figure, !of_all(&with_column))?;
        let parameter = &condition.parameter;
        let with_parameter =
            |scheme: &Scheme| scheme.conditions.iter().any(|c| c.parameter == *parameter);
        let optional = !of_all(&with_parameter);
        add(threshold, figure, optional)?;
        add(distance, figure, optional)?;
        add(holds, ValueType::Boolean, optional)?;
    }
    Ok(columns)
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.kind {
            ValueType::Timestamp => (
                Physical::INT64,
                Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
            ),
            ValueType::Integer => (Physical::INT64, None),
            ValueType::Number => (Physical::DOUBLE, None),
            ValueType::Boolean => (Physical::BOOLEAN, None),
            _ => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let repetition = match column.optional {
            true => Repetition::OPTIONAL,
            false => Repetition::REQUIRED,
        };
        let field = Type::primitive_type_builder(&column.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition);
        field.build().map(Arc::new)
    });
    Type::group_type_builder("ledger")
        .with_fields(fields.collect::<Result<_, _>>()?)
        .build()
}

impl Column {
    /// Writes the values that are held.
    fn write(&mut self, to: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self.kind {
            ValueType::Timestamp | ValueType::Integer => {
                self.put::<Int64Type>(to, |value| match value {
                    Value::Timestamp(number) | Value::Integer(number) => Some(number),
                    Value::Number(number) => Some(number as i64),
                    _ => None,
                })
            }
            ValueType::Number => self.put::<DoubleType>(to, |value| match value {
                Value::Number(number) => Some(number),
                _ => None,
            }),
            ValueType::Boolean => self.put::<BoolType>(to, |value| match value {
                Value::Boolean(truth) => Some(truth),
                _ => None,
            }),
            _ => self.put::<ByteArrayType>(to, |value| {
                Some(ByteArray::from(value.to_string().into_bytes()))
            }),
        }
    }

    fn put<T: DataType>(
        &mut self,
        to: &mut SerializedColumnWriter<'_>,
        of: impl Fn(Value) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let values = self.values.drain(..);
        let values: Vec<Option<T::T>> = values.map(|value| value.and_then(&of)).collect();
        let levels = values.iter().map(|value| i16::from(value.is_some()));
        let levels: Option<Vec<i16>> = self.optional.then(|| levels.collect());
        let values: Vec<T::T> = values.into_iter().flatten().collect();
        let to = to.typed::<T>();
        to.write_batch(&values, levels.as_deref(), None).map(|_| ())
    }
}

#[cfg(test)]
#[path = "parquet_tests.rs"]
mod tests;
