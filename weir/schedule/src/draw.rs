//! Schedules drawn at random. All take the next number from the caller: below the one given, which
//! is never 0.

use crate::{Call, Instance, Way};

/// Gives the next random number below another one.
pub type Choose<'c> = dyn FnMut(usize) -> usize + 'c;

/// True once in `n` times.
fn one_in(n: usize, choose: &mut Choose<'_>) -> bool {
    choose(n.max(1)) == 0
}

/// Pushes of lines in batches of one to `most` of them.
pub fn batches(
    instance: Instance,
    lines: &[usize],
    most: usize,
    choose: &mut Choose<'_>,
) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + choose(rest.len().min(most.max(1))));
        calls.push(Call::push(instance, some.iter().copied()));
        rest = after;
    }
    calls
}

/// The lines from 0 in another order, none further than `width` from its place.
pub fn order(lines: usize, width: usize, choose: &mut Choose<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lines).collect();
    for block in order.chunks_mut(width.max(1)) {
        for last in (1..block.len()).rev() {
            block.swap(last, choose(last + 1));
        }
    }
    order
}

/// Calls with others among them: behind each, once in `n` times, what `more` gives.
pub fn among(
    calls: Vec<Call>,
    n: usize,
    choose: &mut Choose<'_>,
    mut more: impl FnMut(&mut Choose<'_>) -> Call,
) -> Vec<Call> {
    let mut mixed = Vec::with_capacity(calls.len());
    for call in calls {
        mixed.push(call);
        if one_in(n, choose) {
            mixed.push(more(choose));
        }
    }
    mixed
}

/// Calls with so many others at random places among them, as likely in front as behind.
pub fn at_places(
    mut calls: Vec<Call>,
    count: usize,
    choose: &mut Choose<'_>,
    call: &Call,
) -> Vec<Call> {
    for _ in 0..count {
        let at = choose(calls.len() + 1);
        calls.insert(at, call.clone());
    }
    calls
}

/// Each line dealt to one of `workers`: at random, or to each a part of the time but for a few.
pub fn shares(lines: usize, workers: usize, choose: &mut Choose<'_>) -> Vec<Vec<usize>> {
    let workers = workers.max(1);
    let mut shares = vec![Vec::new(); workers];
    let by_time = one_in(2, choose);
    for line in 0..lines {
        let worker = match by_time && !one_in(10, choose) {
            true => line * workers / lines,
            false => choose(workers),
        };
        if let Some(share) = shares.get_mut(worker) {
            share.push(line);
        }
    }
    shares
}

/// How workers are set up and what becomes of their states.
#[derive(Debug, Clone, Copy)]
pub struct Workers<'w> {
    /// How many there are.
    pub count: usize,
    /// Boolean parameters that they are opened with.
    pub on: &'w [&'w str],
    /// Most lines of a batch.
    pub batch: usize,
    /// The ways in which their states go.
    pub ways: &'w [Way],
    /// Whether a worker's state may go before the worker has all of its share.
    pub midway: bool,
}

/// Lines dealt to workers, instances from 1, which push at the same time; their states are merged
/// in any order, in any tree, and at last into instance 0.
pub fn workers(lines: usize, of: Workers<'_>, choose: &mut Choose<'_>) -> Vec<Call> {
    let number = |worker: usize| Instance::try_from(worker + 1).unwrap_or(1);
    let shares = shares(lines, of.count, choose);
    let mut calls = Vec::new();
    if !of.on.is_empty() {
        calls.extend((0..shares.len()).map(|worker| Call::open_with(number(worker), of.on)));
    }
    let mut queues: Vec<std::vec::IntoIter<Call>> = Vec::new();
    for (worker, share) in shares.iter().enumerate() {
        queues.push(batches(number(worker), share, of.batch, choose).into_iter());
    }
    let mut busy: Vec<usize> = (0..queues.len()).collect();
    while !busy.is_empty() {
        let at = choose(busy.len());
        let Some(worker) = busy.get(at).copied() else {
            break;
        };
        match queues.get_mut(worker).and_then(Iterator::next) {
            Some(call) => calls.push(call),
            None => {
                busy.swap_remove(at);
            }
        }
        // What has gone must not go again: the state is taken out.
        if of.midway && one_in(8, choose) {
            calls.push(merge(0, number(worker), Way::TakeState, choose));
        }
    }
    let mut left: Vec<usize> = (0..shares.len()).collect();
    while !left.is_empty() {
        let from = left.swap_remove(choose(left.len()));
        let into = match left.is_empty() || one_in(2, choose) {
            true => 0,
            false => number(left.get(choose(left.len())).copied().unwrap_or(0)),
        };
        let way = of.ways.get(choose(of.ways.len().max(1))).copied();
        calls.push(merge(into, number(from), way.unwrap_or_default(), choose));
    }
    calls
}

fn merge(instance: Instance, from: Instance, way: Way, choose: &mut Choose<'_>) -> Call {
    let few = || u32::try_from(1 + choose(3)).ok();
    Call::Merge {
        instance,
        from,
        way,
        max: (way == Way::TakeGroups).then(few).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Random, Schedule};

    #[test]
    fn batches_hand_over_every_line_once_and_in_order() {
        let mut random = Random::new(1);
        let lines: Vec<usize> = (0..100).collect();
        let calls = batches(0, &lines, 7, &mut |n| random.below(n));
        let pushed: Vec<usize> = calls
            .iter()
            .flat_map(|call| call.lines().unwrap().0.clone())
            .collect();
        assert_eq!(pushed, lines);
        assert!(
            calls.len() >= 100 / 7 && calls.iter().any(|call| call.lines().unwrap().0.len() > 1)
        );
    }

    #[test]
    fn no_line_goes_further_than_the_width() {
        let mut random = Random::new(2);
        for width in [1, 2, 5, 100] {
            let order = order(50, width, &mut |n| random.below(n));
            assert!(
                order
                    .iter()
                    .enumerate()
                    .all(|(at, line)| at.abs_diff(*line) < width)
            );
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..50));
            assert_eq!(width == 1, order == sorted);
        }
    }

    #[test]
    fn whatever_becomes_of_workers_each_line_arrives_once() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let of = Workers {
                count: 1 + random.below(4),
                on: &["partial"],
                batch: 5,
                ways: &[Way::Snapshot, Way::TakeState, Way::TakeGroups],
                midway: random.below(2) == 0,
            };
            let schedule: Schedule = workers(40, of, &mut |n| random.below(n))
                .into_iter()
                .collect();
            assert_eq!(
                schedule.delivered(40),
                [1; 40],
                "{seed}: {}",
                schedule.text()
            );
            assert_eq!(schedule.check(40), Ok(()));
        }
    }
}
