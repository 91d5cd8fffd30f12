//! Every kind of judgement against its naive oracle, on random streams, under every law.

use crate::detector::Detector;
use crate::judgement::Judgement;
use crate::kinds_toy::{Kinds, KindsLog};
use crate::model::{Alert, Phase, Value};
use kinds::sliding::Thresholds;
pub(crate) use kinds::{Event, sliding};
use kinds::{Standing, each, first_seen};
pub(crate) use random::Random;
use std::collections::BTreeMap;

#[allow(unreachable_pub, reason = "they are the crate of the tests'")]
#[path = "../../../tests/src/kinds/mod.rs"]
mod kinds;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the crate of the tests uses the rest"
)]
#[path = "../../../tests/src/random.rs"]
mod random;

/// 2026-05-19T12:00:00Z.
pub(crate) const NOON: i64 = 1_779_192_000_000;
const MINUTE: i64 = 60_000;
/// Seconds that the watermark stays behind, and that windows take late events.
const BEHIND: i64 = 5;
const LATENESS: i64 = 90;
/// Seconds that they do where a part of the events is held back elsewhere.
const LONG: i64 = 36_000;

/// A kind under a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) judgement: Judgement,
    pub(crate) early: bool,
    /// Further parameters, as JSON with a comma in front.
    pub(crate) more: String,
    /// Spans at whose edges something happens, in milliseconds.
    pub(crate) edges: Vec<i64>,
}

impl Case {
    fn random(r: &mut Random) -> Case {
        let second = |seconds: u64| i64::try_from(seconds).unwrap() * 1000;
        let mut more = String::new();
        let (judgement, edges) = match r.below(6) {
            0 => {
                let suppress_seconds = *r.pick(&[0, 4, 60]);
                (Judgement::Each { suppress_seconds }, vec![1, 4000])
            }
            1 | 2 => {
                let history_seconds = *r.pick(&[1, 10, 40]);
                let warm_up_seconds = *r.pick(&[None, Some(0), Some(3)]);
                let edges = [history_seconds, warm_up_seconds.unwrap_or(0)];
                let judgement = Judgement::FirstSeen {
                    history_seconds,
                    warm_up_seconds,
                };
                (judgement, edges.map(second).to_vec())
            }
            _ => {
                let pairs = [(12, 4), (10, 4), (6, 6), (7, 1), (30, 20), (60, 5)];
                let (length_seconds, every_seconds) = *r.pick(&pairs);
                more = format!(
                    r#","min_calls":{},"min_codes":{},"min_rate":{},"all_boundaries":{}"#,
                    r.below(5),
                    r.below(4),
                    r.pick(&["0", "0.5", "0.75"]),
                    r.one_in(4),
                );
                let judgement = Judgement::Sliding {
                    length_seconds,
                    every_seconds,
                };
                let edges = [length_seconds, every_seconds, 2];
                (judgement, edges.map(second).to_vec())
            }
        };
        Case {
            judgement,
            early: r.one_in(2),
            more,
            edges,
        }
    }

    pub(crate) fn open(&self, more: &str) -> Detector<KindsLog> {
        self.open_late(LATENESS, more)
    }

