//! The order in which what waits in the queues of several rules is handed out.

use std::collections::VecDeque;

/// What waits in the rules' queues, oldest call first: whose it is, and how much.
#[derive(Default)]
pub(crate) struct Waiting {
    runs: VecDeque<(usize, usize)>,
    /// How much of each rule is in there.
    known: Vec<usize>,
}

impl Waiting {
    /// Notes what a call has added to queues that are now this long.
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

    /// From whom to take next, and up to how many of `max`.
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

    /// Goes on as a detector would that was just given all of it as a state.
    pub(crate) fn by_rule(&mut self) {
        let known = self.known.iter().copied().enumerate();
        self.runs = known.filter(|(_, waiting)| *waiting > 0).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_call_comes_first_whatever_its_rule() {
        let mut waiting = Waiting::default();
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
