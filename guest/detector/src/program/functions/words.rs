//! Functions of texts that are searched word by word.

use crate::program::function::Meter;
use crate::program::value::Value;
use crate::program::words::{Analyzer, Phrases};

/// Whether any value has any of the phrases of a list, one a line.
fn has_phrase<'v>(analyzer: Analyzer, args: &[Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [values, Value::Text(list)] = args else {
        return Value::Boolean(false);
    };
    if values.each().is_empty() {
        // Most events have no such text.
        return Value::Boolean(false);
    }
    meter.bytes(list.len());
    let phrases = Phrases::new(list);
    let found = values.each().iter().any(|value| {
        meter.steps += 1;
        meter.bytes(value.bytes());
        matches!(value, Value::Text(text) if phrases.are_in(analyzer, text))
    });
    Value::Boolean(found)
}

/// Whether any word of any value matches a pattern.
fn has_like<'v>(analyzer: Analyzer, args: &[Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [values, Value::Pattern(pattern)] = args else {
        return Value::Boolean(false);
    };
    let found = values.each().iter().any(|value| {
        meter.steps += 1;
        meter.bytes(value.bytes() * pattern.passes());
        let Value::Text(text) = value else {
            return false;
        };
        analyzer.any(text, |word| pattern.matches(word))
    });
    Value::Boolean(found)
}

pub(crate) fn any_phrase<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    has_phrase(Analyzer::Standard, args, meter)
}

pub(crate) fn any_word_like<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    has_like(Analyzer::Standard, args, meter)
}

pub(crate) fn any_script_phrase<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    has_phrase(Analyzer::Script, args, meter)
}

pub(crate) fn any_script_word_like<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    has_like(Analyzer::Script, args, meter)
}
