//! The equivalence law: whatever the order, the batches, the workers and the
//! restarts, the last revisions are the rows of the batch query.

use crate::compare::{Revision, differences, final_rows, in_sequence};
use crate::event::Event;
use crate::machine::{Machine, Maker};
use crate::oracle::{Oracle, Rule};
use crate::random::Random;
use crate::render::{SHAPES, Style, document, lines};

/// What runs, apart from the events.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides rendering, batches, splits and orders.
    pub seed: u64,
    /// Whether the small rule is used instead of the published one.
    pub small: bool,
    /// Whether events come in any order, instead of nearly by time.
    pub shuffle: bool,
    /// Early firing.
    pub early: bool,
    /// Seconds that the watermark stays behind.
    pub behind: u32,
    /// Most lines of a batch.
    pub batch: usize,
    /// How many parts the stream is cut into, over workers or by restarts.
    pub parts: usize,
}

impl Plan {
    /// The rule of this plan.
    #[must_use]
    pub fn rule(&self) -> Rule {
        if self.small {
            Rule {
                calls: 4,
                errors: 2,
                rate: 0.55,
                paths: 3,
                window: 10_000,
                values: 3,
                samples: 2,
            }
        } else {
            Rule::default()
        }
    }

    /// The rule and the plan as the detector's configuration.
    #[must_use]
    pub fn configuration(&self) -> String {
        let r = self.rule();
        format!(
            "{{\"min_total_calls\":{},\"min_errors\":{},\"min_error_rate\":{},\"min_url_paths\":{},\
             \"window_seconds\":{},\"max_values\":{},\"max_sample_paths\":{},\
             \"out_of_orderness_seconds\":{},\"early\":{}}}",
            r.calls,
            r.errors,
            r.rate,
            r.paths,
            r.window / 1000,
            r.values,
            r.samples,
            self.behind,
            self.early
        )
    }

    /// The events in the order in which this plan delivers them.
    fn ordered(&self, events: &[Event]) -> Vec<Event> {
        let mut events = events.to_vec();
        if self.shuffle {
            Random::new(self.seed ^ 1).shuffle(&mut events);
        }
        events
    }

    /// Lines that carry the events, and how many further documents are among them
    /// that are of another data set, and that are malformed.
    #[must_use]
    pub fn lines(&self, events: &[Event]) -> (Vec<String>, u64, u64) {
        let mut random = Random::new(self.seed ^ 2);
        let mut documents: Vec<String> = Vec::with_capacity(events.len());
        let (mut other, mut malformed) = (0, 0);
        let mut broken = Vec::new();
        for event in events {
            let shape = *random.pick(&SHAPES);
            documents.push(document(event, shape, Style::Wild, &mut random));
            if random.one_in(40) {
                other += 1;
                let others = [
                    "{\"category\":\"SignInLogs\",\"properties\":{}}",
                    "{}",
                    "17",
                    "\"x\"",
                    "null",
                ];
                documents.push((*random.pick(&others)).to_owned());
            }
            if random.one_in(60) {
                malformed += 1;
                broken.push(*random.pick(&["{\"category\":", "no JSON", "{\"a\":1}}", "[1,"]));
            }
        }
        let mut lines = lines(&documents, &mut random);
        for line in broken {
            let at = random.index(lines.len() + 1);
            lines.insert(at, line.to_owned());
        }
        (lines, other, malformed)
    }

    fn push(&self, machine: &mut dyn Machine, lines: &[String], random: &mut Random) {
        let mut rest = lines;
        while !rest.is_empty() {
            let (some, after) = rest.split_at(1 + random.index(rest.len().min(self.batch)));
            machine.push(some.join("\n").as_bytes());
            rest = after;
        }
    }
}

/// Whether the revisions and the counts are those of the oracle on these events.
fn judge(
    rule: Rule,
    events: &[Event],
    revisions: &[Revision],
    counts: [u64; 7],
    others: (u64, u64),
) -> Result<(), String> {
    let mut oracle = Oracle::new(rule);
    events.iter().for_each(|event| oracle.add(event));
    let found = differences(&oracle.rows(), &final_rows(revisions));
    if !found.is_empty() {
        return Err(found.join("\n"));
    }
    let expected = [
        oracle.counted,
        oracle.duplicate,
        0,
        others.0,
        others.1,
        0,
        0,
    ];
    if counts == expected {
        Ok(())
    } else {
        Err(format!("counters: expected {expected:?}, found {counts:?}"))
    }
}

/// Any batches and any order, one machine.
///
/// # Errors
/// What differs from the oracle.
pub fn batches(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, other, malformed) = plan.lines(&events);
    let mut machine = maker.open(&plan.configuration());
    let mut random = Random::new(plan.seed);
    plan.push(machine.as_mut(), &lines, &mut random);
    machine.flush();
    let revisions = machine.revisions();
    in_sequence(&revisions)?;
    judge(
        plan.rule(),
        &events,
        &revisions,
        machine.counts(),
        (other, malformed),
    )
}

