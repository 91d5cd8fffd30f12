//! The queue of alerts until the next tick.

use std::collections::VecDeque;

/// Most bytes of queued alerts. Without ticks the memory must not fill up.
const MAX: usize = 24 << 20;
/// Most bytes of alerts in one tick; a larger alert is sent alone.
const ONE_TICK: usize = 768 << 10;

/// A bounded queue of documents, oldest first.
#[derive(Default)]
pub(crate) struct AlertQueue {
    documents: VecDeque<String>,
    bytes: usize,
    /// Number of alerts that were dropped.
    pub(crate) lost: u64,
}

impl AlertQueue {
    /// Adds a document, or counts it as lost: earlier ones are kept.
    pub(crate) fn add(&mut self, document: String) {
        if self.bytes + document.len() > MAX {
            self.lost += 1;
            return;
        }
        self.bytes += document.len();
        self.documents.push_back(document);
    }

    /// Takes the documents of one tick.
    pub(crate) fn take(&mut self) -> Vec<String> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.documents.front() {
            if bytes > 0 && bytes + next.len() > ONE_TICK {
                break;
            }
            bytes += next.len();
            taken.extend(self.documents.pop_front());
        }
        self.bytes -= bytes;
        taken
    }

    /// Number of queued documents.
    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_takes_a_bounded_part_in_order() {
        let mut waiting = AlertQueue::default();
        let large = |letter: &str| letter.repeat(ONE_TICK / 2);
        for document in [large("a"), large("b"), large("c"), "d".repeat(ONE_TICK * 2)] {
            waiting.add(document);
        }
        let firsts = |taken: Vec<String>| -> String {
            taken.iter().map(|document| &document[..1]).collect()
        };
        assert_eq!(firsts(waiting.take()), "ab");
        assert_eq!(firsts(waiting.take()), "c");
        assert_eq!(firsts(waiting.take()), "d");
        assert_eq!((waiting.len(), waiting.bytes), (0, 0));
    }

    #[test]
    fn alerts_above_the_bound_are_counted() {
        let mut waiting = AlertQueue::default();
        waiting.add("a".repeat(MAX));
        waiting.add("b".to_owned());
        assert_eq!((waiting.len(), waiting.lost), (1, 1));
    }
}
