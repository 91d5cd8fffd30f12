//! Writer of NDJSON ledgers: one row a line, with flat dotted keys, equal in every row of a rule.

use std::fmt::Write as _;

use serde_json::{Number, Value as Json};

use super::columns::of_clause;
use super::columns::{
    ALERTED, COMPLETE, END, FIRST, FLOOR, ID, KEY, LAST, RULE, START, TIMESTAMP, TRUNCATED,
};
use super::{Entry, Ledger, Scheme};
use weir_common::time::iso;
use weir_host::contract::is_whole;
use weir_host::contract::{KeyPart, Value, Verdict, Window};
use weir_host::error::Error;
use weir_sinks::output::Output;

/// NDJSON writer of rows to one output.
pub struct NdjsonLedger {
    output: Output,
    /// Formatters, one for each rule.
    formatters: Vec<RowFormatter>,
}

/// Formatter of one rule's rows as JSON objects.
pub(crate) struct RowFormatter {
    /// The rule's id as JSON.
    rule: String,
    clauses: Vec<Names>,
    scheme: Scheme,
    /// The window of the last row, with its start and end as RFC 3339.
    window: Option<(Window, String, String)>,
}

/// Names of a clause's fields as JSON, and whether it is a count.
struct Names {
    value: String,
    threshold: String,
    distance: String,
    holds: String,
    whole: bool,
}

impl NdjsonLedger {
    /// Writes those of these rules there; entries of others are passed over.
    #[must_use]
    pub fn new(schemes: Vec<Scheme>, output: Output) -> Self {
        Self {
            formatters: schemes.into_iter().map(RowFormatter::new).collect(),
            output,
        }
    }
}

impl RowFormatter {
    /// Rows of a rule.
    pub(crate) fn new(scheme: Scheme) -> Self {
        let clauses = scheme.conditions.iter().map(|condition| {
            let [threshold, distance, holds] = of_clause(&condition.parameter).map(quoted);
            Names {
                value: quoted(condition.column.clone()),
                threshold,
                distance,
                holds,
                whole: is_whole(condition),
            }
        });
        Self {
            clauses: clauses.collect(),
            rule: quoted(scheme.rule.clone()),
            scheme,
            window: None,
        }
    }

    /// The row as one JSON object, without its last brace.
    pub(crate) fn open(&mut self, entry: &Entry) -> String {
        let (start, end) = match &self.window {
            Some((window, start, end))
                if (window.start, window.end) == (entry.window.start, entry.window.end) =>
            {
                (start.clone(), end.clone())
            }
            _ => {
                let (start, end) = (iso(entry.window.start), iso(entry.window.end));
                self.window = Some((entry.window, start.clone(), end.clone()));
                (start, end)
            }
        };
        let marks = marks(&self.scheme, entry);
        let mut line = String::with_capacity(1024);
        let mut field = |name: &str, value: &str| {
            line.push(if line.is_empty() { '{' } else { ',' });
            let _ = write!(line, "{name}:{value}");
        };
        let time = |time: &str| format!("\"{time}\"");
        let key = |name: &str| format!("\"{name}\"");
        field(&key(TIMESTAMP), &time(&end));
        field(&key(RULE), &self.rule);
        field(&key(KEY), &names(&entry.key));
        for part in &entry.key {
            field(&quoted(part.name.clone()), &value(part.value.as_ref()));
        }
        field(&key(FIRST), &time(&iso(entry.first_seen)));
        field(&key(LAST), &time(&iso(entry.last_seen)));
        field(&key(START), &time(&start));
        field(&key(END), &time(&end));
        field(&key(ALERTED), if entry.alerted { "true" } else { "false" });
        field(
            &key(COMPLETE),
            if entry.complete { "true" } else { "false" },
        );
        field(&key(TRUNCATED), &marks.unwrap_or_else(|| "null".to_owned()));
        field(&key(ID), &format!("\"{:032x}\"", entry.id));
        field(&key(FLOOR), &number(entry.floor, false));
        for (names, figure) in self.clauses.iter().zip(&entry.figures) {
            field(&names.value, &number(figure.value, names.whole));
            field(&names.threshold, &number(figure.threshold, names.whole));
            field(&names.distance, &number(figure.distance(), names.whole));
            field(&names.holds, if figure.holds() { "true" } else { "false" });
        }
        line
    }
}

impl Ledger for NdjsonLedger {
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error> {
        let mut rules = self.formatters.iter_mut();
        let Some(lines) = rules.find(|lines| lines.scheme.rule == verdict.rule) else {
            return Ok(());
        };
        let entry = lines.scheme.entry(verdict);
        let mut line = lines.open(&entry);
        line.push_str("}\n");
        self.output.put(&line)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }

    fn settle(&mut self) -> Result<Option<u64>, Error> {
        self.output.settle()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.output.flush()
    }
}

/// The names of a key's parts as a JSON list.
pub(super) fn names(key: &[KeyPart]) -> String {
    let names = key.iter().map(|part| part.name.as_str());
    Json::from_iter(names).to_string()
}

/// The marks of a row's figures as a JSON list, if there are any.
pub(super) fn marks(scheme: &Scheme, entry: &Entry) -> Option<String> {
    let is_marked = entry.is_estimate();
    is_marked.then(|| Json::from(scheme.marks(entry)).to_string())
}

fn quoted(text: String) -> String {
    Json::from(text).to_string()
}

/// A figure as JSON; a count without a point.
pub(crate) fn number(value: f64, whole: bool) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "it has no fraction")]
    if whole && value.fract() == 0.0 && value.abs() < 9e15 {
        return (value as i64).to_string();
    }
    Number::from_f64(value).map_or_else(|| "null".to_owned(), |number| number.to_string())
}

/// A key's part as JSON.
fn value(value: Option<&Value>) -> String {
    match value {
        None => "null".to_owned(),
        Some(Value::Text(text)) => quoted(text.clone()),
        Some(Value::Timestamp(time)) => format!("\"{}\"", iso(*time)),
        Some(Value::Number(one)) => number(*one, false),
        Some(
            Value::Integer(_) | Value::Boolean(_) | Value::TextList(_) | Value::IntegerList(_),
        ) => super::entry::text(value).unwrap_or_default(),
    }
}
