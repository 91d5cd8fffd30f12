//! One window's life: early, on time, late, retracted, dropped; and the horizons.

use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_tests::compare::{Phase, Revision, in_sequence};
use weir_tests::machine::{Machine, Maker, Native};

/// Small thresholds; windows of ten seconds, one second of disorder, a minute of lateness.
const RULE: &str = r#"{"min_total_calls":4,"min_errors":2,"min_error_rate":0.5,"min_url_paths":2,
    "window_seconds":10,"out_of_orderness_seconds":1,"allowed_lateness_seconds":60,"dedup_horizon_seconds":30}"#;

fn open(more: &str) -> Box<dyn Machine> {
    Native.open(&RULE.replacen('{', &format!("{{{more}"), 1))
}

/// A call of a user at a second, refused or not; the number makes id and path.
fn call(user: &str, second: i64, refused: bool, number: u32) -> Event {
    let path = format!("/T/{number}");
    Event {
        time: second * 1000,
        users: vec![user.to_owned()],
        statuses: vec![if refused { 403 } else { 200 }],
        uri: Some(path.clone()),
        paths: vec![path],
        request: Some(format!("{user}-{number}")),
        ..Event::default()
    }
}

fn push(machine: &mut dyn Machine, event: &Event) -> [u64; 7] {
    let text = document(
        event,
        Shape::LogAnalytics,
        Style::Brief,
        &mut Random::new(1),
    );
    machine.push(text.as_bytes())
}

/// Four refused calls of a user in the window from 0 to 10 s.
fn alerting(machine: &mut dyn Machine) {
    for n in 0..4 {
        push(machine, &call("u", i64::from(n), true, n));
    }
}

/// Moves event time on by another user's call.
fn pass(machine: &mut dyn Machine, second: i64) {
    push(
        machine,
        &call("clock", second, false, u32::try_from(second).unwrap()),
    );
}

fn told(revisions: &[Revision]) -> Vec<String> {
    revisions
        .iter()
        .map(|r| {
            format!(
                "{} {:?} {}",
                r.number,
                r.phase,
                r.row.show("Esql.total_calls")
            )
        })
        .collect()
}

#[test]
fn a_window_fires_when_the_watermark_reaches_its_end() {
    let mut m = open("");
    alerting(m.as_mut());
    pass(m.as_mut(), 10);
    assert_eq!(told(&m.revisions()), [""; 0], "the watermark is at 9 s");
    pass(m.as_mut(), 11);
    assert_eq!(told(&m.revisions()), ["1 OnTime 4"]);
    m.flush();
    assert_eq!(told(&m.revisions()), [""; 0], "nothing has changed");
}

#[test]
fn a_millisecond_before_the_end_is_not_the_end() {
    let mut m = open("");
    alerting(m.as_mut());
    m.advance(9_999);
    assert_eq!(told(&m.revisions()), [""; 0]);
    m.advance(10_000);
    assert_eq!(told(&m.revisions()), ["1 OnTime 4"]);
    m.advance(0);
    assert_eq!(told(&m.revisions()), [""; 0]);
}

#[test]
fn a_late_event_that_makes_an_alert_speaks_at_once() {
    let mut m = open("");
    for n in 0..3 {
        push(m.as_mut(), &call("u", 1, true, n));
    }
    pass(m.as_mut(), 30);
    assert_eq!(told(&m.revisions()), [""; 0]);
    push(m.as_mut(), &call("u", 2, true, 3));
    assert_eq!(told(&m.revisions()), ["1 Late 4"]);
}

#[test]
fn changes_and_retractions_keep_the_id_and_number_on() {
    let mut m = open("");
    alerting(m.as_mut());
    pass(m.as_mut(), 30);
    let mut all = m.revisions();
    push(m.as_mut(), &call("u", 3, true, 4));
    m.advance(40_000);
    all.extend(m.revisions());
    for n in 5..11 {
        push(m.as_mut(), &call("u", 3, false, n));
    }
    m.advance(50_000);
    all.extend(m.revisions());
    push(m.as_mut(), &call("u", 3, true, 11));
    all.extend(m.revisions());
    assert_eq!(told(&all)[..2], ["1 OnTime 4", "2 Late 5"]);
    assert_eq!((all[2].number, all[2].phase), (3, Phase::Retracted));
    assert_eq!(told(&all)[3..], ["4 Late 12"], "6 of 12 is half again");
    assert!(all.iter().all(|r| r.id == all[0].id));
    in_sequence(&all).unwrap();
}

