//! A rule file as a tree of values with their places.

use crate::reason::Reason;
use std::ops::Range;

/// A value and where it stands in its file, in bytes.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// JSON's null.
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Any other number, or a date.
    Other,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object.
    Table(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The members of an object; none of any other value.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// A member of an object, unless it is null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        let mut members = self.members().iter().rev();
        let found = members.find(|member| member.name == name)?;
        (!matches!(found.value.value, Value::Null)).then_some(&found.value)
    }

    /// Its text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its elements; none if it is no list.
    #[must_use]
    pub fn elements(&self) -> &[Node] {
        match &self.value {
            Value::List(nodes) => nodes,
            _ => &[],
        }
    }

    /// Whether it says nothing: null, an empty text, list or object, or false.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null | Value::Boolean(false) => true,
            Value::Text(text) => text.is_empty(),
            Value::List(list) => list.is_empty(),
            Value::Table(members) => members.iter().all(|member| member.value.is_empty()),
            _ => false,
        }
    }

    /// A text, or the reason why it is none.
    pub(crate) fn as_text(&self, name: &str) -> Result<String, Reason> {
        let text = self.text().map(str::to_owned);
        text.ok_or_else(|| self.wrong(name, "a text"))
    }

    /// A list of texts, or one alone.
    pub(crate) fn as_texts(&self, name: &str) -> Result<Vec<String>, Reason> {
        match &self.value {
            Value::Text(text) if text.is_empty() => Ok(Vec::new()),
            Value::Text(text) => Ok(vec![text.clone()]),
            Value::List(nodes) => nodes.iter().map(|node| node.as_text(name)).collect(),
            _ => Err(self.wrong(name, "a list of texts")),
        }
    }

    /// An integer from 0 on.
    pub(crate) fn as_count(&self, name: &str) -> Result<u64, Reason> {
        let number = match &self.value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(name, "an integer from 0 on"))
    }

    fn wrong(&self, name: &str, wanted: &str) -> Reason {
        Reason::new(
            "wrong-value",
            self.span.clone(),
            format!("`{name}` is not {wanted}"),
        )
    }
}

/// How a file writes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// TOML.
    Toml,
    /// A JSON object a line.
    Ndjson,
}

/// The place in the file of a part of a text that stands at `span`. Where the text cannot be
/// followed it is the whole text's.
#[must_use]
pub fn within(
    file: &str,
    syntax: Syntax,
    span: &Range<usize>,
    part: &Range<usize>,
) -> Range<usize> {
    let raw = file.get(span.clone()).unwrap_or_default();
    let places = places(raw, syntax);
    let (last, from, to) = (places.last(), places.get(part.start), places.get(part.end));
    match (last, from, to) {
        (Some(_), Some(from), Some(to)) => span.start + from..span.start + to,
        _ => span.clone(),
    }
}

/// For each byte of a text, and its end, the offset in what is written.
fn places(raw: &str, syntax: Syntax) -> Vec<usize> {
    let (delimiter, literal) = match raw.as_bytes() {
        [b'\'', b'\'', b'\'', ..] => (3, true),
        [b'"', b'"', b'"', ..] if syntax == Syntax::Toml && raw.len() >= 6 => (3, false),
        [b'\'', ..] => (1, true),
        _ => (1, false),
    };
    let end = raw.len().saturating_sub(delimiter);
    let mut at = delimiter;
    if delimiter == 3 {
        let rest = raw.get(at..).unwrap_or_default();
        at += rest.len() - { rest.strip_prefix("\r\n") }
            .or(rest.strip_prefix('\n'))
            .unwrap_or(rest)
            .len();
    }
    let mut places = Vec::new();
    while at < end {
        let rest = raw.get(at..end).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            break;
        };
        let (written, length) = match first {
            '\\' if !literal => escape(rest),
            c => (c.len_utf8(), c.len_utf8()),
        };
        for byte in 0..length {
            places.push(at + byte.min(written - 1));
        }
        at += written;
    }
    places.push(end);
    places
}

/// The length of an escape as written, and of what it stands for.
fn escape(rest: &str) -> (usize, usize) {
    let mut chars = rest.chars().skip(1);
    let code = |digits: usize| {
        let code = rest.get(2..2 + digits);
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        let length = code.and_then(char::from_u32).map_or(3, char::len_utf8);
        (rest.len().min(2 + digits), length)
    };
    match chars.next() {
        Some('u') => code(4),
        Some('U') => code(8),
        Some('x') => code(2),
        // A line that goes on.
        Some(c) if c.is_whitespace() => {
            let skipped = rest.get(1..).unwrap_or_default();
            (1 + skipped.len() - skipped.trim_start().len(), 0)
        }
        Some(c) => (1 + c.len_utf8(), 1),
        None => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts_are_found_as_they_are_written() {
        for (file, syntax, text) in [
            ("'''\na and b'''", Syntax::Toml, "a and b"),
            ("\"\"\"\na \\\"and\\\" b\"\"\"", Syntax::Toml, "a \"and\" b"),
            ("\"\"\"a \\\n   and b\"\"\"", Syntax::Toml, "a and b"),
            ("\"é\\u00e9 and b\"", Syntax::Ndjson, "éé and b"),
            ("'a\\ and b'", Syntax::Toml, "a\\ and b"),
            ("\"\"", Syntax::Ndjson, ""),
        ] {
            let places = places(file, syntax);
            assert_eq!(places.len(), text.len() + 1, "{file}");
            let Some(at) = text.find("and") else { continue };
            let found = within(file, syntax, &(0..file.len()), &(at..at + 3));
            assert_eq!(file.get(found), Some("and"), "{file}");
        }
    }
}
