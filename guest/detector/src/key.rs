//! Encoding of group keys: up to four parts in one text, which sorts as its parts do.
//!
//! A part is a character for its type, and the value. Null has no value and sorts first. A text
//! ends with a NUL; a NUL within it is followed by DEL, which is above every type. An integer has a
//! character for its sign and number of digits before its hexadecimal digits. So the encoding is
//! unique, keys are compared and hashed as texts, and each is stored once, as all texts are.

use crate::model::{KeyPart, Value};
use crate::schema::KeyColumn;
use crate::text;
use std::borrow::Cow;
use std::fmt::Write as _;

const NULL: char = '0';
const TEXT: char = '1';
const INTEGER: char = '2';
const BOOLEAN: char = '3';
const END: char = '\0';
const ESCAPED: &str = "\0\u{7f}";
/// The sign of an integer below 0; from 0 on, `a` plus the number of digits.
const NEGATIVE: char = '-';

/// Most keys of one event. Real events stay far below; a hostile one could otherwise create a
/// million groups from a few kilobytes.
pub const MAX_KEYS: usize = 256;

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part<'k> {
    /// Null, which forms a group of its own.
    Null,
    /// A text.
    Text(Cow<'k, str>),
    /// An integer.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
}

/// The type of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// A truth value.
    Boolean,
}

impl<'k> Part<'k> {
    /// A text, or null.
    pub fn text(text: Option<&'k str>) -> Part<'k> {
        text.map_or(Part::Null, |text| Part::Text(Cow::Borrowed(text)))
    }

    /// The part as an alert can hold it: an empty text is null, and a long one is cut.
    fn kept(self) -> Part<'k> {
        match self {
            Part::Text(text) if text.is_empty() => Part::Null,
            Part::Text(Cow::Borrowed(text)) => Part::Text(text::cut(text).into()),
            Part::Text(Cow::Owned(text)) => Part::Text(text::cut(&text).to_owned().into()),
            part => part,
        }
    }

    fn write(&self, key: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Part::Null => key.write_char(NULL),
            Part::Text(text) => {
                key.push(TEXT);
                for (at, piece) in text.split(END).enumerate() {
                    key.push_str(if at > 0 { ESCAPED } else { "" });
                    key.push_str(piece);
                }
                key.write_char(END)
            }
            Part::Integer(number) if *number < 0 => write!(key, "{INTEGER}{NEGATIVE}{number:x}"),
            Part::Integer(number) => {
                let digits = (i64::BITS - number.leading_zeros()).div_ceil(4);
                let sign = char::from(b'a' + digits.to_le_bytes()[0]);
                match number {
                    0 => write!(key, "{INTEGER}{sign}"),
                    _ => write!(key, "{INTEGER}{sign}{number:x}"),
                }
            }
            Part::Boolean(value) => write!(key, "{BOOLEAN}{}", u8::from(*value)),
        };
    }

    /// Decodes the first part of a key; returns the rest too.
    fn read(key: &'k str) -> Option<(Part<'k>, &'k str)> {
        let kind = key.chars().next()?;
        let rest = &key[kind.len_utf8()..];
        match kind {
            NULL => Some((Part::Null, rest)),
            TEXT => {
                let ends = rest.match_indices(END);
                let (end, _) = { ends }.find(|(at, _)| !rest[*at..].starts_with(ESCAPED))?;
                let text = match rest[..end].contains(END) {
                    true => Cow::Owned(rest[..end].replace(ESCAPED, "\0")),
                    false => Cow::Borrowed(&rest[..end]),
                };
                Some((Part::Text(text), &rest[end + 1..]))
            }
            INTEGER => {
                let sign = rest.chars().next()?;
                let digits = match sign {
                    NEGATIVE => 16,
                    sign => (sign as usize).checked_sub('a' as usize)?,
                };
                let (digits, rest) = rest.get(1..)?.split_at_checked(digits)?;
                let bits = match digits {
                    "" => 0,
                    digits => u64::from_str_radix(digits, 16).ok()?,
                };
                Some((Part::Integer(bits.cast_signed()), rest))
            }
            BOOLEAN => match rest.split_at_checked(1)? {
                ("0", rest) => Some((Part::Boolean(false), rest)),
                ("1", rest) => Some((Part::Boolean(true), rest)),
                _ => None,
            },
            _ => None,
        }
    }

    fn is(&self, kind: PartKind) -> bool {
        match self {
            Part::Null => true,
            Part::Text(_) => kind == PartKind::Text,
            Part::Integer(_) => kind == PartKind::Integer,
            Part::Boolean(_) => kind == PartKind::Boolean,
        }
    }

    /// The part as the contract's value; None if it is null.
    fn value(self) -> Option<Value> {
        match self {
            Part::Null => None,
            Part::Text(text) => Some(Value::Text(text.into_owned())),
            Part::Integer(number) => Some(Value::Integer(number)),
            Part::Boolean(value) => Some(Value::Boolean(value)),
        }
    }
}

