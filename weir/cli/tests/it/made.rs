//! A detector made with the engine's shell: where its author's code panics, text and place reach
//! the user, and the rest goes on.

use serde_json::Value;

use crate::support::zoo::made;
use crate::support::{Answer, Room, burst, lines};

/// Where the rule is written.
const PLACE: &str = "it panicked: tests/zoo/src/made.rs:";
const RUN: [&str; 4] = ["run", "--no-cache", "--component", "it.wasm"];

/// A burst with one poisoned event in it, and the rule that fails there.
fn room(fault: &str) -> Room {
    let mut events = burst();
    events[7]["properties"]["userAgent"] = "poison/1.0".into();
    let room = Room::new();
    room.write("it.wasm", made(fault))
        .write("input", lines(&events));
    room
}

fn run(fault: &str) -> Answer {
    room(fault).logged(&[&RUN[..], &["input"]].concat())
}

/// The calls that its alert counts.
fn calls(answer: &Answer) -> u64 {
    let [alert] = &answer.alerts()[..] else {
        panic!("{}", answer.out);
    };
    assert_eq!(alert["rule.name"], "Each call of a user");
    alert["Esql.total_calls"].as_u64().unwrap()
}

#[test]
fn an_event_on_which_a_rule_panics_is_told_with_text_and_place_and_the_rest_goes_on() {
    let whole = run("none");
    whole.ends(0);
    assert_eq!(calls(&whole), burst().len() as u64);
    for (fault, text) in [
        ("event", ": cannot fill in poison/1.0\\u{1b}[2J nor go on"),
        (
            "index",
            ": index out of bounds: the len is 1 but the index is 7",
        ),
    ] {
        let room = room(fault);
        let answer = room.logged(&[&RUN[..], &["--rejects", "rejects", "input"]].concat());
        answer
            .ends(0)
            .tells_at("quarantined", "input", 8)
            .tells_with("quarantined", &format!("`push`: {PLACE}"))
            .tells_with("quarantined", text);
        assert!(!answer.err.contains('\u{1b}'), "{:?}", answer.err);
        assert_eq!(answer.count("quarantined"), 1);
        assert_eq!(calls(&answer), burst().len() as u64 - 1);
        let reject: Value = serde_json::from_str(&room.read("rejects")).unwrap();
        let reason = reject["reason"].as_str().unwrap();
        assert!(reason.contains(PLACE) && reason.contains(text), "{reason}");
    }
}

#[test]
fn wherever_else_it_panics_is_told_too() {
    for (fault, call, text) in [
        ("definition", "describe", ": a definition that is not there"),
        ("configure", "open", ": nothing to configure"),
        ("reason", "take-alerts", ": no words for 25"),
    ] {
        let answer = run(fault);
        let code = match call {
            "take-alerts" => "component-given-up",
            _ => "component-panicked",
        };
        answer
            .ends(2)
            .tells_with(code, &format!("`{call}`: {PLACE}"))
            .tells_with(code, text);
        assert_eq!(answer.out, "");
    }
    let room = room("definition");
    room.logged(&["inspect", "it.wasm"])
        .ends(2)
        .tells_with("component-panicked", PLACE);
    room.write("weir.toml", "component = \"it.wasm\"\n");
    let validated = room.weir(&["validate", "weir.toml"]);
    assert!(validated.ends(2).out.contains(PLACE), "{}", validated.out);
}

#[cfg(unix)]
#[test]
fn a_server_tells_it_and_serves_on() {
    let room = room("event");
    let listen = ["serve", "--listen", "http://127.0.0.1:0"];
    let component = ["--no-cache", "--component", "it.wasm"];
    let mut life = room.start_logged("serve", &[&listen[..], &component].concat());
    let at = life.wait_to_listen("http://");
    let answer = crate::support::http::post(&at, "", room.read("input").as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    life.wait_until("the count of what is quarantined", || {
        let metrics = crate::support::http::get(&at, "/metrics").unwrap();
        let quarantined = "weir_events_total{outcome=\"quarantined\"} 1\n";
        metrics.body.contains(quarantined)
    });
    let answer = life.stop();
    answer
        .ends(0)
        .tells_with("quarantined", PLACE)
        .tells_with("quarantined", ": cannot fill in poison/1.0");
    assert_eq!(calls(&answer), burst().len() as u64 - 1);
}
