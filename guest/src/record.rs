//! From JSON text to the fields that are read, by `serde_json`.
//!
//! This is the reference for what a document means. Values are kept as they stand in
//! the text; what they must be is decided where they are used.

use crate::fields::{COUNT, Field, Place, Tree};
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// Deepest nesting that is read; more is malformed. The bound of `serde_json`.
pub(crate) const DEEPEST: usize = 128;

/// A value that is not null and not an array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    /// A number as it is written.
    Number(&'a str),
    Boolean(bool),
    Object,
}

/// All values of one field, arrays flattened, nulls left out.
pub(crate) type Scalars<'a> = SmallVec<[Scalar<'a>; 1]>;

/// The fields of one record.
pub(crate) struct Record<'a> {
    values: [Scalars<'a>; COUNT],
    /// Which object set the field last: a key repeated in one object replaces, the
    /// same field from different objects adds.
    setters: [u32; COUNT],
    objects: u32,
    /// The text of a top-level `records` array, if there is one.
    pub(crate) records: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    fn new() -> Self {
        Record {
            values: [const { SmallVec::new_const() }; COUNT],
            setters: [0; COUNT],
            objects: 0,
            records: None,
        }
    }

    /// All values of a field; empty when it is absent or null.
    pub(crate) fn all(&self, field: Field) -> &Scalars<'a> {
        &self.values[field as usize]
    }

    /// Whether a field is, or among its values has, this text.
    pub(crate) fn is(&self, field: Field, wanted: &str) -> bool {
        let equal = |v: &Scalar| matches!(v, Scalar::Text(text) if text == wanted);
        self.all(field).iter().any(equal)
    }

    fn set(&mut self, field: Field, object: u32, raw: &'a RawValue) -> Result<(), serde_json::Error> {
        if field == Field::Records {
            self.records = Some(raw);
            return Ok(());
        }
        let at = field as usize;
        if self.setters[at] == object {
            self.values[at].clear();
        }
        self.setters[at] = object;
        flatten(raw, &mut self.values[at])
    }
}

/// What a document is.
pub(crate) enum Document<'a> {
    Object(Box<Record<'a>>),
    Array(Vec<&'a RawValue>),
    /// A scalar.
    Other,
}

/// Reads one JSON text.
///
/// # Errors
/// A sentence on what is wrong and where, when it is not one valid JSON value.
pub(crate) fn read<'a>(text: &'a str, tree: &Tree) -> Result<Document<'a>, String> {
    check_depth(text)?;
    let document = match text.as_bytes().first() {
        Some(b'{') => {
            let mut record = Box::new(Record::new());
            let mut json = serde_json::Deserializer::from_str(text);
            let seed = Walk { tree, node: Tree::ROOT, record: &mut record };
            seed.deserialize(&mut json)
                .and_then(|()| json.end())
                .map(|()| Document::Object(record))
        }
        Some(b'[') => serde_json::from_str(text).map(Document::Array),
        _ => serde_json::from_str::<IgnoredAny>(text).map(|_| Document::Other),
    };
    document.map_err(|e| in_words(&e))
}

/// `serde_json`'s message with the column only: a document is one line.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
    format!("not JSON: {what} at column {}", error.column())
}

/// Refuses nesting beyond the bound, which `serde_json` skips over without one.
fn check_depth(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    if memchr::memchr2_iter(b'{', b'[', bytes).nth(DEEPEST).is_none() {
        return Ok(());
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("nested deeper than {DEEPEST} levels at column {}", at + 1));
        }
    }
    Ok(())
}

/// Walks the tree of fields along a document.
struct Walk<'t, 'r, 'a> {
    tree: &'t Tree,
    node: usize,
    record: &'r mut Record<'a>,
}

impl<'a> DeserializeSeed<'a> for Walk<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Walk<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        self.record.objects += 1;
        let object = self.record.objects;
        while let Some(key) = map.next_key_seed(Key)? {
            match self.tree.find(self.node, &key) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(Place::Leaf(field)) => {
                    let raw = map.next_value::<&'a RawValue>()?;
                    self.record.set(field, object, raw).map_err(serde::de::Error::custom)?;
                }
                Some(Place::Node(node)) => {
                    map.next_value_seed(Walk { tree: self.tree, node, record: self.record })?;
                }
            }
        }
        Ok(())
    }

    /// An array of objects is its objects, as in Elasticsearch.
    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(Walk { tree: self.tree, node: self.node, record: self.record })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads an object's key, borrowed where it has no escapes.
struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object's key")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Adds the scalars of a value, arrays flattened and nulls left out.
fn flatten<'a>(raw: &'a RawValue, out: &mut Scalars<'a>) -> Result<(), serde_json::Error> {
    let text = raw.get();
    let scalar = match text.as_bytes().first() {
        Some(b'"') => Scalar::Text(string(text)?),
        Some(b'[') => {
            let elements: Vec<&'a RawValue> = serde_json::from_str(text)?;
            return elements.into_iter().try_for_each(|element| flatten(element, out));
        }
        Some(b'{') => Scalar::Object,
        Some(b't') => Scalar::Boolean(true),
        Some(b'f') => Scalar::Boolean(false),
        Some(b'n') => return Ok(()),
        _ => Scalar::Number(text),
    };
    out.push(scalar);
    Ok(())
}

/// The value of a JSON string; a lone surrogate is read as U+FFFD.
fn string(quoted: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    let inner = &quoted[1..quoted.len() - 1];
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    let mut json = serde_json::Deserializer::from_str(quoted);
    json.deserialize_bytes(Bytes).map(|bytes| Cow::Owned(from_wtf8(bytes)))
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

/// `serde_json` gives lone surrogates as the three bytes they would have in UTF-8.
fn from_wtf8(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let mut text = String::new();
            let mut rest = e.as_bytes();
            while !rest.is_empty() {
                let good = match std::str::from_utf8(rest) {
                    Ok(all) => all,
                    Err(e) => std::str::from_utf8(&rest[..e.valid_up_to()]).unwrap_or_default(),
                };
                text.push_str(good);
                rest = &rest[good.len()..];
                if !rest.is_empty() {
                    text.push('\u{fffd}');
                    rest = &rest[rest.len().min(3)..];
                }
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, field: Field) -> Vec<String> {
        match read(text, &Tree::new()) {
            Ok(Document::Object(record)) => {
                record.all(field).iter().map(|v| match v {
                    Scalar::Text(text) => text.to_string(),
                    other => format!("{other:?}"),
                }).collect()
            }
            Ok(_) => panic!("no object: {text}"),
            Err(e) => panic!("{e}: {text}"),
        }
    }

    #[test]
    fn nested_dotted_and_mixed_are_the_same_and_add_up() {
        for text in [
            r#"{"user":{"id":"a"}}"#,
            r#"{"user.id":"a"}"#,
            r#"{"_source":{"user":{"id":["a",null]}}}"#,
            r#"{"user":[{"id":"a"},{"name":"x"}]}"#,
        ] {
            assert_eq!(values(text, Field::EcsUserId), ["a"], "{text}");
        }
        assert_eq!(values(r#"{"user.id":"a","user":{"id":["b",["c"]]}}"#, Field::EcsUserId), ["a", "b", "c"]);
        assert_eq!(values(r#"{"http":{"response.status_code":403}}"#, Field::EcsStatus), [r#"Number("403")"#]);
    }

    #[test]
    fn a_key_repeated_in_one_object_replaces() {
        assert_eq!(values(r#"{"user":{"id":"a","id":"b"}}"#, Field::EcsUserId), ["b"]);
    }

    #[test]
    fn escapes_and_lone_surrogates_are_read() {
        let text = r#"{"user.id":"a\u00e9\ud83d\ude00\ud800b\udc00"}"#;
        assert_eq!(values(text, Field::EcsUserId), ["aé😀\u{fffd}b\u{fffd}"]);
    }

    #[test]
    fn deep_nesting_is_refused_and_its_look_alike_in_a_string_is_not() {
        let deep = |n: usize| format!("{{\"x\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(DEEPEST - 1), &Tree::new()).is_ok());
        assert!(read(&deep(DEEPEST), &Tree::new()).is_err());
        assert!(read(&deep(10_000), &Tree::new()).is_err());
        let text = format!("{{\"x\":\"{}\\\"\"}}", "[".repeat(1000));
        assert!(read(&text, &Tree::new()).is_ok());
    }

    #[test]
    fn what_is_not_one_value_is_refused() {
        for text in ["{", "{}}", "{\"a\":}", "nul", "[1,]", "{\"a\":\"\u{1}\"}", "{\"a\":01}", "\"x"] {
            assert!(read(text, &Tree::new()).is_err(), "{text}");
        }
    }
}
