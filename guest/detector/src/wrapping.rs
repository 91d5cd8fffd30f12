//! Records inside documents that are none themselves: as JSON text in a field, in the answer to
//! a search, in a table of columns and rows, or under some key.
//!
//! Only what would otherwise be of another data set is looked through, and only where it names
//! the data set. Each level costs one pass over what it holds, and there are few levels, so that
//! the work is linear whatever is nested in what.

use crate::batch::{Place, Taken};
use crate::broken::{self, Part};
use crate::fields::{self, DataSetName, Recognised, Tree};
use crate::record::{self, Document, Record};
use crate::scan::{Error, Scanner, Step, Written, unescaped};
use crate::table::{self, Columns};
use crate::way::{DEEPEST, TABLES, TEXT, Way};
use std::borrow::Cow;
use std::ops::Range;

/// Takes each record that is found: its kind, its place in the batch, and the document.
pub type Each<'e> = dyn FnMut(&'static str, Place, Taken) + 'e;
/// From a part of a text to the part of the batch that holds it. Parts are asked for in order;
/// one may be inside the one before.
type Locate<'l> = dyn FnMut(Range<usize>) -> Range<usize> + 'l;

/// Hands each record inside a document to `each`, and gives the number of documents of other data
/// sets beside them; None when there is no record in it.
pub fn open(batch: &[u8], place: &Place, tree: &Tree, each: &mut Each) -> Option<u64> {
    let bytes = batch.get(place.span.clone())?;
    if !tree.table().name.is_in(bytes) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let way = Way {
        kind: None,
        known: true,
        text: false,
        left: DEEPEST,
    };
    let start = place.span.start;
    let mut locate = |part: Range<usize>| start + part.start..start + part.end;
    let found = Opener { tree, each }.value(text, way, place, &mut locate);
    (found.ours > 0).then_some(found.others)
}

/// Numbers of documents.
#[derive(Default)]
struct Found {
    ours: u64,
    others: u64,
}

impl Found {
    const ONE: Found = Found { ours: 1, others: 0 };

    /// Adds a row, which is a record or another document.
    fn add_row(&mut self, ours: bool) {
        match ours {
            true => self.ours += 1,
            false => self.others += 1,
        }
    }

    /// Adds what was found in a part, which is a document itself if nothing was.
    fn add(&mut self, part: &Found, text: &str) {
        self.ours += part.ours;
        self.others += match part.ours {
            0 => u64::from(is_document(text)),
            _ => part.others,
        };
    }
}

/// Whether a value would be a document by itself: no scalar and no list of them.
fn is_document(text: &str) -> bool {
    text.starts_with('{') || text.starts_with("\"{")
}

struct Opener<'t, 'e, 'f> {
    tree: &'t Tree,
    each: &'e mut Each<'f>,
}

