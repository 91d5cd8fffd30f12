//! What the author of a component is shown: its messages within bounds, and source positions.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use weir_common::message::Message;

use super::lines::Lines;

/// Messages and their bytes that are shown at once, and then each second.
const BURST: Amount = Amount {
    messages: 10_000,
    bytes: 4 << 20,
};
const PER_SECOND: Amount = Amount {
    messages: 100,
    bytes: 64 << 10,
};

/// State of debugging, shared by all instances of a component.
#[derive(Debug)]
pub(crate) struct Debugging {
    budget: Mutex<Budget>,
    lines: Lines,
}

impl Debugging {
    pub(super) fn new(component: &[u8]) -> Self {
        Self {
            budget: Mutex::new(Budget::new(Instant::now())),
            lines: Lines::new(component),
        }
    }

    /// Whether a message of this length is shown. The first one that is after others were not is
    /// preceded by their number.
    pub(crate) fn may_show(&self, bytes: usize) -> bool {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(hidden) = budget.take(bytes, Instant::now()) else {
            return false;
        };
        tell(hidden);
        true
    }

    /// Source position of an offset in the component, where it has debug information; untrusted text.
    pub(super) fn line(&self, offset: usize) -> Option<String> {
        self.lines.find(offset)
    }
}

impl Drop for Debugging {
    fn drop(&mut self) {
        let budget = self.budget.get_mut();
        tell(budget.unwrap_or_else(PoisonError::into_inner).hidden);
    }
}

/// Says how many messages were not shown.
fn tell(hidden: u64) {
    if hidden > 0 {
        let Amount { messages, bytes } = BURST;
        let text = format!(
            "{hidden} messages of the detector are not shown: more than {messages}, or {} MiB",
            bytes >> 20
        );
        Message::warn("messages-hidden", text).emit();
    }
}

/// A number of messages and their bytes.
#[derive(Debug, Clone, Copy)]
struct Amount {
    messages: u64,
    bytes: u64,
}

/// A token bucket.
#[derive(Debug)]
struct Budget {
    left: Amount,
    filled: Instant,
    hidden: u64,
}

impl Budget {
    fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            filled: now,
            hidden: 0,
        }
    }

    /// Takes a message of this length; gives how many were refused since the last one that was not.
    fn take(&mut self, bytes: usize, now: Instant) -> Option<u64> {
        let seconds = now.saturating_duration_since(self.filled).as_secs();
        self.filled += Duration::from_secs(seconds);
        let more = |left: u64, each: u64, most: u64| {
            left.saturating_add(each.saturating_mul(seconds)).min(most)
        };
        let left = &mut self.left;
        left.messages = more(left.messages, PER_SECOND.messages, BURST.messages);
        left.bytes = more(left.bytes, PER_SECOND.bytes, BURST.bytes);
        let rest = Amount {
            messages: left.messages.saturating_sub(1),
            bytes: left.bytes.saturating_sub(bytes as u64),
        };
        if left.messages == 0 || left.bytes < bytes as u64 {
            self.hidden += 1;
            return None;
        }
        *left = rest;
        Some(std::mem::take(&mut self.hidden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_shown_and_then_a_little_each_second() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let shown = |budget: &mut Budget, bytes: usize, now: Instant| {
            let taken = (0..20_000).filter(|_| budget.take(bytes, now).is_some());
            taken.count() as u64
        };
        assert_eq!(shown(&mut budget, 1, start), BURST.messages);
        assert_eq!(budget.hidden, 10_000);
        let later = start + Duration::from_secs(2);
        assert_eq!(budget.take(1, later), Some(10_000));
        assert_eq!(shown(&mut budget, 1, later), 2 * PER_SECOND.messages - 1);
        // Long ones are bounded by their bytes, and no time makes the burst larger.
        let late = start + Duration::from_secs(1 << 30);
        assert_eq!(shown(&mut budget, 1 << 10, late), BURST.bytes >> 10);
    }
}
