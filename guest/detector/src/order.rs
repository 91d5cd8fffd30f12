//! Sorting small numbers by what they stand for.
//!
//! One sort serves all: each kind of element would bring its own copy of the
//! algorithm, and the component is to stay small.

use std::cmp::Ordering;

/// Sorts numbers by a comparison of what they stand for.
pub fn sort(numbers: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    numbers.sort_unstable_by(|a, b| compare(*a, *b));
}

/// Large numbers, ascending.
pub fn ascending(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let numbers: Vec<u64> = numbers.collect();
    let number = |i: u32| numbers[i as usize];
    let order = positions(numbers.len(), &mut |a, b| number(a).cmp(&number(b)));
    order.into_iter().map(number).collect()
}

/// The numbers below `count` in the order of what they stand for.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is counted fits in 4 GiB"
)]
pub fn positions(count: usize, compare: &mut dyn FnMut(u32, u32) -> Ordering) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count as u32).collect();
    sort(&mut numbers, compare);
    numbers
}
