//! Records: the fields of a JSON object, as raw text. Values are interpreted where they are used.

use crate::chunk;
use crate::fields::{Field, FieldTree, MAX_FIELDS, TreeEntry};
use crate::scan::{Error, ScanResult, Scanner, unescaped};
use std::borrow::Cow;

/// Most values that are kept of fields that occur in several objects. Whether that is too many is
/// decided by the record's shape: other data sets are not restricted.
const MAX_REPEATS: usize = 1000;

/// A value that is not null and not an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// A number as it is written.
    Number(&'a str),
    /// `true` or `false`.
    Boolean(bool),
    /// An object, whatever is in it.
    Object,
}

/// A reader of records: parses the object on a line into the fields that are read.
pub trait RecordReader {
    /// Reads the object at the start of `bytes`, which ends on the same line, into a new record.
    /// Returns its length in bytes; None if there is no such object, or none that this reader
    /// supports: the contents of the record are then unspecified.
    fn object<'a>(&mut self, bytes: &'a [u8], record: &mut Record<'a>) -> Option<usize>;
}

/// The fields of one record, as raw JSON.
pub struct Record<'a> {
    /// Raw JSON by field; unspecified if the field is absent.
    values: [&'a [u8]; MAX_FIELDS],
    /// The fields that are present, a bit for each.
    present: u64,
    /// Whether all strings among them are known to be ASCII without escapes, and no field
    /// has several values.
    pub verbatim: bool,
    /// The number of the object that set each field last: a key repeated in one object replaces,
    /// while the same field from different objects adds.
    setters: [u32; MAX_FIELDS],
    /// Values of fields from further objects; rarely any.
    repeats: Vec<(Field, u32, &'a [u8])>,
    /// Whether there were more than are kept.
    pub overfull: bool,
    objects: u32,
    /// The object's text; empty if the record has none of its own.
    pub text: &'a [u8],
}

impl Default for Record<'_> {
    /// A record without fields.
    fn default() -> Self {
        Record {
            values: [b""; MAX_FIELDS],
            present: 0,
            verbatim: true,
            setters: [0; MAX_FIELDS],
            repeats: Vec::new(),
            overfull: false,
            objects: 0,
            text: b"",
        }
    }
}

impl<'a> Record<'a> {
    /// Clears the record.
    pub fn clear(&mut self) {
        // Values and setters of absent fields are not read.
        self.present = 0;
        self.verbatim = true;
        self.repeats.clear();
        self.overfull = false;
        self.objects = 0;
    }

