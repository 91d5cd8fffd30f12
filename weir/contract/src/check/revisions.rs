//! The order of an alert's revisions.
//!
//! Checked is, for the alerts that were revised last ([`HELD`] of them and as many again): the number is one
//! more than the last; a retraction voids something that stands; nothing is early behind what was
//! on time. An alert that is not known begins with 1, while all that there are can be held. A
//! detector that took in a state of another one may know of alerts and revisions that were
//! handed out elsewhere: there the numbers need only rise, and what was made on two sides may be
//! voided twice. Where alerts were handed out on both sides before, each has numbers of its own.

use std::collections::HashMap;

use super::{Checked, ensure};
use crate::{Alert, Phase};

/// Alerts that are held at least.
const HELD: usize = 1 << 16;

/// The last revision that was taken of an alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    revision: u32,
    phase: Phase,
    /// Whether it was on time or late once.
    closed: bool,
}

/// The last revision of each alert, by its id.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    young: HashMap<u128, Last>,
    old: HashMap<u128, Last>,
    /// Whether some were forgotten.
    forgot: bool,
    /// Whether some may have been handed out elsewhere.
    merged: bool,
    /// Whether that was so after some were handed out here.
    joined: bool,
}

/// Revisions of one answer, by the alert's id: added once all of the answer is valid.
pub(super) type Changes = HashMap<u128, Last>;

impl Revisions {
    /// A state was taken in.
    pub(super) fn merged(&mut self) {
        self.merged = true;
        self.joined |= !self.young.is_empty() || !self.old.is_empty();
    }

    /// The state was given away: what comes is about other events.
    pub(super) fn forget(&mut self) {
        *self = Self {
            merged: true,
            ..Self::default()
        };
    }

    /// Checks a revision against those before it, those of its own answer included, and adds it
    /// to the answer's.
    pub(super) fn check(&self, id: u128, alert: &Alert, changes: &mut Changes) -> Checked {
        let known = [changes.get(&id), self.young.get(&id), self.old.get(&id)];
        let last = known.into_iter().flatten().next();
        let number = alert.revision;
        let is_retracted = alert.phase == Phase::Retracted;
        // Behind the last number that there is comes none.
        let least = last.map_or(1, |last| u64::from(last.revision) + 1);
        let is_next = match last {
            None => number == 1 || number > 1 && (self.merged || self.forgot),
            Some(_) if self.joined => true,
            Some(_) => u64::from(number) == least || u64::from(number) > least && self.merged,
        };
        ensure(is_next, "revision", || {
            format!("is {number} and must be {least}")
        })?;
        let stands = match last {
            None => number > 1,
            Some(last) => last.phase != Phase::Retracted || self.merged,
        };
        ensure(
            !is_retracted || stands,
            "phase",
            || "is retracted where nothing stands",
        )?;
        let was_closed = last.is_some_and(|last| last.closed) && !self.merged;
        ensure(
            alert.phase != Phase::Early || !was_closed,
            "phase",
            || "is early behind what was on time",
        )?;
        let closes = matches!(alert.phase, Phase::OnTime | Phase::Late);
        let last = Last {
            revision: number,
            phase: alert.phase,
            closed: closes || last.is_some_and(|last| last.closed),
        };
        changes.insert(id, last);
        Ok(())
    }

    /// Adds the revisions of a valid answer.
    pub(super) fn apply(&mut self, changes: Changes) {
        for (id, last) in changes {
            self.old.remove(&id);
            self.young.insert(id, last);
        }
        if self.young.len() >= HELD {
            self.forgot |= !self.old.is_empty();
            self.old = std::mem::take(&mut self.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Window;

    fn alert(revision: u32, phase: Phase) -> Alert {
        Alert {
            rule: String::new(),
            revision,
            phase,
            window: Window { start: 0, end: 1 },
            key: Vec::new(),
            first_seen: 0,
            last_seen: 0,
            columns: Vec::new(),
            reason: String::new(),
            complete: true,
            truncated: Vec::new(),
            response: Vec::new(),
            pivots: Vec::new(),
        }
    }

    /// Whether revisions of one alert can follow each other.
    fn follow(revisions: &mut Revisions, row: &[(u32, Phase)]) -> bool {
        row.iter().all(|(number, phase)| {
            let mut changes = Changes::new();
            let fine = revisions.check(1, &alert(*number, *phase), &mut changes);
            revisions.apply(changes);
            fine.is_ok()
        })
    }

    #[test]
    fn numbers_rise_by_one_and_retractions_void_what_stands() {
        use Phase::{Early, Late, OnTime, Retracted};
        let fine = |row: &[(u32, Phase)]| follow(&mut Revisions::default(), row);
        assert!(fine(&[
            (1, Early),
            (2, OnTime),
            (3, Late),
            (4, Retracted),
            (5, Late)
        ]));
        assert!(!fine(&[(0, OnTime)]));
        assert!(!fine(&[(2, OnTime)]));
        assert!(!fine(&[(1, OnTime), (1, OnTime)]));
        assert!(!fine(&[(1, OnTime), (3, Late)]));
        assert!(!fine(&[(1, Early), (2, OnTime), (1, Late)]));
        assert!(!fine(&[(1, Retracted)]));
        assert!(!fine(&[(1, OnTime), (2, Retracted), (3, Retracted)]));
        assert!(!fine(&[(1, OnTime), (2, Early)]));
    }

    #[test]
    fn behind_a_state_of_another_detector_numbers_need_only_rise() {
        let mut revisions = Revisions::default();
        revisions.merged();
        let row = [
            (3, Phase::Late),
            (7, Phase::Retracted),
            (8, Phase::Retracted),
        ];
        assert!(follow(&mut revisions, &row));
        assert!(!follow(&mut revisions, &[(8, Phase::Late)]));
        assert!(follow(&mut revisions, &[(u32::MAX, Phase::Late)]));
        assert!(!follow(&mut revisions, &[(u32::MAX, Phase::Late)]));
    }

    #[test]
    fn two_sides_that_both_handed_out_number_apart() {
        let mut revisions = Revisions::default();
        assert!(follow(&mut revisions, &[(1, Phase::OnTime)]));
        revisions.merged();
        let row = [(1, Phase::OnTime), (2, Phase::Retracted)];
        assert!(follow(&mut revisions, &row));
    }

    #[test]
    fn what_is_held_is_bounded_and_the_last_are_held() {
        let mut revisions = Revisions::default();
        for id in 0..3 * HELD as u128 {
            let mut changes = Changes::new();
            let _ = revisions.check(id, &alert(1, Phase::OnTime), &mut changes);
            revisions.apply(changes);
        }
        assert!(revisions.young.len() + revisions.old.len() <= 2 * HELD);
        let again = |id| revisions.check(id, &alert(1, Phase::OnTime), &mut Changes::new());
        assert!(again(3 * HELD as u128 - 1).is_err());
        assert!(again(0).is_ok(), "it was forgotten");
    }
}