/// Restarts from a snapshot at random lines; alerts are taken or left in the state.
///
/// # Errors
/// What differs from the oracle.
pub fn restarts(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, other, malformed) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let mut machine = maker.open(&plan.configuration());
    let mut revisions = Vec::new();
    let mut rest = lines.as_slice();
    for part in 0..plan.parts {
        let take = if part + 1 == plan.parts {
            rest.len()
        } else {
            random.index(rest.len() + 1)
        };
        let (some, after) = rest.split_at(take);
        rest = after;
        plan.push(machine.as_mut(), some, &mut random);
        if random.one_in(2) {
            revisions.extend(machine.revisions());
        }
        let state = machine.snapshot();
        machine = maker.open(&plan.configuration());
        machine.merge(&state)?;
    }
    machine.flush();
    revisions.extend(machine.revisions());
    in_sequence(&revisions)?;
    judge(
        plan.rule(),
        &events,
        &revisions,
        machine.counts(),
        (other, malformed),
    )
}

/// States of workers that each saw a part of the stream.
fn states(maker: &dyn Maker, plan: &Plan, lines: &[String], random: &mut Random) -> Vec<Vec<u8>> {
    let mut shares = vec![Vec::new(); plan.parts];
    // Each worker sees a part of every moment, or a part of the time.
    let by_time = random.one_in(2);
    for (i, line) in lines.iter().enumerate() {
        let worker = if by_time && !random.one_in(10) {
            i * plan.parts / lines.len()
        } else {
            random.index(plan.parts)
        };
        shares[worker].push(line.clone());
    }
    let mut work = |share: Vec<String>| {
        let mut machine = maker.open(&plan.configuration());
        plan.push(machine.as_mut(), &share, random);
        machine.snapshot()
    };
    shares.into_iter().map(&mut work).collect()
}

/// A split over workers whose states are merged in any order, in any tree.
///
/// # Errors
/// What differs from the oracle.
pub fn workers(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, other, malformed) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let mut states = states(maker, plan, &lines, &mut random);
    while states.len() > 1 {
        let (a, b) = (
            states.swap_remove(random.index(states.len())),
            random.index(states.len()),
        );
        states[b] = join(maker, plan, &[&states[b], &a])?;
    }
    let mut machine = maker.open(&plan.configuration());
    for state in &states {
        machine.merge(state)?;
    }
    machine.flush();
    judge(
        plan.rule(),
        &events,
        &machine.revisions(),
        machine.counts(),
        (other, malformed),
    )
}

/// Workers that only aggregate, whose states are merged now and then into one detector
/// that fires: as if all events had come there.
///
/// # Errors
/// What differs from the oracle.
pub fn partial_workers(maker: &dyn Maker, plan: &Plan, events: &[Event]) -> Result<(), String> {
    let events = plan.ordered(events);
    let (lines, other, malformed) = plan.lines(&events);
    let mut random = Random::new(plan.seed);
    let partial = plan.configuration().replacen('{', "{\"partial\":true,", 1);
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
    judge(
        plan.rule(),
        &events,
        &revisions,
        machine.counts(),
        (other, malformed),
    )
}

fn random_worker<'m>(
    workers: &'m mut [Box<dyn Machine>],
    random: &mut Random,
) -> &'m mut dyn Machine {
    let at = random.index(workers.len());
    workers[at].as_mut()
}

/// One state of several.
fn join(maker: &dyn Maker, plan: &Plan, states: &[&[u8]]) -> Result<Vec<u8>, String> {
    let mut machine = maker.open(&plan.configuration());
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
        ..plan.clone()
    };
    let events = plan.ordered(events);
    let (lines, ..) = plan.lines(&events);
    let states = states(maker, plan, &lines, &mut Random::new(plan.seed));
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
    let ab = join(maker, plan, &[a, b])?;
    let bc = join(maker, plan, &[b, c])?;
    same("commutative", &ab, &join(maker, plan, &[b, a])?)?;
    same(
        "associative",
        &join(maker, plan, &[&ab, c])?,
        &join(maker, plan, &[a, &bc])?,
    )?;
    same("idempotent", &join(maker, plan, &[a, a])?, a)?;
    same(
        "idempotent in part",
        &join(maker, plan, &[&ab, &bc, b])?,
        &join(maker, plan, &[&ab, c])?,
    )
}

/// A law on a maker, a plan and events.
pub type Law = fn(&dyn Maker, &Plan, &[Event]) -> Result<(), String>;

/// The fewest events on which the law still fails, found by leaving out ever smaller
/// parts, and what fails then. The lines of that case are left in a file.
#[must_use]
pub fn smallest_failure(
    law: Law,
    maker: &dyn Maker,
    plan: &Plan,
    events: &[Event],
    failure: String,
) -> String {
    let mut events = events.to_vec();
    let mut failure = failure;
    let mut size = events.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < events.len() {
            let mut fewer = events.clone();
            fewer.drain(at..(at + size).min(events.len()));
            match law(maker, plan, &fewer) {
                Err(e) => (events, failure) = (fewer, e),
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    let lines = plan.lines(&plan.ordered(&events)).0.join("\n") + "\n";
    let file = std::env::temp_dir().join(format!("weir-counterexample-{:016x}.ndjson", plan.seed));
    let place = match std::fs::write(&file, &lines) {
        Ok(()) => format!("in {}", file.display()),
        Err(_) => lines,
    };
    let failure: String = failure.lines().take(12).collect::<Vec<_>>().join("\n");
    format!(
        "{failure}\n{} events, configuration {}, {place}",
        events.len(),
        plan.configuration()
    )
}
