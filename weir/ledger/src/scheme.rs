//! Scheme of one rule's ledger: its key, clauses and columns.

use super::columns::of_clause;
use super::{Entry, Figure};
use weir_host::contract::{Condition, Field, Judgement, Rule, TruncationKind, Verdict};
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
    /// Names of each clause's further columns: threshold, distance, and whether it holds.
    names: Vec<[String; 3]>,
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
                "rule {} keeps no ledger: it has no conditions, no parameter `{VERDICTS}`, or judges the first event of a key",
                rule.short_name
            )));
        }
        Ok(Self {
            rule: rule.id.clone(),
            key: rule.key.clone(),
            conditions: rule.conditions.clone(),
            floor,
            names: { rule.conditions.iter() }
                .map(|condition| of_clause(&condition.parameter))
                .collect(),
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

    /// The clauses, each with the names of its threshold, its distance, and whether it holds.
    pub(super) fn clauses(&self) -> impl Iterator<Item = (&Condition, &[String; 3])> {
        self.conditions.iter().zip(&self.names)
    }
}

/// Whether a rule can keep a ledger: one whose conditions are all that decides, which whether an
/// event is the first of its key is not.
#[must_use]
pub fn keeps_ledger(rule: &Rule) -> bool {
    let has = rule.parameters.iter().any(|known| known.name == VERDICTS);
    let is_first_seen = matches!(rule.judgement, Judgement::FirstSeen(_));
    has && !is_first_seen && !rule.conditions.is_empty()
}

/// The parameter that turns the ledger on, by the contract.
pub const VERDICTS: &str = "verdicts";
/// The parameter that is its floor.
pub const VERDICTS_FLOOR: &str = "verdicts_floor";
