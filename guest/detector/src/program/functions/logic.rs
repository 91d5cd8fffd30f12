//! Three-valued logic, and conditional values.

use crate::program::function::Meter;
use crate::program::value::Value;
use std::mem::take;

/// False if any is false, otherwise null if any is null.
pub(crate) fn and<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    decided(args, false)
}

/// True if any is true, otherwise null if any is null.
pub(crate) fn or<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    decided(args, true)
}

/// `by` if any argument is `by`, otherwise null if any is null, otherwise the opposite.
fn decided<'v>(args: &[Value<'v>], by: bool) -> Value<'v> {
    if args.contains(&Value::Boolean(by)) {
        Value::Boolean(by)
    } else if args.contains(&Value::Null) {
        Value::Null
    } else {
        Value::Boolean(!by)
    }
}

pub(crate) fn not<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    match args {
        [Value::Boolean(value)] => Value::Boolean(!*value),
        _ => Value::Null,
    }
}

pub(crate) fn is_null<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    Value::Boolean(matches!(args, [Value::Null]))
}

pub(crate) fn is_not_null<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    Value::Boolean(!matches!(args, [Value::Null]))
}

/// The first value that is not null.
pub(crate) fn coalesce<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    let mut found = args.iter_mut().filter(|value| **value != Value::Null);
    found.next().map(take).unwrap_or_default()
}

/// The value behind the first true condition; otherwise the last value, if it has no condition.
pub(crate) fn case<'v>(args: &mut [Value<'v>], _: &mut Meter) -> Value<'v> {
    for pair in args.chunks_mut(2) {
        match pair {
            [Value::Boolean(true), value] | [value] => return take(value),
            _ => {}
        }
    }
    Value::Null
}
