//! Conversion of a msgpack record to JSON text.

use super::read::{Item, Items};
use std::io::Write;

/// Deepest nesting, as for JSON itself.
const MAX_DEPTH: usize = 128;

/// A list or map that is being written.
struct Open {
    /// Number of remaining items; a key and its value are two.
    left: u64,
    map: bool,
    first: bool,
}

/// Converts one value to JSON. Values without a JSON form (extensions, numbers that are not finite)
/// are `null`; texts are copied even if they are not UTF-8: the detector refuses those.
pub(crate) fn json(record: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut items = Items(record);
    let mut out = Vec::with_capacity(record.len() + record.len() / 4);
    // No recursion: the record decides the depth, and the stack is small.
    let mut open: Vec<Open> = Vec::new();
    loop {
        let key = open.last_mut().is_some_and(|open| open.begin(&mut out));
        match items.next()? {
            Item::List(_) | Item::Map(_) if key => return Err("a key that is no scalar"),
            Item::List(length) => enter(&mut open, &mut out, length.into(), false)?,
            Item::Map(length) => enter(&mut open, &mut out, u64::from(length) * 2, true)?,
            Item::Text(text) => quoted(&mut out, text),
            scalar => {
                let quote: &[u8] = if key { b"\"" } else { b"" };
                out.extend_from_slice(quote);
                plain(&mut out, scalar);
                out.extend_from_slice(quote);
            }
        }
        while open.last().is_some_and(|open| open.left == 0) {
            let map = open.pop().is_some_and(|open| open.map);
            out.push(if map { b'}' } else { b']' });
        }
        if open.is_empty() {
            break;
        }
    }
    if items.0.is_empty() {
        Ok(out)
    } else {
        Err("something follows the msgpack value")
    }
}

impl Open {
    /// Writes the separator before the next item; returns whether the item is a key.
    fn begin(&mut self, out: &mut Vec<u8>) -> bool {
        let key = self.map && self.left.is_multiple_of(2);
        if !self.first {
            out.push(if self.map && !key { b':' } else { b',' });
        }
        self.first = false;
        self.left -= 1;
        key
    }
}

fn enter(
    open: &mut Vec<Open>,
    out: &mut Vec<u8>,
    left: u64,
    map: bool,
) -> Result<(), &'static str> {
    if open.len() == MAX_DEPTH {
        return Err("nested deeper than 128 levels");
    }
    out.push(if map { b'{' } else { b'[' });
    open.push(Open {
        left,
        map,
        first: true,
    });
    Ok(())
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..=0x1f => {
                // Writing to a vector does not fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

fn plain(out: &mut Vec<u8>, item: Item) {
    // Writing to a vector does not fail.
    let _ = match item {
        Item::Boolean(truth) => write!(out, "{truth}"),
        Item::Unsigned(number) => write!(out, "{number}"),
        Item::Signed(number) => write!(out, "{number}"),
        Item::Number(number) => write!(out, "{}", serde_json::Value::from(number)),
        _ => write!(out, "null"),
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::read::text;
    use super::*;

    fn said(record: &[u8]) -> String {
        String::from_utf8(json(record).unwrap()).unwrap()
    }

    #[test]
    fn every_type_has_its_json() {
        let cases: [(&[u8], &str); 24] = [
            (b"\x00", "0"),
            (b"\x7f", "127"),
            (b"\xff", "-1"),
            (b"\xc0", "null"),
            (b"\xc2", "false"),
            (b"\xc3", "true"),
            (b"\xc4\x01a", "\"a\""),
            (b"\xc5\x00\x01a", "\"a\""),
            (b"\xc6\x00\x00\x00\x01a", "\"a\""),
            (b"\xc7\x02\x05ab", "null"),
            (b"\xca\x3f\x00\x00\x00", "0.5"),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5"),
            (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "null"),
            (b"\xcc\xff", "255"),
            (b"\xcd\x01\x00", "256"),
            (b"\xce\x00\x01\x00\x00", "65536"),
            (
                b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
                "18446744073709551615",
            ),
            (b"\xd0\x80", "-128"),
            (b"\xd1\xff\x00", "-256"),
            (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe", "-2"),
            (b"\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02", "null"),
            (b"\xd9\x04\"\\\n\x1f", r#""\"\\\u000a\u001f""#),
            (b"\xdc\x00\x02\x01\x90", "[1,[]]"),
            (
                b"\xdf\x00\x00\x00\x02\xa1a\x81\x01\x02\xa0\x80",
                r#"{"a":{"1":2},"":{}}"#,
            ),
        ];
        for (record, wanted) in cases {
            assert_eq!(said(record), wanted, "{record:x?}");
        }
    }

    #[test]
    fn refuses_truncated_and_deeply_nested_values() {
        let whole = b"\x82\xa1a\xdd\x00\x00\x00\x02\xcd\x01\x00\xc3\xa1b\xda\x00\x01c";
        assert_eq!(said(whole), r#"{"a":[256,true],"b":"c"}"#);
        for end in 0..whole.len() {
            assert!(json(&whole[..end]).is_err(), "cut at {end}");
        }
        assert!(json(b"\x01\x01").is_err(), "two values");
        assert!(json(b"\xc1").is_err());
        assert!(json(b"\x81\x90\x01").is_err(), "a list for a key");
        assert!(
            json(b"\xdd\xff\xff\xff\xff").is_err(),
            "a length that is not there"
        );
        let mut deep = vec![0x91; 128];
        deep.push(0);
        assert!(json(&deep).is_ok());
        deep.insert(0, 0x91);
        assert!(json(&deep).is_err());
    }

    #[test]
    fn a_key_gives_its_text_and_nothing_else() {
        let record = b"\x83\xa1x\x81\xa3log\xa1i\xa3log\xd9\x02hi\x01\x02";
        assert_eq!(text(record, "log"), Ok(Some(&b"hi"[..])));
        assert_eq!(text(record, "logs"), Ok(None));
        assert_eq!(text(b"\x81\xa3log\x01", "log"), Ok(None), "no text");
        assert_eq!(text(b"\x90", "log"), Ok(None), "no map");
        assert!(text(b"\x81\xa3log\xd9\x02h", "log").is_err(), "cut short");
    }
}
