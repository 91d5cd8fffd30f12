//! Functions of several values, and casts of each.

use crate::exact::Exact;
use crate::program::function::Meter;
use crate::program::value::{MAX_TEXT_LENGTH, Type, Value};
use std::cmp::Ordering;
use std::mem::take;

/// The single values of the first argument.
fn values<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Vec<Value<'v>> {
    let values = args.first_mut().map(take).unwrap_or_default().into_each();
    meter.steps += values.len() as u64;
    values
}

pub(crate) fn count<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    i64::try_from(values(args, meter).len()).map_or(Value::Null, Value::Integer)
}

/// The smallest or the largest value.
fn extreme<'v>(args: &mut [Value<'v>], meter: &mut Meter, wanted: Ordering) -> Value<'v> {
    let better = |best: Value<'v>, value: Value<'v>| match value.order(&best) == Some(wanted) {
        true => value,
        false => best,
    };
    meter.bytes(args.first().map_or(0, Value::bytes));
    values(args, meter)
        .into_iter()
        .reduce(better)
        .unwrap_or_default()
}

pub(crate) fn min<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    extreme(args, meter, Ordering::Less)
}

pub(crate) fn max<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    extreme(args, meter, Ordering::Greater)
}

pub(crate) fn first<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    values(args, meter).into_iter().next().unwrap_or_default()
}

pub(crate) fn last<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    values(args, meter).pop().unwrap_or_default()
}

/// The exact sum of doubles, rounded once; integers that overflow give null.
pub(crate) fn sum<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let values = values(args, meter);
    let (mut whole, mut exact) = (0_i128, Exact::default());
    for value in &values {
        match value {
            Value::Integer(number) => whole += i128::from(*number),
            Value::Number(number) => exact.add(*number),
            _ => {}
        }
    }
    match values.first() {
        Some(Value::Integer(_)) => i64::try_from(whole).map_or(Value::Null, Value::Integer),
        Some(_) => Value::number(exact.value()),
        None => Value::Null,
    }
}

#[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
pub(crate) fn average<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let values = values(args, meter);
    let mut exact = Exact::default();
    for value in &values {
        match value {
            Value::Integer(number) => exact.add(*number as f64),
            Value::Number(number) => exact.add(*number),
            _ => {}
        }
    }
    Value::number(exact.value() / values.len() as f64)
}

/// The distinct values, in order.
pub(crate) fn dedupe<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    meter.bytes(args.first().map_or(0, Value::bytes));
    let mut values = values(args, meter);
    values.sort_by(|a, b| a.order(b).unwrap_or(Ordering::Equal));
    values.dedup();
    Value::many(values)
}

/// All texts, joined with a separator; null if the result is too long.
pub(crate) fn concat<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [_, Value::Text(between)] = args else {
        return Value::Null;
    };
    let between = take(between);
    let mut all = String::new();
    for (at, value) in values(args, meter).into_iter().enumerate() {
        let Value::Text(text) = value else {
            return Value::Null;
        };
        if all.len() + between.len() + text.len() > MAX_TEXT_LENGTH {
            return Value::Null;
        }
        all.push_str(if at > 0 { &between } else { "" });
        all.push_str(&text);
    }
    meter.bytes(all.len());
    Value::text(all)
}

/// Whether every value of the second argument is among those of the first.
pub(crate) fn contains<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [all, wanted] = args else {
        return Value::Null;
    };
    let found = wanted.each().iter().all(|wanted| {
        all.each().iter().any(|value| {
            meter.steps += 1;
            meter.bytes(value.bytes().min(wanted.bytes()));
            value.order(wanted) == Some(Ordering::Equal)
        })
    });
    Value::Boolean(found)
}

macro_rules! casts {
    ($($name:ident $kind:ident;)*) => {$(
        pub(crate) fn $name<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
            let value = args.first_mut().map(take).unwrap_or_default();
            meter.bytes(value.bytes());
            value.cast(Type::$kind)
        }
    )*};
}

casts! {
    to_boolean Boolean;
    to_integer Integer;
    to_number Number;
    to_text Text;
    to_time Time;
    to_address Address;
}
