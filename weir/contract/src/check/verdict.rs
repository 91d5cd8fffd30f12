//! A single entry of the ledger.

use super::{Checked, alert, ensure, key, shown};
use crate::is_whole;
use crate::{Condition, Verdict};

/// Largest count: doubles have all whole numbers up to it.
const MOST: f64 = 9_007_199_254_740_992.0;

/// Checks a verdict but for its key's form, which depends on earlier ones.
pub(super) fn check(verdict: &Verdict, conditions: &[Condition]) -> Checked {
    key::window(verdict.window)?;
    key::seen(verdict.first_seen, verdict.last_seen, verdict.window)?;
    let clauses = verdict.clauses.iter().map(|clause| clause.name.as_str());
    let columns = conditions.iter().map(|known| known.column.as_str());
    ensure(
        clauses.eq(columns),
        "clauses",
        || "are others than the rule's conditions",
    )?;
    alert::marks(&verdict.truncated)?;
    for mark in &verdict.truncated {
        let mut clauses = verdict.clauses.iter();
        let is_clause = clauses.any(|clause| clause.name == mark.column);
        ensure(is_clause, "truncated", || {
            format!("{} is none of its clauses", shown(&mark.column))
        })?;
    }
    for (clause, condition) in verdict.clauses.iter().zip(conditions) {
        let name = || shown(&clause.name);
        let numbers = [clause.value, clause.threshold];
        ensure(numbers.iter().all(|n| n.is_finite()), "clauses", || {
            format!("{} is no finite number", name())
        })?;
        if is_whole(condition) {
            ensure(numbers.iter().all(|n| n.fract() == 0.0), "clauses", || {
                format!("{} is a count and has a fraction", name())
            })?;
            ensure((0.0..=MOST).contains(&clause.value), "clauses", || {
                format!("{} is a count and {}", name(), clause.value)
            })?;
        }
        let distance = clause.value - clause.threshold;
        ensure(clause.distance == distance, "clauses", || {
            format!("{} has another distance than value - threshold", name())
        })?;
        ensure(
            clause.holds == condition.comparison.holds(clause.value, clause.threshold),
            "clauses",
            || format!("{} says wrongly whether it holds", name()),
        )?;
    }
    let all = verdict.clauses.iter().all(|clause| clause.holds);
    ensure(
        verdict.alerted == all,
        "alerted",
        || "says wrongly whether all clauses hold",
    )
}

/// Bytes of a verdict in a ledger, about.
pub fn size(verdict: &Verdict) -> u64 {
    let keys = verdict.key.iter().flat_map(|part| &part.value);
    let marks = verdict.truncated.iter().map(alert::mark);
    let listed = keys.map(key::written).chain(marks).sum::<u64>();
    256 + listed + 128 * verdict.clauses.len() as u64
}
