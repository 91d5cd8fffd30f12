//! A stream split over workers whose states are merged. All within the lateness: beyond
//! it, what is dropped depends on who saw what.

use super::scheduled::{PARTIAL, merge, scheduled};
use super::{TAKE, judge};
use crate::compare::in_sequence;
use crate::machine::Maker;
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_schedule::{Call, Instance, draw};

/// Numbers of fresh machines.
struct Fresh(Instance);

impl Fresh {
    /// The next one.
    fn next(&mut self) -> Instance {
        self.0 += 1;
        self.0
    }

    /// The next ones.
    fn some(&mut self, count: usize) -> Vec<Instance> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// A split over workers whose states are merged in any order, in any tree.
///
/// # Errors
/// What differs from the oracle.
pub fn workers(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let shares = draw::shares(lines.len(), plan.parts, &mut |n| random.index(n));
    let mut fresh = Fresh(0);
    let mut calls = Vec::new();
    let mut states = Vec::new();
    for share in shares {
        let worker = fresh.next();
        calls.extend(draw::batches(worker, &share, plan.batch, &mut |n| {
            random.index(n)
        }));
        states.push(worker);
    }
    while states.len() > 1 {
        let a = states.swap_remove(random.index(states.len()));
        let b = random.index(states.len());
        // Both go into a machine that has seen nothing.
        let joined = fresh.next();
        calls.extend([merge(joined, states[b]), merge(joined, a)]);
        states[b] = joined;
    }
    calls.extend(states.into_iter().map(|state| merge(0, state)));
    let answers = scheduled(maker, plan, &lines, calls)?;
    judge(plan, &events, &answers.revisions, answers.counts)
}

/// Workers that only aggregate, whose states are merged now and then into one detector
/// that fires: as if all events had come there.
///
/// # Errors
/// What differs from the oracle.
pub fn partial_workers(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let mut fresh = Fresh(0);
    let mut calls = Vec::new();
    let mut done = 0;
    while done < lines.len() {
        let some = 1 + random.index(lines.len() - done);
        let mut workers = fresh.some(plan.parts);
        calls.extend(
            workers
                .iter()
                .map(|worker| Call::open_with(*worker, &[PARTIAL])),
        );
        for line in done..done + some {
            calls.push(Call::push(*random.pick(&workers), [line]));
        }
        done += some;
        random.shuffle(&mut workers);
        for instance in workers {
            calls.push(merge(0, instance));
            calls.push(Call::Take {
                instance,
                max: None,
            });
        }
        calls.push(TAKE);
    }
    let answers = scheduled(maker, plan, &lines, calls)?;
    in_sequence(&answers.revisions)?;
    judge(plan, &events, &answers.revisions, answers.counts)
}

/// One to four workers at a time, merged at random points into one that restarts from
/// snapshots at random points. The workers only aggregate, or are as the one.
///
/// # Errors
/// What differs from the oracle.
pub fn cluster(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed ^ 5);
    let mut fresh = Fresh(0);
    let mut calls = Vec::new();
    let mut whole = false;
    let mut done = 0;
    while done < lines.len() {
        let some = 1 + random.index(lines.len() - done);
        let fires = random.one_in(3);
        whole |= fires;
        let mut workers = fresh.some(1 + random.index(4));
        let on: &[&str] = if fires { &[] } else { &[PARTIAL] };
        calls.extend(workers.iter().map(|worker| Call::open_with(*worker, on)));
        for line in done..done + some {
            // The one takes its share, too.
            let to = match random.one_in(4) {
                true => 0,
                false => *random.pick(&workers),
            };
            calls.push(Call::push(to, [line]));
        }
        done += some;
        random.shuffle(&mut workers);
        for worker in workers {
            calls.push(merge(0, worker));
            if random.one_in(3) {
                calls.push(Call::Restart { instance: 0 });
            }
        }
        if random.one_in(2) {
            calls.push(TAKE);
        }
    }
    let answers = scheduled(maker, plan, &lines, calls)?;
    if !whole {
        // Workers that fire number their revisions apart.
        in_sequence(&answers.revisions)?;
    }
    judge(plan, &events, &answers.revisions, answers.counts)
}
