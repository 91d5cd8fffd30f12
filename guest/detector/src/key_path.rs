//! The path to a value inside a document, in terms of keys that usually hold records.

/// Most levels of objects, arrays and texts around a record.
pub(crate) const MAX_LEVELS: usize = 12;

/// The keys that hold records in the output of shippers, sinks and exports, in lower case.
/// Unwrapped records are counted by these kinds.
const KINDS: [&str; 40] = [
    "@message",
    "_raw",
    "_source",
    "body",
    "content",
    "data",
    "doc",
    "event",
    "event.original",
    "fields",
    "full_message",
    "hits",
    "hits.hits",
    "jsonpayload",
    "line",
    "log",
    "log.original",
    "logevents",
    "message",
    "msg",
    "original",
    "payload",
    "properties",
    "raw",
    "raw_message",
    "rawdata",
    "rawmessage",
    "record",
    "records",
    "result",
    "result._raw",
    "results",
    "rows",
    "short_message",
    "streams",
    "tables",
    "text",
    "textpayload",
    "value",
    "values",
];
/// The kind of a text without a key.
pub(crate) const TEXT: &str = "text";
/// The kind of values under other keys.
const ELSEWHERE: &str = "elsewhere";
/// The kind of rows with a separate list of columns.
pub(crate) const TABLES: &str = "tables";

/// The path to a value.
#[derive(Clone, Copy)]
pub(crate) struct KeyPath {
    pub(crate) kind: Option<&'static str>,
    /// Whether all keys are among [`KINDS`].
    pub(crate) known: bool,
    /// Whether the value is inside a text.
    pub(crate) text: bool,
    /// Number of further levels that are allowed.
    pub(crate) left: usize,
}

impl KeyPath {
    pub(crate) fn deeper(self) -> Option<KeyPath> {
        let left = self.left.checked_sub(1)?;
        Some(KeyPath { left, ..self })
    }

    pub(crate) fn under(self, key: &str) -> KeyPath {
        let alone = || kind(None, key);
        // In a text, the kind is that of the field with the text.
        let kind = match self.kind {
            Some(_) if self.text => None,
            Some(ELSEWHERE) => None,
            Some(before) => kind(Some(before), key),
            None => alone(),
        };
        let known = self.known && (kind.is_some() || self.kind.is_some() && alone().is_some());
        KeyPath {
            kind: kind.or(self.kind).or(Some(ELSEWHERE)),
            known,
            ..self
        }
    }
}

/// The kind of a key behind another kind.
fn kind(before: Option<&str>, key: &str) -> Option<&'static str> {
    let named = |kind: &&&str| match before {
        None => kind.eq_ignore_ascii_case(key),
        Some(before) => kind
            .strip_prefix(before)
            .and_then(|second| second.strip_prefix('.'))
            .is_some_and(|second| second.eq_ignore_ascii_case(key)),
    };
    KINDS.iter().find(named).copied()
}
