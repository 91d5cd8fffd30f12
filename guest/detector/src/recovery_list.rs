//! Finds the records of a text that is not valid JSON: in the list of an envelope, or in the rows
//! of a table.

use crate::recovery::key;
use crate::scan::ScanResult;
use crate::scan::{Error, Scanner};
use std::ops::Range;

/// Most objects around a malformed list.
const MAX_DEPTH: usize = 3;

/// Offset of an envelope's list of records, behind its bracket: under a known key, or under the
/// first key that holds objects. The data set is named twice behind `twice`.
pub(crate) fn list(text: &str, twice: Option<usize>) -> Option<usize> {
    fn walk(
        json: &mut Scanner,
        text: &str,
        inner: bool,
        found: &mut Option<usize>,
    ) -> ScanResult<()> {
        let mut first = !inner;
        json.object(|json, key| {
            let next = json.peek();
            let first = std::mem::take(&mut first);
            let behind = json.at() + 1;
            let records = match inner {
                _ if next != Some(b'[') => false,
                true => key == "hits",
                false if matches!(key, "records" | "value" | "tables" | "Tables") => true,
                false => first && text[behind..].trim_start().starts_with('{'),
            };
            if records {
                *found = Some(behind);
                return Err(Error {
                    message: "found",
                    at: 0,
                });
            }
            if key == "hits" && !inner && next == Some(b'{') {
                return walk(json, text, true, found);
            }
            json.value().map(|_| ())
        })
    }
    let mut found = None;
    // Errors lie behind the offset that is found.
    let _ = walk(&mut Scanner::new(text), text, false, &mut found);
    found.or_else(|| open_list(text, twice))
}

/// Offset of the list in which malformed text breaks off, behind its bracket, if at least two
/// records follow.
fn open_list(text: &str, twice: Option<usize>) -> Option<usize> {
    fn walk(
        json: &mut Scanner,
        text: &str,
        found: &mut Option<usize>,
        left: usize,
    ) -> ScanResult<()> {
        json.object(|json, _| {
            let next = json.peek();
            let start = json.at();
            json.value().map(|_| ()).inspect_err(|_| match next {
                Some(b'[') => *found = Some(start + 1),
                Some(b'{') if left > 0 => {
                    let inner = &text[start..];
                    let mut at = None;
                    // It breaks off where it did before.
                    let _ = walk(&mut Scanner::new(inner), inner, &mut at, left - 1);
                    *found = at.map(|at| start + at);
                }
                _ => {}
            })
        })
    }
    let mut found = None;
    let _ = text
        .starts_with('{')
        .then(|| walk(&mut Scanner::new(text), text, &mut found, MAX_DEPTH));
    found.filter(|at| twice.is_some_and(|twice| *at <= twice))
}

/// The columns of the table that an object is, and the offset of its rows behind their bracket; the
/// error is the offset of columns that cannot be read.
pub(crate) fn table(text: &str) -> Result<(Range<usize>, usize), Option<usize>> {
    let (mut columns, mut rows, mut broken) = (None, None, None);
    // Errors lie behind the offset that is found.
    let _ = Scanner::new(text).object(|json, key| {
        let array = json.peek() == Some(b'[');
        let start = json.at();
        if array && columns.is_some() && matches!(key, "rows" | "Rows" | "values") {
            rows = Some(start + 1);
            return Err(Error {
                message: "found",
                at: 0,
            });
        }
        let named = array && matches!(key, "columns" | "Columns");
        let value = json.value().inspect_err(|_| {
            broken = named.then_some(start);
        })?;
        if named {
            columns = Some(start..start + value.len());
        }
        Ok(())
    });
    columns.zip(rows).ok_or(broken)
}

/// The key of rows with the bracket behind it, in a text that is malformed before it.
pub(crate) fn rows_behind(text: &str) -> Option<Range<usize>> {
    let mut keys = memchr::memmem::find_iter(text.as_bytes(), b"ows\"");
    keys.find_map(|at| {
        let start = at.checked_sub(2)?;
        let lead = text.get(start..at)?;
        let rest = text[at + 4..].trim_start().strip_prefix(':')?;
        let rows = rest.trim_start().strip_prefix('[')?;
        matches!(lead, "\"r" | "\"R").then(|| start..text.len() - rows.len())
    })
}

/// Offset of a list's records, behind its bracket, if the text before it cannot be read: the first
/// bracket before an object, if at least two records follow.
pub(crate) fn headless(text: &str, twice: Option<usize>) -> Option<usize> {
    let mut brackets = memchr::memchr_iter(b'[', text.as_bytes());
    let at = brackets.find(|at| key(text[at + 1..].trim_start()).is_some())? + 1;
    twice.is_some_and(|twice| at <= twice).then_some(at)
}
