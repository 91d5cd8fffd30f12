//! What passes between host and detector (package `weir:detector`), as Rust types: records, limits,
//! errors, and checks of answers.
//!
//! Units and meaning of every field are documented in the WIT files, which are
//! the authority; field names here are theirs in snake case.
#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod bindings;
pub mod check;
mod comparison;
mod counts;
pub mod error;
pub mod identity;
mod interface;
mod limits;
pub mod order;
pub mod parameters;
mod reserved;
mod value;

pub use check::Breach;
pub use counts::{COUNTS, Counts};
pub use error::{Error, Refusal, TrapKind};
pub use interface::{Interface, Interfaces};
pub use limits::Limits;
pub use reserved::is_own;

pub use crate::bindings::exports::weir::detector::alerts::{
    Action, Alert, Clause, Column, KeyPart, Phase, Pivot, Truncation, TruncationKind, Value,
    Verdict, Window,
};
pub use crate::bindings::exports::weir::detector::description::{
    Aggregate, Attack, Comparison, Condition, Field, Judgement, Parameter, ParameterType, Ratio,
    Rule, Severity, Sliding, Table, Threat, ValueType,
};
pub use crate::bindings::exports::weir::detector::detection::{
    Counters, Outcome, Problem, Refusal as DocumentRefusal, RefusalKind,
    RuleConfiguration as Configuration, RuleCounters,
};
pub use crate::bindings::exports::weir::detector::inspection::{
    Event, EventGroup, Selection, TableError,
};
pub use crate::bindings::exports::weir::detector::state::{GroupState, MergeError, Succession};

use crate::identity::identity;
use weir_common::escape::escape;
use weir_common::numbers::grouped;

/// The WIT package that detectors export.
pub const PACKAGE: &str = "weir:detector";
/// The versions of the package that this host serves.
pub const SERVED: &[&str] = &["0.2.0"];
/// The interfaces that every detector exports; [`Interface`] has the others.
pub const REQUIRED: &[&str] = &["alerts", "description", "detection"];

impl Configuration {
    /// Of the rule with this id: the text of a JSON object of its parameters, `{}` as published.
    #[must_use]
    pub fn of(rule: impl Into<String>, parameters: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            parameters: parameters.into(),
        }
    }
}

/// Whether a clause's figure has no fraction.
#[must_use]
pub fn is_whole(condition: &Condition) -> bool {
    matches!(condition.aggregate, Aggregate::Count | Aggregate::Distinct)
}

/// The id of an alert; a function, so that whoever compiles a file of this crate against other
/// types of the contract can have one of its own.
#[must_use]
pub fn id_of(alert: &Alert) -> String {
    alert.id()
}

impl Severity {
    /// Its name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Alert {
    /// Identifier, equal at every replay and in all of its revisions: 32 hexadecimal
    /// digits, a function of rule, window and key.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:032x}", self.number())
    }

    /// Its id as a number.
    pub fn number(&self) -> u128 {
        identity(&self.rule, self.window, &self.key)
    }
}

impl Default for Counters {
    /// Of a detector that was just opened, without its rules.
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            merged_duplicate: 0,
            merged_late: 0,
            tables_missed: Vec::new(),
            opened: Vec::new(),
            watermark: None,
        }
    }
}

impl Counters {
    /// A figure of all rules together.
    #[must_use]
    pub fn sum(&self, figure: impl Fn(&RuleCounters) -> u64) -> u64 {
        // The numbers are the component's word and may be anything.
        self.rules.iter().map(figure).fold(0, u64::saturating_add)
    }

    /// Tables that were missed, in a sentence each; `tense` is that of the telling.
    pub fn missed(&self, rules: &[Rule], tense: &str) -> Vec<String> {
        let tell = |(name, times): &(String, u64)| {
            let mut tables = rules.iter().flat_map(|rule| &rule.tables);
            let table = tables.find(|table| table.name == *name)?;
            Some(format!(
                "table `{name}` {tense} not loaded ({} look-ups wanted it): {}",
                grouped(*times),
                table.when_absent
            ))
        };
        self.tables_missed.iter().filter_map(tell).collect()
    }

    /// That a rule counts other events than were counted, in a sentence. Of several rules each may
    /// count fewer.
    pub fn miscounts(&self, counted: u64) -> Option<String> {
        let found = self.merged_duplicate.saturating_add(self.merged_late);
        let most = match self.rules.len() {
            1 => counted,
            // One may have kept what another one found to be known.
            _ => counted.saturating_add(found),
        };
        let least = if self.rules.len() == 1 { counted } else { 0 };
        let mut rules = self.rules.iter();
        let wrong = rules.find(|rule| !(least..=most).contains(&rule.counted))?;
        Some(format!(
            "the component miscounts: rule {} says that it counted {} events, and {} were",
            escape(&wrong.rule),
            grouped(wrong.counted),
            grouped(most)
        ))
    }

    /// Counts of documents in the end: some that outcomes called counted were found to be known or
    /// too late when states were merged.
    #[must_use]
    pub fn corrected(&self, mut counts: Counts) -> Counts {
        for (found, count) in [
            (self.merged_duplicate, &mut counts.duplicate),
            (self.merged_late, &mut counts.dropped_late),
        ] {
            let found = found.min(counts.counted);
            counts.counted -= found;
            *count = count.saturating_add(found);
        }
        counts
    }

    /// A figure of the rule that has the most of it: of documents, which count for several rules.
    #[must_use]
    pub fn most(&self, figure: impl Fn(&RuleCounters) -> u64) -> u64 {
        self.rules.iter().map(figure).max().unwrap_or(0)
    }
}

impl Default for RuleCounters {
    /// Of a rule that was just opened.
    fn default() -> Self {
        Self {
            rule: String::new(),
            unwanted: 0,
            counted: 0,
            duplicate: 0,
            excluded: 0,
            dropped_late: 0,
            refused_future: 0,
            late: 0,
            windows: 0,
            groups: 0,
            windows_fired: 0,
            groups_seen: 0,
            alerts_early: 0,
            alerts_on_time: 0,
            alerts_late: 0,
            alerts_retracted: 0,
            evicted: 0,
            ids_forgotten: 0,
            state_bytes: 0,
        }
    }
}

impl Outcome {
    /// Counts of the documents.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.into()
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.counts().documents()
    }
}
