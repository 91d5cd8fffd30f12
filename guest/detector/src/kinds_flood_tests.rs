//! Tests of floods of keys: no kind of judgement holds more than its budget, and what it says is
//! complete is right.

use crate::detector::Detector;
use crate::judgement::Judgement;
use crate::kinds_case::{Case, Event, NOON, line, minimums};
use crate::kinds_state_tests::{case, event};
use crate::kinds_tests::{Standing, key, standing_of};
use crate::kinds_toy::KindsLog;
use crate::model::{Alert, Phase};
use std::collections::BTreeMap;

const BUDGET: u64 = 1 << 20;
const TIGHT: &str = r#","max_state_mib":1"#;
/// An hour, in seconds.
const HOUR: i64 = 3600;

const JUDGEMENTS: [Judgement; 6] = [
    Judgement::Tumbling { seconds: 60 },
    Judgement::Sliding {
        length_seconds: 60,
        every_seconds: 10,
    },
    Judgement::Each {
        suppress_seconds: 0,
    },
    Judgement::Each {
        suppress_seconds: 60,
    },
    Judgement::FirstSeen {
        history_seconds: 60,
        warm_up_seconds: Some(0),
    },
    Judgement::FirstSeen {
        history_seconds: 60,
        warm_up_seconds: None,
    },
];

/// A case, or several: conditions that hardly any key meets, and those that every key does.
fn cases(judgement: Judgement) -> Vec<Case> {
    let mut cases = vec![case(judgement, Vec::new())];
    if judgement.has_conditions() {
        cases = [9, 1]
            .map(|calls| case(judgement, minimums(calls, 1, 0)))
            .to_vec();
        cases.push(Case {
            early: true,
            ..cases[1].clone()
        });
    }
    cases
}

/// Events of one key each, but for a frequent one; of every tenth event, the time is before those
/// of the events in front of it.
fn flood(count: u64, microseconds: i64) -> Vec<Event> {
    let one = |n: u64| {
        let back = if n % 10 == 9 { 3000 } else { 0 };
        let time = 4000 + n.cast_signed() * microseconds / 1000 - back;
        let key = match n % 200 {
            0 => "often".to_owned(),
            _ => format!("a key that comes but once {n}"),
        };
        Event {
            id: n,
            ..event(time, &key)
        }
    };
    (0..count).map(one).collect()
}

/// The last revision of each alert.
type Last = BTreeMap<(i64, Option<String>), Alert>;

fn take(detector: &mut Detector<KindsLog>, last: &mut Last) {
    for alert in detector.take_alerts(u32::MAX) {
        let name = (alert.window.start, key(&alert));
        let before = last.get(&name).map_or(0, |before: &Alert| before.revision);
        assert_eq!(alert.revision, before + 1, "{alert:?}");
        last.insert(name, alert);
    }
}

/// The state's size, which must be inside the budget.
fn size(detector: &Detector<KindsLog>, context: &str) -> u64 {
    let size = detector.counters().rules[0].state_bytes;
    assert!(size <= BUDGET, "{context}: {size}");
    size
}

/// The alerts under the smallest budget, which is kept to after every call.
fn held_to_budget(case: &Case, events: &[Event], context: &str) -> Last {
    let open = || case.open_late(HOUR, TIGHT);
    let (mut detector, mut last) = (open(), Last::new());
    for (at, event) in (1..).zip(events) {
        detector.push(line(event).as_bytes());
        take(&mut detector, &mut last);
        let before = size(&detector, context);
        if at % 4999 == 0 {
            let state = detector.snapshot();
            detector = open();
            detector.merge(&state).unwrap();
            assert_eq!(size(&detector, context), before, "{context}");
            assert_eq!(detector.snapshot(), state, "{context}");
        }
    }
    let counters = detector.counters().rules.remove(0);
    assert!(counters.evicted > 100, "{context}");
    let all = counters.counted + counters.dropped_late;
    assert_eq!(all, events.len() as u64, "{context}");
    detector.flush();
    take(&mut detector, &mut last);
    size(&detector, context);
    last
}

/// What stands, by window and key.
fn standing(last: &Last) -> BTreeMap<&(i64, Option<String>), Standing> {
    let standing = last.iter().filter(|(_, a)| a.phase != Phase::Retracted);
    standing.map(|(name, a)| (name, standing_of(a))).collect()
}

/// Tries every kind of judgement; returns how many alerts are complete.
fn complete(count: u64, microseconds: i64) -> usize {
    let mut complete = 0;
    for case in JUDGEMENTS.into_iter().flat_map(cases) {
        let context = format!("{case:?} every {microseconds} us");
        let events = flood(count, microseconds);
        let found = held_to_budget(&case, &events, &context);
        let (mut roomy, mut wanted) = (case.open_late(HOUR, ""), Last::new());
        events.iter().for_each(|event| {
            roomy.push(line(event).as_bytes());
        });
        roomy.flush();
        take(&mut roomy, &mut wanted);
        let wanted = standing(&wanted);
        for (name, standing) in standing(&found) {
            if found[name].complete {
                assert_eq!(Some(&standing), wanted.get(name), "{context}");
                complete += 1;
            }
        }
    }
    complete
}

#[test]
fn a_flood_over_a_long_time_stays_inside_the_budget() {
    assert!(complete(8000, 20_000) > 10_000);
}

#[test]
fn a_flood_of_open_windows_stays_inside_the_budget() {
    assert!(complete(8000, 1000) > 1000);
}

#[test]
fn a_flood_at_one_time_stays_inside_the_budget() {
    complete(25_000, 1);
}

#[test]
fn what_fires_when_the_state_is_full_is_inside_the_budget() {
    for judgement in JUDGEMENTS {
        for flushes in [false, true] {
            let case = cases(judgement).swap_remove(usize::from(judgement.has_conditions()));
            let mut detector = case.open_late(HOUR, TIGHT);
            let context = format!("{case:?}, {flushes}");
            let full = flood(9000, 1).into_iter().find(|event| {
                detector.push(line(event).as_bytes());
                size(&detector, &context) > BUDGET / 100 * 98
            });
            assert!(
                full.is_some() && detector.counters().rules[0].evicted == 0,
                "{context}"
            );
            match flushes {
                true => detector.flush(),
                false => detector.advance(Some(NOON + 600_000), None),
            }
            size(&detector, &context);
        }
    }
}
