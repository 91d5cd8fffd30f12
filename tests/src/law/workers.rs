//! A stream split over workers whose states are merged. All within the lateness: beyond
//! it, what is dropped depends on who saw what.

use super::judge;
use super::merging::{join, states};
use crate::compare::in_sequence;
use crate::machine::{Machine, Maker};
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;

/// A split over workers whose states are merged in any order, in any tree.
///
/// # Errors
/// What differs from the oracle.
pub fn workers(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let mut states = states(maker, plan, &plan.configuration(), &lines);
    while states.len() > 1 {
        let (a, b) = (
            states.swap_remove(random.index(states.len())),
            random.index(states.len()),
        );
        states[b] = join(maker, &plan.configuration(), &[&states[b], &a])?;
    }
    let mut machine = maker.open(&plan.configuration());
    for state in &states {
        machine.merge(state)?;
    }
    machine.flush();
    let revisions = machine.revisions();
    judge(plan, &events, &revisions, machine.counts())
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
    let partial = plan.partial();
    let mut machine = maker.open(&plan.configuration());
    let mut revisions = Vec::new();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + random.index(rest.len()));
        rest = after;
        let mut workers: Vec<_> = (0..plan.parts).map(|_| maker.open(&partial)).collect();
        for line in some {
            random_worker(&mut workers, &mut random).push(line.as_bytes());
        }
        random.shuffle(&mut workers);
        for mut worker in workers {
            machine.merge(&worker.snapshot())?;
            if !worker.revisions().is_empty() {
                return Err("a partial aggregate fired".to_owned());
            }
        }
        revisions.extend(machine.revisions());
    }
    machine.flush();
    revisions.extend(machine.revisions());
    in_sequence(&revisions)?;
    judge(plan, &events, &revisions, machine.counts())
}

fn random_worker<'m>(
    workers: &'m mut [Box<dyn Machine>],
    random: &mut Random,
) -> &'m mut dyn Machine {
    let at = random.index(workers.len());
    workers[at].as_mut()
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
    let configuration = plan.configuration();
    let mut one = maker.open(&configuration);
    let mut revisions = Vec::new();
    let mut whole = false;
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + random.index(rest.len()));
        rest = after;
        let fires = random.one_in(3);
        whole |= fires;
        let open = || match fires {
            true => maker.open(&configuration),
            false => maker.open(&plan.partial()),
        };
        let mut workers: Vec<_> = (0..=random.below(4)).map(|_| open()).collect();
        for line in some {
            // The one takes its share, too.
            match random.one_in(4) {
                true => one.push(line.as_bytes()),
                false => random_worker(&mut workers, &mut random).push(line.as_bytes()),
            };
        }
        random.shuffle(&mut workers);
        for mut worker in workers {
            one.merge(&worker.snapshot())?;
            if random.one_in(3) {
                let state = one.snapshot();
                one = maker.open(&configuration);
                one.merge(&state)?;
            }
        }
        if random.one_in(2) {
            revisions.extend(one.revisions());
        }
    }
    one.flush();
    revisions.extend(one.revisions());
    if !whole {
        // Workers that fire number their revisions apart.
        in_sequence(&revisions)?;
    }
    judge(plan, &events, &revisions, one.counts())
}
