//! Exceptions: events that the rule is told to leave out, why, and until when.

use crate::model::Problem;
use crate::network::Network;
use crate::record;
use crate::scan::{Scanner, unescaped};
use crate::text;
use crate::time;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Most exceptions of one configuration: each is tried on every event.
pub const MOST: usize = 1000;

/// A key that an exception can ask for. A log has some, numbered by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in a configuration.
    pub name: &'static str,
    /// How its alternatives match.
    pub matcher: Matcher,
}

/// How the alternatives of a key match an event's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// The very text.
    Text,
    /// The very text; one that ends in `*` stands for all that begin so.
    Prefix,
    /// An address within a network.
    Network,
    /// The very integer, from 0 up to the largest.
    Integer(i64),
}

/// An event's values of a key.
#[derive(Clone, Copy, Debug)]
pub enum Values<'e> {
    /// Texts, for [`Matcher::Text`] and [`Matcher::Prefix`].
    Texts(&'e [Cow<'e, str>]),
    /// Addresses, for [`Matcher::Network`].
    Addresses(&'e [u128]),
    /// Integers, for [`Matcher::Integer`].
    Integers(&'e [i64]),
}

/// The alternatives of a key.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Texts(Vec<String>),
    Prefixes(Vec<String>),
    Networks(Vec<Network>),
    Integers(Vec<i64>),
}

/// One exception. It leaves out the events that all of its keys match; a key without
/// alternatives is not asked. An event matches a key when it has values for it and each
/// of them matches one of the alternatives: one value of several hides nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exception {
    /// Why it was made.
    pub reason: String,
    /// Milliseconds since 1970; events at or after it are no longer left out.
    pub expires: Option<i64>,
    /// Alternatives by the places of their keys, in ascending order.
    wanted: Vec<(usize, Wanted)>,
}

impl Exception {
    /// Whether an event at `time` is left out, by its values of a key.
    pub fn covers<'e>(&self, time: i64, values: &dyn Fn(usize) -> Values<'e>) -> bool {
        self.expires.is_none_or(|end| time < end) && self.names(values)
    }

    /// Whether it asks for nothing but an address, whatever it is.
    pub fn is_for_everybody(&self) -> bool {
        match &self.wanted[..] {
            [(_, Wanted::Networks(networks))] => networks.iter().any(Network::is_everything),
            _ => false,
        }
    }

    /// Whether an event is left out at a time before it expires, by its values of a key.
    #[inline(never)]
    pub fn names<'e>(&self, values: &dyn Fn(usize) -> Values<'e>) -> bool {
        let mut keys = self.wanted.iter();
        keys.all(|(key, wanted)| wanted.match_all(values(*key)))
    }

    /// The exception as JSON.
    fn write(&self, keys: &[Key], out: &mut String) {
        out.push_str("{\"reason\":");
        quote(out, &self.reason);
        if let Some(expires) = self.expires {
            // Writing to a String cannot fail.
            let _ = write!(out, ",\"expires\":\"{}\"", text::iso(expires));
        }
        for (key, wanted) in &self.wanted {
            let name = keys.get(*key).map_or("", |key| key.name);
            let _ = write!(out, ",\"{name}\":[");
            for (at, value) in wanted.texts().iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                match wanted {
                    Wanted::Integers(_) => out.push_str(value),
                    _ => quote(out, value),
                }
            }
            out.push(']');
        }
        out.push('}');
    }
}

impl Wanted {
    fn new(matcher: Matcher) -> Wanted {
        match matcher {
            Matcher::Text => Wanted::Texts(Vec::new()),
            Matcher::Prefix => Wanted::Prefixes(Vec::new()),
            Matcher::Network => Wanted::Networks(Vec::new()),
            Matcher::Integer(_) => Wanted::Integers(Vec::new()),
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Wanted::Texts(texts) | Wanted::Prefixes(texts) => texts.clone(),
            Wanted::Networks(networks) => networks.iter().map(Network::text).collect(),
            Wanted::Integers(numbers) => numbers.iter().map(i64::to_string).collect(),
        }
    }

    /// Whether there are values of this type and each matches an alternative.
    fn match_all(&self, values: Values) -> bool {
        let prefix = |wanted: &String, value: &Cow<str>| match wanted.strip_suffix('*') {
            Some(prefix) => value.starts_with(prefix),
            None => wanted == value,
        };
        match (self, values) {
            (Wanted::Texts(texts), Values::Texts(values)) => {
                all(texts, values, |wanted, value| wanted == value)
            }
            (Wanted::Prefixes(texts), Values::Texts(values)) => all(texts, values, prefix),
            (Wanted::Networks(networks), Values::Addresses(values)) => {
                all(networks, values, |network, value| network.contains(*value))
            }
            (Wanted::Integers(numbers), Values::Integers(values)) => all(numbers, values, i64::eq),
            _ => false,
        }
    }

