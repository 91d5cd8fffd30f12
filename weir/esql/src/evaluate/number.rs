//! Numbers: arithmetic that is null where it overflows, and rounding.

use crate::syntax::Operation;
use crate::types::{Type, Value};

/// A double that is a whole number of 64 bits.
pub(super) fn whole(number: f64) -> Option<i64> {
    // 2^63 is the first double above the largest long.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    (fits && number.fract() == 0.0).then_some(number as i64)
}

/// A number as a double.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

/// A double as a value: null if it is not finite.
pub(super) fn finite(number: f64) -> Value {
    if number.is_finite() {
        Value::Double(number)
    } else {
        Value::Null
    }
}

/// A whole number as a value of a type: null if it is out of range.
pub(super) fn ranged(number: Option<i64>, kind: Type) -> Value {
    match number {
        Some(number) if kind != Type::Integer || i32::try_from(number).is_ok() => {
            Value::Integer(number)
        }
        _ => Value::Null,
    }
}

/// Arithmetic of two numbers.
pub(super) fn arithmetic(operation: Operation, one: &Value, other: &Value, kind: Type) -> Value {
    if kind == Type::Double {
        let (Some(one), Some(other)) = (double(one), double(other)) else {
            return Value::Null;
        };
        return finite(match operation {
            Operation::Add => one + other,
            Operation::Subtract => one - other,
            Operation::Multiply => one * other,
            Operation::Divide => one / other,
            Operation::Remainder => one % other,
        });
    }
    let (Value::Integer(one), Value::Integer(other)) = (one, other) else {
        return Value::Null;
    };
    let result = match operation {
        Operation::Add => one.checked_add(*other),
        Operation::Subtract => one.checked_sub(*other),
        Operation::Multiply => one.checked_mul(*other),
        Operation::Divide => one.checked_div(*other),
        Operation::Remainder => one.checked_rem(*other),
    };
    ranged(result, kind)
}

/// The nearest whole number, halves upwards.
pub(super) fn nearest(number: f64) -> f64 {
    let below = number.floor();
    if number - below >= 0.5 {
        below + 1.0
    } else {
        below
    }
}

/// A number to so many decimals, halves away from zero.
pub(super) fn round(value: &Value, decimals: i64, kind: Type) -> Value {
    match value {
        Value::Integer(number) => round_whole(*number, decimals, kind),
        Value::Double(number) => {
            let exponent = i32::try_from(decimals.clamp(-400, 400)).unwrap_or(0);
            let scale = 10_f64.powi(exponent);
            let scaled = number * scale;
            if !scaled.is_finite() || scale == 0.0 {
                return if scale == 0.0 {
                    Value::Double(0.0)
                } else {
                    value.clone()
                };
            }
            let rounded = nearest(scaled.abs()) / scale;
            finite(if scaled > 0.0 { rounded } else { -rounded } + 0.0)
        }
        _ => Value::Null,
    }
}

fn round_whole(number: i64, decimals: i64, kind: Type) -> Value {
    if decimals >= 0 {
        return Value::Integer(number);
    }
    let Some(scale) = u32::try_from(-decimals)
        .ok()
        .and_then(|power| 10_i64.checked_pow(power))
    else {
        return Value::Integer(0);
    };
    let rest = number % scale;
    let down = number - rest;
    if rest.abs() * 2 < scale {
        return Value::Integer(down);
    }
    let away = if number < 0 {
        down.checked_sub(scale)
    } else {
        down.checked_add(scale)
    };
    ranged(away, kind)
}

/// The sum of numbers with the error of each addition carried along.
pub(super) fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut error) = (0.0_f64, 0.0_f64);
    for number in numbers {
        let corrected = number + error;
        let next = total + corrected;
        error = corrected - (next - total);
        total = next;
    }
    total
}
