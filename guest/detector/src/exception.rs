//! Exceptions: which events a rule excludes, why, and until when.

use crate::model::Problem;
use crate::network::Network;
use crate::record;
use crate::scan::{Scanner, unescaped};
use crate::text;
use crate::time;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Most exceptions of one configuration: each is tested on every event.
pub const MAX: usize = 1000;

/// A key that exceptions can test. A log has some, numbered by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionKey {
    /// Its name in a configuration.
    pub name: &'static str,
    /// How alternatives match.
    pub matcher: Matcher,
}

/// How the alternatives of a key match an event's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Equal texts.
    Text,
    /// Equal texts; an alternative that ends in `*` matches all texts with that prefix.
    Prefix,
    /// An address within a network.
    Network,
    /// Equal integers, from 0 up to this one.
    Integer(i64),
}

/// The values of an event for a key.
#[derive(Clone, Copy, Debug)]
pub enum ExceptionValues<'e> {
    /// Texts, for [`Matcher::Text`] and [`Matcher::Prefix`].
    Texts(&'e [Cow<'e, str>]),
    /// Addresses, for [`Matcher::Network`].
    Addresses(&'e [u128]),
    /// Integers, for [`Matcher::Integer`].
    Integers(&'e [i64]),
}

/// The alternatives of a key.
#[derive(Clone, Debug, PartialEq)]
enum Alternatives {
    Texts(Vec<String>),
    Prefixes(Vec<String>),
    Networks(Vec<Network>),
    Integers(Vec<i64>),
}

/// One exception. It excludes the events that all of its keys match; a key without alternatives is
/// not tested. An event matches a key if it has values for it and each of them matches one of the
/// alternatives: one value of several hides nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exception {
    /// The reason that was given for it.
    pub reason: String,
    /// Expiry in milliseconds since 1970; events at or after it are no longer excluded.
    pub expires: Option<i64>,
    /// Alternatives by the index of their key, in ascending order.
    wanted: Vec<(usize, Alternatives)>,
}

impl Exception {
    /// Whether an event at `time` is excluded, by its values for a key.
    pub fn covers<'e>(&self, time: i64, values: &dyn Fn(usize) -> ExceptionValues<'e>) -> bool {
        self.expires.is_none_or(|end| time < end) && self.could_cover(values)
    }

    /// Whether it matches every address and tests nothing else.
    pub fn covers_all_addresses(&self) -> bool {
        match &self.wanted[..] {
            [(_, Alternatives::Networks(networks))] => networks.iter().any(Network::is_everything),
            _ => false,
        }
    }

    /// Whether an event is excluded at any time before the expiry, by its values for a key.
    #[inline(never)]
    pub fn could_cover<'e>(&self, values: &dyn Fn(usize) -> ExceptionValues<'e>) -> bool {
        let mut keys = self.wanted.iter();
        keys.all(|(key, wanted)| wanted.match_all(values(*key)))
    }

    /// The exception as JSON.
    fn write(&self, keys: &[ExceptionKey], out: &mut String) {
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
                    Alternatives::Integers(_) => out.push_str(value),
                    _ => quote(out, value),
                }
            }
            out.push(']');
        }
        out.push('}');
    }
}

impl Alternatives {
    fn new(matcher: Matcher) -> Alternatives {
        match matcher {
            Matcher::Text => Alternatives::Texts(Vec::new()),
            Matcher::Prefix => Alternatives::Prefixes(Vec::new()),
            Matcher::Network => Alternatives::Networks(Vec::new()),
            Matcher::Integer(_) => Alternatives::Integers(Vec::new()),
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Alternatives::Texts(texts) | Alternatives::Prefixes(texts) => texts.clone(),
            Alternatives::Networks(networks) => networks.iter().map(Network::text).collect(),
            Alternatives::Integers(numbers) => numbers.iter().map(i64::to_string).collect(),
        }
    }

    /// Whether there are values of this type and each matches an alternative.
    fn match_all(&self, values: ExceptionValues) -> bool {
        let prefix = |wanted: &String, value: &Cow<str>| match wanted.strip_suffix('*') {
            Some(prefix) => value.starts_with(prefix),
            None => wanted == value,
        };
        match (self, values) {
            (Alternatives::Texts(texts), ExceptionValues::Texts(values)) => {
                all(texts, values, |wanted, value| wanted == value)
            }
            (Alternatives::Prefixes(texts), ExceptionValues::Texts(values)) => {
                all(texts, values, prefix)
            }
            (Alternatives::Networks(networks), ExceptionValues::Addresses(values)) => {
                all(networks, values, |network, value| network.contains(*value))
            }
            (Alternatives::Integers(numbers), ExceptionValues::Integers(values)) => {
                all(numbers, values, i64::eq)
            }
            _ => false,
        }
    }

    /// Adds an alternative.
    fn take(&mut self, key: ExceptionKey, value: &str) -> Result<(), String> {
        match (self, key.matcher) {
            (Alternatives::Networks(networks), _) => {
                networks.push(Network::parse(&string(value)?)?)
            }
            (Alternatives::Integers(numbers), Matcher::Integer(most)) => {
                let number = value.parse().ok().filter(|n| (0..=most).contains(n));
                numbers.push(
                    number.ok_or_else(|| format!("{value} is not an integer from 0 to {most}"))?,
                );
            }
            (Alternatives::Texts(texts), _) => texts.push(string(value)?),
            (Alternatives::Prefixes(texts), _) => {
                let text = string(value)?;
                if text == "*" {
                    let name = key.name.replace('_', " ");
                    return Err(format!(
                        "\"*\" stands for every {name}; write more than that, or leave the key out"
                    ));
                }
                texts.push(text);
            }
            (Alternatives::Integers(_), _) => {}
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
pub fn json(exceptions: &[Exception], keys: &[ExceptionKey]) -> String {
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

/// Parses the value of the parameter `name`, an array of objects; adds every problem to `problems`.
pub fn parse(
    name: &str,
    value: &str,
    keys: &[ExceptionKey],
    problems: &mut Vec<Problem>,
) -> Vec<Exception> {
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
    if elements.len() > MAX {
        let count = elements.len();
        problem(
            name.to_owned(),
            format!("{count} exceptions; at most {MAX} are taken"),
        );
    }
    let mut exceptions = Vec::new();
    for (i, element) in elements.into_iter().take(MAX).enumerate() {
        let place = format!("{name}[{i}]");
        exceptions.push(one(element, keys, &mut |key, message| match key {
            "" => problem(place.clone(), message),
            key => problem(format!("{place}.{key}"), message),
        }));
    }
    exceptions
}

/// Parses one exception; problems go to `problem`, with their key.
fn one(value: &str, keys: &[ExceptionKey], problem: &mut dyn FnMut(&str, String)) -> Exception {
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
fn names(keys: &[ExceptionKey]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    names.join(", ")
}

impl Exception {
    /// Adds the alternatives of a key.
    fn take(&mut self, name: &str, value: &str, keys: &[ExceptionKey]) -> Result<(), String> {
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
                let mut wanted = Alternatives::new(key.matcher);
                each(value, &mut |value| wanted.take(*key, value))?;
                // Of duplicate keys the last one counts, as JSON readers have it.
                self.wanted.retain(|(other, _)| *other != at);
                let place = self.wanted.partition_point(|(other, _)| *other < at);
                self.wanted.insert(place, (at, wanted));
            }
        }
        Ok(())
    }
}

/// Calls `take` with a scalar, or with those of an array, which must not be empty.
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

/// A non-empty text.
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
