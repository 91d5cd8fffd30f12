//! JSON texts as values that know where they stand, so that a part can be cut out as it is.

use std::rc::Rc;

/// Deepest nesting.
const DEEPEST: usize = 100;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// The value.
    pub node: JsonNode,
    text: Rc<str>,
    start: usize,
    end: usize,
}

/// A JSON value, without its text.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonNode {
    /// null
    Null,
    /// true or false
    Boolean(bool),
    /// A number, as it is written.
    Number,
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: names and values, in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Json> {
        let text: Rc<str> = text.into();
        let mut reader = Reader {
            text: Rc::clone(&text),
            at: 0,
        };
        let value = reader.value(0)?;
        reader.blanks();
        (reader.at == text.len()).then_some(value)
    }

    /// It as it is written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.text[self.start..self.end]
    }

    /// The value of a name, if it is an object that has it; of several the first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        match &self.node {
            JsonNode::Object(members) => members
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The values under a name of a field, whose dots may be levels or parts of names.
    pub fn field<'a>(&'a self, name: &str, found: &mut Vec<&'a Json>) {
        match &self.node {
            JsonNode::Array(items) => items.iter().for_each(|item| item.field(name, found)),
            JsonNode::Object(members) => {
                for (key, value) in members {
                    if key == name {
                        value.flat(found);
                    } else if let Some(rest) = name.strip_prefix(key.as_str())
                        && let Some(rest) = rest.strip_prefix('.')
                    {
                        value.field(rest, found);
                    }
                }
            }
            _ => {}
        }
    }

    /// Itself, or, of an array, its values.
    fn flat<'a>(&'a self, found: &mut Vec<&'a Json>) {
        match &self.node {
            JsonNode::Array(items) => items.iter().for_each(|item| item.flat(found)),
            JsonNode::Null | JsonNode::Object(_) => {}
            _ => found.push(self),
        }
    }
}

struct Reader {
    text: Rc<str>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, text: &str) -> Option<()> {
        self.text.get(self.at..)?.strip_prefix(text)?;
        self.at += text.len();
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        let start = self.at;
        let node = match self.peek()? {
            b'n' => self.take("null").map(|()| JsonNode::Null)?,
            b't' => self.take("true").map(|()| JsonNode::Boolean(true))?,
            b'f' => self.take("false").map(|()| JsonNode::Boolean(false))?,
            b'"' => JsonNode::Text(self.string()?),
            b'[' => self.array(depth)?,
            b'{' => self.object(depth)?,
            _ => self.number()?,
        };
        Some(Json {
            node,
            text: Rc::clone(&self.text),
            start,
            end: self.at,
        })
    }

    fn number(&mut self) -> Option<JsonNode> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
        ) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at)?;
        text.parse::<f64>().ok().map(|_| JsonNode::Number)
    }

    fn array(&mut self, depth: usize) -> Option<JsonNode> {
        self.take("[")?;
        let mut items = Vec::new();
        self.blanks();
        if self.take("]").is_some() {
            return Some(JsonNode::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take("]").is_some() {
                return Some(JsonNode::Array(items));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<JsonNode> {
        self.take("{")?;
        let mut members = Vec::new();
        self.blanks();
        if self.take("}").is_some() {
            return Some(JsonNode::Object(members));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.blanks();
            self.take(":")?;
            members.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.take("}").is_some() {
                return Some(JsonNode::Object(members));
            }
            self.take(",")?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let next = rest.chars().next()?;
            self.at += next.len_utf8();
            match next {
                '"' => return Some(text),
                '\\' => {
                    let escaped = self.peek()?;
                    self.at += 1;
                    text.push(match escaped {
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode()?,
                        _ => return None,
                    });
                }
                next if u32::from(next) < 0x20 => return None,
                next => text.push(next),
            }
        }
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    /// The character after `\u`; half of a pair becomes U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let first = self.unit()?;
        if (0xD800..0xDC00).contains(&first) {
            let back = self.at;
            if self.take("\\u").is_some() {
                let second = self.unit()?;
                if (0xDC00..0xE000).contains(&second) {
                    return char::from_u32(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00);
                }
            }
            self.at = back;
        }
        Some(char::from_u32(first).unwrap_or('\u{FFFD}'))
    }
}
