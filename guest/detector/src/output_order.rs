//! The order of output from the queues of several rules.

use std::collections::VecDeque;

/// The outputs in the rules' queues, oldest call first: pairs of rule index and number of outputs.
#[derive(Default)]
pub(crate) struct OutputOrder {
    runs: VecDeque<(usize, usize)>,
    /// The length of each rule's queue.
    known: Vec<usize>,
}

impl OutputOrder {
    /// Records the outputs that a call added, given the queues' lengths.
    pub(crate) fn note(&mut self, lengths: impl Iterator<Item = usize>) {
        for (rule, length) in lengths.enumerate() {
            if self.known.len() <= rule {
                self.known.push(0);
            }
            let more = length.saturating_sub(self.known[rule]);
            if more > 0 {
                self.runs.push_back((rule, more));
            }
            self.known[rule] = length;
        }
    }

    /// The rule to take from next, and the number of outputs, at most `max`.
    pub(crate) fn next(&mut self, max: usize) -> Option<(usize, usize)> {
        let (rule, waiting) = self.runs.front_mut()?;
        let (rule, taken) = (*rule, max.min(*waiting));
        *waiting -= taken;
        if *waiting == 0 {
            self.runs.pop_front();
        }
        self.known[rule] -= taken;
        (taken > 0).then_some((rule, taken))
    }

    /// Reorders the outputs by rule, as after restoring a snapshot.
    pub(crate) fn by_rule(&mut self) {
        let known = self.known.iter().copied().enumerate();
        self.runs = known.filter(|(_, waiting)| *waiting > 0).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_output_comes_first() {
        let mut waiting = OutputOrder::default();
        waiting.note([0, 2].into_iter());
        waiting.note([1, 3].into_iter());
        assert_eq!(waiting.next(1), Some((1, 1)));
        assert_eq!(waiting.next(9), Some((1, 1)));
        assert_eq!(waiting.next(0), None);
        waiting.note([2, 1].into_iter());
        assert_eq!(waiting.next(9), Some((0, 1)));
        waiting.by_rule();
        assert_eq!(waiting.next(9), Some((0, 1)));
        assert_eq!(waiting.next(9), Some((1, 1)));
        assert_eq!(waiting.next(9), None);
    }
}
