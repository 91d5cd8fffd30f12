//! One alert's row in a form in which rows from anywhere can be compared: the
//! columns as the ECS document writes them (one value a scalar, times in ISO 8601).

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::net::IpAddr;
use weir_generator::clock::iso;

/// A row. Columns without a value are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(pub Map<String, Value>);

impl Row {
    /// A row of the window that starts at `window`, in milliseconds since 1970.
    #[must_use]
    pub fn new(window: i64) -> Self {
        Row::default().time("Esql.time_window", Some(window))
    }

    /// Adds a list of texts; one is a scalar, none is left out.
    #[must_use]
    pub fn text(mut self, name: &str, values: &[String]) -> Self {
        match values {
            [] => {}
            [one] => drop(self.0.insert(name.to_owned(), Value::from(one.as_str()))),
            many => drop(self.0.insert(name.to_owned(), Value::from(many))),
        }
        self
    }

    /// Adds an integer.
    #[must_use]
    pub fn integer(mut self, name: &str, value: Option<i64>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), Value::from(value));
        }
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &str, value: f64) -> Self {
        self.0.insert(name.to_owned(), Value::from(value));
        self
    }

    /// Adds a time in milliseconds since 1970.
    #[must_use]
    pub fn time(mut self, name: &str, value: Option<i64>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), Value::from(iso(value)));
        }
        self
    }

    /// What tells rows of one answer apart: window, user, autonomous system.
    #[must_use]
    pub fn key(&self) -> String {
        let part = |name| self.0.get(name).cloned().unwrap_or_default();
        let (window, user, asn) = (
            part("Esql.time_window"),
            part("user.id"),
            part("source.as.number"),
        );
        format!("{window} user {user} asn {asn}")
    }

    /// A column as text, for messages and assertions; empty when it is absent.
    #[must_use]
    pub fn show(&self, name: &str) -> String {
        match self.0.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// Of addresses the numerically smallest are kept, though they are listed as text.
#[must_use]
pub fn smallest_addresses(all: &BTreeSet<String>, cap: usize) -> Vec<String> {
    let bits = |ip: &String| match ip.parse() {
        Ok(IpAddr::V4(v4)) => Some(v4.to_ipv6_mapped()),
        Ok(IpAddr::V6(v6)) => Some(v6),
        Err(_) => None,
    };
    let mut kept: Vec<String> = all.iter().cloned().collect();
    kept.sort_by_key(bits);
    kept.truncate(cap);
    kept.sort();
    kept
}
