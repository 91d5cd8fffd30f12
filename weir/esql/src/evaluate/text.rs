//! Functions of texts.

use super::json::{Json, JsonNode};

/// Longest text that is made by repetition, in bytes.
const LONGEST: usize = 1 << 20;

/// A number of code points or a place, as a length.
fn length(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

/// The index of a place: from 1, negative ones from the end, inside of the text.
fn index(place: i64, count: usize) -> usize {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let index = match place {
        1.. => place - 1,
        0 => 0,
        _ => count.saturating_add(place),
    };
    length(index.min(count))
}

/// The place of a text in another, from a place on; 0 if it is not there.
pub(super) fn locate(text: &str, part: &str, start: i64) -> i64 {
    let skipped = index(start, text.chars().count());
    let offset = text
        .char_indices()
        .nth(skipped)
        .map_or(text.len(), |(at, _)| at);
    match text[offset..].find(part) {
        Some(at) => {
            let before = text[..offset + at].chars().count();
            i64::try_from(before + 1).unwrap_or(0)
        }
        None => 0,
    }
}

/// Code points from a place on; None for a negative number of them.
pub(super) fn substring(text: &str, start: i64, count: Option<i64>) -> Option<String> {
    if count.is_some_and(|count| count < 0) {
        return None;
    }
    let skipped = index(start, text.chars().count());
    let count = count.map_or(usize::MAX, length);
    Some(text.chars().skip(skipped).take(count).collect())
}

pub(super) fn left(text: &str, count: i64) -> String {
    text.chars().take(length(count)).collect()
}

pub(super) fn right(text: &str, count: i64) -> String {
    let all = text.chars().count();
    text.chars()
        .skip(all.saturating_sub(length(count)))
        .collect()
}

/// Whether a character is a blank to Java: no-break spaces are none.
pub(super) fn is_blank(c: char) -> bool {
    let unbroken = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}');
    c.is_whitespace() && !unbroken || ('\u{1c}'..='\u{1f}').contains(&c)
}

pub(super) fn repeated(text: &str, count: i64) -> Option<String> {
    let count = usize::try_from(count).ok()?;
    (text.len().checked_mul(count)? <= LONGEST).then(|| text.repeat(count))
}

/// The parts between a separator; None if that is not one byte.
pub(super) fn split(text: &str, separator: &str) -> Option<Vec<String>> {
    (separator.len() == 1).then(|| text.split(separator).map(str::to_owned).collect())
}

/// A text without its percent-encoding; None where a percent sign is not followed by two digits.
/// Bytes that are no UTF-8 become U+FFFD.
pub(super) fn url_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, later)) = rest.split_first() {
        rest = later;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |at: usize| char::from(*later.get(at)?).to_digit(16);
                let byte = digit(0)? * 16 + digit(1)?;
                bytes.push(u8::try_from(byte).ok()?);
                rest = &later[2..];
            }
            other => bytes.push(*other),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text of base 64; None where it is none. Padding may be missing. Bytes that are no UTF-8
/// become U+FFFD.
pub(super) fn from_base64(text: &str) -> Option<String> {
    let digits = match text.strip_suffix("==").or(text.strip_suffix('=')) {
        Some(digits) if text.len().is_multiple_of(4) => digits,
        Some(_) => return None,
        None => text,
    };
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn to_base64(text: &str) -> String {
    let mut result = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = (bits << 8) | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            if at <= chunk.len() {
                let digit = (bits >> (18 - 6 * at)) & 0x3f;
                result.push(char::from(DIGITS[digit as usize]));
            } else {
                result.push('=');
            }
        }
    }
    result
}

/// A step of a path through a JSON text.
#[derive(Debug, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

/// The value at a path of a JSON text, as text: strings without quotes, others as they are
/// written. None where there is none, or null.
pub(super) fn json_extract(text: &str, path: &str) -> Option<String> {
    let steps = path_steps(path)?;
    let whole = Json::parse(text)?;
    let mut value = &whole;
    for step in &steps {
        value = match (step, &value.node) {
            (Step::Name(name), JsonNode::Object(_)) => value.get(name)?,
            (Step::Index(index), JsonNode::Array(items)) => items.get(*index)?,
            _ => return None,
        };
    }
    match &value.node {
        JsonNode::Null => None,
        JsonNode::Text(text) => Some(text.clone()),
        _ => Some(value.raw().to_owned()),
    }
}

/// The steps of a path: `a.b`, `a['b']`, `a[0]`, with or without `$` before them.
fn path_steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    let rooted = rest.starts_with('$') && matches!(rest.chars().nth(1), None | Some('.' | '['));
    if rooted {
        rest = &rest[1..];
        if let Some(name) = rest.strip_prefix('.') {
            rest = name;
            if rest.is_empty() {
                return None;
            }
        }
    }
    let mut named = !rest.starts_with('[') && !rest.is_empty();
    while named || !rest.is_empty() {
        if named {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let inside = rest.strip_prefix('[')?.trim_start();
            let quote = inside.chars().next().filter(|c| *c == '\'' || *c == '"');
            if let Some(quote) = quote {
                let (name, after) = inside[1..].split_once(quote)?;
                steps.push(Step::Name(name.to_owned()));
                rest = after.trim_start().strip_prefix(']')?;
            } else {
                let (index, after) = inside.split_once(']')?;
                let index = index.trim_end();
                if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                steps.push(Step::Index(index.parse().ok()?));
                rest = after;
            }
        }
        named = rest.starts_with('.');
        if named {
            rest = &rest[1..];
        } else if !rest.is_empty() && !rest.starts_with('[') {
            return None;
        }
    }
    Some(steps)
}
