//! Splits a batch of bytes into documents with their positions.

use crate::fields::FieldTree;
use crate::record::{self, Document, Record, RecordReader};
use crate::recovery;
use crate::scan::{ScanResult, Scanner};
use crate::table::{self, TableColumns};
use std::ops::Range;

/// Deepest nesting of arrays and envelopes; their contents are documents from there on.
const MAX_ENVELOPE_DEPTH: usize = 4;

/// The position of a document in its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line number, from 0.
    pub line: u32,
    /// Byte range.
    pub span: Range<usize>,
}

/// A document of a batch, as far as it could be parsed.
pub enum Parsed<'r, 'a> {
    /// An object, with its fields.
    Record(&'r Record<'a>),
    /// A row of a table in which another row is malformed.
    Row(&'r Record<'a>),
    /// A JSON value that is no object.
    Other,
    /// Not JSON, with the reason.
    Malformed(String),
}

/// Calls `each` with every document of a batch; empty lines are skipped. `quick` is tried first;
/// the plain reader takes what it declines.
pub fn read(
    batch: &[u8],
    tree: &FieldTree,
    quick: &mut impl RecordReader,
    mut each: impl FnMut(Position, Parsed),
) {
    let (mut start, mut line) = (0, 0);
    let mut record = Record::default();
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

/// Reads a line that is one object; returns the end of the line.
#[inline(always)]
fn read_quickly<'a>(
    batch: &'a [u8],
    start: usize,
    line: u32,
    quick: &mut impl RecordReader,
    record: &mut Record<'a>,
    each: &mut impl FnMut(Position, Parsed),
) -> Option<usize> {
    record.clear();
    let end = start + quick.object(&batch[start..], record)?;
    record.text = &batch[start..end];
    let blanks = batch[end..].iter();
    let blanks = blanks.take_while(|b| is_blank(b)).count();
    let next = batch.get(end + blanks);
    let mut behind = end + blanks;
    if next.is_some_and(|next| *next != b'\n') {
        behind = behind_commas(batch, behind)?;
    }
    let span = start..end;
    each(Position { line, span }, Parsed::Record(record));
    Some(behind)
}

/// The end of the line, if only commas and blanks follow on it.
#[cold]
fn behind_commas(batch: &[u8], from: usize) -> Option<usize> {
    let rest = batch[from..].iter();
    let end = from + rest.take_while(|b| is_blank(b) || **b == b',').count();
    matches!(batch.get(end), None | Some(b'\n')).then_some(end)
}

fn read_line(
    batch: &[u8],
    span: Range<usize>,
    line: u32,
    tree: &FieldTree,
    quick: &mut impl RecordReader,
    each: &mut impl FnMut(Position, Parsed),
) {
    let span = trimmed(batch, span);
    if span.is_empty() {
        return;
    }
    let position = |span: Range<usize>| Position { line, span };
    if read_document(batch, position(span.clone()), tree, quick, false, each) {
        return;
    }
    let span = recovery::trimmed(batch, span);
    if span.is_empty() {
        return;
    }
    let behind = |part: Range<usize>| span.start + part.start..span.start + part.end;
    let mut columns = None;
    for part in recovery::parts(&recovery::text(&batch[span.clone()]), &tree.table().name) {
        let Some(of) = part.columns.map(behind) else {
            read_document(batch, position(behind(part.span)), tree, quick, true, each);
            continue;
        };
        if columns.as_ref().is_none_or(|(known, _)| *known != of) {
            let text = std::str::from_utf8(&batch[of.clone()]).unwrap_or_default();
            columns = Some((of, TableColumns::of(text, tree)));
        }
        if let Some((_, columns)) = &columns {
            read_row(batch, position(behind(part.span)), columns, each);
        }
    }
}

/// Reads a document; returns whether it is JSON. The error is reported only on the `last` attempt.
fn read_document(
    batch: &[u8],
    position: Position,
    tree: &FieldTree,
    quick: &mut impl RecordReader,
    last: bool,
    each: &mut impl FnMut(Position, Parsed),
) -> bool {
    let read = match std::str::from_utf8(&batch[position.span.clone()]) {
        Ok(text) => read_value(
            text,
            position.clone(),
            tree,
            quick,
            MAX_ENVELOPE_DEPTH,
            each,
        ),
        Err(e) => Err(format!(
            "not UTF-8: invalid byte at column {}",
            e.valid_up_to() + 1
        )),
    };
    match read {
        Ok(()) => true,
        Err(reason) => {
            if last {
                each(position, Parsed::Malformed(reason));
            }
            false
        }
    }
}

