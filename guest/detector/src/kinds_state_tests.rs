//! Tests of the ledger of sliding windows, and of every kind of judgement above its budget.

use crate::detector::Detector;
use crate::judgement::Judgement;
use crate::kinds_case::kinds::conditions;
use crate::kinds_case::{Case, Condition, Event, NOON, Random, line, minimums, sliding};
use crate::kinds_tests::standing_of;
use crate::kinds_toy::KindsLog;
use crate::model::{Alert, Phase};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn case(judgement: Judgement, conditions: Vec<Condition>) -> Case {
    Case {
        judgement,
        conditions,
        early: false,
        more: String::new(),
        edges: vec![1000, 4000],
    }
}

pub(crate) fn event(time: i64, key: &str) -> Event {
    Event {
        time: NOON + time,
        id: u64::try_from(time).unwrap(),
        keys: vec![Some(key.to_owned())],
        bad: false,
        code: "c".to_owned(),
        weight: None,
        wanted: true,
    }
}

fn push(detector: &mut Detector<KindsLog>, events: impl Iterator<Item = Event>) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for event in events {
        detector.push(line(&event).as_bytes());
        alerts.extend(detector.take_alerts(u32::MAX));
        let size = detector.counters().rules[0].state_bytes;
        assert!(size <= 1 << 20, "{size}");
    }
    alerts
}

/// Keys of alerts, and whether the alerts are complete.
pub(crate) fn said(alerts: &[Alert]) -> Vec<(String, bool)> {
    let key = |alert: &Alert| format!("{:?}", alert.key[0].value);
    alerts
        .iter()
        .map(|alert| (key(alert), alert.complete))
        .collect()
}

