//! From JSON text to the fields that are read. Values are kept as they stand in the
//! text; what they must be is decided where they are used.

use crate::fields::{COUNT, Field, Place, Tree};
use crate::scan::{Error, Scanner, Step, unescaped};
use smallvec::SmallVec;
use std::borrow::Cow;

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
    /// The text of a top-level `records`, if there is one.
    pub(crate) records: Option<&'a str>,
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

    /// Reads what stands at a node of the tree of fields.
    fn walk(&mut self, json: &mut Scanner<'a>, tree: &Tree, node: usize) -> Step<()> {
        match json.peek() {
            Some(b'{') => {
                self.objects += 1;
                let object = self.objects;
                json.object(|json, key| match tree.find(node, &unescaped(key)) {
                    None => json.value().map(|_| ()),
                    Some(Place::Node(inner)) => self.walk(json, tree, inner),
                    Some(Place::Leaf(field)) => self.set(field, object, json.value()?),
                })
            }
            // An array of objects is its objects, as in Elasticsearch.
            Some(b'[') => json.array(|json| self.walk(json, tree, node)),
            _ => json.value().map(|_| ()),
        }
    }

    fn set(&mut self, field: Field, object: u32, value: &'a str) -> Step<()> {
        if field == Field::Records {
            self.records = Some(value);
            return Ok(());
        }
        let at = field as usize;
        if self.setters[at] == object {
            self.values[at].clear();
        }
        self.setters[at] = object;
        flatten(value, &mut self.values[at])
    }
}

/// What a document is.
pub(crate) enum Document<'a> {
    Object(Box<Record<'a>>),
    /// The elements' texts.
    Array(Vec<&'a str>),
    /// A scalar.
    Other,
}

/// Reads one JSON text.
///
/// # Errors
/// A sentence on what is wrong and where, when it is not one valid JSON value.
pub(crate) fn read<'a>(text: &'a str, tree: &Tree) -> Result<Document<'a>, String> {
    let mut json = Scanner::new(text);
    let document = match json.peek() {
        Some(b'{') => {
            let mut record = Box::new(Record::new());
            record
                .walk(&mut json, tree, Tree::ROOT)
                .map(|()| Document::Object(record))
        }
        Some(b'[') => elements(&mut json).map(Document::Array),
        _ => json.value().map(|_| Document::Other),
    };
    let in_words = |e: Error| format!("not JSON: {} at column {}", e.what, e.at + 1);
    document
        .and_then(|document| json.end().map(|()| document))
        .map_err(in_words)
}

/// The texts of an array's elements.
pub(crate) fn elements<'a>(json: &mut Scanner<'a>) -> Step<Vec<&'a str>> {
    let mut elements = Vec::new();
    json.array(|json| {
        elements.push(json.value()?);
        Ok(())
    })?;
    Ok(elements)
}

/// Adds the scalars of a value, arrays flattened and nulls left out.
fn flatten<'a>(value: &'a str, out: &mut Scalars<'a>) -> Step<()> {
    out.push(match value.as_bytes().first() {
        Some(b'"') => Scalar::Text(unescaped(&value[1..value.len() - 1])),
        Some(b'[') => {
            return Scanner::new(value).array(|json| flatten(json.value()?, out));
        }
        Some(b'{') => Scalar::Object,
        Some(b't') => Scalar::Boolean(true),
        Some(b'f') => Scalar::Boolean(false),
        Some(b'n') => return Ok(()),
        _ => Scalar::Number(value),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, field: Field) -> Vec<String> {
        match read(text, &Tree::new()) {
            Ok(Document::Object(record)) => record
                .all(field)
                .iter()
                .map(|v| match v {
                    Scalar::Text(text) => text.to_string(),
                    other => format!("{other:?}"),
                })
                .collect(),
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
        assert_eq!(
            values(
                r#"{"user.id":"a","user":{"id":["b",["c"]]}}"#,
                Field::EcsUserId
            ),
            ["a", "b", "c"]
        );
        assert_eq!(
            values(r#"{"http":{"response.status_code":403}}"#, Field::EcsStatus),
            [r#"Number("403")"#]
        );
    }

    #[test]
    fn a_key_repeated_in_one_object_replaces() {
        assert_eq!(
            values(r#"{"user":{"id":"a","id":"b"}}"#, Field::EcsUserId),
            ["b"]
        );
    }

    #[test]
    fn escapes_and_lone_surrogates_are_read() {
        let text = r#"{"user.id":"a\u00e9\ud83d\ude00\ud800b\udc00"}"#;
        assert_eq!(values(text, Field::EcsUserId), ["aé😀\u{fffd}b\u{fffd}"]);
    }
}
