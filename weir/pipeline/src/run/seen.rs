//! Description of the first document of a run, which shows that it is of the wrong log.

use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::Run;

/// Bytes of a document that are looked at.
const BYTES: usize = 64 << 10;
/// Keys that are named, and characters of one, or of what is no object.
const KEYS: usize = 12;
const LONGEST: usize = 60;

impl Run<'_> {
    /// Keeps what the run's first document looks like.
    pub(super) fn see(&mut self, documents: &[u8]) {
        if self.seen.is_none() {
            let lines = documents.split(|byte| *byte == b'\n');
            let mut lines = lines.map(<[u8]>::trim_ascii);
            self.seen = lines.find(|line| !line.is_empty()).map(look);
        }
    }
}

/// A document's top-level keys, or how it begins.
fn look(document: &[u8]) -> String {
    let mut keys = Vec::new();
    if document.len() <= BYTES {
        let mut json = serde_json::Deserializer::from_slice(document);
        // As far as it could be read.
        let _ = serde::Deserializer::deserialize_any(&mut json, Keys(&mut keys));
    }
    if !keys.is_empty() {
        let more = keys.len().saturating_sub(KEYS);
        let named: Vec<String> = keys
            .iter()
            .take(KEYS)
            .map(|key| format!("`{}`", cut(key)))
            .collect();
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return format!("has the keys {}{more}", named.join(", "));
    }
    let text = String::from_utf8_lossy(document.get(..BYTES).unwrap_or(document));
    format!("begins with `{}`", cut(&text))
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The keys of an object, or of an array's first.
struct Keys<'a>(&'a mut Vec<String>);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            self.0.push(key.into_owned());
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        list.next_element_seed(self)?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn keys_are_named_and_bounded() {
        assert_eq!(look(br#"{"a":1,"b":{"c":2}}"#), "has the keys `a`, `b`");
        assert_eq!(look(br#"[{"a":1},{"b":2}]"#), "has the keys `a`");
        assert_eq!(look(br#"{"a":1,"b":'x'}"#), "has the keys `a`, `b`");
        assert_eq!(look(b"CEF:0|x"), "begins with `CEF:0|x`");
        let many: Vec<String> = (0..100).map(|n| format!("\"{n}\":{n}")).collect();
        let shown = look(format!("{{{}}}", many.join(",")).as_bytes());
        assert!(shown.ends_with("`11` and 88 more"), "{shown}");
        assert!(look("x".repeat(9999).as_bytes()).len() < 100);
    }
}
