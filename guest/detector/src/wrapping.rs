//! Unwrapping of records inside other documents: as JSON text in a field, in a search response, in
//! a table of columns and rows, or under some key.
//!
//! Only documents that would otherwise count as another data set are searched, and only if they
//! contain its name. Each level costs one pass over its content, and levels are limited, so the
//! work is linear whatever the nesting.

mod counts;
mod members;

use crate::batch::{Parsed, Position};
use crate::fields::{DataSetName, FieldTree, Recognised};
use crate::key_path::{KeyPath, MAX_LEVELS, TABLES, TEXT};
use crate::record::{self, Document, Record};
use crate::recovery::{self, RecoveredDocument};
use crate::scan::{Error, ScanResult, Scanner, Written, unescaped};
use crate::table::{self, TableColumns};
use counts::DocumentCounts;
use members::{members, offset};
use std::borrow::Cow;
use std::ops::Range;

/// The callback for each record: its kind, its position in the batch, and the document.
pub type EachRecord<'e> = dyn FnMut(&'static str, Position, Parsed) + 'e;
/// Maps a range of a text to a range of the batch. Ranges must be requested in order; one may be
/// inside the one before.
type Locate<'l> = dyn FnMut(Range<usize>) -> Range<usize> + 'l;

/// Calls `each` with every record inside a document. Returns the number of documents of other data
/// sets beside them; None if there is no record.
pub fn open(
    batch: &[u8],
    position: &Position,
    tree: &FieldTree,
    each: &mut EachRecord,
) -> Option<u64> {
    let bytes = batch.get(position.span.clone())?;
    if !tree.table().name.is_in(bytes) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let path = KeyPath {
        kind: None,
        known: true,
        text: false,
        left: MAX_LEVELS,
    };
    let start = position.span.start;
    let mut locate = |part: Range<usize>| start + part.start..start + part.end;
    let found = Unwrapper { tree, each }.value(text, path, position, &mut locate);
    (found.ours > 0).then_some(found.others)
}

struct Unwrapper<'t, 'e, 'f> {
    tree: &'t FieldTree,
    each: &'e mut EachRecord<'f>,
}

