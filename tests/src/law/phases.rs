//! A stream in two phases: collectors that aggregate whatever comes to them, and deciders to
//! which the groups go by their keys. All within the lateness.

use super::judge_rows;
use crate::compare::in_sequence;
use crate::machine::{Machine, Maker};
use crate::plan::Plan;
use weir_generator::event::Event;
use weir_generator::random::Random;

/// One to four collectors, whose groups are taken out at random points and merged into one to
/// three deciders, each key always into the same. The deciders are told the time, restart from
/// snapshots, and hand all their groups over to successors.
///
/// # Errors
/// What differs from the oracle.
pub fn two_phases(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let plan = &plan.patient();
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let mut random = Random::new(plan.seed ^ 7);
    let configuration = plan.configuration();
    let open = |count: u64, configuration: &str| -> Vec<Box<dyn Machine>> {
        (0..=count).map(|_| maker.open(configuration)).collect()
    };
    let mut collectors = open(random.below(4), &plan.partial());
    let mut deciders = open(random.below(3), &configuration);
    let mut revisions = Vec::new();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(1 + random.index(rest.len()));
        rest = after;
        for line in some {
            let collector = random.index(collectors.len());
            collectors[collector].push(line.as_bytes());
        }
        random.shuffle(&mut collectors);
        for collector in &mut collectors {
            // One that lags, or one that is gone: the next round is as good.
            if random.one_in(4) && !rest.is_empty() {
                continue;
            }
            hand_over(collector.as_mut(), &mut deciders, &mut random)?;
            if !collector.revisions().is_empty() {
                return Err("a partial aggregate fired".to_owned());
            }
        }
        let watermark = collectors.iter_mut().filter_map(|c| c.watermark()).max();
        for decider in &mut deciders {
            watermark.into_iter().for_each(|to| decider.advance(to));
            revisions.extend(decider.revisions());
            if random.one_in(3) {
                let mut fresh = vec![maker.open(&configuration)];
                if random.one_in(2) {
                    fresh[0].merge(&decider.snapshot())?;
                } else {
                    hand_over(decider.as_mut(), &mut fresh, &mut random)?;
                    // What is no group's stays, and is to be counted.
                    fresh[0].merge(&decider.snapshot())?;
                }
                *decider = fresh.remove(0);
            }
        }
    }
    for decider in &mut deciders {
        decider.flush();
        revisions.extend(decider.revisions());
    }
    in_sequence(&revisions)?;
    let arrival = judge_rows(plan, &events, &revisions)?;
    let mut counts = [0; 7];
    for machine in collectors.iter_mut().chain(&mut deciders) {
        let counted = machine.counts();
        counts
            .iter_mut()
            .zip(counted)
            .for_each(|(sum, n)| *sum += n);
    }
    let mut wanted = arrival.counts((0, 0));
    // An event of several groups counts once for each.
    if events
        .iter()
        .any(|e| e.users.len().max(1) * e.asns.len().max(1) > 1)
    {
        for of_events in [0, 1] {
            (counts[of_events], wanted[of_events]) = (0, 0);
        }
    }
    if counts != wanted {
        return Err(format!("counters: expected {wanted:?}, found {counts:?}"));
    }
    Ok(())
}

/// Takes all groups out, some at a time, and merges each where its key belongs.
fn hand_over(
    from: &mut dyn Machine,
    to: &mut [Box<dyn Machine>],
    random: &mut Random,
) -> Result<(), String> {
    let max = match random.one_in(2) {
        true => 1 + u32::try_from(random.index(3)).unwrap_or(0),
        false => u32::MAX,
    };
    loop {
        let groups = from.groups(max);
        if groups.is_empty() {
            return Ok(());
        }
        if groups.len() > max as usize {
            return Err(format!("{} groups, {max} were asked for", groups.len()));
        }
        for (key, state) in groups {
            let sum = key
                .bytes()
                .fold(7, |sum: usize, byte| sum * 31 % 1009 + usize::from(byte));
            let decider = sum % to.len();
            to[decider].merge(&state)?;
        }
    }
}
