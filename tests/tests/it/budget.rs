//! The budget of state: floods stay inside it, what is promising stays, and whatever may
//! lack something says so.

use high_4xx::Detector;
use weir_detector::identity;
use weir_detector::model::{Alert, Phase, RuleCounters};
use weir_tests::machine::PushText;

use crate::calls::{attack, call, total};

fn open(more: &str) -> Detector {
    high_4xx::open(&format!("{{\"max_state_mib\":1{more}}}"), (3, 4)).unwrap()
}

/// One of many callers in the flood.
fn bystander(n: u32, status: u32) -> String {
    let second = f64::from(n % 100);
    call(
        &format!("user-{n}"),
        second,
        status,
        "me",
        "app/1",
        &format!("r-{n}"),
    )
}

/// What the rule counted.
fn counters(detector: &Detector) -> RuleCounters {
    detector.counters().rules.remove(0)
}

fn sum(c: &RuleCounters) -> u64 {
    c.counted + c.duplicate + c.excluded + c.dropped_late + c.refused_future
}

/// The attacker's 30 calls among many others.
fn flood(detector: &mut Detector, others: u32, status: u32) {
    for n in 0..others {
        detector.push_text(&bystander(n, status));
        if n % (others / 30) == others / 60 {
            detector.push_text(&attack(f64::from(n % 100), n));
        }
        let state = counters(detector).state_bytes;
        assert!(state <= 1 << 20, "{state}");
    }
}

#[test]
fn a_flood_of_callers_stays_inside_and_the_attack_inside_it_alerts() {
    for status in [200, 403] {
        let mut detector = open("");
        flood(&mut detector, 60_000, status);
        detector.flush();
        let counters = counters(&detector);
        assert!(counters.evicted > 40_000, "{}", counters.evicted);
        assert_eq!((sum(&counters), counters.counted), (60_030, 60_030));
        let alerts = detector.take_alerts(10);
        assert_eq!(alerts.len(), 1, "status {status}");
        // With the flood all refused too, the first call alone cannot be told from it.
        let whole = if status == 200 { 30 } else { 28 };
        assert!(total(&alerts[0]) >= whole, "{}", total(&alerts[0]));
        assert_eq!(alerts[0].complete, total(&alerts[0]) == 30);
    }
}

#[test]
fn what_is_given_up_does_not_depend_on_restarts_or_batches() {
    let mut straight = open("");
    flood(&mut straight, 30_000, 200);
    let mut restarted = open("");
    for n in 0..30_000 {
        restarted.push_text(&bystander(n, 200));
        if n % 1000 == 500 {
            restarted.push_text(&attack(f64::from(n % 100), n));
        }
        if n % 5_000 == 4_999 {
            let state = restarted.snapshot();
            restarted = open("");
            restarted.merge(&state).unwrap();
        }
    }
    assert!(counters(&straight).evicted > 0);
    assert_eq!(counters(&straight), counters(&restarted));
    straight.flush();
    restarted.flush();
    assert_eq!(straight.take_alerts(9), restarted.take_alerts(9));
}

#[test]
fn a_flood_of_paths_or_agents_in_one_group_stays_inside() {
    let long = "a".repeat(900);
    let paths = |n: u32| call("u", 1.0, 403, &format!("{n}/{long}"), "x", &format!("{n}"));
    // Descending, so that each is smaller than those that are kept, and ascending.
    let falling = |n: u32| {
        call(
            "u",
            1.0,
            403,
            "p",
            &format!("{:08}{long}", 99_999_999 - n),
            "",
        )
    };
    let rising = |n: u32| call("u", 1.0, 403, "p", &format!("{n:08}{long}"), "");
    let floods: [&dyn Fn(u32) -> String; 3] = [&paths, &falling, &rising];
    for flood in floods {
        let mut detector = high_4xx::open("{\"max_state_mib\":4}", (3, 4)).unwrap();
        for n in 0..20_000 {
            detector.push_text(&flood(n));
        }
        let counters = counters(&detector);
        assert_eq!((counters.counted, counters.evicted), (20_000, 0));
        assert!(counters.state_bytes < 3 << 20, "{}", counters.state_bytes);
    }
}

