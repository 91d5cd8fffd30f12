//! Exceptions: events that the rule is told to leave out, why, and until when.

use crate::config;
use crate::event::Event;
use crate::model::Problem;
use crate::network::Network;
use crate::record;
use crate::scan::{Scanner, unescaped};
use crate::text;
use crate::time;
use std::fmt::Write as _;

/// The keys that an event can match.
const KEYS: &str = "user, app_id, source, asn, user_agent, tenant";
/// Most exceptions of one configuration: each is tried on every event.
pub const MOST: usize = 1000;

/// One exception. It leaves out the events that all of its keys match; a key without
/// alternatives is not asked. An event matches a key when it has values for it and each
/// of them matches one of the alternatives: one value of several hides nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exception {
    /// Why it was made.
    pub reason: String,
    /// Milliseconds since 1970; events at or after it are no longer left out.
    pub expires: Option<i64>,
    /// `user.id`.
    pub users: Vec<String>,
    /// App ids.
    pub app_ids: Vec<String>,
    /// Networks of `source.ip`.
    pub sources: Vec<Network>,
    /// `source.as.number`.
    pub asns: Vec<i64>,
    /// `user_agent.original`; one that ends in `*` stands for all that begin so.
    pub user_agents: Vec<String>,
    /// `azure.tenant_id`.
    pub tenants: Vec<String>,
}

impl Exception {
    /// Whether an event is left out.
    pub(crate) fn covers(&self, event: &Event) -> bool {
        self.expires.is_none_or(|end| event.time < end) && self.names(event)
    }

    /// Whether it asks for nothing but an address, whatever it is.
    pub(crate) fn is_for_everybody(&self) -> bool {
        let nothing = self.users.is_empty()
            && self.app_ids.is_empty()
            && self.asns.is_empty()
            && self.user_agents.is_empty()
            && self.tenants.is_empty();
        nothing && self.sources.iter().any(Network::is_everything)
    }

    /// The same at any time.
    pub(crate) fn names(&self, event: &Event) -> bool {
        let text = |wanted: &String, value: &_| wanted == value;
        let agent = |wanted: &String, value: &std::borrow::Cow<str>| match wanted.strip_suffix('*')
        {
            Some(prefix) => value.starts_with(prefix),
            None => wanted == value,
        };
        all(&self.users, &event.users, text)
            && all(&self.app_ids, &event.app_ids, text)
            && all(&self.sources, &event.ips, |network, ip| {
                network.contains(*ip)
            })
            && all(&self.asns, &event.asns, i64::eq)
            && all(&self.user_agents, &event.user_agents, agent)
            && all(&self.tenants, &event.tenants, text)
    }

    /// The exception as JSON.
    fn write(&self, out: &mut String) {
        out.push_str("{\"reason\":");
        quote(out, &self.reason);
        if let Some(expires) = self.expires {
            // Writing to a String cannot fail.
            let _ = write!(out, ",\"expires\":\"{}\"", text::iso(expires));
        }
        let sources: Vec<String> = self.sources.iter().map(Network::text).collect();
        let asns: Vec<String> = self.asns.iter().map(i64::to_string).collect();
        for (key, values) in [
            ("user", &self.users),
            ("app_id", &self.app_ids),
            ("source", &sources),
            ("user_agent", &self.user_agents),
            ("tenant", &self.tenants),
            ("asn", &asns),
        ] {
            for (i, value) in values.iter().enumerate() {
                let _ = match i {
                    0 => write!(out, ",\"{key}\":["),
                    _ => write!(out, ","),
                };
                match key {
                    "asn" => out.push_str(value),
                    _ => quote(out, value),
                }
            }
            if !values.is_empty() {
                out.push(']');
            }
        }
        out.push('}');
    }
}

/// Whether there are values and each matches an alternative, or no alternative is given.
fn all<A, V>(alternatives: &[A], values: &[V], same: impl Fn(&A, &V) -> bool) -> bool {
    let one = |value| alternatives.iter().any(|wanted| same(wanted, value));
    alternatives.is_empty() || (!values.is_empty() && values.iter().all(one))
}

fn quote(out: &mut String, text: &str) {
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
pub(crate) fn json(exceptions: &[Exception]) -> String {
    let mut out = String::from("[");
    for (i, exception) in exceptions.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        exception.write(&mut out);
    }
    out.push(']');
    out
}

/// Reads the value of the parameter `name`, an array of objects; adds to `problems` all
/// that is wrong with it.
pub(crate) fn parse(name: &str, value: &str, problems: &mut Vec<Problem>) -> Vec<Exception> {
    let mut problem = |key: String, message: String| problems.push(Problem { key, message });
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
        exceptions.push(one(element, &mut |key, message| match key {
            "" => problem(place.clone(), message),
            key => problem(format!("{place}.{key}"), message),
        }));
    }
    exceptions
}

/// Reads one exception; what is wrong with it goes to `problem`, with its key.
fn one(value: &str, problem: &mut dyn FnMut(&str, String)) -> Exception {
    let mut exception = Exception::default();
    let Some(keys) = config::keys(value) else {
        problem("", "not an object".to_owned());
        return exception;
    };
    for (key, value) in &keys {
        if let Err(message) = exception.take(key, value) {
            problem(key, message);
        }
    }
    let matches = |(key, _): &(String, _)| key != "reason" && key != "expires";
    if !keys.iter().any(|(key, _)| key == "reason") {
        problem(
            "reason",
            "missing; say why the exception was made".to_owned(),
        );
    }
    if !keys.iter().any(matches) {
        problem("", format!("it says nothing to match; give one of {KEYS}"));
    }
    exception
}

impl Exception {
    /// Takes one key.
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let texts = match key {
            "reason" => {
                self.reason = string(value)?;
                return Ok(());
            }
            "expires" => {
                self.expires = Some(expiry(value)?);
                return Ok(());
            }
            "source" => {
                self.sources.clear();
                return each(value, &mut |value| {
                    self.sources.push(Network::parse(&string(value)?)?);
                    Ok(())
                });
            }
            "asn" => {
                self.asns.clear();
                return each(value, &mut |value| {
                    self.asns.push(asn(value)?);
                    Ok(())
                });
            }
            "user" => &mut self.users,
            "app_id" => &mut self.app_ids,
            "tenant" => &mut self.tenants,
            "user_agent" => &mut self.user_agents,
            _ => {
                return Err(format!(
                    "no such key; an exception has reason, expires, {KEYS}"
                ));
            }
        };
        // A key that is given twice: the last wins, as JSON readers have it.
        texts.clear();
        each(value, &mut |value| {
            let text = string(value)?;
            if key == "user_agent" && text == "*" {
                return Err("\"*\" stands for every user agent; write more than that, \
                    or leave the key out"
                    .to_owned());
            }
            texts.push(text);
            Ok(())
        })
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
fn string(value: &str) -> Result<String, String> {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let text = inner.map(unescaped).filter(|text| !text.trim().is_empty());
    match text {
        Some(text) => Ok(text.into_owned()),
        None => Err(format!("{value} is not a text, or an empty one")),
    }
}

fn asn(value: &str) -> Result<i64, String> {
    let number = value.parse().ok().filter(|n| u32::try_from(*n).is_ok());
    number.ok_or_else(|| format!("{value} is not an integer from 0 to {}", u32::MAX))
}

fn expiry(value: &str) -> Result<i64, String> {
    let time = string(value).ok().and_then(|text| time::parse(&text));
    time.ok_or_else(|| format!("{value} is not a time such as \"2026-12-31T00:00:00Z\""))
}

#[cfg(test)]
#[path = "exception_tests.rs"]
mod tests;
