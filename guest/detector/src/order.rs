//! Sorting of indexes (argsort), and what is kept sorted.
//!
//! One sort serves all element types: each type would add a copy of the algorithm to the component.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// Sorts indexes by a comparison of their elements.
pub fn sort(numbers: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    numbers.sort_unstable_by(|a, b| compare(*a, *b));
}

/// The numbers in ascending order.
pub fn ascending(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let numbers: Vec<u64> = numbers.collect();
    let number = |i: u32| numbers[i as usize];
    let order = positions(numbers.len(), &mut |a, b| number(a).cmp(&number(b)));
    order.into_iter().map(number).collect()
}

/// The indexes below `count` in the order of their elements.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is counted fits in 4 GiB"
)]
pub fn positions(count: usize, compare: &mut dyn FnMut(u32, u32) -> Ordering) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count as u32).collect();
    sort(&mut numbers, compare);
    numbers
}

/// The distinct texts in ascending order.
pub fn texts<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let text = |i: u32| texts[i as usize];
    let order = positions(texts.len(), &mut |a, b| text(a).cmp(text(b)));
    let mut sorted: Vec<&str> = order.into_iter().map(text).collect();
    sorted.dedup();
    sorted
}

/// The distinct starts of panes, in ascending order. New panes are mostly the last, and those that
/// are due the first.
#[derive(Debug, Default)]
pub struct Starts(VecDeque<i64>);

impl Starts {
    /// Adds a start, unless it is there.
    pub fn insert(&mut self, start: i64) {
        if let Err(at) = self.0.binary_search(&start) {
            self.0.insert(at, start);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &i64> {
        self.0.iter()
    }

    /// Takes out the first.
    pub fn pop_first(&mut self) -> Option<i64> {
        self.0.pop_front()
    }

    /// Drops those that are not to be kept.
    pub fn retain(&mut self, keep: impl FnMut(&i64) -> bool) {
        self.0.retain(keep);
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_distinct_and_in_order() {
        let given = ["b", "", "a", "b", "ab", "b"];
        assert_eq!(texts(&given), ["", "a", "ab", "b"]);
        assert!(texts(&[]).is_empty());
    }

    #[test]
    fn starts_are_distinct_and_leave_in_order() {
        let mut starts = Starts::default();
        for start in [30, 10, 30, -20, 40, 10] {
            starts.insert(start);
        }
        assert!(starts.iter().eq(&[-20, 10, 30, 40]));
        starts.retain(|start| *start != 10);
        assert_eq!(starts.pop_first(), Some(-20));
        starts.insert(0);
        assert_eq!(starts.pop_first(), Some(0));
        assert_eq!(starts.pop_first(), Some(30));
        starts.clear();
        assert_eq!(starts.pop_first(), None);
    }
}
