//! Data that queries read: files of comma-separated values with typed columns, as documents.

use crate::case::{split, unquoted};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use weir_esql::evaluate::json::Json;
use weir_esql::types::Type;

/// A file of data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    /// Fields and their types, by name.
    pub(crate) fields: BTreeMap<String, Type>,
    /// Fields of other types, and these.
    pub(crate) others: BTreeMap<String, String>,
    pub(crate) documents: Vec<Json>,
}

/// The files of data below a folder, each read once.
pub(crate) struct Sources {
    folder: PathBuf,
    read: BTreeMap<String, Result<Data, String>>,
}

impl Sources {
    pub(crate) fn new(folder: &Path) -> Sources {
        Sources {
            folder: folder.to_owned(),
            read: BTreeMap::new(),
        }
    }

    /// The data of a name; None if there is no file for it.
    pub(crate) fn named(&mut self, name: &str) -> Option<&Result<Data, String>> {
        if !self.read.contains_key(name) {
            let file = format!("{name}.csv");
            let paths = [
                self.folder.join("data").join(&file),
                self.folder.join(&file),
            ];
            let path = paths.into_iter().find(|path| path.is_file())?;
            let data = match fs::read_to_string(&path) {
                Ok(text) => read(&text, name),
                Err(error) => Err(error.to_string()),
            };
            let data = data.map_err(|why| format!("{}: {why}", path.display()));
            self.read.insert(name.to_owned(), data);
        }
        self.read.get(name)
    }
}

/// Reads a file: a header of `name:type`, and a line for each document.
fn read(text: &str, index: &str) -> Result<Data, String> {
    let mut lines = text.lines().enumerate();
    let counts = |line: &str| !line.trim().is_empty() && !line.starts_with("//");
    let (_, header) = { lines.by_ref() }
        .find(|(_, line)| counts(line))
        .ok_or("it is empty")?;
    let mut data = Data::default();
    let mut columns: Vec<Column> = Vec::new();
    for cell in split(header, ',') {
        let (name, kind) = cell.split_once(':').unwrap_or((&cell, "keyword"));
        let (name, kind) = (name.trim().to_owned(), kind.trim());
        let known = Type::from_name(kind).filter(|kind| {
            !matches!(kind, Type::GeoPoint | Type::Source | Type::Null) && !kind.is_span()
        });
        match known {
            Some(known) => data.fields.insert(name.clone(), known).map(|_| ()),
            None => data
                .others
                .insert(name.clone(), kind.to_owned())
                .map(|_| ()),
        };
        let read: Option<fn(f64) -> f64> = match (known, kind) {
            (Some(_), "float") => Some(single),
            (Some(_), "half_float") => Some(half),
            _ => None,
        };
        columns.push(Column {
            name,
            kind: known,
            read,
        });
    }
    let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() < columns.len() || names.contains("") {
        return Err("the header has a name twice, or none".to_owned());
    }
    for (at, line) in lines.filter(|(_, line)| counts(line)) {
        let cells = split(line, ',');
        if cells.len() != columns.len() {
            let (cells, columns) = (cells.len(), columns.len());
            return Err(format!(
                "line {}: {cells} cells for {columns} columns",
                at + 1
            ));
        }
        let document = document(&columns, &cells, index);
        let document = Json::parse(&document);
        data.documents
            .push(document.ok_or(format!("line {} gives no JSON", at + 1))?);
    }
    Ok(data)
}

/// A column of a file.
struct Column {
    name: String,
    /// Its type, if it is supported.
    kind: Option<Type>,
    /// What its numbers are rounded by.
    read: Option<fn(f64) -> f64>,
}

/// A number with the precision of 32 bits.
fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A number with the precision of 16 bits: 10 bits behind the first, the nearest even one.
fn half(number: f64) -> f64 {
    let bits = (number as f32).to_bits();
    let rounded = bits.wrapping_add(0x0fff).wrapping_add((bits >> 13) & 1);
    f64::from(f32::from_bits(rounded & !0x1fff))
}

/// A line as a document below its index.
fn document(columns: &[Column], cells: &[String], index: &str) -> String {
    let mut members = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        let (Some(kind), Some(text)) = (column.kind, unquoted(cell)) else {
            continue;
        };
        if text.is_empty() || text == "null" {
            continue;
        }
        let value = match text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(items) => {
                let items = split(items, ',');
                let items: Vec<String> = { items.iter() }
                    .filter_map(|item| unquoted(item))
                    .map(|item| scalar(&item, kind, column.read))
                    .collect();
                format!("[{}]", items.join(","))
            }
            None => scalar(&text, kind, column.read),
        };
        members.push(format!("{}:{value}", quoted(&column.name)));
    }
    format!(
        "{{\"_index\":{},\"_source\":{{{}}}}}",
        quoted(index),
        members.join(",")
    )
}

fn scalar(text: &str, kind: Type, read: Option<fn(f64) -> f64>) -> String {
    if let (Some(read), Ok(number)) = (read, text.parse()) {
        return format!("{:?}", read(number));
    }
    match kind {
        Type::Integer | Type::Long | Type::Double if text.parse::<f64>().is_ok() => text.to_owned(),
        _ => quoted(&text.replace("\\,", ",")),
    }
}

/// A text as a string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
