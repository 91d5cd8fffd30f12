//! Sorting of indexes (argsort).
//!
//! One sort serves all element types: each type would add a copy of the algorithm to the component.

use std::cmp::Ordering;

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
