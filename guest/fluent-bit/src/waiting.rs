//! Alerts that wait for a tick.

use std::collections::VecDeque;

/// Most bytes of alerts that wait. Ticks that never come must not fill the memory.
const MOST: usize = 24 << 20;
/// Bytes of alerts after which a tick takes no more; a larger one goes alone.
const ONE_TICK: usize = 768 << 10;

/// The documents, oldest first.
#[derive(Default)]
pub(crate) struct Waiting {
    documents: VecDeque<String>,
    bytes: usize,
    /// Alerts for which there was no room.
    pub(crate) lost: u64,
}

impl Waiting {
    /// Adds a document, or counts it as lost: what was found first is kept.
    pub(crate) fn add(&mut self, document: String) {
        if self.bytes + document.len() > MOST {
            self.lost += 1;
            return;
        }
        self.bytes += document.len();
        self.documents.push_back(document);
    }

    /// As many as one tick takes.
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

    /// How many wait still.
    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_takes_a_bounded_part_and_the_order_stays() {
        let mut waiting = Waiting::default();
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
    fn what_finds_no_room_is_counted() {
        let mut waiting = Waiting::default();
        waiting.add("a".repeat(MOST));
        waiting.add("b".to_owned());
        assert_eq!((waiting.len(), waiting.lost), (1, 1));
    }
}
