//! What holds for merging states, by what comes of them and byte by byte.

use crate::compare::{differences, final_rows};
use crate::machine::Maker;
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_schedule::draw;

/// The lines dealt to workers: each sees a part of every moment, or a part of the time.
fn shares(plan: &Plan, lines: &[String]) -> Vec<Vec<String>> {
    let mut random = Random::new(plan.seed);
    let shares = draw::shares(lines.len(), plan.parts, &mut |n| random.index(n));
    let of = |share: Vec<usize>| share.into_iter().map(|line| lines[line].clone()).collect();
    shares.into_iter().map(of).collect()
}

/// States of workers of a configuration that each saw a part of the stream.
pub(super) fn states(
    maker: &dyn Maker,
    plan: &Plan,
    configuration: &str,
    lines: &[String],
) -> Vec<Vec<u8>> {
    let mut random = Random::new(plan.seed ^ 6);
    let mut work = |share: Vec<String>| {
        let mut machine = maker.open(configuration);
        plan.push(machine.as_mut(), &share, &mut random);
        machine.snapshot()
    };
    shares(plan, lines).into_iter().map(&mut work).collect()
}

/// One state of several.
pub(super) fn join(
    maker: &dyn Maker,
    configuration: &str,
    states: &[&[u8]],
) -> Result<Vec<u8>, String> {
    let mut machine = maker.open(configuration);
    for state in states {
        machine.merge(state)?;
    }
    Ok(machine.snapshot())
}

/// Merge is commutative, associative, and idempotent where every event has an id.
///
/// # Errors
/// Which law does not hold, and how.
pub fn merge_laws(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &Plan {
        parts: 3,
        ..plan.patient()
    };
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let states = states(maker, plan, &plan.configuration(), &lines);
    let [a, b, c] = [0, 1, 2].map(|i| states[i].as_slice());
    let rows = |state: &[u8]| -> Result<_, String> {
        let mut machine = maker.open(&plan.configuration());
        machine.merge(state)?;
        machine.flush();
        Ok((final_rows(&machine.revisions()), machine.counts()[0]))
    };
    let same = |law: &str, left: &[u8], right: &[u8]| {
        let ((left, m), (right, n)) = (rows(left)?, rows(right)?);
        let found = differences(&left, &right);
        if found.is_empty() && m == n {
            Ok(())
        } else {
            Err(format!("{law}: {m} {n} {}", found.join("\n")))
        }
    };
    let configuration = plan.configuration();
    let join = |states: &[&[u8]]| join(maker, &configuration, states);
    let ab = join(&[a, b])?;
    let bc = join(&[b, c])?;
    same("commutative", &ab, &join(&[b, a])?)?;
    same("associative", &join(&[&ab, c])?, &join(&[a, &bc])?)?;
    same("idempotent", &join(&[a, a])?, a)?;
    same(
        "idempotent in part",
        &join(&[&ab, &bc, b])?,
        &join(&[&ab, c])?,
    )
}

/// Law of merging, byte by byte, on workers that only aggregate: a merged state is the state of one
/// worker that saw the documents of both, in any order and any tree. Merging a state with
/// itself is no exception: the events are the same, and the totals count each document of
/// the second time, so it is compared with one that saw everything twice.
///
/// # Errors
/// Which law does not hold.
pub fn merge_bytes(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &Plan {
        parts: 3,
        ..plan.patient()
    };
    let (lines, ..) = plan.lines(&plan.ordered(events));
    let partial = plan.partial();
    let shares = shares(plan, &lines);
    let states = states(maker, plan, &partial, &lines);
    let [a, b, c] = [0, 1, 2].map(|i| states[i].as_slice());
    let join = |states: &[&[u8]]| -> Result<Vec<u8>, String> {
        let mut machine = maker.open(&partial);
        for state in states {
            machine.merge(state)?;
        }
        Ok(machine.snapshot())
    };
    let saw = |parts: &[usize]| {
        let mut machine = maker.open(&partial);
        for part in parts {
            machine.push(shares[*part].join("\n").as_bytes());
        }
        machine.snapshot()
    };
    let same = |law: &str, left: &[u8], right: &[u8]| {
        if left == right {
            return Ok(());
        }
        let at = left.iter().zip(right).position(|(l, r)| l != r);
        let (l, r) = (left.len(), right.len());
        Err(format!(
            "{law}: {l} and {r} bytes, which differ from {at:?} on"
        ))
    };
    same("restored", &join(&[a])?, a)?;
    let ab = join(&[a, b])?;
    let bc = join(&[b, c])?;
    same("commutative", &ab, &join(&[b, a])?)?;
    let abc = join(&[&ab, c])?;
    same("associative", &abc, &join(&[a, &bc])?)?;
    // At the end are two counts, of what merging took back, and the checksum.
    let but_ends = |state: &[u8]| state[..state.len().saturating_sub(24)].to_vec();
    let same = |law: &str, left: &[u8], right: &[u8]| same(law, &but_ends(left), &but_ends(right));
    same("two states and two shares", &ab, &saw(&[1, 0]))?;
    same("three states and three shares", &abc, &saw(&[2, 0, 1]))?;
    same("idempotent", &join(&[a, a])?, &saw(&[0, 0]))?;
    same(
        "idempotent in part",
        &join(&[&ab, &bc])?,
        &saw(&[0, 1, 1, 2]),
    )
}