    /// A field's value as raw JSON; empty if it is absent.
    #[inline(always)]
    pub fn raw(&self, field: Field) -> &'a [u8] {
        match self.present >> field.at() & 1 {
            0 => b"",
            _ => self.values[field.at()],
        }
    }

    /// Whether a field has a value other than null.
    pub fn has(&self, field: Field) -> bool {
        !matches!(self.raw(field), b"" | b"null" | b"\"\"")
    }

    /// Reads an object as the value of a path, in addition to earlier fields; returns whether it is
    /// an object.
    pub fn read_at(&mut self, text: &'a str, tree: &FieldTree, path: &str) -> bool {
        let node = match path {
            "" => FieldTree::ROOT,
            path => match tree.find(FieldTree::ROOT, path) {
                Some(TreeEntry::Node(node)) => node,
                _ => return false,
            },
        };
        let mut json = Scanner::new(text);
        json.peek() == Some(b'{') && self.walk(&mut json, tree, node).is_ok() && json.end().is_ok()
    }

    /// Sets a field without a value; None if it has one.
    #[inline(always)]
    pub fn set_first(&mut self, field: Field, value: &'a [u8], verbatim: bool) -> Option<()> {
        let bit = 1 << field.at();
        let before = self.present;
        self.present |= bit;
        self.verbatim &= verbatim;
        self.values[field.at()] = value;
        (before & bit == 0).then_some(())
    }

    /// Calls `each` with all values of a field, with arrays flattened and without nulls.
    pub fn each<E>(
        &self,
        field: Field,
        mut each: impl FnMut(Scalar<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let repeats = self.repeats.iter().filter(|(other, ..)| *other == field);
        let values = repeats.map(|(.., value)| *value).chain([self.raw(field)]);
        values
            .filter(|value| !value.is_empty())
            // The scanner has checked that it is text.
            .map(|value| std::str::from_utf8(value).unwrap_or_default())
            .try_for_each(|value| flatten(value, &mut each))
    }

    /// Whether any value of a field is this text.
    #[inline(always)]
    pub fn is(&self, field: Field, wanted: &str) -> bool {
        // Most records lack the field,
        !self.raw(field).is_empty() && self.holds(field, wanted)
    }

    /// Whether any value of a present field is this text.
    #[inline(never)]
    fn holds(&self, field: Field, wanted: &str) -> bool {
        // or have the plain form of the text.
        let raw = self.raw(field);
        if self.verbatim {
            let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
            return raw[0] == b'"' && chunk::same(inner, wanted.as_bytes());
        }
        let differs = |value| match value {
            Scalar::Text(text) if text == wanted => Err(()),
            _ => Ok(()),
        };
        self.each(field, differs).is_err()
    }

    /// Reads the value at a node of the tree of fields.
    fn walk(&mut self, json: &mut Scanner<'a>, tree: &FieldTree, node: usize) -> ScanResult<()> {
        match json.peek() {
            Some(b'{') => {
                self.objects += 1;
                let object = self.objects;
                json.object(|json, key| match tree.find(node, &unescaped(key)) {
                    None => json.value().map(|_| ()),
                    Some(TreeEntry::Node(inner)) => self.walk(json, tree, inner),
                    Some(TreeEntry::Leaf(field)) => {
                        self.set(field, object, json.value()?);
                        Ok(())
                    }
                })
            }
            // An array of objects counts as its objects, as in Elasticsearch.
            Some(b'[') => json.array(|json| self.walk(json, tree, node)),
            _ => json.value().map(|_| ()),
        }
    }

    /// Sets a field, with the number of the object that contains it.
    pub fn set(&mut self, field: Field, object: u32, value: &'a str) {
        let (at, value) = (field.at(), value.as_bytes());
        self.verbatim = false;
        let bit = 1 << field.at();
        if self.present & bit != 0 && self.setters[at] != object {
            if self.repeats.len() >= MAX_REPEATS {
                self.overfull = true;
                return;
            }
            self.repeats
                .push((field, self.setters[at], self.values[at]));
            self.repeats
                .retain(|(other, by, _)| (*other, *by) != (field, object));
        }
        self.present |= bit;
        self.setters[at] = object;
        self.values[at] = value;
    }
}

/// A JSON document.
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack: boxing would cost every record an allocation"
)]
pub enum Document<'a> {
    /// An object, with its fields.
    Object(Record<'a>),
    /// An array, as the texts of its elements.
    Array(Vec<&'a str>),
    /// A scalar.
    Other,
}

/// Parses one JSON text.
///
/// # Errors
/// A sentence on what is wrong and where, when it is not one valid JSON value.
pub fn read<'a>(text: &'a str, tree: &FieldTree) -> Result<Document<'a>, String> {
    let mut json = Scanner::new(text);
    let document = match json.peek() {
        Some(b'{') => {
            let mut record = Record {
                text: text.as_bytes(),
                ..Record::default()
            };
            let walked = record.walk(&mut json, tree, FieldTree::ROOT);
            walked.map(|()| Document::Object(record))
        }
        Some(b'[') => elements(&mut json).map(Document::Array),
        _ => json.value().map(|_| Document::Other),
    };
    let in_words = |e: Error| format!("not JSON: {} at column {}", e.message, e.at + 1);
    document
        .and_then(|document| json.end().map(|()| document))
        .map_err(in_words)
}

