//! What is said of groups and windows whose state was given up, here or elsewhere.

use high_4xx::Detector;
use weir_detector::model::{Alert, Phase, RuleCounters};
use weir_tests::machine::PushText;

use crate::calls::{attack, call, total};

/// What the rule counted.
fn counters(detector: &Detector) -> RuleCounters {
    detector.counters().rules.remove(0)
}

fn open(more: &str) -> Detector {
    high_4xx::open(&format!("{{\"max_state_mib\":1{more}}}"), (3, 4)).unwrap()
}

/// Callers with one call each, enough to be above a budget of 1 MiB several times.
fn crowd(detector: &mut Detector, second: f64, status: u32) {
    for n in 0..20_000 {
        let user = format!("crowd-{n}");
        detector.push_text(&call(&user, second, status, "me", "a", &user));
    }
}

fn told(alerts: &[Alert]) -> Vec<(u32, Phase, i64, bool)> {
    alerts
        .iter()
        .map(|a| (a.revision, a.phase, total(a), a.complete))
        .collect()
}

#[test]
fn a_window_given_up_whole_is_remembered_when_state_of_it_is_merged() {
    let mut main = open("");
    for n in 0..10 {
        main.push_text(&attack(f64::from(n), n));
    }
    main.push_text(&call("u", 600.0, 200, "me", "a", "later"));
    crowd(&mut main, 601.0, 200);
    let mut worker = open(",\"partial\":true");
    for n in 10..35 {
        worker.push_text(&attack(f64::from(n), n));
    }
    let theirs = worker.take_state();
    // Either side may be the one that gave it up.
    let mut other = open("");
    other.merge(&theirs).unwrap();
    other.merge(&main.snapshot()).unwrap();
    main.merge(&theirs).unwrap();
    for mut detector in [main, other] {
        detector.flush();
        let alerts = detector.take_alerts(9);
        assert_eq!((alerts.len(), total(&alerts[0])), (1, 25));
        assert!(!alerts[0].complete, "{:?}", told(&alerts));
    }
}

#[test]
fn a_retraction_that_waits_is_made_before_its_group_is_given_up() {
    let mut detector = open("");
    let mut alerts = Vec::new();
    for n in 0..25 {
        detector.push_text(&attack(f64::from(n), n));
    }
    detector.push_text(&call("u", 600.0, 200, "me", "a", "later"));
    for n in 0..60 {
        let id = format!("late-{n}");
        detector.push_text(&call("attacker", 60.0, 200, "me", "a", &id));
    }
    // Other alerts of the window, until it is given up with all that was published of it.
    for user in 0..2000 {
        for n in 0..21 {
            let (user, id) = (format!("w-{user}"), format!("{user}-{n}"));
            detector.push_text(&call(&user, 1.0, 403, &format!("{n}"), "a", &id));
        }
        alerts.extend(detector.take_alerts(9999));
    }
    detector.flush();
    alerts.extend(detector.take_alerts(9999));
    alerts.retain(|a| a.reason.contains("attacker"));
    let told = told(&alerts);
    assert_eq!(told[0], (1, Phase::OnTime, 25, true));
    assert_eq!(told[1..], [(2, Phase::Retracted, 85, false)]);
}

#[test]
fn a_standing_alert_says_when_a_merged_worker_may_have_lost_calls_of_it() {
    let mut main = open("");
    for n in 0..25 {
        main.push_text(&attack(f64::from(n), n));
    }
    main.push_text(&call("u", 600.0, 200, "me", "a", "later"));
    let mut alerts = main.take_alerts(9);
    let mut worker = open(",\"partial\":true");
    worker.push_text(&call("attacker", 26.0, 200, "lost", "a", "lost"));
    crowd(&mut worker, 1.0, 403);
    main.merge(&worker.take_state()).unwrap();
    main.flush();
    alerts.extend(main.take_alerts(9));
    let wanted = [(1, Phase::OnTime, 25, true), (2, Phase::Late, 25, false)];
    assert_eq!(told(&alerts), wanted);
}

#[test]
fn calls_that_count_twice_because_ids_were_given_up_are_marked() {
    let mut detector = open("");
    let half = |detector: &mut Detector| {
        for n in 0..15 {
            detector.push_text(&attack(f64::from(n), n));
        }
    };
    half(&mut detector);
    for n in 0..60_000 {
        let user = format!("user-{}", n % 50);
        let second = f64::from(n % 100);
        detector.push_text(&call(&user, second, 200, "me", "a", &format!("{n}")));
    }
    half(&mut detector);
    assert!(counters(&detector).ids_forgotten > 0);
    detector.flush();
    let alerts = detector.take_alerts(9);
    assert_eq!((total(&alerts[0]), alerts[0].complete), (30, false));
}

