//! Reader of Parquet ledgers, from any writer that keeps the columns.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::Scheme;
use super::columns::Column;
use super::ndjson_read::{Partial, Row, Scalar};
use weir_host::error::Error;

/// Rows that are read at once.
const ROWS: usize = 4096;

/// Some values of a column, none for null.
enum Values {
    Truths(Vec<Option<bool>>),
    Integers(Vec<Option<i64>>),
    Times(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<ByteArray>>),
}

/// Goes through all rows.
pub(super) fn each(
    path: &Path,
    scheme: &Scheme,
    visit: &mut dyn FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |error: ParquetError| {
        Error::input(
            path.display().to_string(),
            format!("is no whole Parquet file; the run that writes one must end: {error}"),
        )
    };
    let explained = |error| {
        Error::input(
            path.display().to_string(),
            weir_common::explain::explain(&error),
        )
    };
    let file = File::open(path).map_err(explained)?;
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    // Which columns are wanted: what follows from others is not read.
    let wanted: Vec<(usize, String, Option<Column>)> = schema
        .columns()
        .iter()
        .enumerate()
        .map(|(at, column)| (at, column.path().parts().join(".")))
        .map(|(at, name)| {
            let column = scheme.column(&name, at).map(|(_, column)| column);
            (at, name, column)
        })
        .filter(|(at, _, column)| match column {
            Some(column) => !matches!(column, Column::Derived | Column::Timestamp),
            // A part of the key, or a column of another program.
            None => can_be_read(&schema.column(*at)),
        })
        .collect();
    let mut row = 0_u64;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let mut rest = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut readers = Vec::with_capacity(wanted.len());
        for (at, ..) in &wanted {
            readers.push(group.get_column_reader(*at).map_err(failed)?);
        }
        while rest > 0 {
            let count = rest.min(ROWS);
            rest -= count;
            let mut columns = Vec::with_capacity(wanted.len());
            for ((at, ..), reader) in wanted.iter().zip(&mut readers) {
                columns.push(read(reader, &schema.column(*at), count).map_err(failed)?);
            }
            for at in 0..count {
                row += 1;
                let place = || format!("{}: row {row}", path.display());
                let found = read_row(scheme, &wanted, &columns, at)
                    .map_err(|why| Error::input(place(), format!("no row of a ledger: {why}")))?;
                visit(found)?;
            }
        }
    }
    Ok(())
}

fn read_row(
    scheme: &Scheme,
    wanted: &[(usize, String, Option<Column>)],
    columns: &[Values],
    at: usize,
) -> Result<Row, String> {
    let mut partial = Partial::new(scheme);
    for ((_, name, column), values) in wanted.iter().zip(columns) {
        let value = values.get(at, name)?;
        partial.put(Cow::Borrowed(name), *column, value);
    }
    partial.whole(scheme)
}

impl Values {
    fn get(&self, at: usize, name: &str) -> Result<Scalar<'_>, String> {
        let scalar = match self {
            Self::Truths(all) => all.get(at).copied().flatten().map(Scalar::Truth),
            Self::Integers(all) => all.get(at).copied().flatten().map(Scalar::Integer),
            Self::Times(all) => all.get(at).copied().flatten().map(Scalar::Time),
            Self::Numbers(all) => all.get(at).copied().flatten().map(Scalar::Number),
            Self::Texts(all) => match all.get(at).and_then(Option::as_ref) {
                None => None,
                Some(bytes) => match std::str::from_utf8(bytes.data()) {
                    Ok(text) => Some(Scalar::Text(Cow::Borrowed(text))),
                    Err(_) => return Err(format!("{name} is not UTF-8")),
                },
            },
        };
        Ok(scalar.unwrap_or(Scalar::Null))
    }
}

/// Whether a column is of a type that a ledger's can have.
fn can_be_read(column: &ColumnDescriptor) -> bool {
    let odd = matches!(
        column.physical_type(),
        Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY
    );
    column.max_rep_level() == 0 && column.max_def_level() <= 1 && !odd
}

/// The next values of a column.
fn read(
    reader: &mut ColumnReader,
    column: &ColumnDescriptor,
    count: usize,
) -> Result<Values, ParquetError> {
    if column.max_rep_level() > 0 || column.max_def_level() > 1 {
        let name = column.path().string();
        return Err(ParquetError::General(format!("column {name} is nested")));
    }
    Ok(match reader {
        ColumnReader::BoolColumnReader(reader) => Values::Truths(some(reader, column, count)?),
        ColumnReader::Int32ColumnReader(reader) => {
            let all = some(reader, column, count)?.into_iter();
            Values::Integers(all.map(|number| number.map(i64::from)).collect())
        }
        ColumnReader::Int64ColumnReader(reader) => {
            let all = some(reader, column, count)?;
            match column.logical_type_ref() {
                Some(LogicalType::Timestamp(time)) => {
                    let parts = match time.unit {
                        TimeUnit::MILLIS => 1,
                        TimeUnit::MICROS => 1_000,
                        TimeUnit::NANOS => 1_000_000,
                    };
                    let all = all.into_iter();
                    Values::Times(all.map(|time| time.map(|t| t.div_euclid(parts))).collect())
                }
                _ => Values::Integers(all),
            }
        }
        ColumnReader::FloatColumnReader(reader) => {
            let all = some(reader, column, count)?.into_iter();
            Values::Numbers(all.map(|number| number.map(f64::from)).collect())
        }
        ColumnReader::DoubleColumnReader(reader) => Values::Numbers(some(reader, column, count)?),
        ColumnReader::ByteArrayColumnReader(reader) => Values::Texts(some(reader, column, count)?),
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            let name = column.path().string();
            let why = format!("column {name} is of a type that no ledger has");
            return Err(ParquetError::General(why));
        }
    })
}

/// The next values of a column of one type, none for null.
fn some<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    count: usize,
) -> Result<Vec<Option<T::T>>, ParquetError> {
    let optional = column.max_def_level() > 0;
    let (mut values, mut levels) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut read = 0;
    while read < count {
        let into = optional.then_some(&mut levels);
        let (records, ..) = reader.read_records(count - read, into, None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::General("a column is too short".to_owned()));
        }
        read += records;
    }
    let mut values = values.into_iter();
    if !optional {
        return Ok(values.map(Some).collect());
    }
    let by_level = levels
        .iter()
        .map(|level| if *level > 0 { values.next() } else { None });
    Ok(by_level.collect())
}
