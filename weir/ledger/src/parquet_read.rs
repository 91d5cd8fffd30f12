//! Reader of Parquet ledgers, from any writer that keeps the columns.

use std::fs::File;
use std::path::Path;

use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use serde_json::Value as Json;

use super::Scheme;
use super::columns::is_derived;
use super::row::{Fields, Row};
use weir_host::error::Error;

/// Rows that are read at once.
const ROWS: usize = 4096;

/// Goes through all rows.
pub(super) fn each(
    path: &Path,
    scheme: &Scheme,
    visit: &mut dyn FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let name = path.display();
    let failed = |error: ParquetError| {
        let why = format!("is no whole Parquet file; the run that writes one must end: {error}");
        Error::input(&name, why)
    };
    let file = File::open(path);
    let file = file.map_err(|error| Error::input(&name, weir_common::explain::explain(&error)))?;
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.columns().iter().enumerate();
    let wanted: Vec<(usize, String)> = columns
        .filter(|(_, column)| can_be_read(column))
        .map(|(at, column)| (at, column.path().string()))
        .collect();
    let mut row = 0_u64;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let mut rest = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let readers = wanted.iter().map(|(at, _)| group.get_column_reader(*at));
        let mut readers = readers.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        while rest > 0 {
            let count = rest.min(ROWS);
            rest -= count;
            let mut rows: Vec<Fields<'_>> = std::iter::repeat_with(Fields::default)
                .take(count)
                .collect();
            for ((at, name), reader) in wanted.iter().zip(&mut readers) {
                let values = read(reader, &schema.column(*at), count).map_err(failed)?;
                for (fields, value) in rows.iter_mut().zip(values) {
                    fields.push(name.as_str(), value);
                }
            }
            for fields in rows {
                row += 1;
                let found = scheme.row(&fields).map_err(|why| {
                    Error::input(
                        format!("{name}: row {row}"),
                        format!("no row of a ledger: {why}"),
                    )
                })?;
                visit(found)?;
            }
        }
    }
    Ok(())
}

/// Whether a column is of a type that a ledger's can have, and not one that follows from others.
fn can_be_read(column: &ColumnDescriptor) -> bool {
    let odd = matches!(
        column.physical_type(),
        Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY
    );
    let name = column.name();
    column.max_rep_level() == 0 && column.max_def_level() <= 1 && !odd && !is_derived(name)
}

/// The next values of a column; times are numbers of milliseconds since 1970.
fn read(
    reader: &mut ColumnReader,
    column: &ColumnDescriptor,
    count: usize,
) -> Result<Vec<Json>, ParquetError> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => values(reader, column, count, Json::from),
        ColumnReader::Int32ColumnReader(reader) => values(reader, column, count, Json::from),
        ColumnReader::Int64ColumnReader(reader) => {
            let unit = match column.logical_type_ref() {
                Some(LogicalType::Timestamp(time)) => match time.unit {
                    TimeUnit::MILLIS => 1,
                    TimeUnit::MICROS => 1_000,
                    TimeUnit::NANOS => 1_000_000,
                },
                _ => 1,
            };
            values(reader, column, count, |number| {
                Json::from(number.div_euclid(unit))
            })
        }
        ColumnReader::FloatColumnReader(reader) => values(reader, column, count, Json::from),
        ColumnReader::DoubleColumnReader(reader) => values(reader, column, count, Json::from),
        ColumnReader::ByteArrayColumnReader(reader) => values(reader, column, count, |bytes| {
            // What is no text is taken for no column.
            std::str::from_utf8(bytes.data()).map_or_else(|_| Json::from(bytes.data()), Json::from)
        }),
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            Err(ParquetError::General("a column of an odd type".to_owned()))
        }
    }
}

/// The next values of a column of one type.
fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    count: usize,
    json: impl Fn(T::T) -> Json,
) -> Result<Vec<Json>, ParquetError> {
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
    let mut values = values.into_iter().map(json);
    if !optional {
        return Ok(values.collect());
    }
    let by_level = levels.iter().map(|level| match *level {
        0 => Some(Json::Null),
        _ => values.next(),
    });
    Ok(by_level.flatten().collect())
}