    /// A detector that takes events that are so many seconds late.
    pub(crate) fn open_late(&self, lateness: i64, more: &str) -> Detector<KindsLog> {
        let configuration = format!(
            r#"{{"out_of_orderness_seconds":{BEHIND},"allowed_lateness_seconds":{lateness},"dedup_horizon_seconds":{lateness},"early":{}{}{more}}}"#,
            self.early, self.more
        );
        let opened = Detector::only(Kinds(self.judgement), &configuration, (1, 2));
        opened.unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Of the figures behind `more`, one.
    fn figure(&self, name: &str) -> f64 {
        let (_, rest) = self.more.split_once(&format!("\"{name}\":")).unwrap();
        rest.split(',').next().unwrap().parse().unwrap()
    }

    pub(crate) fn oracle(&self, events: &[Event]) -> Vec<Standing> {
        let ms = |seconds: u64| i64::try_from(seconds).unwrap() * 1000;
        match self.judgement {
            Judgement::Each { suppress_seconds } => each::standing(events, ms(suppress_seconds)),
            Judgement::FirstSeen {
                history_seconds,
                warm_up_seconds,
            } => {
                let warm_up = warm_up_seconds.unwrap_or(history_seconds);
                first_seen::standing(events, ms(history_seconds), ms(warm_up))
            }
            Judgement::Sliding {
                length_seconds,
                every_seconds,
            } => {
                let whole = |name: &str| format!("{:.0}", self.figure(name)).parse().unwrap();
                let thresholds = Thresholds {
                    count: whole("min_calls"),
                    codes: whole("min_codes"),
                    bad_percent: format!("{:.0}", self.figure("min_rate") * 100.0)
                        .parse()
                        .unwrap(),
                };
                let all = self.more.contains("\"all_boundaries\":true");
                let (length, every) = (ms(length_seconds), ms(every_seconds));
                sliding::standing(events, length, every, all, &thresholds)
            }
            Judgement::Tumbling { .. } => unreachable!("it has laws of its own"),
        }
    }

    /// A time behind another one, at or near an edge.
    fn step(&self, r: &mut Random) -> i64 {
        match r.below(8) {
            0 | 1 => r.between(0, 3),
            2 => r.between(0, 1500),
            3 => 1000,
            4 | 5 => r.pick(&self.edges) + r.between(-1, 2),
            6 => r.pick(&self.edges) * 2 + r.between(-1, 2),
            _ => r.between(0, 20_000),
        }
    }

    /// Events as they arrive: out of order within the lateness, some of them twice.
    pub(crate) fn stream(&self, r: &mut Random, count: usize) -> Vec<Event> {
        let mut time = NOON + r.between(-3, 3);
        let mut arrivals = Vec::new();
        let mut last: i64 = 0;
        for id in 0..count as u64 {
            time += self.step(r).clamp(0, 120_000);
            if r.one_in(5) {
                // On the grid.
                time = (time + 999).div_euclid(1000) * 1000 + r.between(-1, 2);
            }
            time = time.max(last);
            last = time;
            let user = |r: &mut Random| Some((*r.pick(&["a", "b", "c"])).to_owned());
            let keys = match r.below(8) {
                0 => vec![None],
                1 => vec![user(r), user(r)],
                _ => vec![user(r)],
            };
            let event = Event {
                time,
                id,
                keys,
                bad: r.one_in(2),
                code: format!("code {}", r.below(4)),
                wanted: !r.one_in(8),
            };
            for _ in 0..1 + u32::from(r.one_in(8)) {
                let delay = match r.below(4) {
                    0 => r.between(0, (LATENESS + BEHIND) * 1000),
                    1 => r.between(0, 12_000),
                    _ => 0,
                };
                arrivals.push((time + delay, r.bits(), event.clone()));
            }
        }
        arrivals.sort_by_key(|(arrival, tie, _)| (*arrival, *tie));
        arrivals.into_iter().map(|(.., event)| event).collect()
    }
}

pub(crate) fn line(event: &Event) -> String {
    let ms = event.time - (NOON - 12 * 60 * MINUTE);
    let (minutes, ms) = (ms / MINUTE, ms % MINUTE);
    let users: Vec<_> = event
        .keys
        .iter()
        .flatten()
        .map(|key| format!("\"{key}\""))
        .collect();
    let users = match &users[..] {
        [user] => user.clone(),
        _ => format!("[{}]", users.join(",")),
    };
    format!(
        "{{\"category\":\"ToyActivityLogs\",\"properties\":{{\"timeGenerated\":\"2026-05-19T{:02}:{:02}:{:02}.{:03}Z\",\"userId\":{users},\"code\":\"{},{},{},{}\"}}}}\n",
        minutes / 60,
        minutes % 60,
        ms / 1000,
        ms % 1000,
        event.id,
        event.code,
        u8::from(event.bad),
        u8::from(event.wanted),
    )
}

fn push(detector: &mut Detector<KindsLog>, events: &[Event]) {
    let lines: String = events.iter().map(line).collect();
    let outcome = detector.push(lines.as_bytes());
    assert_eq!((outcome.dropped_late, outcome.malformed), (0, 0));
}

/// The alerts of detectors as their revisions come, each numbered from 1 on.
#[derive(Default)]
struct Taken(BTreeMap<(i64, i64, Option<String>), Alert>);

fn key(alert: &Alert) -> Option<String> {
    match &alert.key[0].value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

impl Taken {
    fn take(&mut self, detector: &mut Detector<KindsLog>) {
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

    /// Takes those of detectors that each number what they say from 1 on: the highest counts.
    fn take_any(&mut self, detector: &mut Detector<KindsLog>) {
        for alert in detector.take_alerts(u32::MAX) {
            let name = (alert.window.start, alert.window.end, key(&alert));
            let before = self.0.get(&name).map_or(0, |before| before.revision);
            if alert.revision >= before {
                self.0.insert(name, alert);
            }
        }
    }

    fn standing(&self) -> Vec<Standing> {
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
    let value = |name: &str| {
        let column = alert.columns.iter().find(|column| column.name == name);
        column.map(|column| column.value.clone())
    };
    let number = |name: &str| match value(name) {
        Some(Value::Integer(number)) => usize::try_from(number).unwrap(),
        other => panic!("{name}: {other:?}"),
    };
    let texts = |name: &str| match value(name) {
        Some(Value::TextList(texts)) => texts,
        other => panic!("{name}: {other:?}"),
    };
    Standing {
        start: alert.window.start,
        end: alert.window.end,
        key: key(alert),
        count: number("calls"),
        bad: number("bad"),
        codes: texts("all codes"),
        samples: texts("first codes"),
        first: alert.first_seen,
        last: alert.last_seen,
    }
}

/// Some of the events that are left, and the rest.
fn batch<'e>(r: &mut Random, events: &'e [Event]) -> (&'e [Event], &'e [Event]) {
    events.split_at((1 + r.index(9)).min(events.len()))
}

/// One detector, in batches, restored now and then.
fn one(case: &Case, r: &mut Random, events: &[Event], restored: bool) -> Taken {
    let calls = format!(r#","calls":{}"#, r.one_in(2));
    let (mut detector, mut taken) = (case.open(&calls), Taken::default());
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
            // Where it is early, merging looks for what holds by now.
            assert!(case.early || detector.snapshot() == state, "{case:?}");
        }
    }
    detector.flush();
    taken.take(&mut detector);
    taken
}

/// Partial workers that each see a part, and whose states are merged now and then.
fn workers(case: &Case, r: &mut Random, events: &[Event]) -> Taken {
    let (mut main, mut taken) = (case.open_late(LONG, ""), Taken::default());
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

/// Workers that each judge the part that they see, one of which takes in the states of the
/// others before what they hold is too late there, and is restored now and then.
fn full_workers(case: &Case, r: &mut Random, events: &[Event]) -> Taken {
    const PATIENT: i64 = 400;
    let mut workers: Vec<_> = (0..3).map(|_| case.open_late(PATIENT, "")).collect();
    let (mut taken, mut newest) = (Taken::default(), i64::MIN);
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

/// A reader whose groups go to the owners of their keys. Where there is a warm-up, the stream
/// begins before all of them: a group carries the beginning as it was then.
fn owners(case: &Case, r: &mut Random, events: &[Event]) -> Taken {
    let mut reader = case.open_late(LONG, r#","partial":true"#);
    let mut owners: Vec<_> = (0..2).map(|_| case.open_late(LONG, "")).collect();
    let mut taken = Taken::default();
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
fn the_alerts_that_stand_are_those_of_the_oracle_under_every_law() {
    (0..400).for_each(check);
}
