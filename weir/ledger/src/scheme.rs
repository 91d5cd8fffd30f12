//! Scheme of one rule's ledger: its key, clauses and columns.

use super::columns::{Column, FIXED, of_clause};
use super::{Entry, Figure};
use weir_host::contract::{Condition, Field, Rule, TruncationKind, Verdict};
use weir_host::error::Error;
use weir_host::identity::identity;
use weir_sinks::output::mark_text;

/// Scheme of a rule's rows.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// The rule's id.
    pub rule: String,
    /// The parts of its key.
    pub key: Vec<Field>,
    /// Its clauses.
    pub conditions: Vec<Condition>,
    /// The part of a count's threshold below which a window is left out.
    pub floor: f64,
    /// The columns by name, without those of the key.
    names: Vec<(String, Column)>,
}

impl Scheme {
    /// The scheme of a rule whose ledger is kept with a floor.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the rule keeps no ledger.
    pub fn new(rule: &Rule, floor: f64) -> Result<Self, Error> {
        if !keeps_ledger(rule) {
            return Err(Error::config(format!(
                "rule {} keeps no ledger: it has no conditions, or no parameter `{VERDICTS}`",
                rule.short_name
            )));
        }
        Ok(Self {
            rule: rule.id.clone(),
            key: rule.key.clone(),
            conditions: rule.conditions.clone(),
            floor,
            names: names(&rule.conditions),
        })
    }

    /// The row of a verdict, which was found to be what the rule's description promises.
    #[must_use]
    pub fn entry(&self, verdict: &Verdict) -> Entry {
        let estimate = |name: &str| {
            let mut marks = verdict.truncated.iter();
            marks.any(|mark| mark.column == name && mark.kind == TruncationKind::Approximate)
        };
        let clauses = verdict.clauses.iter().zip(&self.conditions);
        let figures = clauses.map(|(clause, condition)| Figure {
            value: clause.value,
            comparison: condition.comparison,
            threshold: clause.threshold,
            estimate: estimate(&clause.name),
        });
        Entry {
            window: verdict.window,
            key: verdict.key.clone(),
            first_seen: verdict.first_seen,
            last_seen: verdict.last_seen,
            alerted: verdict.alerted,
            complete: verdict.complete,
            id: identity(&self.rule, verdict.window, &verdict.key),
            floor: self.floor,
            figures: figures.collect(),
        }
    }

    /// The marks of a row's figures, as an alert's document has them.
    pub(super) fn marks(&self, entry: &Entry) -> Vec<String> {
        let figures = self.conditions.iter().zip(&entry.figures);
        let estimates = figures.filter(|(_, figure)| figure.estimate);
        let marks = estimates
            .map(|(condition, _)| mark_text(&condition.column, TruncationKind::Approximate));
        let mut marks: Vec<String> = marks.collect();
        marks.sort();
        marks
    }

    /// What a column is by its name; `near` is where it is if the row is in order. None for a part
    /// of the key, and for columns of other programs.
    pub(super) fn column(&self, name: &str, near: usize) -> Option<(usize, Column)> {
        let fits = |at: usize| self.names.get(at).is_some_and(|(known, _)| known == name);
        let at = if fits(near) {
            near
        } else {
            self.names.iter().position(|(known, _)| known == name)?
        };
        self.names.get(at).map(|(_, column)| (at, *column))
    }
}

/// Whether a rule can keep a ledger.
#[must_use]
pub fn keeps_ledger(rule: &Rule) -> bool {
    let has = rule.parameters.iter().any(|known| known.name == VERDICTS);
    has && !rule.conditions.is_empty()
}

/// The columns by name, in the order of a row, without those of the key.
fn names(conditions: &[Condition]) -> Vec<(String, Column)> {
    let fixed = FIXED.iter();
    let mut all: Vec<_> = fixed
        .map(|(name, what)| ((*name).to_owned(), *what))
        .collect();
    for (at, condition) in conditions.iter().enumerate() {
        let [threshold, distance, holds] = of_clause(&condition.parameter);
        all.push((condition.column.clone(), Column::Value(at)));
        all.push((threshold, Column::Threshold(at)));
        all.push((distance, Column::Derived));
        all.push((holds, Column::Derived));
    }
    all
}

/// The parameter that turns the ledger on, by the contract.
pub const VERDICTS: &str = "verdicts";
/// The parameter that is its floor.
pub const VERDICTS_FLOOR: &str = "verdicts_floor";
