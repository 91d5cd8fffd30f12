//! Tests of every kind of judgement against its naive oracle, on random streams, under every law.

use crate::detector::Detector;
pub(crate) use crate::kinds_case::kinds::Standing;
use crate::kinds_case::{BEHIND, Case, Event, LATENESS, LONG, Random, line, standing_of};
use crate::kinds_toy::KindsLog;
use crate::model::{Alert, Phase};
use std::collections::BTreeMap;

impl Case {
    pub(crate) fn open(&self, more: &str) -> Detector<KindsLog> {
        self.open_late(LATENESS, more)
    }

    /// A detector with a lateness in seconds.
    pub(crate) fn open_late(&self, lateness: i64, more: &str) -> Detector<KindsLog> {
        let configuration = self.configuration(lateness, more);
        let opened = Detector::only(self.rule("kinds"), &configuration, (1, 2));
        opened.unwrap_or_else(|problems| panic!("{problems:?}"))
    }
}

pub(crate) fn push(detector: &mut Detector<KindsLog>, events: &[Event]) {
    let lines: String = events.iter().map(line).collect();
    let outcome = detector.push(lines.as_bytes());
    assert_eq!((outcome.dropped_late, outcome.malformed), (0, 0));
}

/// The alerts of detectors by their latest revisions, which are numbered from 1 on.
#[derive(Default)]
pub(crate) struct TakenOutput(BTreeMap<(i64, i64, Option<String>), Alert>);

impl TakenOutput {
    pub(crate) fn take(&mut self, detector: &mut Detector<KindsLog>) {
        let mut at = None;
        for alert in detector.take_alerts(u32::MAX) {
            assert!(alert.complete && alert.truncated.is_empty());
            let name = (alert.window.start, alert.window.end, key(&alert));
            let before = self.0.get(&name);
            assert_eq!(
                alert.revision,
                before.map_or(1, |a| a.revision + 1),
                "{alert:?}"
            );
            let stood = before.is_some_and(|before| before.phase != Phase::Retracted);
            assert!(stood || alert.phase != Phase::Retracted, "{alert:?}");
            at = at.max(Some(alert.window.start));
            self.0.insert(name, alert);
        }
    }

    /// Takes revisions of detectors that number them independently: the highest number counts.
    fn take_any(&mut self, detector: &mut Detector<KindsLog>) {
        for alert in detector.take_alerts(u32::MAX) {
            let name = (alert.window.start, alert.window.end, key(&alert));
            let before = self.0.get(&name).map_or(0, |before| before.revision);
            if alert.revision >= before {
                self.0.insert(name, alert);
            }
        }
    }

    pub(crate) fn standing(&self) -> Vec<Standing> {
        let stands = self
            .0
            .values()
            .filter(|alert| alert.phase != Phase::Retracted);
        let mut standing: Vec<Standing> = stands.map(standing_of).collect();
        standing.sort();
        standing
    }
}

pub(crate) fn standing_of(alert: &Alert) -> Standing {
    standing_of!(alert, crate::model::Value)
}

pub(crate) fn key(alert: &Alert) -> Option<String> {
    standing_of(alert).key
}

/// Some of the events that are left, and the rest.
fn batch<'e>(r: &mut Random, events: &'e [Event]) -> (&'e [Event], &'e [Event]) {
    events.split_at((1 + r.index(9)).min(events.len()))
}

/// One detector, in batches, restored now and then.
fn one(case: &Case, r: &mut Random, events: &[Event], restored: bool) -> TakenOutput {
    let calls = format!(r#","calls":{}"#, r.one_in(2));
    let (mut detector, mut taken) = (case.open(&calls), TakenOutput::default());
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        push(&mut detector, next);
        rest = others;
        if r.one_in(2) {
            taken.take(&mut detector);
        }
        if restored && r.one_in(3) {
            let state = match r.one_in(2) {
                true => detector.snapshot(),
                false => detector.take_state(),
            };
            detector = case.open(&calls);
            detector.merge(&state).unwrap();
            // With early alerts, merging evaluates the conditions.
            assert!(case.early || detector.snapshot() == state, "{case:?}");
        }
    }
    detector.flush();
    taken.take(&mut detector);
    taken
}

