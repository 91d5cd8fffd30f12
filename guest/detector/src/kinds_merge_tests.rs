//! Tests of merging states of every kind of judgement: single cases.

use crate::detector::Detector;
use crate::judgement::Judgement;
use crate::kinds_case::{Case, Condition, Event, NOON, line, minimums};
use crate::kinds_state_tests::{case, event, said};
use crate::kinds_toy::KindsLog;
use crate::model::{Alert, Phase, Value};

const MINUTES: Judgement = Judgement::Sliding {
    length_seconds: 60,
    every_seconds: 10,
};

fn push(detector: &mut Detector<KindsLog>, events: &[Event]) {
    for event in events {
        detector.push(line(event).as_bytes());
    }
}

/// Moves the whole state of one detector to another.
fn hand_over(from: &mut Detector<KindsLog>, to: &mut Detector<KindsLog>) {
    to.merge(&from.take_state()).unwrap();
}

fn take(detector: &mut Detector<KindsLog>) -> Vec<Alert> {
    detector.take_alerts(u32::MAX)
}

/// Boundaries, in seconds from the beginning.
fn ends(alerts: &[Alert]) -> Vec<i64> {
    let end = |alert: &Alert| (alert.window.end - NOON) / 1000;
    alerts.iter().map(end).collect()
}

fn with(event: Event, weight: i64, id: u64) -> Event {
    Event {
        weight: Some(weight),
        id,
        ..event
    }
}

#[test]
fn a_merge_publishes_nothing_past_the_lateness() {
    let case = case(MINUTES, minimums(3, 0, 0));
    for theirs_are_ahead in [false, true] {
        let (mut one, mut other) = (case.open_late(60, ""), case.open_late(60, ""));
        let beats = |until: i64| -> Vec<Event> {
            { (0..until).step_by(10) }
                .map(|at| event(at * 1000, "k"))
                .collect()
        };
        push(&mut one, &beats(600));
        one.advance(Some(NOON + 600_000), None);
        assert_eq!(ends(&take(&mut one)), [30]);
        push(&mut other, &[event(580_000, "other")]);
        if theirs_are_ahead {
            // It has only seen the beginning of the episode.
            push(&mut other, &beats(50)[..4]);
            hand_over(&mut one, &mut other);
            other.flush();
            assert_eq!(take(&mut other), []);
        } else {
            hand_over(&mut other, &mut one);
            one.flush();
            assert_eq!(take(&mut one), []);
        }
    }
}

