//! Comparisons: of single values, and of any of several.

use crate::program::function::Meter;
use crate::program::value::Value;
use std::cmp::Ordering;

/// Whether the order of two values passes a test; null if they have none.
fn holds<'v>(args: &[Value<'v>], meter: &mut Meter, test: fn(Ordering) -> bool) -> Value<'v> {
    match args {
        [a, b] => {
            meter.bytes(a.bytes().min(b.bytes()));
            a.order(b)
                .map_or(Value::Null, |order| Value::Boolean(test(order)))
        }
        _ => Value::Null,
    }
}

/// Whether any value of the first argument passes a test of its order with the second, a single
/// value.
fn any<'v>(args: &[Value<'v>], meter: &mut Meter, test: fn(Ordering) -> bool) -> Value<'v> {
    let found = match args {
        [values, wanted] => values.each().iter().any(|value| {
            meter.steps += 1;
            meter.bytes(value.bytes().min(wanted.bytes()));
            value.order(wanted).is_some_and(test)
        }),
        _ => false,
    };
    Value::Boolean(found)
}

macro_rules! comparisons {
    ($($one:ident $any:ident $test:expr;)*) => {$(
        pub(crate) fn $one<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
            holds(args, meter, $test)
        }

        pub(crate) fn $any<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
            any(args, meter, $test)
        }
    )*};
}

comparisons! {
    equal any_equal Ordering::is_eq;
    less any_less Ordering::is_lt;
    at_most any_at_most Ordering::is_le;
    greater any_greater Ordering::is_gt;
    at_least any_at_least Ordering::is_ge;
}

pub(crate) fn not_equal<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    holds(args, meter, Ordering::is_ne)
}

/// True if the first argument is any of the others, otherwise null if any is null.
pub(crate) fn is_in<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let Some((value, list)) = args.split_first() else {
        return Value::Null;
    };
    let same = |other: &Value| {
        meter.bytes(value.bytes().min(other.bytes()));
        value.order(other) == Some(Ordering::Equal)
    };
    if *value == Value::Null {
        Value::Null
    } else if list.iter().any(same) {
        Value::Boolean(true)
    } else if list.contains(&Value::Null) {
        Value::Null
    } else {
        Value::Boolean(false)
    }
}

/// Whether any value of the first argument is any of the others, which are single values.
pub(crate) fn any_in<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let Some((values, list)) = args.split_first() else {
        return Value::Boolean(false);
    };
    let found = values.each().iter().any(|value| {
        list.iter().any(|wanted| {
            meter.steps += 1;
            meter.bytes(value.bytes().min(wanted.bytes()));
            value.order(wanted) == Some(Ordering::Equal)
        })
    });
    Value::Boolean(found)
}

/// Whether any value of the first argument is between two others; the truth value behind each says
/// whether that end is left out.
pub(crate) fn any_within<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [values, low, above, high, below] = args else {
        return Value::Boolean(false);
    };
    let [above, below] = [above, below].map(|open| *open == Value::Boolean(true));
    let found = values.each().iter().any(|value| {
        meter.steps += 1;
        meter.bytes(value.bytes());
        let (from, to) = (value.order(low), value.order(high));
        from.is_some_and(|order| order.is_gt() || order.is_eq() && !above)
            && to.is_some_and(|order| order.is_lt() || order.is_eq() && !below)
    });
    Value::Boolean(found)
}

pub(crate) fn any_like<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let found = match args {
        [values, Value::Pattern(pattern)] => values.each().iter().any(|value| {
            meter.steps += 1;
            meter.bytes(value.bytes() * pattern.passes());
            matches!(value, Value::Text(text) if pattern.matches(text))
        }),
        _ => false,
    };
    Value::Boolean(found)
}

/// Whether a text matches a pattern.
pub(crate) fn like<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    any_like(args, meter)
}

pub(crate) fn any_in_network<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let Some((addresses, networks)) = args.split_first() else {
        return Value::Boolean(false);
    };
    let found = addresses.each().iter().any(|address| {
        networks.iter().any(|network| {
            meter.steps += 1;
            match (address, network) {
                (Value::Address(address), Value::Network(network)) => network.contains(*address),
                _ => false,
            }
        })
    });
    Value::Boolean(found)
}

/// Whether an address is in any of the networks.
pub(crate) fn in_network<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    any_in_network(args, meter)
}
