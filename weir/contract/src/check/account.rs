//! Bound on the bytes that a detector hands out, by those that it was fed.
//!
//! What a detector can tell of is what it was fed, so the bounds follow from that: over the whole
//! run a constant and `alerts_ratio` bytes for each byte of input, and between two calls that feed
//! it or move its time a constant and [`HELD`] bytes for each byte of its memory, since it tells
//! of nothing that it does not hold.

use super::{Checked, within};
use crate::Limits;

/// Bytes that one byte of memory can be good for at once. Groups of one event each, all of them
/// alerting, gave 7.
const HELD: u64 = 64;

/// Bytes in and out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Account {
    /// Documents and states.
    taken: u64,
    /// Alerts, verdicts, and reasons for refusals.
    given: u64,
    /// Of these, since the last step.
    at_once: u64,
}

impl Account {
    /// A call that may give it something to tell, with so many bytes.
    pub(super) fn step(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes as u64);
        self.at_once = 0;
    }

    /// The account after so many more bytes handed out, by an instance of so much memory.
    pub(super) fn with(
        mut self,
        bytes: u64,
        memory: usize,
        limits: &Limits,
    ) -> Result<Self, super::Fault> {
        self.given = self.given.saturating_add(bytes);
        self.at_once = self.at_once.saturating_add(bytes);
        self.check(memory as u64, limits)?;
        Ok(self)
    }

    fn check(&self, memory: u64, limits: &Limits) -> Checked {
        let constant = limits.alerts_mib << 20;
        let held = constant.saturating_add(memory.saturating_mul(HELD));
        let what = "all that it gave since the last batch";
        within(what, self.at_once, held, "alerts_mib")?;
        let fed = self.taken.saturating_mul(limits.alerts_ratio);
        let what = "all that it gave for what it was fed";
        within(
            what,
            self.given,
            constant.saturating_add(fed),
            "alerts_ratio",
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            alerts_mib: 1,
            alerts_ratio: 10,
            ..Limits::default()
        }
    }

    #[test]
    fn over_a_run_it_may_give_so_many_times_what_it_was_fed() {
        let mut account = Account::default();
        account.step(1 << 20);
        for _ in 0..11 {
            account = account.with(1 << 20, 1 << 30, &limits()).unwrap();
            account.step(0);
        }
        assert!(account.with(1, 1 << 30, &limits()).is_err());
        account.step(1);
        assert!(account.with(10, 1 << 30, &limits()).is_ok());
    }

    /// Bytes that it may give at once besides the constant.
    const MEMORY: usize = 1 << 14;

    #[test]
    fn at_once_it_may_give_so_many_times_what_it_holds() {
        let mut account = Account::default();
        account.step(1 << 30);
        account = account.with(2 << 20, MEMORY, &limits()).unwrap();
        assert!(account.with(1, MEMORY, &limits()).is_err());
        account.step(0);
        assert!(account.with(1, MEMORY, &limits()).is_ok());
    }
}