/// Reads a row of a table. Rows of tables without readable columns are documents of other data
/// sets.
fn read_row(
    batch: &[u8],
    position: Position,
    columns: &ScanResult<Option<TableColumns>>,
    each: &mut impl FnMut(Position, Parsed),
) {
    let row = std::str::from_utf8(&batch[position.span.clone()])
        .map_err(|_| "a table's row: not UTF-8".to_owned())
        .and_then(|row| table::read_row(row, columns));
    match row {
        Ok(Some(record)) => each(position, Parsed::Row(&record)),
        Ok(None) => each(position, Parsed::Other),
        Err(reason) => each(position, Parsed::Malformed(reason)),
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// The span trimmed of JSON's white space.
fn trimmed(batch: &[u8], span: Range<usize>) -> Range<usize> {
    let text = &batch[span.clone()];
    let Some(first) = text.iter().position(|b| !is_blank(b)) else {
        return span.start..span.start;
    };
    let last = text.iter().rposition(|b| !is_blank(b)).unwrap_or(first);
    span.start + first..span.start + last + 1
}

/// Reads a JSON text.
///
/// # Errors
/// The reason why it is not JSON; `each` was not called then.
fn read_value(
    text: &str,
    position: Position,
    tree: &FieldTree,
    quick: &mut impl RecordReader,
    depth: usize,
    each: &mut impl FnMut(Position, Parsed),
) -> Result<(), String> {
    let elements = match record::read(text, tree)? {
        Document::Object(record) => match envelope(&record, tree) {
            Some(elements) if depth > 0 => elements,
            _ => {
                each(position, Parsed::Record(&record));
                return Ok(());
            }
        },
        Document::Array(elements) if depth > 0 => elements,
        Document::Other | Document::Array(_) => {
            each(position, Parsed::Other);
            return Ok(());
        }
    };
    for element in elements {
        // The element is a part of the text, so its position follows from its address.
        let offset = position.span.start + (element.as_ptr() as usize - text.as_ptr() as usize);
        let position = Position {
            line: position.line,
            span: offset..offset + element.len(),
        };
        let mut record = Record::default();
        // The element was scanned as a value before, so nothing can follow it.
        if quick.object(element.as_bytes(), &mut record).is_some() {
            record.text = element.as_bytes();
            each(position, Parsed::Record(&record));
        } else if let Err(reason) =
            read_value(element, position.clone(), tree, quick, depth - 1, each)
        {
            each(position, Parsed::Malformed(reason));
        }
    }
    Ok(())
}

/// The elements of `{"records": [...]}`, unless the object is itself a record.
fn envelope<'a>(record: &Record<'a>, tree: &FieldTree) -> Option<Vec<&'a str>> {
    let log = tree.table();
    let records = record.raw(log.records);
    if log
        .marks
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
    use crate::learning_reader::LearningReader;
    use crate::toy;
    use std::sync::Arc;

    fn tree() -> Arc<FieldTree> {
        Arc::new(FieldTree::new(&toy::TABLE, &[]))
    }

    fn spans(batch: &str) -> Vec<(u32, String)> {
        let mut found = Vec::new();
        let mut quick = LearningReader::new(tree(), Seed(1, 2));
        read(batch.as_bytes(), &tree(), &mut quick, |position, taken| {
            let kind = match taken {
                Parsed::Record(_) => "",
                Parsed::Row(_) => "row ",
                Parsed::Other => "other ",
                Parsed::Malformed(_) => "bad ",
            };
            found.push((position.line, format!("{kind}{}", &batch[position.span])));
        });
        found
    }

    #[test]
    fn documents_have_correct_positions() {
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
    fn skips_nuls_byte_order_marks_and_commas_around_documents() {
        let batch = "\0\0\0{\"a\":1}\n\u{feff}{\"b\":2}\n{\"c\":3},\n,{\"d\":4}\n\0\n[\n],";
        let wanted = [
            (0, "{\"a\":1}"),
            (1, "{\"b\":2}"),
            (2, "{\"c\":3}"),
            (3, "{\"d\":4}"),
        ];
        assert_eq!(
            spans(batch),
            wanted.map(|(line, text)| (line, text.to_owned()))
        );
    }

    #[test]
    fn a_malformed_element_on_a_line_loses_only_itself() {
        let batch = "{\"records\":[{\"a\":1},{\"a\":'2'},{\"a\":3}]}";
        let wanted = ["{\"a\":1}", "bad {\"a\":'2'}", "{\"a\":3}"];
        assert_eq!(spans(batch), wanted.map(|text| (0, text.to_owned())));
    }

    #[test]
    fn an_element_that_is_not_utf_8_loses_only_itself() {
        let found = |batch: &[u8]| {
            let mut found = Vec::new();
            let mut quick = LearningReader::new(tree(), Seed(1, 2));
            read(batch, &tree(), &mut quick, |position, taken| {
                found.push((position.span, matches!(taken, Parsed::Malformed(_))));
            });
            found
        };
        let elements = "{\"a\":\"\u{e9}\"},{\"a\":\"\u{1}\"},{\"a\":\"\u{1}\u{1}\"},{\"a\":4}";
        for text in [
            format!("[{elements}]"),
            format!("{{\"records\":[{elements}]}}"),
            format!("\u{feff}[{elements}]\n\u{1}\n\u{1}{{\"b\":1}}\u{1}\n"),
        ] {
            let bytes: Vec<u8> = text
                .bytes()
                .map(|b| if b == 1 { 0xff } else { b })
                .collect();
            let bad: Vec<bool> = found(&bytes).into_iter().map(|(_, bad)| bad).collect();
            assert_eq!(bad[..4], [false, true, true, false], "{text}");
            assert_eq!(found(&bytes), found(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_malformed_row_of_a_table_loses_only_itself() {
        let (one, two) = (r#"["ToyActivityLogs","x]"]"#, r#"["SigninLogs","[\""]"#);
        let bad = [
            r#"["ToyActivityLogs",'x']"#,
            r#"["ToyActivityLogs","x""#,
            r#"["ToyActivityLogs","x]"#,
            r#"["ToyActivityLogs" "x"]"#,
            r#""ToyActivityLogs","x"]"#,
            r#"["ToyActivityLogs","x",]"#,
            "see the other file",
        ];
        let table = |name: &str, rows: &[&str]| {
            let columns = r#"[{"name":"Type"},{"name":"TimeGenerated","type":"[{"}]"#;
            let rows = rows.join(", ");
            format!(r#"{{"name":"{name}","columns":{columns},"rows":[{rows}]}}"#)
        };
        for bad in bad {
            for at in 0..3 {
                let mut rows = vec![one, two, one];
                rows.insert(at, bad);
                let (first, second) = (table("a", &rows), table("b", &[one, two]));
                let tables = format!(r#"{{"tables":[{first},{second}],"x":1}}"#);
                for (text, tables) in [(&tables, 1), (&first, 0)] {
                    let found = spans(text);
                    let count =
                        |wanted: &str| found.iter().filter(|(_, one)| one == wanted).count();
                    assert_eq!(count(&format!("row {one}")), 2, "{bad} {at}: {found:#?}");
                    assert_eq!(count(&second), tables, "{bad} {at}: {found:#?}");
                    let refused = found.iter().filter(|(_, one)| one.starts_with("bad"));
                    assert_eq!(refused.count(), 1, "{bad} {at}: {found:#?}");
                    let others = found.iter().filter(|(_, one)| one.starts_with("other"));
                    assert_eq!(others.count(), 1, "{bad} {at}: {found:#?}");
                }
            }
        }
        // Without columns, no row can be recognised.
        let rows = table("a", &[one, two, one]).replace("[{\"name\":\"Type\"", "[{\"name\":Type");
        for text in [rows.clone(), rows.replacen("}],\"rows\"", "},\"rows\"", 1)] {
            let found = spans(&text);
            let refused = found.iter().filter(|(_, one)| one.starts_with("bad ["));
            assert_eq!(refused.count(), 3, "{text} {found:#?}");
        }
        // A superfluous bracket changes nothing.
        let found = spans(&table("a", &[one, r#"["x","y"]]"#, one]));
        let rows = found.iter().filter(|(_, row)| row.starts_with("row"));
        assert_eq!((rows.count(), found.len()), (2, 3), "{found:#?}");
    }

    #[test]
    fn a_record_with_a_field_called_records_is_no_envelope() {
        let text = r#"{"category":"x","records":[1,2]}"#;
        assert_eq!(spans(text), [(0, text.to_owned())]);
        assert_eq!(spans(r#"{"records":7}"#).len(), 1);
        assert_eq!(spans(r#"{"records":[]}"#).len(), 0);
    }

    #[test]
    fn documents_of_any_batch_are_ordered_and_not_empty() {
        const PIECES: [&[u8]; 14] = [
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b"\"",
            b"'",
            b"\xef\xbb\xbf",
            b"\xbf",
            b"\0",
            b"\n",
            b"{\"a\":1}",
            b"{\"records\":[",
        ];
        let whole = br#"{"records":[{"a":1},{"a":[{"a":2}]},{"a":3}],"n":{"x":1}}"#;
        let mut quick = LearningReader::new(tree(), Seed(1, 2));
        let mut state = 7_u64;
        for _ in 0..5_000 {
            let mut batch = whole.repeat(2);
            for _ in 0..6 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let (at, piece) = ((state >> 33) as usize, (state >> 20) as usize);
                let at = at % batch.len();
                let removed = usize::from(state >> 62 == 0);
                batch.splice(at..at + removed, PIECES[piece % PIECES.len()].to_vec());
            }
            let mut behind = 0;
            read(&batch, &tree(), &mut quick, |position, _| {
                let Range { start, end } = position.span;
                let in_order = behind <= start && start < end && end <= batch.len();
                assert!(in_order, "{}", String::from_utf8_lossy(&batch));
                behind = end;
            });
        }
    }
}