#[test]
fn a_snapshot_keeps_pending_evaluations_of_a_merge() {
    let case = case(MINUTES, minimums(3, 0, 0));
    let (mut main, mut part) = (
        case.open_late(600, ""),
        case.open_late(600, r#","partial":true"#),
    );
    push(&mut main, &[event(105_000, "other")]);
    main.advance(Some(NOON + 100_000), None);
    assert_eq!(take(&mut main), []);
    push(
        &mut part,
        &[71_000, 72_000, 73_000].map(|at| event(at, "k")),
    );
    hand_over(&mut part, &mut main);
    let state = main.snapshot();
    let mut main = case.open_late(600, "");
    main.merge(&state).unwrap();
    assert_eq!(main.snapshot(), state);
    main.flush();
    let alerts = take(&mut main);
    assert_eq!((ends(&alerts), alerts[0].phase), (vec![80], Phase::Late));
}

#[test]
fn a_merge_publishes_active_alerts_again_as_incomplete() {
    let case = case(MINUTES, minimums(2, 0, 0));
    let (mut one, mut other) = (
        case.open_late(600, ""),
        case.open_late(600, r#","max_state_mib":1"#),
    );
    push(&mut one, &[11_000, 12_000, 35_000].map(|at| event(at, "k")));
    let alerts = take(&mut one);
    assert_eq!((ends(&alerts), alerts[0].complete), (vec![20], true));
    let many = |n: i64| event(n * 4, &format!("a key that comes but once {n}"));
    push(&mut other, &(0..9000).map(many).collect::<Vec<_>>());
    assert!(other.counters().rules[0].evicted > 1000);
    hand_over(&mut other, &mut one);
    one.flush();
    let alerts = take(&mut one);
    assert!(alerts.iter().all(|alert| !alert.complete));
    let of_k: Vec<Alert> = { alerts.into_iter() }
        .filter(|alert| format!("{:?}", alert.key).contains("\"k\""))
        .collect();
    assert_eq!((ends(&of_k), of_k[0].revision), (vec![20], 2));
}

#[test]
fn the_last_ledger_entry_equals_the_final_figures() {
    for judgement in [MINUTES, Judgement::Tumbling { seconds: 10 }] {
        let total = Condition {
            figure: "total",
            comparison: ">=",
            hundredths: 9000,
        };
        let case = case(judgement, vec![total]);
        let mut one = case.open_late(600, r#","verdicts":true,"verdicts_floor":0.5"#);
        push(
            &mut one,
            &[with(event(1000, "a"), 100, 1), event(15_500, "x")],
        );
        let stood = take(&mut one);
        assert_eq!(
            said(&stood),
            [("Some(Value::Text(\"a\"))".to_owned(), true)]
        );
        push(
            &mut one,
            &[with(event(2000, "a"), -80, 2), event(25_500, "x")],
        );
        assert_eq!(take(&mut one)[0].phase, Phase::Retracted);
        let verdicts = one.take_verdicts(u32::MAX);
        let of_a = |v: &&crate::model::Verdict| v.window.end == stood[0].window.end;
        let last = verdicts.iter().rfind(of_a).unwrap();
        let sum = last.clauses.iter().find(|clause| clause.name == "total");
        assert_eq!((last.alerted, sum.unwrap().value.round()), (false, 20.0));
    }
}

fn first_seen(history_seconds: u64, warm_up_seconds: u64) -> Case {
    let judgement = Judgement::FirstSeen {
        history_seconds,
        warm_up_seconds: Some(warm_up_seconds),
    };
    case(judgement, Vec::new())
}

/// An event that is merged and dropped late does not extend a session, as if it had been pushed,
/// wherever it is dropped.
#[test]
fn a_session_of_late_events_is_dropped_with_them() {
    let case = first_seen(1000, 0);
    for told in [false, true] {
        let (mut main, mut part) = (
            case.open_late(10, ""),
            case.open_late(10, r#","partial":true"#),
        );
        push(&mut main, &[event(100_000, "other"), event(100_001, "k")]);
        push(&mut part, &[event(10_000, "k")]);
        if told {
            part.advance(Some(NOON + 90_000), None);
        }
        hand_over(&mut part, &mut main);
        assert_eq!(main.counters().rules[0].dropped_late, 1);
        main.flush();
        assert_eq!(take(&mut main).len(), 2);
    }
}

#[test]
fn the_warm_up_begins_with_a_time_that_another_event_confirms() {
    let case = first_seen(10, 60);
    let hour = 3_600_000;
    let lone = event(0, "x");
    let believed = |more: &str, clock: bool| {
        let mut one = case.open_late(10, &format!(r#","max_jump_seconds":600{more}"#));
        if clock {
            one.advance(None, Some(NOON + hour));
        }
        push(&mut one, &[lone.clone(), event(hour, "a")]);
        let state = one.snapshot();
        one = case.open_late(10, &format!(r#","max_jump_seconds":600{more}"#));
        one.merge(&state).unwrap();
        push(
            &mut one,
            &[event(hour + 59_999, "b"), event(hour + 60_000, "c")],
        );
        one.flush();
        said(&take(&mut one))
    };
    for clock in [false, true] {
        assert_eq!(
            believed("", clock),
            [("Some(Value::Text(\"c\"))".to_owned(), true)],
            "{clock}"
        );
    }
}

/// When a window drops its ids, it drops the addends of its sums: a repeated event counts twice in
/// both, or in neither.
#[test]
fn sums_and_counts_agree_on_events_that_are_merged_twice() {
    let case = case(MINUTES, minimums(2, 0, 0));
    let more = r#","dedup_horizon_seconds":0"#;
    let open = |more: &str| {
        let configuration = format!(
            r#"{{"out_of_orderness_seconds":5,"allowed_lateness_seconds":600,"limit_calls":2,"limit_codes":0,"limit_rate":0{more}}}"#
        );
        Detector::only(case.rule("kinds"), &configuration, (1, 2))
            .ok()
            .unwrap()
    };
    let (mut main, mut part) = (open(more), open(&format!(r#"{more},"partial":true"#)));
    push(
        &mut main,
        &[
            with(event(1000, "k"), 1, 1),
            with(event(30_000, "other"), 1, 2),
        ],
    );
    take(&mut main);
    push(
        &mut part,
        &[with(event(2000, "k"), 1, 3), with(event(3000, "k"), 1, 4)],
    );
    let state = part.snapshot();
    for _ in 0..2 {
        main.merge(&state).unwrap();
    }
    main.flush();
    let alerts = take(&mut main);
    let integer = |alert: &Alert, name: &str| {
        let column = alert.columns.iter().find(|column| column.name == name);
        match column.unwrap().value {
            Value::Integer(number) => number,
            ref other => panic!("{other:?}"),
        }
    };
    assert!(!alerts.is_empty());
    for alert in &alerts {
        assert_eq!(
            integer(alert, "calls"),
            integer(alert, "total"),
            "{alert:?}"
        );
    }
}
