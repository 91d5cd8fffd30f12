//! From a batch of bytes to single documents, with where each one stands.

use crate::fields::{Field, Tree};
use crate::record::{self, Document, Reader, Record};
use crate::scan::Scanner;
use std::ops::Range;

/// How many arrays and envelopes may stand in each other before their contents are
/// documents themselves.
const DEEPEST_ENVELOPE: usize = 4;

/// Where a document stands in its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 0.
    pub(crate) line: u32,
    /// In bytes.
    pub(crate) span: Range<usize>,
}

/// What is taken out of a batch, in order.
pub(crate) enum Taken<'r, 'a> {
    /// An object, with its fields.
    Record(&'r Record<'a>),
    /// A JSON value that is no object.
    Other,
    /// Not JSON: why.
    Malformed(String),
}

/// Hands each document of a batch to `each`; empty lines are none. `quick` reads what it
/// takes; everything else is read by the plain reader.
pub(crate) fn read(
    batch: &[u8],
    tree: &Tree,
    quick: &mut impl Reader,
    mut each: impl FnMut(Place, Taken),
) {
    let (mut start, mut line) = (0, 0);
    let mut record = Record::new();
    while start < batch.len() {
        start = match read_quickly(batch, start, line, quick, &mut record, &mut each) {
            Some(end) => end,
            None => {
                let length = memchr::memchr(b'\n', &batch[start..]);
                let end = length.map_or(batch.len(), |length| start + length);
                read_line(batch, start..end, line, tree, quick, &mut each);
                end
            }
        } + 1;
        line += 1;
    }
}

/// Reads a line that is one object; gives where the line ends.
#[inline(always)]
fn read_quickly<'a>(
    batch: &'a [u8],
    start: usize,
    line: u32,
    quick: &mut impl Reader,
    record: &mut Record<'a>,
    each: &mut impl FnMut(Place, Taken),
) -> Option<usize> {
    record.clear();
    let end = start + quick.object(&batch[start..], record)?;
    let blanks = batch[end..].iter();
    let blanks = blanks.take_while(|b| is_blank(b)).count();
    let next = batch.get(end + blanks);
    if next.is_some_and(|next| *next != b'\n') {
        return None;
    }
    let span = start..end;
    each(Place { line, span }, Taken::Record(record));
    Some(end + blanks)
}

fn read_line(
    batch: &[u8],
    span: Range<usize>,
    line: u32,
    tree: &Tree,
    quick: &mut impl Reader,
    each: &mut impl FnMut(Place, Taken),
) {
    let span = trimmed(batch, span);
    if span.is_empty() {
        return;
    }
    let place = Place {
        line,
        span: span.clone(),
    };
    match std::str::from_utf8(&batch[span]) {
        Ok(text) => read_value(text, place, tree, quick, DEEPEST_ENVELOPE, each),
        Err(e) => {
            let reason = format!("not UTF-8: invalid byte at column {}", e.valid_up_to() + 1);
            each(place, Taken::Malformed(reason));
        }
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// The span without JSON's white space around it.
fn trimmed(batch: &[u8], span: Range<usize>) -> Range<usize> {
    let text = &batch[span.clone()];
    let Some(first) = text.iter().position(|b| !is_blank(b)) else {
        return span.start..span.start;
    };
    let last = text.iter().rposition(|b| !is_blank(b)).unwrap_or(first);
    span.start + first..span.start + last + 1
}

fn read_value(
    text: &str,
    place: Place,
    tree: &Tree,
    quick: &mut impl Reader,
    depth: usize,
    each: &mut impl FnMut(Place, Taken),
) {
    let elements = match record::read(text, tree) {
        Err(reason) => return each(place, Taken::Malformed(reason)),
        Ok(Document::Other) => return each(place, Taken::Other),
        Ok(Document::Object(record)) => match envelope(&record) {
            Some(elements) if depth > 0 => elements,
            _ => return each(place, Taken::Record(&record)),
        },
        Ok(Document::Array(elements)) if depth > 0 => elements,
        Ok(Document::Array(_)) => return each(place, Taken::Other),
    };
    for element in elements {
        // The element is a part of the text, so its place follows from its address.
        let offset = place.span.start + (element.as_ptr() as usize - text.as_ptr() as usize);
        let place = Place {
            line: place.line,
            span: offset..offset + element.len(),
        };
        let mut record = Record::new();
        // An element was read as a value before: nothing can follow it.
        if quick.object(element.as_bytes(), &mut record).is_some() {
            each(place, Taken::Record(&record));
        } else {
            read_value(element, place, tree, quick, depth - 1, each);
        }
    }
}

/// The elements of `{"records": [...]}`, unless the object is a record itself.
fn envelope<'a>(record: &Record<'a>) -> Option<Vec<&'a str>> {
    let known = [
        Field::Category,
        Field::EcsDataset,
        Field::RowType,
        Field::RowCategory,
    ];
    let records = record.raw(Field::Records);
    if known
        .iter()
        .any(|field| !matches!(record.raw(*field), b"" | b"null"))
    {
        return None;
    }
    let records = std::str::from_utf8(records).ok()?;
    records
        .starts_with('[')
        .then(|| record::elements(&mut Scanner::new(records)).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Seed;
    use crate::skeleton::Skeleton;

    fn spans(batch: &str) -> Vec<(u32, String)> {
        let mut found = Vec::new();
        let mut quick = Skeleton::new(std::sync::Arc::default(), Seed(1, 2));
        read(
            batch.as_bytes(),
            &Tree::new(),
            &mut quick,
            |place, taken| {
                let kind = match taken {
                    Taken::Record(_) => "",
                    Taken::Other => "other ",
                    Taken::Malformed(_) => "bad ",
                };
                found.push((place.line, format!("{kind}{}", &batch[place.span])));
            },
        );
        found
    }

    #[test]
    fn each_document_stands_where_it_says() {
        let batch = "{\"a\":1}\r\n\n  [ {\"b\":2} , 3]\n{\"records\": [{\"c\":[]}, {\"records\":[4]}]}\nnot\n5";
        let wanted = [
            (0, "{\"a\":1}"),
            (2, "{\"b\":2}"),
            (2, "other 3"),
            (3, "{\"c\":[]}"),
            (3, "other 4"),
            (4, "bad not"),
            (5, "other 5"),
        ];
        assert_eq!(
            spans(batch),
            wanted.map(|(line, text)| (line, text.to_owned()))
        );
    }

    #[test]
    fn a_record_with_a_field_called_records_is_no_envelope() {
        let text = r#"{"category":"x","records":[1,2]}"#;
        assert_eq!(spans(text), [(0, text.to_owned())]);
        assert_eq!(spans(r#"{"records":7}"#).len(), 1);
        assert_eq!(spans(r#"{"records":[]}"#).len(), 0);
    }
}
