//! Arithmetic: operations on integers give integers; with a double they give doubles.

use crate::program::function::Meter;
use crate::program::value::{Value, nearest};
use std::cmp::Ordering;
use std::mem::take;

#[allow(
    clippy::cast_precision_loss,
    reason = "an integer beside a double becomes one"
)]
fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

/// Applies an operation to two numbers; null if it has no result.
fn both<'v>(
    args: &[Value<'v>],
    integers: fn(i64, i64) -> Option<i64>,
    doubles: fn(f64, f64) -> f64,
) -> Value<'v> {
    match args {
        [Value::Integer(a), Value::Integer(b)] => {
            integers(*a, *b).map_or(Value::Null, Value::Integer)
        }
        [a, b] => match (double(a), double(b)) {
            (Some(a), Some(b)) => Value::number(doubles(a, b)),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

pub(crate) fn add<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    both(args, i64::checked_add, |a, b| a + b)
}

pub(crate) fn subtract<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    both(args, i64::checked_sub, |a, b| a - b)
}

pub(crate) fn multiply<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    both(args, i64::checked_mul, |a, b| a * b)
}

/// The quotient; for integers without its fraction.
pub(crate) fn divide<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    both(args, i64::checked_div, |a, b| a / b)
}

/// The remainder, with the sign of the first number.
pub(crate) fn remainder<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    both(
        args,
        |a, b| if b == -1 { Some(0) } else { a.checked_rem(b) },
        |a, b| a % b,
    )
}

/// The largest multiple of the second number that is not above the first.
pub(crate) fn bucket<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    let integers = |a: i64, b: i64| {
        let many = (b > 0).then(|| a.div_euclid(b))?;
        many.checked_mul(b)
    };
    let doubles = |a: f64, b: f64| {
        if b > 0.0 {
            (a / b).floor() * b
        } else {
            f64::NAN
        }
    };
    both(args, integers, doubles)
}

/// Applies an operation to one number; null if it has no result.
fn one<'v>(
    args: &[Value<'v>],
    integer: fn(i64) -> Option<i64>,
    number: fn(f64) -> f64,
) -> Value<'v> {
    match args {
        [Value::Integer(a)] => integer(*a).map_or(Value::Null, Value::Integer),
        [Value::Number(a)] => Value::number(number(*a)),
        _ => Value::Null,
    }
}

pub(crate) fn negate<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    one(args, i64::checked_neg, |a| -a)
}

pub(crate) fn absolute<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    one(args, i64::checked_abs, f64::abs)
}

pub(crate) fn floor<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    one(args, Some, f64::floor)
}

pub(crate) fn ceil<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    one(args, Some, f64::ceil)
}

pub(crate) fn square_root<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    one(args, |_| None, f64::sqrt)
}

/// Rounds halves away from zero, to so many decimals; before the point if they are negative.
pub(crate) fn round<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Integer(number), Value::Integer(decimals)] => {
            round_integer(*number, *decimals).map_or(Value::Null, Value::Integer)
        }
        [Value::Number(number), Value::Integer(decimals)] => {
            Value::Number(round_number(*number, *decimals))
        }
        _ => Value::Null,
    }
}

fn round_integer(number: i64, decimals: i64) -> Option<i64> {
    if decimals >= 0 {
        return Some(number);
    }
    if decimals < -19 {
        return Some(0);
    }
    let power = (decimals..0).fold(1_i128, |power, _| power * 10);
    let size = (i128::from(number).abs() + power / 2) / power * power;
    i64::try_from(size * i128::from(number.signum())).ok()
}

/// Rounds a double at a power of ten; unchanged if the product is out of range.
fn round_number(number: f64, decimals: i64) -> f64 {
    let power = (0..decimals.unsigned_abs().min(400)).fold(1.0, |power, _| power * 10.0);
    let scaled = if decimals < 0 {
        number.abs() / power
    } else {
        number.abs() * power
    };
    if !scaled.is_finite() {
        return number;
    }
    let rounded = nearest(scaled);
    let size = if decimals < 0 {
        rounded * power
    } else {
        rounded / power
    };
    let size = if size.is_finite() { size } else { 0.0 };
    if number < 0.0 { -size } else { size }
}

/// An integer of 32 bits; null where it is none.
pub(crate) fn narrow<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Integer(number)] if i32::try_from(*number).is_ok() => Value::Integer(*number),
        _ => Value::Null,
    }
}

/// A number, both zeros as the positive one.
pub(crate) fn one_zero<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Number(number)] => Value::Number(*number + 0.0),
        _ => Value::Null,
    }
}

/// The greatest or the least argument.
fn extreme<'v>(args: &mut [Value<'v>], meter: &mut Meter, wanted: Ordering) -> Value<'v> {
    let mut best = 0;
    for at in 1..args.len() {
        meter.bytes(args[at].bytes());
        if args[at].order(&args[best]) == Some(wanted) {
            best = at;
        }
    }
    args.get_mut(best).map(take).unwrap_or_default()
}

pub(crate) fn greatest<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    extreme(args, meter, Ordering::Greater)
}

pub(crate) fn least<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    extreme(args, meter, Ordering::Less)
}