/// The parts of a key, in order, up to the first invalid one.
pub fn parts(key: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = key;
    std::iter::from_fn(move || {
        let (part, next) = Part::read(rest)?;
        rest = next;
        Some(part)
    })
}

/// Whether a text is a valid key whose parts have these types.
pub fn is_key(text: &str, kinds: &[PartKind]) -> bool {
    let mut again = String::with_capacity(text.len());
    let mut kinds_left = kinds.iter();
    let typed = parts(text).all(|part| {
        part.write(&mut again);
        kinds_left.next().is_some_and(|kind| part.is(*kind))
    });
    // The encoding is unique, so encoding the parts again must give the same text.
    typed && kinds_left.next().is_none() && again == text
}

/// The key as the contract's parts, with the names of its columns.
pub fn named(columns: &[KeyColumn], key: &str) -> Vec<KeyPart> {
    let parts = parts(key).zip(columns);
    let named = parts.map(|(part, column)| KeyPart {
        name: column.name.clone(),
        value: part.value(),
    });
    named.collect()
}

/// The keys of an event: the combinations of the values of its parts; none are built if there are
/// more than [`MAX_KEYS`].
#[derive(Clone, Debug)]
pub struct Keys {
    list: Vec<String>,
    /// The number of combinations, built or not.
    count: usize,
}

impl Default for Keys {
    /// The key without parts.
    fn default() -> Keys {
        Keys {
            list: vec![String::with_capacity(64)],
            count: 1,
        }
    }
}

