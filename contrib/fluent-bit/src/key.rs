//! Access to one key of a JSON record: its decoded text, or its raw value.

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A visitor that reads the value of a key as `T`; of duplicates the last one.
struct KeyVisitor<'k, T>(&'k str, std::marker::PhantomData<T>);

impl<'de, T: serde::Deserialize<'de>> Visitor<'de> for KeyVisitor<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

fn find<'r, T: serde::Deserialize<'r>>(record: &'r [u8], key: &str) -> Option<T> {
    let mut reader = serde_json::Deserializer::from_slice(record);
    let find = KeyVisitor(key, std::marker::PhantomData);
    let found = reader.deserialize_map(find).and_then(|found| {
        reader.end()?;
        found.ok_or_else(|| serde_json::Error::custom("no such key"))
    });
    found.ok()
}

/// The text under a key; the record itself if there is none.
pub(crate) fn text<'r>(record: &'r [u8], key: &str) -> Cow<'r, [u8]> {
    match find::<Cow<str>>(record, key) {
        Some(text) => Cow::Owned(text.into_owned().into_bytes()),
        None => Cow::Borrowed(record),
    }
}

/// The raw value under a key.
pub(crate) fn raw(record: &[u8], key: &str) -> Option<String> {
    find::<&RawValue>(record, key).map(|value| value.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_text_under_the_key_or_the_record() {
        let record = br#"{"stream":"out","log":"{\"a\":\"\\n\"}","n":[{"log":"inner"}]}"#;
        assert_eq!(&*text(record, "log"), br#"{"a":"\n"}"#);
        for record in [r#"{"log":{"a":1}}"#, r#"{"a":1}"#, "[1]", r#"{"log":"a""#] {
            assert_eq!(&*text(record.as_bytes(), "log"), record.as_bytes());
        }
    }

    #[test]
    fn settings_are_raw_values() {
        let record = br#"{"message":"dummy","weir":{"events": "drop"}}"#;
        assert_eq!(
            raw(record, "weir").as_deref(),
            Some(r#"{"events": "drop"}"#)
        );
        assert_eq!(raw(br#"{"message":"dummy"}"#, "weir"), None);
    }
}
