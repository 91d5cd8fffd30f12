//! What all rows of one rule's ledger have in common.

use super::columns::{Column, FIXED, of_clause};
use super::{Entry, Figure};
use crate::contract::{Aggregate, Condition, Rule, Verdict};
use crate::error::{Error, TrapKind};
use crate::identity::identity;

/// A rule as its ledger shows it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scheme {
    /// The rule's id.
    pub rule: String,
    /// What its clauses are.
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
    /// [`Error::Config`] when the rule keeps no ledger, or cannot be told apart in it.
    pub fn new(rule: &Rule, floor: f64) -> Result<Self, Error> {
        let has = rule.parameters.iter().any(|known| known.name == VERDICTS);
        if rule.conditions.is_empty() || !has {
            return Err(Error::config(format!(
                "rule {} keeps no ledger: it has no conditions, or no parameter `{VERDICTS}`",
                rule.id
            )));
        }
        let names = names(&rule.conditions);
        for (at, (name, _)) in names.iter().enumerate() {
            if names.iter().take(at).any(|(other, _)| other == name) {
                return Err(Error::config(format!(
                    "rule {} keeps no ledger: it would have two columns {name}",
                    rule.id
                )));
            }
        }
        Ok(Self {
            rule: rule.id.clone(),
            conditions: rule.conditions.clone(),
            floor,
            names,
        })
    }

    /// The row of a verdict.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when it is not what the rule's description promises.
    pub fn entry(&self, verdict: &Verdict) -> Result<Entry, Error> {
        if let Some(words) = self.objection(verdict) {
            return Err(Error::Trapped {
                call: "take-verdicts",
                kind: TrapKind::Answer(words),
            });
        }
        let figures = verdict.clauses.iter().map(|clause| Figure {
            value: clause.value,
            threshold: clause.threshold,
        });
        Ok(Entry {
            window: verdict.window,
            key: verdict.key.clone(),
            first_seen: verdict.first_seen,
            last_seen: verdict.last_seen,
            alerted: verdict.alerted,
            complete: verdict.complete,
            id: identity(&self.rule, verdict.window, &verdict.key),
            floor: self.floor,
            figures: figures.collect(),
        })
    }

    /// What is wrong with a verdict.
    fn objection(&self, verdict: &Verdict) -> Option<String> {
        let clauses = verdict.clauses.iter().map(|clause| clause.name.as_str());
        let columns = self.conditions.iter().map(|known| known.column.as_str());
        if !clauses.eq(columns) {
            return Some("a verdict has other clauses than the rule has conditions".to_owned());
        }
        for (clause, condition) in verdict.clauses.iter().zip(&self.conditions) {
            let name = crate::escape::shorten(&clause.name, 80);
            if !clause.value.is_finite() || !clause.threshold.is_finite() {
                return Some(format!("a verdict's {name} is no finite number"));
            }
            if is_whole(condition) && clause.value.fract() != 0.0 {
                return Some(format!("a verdict's {name} is a count and has a fraction"));
            }
            if clause.holds != (clause.value >= clause.threshold) {
                return Some(format!("a verdict's {name} says wrongly whether it holds"));
            }
        }
        if verdict.alerted != verdict.clauses.iter().all(|clause| clause.holds) {
            return Some("a verdict says wrongly whether all of its clauses hold".to_owned());
        }
        let own = |name: &str| self.column(name, 0).is_some();
        let clash = verdict.key.iter().find(|part| own(&part.name));
        clash.map(|part| {
            let name = crate::escape::shorten(&part.name, 80);
            format!("a verdict's key has a part {name}, which is another column")
        })
    }

    /// What a column is by its name; `near` is where it is if the row is in order. None for a part
    /// of the key, and for what somebody else added.
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

/// Whether a clause's figure has no fraction.
pub(crate) fn is_whole(condition: &Condition) -> bool {
    !matches!(condition.aggregate, Aggregate::Ratio(_))
}