/// The texts of an array's elements.
pub fn elements<'a>(json: &mut Scanner<'a>) -> ScanResult<Vec<&'a str>> {
    let mut elements = Vec::new();
    json.array(|json| {
        elements.push(json.value()?);
        Ok(())
    })?;
    Ok(elements)
}

/// The keys of a JSON object, in order, with their values as raw JSON.
pub fn keys(json: &str) -> Option<Vec<(String, &str)>> {
    let mut scanner = Scanner::new(json);
    let mut keys = Vec::new();
    if scanner.peek() != Some(b'{') {
        return None;
    }
    scanner
        .object(|scanner, key| {
            keys.push((unescaped(key).into_owned(), scanner.value()?));
            Ok(())
        })
        .ok()?;
    scanner.end().ok()?;
    Some(keys)
}

/// Calls `each` with the scalars of a value that the scanner has checked.
fn flatten<'a, E>(
    value: &'a str,
    each: &mut impl FnMut(Scalar<'a>) -> Result<(), E>,
) -> Result<(), E> {
    each(match value.as_bytes().first() {
        Some(b'"') => Scalar::Text(unescaped(&value[1..value.len() - 1])),
        Some(b'[') => {
            // The scanner has checked that it is an array.
            let inner = elements(&mut Scanner::new(value)).unwrap_or_default();
            return inner
                .into_iter()
                .try_for_each(|element| flatten(element, each));
        }
        Some(b'{') => Scalar::Object,
        Some(b't') => Scalar::Boolean(true),
        Some(b'f') => Scalar::Boolean(false),
        Some(b'n') => return Ok(()),
        _ => Scalar::Number(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy;

    fn values(text: &str, field: Field) -> Vec<String> {
        match read(text, &FieldTree::new(&toy::TABLE, &[])) {
            Ok(Document::Object(record)) => {
                let mut values = Vec::new();
                let each = record.each(field, |value| {
                    values.push(match value {
                        Scalar::Text(text) => text.into_owned(),
                        other => format!("{other:?}"),
                    });
                    Ok::<(), ()>(())
                });
                assert_eq!(each, Ok(()));
                values
            }
            Ok(_) => panic!("no object: {text}"),
            Err(e) => panic!("{e}: {text}"),
        }
    }

    #[test]
    fn nested_dotted_and_mixed_keys_are_equal_and_add_up() {
        for text in [
            r#"{"user":{"id":"a"}}"#,
            r#"{"user.id":"a"}"#,
            r#"{"_source":{"user":{"id":["a",null]}}}"#,
            r#"{"user":[{"id":"a"},{"name":"x"}]}"#,
        ] {
            assert_eq!(values(text, toy::NESTED_USER), ["a"], "{text}");
        }
        assert_eq!(
            values(
                r#"{"user.id":"a","user":{"id":["b",["c"]]}}"#,
                toy::NESTED_USER
            ),
            ["a", "b", "c"]
        );
        assert_eq!(
            values(r#"{"http":{"response.status_code":403}}"#, toy::STATUS),
            [r#"Number("403")"#]
        );
    }

    #[test]
    fn a_key_repeated_in_one_object_replaces() {
        assert_eq!(
            values(r#"{"user":{"id":"a","id":"b"}}"#, toy::NESTED_USER),
            ["b"]
        );
        assert_eq!(
            values(
                r#"{"user.id":"a","user":{"id":"b"},"user.id":"c"}"#,
                toy::NESTED_USER
            ),
            ["b", "c"]
        );
    }

    #[test]
    fn escapes_and_lone_surrogates_are_read() {
        let text = r#"{"user.id":"a\u00e9\ud83d\ude00\ud800b\udc00"}"#;
        assert_eq!(values(text, toy::NESTED_USER), ["aé😀\u{fffd}b\u{fffd}"]);
    }
}
