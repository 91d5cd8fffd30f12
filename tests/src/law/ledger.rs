//! The ledger holds what the batch query would see: every group of every closed window.

use super::scheduled::{PARTIAL, merge, scheduled};
use crate::arrival::Arrival;
use crate::machine::Maker;
use crate::plan::Plan;
use crate::verdict::{Verdict, each_is_new, last};
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_schedule::{Call, Instance, draw};

/// The floors that are tried.
const FLOORS: [f64; 5] = [0.0, 0.0, 0.25, 0.6, 1.0];

/// The last entry of every group and window is the oracle's row, and there is one for exactly
/// those that reach the floor: in batches, over restarts, and of merged workers, whether those
/// only aggregate or are as the one.
///
/// # Errors
/// What differs from the oracle.
pub fn ledger(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let mut random = Random::new(plan.seed ^ 8);
    let floor = *random.pick(&FLOORS);
    let way = random.below(4);
    // What is dropped of merged workers depends on who saw what.
    let plan = &match way {
        0 | 1 => plan.clone(),
        _ => plan.patient(),
    };
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let answers = scheduled(maker, plan, &lines, calls(plan, floor, way, lines.len()))?;
    // Workers that fire enter what they know, and the one what it knows of both.
    if way < 3 {
        each_is_new(&answers.verdicts)?;
    }
    judge(plan, &events, floor, &answers.verdicts)
}

/// A machine that keeps a ledger: alone, restarted, or of workers that aggregate or are as the one.
fn calls(plan: &Plan, floor: f64, way: u64, lines: usize) -> Vec<Call> {
    let mut random = Random::new(plan.seed ^ 6);
    let keeps = |instance: Instance, partial: bool| {
        let mut set = vec![
            "verdicts=true".to_owned(),
            format!("verdicts_floor={floor}"),
        ];
        set.extend(partial.then(|| format!("{PARTIAL}=true")));
        Call::Open {
            instance,
            set,
            seed: None,
        }
    };
    let all: Vec<usize> = (0..lines).collect();
    let mut calls = vec![keeps(0, false)];
    let mut last = 0;
    // Workers of some lines, of which each saw a part.
    let mut workers = |calls: &mut Vec<Call>, lines: &[usize], partial: bool| -> Vec<Instance> {
        let mut random = Random::new(plan.seed ^ u64::from(last));
        let shares = draw::shares(lines.len(), plan.parts, &mut |n| random.index(n));
        let mut work = |share: Vec<usize>| {
            last += 1;
            calls.push(keeps(last, partial));
            let share: Vec<usize> = share.into_iter().map(|at| lines[at]).collect();
            calls.extend(draw::batches(last, &share, plan.batch, &mut |n| {
                random.index(n)
            }));
            last
        };
        shares.into_iter().map(&mut work).collect()
    };
    if way == 3 {
        let workers = workers(&mut calls, &all, false);
        let (some, rest) = workers.split_at(workers.len() / 2);
        // Some go through one that has seen nothing.
        let joined = Instance::MAX;
        calls.push(keeps(joined, false));
        calls.extend(some.iter().map(|worker| merge(joined, *worker)));
        calls.push(merge(0, joined));
        calls.extend(rest.iter().map(|worker| merge(0, *worker)));
        return calls;
    }
    for part in all.chunks(1 + lines / plan.parts) {
        match way {
            2 => {
                let workers = workers(&mut calls, part, true);
                calls.extend(workers.into_iter().map(|worker| merge(0, worker)));
            }
            _ => calls.extend(draw::batches(0, part, plan.batch, &mut |n| random.index(n))),
        }
        // Some are taken, and some wait in the state.
        if way > 0 && random.one_in(2) {
            calls.push(Call::TakeVerdicts {
                instance: 0,
                max: None,
            });
        }
        if way == 1 {
            calls.push(Call::Restart { instance: 0 });
        }
    }
    calls
}

/// Whether the entries are those of the oracle.
fn judge(plan: &Plan, events: &[Event], floor: f64, verdicts: &[Verdict]) -> Result<(), String> {
    let mut arrival = Arrival::new(plan);
    events.iter().for_each(|event| arrival.take(event));
    let expected = arrival.oracle.verdicts(floor);
    let (wanted, found) = (last(&expected), last(verdicts));
    for (place, verdict) in &wanted {
        match found.get(place) {
            None => return Err(format!("missing, floor {floor}: {verdict:?}")),
            Some(other) if other != verdict => {
                return Err(format!("expected {verdict:?}, found {other:?}"));
            }
            Some(_) => {}
        }
    }
    match found.iter().find(|(place, _)| !wanted.contains_key(*place)) {
        Some((_, surplus)) => Err(format!("surplus, floor {floor}: {surplus:?}")),
        None => Ok(()),
    }
}
