//! The equivalence law: whatever the order, the batches, the workers and the
//! restarts, the last revisions are the rows of the batch query over what was counted.

mod ledger;
mod merging;
mod phases;
mod scheduled;
mod single;
mod smallest;
mod workers;

use crate::arrival::Arrival;
use crate::compare::{Revision, differences, final_rows, in_sequence};
use crate::exception::some_exceptions;
use crate::machine::{Counts, Maker};
use crate::oracle::rows;
use crate::plan::Plan;
pub use ledger::ledger;
pub use merging::{merge_bytes, merge_laws};
pub use phases::two_phases;
use scheduled::scheduled;
pub use single::single_events;
pub use smallest::smallest_failure;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::stream::{Knobs, stream};
use weir_schedule::{Call, draw};
pub use workers::{cluster, partial_workers, workers};

/// All alerts are taken of the first machine.
const TAKE: Call = Call::Take {
    instance: 0,
    max: None,
};

/// A law on a maker, a plan and events.
pub type Law = fn(&dyn Maker, &Plan, &[Event]) -> Result<(), String>;

/// Every law with its name, and whether it is about streams whose events all have an id.
pub const LAWS: [(&str, Law, bool); 10] = [
    ("batches", batches, false),
    ("restarts", restarts, false),
    ("workers", workers, false),
    ("partial workers", partial_workers, false),
    ("cluster", cluster, false),
    ("two phases", two_phases, false),
    ("single events", single_events, false),
    ("ledger", ledger, false),
    ("merge laws", merge_laws, true),
    ("merge bytes", merge_bytes, true),
];

/// Checks a law on the random case of a seed; `size` multiplies the stream.
///
/// # Errors
/// What differs, on the fewest events that were found.
pub fn check(
    law: Law,
    maker: &dyn Maker,
    identified: bool,
    seed: u64,
    size: u64,
) -> Result<(), String> {
    let (mut plan, knobs) = Plan::random(seed);
    let knobs = Knobs {
        identified,
        groups: knobs.groups * size,
        noise: knobs.noise * size,
        ..knobs
    };
    let events = stream(plan.seed, knobs);
    plan.exceptions = some_exceptions(&mut Random::new(seed ^ 4), &events);
    law(maker, &plan, &events)
        .map_err(|failure| smallest_failure(law, maker, &plan, &events, failure))
}

/// Whether the revisions and the counts are those of the oracle on what a plain
/// simulation of the arrival of these events counts.
fn judge(
    plan: &Plan,
    events: &[Event],
    revisions: &[Revision],
    counts: Counts,
) -> Result<(), String> {
    let arrival = judge_rows(plan, events, revisions)?;
    let expected = arrival.oracle.rows();
    let wanted = arrival.counts((0, 0));
    if counts != wanted {
        return Err(format!("counters: expected {wanted:?}, found {counts:?}"));
    }
    if plan.late.is_none() {
        // Within the lateness, arrival is of no account: this is the batch query itself.
        let mut kept = events.to_vec();
        kept.retain(|event| !plan.exceptions.iter().any(|e| e.hides(event)));
        let found = differences(&rows(&kept, &plan.rule()), &expected);
        if !found.is_empty() {
            return Err(format!("the simulation itself: {}", found.join("\n")));
        }
    }
    Ok(())
}

/// Checks the revisions alone against the oracle; gives the simulation.
fn judge_rows(plan: &Plan, events: &[Event], revisions: &[Revision]) -> Result<Arrival, String> {
    let mut arrival = Arrival::new(plan);
    events.iter().for_each(|event| arrival.take(event));
    let found = differences(&arrival.oracle.rows(), &final_rows(revisions));
    match found.is_empty() {
        true => Ok(arrival),
        false => Err(found.join("\n")),
    }
}

/// Any batches and any order, one machine.
///
/// # Errors
/// What differs from the oracle.
pub fn batches(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, other, malformed) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let all: Vec<usize> = (0..lines.len()).collect();
    let calls = draw::batches(0, &all, plan.batch, &mut |n| random.index(n));
    let answers = scheduled(maker, plan, &lines, calls)?;
    let told = answers.told;
    if (told[3], told[4]) != (other, malformed) {
        return Err(format!(
            "{other} of other data sets and {malformed} malformed: the outcomes say {told:?}"
        ));
    }
    in_sequence(&answers.revisions)?;
    judge(plan, &events, &answers.revisions, answers.counts)
}

/// Restarts from a snapshot at random lines; alerts are taken or left in the state.
///
/// # Errors
/// What differs from the oracle.
pub fn restarts(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let all: Vec<usize> = (0..lines.len()).collect();
    let mut calls = Vec::new();
    let mut rest = all.as_slice();
    for part in 0..plan.parts {
        let take = if part + 1 == plan.parts {
            rest.len()
        } else {
            random.index(rest.len() + 1)
        };
        let (some, after) = rest.split_at(take);
        rest = after;
        calls.extend(draw::batches(0, some, plan.batch, &mut |n| random.index(n)));
        if random.one_in(2) {
            calls.push(TAKE);
        }
        calls.push(Call::Restart { instance: 0 });
    }
    let answers = scheduled(maker, plan, &lines, calls)?;
    in_sequence(&answers.revisions)?;
    judge(plan, &events, &answers.revisions, answers.counts)
}