/// Partial workers that each process a part, and whose states are merged now and then.
fn workers(case: &Case, r: &mut Random, events: &[Event]) -> TakenOutput {
    let (mut main, mut taken) = (case.open_late(LONG, ""), TakenOutput::default());
    let mut partial: Vec<_> = (0..3)
        .map(|_| case.open_late(LONG, r#","partial":true"#))
        .collect();
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        rest = others;
        for event in next {
            let worker = r.pick(&[0, 1, 2]);
            push(&mut partial[*worker], std::slice::from_ref(event));
        }
        for worker in &mut partial {
            let states = match r.below(3) {
                0 => vec![worker.take_state()],
                1 => worker.take_groups(2).into_iter().map(|g| g.state).collect(),
                _ => Vec::new(),
            };
            for state in states {
                main.merge(&state).unwrap();
            }
        }
        taken.take(&mut main);
        if r.one_in(3) {
            let state = main.snapshot();
            main = case.open_late(LONG, "");
            main.merge(&state).unwrap();
        }
    }
    for worker in &mut partial {
        main.merge(&worker.take_state()).unwrap();
    }
    main.flush();
    taken.take(&mut main);
    taken
}

/// Workers that each evaluate their part, one of which merges the states of the others before they
/// are too late there, and is restored now and then.
fn full_workers(case: &Case, r: &mut Random, events: &[Event]) -> TakenOutput {
    const PATIENT: i64 = 400;
    let mut workers: Vec<_> = (0..3).map(|_| case.open_late(PATIENT, "")).collect();
    let (mut taken, mut newest) = (TakenOutput::default(), i64::MIN);
    for next in events.chunks(2) {
        for event in next {
            push(&mut workers[r.index(3)], std::slice::from_ref(event));
            newest = newest.max(event.time);
        }
        for worker in &mut workers {
            worker.advance(Some(newest - BEHIND * 1000), None);
            if r.one_in(2) {
                taken.take_any(worker);
            }
        }
        for other in 1..3 {
            let state = workers[other].take_state();
            workers[0].merge(&state).unwrap();
        }
        if r.one_in(3) {
            let state = workers[0].take_state();
            workers[0].merge(&state).unwrap();
        }
    }
    workers[0].flush();
    taken.take_any(&mut workers[0]);
    taken
}

/// A reader whose groups are sent to the owners of their keys. With a warm-up the stream begins
/// before all of them: a group carries the stream's beginning as it was then.
fn owners(case: &Case, r: &mut Random, events: &[Event]) -> TakenOutput {
    let mut reader = case.open_late(LONG, r#","partial":true"#);
    let mut owners: Vec<_> = (0..2).map(|_| case.open_late(LONG, "")).collect();
    let mut taken = TakenOutput::default();
    let mut newest = i64::MIN;
    let mut rest = events;
    while !rest.is_empty() {
        let (next, others) = batch(r, rest);
        rest = others;
        push(&mut reader, next);
        newest = next.iter().map(|event| event.time).fold(newest, i64::max);
        if !r.one_in(3) && !rest.is_empty() {
            continue;
        }
        loop {
            let groups = reader.take_groups(1 + u32::try_from(r.below(3)).unwrap());
            for group in &groups {
                let owner = format!("{:?}", group.key).len()
                    + format!("{:?}", group.key)
                        .bytes()
                        .map(usize::from)
                        .sum::<usize>();
                owners[owner % 2].merge(&group.state).unwrap();
            }
            if groups.is_empty() {
                break;
            }
        }
        for owner in &mut owners {
            owner.advance(Some(newest - BEHIND * 1000), None);
            taken.take(owner);
        }
    }
    for owner in &mut owners {
        owner.flush();
        taken.take(owner);
    }
    taken
}

fn check(seed: u64) {
    let mut r = Random::new(seed);
    let case = Case::random(&mut r);
    let count = 5 + r.index(60);
    let events = case.stream(&mut r, count);
    let wanted = case.oracle(&events);
    let context = |law: &str| format!("seed {seed}, {law}: {case:?}");
    assert_eq!(
        one(&case, &mut r, &events, false).standing(),
        wanted,
        "{}",
        context("one")
    );
    assert_eq!(
        one(&case, &mut r, &events, true).standing(),
        wanted,
        "{}",
        context("restored")
    );
    assert_eq!(
        workers(&case, &mut r, &events).standing(),
        wanted,
        "{}",
        context("workers")
    );
    assert_eq!(
        full_workers(&case, &mut r, &events).standing(),
        wanted,
        "{}",
        context("full workers")
    );
    let mut begun = vec![Event {
        time: events.iter().map(|event| event.time).min().unwrap() - 1,
        id: u64::MAX,
        wanted: false,
        ..events[0].clone()
    }];
    begun.extend(events);
    assert_eq!(
        owners(&case, &mut r, &begun).standing(),
        case.oracle(&begun),
        "{}",
        context("owners")
    );
}

#[test]
fn active_alerts_equal_the_oracles_under_every_law() {
    (0..400).for_each(check);
}
