//! An event of a plain log: the values of its fields.

use crate::address;
use crate::decimal;
use crate::exception::ExceptionValues;
use crate::fields::Field;
use crate::hash::Seed;
use crate::log::LogEvent;
use crate::record::{Record, Scalar};
use crate::time;
use smallvec::SmallVec;
use std::borrow::Cow;

/// Most values of one field. No real record comes near.
const MAX_VALUES: usize = 256;
/// A number from which on a time is in milliseconds, not seconds: the year 5138 in seconds, 1973 in
/// milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;

/// The distinct texts of a field, in order.
pub(super) type Texts<'a> = SmallVec<[Cow<'a, str>; 1]>;

/// The values of one field of an event.
#[derive(Debug, Default)]
pub struct FieldValues<'a> {
    /// The distinct values as texts, in order. A number is its own text. Addresses are canonical.
    pub texts: Texts<'a>,
    /// The distinct addresses, in order; None if the field is no field of addresses.
    pub addresses: Option<SmallVec<[u128; 1]>>,
}

/// An event of a plain log.
#[derive(Debug, Default)]
pub struct PlainEvent<'a> {
    pub(super) time: i64,
    pub(super) id: Option<u64>,
    /// The values of each field, in the order of the log's list.
    pub(super) values: Vec<FieldValues<'a>>,
    pub(super) paths: &'static [&'static str],
}

impl<'a> PlainEvent<'a> {
    /// The values of a field, by its path, as texts in order; none of a field that the log does not
    /// list.
    #[must_use]
    pub fn texts(&self, path: &str) -> &[Cow<'a, str>] {
        let at = self.paths.iter().position(|known| *known == path);
        let values = at.and_then(|at| self.values.get(at));
        values.map_or(&[], |values| &values.texts)
    }

    /// Whether a field has this value, alone or among others.
    #[must_use]
    pub fn has(&self, path: &str, value: &str) -> bool {
        self.texts(path).iter().any(|text| text == value)
    }

    /// The number that a field has; None if it has none or several values.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.texts(path) {
            [text] => decimal::parse(text),
            _ => None,
        }
    }
}

impl LogEvent for PlainEvent<'_> {
    fn time(&self) -> i64 {
        self.time
    }

    fn id(&self) -> Option<u64> {
        self.id
    }

    fn missed(&self) -> u32 {
        0
    }

    fn values(&self, key: usize) -> ExceptionValues<'_> {
        match self.values.get(key) {
            Some(FieldValues {
                addresses: Some(addresses),
                ..
            }) => ExceptionValues::Addresses(addresses),
            Some(values) => ExceptionValues::Texts(&values.texts),
            None => ExceptionValues::Texts(&[]),
        }
    }
}

/// The distinct texts of a field, in order; an empty text is none, and objects have no text.
///
/// # Errors
/// When there are too many.
pub(super) fn texts<'a>(
    record: &Record<'a>,
    field: Field,
    path: &str,
) -> Result<Texts<'a>, String> {
    let mut found = Texts::new();
    record.each::<String>(field, |scalar| {
        let text = match scalar {
            Scalar::Text(text) => text,
            Scalar::Number(number) => Cow::Borrowed(number),
            Scalar::Boolean(true) => Cow::Borrowed("true"),
            Scalar::Boolean(false) => Cow::Borrowed("false"),
            Scalar::Object => return Ok(()),
        };
        if text.is_empty() {
            return Ok(());
        }
        let place = found.iter().position(|known| *known >= text);
        let place = place.unwrap_or(found.len());
        if found.get(place) != Some(&text) {
            if found.len() >= MAX_VALUES {
                return Err(format!("{path}: more than {MAX_VALUES} values"));
            }
            found.insert(place, text);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Texts as addresses; what is no bare address is left out.
pub(super) fn addresses<'a>(texts: &Texts) -> FieldValues<'a> {
    let mut bits: SmallVec<[u128; 1]> = SmallVec::new();
    for one in texts.iter().filter_map(|text| address::parse(text)) {
        let place = bits.iter().position(|known| *known >= one);
        let place = place.unwrap_or(bits.len());
        if bits.get(place) != Some(&one) {
            bits.insert(place, one);
        }
    }
    let mut texts = Texts::new();
    for text in bits.iter().copied().map(address::render) {
        let place = texts.iter().position(|known| **known >= *text);
        texts.insert(place.unwrap_or(texts.len()), Cow::Owned(text));
    }
    FieldValues {
        texts,
        addresses: Some(bits),
    }
}

/// The earliest time among texts; None if there are none.
///
/// # Errors
/// A sentence naming the field, if one is no time.
pub(super) fn earliest(texts: &Texts, path: &str) -> Result<Option<i64>, String> {
    let mut earliest = None;
    for text in texts {
        let time = time::parse(text).or_else(|| unix(text));
        let time = time.ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!(
                "{path}: \"{shown}\" is no time: ISO 8601, or seconds or milliseconds since 1970"
            )
        })?;
        earliest = Some(earliest.map_or(time, |before: i64| before.min(time)));
    }
    Ok(earliest)
}

/// A number of seconds or milliseconds since 1970.
#[allow(
    clippy::cast_possible_truncation,
    reason = "fractions of milliseconds are cut off, and the rest is in range"
)]
fn unix(text: &str) -> Option<i64> {
    let number = decimal::parse(text)?;
    let milliseconds = match number.abs() < MILLISECONDS_FROM {
        true => number * 1000.0,
        false => number,
    };
    let time = milliseconds.floor() as i64;
    (time <= time::LAST).then_some(time)
}

/// The hash of what identifies an event; None if nothing does.
pub(super) fn identity(seed: Seed, texts: &Texts) -> Option<u64> {
    if texts.is_empty() {
        return None;
    }
    let mut hasher = seed.hasher();
    texts.iter().for_each(|text| hasher.text(text.as_bytes()));
    Some(hasher.finish())
}
