//! Tests of ticks: alerts, time, settings, status.

use crate::events::{WINDOW, call, closing, walk};
use crate::host::Host;
use serde_json::{Value, json};

fn feed(host: &mut Host, events: impl IntoIterator<Item = Value>) {
    for event in events {
        host.event(event.to_string().as_bytes());
    }
}

#[test]
fn one_tick_takes_several_alerts_and_the_next_none() {
    let mut host = Host::with("{}");
    feed(
        &mut host,
        walk("a")
            .chain(walk("b"))
            .chain(walk("c"))
            .chain([closing()]),
    );
    let users: Vec<Value> = host
        .tick()
        .alerts
        .iter()
        .map(|alert| alert["user.id"].clone())
        .collect();
    assert_eq!(users, ["a", "b", "c"]);
    let next = host.tick();
    assert!(next.alerts.is_empty() && next.status.is_none());
}

#[test]
fn ticks_close_windows_during_silence() {
    let mut host = Host::with("{}");
    feed(&mut host, walk("a"));
    // The watermark is two minutes behind the walk, and the window ends two minutes after.
    assert!(host.silence(235).is_empty());
    let alerts = host.silence(10);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["weir.alert.phase"], "on-time");

    let mut host = Host::with("{}");
    feed(&mut host, walk("a"));
    for n in 0..20 {
        assert!(host.silence(25).is_empty());
        feed(&mut host, [call("b", WINDOW + n, 0, 200)]);
    }
}

#[test]
fn without_an_idle_timeout_silence_closes_nothing() {
    let mut host = Host::with(r#"{"idle_timeout_seconds":0}"#);
    feed(&mut host, walk("a"));
    assert!(host.silence(1000).is_empty());
}

#[test]
fn a_clock_that_jumps_closes_nothing_at_once() {
    let mut host = Host::with("{}");
    feed(&mut host, walk("a"));
    host.tick();
    host.now += 86_400;
    assert!(host.silence(60).is_empty(), "a halt is no silence");
    host.now -= 86_400;
    assert!(host.silence(100).is_empty(), "nor is a clock set back");
}

#[test]
fn refuses_and_reports_events_far_ahead_of_the_ticks() {
    let mut host = Host::new();
    host.now = u32::try_from(WINDOW / 1000 - 3600).unwrap();
    host.tick();
    feed(&mut host, walk("a"));
    let status = host.tick().status.unwrap();
    assert_eq!(status["weir.status.refused_future"], 21);
    assert!(
        status["weir.problems"][0]
            .as_str()
            .unwrap()
            .starts_with("refused: ")
    );
}

#[test]
fn every_status_reports_bad_settings_and_the_defaults_apply() {
    let mut host = Host::new();
    let bad = r#"{"weir":{"parameters":{"min_error":1},"event":"drop"}}"#;
    let status = host.tick_with(bad).status.unwrap();
    let told = status["weir.problems"].clone();
    assert!(
        told[0]
            .as_str()
            .unwrap()
            .starts_with("event: no such setting"),
        "{told}"
    );
    assert!(
        told[1]
            .as_str()
            .unwrap()
            .starts_with("parameters.min_error: "),
        "{told}"
    );
    feed(&mut host, walk("a").chain([closing()]));
    assert_eq!(host.tick().alerts.len(), 1);
    host.silence(58);
    assert_eq!(host.tick().status.unwrap()["weir.problems"], told);
}

#[test]
fn settings_come_with_the_first_tick_only() {
    let mut host = Host::with(r#"{"parameters":{"min_errors":22}}"#);
    feed(&mut host, walk("a").chain([closing()]));
    let tick = host.tick_with(r#"{"weir":{"parameters":{"min_errors":1}}}"#);
    assert!(tick.alerts.is_empty());
    let status = tick.status.unwrap();
    assert!(
        status["weir.problems"][0]
            .as_str()
            .unwrap()
            .contains("other settings")
    );
}

#[test]
fn events_before_the_first_tick_use_built_in_settings() {
    let mut host = Host::new();
    feed(&mut host, walk("a"));
    let tick = host.tick_with(r#"{"weir":{"parameters":{"min_errors":22}}}"#);
    assert_eq!(tick.alerts.len(), 1);
    let status = tick.status.unwrap();
    assert!(
        status["weir.problems"][0]
            .as_str()
            .unwrap()
            .starts_with("21 events came before")
    );
    feed(&mut host, walk("b").chain([closing()]));
    assert!(host.tick().alerts.is_empty());
}

#[test]
fn a_status_comes_first_each_minute_and_on_problems() {
    let mut host = Host::new();
    let first = host.tick().status.unwrap();
    assert_eq!(first["weir.problems"], json!([]));
    assert_eq!(first["event.kind"], "metric");
    let quiet = (1..60).filter(|_| host.tick().status.is_some()).count();
    assert_eq!(quiet, 0);
    assert!(host.tick().status.is_some());
    host.event(b"{");
    assert_eq!(host.tick().status.unwrap()["weir.status.malformed"], 1);
    assert!(host.tick().status.is_none());
}
