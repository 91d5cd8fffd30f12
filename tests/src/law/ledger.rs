//! The ledger holds what the batch query would see: every group of every closed window.

use super::merging::{join, states};
use crate::arrival::Arrival;
use crate::machine::Maker;
use crate::plan::Plan;
use crate::verdict::{Verdict, each_is_new, last};
use weir_generator::event::Event;
use weir_generator::random::Random;

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
    let keeps = |configuration: &str| {
        let with = format!("{{\"verdicts\":true,\"verdicts_floor\":{floor},");
        configuration.replacen('{', &with, 1)
    };
    let configuration = keeps(&plan.configuration());
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut verdicts = Vec::new();
    let mut one = maker.open(&configuration);
    match way {
        0 => {
            plan.push(one.as_mut(), &lines, &mut random);
        }
        1 => {
            for part in lines.chunks(1 + lines.len() / plan.parts) {
                plan.push(one.as_mut(), part, &mut random);
                // Some are taken, and some wait in the state.
                if random.one_in(2) {
                    verdicts.extend(one.verdicts()?);
                }
                let state = one.snapshot();
                one = maker.open(&configuration);
                one.merge(&state)?;
            }
        }
        2 => {
            let partial = keeps(&plan.partial());
            for part in lines.chunks(1 + lines.len() / plan.parts) {
                for state in states(maker, plan, &partial, part) {
                    one.merge(&state)?;
                }
                if random.one_in(2) {
                    verdicts.extend(one.verdicts()?);
                }
            }
        }
        _ => {
            let states = states(maker, plan, &configuration, &lines);
            let (some, rest) = states.split_at(states.len() / 2);
            let some: Vec<&[u8]> = some.iter().map(Vec::as_slice).collect();
            one.merge(&join(maker, &configuration, &some)?)?;
            for state in rest {
                one.merge(state)?;
            }
        }
    }
    one.flush();
    verdicts.extend(one.verdicts()?);
    if !one.verdicts()?.is_empty() {
        return Err("entries are given after all were taken".to_owned());
    }
    // Workers that fire enter what they know, and the one what it knows of both.
    if way < 3 {
        each_is_new(&verdicts)?;
    }
    judge(plan, &events, floor, &verdicts)
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