#[test]
fn the_ledger_has_a_row_for_each_boundary_and_key() {
    for seed in 0..60 {
        let mut r = Random::new(seed);
        let (length_seconds, every_seconds) = *r.pick(&[(12, 4), (10, 4), (6, 6)]);
        let judgement = Judgement::Sliding {
            length_seconds,
            every_seconds,
        };
        let case = case(judgement, minimums(2, 2, 50));
        let events = case.stream(&mut r, 40);
        let mut detector = case.open(r#","verdicts":true"#);
        let (mut entries, mut entered) = (BTreeMap::new(), 0);
        for event in &events {
            detector.push(line(event).as_bytes());
            if r.one_in(4) {
                let state = detector.take_state();
                detector = case.open(r#","verdicts":true"#);
                detector.merge(&state).unwrap();
            }
        }
        detector.flush();
        for verdict in detector.take_verdicts(u32::MAX) {
            entered += 1;
            let name = (verdict.window.start, format!("{:?}", verdict.key[0].value));
            entries.insert(name, verdict);
        }
        let ms = |seconds: u64| i64::try_from(seconds * 1000).unwrap();
        let rows = sliding::rows(&events, ms(length_seconds), ms(every_seconds));
        assert_eq!(entries.len(), rows.len(), "{seed}");
        assert!(
            entered < 3 * rows.len(),
            "{seed}: {entered} of {}",
            rows.len()
        );
        for row in rows {
            let key = row.key.clone().map(crate::model::Value::Text);
            let entry = &entries[&(row.start, format!("{key:?}"))];
            let value = |clause: usize| format!("{:.0}", entry.clauses[clause].value);
            assert_eq!(value(0), row.count.to_string(), "{seed}");
            assert_eq!(value(1), row.codes.len().to_string(), "{seed}");
            assert_eq!((entry.first_seen, entry.last_seen), (row.first, row.last));
            let holds = conditions::hold(&case.conditions, &row);
            assert_eq!(entry.alerted, holds, "{seed}");
        }
    }
}

#[test]
fn a_kind_without_conditions_keeps_no_ledger_and_takes_none() {
    for judgement in [
        Judgement::Each {
            suppress_seconds: 0,
        },
        Judgement::FirstSeen {
            history_seconds: 10,
            warm_up_seconds: Some(0),
        },
    ] {
        let mut detector = case(judgement, Vec::new()).open(r#","verdicts":true"#);
        detector.push(line(&event(1, "a")).as_bytes());
        detector.flush();
        assert_eq!(detector.take_alerts(9).len(), 1);
        assert_eq!(detector.take_verdicts(9), []);
    }
}

#[test]
fn an_evicted_key_makes_its_alert_incomplete() {
    let judgement = Judgement::FirstSeen {
        history_seconds: 1000,
        warm_up_seconds: Some(0),
    };
    let case = case(judgement, Vec::new());
    let mut detector = case.open_late(0, r#","max_state_mib":1"#);
    let many = |n: i64| event(n * 10, &format!("a key of some length that counts {n}"));
    let alerts = push(&mut detector, (0..20_000).map(many));
    assert!(alerts.iter().take(2000).all(|alert| alert.complete));
    assert!(detector.counters().rules[0].evicted > 1000);
    let again = |time: i64, n: i64| Event {
        time: NOON + time,
        id: u64::MAX,
        ..many(n)
    };
    // The last key is still stored and the first is not, so a new key may be an evicted one.
    let next = [
        again(210_000, 19_999),
        again(211_000, 0),
        event(212_000, "new"),
    ];
    push(&mut detector, next.into_iter());
    let alerts = push(&mut detector, [event(230_000, "x")].into_iter());
    let said_of = |alerts: &[Alert], key: &str| {
        let said = said(alerts);
        { said.into_iter() }
            .filter(|(k, _)| k.contains(key))
            .collect::<Vec<_>>()
    };
    assert_eq!(said_of(&alerts, "counts 19999\""), []);
    assert_eq!(said_of(&alerts, "counts 0\"").len(), 1);
    assert!(
        alerts
            .iter()
            .filter(|a| a.window.start >= NOON + 211_000)
            .all(|a| !a.complete)
    );
    // Evicted keys are too old to matter.
    let alerts = push(
        &mut detector,
        [event(1_300_000, "y"), event(1_400_000, "z")].into_iter(),
    );
    let y = said_of(&alerts, "\"y\"");
    assert_eq!(
        y.iter().map(|(_, complete)| *complete).collect::<Vec<_>>(),
        [true]
    );
    // The state is equal after a restart.
    let state = detector.snapshot();
    let mut restored = case.open_late(0, r#","max_state_mib":1"#);
    restored.merge(&state).unwrap();
    assert_eq!(restored.snapshot(), state);
}

#[test]
fn alerts_of_single_events_survive_eviction() {
    let judgement = Judgement::Each {
        suppress_seconds: 0,
    };
    let mut detector = case(judgement, Vec::new()).open_late(36_000, r#","max_state_mib":1"#);
    let mut alerts = push(&mut detector, (0..6000).map(|n| event(n * 10, "a")));
    detector.flush();
    alerts.extend(detector.take_alerts(u32::MAX));
    assert_eq!(alerts.len(), 6000);
    assert!(
        alerts
            .iter()
            .all(|alert| alert.complete && alert.revision == 1)
    );
    assert!(detector.counters().rules[0].evicted > 1000);
    // The published revision was dropped and cannot be revised.
    let outcome = detector.push(line(&event(5, "a")).as_bytes());
    assert_eq!(outcome.dropped_late, 1);
    detector.push(line(&event(59_995, "a")).as_bytes());
    detector.flush();
    assert_eq!(detector.take_alerts(9).len(), 1);
}

#[test]
fn sliding_windows_without_a_pane_are_incomplete() {
    let judgement = Judgement::Sliding {
        length_seconds: 60,
        every_seconds: 10,
    };
    let case = case(judgement, minimums(2, 1, 0));
    let mut detector = case.open_late(36_000, r#","max_state_mib":1"#);
    let many = |n: i64| match n % 2000 {
        0 => event(n * 5, "often"),
        _ => event(n * 5, &format!("once {n}")),
    };
    let mut alerts = push(&mut detector, (0..12_000).map(many));
    detector.flush();
    alerts.extend(detector.take_alerts(u32::MAX));
    assert!(detector.counters().rules[0].evicted > 1000);
    assert!(
        alerts
            .iter()
            .all(|alert| format!("{:?}", alert.key).contains("often"))
    );
    assert!(!alerts.is_empty() && alerts.iter().any(|alert| !alert.complete));
    let mut revisions = BTreeMap::new();
    for alert in alerts {
        let last = revisions.entry(alert.window.start).or_insert(0);
        *last += 1;
        assert_eq!(*last, alert.revision);
    }
}

#[test]
fn refuses_contradictory_lengths() {
    let sliding = Judgement::Sliding {
        length_seconds: 60,
        every_seconds: 10,
    };
    let problems = |more: &str| {
        let configuration = format!("{{{more}}}");
        let rule = case(sliding, Vec::new()).rule("kinds");
        let opened = Detector::only(rule, &configuration, (1, 2));
        let problems = opened.err().unwrap_or_default();
        problems.into_iter().map(|p| p.key).collect::<Vec<_>>()
    };
    assert_eq!(problems(""), [""; 0]);
    assert_eq!(problems(r#""every_seconds":60"#), [""; 0]);
    assert_eq!(problems(r#""every_seconds":61"#), ["every_seconds"]);
    assert_eq!(
        problems(r#""length_seconds":1440,"every_seconds":7"#),
        [""; 0]
    );
    assert_eq!(
        problems(r#""length_seconds":1441,"every_seconds":7"#),
        ["every_seconds"]
    );
    assert_eq!(problems(r#""window_seconds":60"#), ["window_seconds"]);
}

/// Complete alerts on rare and frequent keys equal those of the oracle, with restarts in between.
#[test]
fn complete_alerts_above_the_budget_equal_the_oracles() {
    let mut all_complete = 0;
    for seed in 0..16 {
        let mut r = Random::new(seed);
        let (length_seconds, every_seconds) = *r.pick(&[(60, 5), (60, 10), (20, 20), (12, 4)]);
        let judgement = Judgement::Sliding {
            length_seconds,
            every_seconds,
        };
        let (all, calls) = (r.one_in(2), *r.pick(&[1, 2, 5]));
        let case = Case {
            early: r.one_in(2),
            more: format!(r#","all_boundaries":{all}"#),
            ..case(judgement, minimums(calls, 1, 0))
        };
        let rare = *r.pick(&[20, 200]);
        let events: Vec<Event> = (0..9000)
            .map(|n| match r.below(rare) {
                0 => event(n * 20, &format!("often {}", r.below(3))),
                _ => event(n * 20, &format!("a key that comes but once {n}")),
            })
            .collect();
        let wanted = BTreeSet::from_iter(case.oracle(&events));
        let open = || case.open_late(300, r#","max_state_mib":1"#);
        let (mut detector, mut last) = (open(), BTreeMap::new());
        let mut least = usize::MAX;
        for (at, some) in events.chunks(10).enumerate() {
            let alerts = push(&mut detector, some.iter().cloned());
            for alert in alerts {
                last.insert(standing_name(&alert), alert);
            }
            if at % 100 == 99 {
                let groups = detector.counters().rules[0].groups;
                least = least.min(usize::try_from(groups).unwrap());
                let state = detector.snapshot();
                detector = open();
                detector.merge(&state).unwrap();
            }
        }
        detector.flush();
        for alert in detector.take_alerts(u32::MAX) {
            last.insert(standing_name(&alert), alert);
        }
        assert!(
            detector.counters().rules[0].evicted > 100,
            "{seed}: {case:?}"
        );
        assert!(least > 100, "{seed}: {least} of {case:?}");
        let (mut complete, context) = (0, format!("{seed}: {case:?}"));
        for alert in last.values().filter(|a| a.phase != Phase::Retracted) {
            let is_wanted = alert.complete && {
                complete += 1;
                !wanted.contains(&standing_of(alert))
            };
            assert!(!is_wanted, "{context}: {alert:?}");
        }
        all_complete += complete;
        // Frequent keys are evicted last.
        assert!(calls == 1 || complete * 2 >= wanted.len(), "{context}");
    }
    assert!(all_complete > 1000);
}

fn standing_name(alert: &Alert) -> (i64, String) {
    (alert.window.start, format!("{:?}", alert.key))
}

#[test]
fn a_partial_worker_above_the_budget_alerts_on_nothing() {
    let judgement = Judgement::Sliding {
        length_seconds: 60,
        every_seconds: 10,
    };
    let case = case(judgement, minimums(1, 0, 0));
    let mut detector = case.open_late(36_000, r#","max_state_mib":1,"partial":true"#);
    let alerts = push(
        &mut detector,
        (0..9000).map(|n| event(n * 5, &format!("a key that comes but once {n}"))),
    );
    assert!(detector.counters().rules[0].evicted > 1000);
    assert_eq!(alerts, []);
}