    /// Takes one alternative.
    fn take(&mut self, key: Key, value: &str) -> Result<(), String> {
        match (self, key.matcher) {
            (Wanted::Networks(networks), _) => networks.push(Network::parse(&string(value)?)?),
            (Wanted::Integers(numbers), Matcher::Integer(most)) => {
                let number = value.parse().ok().filter(|n| (0..=most).contains(n));
                numbers.push(
                    number.ok_or_else(|| format!("{value} is not an integer from 0 to {most}"))?,
                );
            }
            (Wanted::Texts(texts), _) => texts.push(string(value)?),
            (Wanted::Prefixes(texts), _) => {
                let text = string(value)?;
                if text == "*" {
                    let name = key.name.replace('_', " ");
                    return Err(format!(
                        "\"*\" stands for every {name}; write more than that, or leave the key out"
                    ));
                }
                texts.push(text);
            }
            (Wanted::Integers(_), _) => {}
        }
        Ok(())
    }
}

/// Whether there are values and each matches an alternative.
fn all<A, V>(alternatives: &[A], values: &[V], same: impl Fn(&A, &V) -> bool) -> bool {
    let one = |value| alternatives.iter().any(|wanted| same(wanted, value));
    !values.is_empty() && values.iter().all(one)
}

/// Writes a text as JSON.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Exceptions as a JSON array that [`parse`] reads back.
pub fn json(exceptions: &[Exception], keys: &[Key]) -> String {
    let mut out = String::from("[");
    for (i, exception) in exceptions.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        exception.write(keys, &mut out);
    }
    out.push(']');
    out
}

/// Reads the value of the parameter `name`, an array of objects; adds to `problems` all
/// that is wrong with it.
pub fn parse(name: &str, value: &str, keys: &[Key], problems: &mut Vec<Problem>) -> Vec<Exception> {
    let mut problem = |key: String, message: String| {
        problems.push(Problem {
            rule: String::new(),
            key,
            message,
        });
    };
    let elements = match value.starts_with('[') {
        true => record::elements(&mut Scanner::new(value)).ok(),
        false => None,
    };
    let Some(elements) = elements else {
        problem(
            name.to_owned(),
            "not an array of exceptions; [] is none".to_owned(),
        );
        return Vec::new();
    };
    if elements.len() > MOST {
        let count = elements.len();
        problem(
            name.to_owned(),
            format!("{count} exceptions; at most {MOST} are taken"),
        );
    }
    let mut exceptions = Vec::new();
    for (i, element) in elements.into_iter().take(MOST).enumerate() {
        let place = format!("{name}[{i}]");
        exceptions.push(one(element, keys, &mut |key, message| match key {
            "" => problem(place.clone(), message),
            key => problem(format!("{place}.{key}"), message),
        }));
    }
    exceptions
}

/// Reads one exception; what is wrong with it goes to `problem`, with its key.
fn one(value: &str, keys: &[Key], problem: &mut dyn FnMut(&str, String)) -> Exception {
    let mut exception = Exception::default();
    let Some(given) = record::keys(value) else {
        problem("", "not an object".to_owned());
        return exception;
    };
    for (key, value) in &given {
        if let Err(message) = exception.take(key, value, keys) {
            problem(key, message);
        }
    }
    let matches = |(key, _): &(String, _)| key != "reason" && key != "expires";
    if !given.iter().any(|(key, _)| key == "reason") {
        problem(
            "reason",
            "missing; say why the exception was made".to_owned(),
        );
    }
    if !given.iter().any(matches) {
        let names = names(keys);
        problem("", format!("it says nothing to match; give one of {names}"));
    }
    exception
}

/// The names of keys.
fn names(keys: &[Key]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    names.join(", ")
}

impl Exception {
    /// Takes one key.
    fn take(&mut self, name: &str, value: &str, keys: &[Key]) -> Result<(), String> {
        match name {
            "reason" => self.reason = string(value)?,
            "expires" => self.expires = Some(expiry(value)?),
            _ => {
                let known = (0..).zip(keys).find(|(_, key)| key.name == name);
                let Some((at, key)) = known else {
                    let names = names(keys);
                    return Err(format!(
                        "no such key; an exception has reason, expires, {names}"
                    ));
                };
                let mut wanted = Wanted::new(key.matcher);
                each(value, &mut |value| wanted.take(*key, value))?;
                // A key that is given twice: the last wins, as JSON readers have it.
                self.wanted.retain(|(other, _)| *other != at);
                let place = self.wanted.partition_point(|(other, _)| *other < at);
                self.wanted.insert(place, (at, wanted));
            }
        }
        Ok(())
    }
}

/// Hands out a scalar, or those of an array, of which there must be some.
fn each(value: &str, take: &mut dyn FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    if !value.starts_with('[') {
        return take(value);
    }
    let elements = record::elements(&mut Scanner::new(value)).unwrap_or_default();
    if elements.is_empty() {
        return Err("no alternatives; leave the key out, or give some".to_owned());
    }
    elements.into_iter().try_for_each(take)
}

/// A text with something in it.
pub(crate) fn string(value: &str) -> Result<String, String> {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let text = inner.map(unescaped).filter(|text| !text.trim().is_empty());
    match text {
        Some(text) => Ok(text.into_owned()),
        None => Err(format!("{value} is not a text, or an empty one")),
    }
}

fn expiry(value: &str) -> Result<i64, String> {
    let time = string(value).ok().and_then(|text| time::parse(&text));
    time.ok_or_else(|| format!("{value} is not a time such as \"2026-12-31T00:00:00Z\""))
}
