//! Rows whose columns are named beside them.

use crate::fields::{self, Field, FieldTable, Recognised, Tree};
use crate::record::Record;
use crate::scan::{Scanner, Step, unescaped};

/// Which field each column of a table is.
pub(crate) struct Columns {
    fields: Vec<Option<Field>>,
    table: &'static FieldTable,
}

impl Columns {
    /// None where there is no time among them: such rows count or list something, and are no records.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) fn of(columns: &str, tree: &Tree) -> Step<Option<Columns>> {
        let fields = columns_of(columns, tree)?;
        let table = tree.table();
        let mut known = fields.iter().flatten();
        let timed = known.any(|field| table.times.contains(field));
        Ok(timed.then_some(Columns { fields, table }))
    }

    /// The record that a row is, and how many cells it has. What is no array has none.
    pub(crate) fn read<'a>(&self, json: &mut Scanner<'a>) -> Step<(Record<'a>, usize)> {
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

    /// The record that a text is as a row; none where it is of another data set.
    ///
    /// # Errors
    /// Why it is no row.
    fn record<'a>(&self, row: &'a str) -> Result<Option<Record<'a>>, String> {
        let mut json = Scanner::new(row);
        let read = self.read(&mut json);
        let read = read.and_then(|read| json.end().map(|()| read));
        let (record, cells) = read.map_err(|error| {
            let column = error.at + 1;
            format!("a table's row: not JSON: {} at column {column}", error.what)
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

/// What is read of a row, given its table's columns, if those can be read: none where it is of
/// another data set.
///
/// # Errors
/// Why it is no row.
pub(crate) fn read_row<'a>(
    row: &'a str,
    columns: &Step<Option<Columns>>,
) -> Result<Option<Record<'a>>, String> {
    match columns {
        Ok(Some(columns)) => columns.record(row),
        Ok(None) => Ok(None),
        Err(_) => Err("a table's row: its columns cannot be read".to_owned()),
    }
}

/// Which field each column is.
fn columns_of(columns: &str, tree: &Tree) -> Step<Vec<Option<Field>>> {
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
        let place = name.and_then(|name| tree.find(Tree::ROOT, &unescaped(name)));
        all.push(match place {
            Some(fields::Place::Leaf(field)) => Some(field),
            _ => None,
        });
        Ok(())
    })?;
    Ok(all)
}