#[test]
fn a_flood_of_events_gives_up_ids_before_groups() {
    let mut detector = open("");
    for n in 0..100_000 {
        let user = format!("user-{}", n % 50);
        detector.push_text(&call(
            &user,
            f64::from(n % 100),
            200,
            "me",
            "a",
            &format!("{n}"),
        ));
    }
    let counters = counters(&detector);
    assert!(counters.state_bytes <= 1 << 20);
    assert_eq!((counters.evicted, counters.counted), (0, 100_000));
    assert!(
        counters.ids_forgotten > 40_000,
        "{}",
        counters.ids_forgotten
    );
}

#[test]
fn windows_that_have_fired_go_first_and_what_was_published_stays_as_it_was() {
    let mut detector = open("");
    let idle = |user: String, second| call(&user, second, 200, "me", "a", &user);
    for n in 0..25 {
        detector.push_text(&attack(f64::from(n), n));
    }
    for n in 0..3500 {
        detector.push_text(&idle(format!("idle-{n}"), 1.0));
    }
    detector.push_text(&call("u", 600.0, 200, "me", "a", "later"));
    assert_eq!(detector.take_alerts(9).len(), 1);
    assert_eq!(counters(&detector).evicted, 0);
    // Half of an attack, among callers who are no less promising than those of the window
    // that has fired.
    let second = |n: u32| {
        call(
            "second",
            601.0,
            403,
            &format!("{n}"),
            "walk",
            &format!("s-{n}"),
        )
    };
    detector.push_text(&second(0));
    for n in 0..3500 {
        detector.push_text(&idle(format!("busy-{n}"), 601.0));
    }
    assert_eq!(
        counters(&detector).evicted,
        3500,
        "the idle ones and nobody else"
    );
    for n in 1..25 {
        detector.push_text(&second(n));
    }
    // Late successes that would retract the first if its own calls had been forgotten.
    for n in 0..5 {
        detector.push_text(&call(
            "attacker",
            60.0,
            200,
            "me",
            "a",
            &format!("late-{n}"),
        ));
    }
    detector.flush();
    let revisions = detector.take_alerts(9);
    let totals: Vec<i64> = revisions.iter().map(total).collect();
    assert_eq!(totals, [30, 25]);
    assert!(revisions.iter().all(|a| a.complete));
}

#[test]
fn alerts_whose_groups_were_given_up_stand_and_number_on() {
    let mut detector = open("");
    let mut alerts: Vec<Alert> = Vec::new();
    let mut push = |text: String| {
        detector.push(text.as_bytes());
        alerts.extend(detector.take_alerts(9000));
    };
    for user in 0..2000 {
        for n in 0..21 {
            let (user, id) = (format!("user-{user}"), format!("{user}-{n}"));
            push(call(&user, 1.0, 403, &format!("{n}"), "a", &id));
        }
    }
    push(call("u", 900.0, 200, "me", "a", "later"));
    // A late success of each: of what was given up nothing can be retracted.
    for user in 0..2000 {
        let (user, id) = (format!("user-{user}"), format!("{user}-late"));
        push(call(&user, 1.0, 200, "me", "a", &id));
    }
    detector.flush();
    alerts.extend(detector.take_alerts(9000));
    assert!(counters(&detector).evicted > 500);
    assert!(counters(&detector).state_bytes <= 1 << 20);
    let mut last = std::collections::BTreeMap::new();
    for alert in &alerts {
        assert_ne!(alert.phase, Phase::Retracted);
        let before = last
            .insert(identity::of(alert), alert)
            .map_or(0, |a| a.revision);
        assert_eq!(alert.revision, before + 1);
    }
    let incomplete = last.values().filter(|alert| !alert.complete).count();
    assert!(
        last.len() > 300 && incomplete > 0,
        "{} {incomplete}",
        last.len()
    );
}