impl Keys {
    /// Adds the next part with its distinct values; null if there are none.
    pub fn part<'v>(&mut self, values: impl Iterator<Item = Part<'v>>) {
        let mut values = values.map(Part::kept);
        let first = values.next().unwrap_or(Part::Null);
        let mut others: Vec<Part> = values.collect();
        self.count = self.count.saturating_mul(1 + others.len());
        if self.count > MAX_KEYS {
            self.list.clear();
        }
        if others.is_empty() {
            self.list.iter_mut().for_each(|key| first.write(key));
            return;
        }
        others.insert(0, first);
        let before = std::mem::take(&mut self.list);
        for key in before {
            for (at, part) in others.iter().enumerate() {
                // Texts that were cut may have become equal.
                if !others[..at].contains(part) {
                    let mut key = key.clone();
                    part.write(&mut key);
                    self.list.push(key);
                }
            }
        }
    }

    /// Keeps the keys that `keep` selects.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.list.retain(|key| keep(key));
    }

    /// Removes all keys: the event is in no group.
    pub fn none(&mut self) {
        self.list.clear();
        self.count = 0;
    }

    /// Whether the event is in no group.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.count == 0
    }

    /// The number of combinations, if they are more than are built.
    pub(crate) fn too_many(&self) -> Option<usize> {
        Some(self.count).filter(|count| *count > MAX_KEYS)
    }

    /// The keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.list.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Part<'static>> {
        let texts = [
            "\0", "\0\0", "\0\u{7f}", "\u{1}", "0", "a", "a\0", "a\0b", "a0", "aa", "é", "\u{7f}",
        ];
        let numbers = [
            i64::MIN,
            -4096,
            -2,
            -1,
            0,
            1,
            15,
            16,
            64_500,
            1 << 40,
            i64::MAX,
        ];
        let mut all = vec![Part::Null];
        all.extend(texts.map(|text| Part::text(Some(text))));
        all.extend(numbers.map(Part::Integer));
        all.extend([false, true].map(Part::Boolean));
        all
    }

    fn key(parts: &[Part]) -> String {
        let mut key = String::new();
        parts.iter().for_each(|part| part.write(&mut key));
        key
    }

    #[test]
    fn keys_sort_as_their_parts_and_read_back() {
        let all = all();
        let mut pairs = Vec::new();
        for a in &all {
            pairs.extend(all.iter().map(|b| [a.clone(), b.clone()]));
        }
        for a in &pairs {
            let text = key(a);
            assert!(parts(&text).eq(a.iter().cloned()), "{a:?}");
            for b in &pairs {
                assert_eq!(text.cmp(&key(b)), a.cmp(b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn only_keys_of_the_given_types_are_keys() {
        use PartKind::{Boolean, Integer, Text};
        let pair = key(&[Part::text(Some("a\0b")), Part::Integer(7)]);
        assert!(is_key(&pair, &[Text, Integer]));
        assert!(is_key(&key(&[Part::Null, Part::Null]), &[Text, Boolean]));
        assert!(is_key("", &[]));
        let wrong = [
            &[Text][..],
            &[Integer, Text],
            &[Text, Integer, Boolean],
            &[],
        ];
        for kinds in wrong {
            assert!(!is_key(&pair, kinds), "{kinds:?}");
        }
        for text in ["2b07", "2c07", "2b+7", "2-7", "32", "1a", "4", "2a0", "00"] {
            assert!(!is_key(text, &[Integer]), "{text}");
        }
        for end in 0..pair.len() {
            assert!(!is_key(&pair[..end], &[Text, Integer]), "{end}");
        }
    }

    #[test]
    fn an_event_has_a_key_for_each_combination_of_values() {
        let mut keys = Keys::default();
        let texts = |texts: &[&'static str]| {
            texts
                .iter()
                .map(|t| Part::text(Some(t)))
                .collect::<Vec<_>>()
        };
        keys.part(texts(&["a", "b"]).into_iter());
        keys.part(texts(&[]).into_iter());
        keys.part([1, 2].map(Part::Integer).into_iter());
        let shown: Vec<_> = keys
            .iter()
            .map(|key| parts(key).collect::<Vec<_>>())
            .collect();
        let wanted = ["a", "b"]
            .map(|text| [1, 2].map(|n| vec![Part::text(Some(text)), Part::Null, Part::Integer(n)]));
        assert_eq!(shown, wanted.concat());
    }

    #[test]
    fn keys_above_the_limit_are_counted_and_not_built() {
        let numbers = |n: i64| (0..n).map(Part::Integer);
        for (sizes, most) in [([16, 16, 1], None), ([16, 1, 17], Some(272))] {
            let mut keys = Keys::default();
            sizes.into_iter().for_each(|n| keys.part(numbers(n)));
            assert_eq!(keys.too_many(), most);
            let made = if most.is_none() { MAX_KEYS } else { 0 };
            assert_eq!((keys.iter().len(), keys.is_none()), (made, false));
        }
        let mut keys = Keys::default();
        (0..4).for_each(|_| keys.part(numbers(1 << 17)));
        assert_eq!(keys.too_many(), Some(usize::MAX));
    }

    #[test]
    fn texts_of_keys_are_cut_and_never_empty() {
        let long = "é".repeat(crate::program::value::MAX_TEXT_LENGTH);
        let mut keys = Keys::default();
        keys.part(["", "a"].map(|text| Part::text(Some(text))).into_iter());
        let texts = [&long[..], &long[..long.len() - 2]].map(|text| Part::text(Some(text)));
        keys.part(texts.into_iter().chain([Part::Text(long.clone().into())]));
        let wanted = [Part::Null, Part::text(Some("a"))];
        let cut = Part::text(Some(text::cut(&long)));
        let found: Vec<Vec<Part>> = keys.iter().map(|key| parts(key).collect()).collect();
        assert_eq!(found, wanted.map(|part| vec![part, cut.clone()]));
    }
}
