//! The detail of one alert: its windows before and after, and its events.

use super::alerts::ShownAlert;
use super::figures::estimated;
use super::summary::EventSummary;
use weir_host::contract::{Clause, Event, Judgement, Truncation, TruncationKind, Verdict, Window};

/// Windows on each side of the alert's own.
pub(super) const SIDE: i64 = 15;
/// Distance of the windows around an alert on a moment, in milliseconds.
const MOMENT: i64 = 120_000;

/// One window of the timeline.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) start: i64,
    /// The ledger's entry; none where the group has no events.
    pub(super) verdict: Option<Verdict>,
}

impl Slot {
    /// The value of a clause for people.
    pub(super) fn text(&self, clause: &Clause) -> String {
        let mut marks = self.verdict.iter().flat_map(|verdict| &verdict.truncated);
        let is_estimate = |mark: &Truncation| {
            mark.column == clause.name && mark.kind == TruncationKind::Approximate
        };
        estimated(clause.value, marks.any(is_estimate))
    }

    /// The clause on a column.
    pub(super) fn clause(&self, column: &str) -> Option<&Clause> {
        let mut clauses = self.verdict.iter().flat_map(|verdict| &verdict.clauses);
        clauses.find(|clause| clause.name == column)
    }
}

/// An alert's context.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) window: Window,
    pub(super) slots: Vec<Slot>,
    pub(super) events: EventSummary,
    /// Distance of the windows, in milliseconds.
    step: i64,
}

impl Detail {
    /// The detail of an alert before any event.
    pub(super) fn new(alert: &ShownAlert, judgement: Judgement, seed: (u64, u64)) -> Self {
        let Window { start, end } = alert.window;
        let length = end.saturating_sub(start);
        let step = match judgement {
            Judgement::Sliding(sliding) => i64::try_from(sliding.every).unwrap_or(length),
            Judgement::FirstSeen(_) | Judgement::Each(0) => MOMENT,
            Judgement::Tumbling(_) | Judgement::Each(_) => length,
        };
        let step = step.max(1);
        let starts = (-SIDE..=SIDE).filter_map(|at| start.checked_add(at.checked_mul(step)?));
        let slots = starts.map(|start| Slot {
            start,
            verdict: None,
        });
        Self {
            window: alert.window,
            slots: slots.collect(),
            events: EventSummary::new(&alert.key, seed),
            step,
        }
    }

    /// Whether the alert is about a moment; around it is then a time, and no number of windows.
    pub(super) fn is_moment(&self) -> bool {
        self.window.end.saturating_sub(self.window.start) <= 1
    }

    /// The length of the time around the alert, in milliseconds.
    pub(super) fn around_length(&self) -> i64 {
        self.step.saturating_mul(2 * SIDE)
    }

    /// The time from the first window to the last.
    pub(super) fn span(&self) -> Window {
        let length = self.window.end.saturating_sub(self.window.start).max(1);
        let end = |slot: &Slot| slot.start.saturating_add(length);
        Window {
            start: self.slots.first().map_or(0, |slot| slot.start),
            end: self.slots.last().map_or(0, end),
        }
    }

    /// The slot of the alert's own window.
    pub(super) fn own(&self) -> Option<&Slot> {
        let mut slots = self.slots.iter();
        slots.find(|slot| slot.start == self.window.start)
    }

    /// Takes in an entry of the ledger; the last of a window holds.
    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        let start = verdict.window.start;
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.start == start) {
            slot.verdict = Some(Verdict {
                // Rule and key are the alert's.
                rule: String::new(),
                key: Vec::new(),
                clauses: verdict.clauses.clone(),
                truncated: verdict.truncated.clone(),
                ..*verdict
            });
        }
    }

    /// Takes in an event; `counts_in` names the conditional counts that it adds to.
    pub(super) fn event(&mut self, event: &Event, counts_in: &[String]) {
        let Window { start, end } = self.span();
        if (start..end).contains(&event.time) {
            let inside = (self.window.start..self.window.end).contains(&event.time);
            self.events.add(event, inside, counts_in);
        }
    }
}
