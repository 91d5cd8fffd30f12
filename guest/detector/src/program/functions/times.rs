//! Functions of times, in UTC.

use crate::program::function::Meter;
use crate::program::value::{CALENDAR, Value};
use crate::time;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

pub(crate) fn add<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Time(time), Value::Integer(span)] => {
            time.checked_add(*span).map_or(Value::Null, Value::Time)
        }
        _ => Value::Null,
    }
}

/// Milliseconds from the first time to the second.
pub(crate) fn between<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Time(from), Value::Time(to)] => {
            to.checked_sub(*from).map_or(Value::Null, Value::Integer)
        }
        _ => Value::Null,
    }
}

/// The start of the span that contains a time; the third argument is the start of one span.
pub(crate) fn truncate<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    let [Value::Time(time), Value::Integer(span), Value::Time(origin)] = args else {
        return Value::Null;
    };
    if *span <= 0 {
        return Value::Null;
    }
    let (time, span, origin) = (i128::from(*time), i128::from(*span), i128::from(*origin));
    let start = (time - origin).div_euclid(span) * span + origin;
    i64::try_from(start).map_or(Value::Null, Value::Time)
}

/// The start of the calendar period that contains a time, by its number of months: 3 for quarters,
/// 12 for years.
pub(crate) fn truncate_months<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    let [Value::Time(time), Value::Integer(months)] = args else {
        return Value::Null;
    };
    if !(1..=12_000).contains(months) || !CALENDAR.contains(time) {
        return Value::Null;
    }
    let (year, month, _) = time::date(time.div_euclid(DAY));
    // Counted from the first month of the year 1, as Elasticsearch does.
    let start = ((year - 1) * 12 + month - 1).div_euclid(*months) * *months;
    let (year, month) = (start.div_euclid(12) + 1, start.rem_euclid(12) + 1);
    Value::Time(time::days(year, month, 1) * DAY)
}

/// A part of a time by its name; null for an unknown name.
pub(crate) fn part<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    let [Value::Time(time), Value::Text(name)] = args else {
        return Value::Null;
    };
    if !CALENDAR.contains(time) {
        return Value::Null;
    }
    let (days, rest) = (time.div_euclid(DAY), time.rem_euclid(DAY));
    let (year, month, day) = time::date(days);
    let part = match &**name {
        "year" => year,
        "month" => month,
        "day_of_month" => day,
        "day_of_year" => days - time::days(year, 1, 1) + 1,
        // Monday is 1; 1970 began on a Thursday.
        "day_of_week" => (days + 3).rem_euclid(7) + 1,
        "hour" => rest / 3_600_000,
        "minute" => rest / 60_000 % 60,
        "second" => rest / 1000 % 60,
        "millisecond" => rest % 1000,
        "epoch_day" => days,
        _ => return Value::Null,
    };
    Value::Integer(part)
}
