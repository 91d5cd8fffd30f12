//! Detectors that lack an optional interface: what each command says, and what goes on without.

use crate::support::zoo::{CONFIG, PANIC, RUN, alerted, animal, fifths, lines, room, run, without};
use crate::support::{Answer, Room, burst};

const ALL: [&str; 3] = ["state", "inspection", "messages"];

/// An animal without some interfaces, and so many lines.
fn lacking(name: &str, interfaces: &[&str], input: &str) -> Room {
    let room = room(name, CONFIG, input);
    room.write("it.wasm", without(&animal(name), interfaces));
    room
}

/// What is said where an interface is missing that something needs.
#[track_caller]
fn needs(answer: &Answer, interface: &str, needed_by: &str) {
    let interface = format!("weir:detector/{interface}@0.2.0");
    answer
        .ends(3)
        .tells_with("interface-missing", &interface)
        .tells_with("interface-missing", needed_by);
    assert_eq!(answer.out, "");
}

#[test]
fn a_run_needs_none_of_them() {
    for interfaces in [&ALL[..], &ALL[..1], &ALL[1..2], &ALL[2..]] {
        let room = lacking("honest", interfaces, &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer.ends(0).adds_up(100);
        assert_eq!(alerted(&answer), fifths(100), "{interfaces:?}");
        let followed = [&RUN[..], &["--follow", "-"]].concat();
        let answer = room.weir_with(&followed, lines(100, &[]).as_bytes());
        assert_eq!(alerted(answer.ends(0)), fifths(100), "{interfaces:?}");
    }
}

#[test]
fn the_shipped_detection_finds_the_same_without_them() {
    let room = Room::new();
    room.write("it.wasm", without(weir_shipped::COMPONENT, &ALL))
        .write("input", crate::support::lines(&burst()));
    let whole = room.weir(&["run", "input"]);
    let bare = room.weir(&["run", "--no-cache", "--component", "it.wasm", "input"]);
    assert!(!whole.ends(0).out.is_empty());
    assert_eq!(bare.ends(0).out, whole.out);
}

#[test]
fn what_splits_or_keeps_a_state_is_refused_before_anything_is_done() {
    let room = lacking("honest", &["state"], &lines(100, &[]));
    let answer = run(&room, &["--checkpoint", "state", "input"]);
    needs(&answer, "state", "`--checkpoint`");
    assert!(!room.path("state").exists());
    let splits = "splitting the work (`--threads`, Kafka)";
    needs(&run(&room, &["--threads", "2", "input"]), "state", splits);
    #[cfg(feature = "kafka")]
    needs(&run(&room, &["kafka://localhost:1/logs"]), "state", splits);
}

#[test]
fn what_looks_closer_is_refused_before_anything_is_done() {
    let room = lacking("ledger", &["inspection"], &lines(100, &[]));
    let answer = run(&room, &["--verdicts", "ledger", "input"]);
    needs(&answer, "inspection", "`--verdicts`");
    assert!(!room.path("ledger").exists());
    let component = ["--no-cache", "--component", "it.wasm"];
    let tap = [
        &["tap"],
        &component[..],
        &["--key", "line=7", "--output", "case", "input"],
    ];
    needs(&room.logged(&tap.concat()), "inspection", "`weir tap`");
    let explain = [&["explain"], &component[..], &["input"]].concat();
    needs(
        &room.logged(&explain),
        "inspection",
        "`weir explain` over logs",
    );
    room.write(
        "config.toml",
        format!("{CONFIG}[tables]\nzoo = \"input\"\n"),
    );
    needs(&run(&room, &["input"]), "inspection", "table `zoo`");
}

#[test]
fn a_page_and_a_validation_say_what_they_lack() {
    let room = lacking("honest", &["inspection"], &lines(100, &[]));
    let component = ["--no-cache", "--component", "it.wasm"];
    let page = [&["report"], &component[..], &["-o", "page.html", "input"]].concat();
    room.logged(&page).ends(0).tells("details-missing");
    assert!(room.read("page.html").contains("no interface `inspection`"));
    room.write("weir.toml", "component = \"it.wasm\"\n");
    let validated = room.weir(&["validate", "weir.toml"]);
    assert!(
        validated
            .ends(0)
            .out
            .contains("advice on parameters needs it"),
        "{}",
        validated.out
    );
}

#[test]
fn without_snapshots_a_fresh_start_takes_all_again() {
    let poison = [1, 57, 58, 400, 1000];
    let room = lacking("panic-poison", &["state"], &lines(1000, &poison));
    let config = CONFIG.replace("restarts = 5", "restarts = 20");
    room.write("config.toml", config);
    for way in ["input", "-"] {
        let input = room.read("input");
        let answer = room.logged_with(&[&RUN[..], &[way]].concat(), input.as_bytes());
        answer
            .ends(0)
            .adds_up(1000)
            .tells("detector-restarted")
            .lacks("state-lost");
        assert_eq!(answer.count("quarantined"), 5);
        assert_eq!(alerted(&answer), fifths(995));
    }
}

#[test]
fn what_is_kept_for_a_fresh_start_is_bounded_and_a_loss_is_said_once() {
    // From a pipe, so that nothing can be read again.
    let filler = "x".repeat(200);
    let input = lines(30_000, &[29_000]);
    let input = input.replace("{\"line\":", &format!("{{\"pad\":\"{filler}\",\"line\":"));
    let room = lacking("panic-poison", &["state"], "");
    let config = format!("{CONFIG}journal_mib = 1\njournal_disk_mib = 0\n")
        .replace("batch_kib = 1", "batch_kib = 128")
        .replace("restarts = 5", "restarts = 20");
    room.write("config.toml", config);
    let answer = room.logged_with(&[&RUN[..], &["-"]].concat(), input.as_bytes());
    answer.ends(0).tells("detector-restarted");
    assert_eq!(answer.told("state-lost").len(), 1, "{}", answer.err);
    assert_eq!(answer.count("quarantined"), 1);
    // What was found before the failure stays found.
    let found = alerted(&answer);
    assert_eq!(found[..5_500], fifths(27_500)[..]);
}

#[test]
fn an_inspection_says_which_there_are() {
    let room = lacking("honest", &["state"], "");
    let said = room.weir(&["inspect", "--json", "it.wasm"]);
    let said: serde_json::Value = serde_json::from_str(&said.ends(0).out).unwrap();
    let exports = said["exports"].to_string();
    assert!(!exports.contains("detector/state@"), "{exports}");
}

#[test]
fn a_required_interface_is_required() {
    for interface in ["alerts", "description", "detection"] {
        let room = lacking("honest", &[interface], &lines(100, &[]));
        let export = format!("weir:detector/{interface}@0.2.0");
        run(&room, &["input"])
            .ends(2)
            .tells_with("component-no-detector", &export);
    }
}

#[test]
fn what_it_prints_is_shown_and_steers_nothing() {
    let printing = |name: &str| run(&room(name, CONFIG, &lines(100, &[])), &["input", "--debug"]);
    printing("prints")
        .ends(0)
        .tells_with("detector-message", "a batch came");
    let steering = printing("prints-steering");
    steering
        .ends(0)
        .tells_with("detector-message", "\\u{1b}[2J");
    assert!(!steering.err.contains(['\u{1b}', '\u{202e}', '\r']));
    for name in ["prints-many", "prints-long"] {
        printing(name).ends(2).tells_with(
            "component-given-up",
            "`take-messages`: its answer breaks the contract",
        );
    }
    printing("panic-messages")
        .ends(2)
        .tells_with("component-panicked", "`take-messages`");
    let silent = lacking("prints", &["messages"], &lines(100, &[]));
    let answer = run(&silent, &["input", "--debug"]);
    answer.ends(0).lacks("detector-message");
    // Who is not to be shown anything is not asked.
    for name in ["prints", "prints-many", "prints-long", "panic-messages"] {
        let answer = run(&room(name, CONFIG, &lines(100, &[])), &["input"]);
        answer.ends(0).lacks("detector-message");
    }
}

#[test]
fn what_looks_like_the_text_of_a_panic_and_is_none_is_passed_over() {
    for name in ["told-long", "told-many"] {
        let patient = CONFIG.replace("deadline_ms = 100", "deadline_ms = 30000");
        let room = room(name, &patient, &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("component-given-up", &format!("`push`: it gave up {PANIC}"));
    }
}

#[test]
fn the_text_of_a_panic_is_told_with_its_place() {
    for interfaces in [&[][..], &ALL] {
        let room = lacking("told-push", interfaces, &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with(
                "component-given-up",
                "`push`: it panicked: tests/zoo/src/zoo.rs:",
            )
            .tells_with("component-given-up", ": at push\\u{1b}[2J");
        assert!(!answer.err.contains('\u{1b}'), "{:?}", answer.err);
    }
}
