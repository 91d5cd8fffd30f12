//! Functions of times.

use crate::check::{DifferenceUnit, difference_unit};
use crate::time::{Civil, DAY};
use crate::types::Value;

/// The start of the span that a time is in.
pub(super) fn truncated(span: &Value, time: i64) -> Value {
    match span {
        Value::Duration(length) => Value::Date(time - time.rem_euclid(*length)),
        Value::Period { months: 0, days: 7 } => {
            // 1970-01-01 was a Thursday; weeks begin on Mondays.
            let length = 7 * DAY;
            Value::Date(time - (time + 3 * DAY).rem_euclid(length))
        }
        Value::Period { months: 0, days } => Value::Date(time - time.rem_euclid(days * DAY)),
        Value::Period { months, .. } => {
            let mut civil = Civil::of(time);
            civil.month -= (civil.month - 1).rem_euclid(*months);
            civil.day = 1;
            civil.millisecond = 0;
            Value::Date(civil.time())
        }
        _ => Value::Null,
    }
}

/// A time plus a span so many times: 1 or -1.
pub(super) fn shifted(time: i64, span: &Value, times: i64) -> Value {
    let moved = match span {
        Value::Duration(length) => length
            .checked_mul(times)
            .and_then(|by| time.checked_add(by)),
        Value::Period { months, days } => {
            let moved = Civil::of(time)
                .plus_months(months.saturating_mul(times))
                .time();
            days.checked_mul(times * DAY)
                .and_then(|by| moved.checked_add(by))
        }
        _ => None,
    };
    moved.map_or(Value::Null, Value::Date)
}

/// Whole units from one time to another.
pub(super) fn difference(unit: &str, from: i64, to: i64) -> Value {
    let number = match difference_unit(unit) {
        Some(DifferenceUnit::Nanoseconds(each)) => {
            i64::try_from((i128::from(to) - i128::from(from)) * 1_000_000 / each).ok()
        }
        Some(DifferenceUnit::Months(each)) => Some(months(from, to) / each),
        None => None,
    };
    super::number::ranged(number, crate::types::Type::Integer)
}

/// Whole months from one time to another.
fn months(from: i64, to: i64) -> i64 {
    let (from, to) = (Civil::of(from), Civil::of(to));
    let months = (to.year - from.year) * 12 + to.month - from.month;
    let rest = (to.day, to.millisecond).cmp(&(from.day, from.millisecond));
    match months {
        1.. if rest.is_lt() => months - 1,
        ..=-1 if rest.is_gt() => months + 1,
        _ => months,
    }
}
