//! The values of a record's fields: texts, integers, addresses, statuses and times.

use crate::event::{Texts, Values};
use crate::fields as f;
use crate::shape::{Shape, is_nothing, shape};
use std::borrow::Cow;
use weir_detector::address;
use weir_detector::decimal;
use weir_detector::fields::Field;
use weir_detector::record::{Record, Scalar};
use weir_detector::time;

/// Longest keyword, in characters, that a query sees.
pub const MAX_KEYWORD_LENGTH: usize = 1024;
/// Most values of one field. No real record comes near.
const MAX_VALUES: usize = 256;

pub(crate) fn is_keyword(text: &str) -> bool {
    // A text has at least as many bytes as characters: mostly no need to count.
    text.len() <= MAX_KEYWORD_LENGTH || text.chars().count() <= MAX_KEYWORD_LENGTH
}

pub(crate) fn add<T: PartialEq>(values: &mut Values<T>, value: T) {
    if !values.contains(&value) {
        values.push(value);
    }
}

/// The distinct texts of a field; empty ones are null, numbers are their own text.
pub(crate) fn texts<'a>(record: &Record<'a>, field: Field) -> Result<Texts<'a>, String> {
    let mut out = Texts::new();
    record.each::<String>(field, |scalar| {
        let text = match scalar {
            Scalar::Text(text) => text,
            Scalar::Number(number) => Cow::Borrowed(number),
            Scalar::Boolean(true) => Cow::Borrowed("true"),
            Scalar::Boolean(false) => Cow::Borrowed("false"),
            Scalar::Object => return Err(type_error(field, &scalar, "text")),
        };
        if !is_nothing(field, &text) {
            add(&mut out, text);
        }
        bounded(field, out.len())
    })?;
    Ok(out)
}

fn bounded(field: Field, values: usize) -> Result<(), String> {
    if values > MAX_VALUES {
        return Err(format!("{}: more than {MAX_VALUES} values", f::path(field)));
    }
    Ok(())
}

pub(crate) fn first_of<'a>(
    record: &Record<'a>,
    first: Field,
    second: Field,
) -> Result<Texts<'a>, String> {
    let texts_of_first = texts(record, first)?;
    if texts_of_first.is_empty() {
        return texts(record, second);
    }
    Ok(texts_of_first)
}

/// All integers of a field, repeats kept; empty texts are null.
pub(crate) fn integers(record: &Record, field: Field) -> Result<Values<i64>, String> {
    let mut out = Values::new();
    record.each::<String>(field, |scalar| {
        let text: &str = match &scalar {
            Scalar::Text(text) if is_nothing(field, text) => return Ok(()),
            Scalar::Text(text) => text,
            Scalar::Number(number) => number,
            Scalar::Boolean(_) | Scalar::Object => "",
        };
        // A fraction is truncated, as Elasticsearch does for its integer types.
        out.push(decimal::truncated(text).ok_or_else(|| type_error(field, &scalar, "an integer"))?);
        bounded(field, out.len())
    })?;
    Ok(out)
}

/// All statuses of a record, in its order.
pub fn statuses(record: &Record) -> Values<i64> {
    let field = match shape(record) {
        Some(Shape::Ecs) => f::ECS_STATUS,
        Some(Shape::EventHub) => f::HTTP_STATUS_CODE,
        Some(Shape::Row) => f::ROW_STATUS,
        None => return Values::new(),
    };
    integers(record, field).unwrap_or_default()
}

/// The texts of a field that never makes a record malformed: whatever is no keyword is null.
pub fn keywords<'a>(record: &Record<'a>, field: Field) -> Texts<'a> {
    let mut texts = texts(record, field).unwrap_or_default();
    texts.retain(|text| is_keyword(text));
    texts
}

/// Whether a status counts as an error: from 400 to 499.
#[must_use]
pub fn is_error(status: i64) -> bool {
    (400..=499).contains(&status)
}

/// Whether a record has exactly one status, and it is an error.
pub(crate) fn error(record: &Record, field: Field) -> Result<bool, String> {
    let statuses = integers(record, field)?;
    Ok(matches!(statuses[..], [status] if is_error(status)))
}

/// Addresses in canonical form; whatever is not a bare address is null.
pub(crate) fn ips(record: &Record, field: Field) -> Result<Values<u128>, String> {
    let mut out = Values::new();
    for text in texts(record, field)? {
        if let Some(bits) = address::parse(&text) {
            add(&mut out, bits);
        }
    }
    Ok(out)
}

pub(crate) fn required_time(record: &Record, field: Field) -> Result<i64, String> {
    optional_time(record, field)?
        .ok_or_else(|| format!("{}: there is no event time", f::path(field)))
}

pub(crate) fn optional_time(record: &Record, field: Field) -> Result<Option<i64>, String> {
    const WANTED: &str = "a time such as 2026-05-19T09:31:07.4821935Z";
    let mut found = None;
    record.each::<String>(field, |scalar| {
        let time = match &scalar {
            Scalar::Text(text) if is_nothing(field, text) => return Ok(()),
            Scalar::Text(text) => time::parse(text).or_else(|| epoch(field, text)),
            Scalar::Number(number) => epoch(field, number),
            Scalar::Boolean(_) | Scalar::Object => None,
        };
        let time = time.ok_or_else(|| type_error(field, &scalar, WANTED))?;
        if found.replace(time).is_some_and(|other| other != time) {
            return Err(format!("{}: several event times", f::path(field)));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Elasticsearch also takes milliseconds since 1970 as a date.
fn epoch(field: Field, text: &str) -> Option<i64> {
    // The years that the ISO form can express.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
    let ms: i64 = text.parse().ok()?;
    (field == f::ECS_TIMESTAMP && RANGE.contains(&ms)).then_some(ms)
}

fn type_error(field: Field, found: &Scalar, wanted: &str) -> String {
    let found = match found {
        Scalar::Text(text) if text.chars().count() > 40 => {
            format!("{:?} and more", text.chars().take(40).collect::<String>())
        }
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Number(number) => number.chars().take(40).collect(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Object => "an object".to_owned(),
    };
    format!("{}: {found} is not {wanted}", f::path(field))
}

/// The first GUID in a text such as `/tenants/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/providers`.
pub(crate) fn guid(text: Cow<str>) -> Option<Cow<str>> {
    const FORM: &[u8] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let is_guid = |bytes: &[u8]| {
        bytes.iter().zip(FORM).all(|(b, form)| match form {
            b'x' => b.is_ascii_hexdigit(),
            dash => b == dash,
        })
    };
    let at = text.as_bytes().windows(FORM.len()).position(is_guid)?;
    let range = at..at + FORM.len();
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    })
}