impl Opener<'_, '_, '_> {
    /// What names the data set.
    fn name(&self) -> &'static DataSetName {
        &self.tree.table().name
    }

    fn names(&self, text: &str) -> bool {
        self.name().is_in(text.as_bytes())
    }

    fn recognise(&self, record: &Record) -> Recognised {
        (self.tree.table().recognise)(record)
    }

    /// Looks through a value that names the data set; it starts at the text's first byte.
    fn value(&mut self, text: &str, way: Way, place: &Place, locate: &mut Locate) -> Found {
        let Some(way) = way.deeper() else {
            return Found::default();
        };
        match text.as_bytes().first() {
            Some(b'"') => {
                let inner = &text[1..text.len() - 1];
                self.text(inner, way, place, &mut |part| {
                    locate(part.start + 1..part.end + 1)
                })
            }
            Some(b'[') => self.array(text, way, place, locate),
            Some(b'{') => self.object(text, way, place, locate),
            _ => Found::default(),
        }
    }

    /// Looks through a value if it names the data set.
    fn named(&mut self, text: &str, way: Way, place: &Place, locate: &mut Locate) -> Found {
        match self.names(text) {
            true => self.value(text, way, place, locate),
            false => Found::default(),
        }
    }

    /// The values of a text that is JSON itself, mostly one.
    fn text(&mut self, inner: &str, way: Way, place: &Place, locate: &mut Locate) -> Found {
        // Most are names.
        if memchr::memchr2(b'{', b'\\', inner.as_bytes()).is_none() {
            return Found::default();
        }
        let way = Way {
            text: true,
            kind: way.kind.or(Some(TEXT)),
            ..way
        };
        let text = unescaped(inner);
        let mut found = Found::default();
        // Behind what a line of syslog or of a container begins with, it is an object.
        let whole = text.trim_start().starts_with(['{', '[', '"']);
        let lead = if whole { Some(0) } else { text.find('{') };
        let Some(lead) = lead else { return found };
        let text = &text[lead..];
        let mut written = Written::new(inner);
        let mut locate =
            |part: Range<usize>| locate(written.part(lead + part.start..lead + part.end));
        let mut json = Scanner::new(text);
        let mut place = Cow::Borrowed(place);
        let mut alone = true;
        while json.peek().is_some() {
            let start = json.at();
            match json.value() {
                Ok(value) => {
                    alone &= json.peek().is_none();
                    if !alone {
                        place.to_mut().span = locate(start..start + value.len());
                    }
                    let inner = self.named(value, way, &place, &mut |part| {
                        locate(start + part.start..start + part.end)
                    });
                    found.add(&inner, value);
                }
                Err(_) if !whole => break,
                Err(error) => {
                    let parts = broken::parts(text, self.name()).into_iter();
                    let mut parts: Vec<_> = parts.filter(|part| part.span.end > start).collect();
                    if let Some(first) = parts.first_mut() {
                        first.span.start = first.span.start.max(start);
                    }
                    if parts.len() > 1 || !alone {
                        self.parts(text, parts, way, &place, &mut locate, &mut found);
                        break;
                    }
                    found.ours += self.broken(&text[start..], error, way, &place);
                    break;
                }
            }
        }
        found
    }

    /// The documents of a text of which one is broken.
    fn parts(
        &mut self,
        text: &str,
        parts: Vec<Part>,
        way: Way,
        place: &Place,
        locate: &mut Locate,
        found: &mut Found,
    ) {
        for Part { span, columns } in parts {
            let start = span.start;
            let place = Place {
                line: place.line,
                span: locate(span.clone()),
            };
            let part = &text[span];
            if let Some(columns) = columns {
                let columns = Columns::of(&text[columns], self.tree);
                found.add_row(self.row(&columns, part, way, place));
                continue;
            }
            let mut json = Scanner::new(part);
            match json.value().and_then(|_| json.end()) {
                Ok(()) => {
                    let inner = self.named(part, way, &place, &mut |part| {
                        locate(start + part.start..start + part.end)
                    });
                    found.add(&inner, part);
                }
                // What names the data set may be what is broken.
                Err(error) => found.ours += self.refuse(part, error, way, &place),
            }
        }
    }

    /// Takes a row of a table of which another row is broken; gives whether it is a record.
    fn row(&mut self, columns: &Step<Option<Columns>>, row: &str, way: Way, place: Place) -> bool {
        match table::read_row(row, columns) {
            Ok(Some(record)) => (self.each)(TABLES, place, Taken::Record(&record)),
            Err(reason) => {
                let kind = way.kind.unwrap_or(TABLES);
                (self.each)(kind, place, Taken::Malformed(format!("{kind}: {reason}")));
            }
            Ok(None) => return false,
        }
        true
    }

    /// Refuses a text that is cut or broken, where it can only have been a record.
    fn broken(&mut self, text: &str, error: Error, way: Way, place: &Place) -> u64 {
        match self.names(text) {
            true => self.refuse(text, error, way, place),
            false => 0,
        }
    }

    fn refuse(&mut self, text: &str, error: Error, way: Way, place: &Place) -> u64 {
        let kind = way.kind.unwrap_or(TEXT);
        if !way.known || !text.starts_with(['{', '[']) {
            return 0;
        }
        let column = error.at + 1;
        let reason = format!(
            "{kind}: not JSON: {} at column {column} of the text",
            error.what
        );
        (self.each)(kind, place.clone(), Taken::Malformed(reason));
        1
    }

    fn array(&mut self, text: &str, way: Way, place: &Place, locate: &mut Locate) -> Found {
        let mut found = Found::default();
        let elements = Scanner::new(text).array(|json| {
            let element = json.value()?;
            let start = offset(text, element);
            let mut inner = Found::default();
            if self.names(element) {
                let place = Place {
                    line: place.line,
                    span: locate(start..start + element.len()),
                };
                inner = self.value(element, way, &place, &mut |part| {
                    locate(start + part.start..start + part.end)
                });
            }
            found.add(&inner, element);
            Ok(())
        });
        // It was stepped over before: it is an array.
        elements.map_or_else(|_| Found::default(), |()| found)
    }

    /// An object is a record, holds a table, or holds records under its keys: a single one under
    /// the first that does, since it often stands there twice, as text and parsed.
    fn object(&mut self, text: &str, way: Way, place: &Place, locate: &mut Locate) -> Found {
        let (members, leads) = members(text, self.tree).unwrap_or_default();
        let own = leads.then(|| self.read(text)).flatten();
        let recognised = own.as_ref().map(|record| self.recognise(record));
        if let (Some(record), Some(Recognised::Whole)) = (&own, recognised) {
            (self.each)(
                way.kind.unwrap_or(TEXT),
                place.clone(),
                Taken::Record(record),
            );
            return Found::ONE;
        }
        let member = |name: &str| members.iter().find(|(key, ..)| key == name);
        let member = |name: &str| member(name).map(|(_, value, _)| *value);
        let own = own.filter(|_| recognised != Some(Recognised::No));
        let properties = member("properties").filter(|_| own.is_some());
        let fields = member("fields").filter(|_| own.is_none());
        if self.completed(text, properties, "properties", way, place)
            || self.completed(text, fields, "", way, place)
        {
            return Found::ONE;
        }
        let columns = member("columns").or(member("Columns"));
        let rows = member("rows").or(member("Rows")).or(member("values"));
        if let (Some(columns), Some(rows)) = (columns, rows) {
            let start = offset(text, rows);
            let found = self.table(columns, rows, place, &mut |part| {
                locate(start + part.start..start + part.end)
            });
            if found.ours > 0 {
                return found;
            }
        }
        let mut found = Found::default();
        let (mut before, mut place) = ("", Cow::Borrowed(place));
        for (key, value, named) in &members {
            if !named {
                continue;
            }
            // Many records often stand there twice as well: as a text of its own and in another.
            if found.ours > 0 && (before.contains(value) || value.contains(before)) {
                continue;
            }
            let start = offset(text, value);
            if found.ours > 0 {
                place.to_mut().span = locate(start..start + value.len());
            }
            let inner = self.value(value, way.under(key), &place, &mut |part| {
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
        // A record in a field for records that lacks its time is one that cannot be used.
        match own.filter(|_| way.text && way.known) {
            Some(record) => {
                (self.each)(
                    way.kind.unwrap_or(TEXT),
                    place.into_owned(),
                    Taken::Record(&record),
                );
                Found::ONE
            }
            None => Found::default(),
        }
    }

    fn read<'a>(&self, text: &'a str) -> Option<Record<'a>> {
        match record::read(text, self.tree) {
            Ok(Document::Object(record)) => Some(record),
            _ => None,
        }
    }

    /// Whether an object is a record once one of its members is taken for what it should be: an
    /// object where it is text, or the document where it is its fields.
    fn completed(
        &mut self,
        text: &str,
        part: Option<&str>,
        path: &str,
        way: Way,
        place: &Place,
    ) -> bool {
        let Some(part) = part else { return false };
        let mut part = Cow::Borrowed(part);
        for _ in 0..way.left {
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
        let own = record.read_at(&part, self.tree, path);
        let whole = own && self.recognise(&record) == Recognised::Whole;
        if whole {
            let kind = if path.is_empty() {
                "fields"
            } else {
                "properties"
            };
            (self.each)(
                way.kind.unwrap_or(kind),
                place.clone(),
                Taken::Record(&record),
            );
        }
        whole
    }

    /// Rows whose columns are named beside them.
    fn table(&mut self, columns: &str, rows: &str, place: &Place, locate: &mut Locate) -> Found {
        let mut found = Found::default();
        let Ok(Some(columns)) = Columns::of(columns, self.tree) else {
            return found;
        };
        let read = Scanner::new(rows).array(|json| {
            json.peek();
            let start = json.at();
            let (record, _) = columns.read(json)?;
            if self.recognise(&record) != Recognised::No {
                let place = Place {
                    line: place.line,
                    span: locate(start..json.at()),
                };
                (self.each)(TABLES, place, Taken::Record(&record));
                found.ours += 1;
            } else {
                found.others += 1;
            }
            Ok(())
        });
        read.map_or_else(|_| Found::default(), |()| found)
    }
}

/// Where a part of a text starts in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// Members of an object, and whether each names the data set.
type Members<'a> = Vec<(Cow<'a, str>, &'a str, bool)>;

/// Those members of an object that name the data set or say how others are to be read; and whether
/// any of its keys is one of a record's.
fn members<'a>(text: &'a str, tree: &Tree) -> Step<(Members<'a>, bool)> {
    let (mut members, mut leads) = (Vec::new(), false);
    Scanner::new(text).object(|json, key| {
        let (key, value) = (unescaped(key), json.value()?);
        let place = tree.find(Tree::ROOT, &key);
        leads |= place.is_some_and(|to| to != fields::Place::Leaf(tree.table().records));
        let named = tree.table().name.is_in(value.as_bytes());
        if named || matches!(&*key, "properties" | "columns" | "Columns") {
            members.push((key, value, named));
        }
        Ok(())
    })?;
    Ok((members, leads))
}

#[cfg(test)]
#[path = "wrapping_tests.rs"]
mod tests;