#[test]
fn long_texts_in_the_flood_do_not_push_the_attack_out() {
    let pad = "x".repeat(1000);
    let mut detector = open("");
    for n in 0..20_000 {
        let (path, agent) = (format!("{n}/{pad}"), format!("{n}{pad}"));
        let second = f64::from(n % 60);
        detector.push_text(&call(&format!("v-{n}"), second, 403, &path, &agent, ""));
        if n % 50 == 25 {
            detector.push_text(&attack(second, n));
        }
    }
    assert!(counters(&detector).evicted > 10_000);
    detector.flush();
    let alerts = detector.take_alerts(9);
    assert_eq!(alerts.len(), 1);
    // Its first call or two cannot be told from the flood's.
    assert!(total(&alerts[0]) >= 398, "{}", total(&alerts[0]));
}

#[test]
fn more_alerts_than_the_budget_holds_do_not_blind_the_next_window() {
    let mut detector = open("");
    for user in 0..28_000 {
        for n in 0..21 {
            detector.push_text(&call(
                &format!("w-{user}"),
                1.0,
                403,
                &format!("{n}"),
                "a",
                "",
            ));
        }
        detector.take_alerts(9999);
    }
    // Their numbers are what cannot be evicted: when they are most of the budget, the window closes.
    let early = counters(&detector).alerts_early;
    assert!((19_000..21_000).contains(&early), "{early}");
    detector.push_text(&call("u", 900.0, 200, "me", "a", "later"));
    for n in 0..200 {
        detector.push_text(&attack(901.0 + f64::from(n % 10), n));
    }
    assert!(counters(&detector).state_bytes <= 1 << 20);
    // The numbers of the old alerts are forgotten, so nothing more is said of them.
    let late = detector.push_text(&call("w-1", 1.0, 200, "me", "a", "late"));
    assert_eq!(late.dropped_late, 1);
    detector.flush();
    let alerts = detector.take_alerts(9999);
    let found = alerts.iter().find(|a| a.reason.contains("attacker"));
    // Room is made once the old window has fired; a call before that may be lost.
    assert!(found.is_some_and(|a| total(a) >= 199));
}

#[test]
fn events_of_many_groups_are_weighed_as_what_they_are() {
    let users: Vec<String> = (0..256).map(|n| format!("\"{n}\"")).collect();
    let users = users.join(",");
    let mut detector = open("");
    for n in 0..3000 {
        detector.push_text(&format!(
            "{{\"data_stream.dataset\":\"azure.aadgraphactivitylogs\",\"@timestamp\":\"2026-05-19T09:00:00Z\",\"_id\":\"{n}\",\"user.id\":[{users}]}}\n"
        ));
    }
    // Each id holds 256 places of 4 bytes.
    assert!(counters(&detector).ids_forgotten > 800);
    assert!(counters(&detector).state_bytes <= 1 << 20);
}

#[test]
fn texts_that_lists_let_go_of_are_swept_in_merged_states_too() {
    let mut worker = open(",\"partial\":true,\"max_values\":10");
    let mut whole = open(",\"max_values\":10");
    let mut main = open(",\"max_values\":10");
    let pad = "a".repeat(900);
    for n in 0..5000_u32 {
        let agent = format!("{:08}{pad}", 99_999_999 - n);
        let line = call("u", 1.0, 200, "p", &agent, "");
        whole.push(line.as_bytes());
        worker.push(line.as_bytes());
        if n % 100 == 99 {
            main.merge(&worker.take_state()).unwrap();
        }
    }
    let sizes = [&whole, &main].map(|detector| counters(detector).state_bytes);
    assert_eq!(sizes[0], sizes[1]);
    assert!(counters(&whole).evicted + counters(&main).evicted == 0);
}

#[test]
fn a_first_record_of_another_time_closes_nothing() {
    for year in ["9999-", "1969-", "1970-"] {
        let mut detector = high_4xx::open("{}", (3, 4)).unwrap();
        detector.push_text(&attack(1.0, 99).replace("2026-", year));
        for n in 0..25 {
            detector.push_text(&attack(f64::from(n), n));
        }
        detector.flush();
        assert_eq!(counters(&detector).counted, 26, "{year}");
        assert_eq!(
            told(&detector.take_alerts(9)),
            [(1, Phase::OnTime, 25, true)]
        );
    }
}

#[test]
fn a_worker_whose_state_is_taken_believes_a_jump_in_the_end() {
    let mut main = high_4xx::open("{}", (3, 4)).unwrap();
    for n in 0..25 {
        main.push_text(&attack(f64::from(n), n));
    }
    let mut worker = high_4xx::open("{\"partial\":true}", (3, 4)).unwrap();
    worker.advance(main.counters().watermark, None);
    for round in 0..10 {
        for n in 0..10 {
            let later = attack(f64::from(n), 1000 + round * 10 + n);
            worker.push_text(&later.replace("2026-", "2028-"));
        }
        main.merge(&worker.take_state()).unwrap();
        worker.advance(main.counters().watermark, None);
    }
    let counters = counters(&main);
    assert_eq!((counters.counted, counters.refused_future), (25 + 84, 16));
}

#[test]
fn flushing_a_partial_worker_tells_it_nothing() {
    let rule = "{\"partial\":true,\"allowed_lateness_seconds\":0}";
    let mut worker = high_4xx::open(rule, (3, 4)).unwrap();
    worker.push_text(&attack(900.0, 1));
    worker.flush();
    assert_eq!(worker.push_text(&attack(1.0, 2)).counted, 1);
}
