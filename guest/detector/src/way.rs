//! The way to a value inside a document: the keys that it stands under, of those that are known to
//! hold records.

/// Most objects, arrays and texts around a record that are opened.
pub(crate) const DEEPEST: usize = 12;

/// The keys that hold records in what shippers, sinks and exports write, in lower case. What is
/// opened is counted by them.
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
/// Of a text that stands under no key.
pub(crate) const TEXT: &str = "text";
/// Of what stands under another key than those.
const ELSEWHERE: &str = "elsewhere";
/// Of rows with their columns beside them.
pub(crate) const TABLES: &str = "tables";

/// By which keys a value was come to.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) kind: Option<&'static str>,
    /// Whether all of them are among [`KINDS`].
    pub(crate) known: bool,
    /// Whether it stands in a text.
    pub(crate) text: bool,
    /// How many levels may follow.
    pub(crate) left: usize,
}

impl Way {
    pub(crate) fn deeper(self) -> Option<Way> {
        let left = self.left.checked_sub(1)?;
        Some(Way { left, ..self })
    }

    pub(crate) fn under(self, key: &str) -> Way {
        let alone = || kind(None, key);
        // In a text, the field that holds it is the kind.
        let kind = match self.kind {
            Some(_) if self.text => None,
            Some(ELSEWHERE) => None,
            Some(before) => kind(Some(before), key),
            None => alone(),
        };
        let known = self.known && (kind.is_some() || self.kind.is_some() && alone().is_some());
        Way {
            kind: kind.or(self.kind).or(Some(ELSEWHERE)),
            known,
            ..self
        }
    }
}

/// The kind that a key makes of one before.
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
