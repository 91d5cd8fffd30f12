//! Checks of a component's answers against the contract: the one place where a breach is
//! found.
//!
//! The checks of a single answer are functions of it and of the rule; what depends on earlier
//! answers (the order of revisions and of groups, bytes handed out) is in `Checker`.
//! The harness makes them at every call.

mod account;
mod alert;
mod checker;
mod columns;
mod description;
mod groups;
mod key;
mod names;
mod outcome;
mod revisions;
mod verdict;
mod windows;

use std::fmt;

pub use alert::size;
pub use checker::Checker;
pub use description::description;
pub use verdict::size as verdict_size;

use crate::Limits;
use crate::error::TrapKind;
use weir_common::escape::{escape, shorten};

/// Characters of a component's words that a breach shows.
const SHOWN: usize = 80;
/// Most elements of any list of an alert or a description that has no limit of its own.
const MOST_ELEMENTS: usize = 1000;
/// Longest name of a column, a part of a key or a parameter, and longest identifier, in bytes.
const LONGEST_NAME: usize = 256;

/// A breach of the contract: the place in the answer, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// The rule's id; empty where it is about none or several.
    pub rule: String,
    /// The field of the answer, in the contract's words, such as `alert.columns[3].name`.
    pub field: String,
    /// The reason.
    pub why: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, field, why } = self;
        if !rule.is_empty() {
            write!(out, "rule `{}`, ", shown(rule))?;
        }
        write!(out, "{field}: {why}")
    }
}

/// A fault in an answer.
#[derive(Debug)]
enum Fault {
    /// A field and what is wrong with it.
    Breach(String, String),
    /// Something is larger than allowed.
    Excess(TrapKind),
}

/// Result of a check.
type Checked = Result<(), Fault>;

impl Fault {
    fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Breach(field.into(), why.into())
    }

    /// The failure of a component with this rule.
    fn of(self, rule: &str) -> TrapKind {
        match self {
            Self::Breach(field, why) => TrapKind::Breach(Breach {
                rule: rule.to_owned(),
                field,
                why,
            }),
            Self::Excess(kind) => kind,
        }
    }

    /// This fault, of something that the field is a part of.
    fn within(self, whole: &str) -> Self {
        match self {
            Self::Breach(field, why) if field.is_empty() => Self::Breach(whole.to_owned(), why),
            Self::Breach(field, why) => Self::Breach(format!("{whole}.{field}"), why),
            excess @ Self::Excess(_) => excess,
        }
    }
}

/// Words of a component in a message.
fn shown(words: &str) -> String {
    shorten(&escape(&shorten(words, SHOWN)), SHOWN)
}

/// A fault unless it is so.
fn ensure<W: Into<String>>(is_so: bool, field: &str, why: impl FnOnce() -> W) -> Checked {
    if is_so {
        return Ok(());
    }
    Err(Fault::new(field, why()))
}

/// Checks each element of a list.
fn each<T>(list: &[T], name: &str, check: impl Fn(&T) -> Checked) -> Checked {
    for (at, element) in list.iter().enumerate() {
        check(element).map_err(|fault| fault.within(&format!("{name}[{at}]")))?;
    }
    Ok(())
}

/// A fault if so many bytes are too many.
fn within(what: &'static str, wanted: u64, limit: u64, setting: &'static str) -> Checked {
    if wanted <= limit {
        return Ok(());
    }
    Err(Fault::Excess(TrapKind::Excess {
        what,
        wanted,
        limit,
        setting,
    }))
}

/// Checks the length of a list.
fn count(field: &str, length: usize, most: usize) -> Checked {
    ensure(length <= most, field, || {
        format!("{length} elements, and {most} are allowed")
    })
}

/// Checks the length of a text.
fn text(text: &str, limits: &Limits) -> Checked {
    let limit = limits.text_kib << 10;
    within("a text", text.len() as u64, limit, "text_kib")
}

/// Checks a text that must say something.
fn said(field: &str, words: &str, limits: &Limits) -> Checked {
    ensure(!words.is_empty(), field, || "is empty")?;
    text(words, limits)
}

/// Bytes of a text as a JSON string, about: at least what any form of it takes.
fn written(text: &str) -> u64 {
    let escaped = text
        .bytes()
        .filter(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
    text.len() as u64 + 5 * escaped.count() as u64 + 3
}
