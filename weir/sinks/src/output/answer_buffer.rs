//! Alerts and verdicts that wait in memory, bounded by their size.

use super::finals;
use weir_host::contract::{Alert, Verdict, check};
use weir_host::error::{Error, TrapKind};

/// An item of an answer to `take-alerts` or `take-verdicts`.
pub trait Answer {
    /// The function that gives it.
    const CALL: &'static str;

    /// Bytes that it takes, about.
    fn bytes(&self) -> u64;
}

impl Answer for Alert {
    const CALL: &'static str = "take-alerts";

    fn bytes(&self) -> u64 {
        finals::bytes(self)
    }
}

impl Answer for Verdict {
    const CALL: &'static str = "take-verdicts";

    fn bytes(&self) -> u64 {
        check::verdict_size(self)
    }
}

/// Answers of a detector that nothing else has taken yet, in order.
#[derive(Debug)]
pub struct AnswerBuffer<T> {
    all: Vec<T>,
    bytes: u64,
    most: u64,
}

impl<T: Answer> AnswerBuffer<T> {
    /// None yet, of so many bytes at most.
    pub fn new(most: u64) -> Self {
        Self {
            all: Vec::new(),
            bytes: 0,
            most,
        }
    }

    /// Takes more.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] when there are more bytes than allowed.
    pub fn add(&mut self, more: Vec<T>) -> Result<(), Error> {
        let bytes = more.iter().map(T::bytes);
        self.bytes = bytes.fold(self.bytes, u64::saturating_add);
        self.all.extend(more);
        match self.bytes <= self.most {
            true => Ok(()),
            false => Err(excess::<T>(self.bytes, self.most)),
        }
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Bytes of all, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives all away.
    pub fn take(&mut self) -> Vec<T> {
        self.bytes = 0;
        std::mem::take(&mut self.all)
    }
}

/// The failure of a component whose answers wait in memory and are more than allowed.
pub(super) fn excess<T: Answer>(wanted: u64, limit: u64) -> Error {
    Error::trapped(
        T::CALL,
        TrapKind::Excess {
            what: "all that is held of its answers",
            wanted,
            limit,
            setting: "final_mib",
        },
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use weir_host::contract::{Clause, Window};

    fn verdict() -> Verdict {
        Verdict {
            rule: String::new(),
            window: Window { start: 0, end: 1 },
            key: Vec::new(),
            first_seen: 0,
            last_seen: 0,
            clauses: Vec::<Clause>::new(),
            alerted: true,
            complete: true,
            truncated: Vec::new(),
        }
    }

    #[test]
    fn what_is_held_is_bounded_until_it_is_taken() {
        let each = verdict().bytes();
        let mut held = AnswerBuffer::new(2 * each);
        held.add(vec![verdict(), verdict()]).unwrap();
        assert_eq!(held.take().len(), 2);
        held.add(vec![verdict(), verdict()]).unwrap();
        let error = held.add(vec![verdict()]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("limits.final_mib"), "{error}");
        // What was found is not lost with the failure.
        assert_eq!(held.take().len(), 3);
    }
}
