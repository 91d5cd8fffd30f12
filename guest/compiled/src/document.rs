//! The values of a document's fields: nested, dotted and mixed names, arrays flattened.

use crate::catalog::{Catalog, Entry};
use weir_detector::program::value::Value;
use weir_detector::scan::{ScanResult, Scanner, unescaped};

/// The key that may hold the whole document.
const SOURCE: &str = "_source";

/// The values of the fields of a catalog in a document, which is one JSON object, by ascending
/// number.
pub(crate) fn read<'a>(text: &'a str, catalog: &Catalog) -> Vec<(u16, Value<'a>)> {
    let mut walk = Walk {
        catalog,
        path: String::new(),
        found: Vec::new(),
    };
    let mut json = Scanner::new(text);
    if json.peek() == Some(b'{') {
        // The document was scanned before.
        let _ = walk.object(&mut json, Some(Catalog::ROOT));
    }
    let mut found = walk.found;
    found.sort_by_key(|(field, _)| *field);
    let mut values: Vec<(u16, Value)> = Vec::with_capacity(found.len());
    let mut rest = found.into_iter().peekable();
    while let Some((field, first)) = rest.next() {
        let mut all = vec![first];
        while let Some((_, value)) = rest.next_if(|(other, _)| *other == field) {
            all.push(value);
        }
        values.push((field, Value::many(all)));
    }
    values
}

struct Walk<'a, 'c> {
    catalog: &'c Catalog,
    /// The path of the value, if any name has a wildcard.
    path: String,
    found: Vec<(u16, Value<'a>)>,
}

impl<'a> Walk<'a, '_> {
    /// Reads the members of an object, at a node of the catalog if any field is below it.
    fn object(&mut self, json: &mut Scanner<'a>, node: Option<usize>) -> ScanResult<()> {
        json.object(|json, key| {
            let key = unescaped(key);
            let mut entry = match node {
                Some(node) => self.catalog.find(node, &key),
                None => Entry::default(),
            };
            let behind = self.path.len();
            if node == Some(Catalog::ROOT) && behind == 0 && key == SOURCE {
                entry.node = Some(Catalog::ROOT);
            } else if self.catalog.has_patterns() {
                self.path.push_str(if behind > 0 { "." } else { "" });
                self.path.push_str(&key);
            }
            let read = self.value(json, entry);
            self.path.truncate(behind);
            read
        })
    }

    fn value(&mut self, json: &mut Scanner<'a>, entry: Entry) -> ScanResult<()> {
        let wanted = entry.node.is_some() || self.catalog.has_patterns();
        match json.peek() {
            Some(b'{') if wanted => self.object(json, entry.node),
            Some(b'[') if wanted || entry.field.is_some() => {
                json.array(|json| self.value(json, entry))
            }
            first => {
                let raw = json.value()?;
                if let Some(field) = entry.field {
                    self.found
                        .extend(scalar(first, raw).map(|value| (field, value)));
                }
                if self.catalog.has_patterns() {
                    for field in self.catalog.matching(&self.path) {
                        self.found
                            .extend(scalar(first, raw).map(|value| (field, value)));
                    }
                }
                Ok(())
            }
        }
    }
}

/// A scalar by its first byte; None for null and for an object.
fn scalar(first: Option<u8>, raw: &str) -> Option<Value<'_>> {
    match first? {
        b'"' => Some(Value::text(unescaped(raw.get(1..raw.len() - 1)?))),
        b't' => Some(Value::Boolean(true)),
        b'f' => Some(Value::Boolean(false)),
        b'-' | b'0'..=b'9' => Some(match raw.parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::number(raw.parse().ok()?),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn names_are_found_nested_dotted_and_mixed() {
        let name = catalog::field("test.process.name").unwrap();
        let any = catalog::field("test.*.code").unwrap();
        let read = |text: &'static str, field: u16| {
            let found = read(text, &catalog::current()).into_iter();
            let mut found = found.filter(|(number, _)| *number == field);
            found.next().map_or(Value::Null, |(_, value)| value)
        };
        for text in [
            r#"{"test":{"process":{"name":"a"}}}"#,
            r#"{"test.process.name":"a"}"#,
            r#"{"test.process":{"name":["a",null]}}"#,
            r#"{"_source":{"test":{"process.name":[["a"]]}}}"#,
            r#"{"test":[{"process":[{"name":"a"},{"id":1}]}]}"#,
        ] {
            assert_eq!(read(text, name), Value::text("a"), "{text}");
        }
        let both = r#"{"test.process.name":"a","test":{"process":{"name":7}},"test.x.code":true}"#;
        let wanted = Value::Many(vec![Value::text("a"), Value::Integer(7)]);
        assert_eq!(read(both, name), wanted);
        assert_eq!(read(both, any), Value::Boolean(true));
        assert_eq!(
            read(r#"{"test":{"y":{"code":1.5}}}"#, any),
            Value::Number(1.5)
        );
        assert_eq!(read(r#"{"test":{"code":1.5}}"#, any), Value::Null);
        assert_eq!(
            read(r#"{"a":{"_source":{"test.process.name":"a"}}}"#, name),
            Value::Null
        );
    }
}
