//! Regular expressions over texts.

use crate::program::dissect::Dissect;
use crate::program::function::Meter;
use crate::program::functions::texts::made;
use crate::program::regex::SEARCHES;
use crate::program::value::Value;

/// Whether the whole text matches.
pub(crate) fn matches<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    match args {
        [Value::Text(text), Value::Regex(regex)] => {
            meter.bytes(text.len() * regex.passes());
            Value::Boolean(regex.matches_whole(text))
        }
        _ => Value::Null,
    }
}

/// The text with every match replaced; `$1` stands for a group.
pub(crate) fn replace<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    match args {
        [Value::Text(text), Value::Regex(regex), Value::Text(with)] => {
            meter.bytes(text.len() * regex.passes() * SEARCHES);
            let replaced = regex.replace_all(text, with);
            replaced.map_or(Value::Null, |text| made(text, meter))
        }
        _ => Value::Null,
    }
}

/// The text of a group, by its number, of the first match.
pub(crate) fn extract<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [
        Value::Text(text),
        Value::Regex(regex),
        Value::Integer(group),
    ] = args
    else {
        return Value::Null;
    };
    meter.bytes(text.len() * regex.passes());
    let group = usize::try_from(*group).ok();
    let found = group.and_then(|group| regex.extract(text, group));
    found.map_or(Value::Null, |text| made(text, meter))
}

/// The value of a name, the fourth argument, in a text that is cut by a pattern.
pub(crate) fn dissect<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [
        Value::Text(text),
        Value::Text(pattern),
        Value::Text(separator),
        Value::Text(name),
    ] = args
    else {
        return Value::Null;
    };
    meter.bytes(text.len() + pattern.len());
    let pattern = Dissect::new(pattern, separator).ok();
    let found = pattern.as_ref().and_then(|pattern| pattern.apply(text));
    let mut found = found.unwrap_or_default().into_iter();
    let found = found.find(|(known, _)| *known == &**name);
    found.map_or(Value::Null, |(_, text)| made(text, meter))
}
