//! Tables as JSON: rows with a separate list of columns.

use crate::fields::{self, Field, FieldTable, FieldTree, Recognised};
use crate::record::Record;
use crate::scan::{ScanResult, Scanner, unescaped};

/// The fields of a table's columns.
pub(crate) struct TableColumns {
    fields: Vec<Option<Field>>,
    table: &'static FieldTable,
}

impl TableColumns {
    /// The fields of columns; None without a time among them: such rows count or list something,
    /// and are no records.
    ///
    /// # Errors
    /// When the columns cannot be read.
    pub(crate) fn of(columns: &str, tree: &FieldTree) -> ScanResult<Option<TableColumns>> {
        let fields = columns_of(columns, tree)?;
        let table = tree.table();
        let mut known = fields.iter().flatten();
        let timed = known.any(|field| table.times.contains(field));
        Ok(timed.then_some(TableColumns { fields, table }))
    }

    /// The record of a row, and its number of cells; a value that is no array has none.
    pub(crate) fn read<'a>(&self, json: &mut Scanner<'a>) -> ScanResult<(Record<'a>, usize)> {
        let (mut record, mut at) = (Record::default(), 0);
        if json.peek() != Some(b'[') {
            json.value()?;
            return Ok((record, at));
        }
        json.array(|json| {
            let cell = json.value()?;
            if let Some(Some(field)) = self.fields.get(at) {
                record.set(*field, 1, cell);
            }
            at += 1;
            Ok(())
        })?;
        Ok((record, at))
    }

    /// The record of a row; None if it belongs to another data set.
    ///
    /// # Errors
    /// The reason why it is no row.
    fn record<'a>(&self, row: &'a str) -> Result<Option<Record<'a>>, String> {
        let mut json = Scanner::new(row);
        let read = self.read(&mut json);
        let read = read.and_then(|read| json.end().map(|()| read));
        let (record, cells) = read.map_err(|error| {
            let column = error.at + 1;
            format!(
                "a table's row: not JSON: {} at column {column}",
                error.message
            )
        })?;
        let columns = self.fields.len();
        if cells != columns {
            return Err(format!(
                "a table's row: {cells} cells where there are {columns} columns"
            ));
        }
        let ours = (self.table.recognise)(&record) != Recognised::No;
        Ok(ours.then_some(record))
    }
}

/// The record of a row, given its table's columns, if those can be read; None if it belongs to
/// another data set.
///
/// # Errors
/// The reason why it is no row.
pub(crate) fn read_row<'a>(
    row: &'a str,
    columns: &ScanResult<Option<TableColumns>>,
) -> Result<Option<Record<'a>>, String> {
    match columns {
        Ok(Some(columns)) => columns.record(row),
        Ok(None) => Ok(None),
        Err(_) => Err("a table's row: its columns cannot be read".to_owned()),
    }
}

/// The field of each column.
fn columns_of(columns: &str, tree: &FieldTree) -> ScanResult<Vec<Option<Field>>> {
    let mut all = Vec::new();
    let mut json = Scanner::new(columns);
    json.array(|json| {
        let mut name = "";
        match json.peek() {
            Some(b'{') => json.object(|json, key| {
                let value = json.value()?;
                if matches!(key, "name" | "Name" | "ColumnName" | "columnName") {
                    name = value;
                }
                Ok(())
            })?,
            _ => name = json.value()?,
        }
        let name = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'));
        let place = name.and_then(|name| tree.find(FieldTree::ROOT, &unescaped(name)));
        all.push(match place {
            Some(fields::TreeEntry::Leaf(field)) => Some(field),
            _ => None,
        });
        Ok(())
    })?;
    Ok(all)
}