#[test]
fn a_group_that_begins_after_others_were_given_up_says_that_it_may_be_incomplete() {
    let mut detector = open("");
    for n in 0..10_000 {
        detector.push_text(&bystander(n, 200));
    }
    assert!(counters(&detector).evicted > 0);
    for n in 0..25 {
        detector.push_text(&attack(100.0, n));
    }
    detector.flush();
    let alerts = detector.take_alerts(9);
    assert_eq!((alerts.len(), alerts[0].complete), (1, false));
}

#[test]
fn one_timestamp_far_ahead_is_refused_and_closes_nothing() {
    let mut detector = high_4xx::open("{}", (3, 4)).unwrap();
    for n in 0..25 {
        detector.push_text(&attack(f64::from(n), n));
    }
    let far = attack(1.0, 99).replace("2026-", "9999-");
    let outcome = detector.push(far.as_bytes());
    assert_eq!((outcome.refused_future, outcome.refused.len()), (1, 1));
    assert!(outcome.refused[0].reason.contains("max_jump_seconds"));
    assert_eq!(detector.take_alerts(9).len(), 0);
    detector.push_text(&attack(26.0, 26));
    // Where the log really goes on a year later, it is believed in the end.
    for n in 0..20 {
        let later = attack(f64::from(n), 100 + n).replace("2026-", "2028-");
        let refused = u64::from(n < 16);
        assert_eq!(
            detector.push(later.as_bytes()).refused_future,
            refused,
            "{n}"
        );
    }
    assert_eq!(counters(&detector).refused_future, 17);
    assert_eq!(total(&detector.take_alerts(9)[0]), 26);
    let mut any = high_4xx::open("{\"max_jump_seconds\":0}", (3, 4)).unwrap();
    any.push_text(&attack(1.0, 1));
    assert_eq!(any.push(far.as_bytes()).counted, 1);
}

#[test]
fn a_partial_worker_drops_what_is_too_late_for_the_detector_that_it_works_for() {
    let mut worker = high_4xx::open("{\"partial\":true}", (3, 4)).unwrap();
    worker.push_text(&attack(0.0, 1).replace("2026-", "2027-"));
    assert_eq!(
        worker.push_text(&attack(0.0, 2)).counted,
        1,
        "told nothing, it drops nothing"
    );
    let told = 1_779_180_000_000 + 9 * 3_600_000;
    worker.advance(Some(told), None);
    assert_eq!(worker.push_text(&attack(0.0, 3)).dropped_late, 1);
    assert_eq!(worker.take_alerts(9).len(), 0);
    let state = worker.take_state();
    assert_eq!(counters(&worker).groups, 0);
    assert_eq!(
        worker.push_text(&attack(0.0, 4)).dropped_late,
        1,
        "it still knows the time"
    );
    let mut whole = high_4xx::open("{}", (3, 4)).unwrap();
    whole.merge(&state).unwrap();
    assert_eq!(
        (counters(&whole).counted, counters(&whole).dropped_late),
        (1, 2),
        "what it held is dropped like what came later"
    );
}

#[test]
fn what_is_late_is_counted_by_the_detector_and_by_no_partial_one_on_the_way() {
    let partial = || {
        let mut partial = high_4xx::open("{\"partial\":true}", (3, 4)).unwrap();
        partial.advance(Some(1_779_181_200_000 + 3_600_000), None);
        partial
    };
    let (mut worker, mut gatherer) = (partial(), partial());
    worker.push_text(&attack(0.0, 1));
    gatherer.merge(&worker.take_state()).unwrap();
    assert_eq!(counters(&gatherer).late, 0);
    let mut whole = high_4xx::open("{}", (3, 4)).unwrap();
    whole.push_text(&(attack(3600.0, 2) + &attack(3601.0, 3)));
    whole.merge(&gatherer.take_state()).unwrap();
    assert_eq!(counters(&whole).late, 1);
}
