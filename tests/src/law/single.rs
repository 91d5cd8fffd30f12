//! Looking at single events: what is read in them makes documents that are read as the same.

use super::judge_rows;
use crate::compare::in_sequence;
use crate::machine::Maker;
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;

/// One machine only looks, at batches of any size; another detects on the documents that are
/// made of what the first has seen. All within the lateness.
///
/// # Errors
/// What differs from the oracle, or a look that left traces.
pub fn single_events(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed ^ 8);
    let mut looking = maker.open(&plan.configuration());
    let mut machine = maker.open(&plan.configuration());
    let untouched = looking.snapshot();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + random.index(rest.len()));
        rest = after;
        let documents = looking.documents(some.join("\n").as_bytes());
        machine.push(documents.join("\n").as_bytes());
    }
    if looking.snapshot() != untouched {
        return Err("looking at events left something in the state".to_owned());
    }
    machine.flush();
    let revisions = machine.revisions();
    in_sequence(&revisions)?;
    judge_rows(plan, &events, &revisions).map(|_| ())
}