#[test]
fn early_firing_speaks_in_the_open_window() {
    let mut m = open("\"early\":true,");
    for n in 0..3 {
        push(m.as_mut(), &call("u", 1, true, n));
    }
    assert_eq!(told(&m.revisions()), [""; 0]);
    push(m.as_mut(), &call("u", 1, true, 3));
    let early = m.revisions();
    assert_eq!(told(&early), ["1 Early 4"]);
    push(m.as_mut(), &call("u", 1, true, 4));
    assert_eq!(told(&m.revisions()), [""; 0], "the first moment only");
    m.flush();
    let closed = m.revisions();
    assert_eq!(told(&closed), ["2 OnTime 5"]);
    assert_eq!(closed[0].id, early[0].id);
}

#[test]
fn an_early_alert_that_does_not_hold_is_retracted() {
    let mut m = open("\"early\":true,");
    alerting(m.as_mut());
    for n in 4..9 {
        push(m.as_mut(), &call("u", 5, false, n));
    }
    m.flush();
    let phases: Vec<Phase> = m.revisions().iter().map(|r| r.phase).collect();
    assert_eq!(phases, [Phase::Early, Phase::Retracted]);
}

#[test]
fn beyond_the_lateness_an_event_is_dropped_and_counted() {
    let mut m = open("");
    alerting(m.as_mut());
    // The watermark at 69.999 s: the window's end and a minute have not quite passed.
    m.advance(69_999);
    assert_eq!(
        push(m.as_mut(), &call("u", 1, true, 5)),
        [1, 0, 0, 0, 0, 0, 0]
    );
    m.advance(70_000);
    assert_eq!(
        push(m.as_mut(), &call("u", 1, true, 6)),
        [0, 0, 0, 0, 0, 1, 0]
    );
    m.flush();
    assert_eq!(told(&m.revisions()), ["1 OnTime 4", "2 Late 5"]);
    assert_eq!(m.counts(), [5, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn an_id_is_remembered_up_to_the_horizon() {
    for (watermark, counts) in [
        (39_999, [0, 1, 0, 0, 0, 0, 0]),
        (40_000, [1, 0, 0, 0, 0, 0, 0]),
    ] {
        let mut m = open("");
        alerting(m.as_mut());
        m.advance(watermark);
        assert_eq!(
            push(m.as_mut(), &call("u", 1, true, 1)),
            counts,
            "watermark {watermark}"
        );
    }
}

#[test]
fn the_far_future_is_refused_by_the_clock_and_closes_nothing() {
    let mut m = open("\"max_future_seconds\":60,");
    m.clock(5_000);
    alerting(m.as_mut());
    assert_eq!(
        push(m.as_mut(), &call("x", 66, true, 1)),
        [0, 0, 0, 0, 0, 0, 1]
    );
    assert_eq!(told(&m.revisions()), [""; 0]);
    assert_eq!(
        push(m.as_mut(), &call("x", 65, true, 2)),
        [1, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(told(&m.revisions()), ["1 OnTime 4"]);
}

#[test]
fn alerts_of_one_moment_are_in_window_and_key_order() {
    let mut m = open("");
    for user in ["b", "a", "c"] {
        for window in [1, 0] {
            for n in 0..4 {
                push(m.as_mut(), &call(user, window * 10, true, n));
            }
        }
    }
    m.flush();
    let order: Vec<String> = m
        .revisions()
        .iter()
        .map(|r| r.row.show("Esql.time_window")[17..19].to_owned() + &r.row.show("user.id"))
        .collect();
    assert_eq!(order, ["00a", "00b", "00c", "10a", "10b", "10c"]);
}

#[test]
fn the_id_is_the_same_on_every_host_and_replay() {
    let ids = |configuration: &str| {
        let mut m = open(configuration);
        alerting(m.as_mut());
        m.flush();
        m.revisions()[0].id.clone()
    };
    assert_eq!(ids(""), ids("\"early\":true,"));
    let mut other = high_4xx::open(RULE, (7, 9)).unwrap();
    alerting(&mut other);
    Machine::flush(&mut other);
    assert_eq!(Machine::revisions(&mut other)[0].id, ids(""));
}

#[test]
fn many_paths_are_estimated_within_three_per_cent_and_marked() {
    for (paths, exact) in [
        (4096, true),
        (4097, false),
        (20_000, false),
        (100_000, false),
    ] {
        let mut m = Native.open("{}");
        let mut lines = String::new();
        for n in 0..paths {
            let event = call("u", 1, true, n);
            lines += &document(
                &event,
                Shape::LogAnalytics,
                Style::Brief,
                &mut Random::new(1),
            );
            lines.push('\n');
        }
        m.push(lines.as_bytes());
        m.flush();
        let alert = &m.revisions()[0];
        let found: f64 = alert.row.show("Esql.url_path_count").parse().unwrap();
        let truth = f64::from(paths);
        assert!(
            (found - truth).abs() <= if exact { 0.0 } else { truth * 0.03 },
            "{found} of {truth}"
        );
        let marked = alert
            .marks
            .iter()
            .any(|m| m == "Esql.url_path_count approximate");
        assert_eq!(marked, !exact, "{paths}: {:?}", alert.marks);
    }
}