impl Unwrapper<'_, '_, '_> {
    /// The name of the data set.
    fn name(&self) -> &'static DataSetName {
        &self.tree.table().name
    }

    fn names(&self, text: &str) -> bool {
        self.name().is_in(text.as_bytes())
    }

    fn recognise(&self, record: &Record) -> Recognised {
        (self.tree.table().recognise)(record)
    }

    /// Searches a value that contains the name of the data set; it starts at the text's first byte.
    fn value(
        &mut self,
        text: &str,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        let Some(path) = path.deeper() else {
            return DocumentCounts::default();
        };
        match text.as_bytes().first() {
            Some(b'"') => {
                let inner = &text[1..text.len() - 1];
                self.text(inner, path, position, &mut |part| {
                    locate(part.start + 1..part.end + 1)
                })
            }
            Some(b'[') => self.array(text, path, position, locate),
            Some(b'{') => self.object(text, path, position, locate),
            _ => DocumentCounts::default(),
        }
    }

    /// Searches a value if it contains the name of the data set.
    fn named(
        &mut self,
        text: &str,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        match self.names(text) {
            true => self.value(text, path, position, locate),
            false => DocumentCounts::default(),
        }
    }

    /// Searches a text that is itself JSON, mostly one value.
    fn text(
        &mut self,
        inner: &str,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        // Most texts are no JSON.
        if memchr::memchr2(b'{', b'\\', inner.as_bytes()).is_none() {
            return DocumentCounts::default();
        }
        let path = KeyPath {
            text: true,
            kind: path.kind.or(Some(TEXT)),
            ..path
        };
        let text = unescaped(inner);
        let mut found = DocumentCounts::default();
        // Behind the prefix of a syslog or container line, it is an object.
        let whole = text.trim_start().starts_with(['{', '[', '"']);
        let lead = if whole { Some(0) } else { text.find('{') };
        let Some(lead) = lead else { return found };
        let text = &text[lead..];
        let mut written = Written::new(inner);
        let mut locate =
            |part: Range<usize>| locate(written.part(lead + part.start..lead + part.end));
        let mut json = Scanner::new(text);
        let mut position = Cow::Borrowed(position);
        let mut alone = true;
        while json.peek().is_some() {
            let start = json.at();
            match json.value() {
                Ok(value) => {
                    alone &= json.peek().is_none();
                    if !alone {
                        position.to_mut().span = locate(start..start + value.len());
                    }
                    let inner = self.named(value, path, &position, &mut |part| {
                        locate(start + part.start..start + part.end)
                    });
                    found.add(&inner, value);
                }
                Err(_) if !whole => break,
                Err(error) => {
                    let parts = recovery::parts(text, self.name()).into_iter();
                    let mut parts: Vec<_> = parts.filter(|part| part.span.end > start).collect();
                    if let Some(first) = parts.first_mut() {
                        first.span.start = first.span.start.max(start);
                    }
                    if parts.len() > 1 || !alone {
                        self.parts(text, parts, path, &position, &mut locate, &mut found);
                        break;
                    }
                    found.ours += self.broken(&text[start..], error, path, &position);
                    break;
                }
            }
        }
        found
    }

    /// Searches the documents of a text in which one is malformed.
    fn parts(
        &mut self,
        text: &str,
        parts: Vec<RecoveredDocument>,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
        found: &mut DocumentCounts,
    ) {
        for RecoveredDocument { span, columns } in parts {
            let start = span.start;
            let position = Position {
                line: position.line,
                span: locate(span.clone()),
            };
            let part = &text[span];
            if let Some(columns) = columns {
                let columns = TableColumns::of(&text[columns], self.tree);
                found.add_row(self.row(&columns, part, path, position));
                continue;
            }
            let mut json = Scanner::new(part);
            match json.value().and_then(|_| json.end()) {
                Ok(()) => {
                    let inner = self.named(part, path, &position, &mut |part| {
                        locate(start + part.start..start + part.end)
                    });
                    found.add(&inner, part);
                }
                // The name of the data set may be in the malformed part.
                Err(error) => found.ours += self.refuse(part, error, path, &position),
            }
        }
    }

    /// Ingests a row of a table in which another row is malformed; returns whether it is a record.
    fn row(
        &mut self,
        columns: &ScanResult<Option<TableColumns>>,
        row: &str,
        path: KeyPath,
        position: Position,
    ) -> bool {
        match table::read_row(row, columns) {
            Ok(Some(record)) => (self.each)(TABLES, position, Parsed::Record(&record)),
            Err(reason) => {
                let kind = path.kind.unwrap_or(TABLES);
                (self.each)(
                    kind,
                    position,
                    Parsed::Malformed(format!("{kind}: {reason}")),
                );
            }
            Ok(None) => return false,
        }
        true
    }

    /// Refuses a truncated or malformed text, if it can only have been a record.
    fn broken(&mut self, text: &str, error: Error, path: KeyPath, position: &Position) -> u64 {
        match self.names(text) {
            true => self.refuse(text, error, path, position),
            false => 0,
        }
    }

    fn refuse(&mut self, text: &str, error: Error, path: KeyPath, position: &Position) -> u64 {
        let kind = path.kind.unwrap_or(TEXT);
        if !path.known || !text.starts_with(['{', '[']) {
            return 0;
        }
        let column = error.at + 1;
        let reason = format!(
            "{kind}: not JSON: {} at column {column} of the text",
            error.message
        );
        (self.each)(kind, position.clone(), Parsed::Malformed(reason));
        1
    }

    fn array(
        &mut self,
        text: &str,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        let mut found = DocumentCounts::default();
        let elements = Scanner::new(text).array(|json| {
            let element = json.value()?;
            let start = offset(text, element);
            let mut inner = DocumentCounts::default();
            if self.names(element) {
                let position = Position {
                    line: position.line,
                    span: locate(start..start + element.len()),
                };
                inner = self.value(element, path, &position, &mut |part| {
                    locate(start + part.start..start + part.end)
                });
            }
            found.add(&inner, element);
            Ok(())
        });
        // The scanner has checked that it is an array.
        elements.map_or_else(|_| DocumentCounts::default(), |()| found)
    }

    /// Searches an object: it is a record, holds a table, or holds records under its keys. A single
    /// record is taken from the first key that holds one, since it is often present twice, as text
    /// and parsed.
    fn object(
        &mut self,
        text: &str,
        path: KeyPath,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        let (members, leads) = members(text, self.tree).unwrap_or_default();
        let own = leads.then(|| self.read(text)).flatten();
        let recognised = own.as_ref().map(|record| self.recognise(record));
        if let (Some(record), Some(Recognised::Whole)) = (&own, recognised) {
            (self.each)(
                path.kind.unwrap_or(TEXT),
                position.clone(),
                Parsed::Record(record),
            );
            return DocumentCounts::ONE;
        }
        let member = |name: &str| members.iter().find(|(key, ..)| key == name);
        let member = |name: &str| member(name).map(|(_, value, _)| *value);
        let own = own.filter(|_| recognised != Some(Recognised::No));
        let properties = member("properties").filter(|_| own.is_some());
        let fields = member("fields").filter(|_| own.is_none());
        if self.completed(text, properties, "properties", path, position)
            || self.completed(text, fields, "", path, position)
        {
            return DocumentCounts::ONE;
        }
        let columns = member("columns").or(member("Columns"));
        let rows = member("rows").or(member("Rows")).or(member("values"));
        if let (Some(columns), Some(rows)) = (columns, rows) {
            let start = offset(text, rows);
            let found = self.table(columns, rows, position, &mut |part| {
                locate(start + part.start..start + part.end)
            });
            if found.ours > 0 {
                return found;
            }
        }
        let mut found = DocumentCounts::default();
        let (mut before, mut position) = ("", Cow::Borrowed(position));
        for (key, value, named) in &members {
            if !named {
                continue;
            }
            // Many records are often present twice as well: as a text of their own and inside
            // another.
            if found.ours > 0 && (before.contains(value) || value.contains(before)) {
                continue;
            }
            let start = offset(text, value);
            if found.ours > 0 {
                position.to_mut().span = locate(start..start + value.len());
            }
            let inner = self.value(value, path.under(key), &position, &mut |part| {
                locate(start + part.start..start + part.end)
            });
            if inner.ours > 0 {
                found.ours += inner.ours;
                found.others += inner.others;
                if found.ours == 1 && !value.starts_with('[') {
                    break;
                }
                before = value;
            }
        }
        if found.ours > 0 {
            return found;
        }
        // A record without a time in a field for records is malformed.
        match own.filter(|_| path.text && path.known) {
            Some(record) => {
                (self.each)(
                    path.kind.unwrap_or(TEXT),
                    position.into_owned(),
                    Parsed::Record(&record),
                );
                DocumentCounts::ONE
            }
            None => DocumentCounts::default(),
        }
    }

    fn read<'a>(&self, text: &'a str) -> Option<Record<'a>> {
        match record::read(text, self.tree) {
            Ok(Document::Object(record)) => Some(record),
            _ => None,
        }
    }

    /// Whether an object is a record once one of its members is interpreted: as an object where it
    /// is text, or as the document where it holds the document's fields.
    fn completed(
        &mut self,
        text: &str,
        part: Option<&str>,
        prefix: &str,
        path: KeyPath,
        position: &Position,
    ) -> bool {
        let Some(part) = part else { return false };
        let mut part = Cow::Borrowed(part);
        for _ in 0..path.left {
            match part.strip_prefix('"') {
                Some(inner) => {
                    part = unescaped(inner.strip_suffix('"').unwrap_or(inner))
                        .into_owned()
                        .into()
                }
                None => break,
            }
        }
        let Some(mut record) = self.read(text) else {
            return false;
        };
        let own = record.read_at(&part, self.tree, prefix);
        let whole = own && self.recognise(&record) == Recognised::Whole;
        if whole {
            let kind = if prefix.is_empty() {
                "fields"
            } else {
                "properties"
            };
            (self.each)(
                path.kind.unwrap_or(kind),
                position.clone(),
                Parsed::Record(&record),
            );
        }
        whole
    }

    /// Searches rows with a separate list of columns.
    fn table(
        &mut self,
        columns: &str,
        rows: &str,
        position: &Position,
        locate: &mut Locate,
    ) -> DocumentCounts {
        let mut found = DocumentCounts::default();
        let Ok(Some(columns)) = TableColumns::of(columns, self.tree) else {
            return found;
        };
        let read = Scanner::new(rows).array(|json| {
            json.peek();
            let start = json.at();
            let (record, _) = columns.read(json)?;
            if self.recognise(&record) != Recognised::No {
                let position = Position {
                    line: position.line,
                    span: locate(start..json.at()),
                };
                (self.each)(TABLES, position, Parsed::Record(&record));
                found.ours += 1;
            } else {
                found.others += 1;
            }
            Ok(())
        });
        read.map_or_else(|_| DocumentCounts::default(), |()| found)
    }
}

#[cfg(test)]
#[path = "wrapping_tests.rs"]
mod tests;
