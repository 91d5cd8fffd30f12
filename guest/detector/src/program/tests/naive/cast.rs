//! The naive evaluator's conversion of fields, and its casts.

use super::NaiveValue::{Double, Ip, Moment, Truth, Whole, Words};
use super::{NaiveDocument, NaiveValue, NaiveValues, order};
use crate::program::value::Type;
use crate::{address, time};

pub(super) fn field(name: &str, kind: Type, document: &NaiveDocument) -> NaiveValues {
    let found = document.iter().find(|(known, _)| known == name);
    let mut values: NaiveValues = Vec::new();
    for value in found.map_or(&[][..], |(_, values)| values) {
        values.extend(match (kind, value) {
            (Type::Integer, Double(n)) => fits(n.trunc()),
            (Type::Integer, Words(text)) => match text.parse::<i64>() {
                Ok(n) => Some(Whole(n)),
                Err(_) => text.parse::<f64>().ok().and_then(|n| fits(n.trunc())),
            },
            (Type::Boolean, Words(text)) if text == "true" => Some(Truth(true)),
            (Type::Boolean, Words(text)) if text == "false" || text.is_empty() => {
                Some(Truth(false))
            }
            (Type::Boolean, Words(_) | Whole(_) | Double(_)) => None,
            (Type::Integer | Type::Number, Truth(_)) => None,
            _ => cast(value, kind),
        });
    }
    values.sort_by(|a, b| order(a, b).unwrap());
    if matches!(kind, Type::Text | Type::Address) {
        values.dedup();
    }
    values
}

/// The nearest whole number of a double, of two the upper one, from its bits.
pub(super) fn nearest(n: f64) -> f64 {
    let bits = n.to_bits();
    let size = i128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let all = if n < 0.0 { -size } else { size };
    match 1075 - (bits >> 52 & 0x7ff) as i32 {
        places @ 1..=60 => ((all + (1 << (places - 1))) >> places) as f64,
        61.. => 0.0,
        _ => n,
    }
}

/// A whole double as an integer.
fn fits(n: f64) -> Option<NaiveValue> {
    let wide = n as i128;
    (n.is_finite() && n.abs() < 1e30).then_some(())?;
    i64::try_from(wide).ok().map(Whole)
}

pub(super) fn cast(value: &NaiveValue, kind: Type) -> Option<NaiveValue> {
    let rounded = |n: f64| fits(nearest(n));
    match (kind, value) {
        (Type::Boolean, Truth(_))
        | (Type::Integer, Whole(_))
        | (Type::Number, Double(_))
        | (Type::Text, Words(_))
        | (Type::Time, Moment(_))
        | (Type::Address, Ip(_)) => Some(value.clone()),
        (Type::Boolean, Whole(n)) => Some(Truth(*n != 0)),
        (Type::Boolean, Double(n)) => Some(Truth(*n != 0.0)),
        (Type::Boolean, Words(text)) => Some(Truth(text.eq_ignore_ascii_case("true"))),
        (Type::Integer, Truth(value)) => Some(Whole(i64::from(*value))),
        (Type::Integer, Double(n)) => rounded(*n),
        (Type::Integer, Moment(ms)) => Some(Whole(*ms)),
        (Type::Integer, Words(text)) => match text.parse::<i64>() {
            Ok(n) => Some(Whole(n)),
            Err(_) => text.parse::<f64>().ok().and_then(rounded),
        },
        (Type::Number, Truth(value)) => Some(Double(if *value { 1.0 } else { 0.0 })),
        (Type::Number, Whole(n) | Moment(n)) => Some(Double(*n as f64)),
        (Type::Number, Words(text)) => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map(Double),
        (Type::Time, Whole(n)) => Some(Moment(*n)),
        (Type::Time, Words(text)) => time::parse(text).map(Moment),
        (Type::Address, Words(text)) => address::parse(text).map(Ip),
        (Type::Text, Truth(value)) => Some(Words(if *value { "true" } else { "false" }.to_owned())),
        (Type::Text, Whole(n)) => Some(Words(n.to_string())),
        (Type::Text, Ip(bits)) => Some(Words(address::render(*bits))),
        (Type::Text, Double(n)) => Some(Words(java(*n))),
        (Type::Text, Moment(ms)) if has_date(*ms) => Some(Words(iso(*ms))),
        _ => None,
    }
}

fn java(n: f64) -> String {
    let plain = n.to_string();
    let plain = if plain.contains('.') {
        plain
    } else {
        format!("{plain}.0")
    };
    if n == 0.0 || (0.001..10_000_000.0).contains(&n.abs()) {
        return plain;
    }
    let text = format!("{n:e}").replace('e', "E");
    if text.contains('.') {
        text
    } else {
        text.replace('E', ".0E")
    }
}

/// The years 1 to 9999.
pub(super) fn has_date(ms: i64) -> bool {
    (-62_135_596_800_000..253_402_300_800_000).contains(&ms)
}

/// Year, month and day, year by year from 1970.
pub(super) fn calendar(mut days: i64) -> (i64, i64, i64) {
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += if leap(year) { 366 } else { 365 };
    }
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

fn iso(ms: i64) -> String {
    let (year, month, day) = calendar(ms.div_euclid(86_400_000));
    let rest = ms.rem_euclid(86_400_000);
    let (s, ms) = (rest / 1000, rest % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ms:03}Z",
        s / 3600,
        s / 60 % 60,
        s % 60
    )
}
