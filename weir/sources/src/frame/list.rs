//! Lists of objects inside a value, and the tables among them.

use super::scanner::Scanner;

/// Brackets around a list that is looked for, at most.
const DEEPEST: usize = 4;

/// The list of a value whose elements are documents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// The brackets that are open inside it, outermost first.
    pub(super) brackets: Vec<u8>,
    /// Bytes of the value before its first element.
    pub(super) behind: usize,
    /// Bytes of it, as far as it is there.
    pub(super) length: usize,
}

impl List {
    /// The outermost list of objects that is open at the end of a value's text, which is well
    /// formed as far as it goes; the longest where none is.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let (mut stack, mut longest, mut open) = (Vec::new(), None::<List>, None::<List>);
        for (at, byte) in outside_texts(text) {
            match byte {
                b'{' | b'[' => {
                    stack.push(byte);
                    let behind = at + 1;
                    let objects = may_be_objects(text.get(behind..).unwrap_or_default());
                    let outer = stack.len() > 1 && stack.len() <= DEEPEST;
                    if byte == b'[' && outer && objects && open.is_none() {
                        open = Some(List {
                            brackets: stack.clone(),
                            behind,
                            length: 0,
                        });
                    }
                }
                b'}' | b']' => {
                    let closes = open.take_if(|list| list.brackets.len() == stack.len());
                    stack.pop();
                    if let Some(mut list) = closes {
                        list.length = at - list.behind;
                        if longest.as_ref().is_none_or(|l| l.length < list.length) {
                            longest = Some(list);
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(list) = &mut open {
            list.length = text.len() - list.behind;
        }
        open.or(longest)
    }

    /// Whether the list goes on behind a text.
    pub(super) fn is_open_in(&self, text: &[u8]) -> bool {
        self.behind + self.length == text.len()
    }

    /// Whether a value with this list is more than the list, as far as both are there.
    pub(super) fn is_small_in(&self, text: &[u8]) -> bool {
        self.length < text.len() / 2 && !self.is_open_in(text)
    }
}

/// How many of a text's first bytes stand before the first element of its first list of objects,
/// if it begins with an envelope around one.
pub(crate) fn head_of_list(text: &[u8]) -> Option<usize> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let brackets = outside_texts(text).filter(|(_, byte)| *byte == b'[');
    let objects = |behind: &usize| {
        let inner = text.get(*behind..).unwrap_or_default();
        inner.trim_ascii_start().starts_with(b"{")
    };
    brackets.map(|(at, _)| at + 1).find(objects)
}

/// The bytes of a well-formed text that stand in no text in it, each with its place, and the quotes
/// that such a one begins with.
fn outside_texts(text: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut quoted, mut escaped) = (false, false);
    let mut inside = move |byte: u8| {
        if std::mem::take(&mut escaped) {
            return true;
        }
        escaped = quoted && byte == b'\\';
        let inside = quoted;
        quoted ^= byte == b'"';
        inside
    };
    text.iter()
        .copied()
        .enumerate()
        .filter(move |(_, byte)| !inside(*byte))
}

/// Where the list of a text ends that is one whole envelope around it, with nothing behind.
pub(crate) fn end_of_list(text: &[u8]) -> Option<usize> {
    let head = head_of_list(text)?;
    let (mut stack, mut list) = (Vec::new(), None);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().copied().enumerate() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => stack.push(at + 1),
            b'}' | b']' => {
                if stack.pop()? == head {
                    list = Some(at);
                }
                if stack.is_empty() {
                    let behind = text.get(at + 1..).unwrap_or_default();
                    return list.filter(|_| behind.trim_ascii().is_empty());
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether what stands behind a list's bracket may be objects, of which the first may be broken.
fn may_be_objects(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let word = || {
        [&b"true"[..], b"false", b"null"]
            .iter()
            .any(|word| text.starts_with(word))
    };
    match text.first() {
        None | Some(b'{') => true,
        Some(byte) => byte.is_ascii_alphabetic() && !word(),
    }
}

/// Elements of the array that a well-formed text begins with.
fn elements(array: &[u8]) -> usize {
    let (mut depth, mut commas, mut any) = (0, 0, false);
    for (_, byte) in outside_texts(array) {
        any |= depth > 0 && !byte.is_ascii_whitespace() && byte != b']';
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => break,
            b']' | b'}' => depth -= 1,
            b',' if depth == 1 => commas += 1,
            _ => {}
        }
    }
    commas + usize::from(any)
}

/// Frame that makes a document of each row of a table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Text before the row, with its columns.
    before: Vec<u8>,
    /// The brackets that are open inside its rows.
    pub(super) brackets: Vec<u8>,
    /// Cells of a row.
    columns: usize,
}

impl Table {
    /// The table whose rows begin behind a text; none where no columns are in it.
    pub(super) fn new(head: &[u8], text: &[u8], scanner: &Scanner) -> Option<Self> {
        let before = [head, text].concat();
        let named = |name| memchr::memmem::rfind(&before, name);
        let at = named(b"\"columns\"").or_else(|| named(b"\"Columns\""))?;
        let behind = before.get(at..)?;
        let array = behind.get(memchr::memchr(b'[', behind)?..)?;
        Some(Self {
            columns: elements(array),
            brackets: scanner.open_brackets().to_vec(),
            before,
        })
    }

    /// Whether a row holds others, since its bracket lacks.
    pub(super) fn is_many(&self, row: &[u8]) -> bool {
        let inner = row.get(1..).unwrap_or_default();
        memchr::memchr(b'[', inner).is_some() && elements(row) > self.columns
    }

    /// Why a row is none of this table. Objects and texts may hold records of their own.
    pub(super) fn refuses(&self, row: &[u8]) -> Option<String> {
        let columns = self.columns;
        let cells = match row.first() {
            Some(b'[') => elements(row),
            Some(b'{' | b'"') => return None,
            _ => 0,
        };
        (cells != columns)
            .then(|| format!("a table's row: {cells} cells where there are {columns} columns"))
    }

    /// Adds a row as a document.
    pub(super) fn add(&self, row: &[u8], documents: &mut Vec<u8>) {
        documents.extend_from_slice(&self.before);
        documents.extend_from_slice(row);
        let closing = |bracket: &u8| match bracket {
            b'{' => b'}',
            _ => b']',
        };
        documents.extend(self.brackets.iter().rev().map(closing));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_is_open_goes_before_the_longest() {
        let of = |text: &str| {
            let list = List::of(text.as_bytes())?;
            let (from, to) = (list.behind, list.behind + list.length);
            Some((
                String::from_utf8(list.brackets).unwrap(),
                text[from..to].to_owned(),
            ))
        };
        let found = |brackets: &str, text: &str| Some((brackets.to_owned(), text.to_owned()));
        let whole = r#"{"a":["[{"],"b":[{"c":[{}]}],"d":{"e":[{"ff":1},{}]},"g":[{}]}"#;
        assert_eq!(of(whole), found("{{[", r#"{"ff":1},{}"#));
        assert_eq!(of(&whole[..26]), found("{[", r#"{"c":[{}]"#));
        assert_eq!(of(r#"{"a":"[{","b\"":[1,2],"c":{}}"#), None);
        assert_eq!(of(r#"{"a":[ "#), found("{[", " "));
        assert_eq!(of(r#"[{"a":1}]"#), None);
    }

    #[test]
    fn the_head_of_an_envelope_ends_behind_the_bracket_of_its_list() {
        for (text, head) in [
            (
                r#"{"count":3,"tags":["["],"records": [ {"a":1}]}"#,
                Some(36),
            ),
            (r#" {"records":[{"#, Some(13)),
            (r#"{"records":["#, None),
            (r#"[{"a":[{}]}]"#, None),
            (r#"{"a":"[{"}"#, None),
        ] {
            assert_eq!(head_of_list(text.as_bytes()), head, "{text}");
        }
    }

    #[test]
    fn the_list_of_a_whole_envelope_ends_at_its_bracket() {
        for (text, end) in [
            (r#"{"n":[1],"records":[{"a":"]"}],"next":"x"}"#, Some(29)),
            (r#"{"a":{"b":[{"c":[{}]},{}],"d":1}} "#, Some(24)),
            (r#"{"records":[{"a":1}],"next":"x"}{}"#, None),
            (r#"{"records":[{"a":1}],"next":"x""#, None),
            (r#"[{"a":1}]"#, None),
        ] {
            assert_eq!(end_of_list(text.as_bytes()), end, "{text}");
        }
    }

    #[test]
    fn elements_are_counted_at_their_own_depth() {
        for (text, count) in [
            ("[]", 0),
            ("[ ] , 1", 0),
            ("[1]", 1),
            (r#"[[1,2],{"a":1,"b":2},"],\",3",3],4"#, 4),
        ] {
            assert_eq!(elements(text.as_bytes()), count, "{text}");
        }
    }
}
