//! The real detection with one fault each: what `weir test` notices, and what other commands say.

use crate::support::zoo::{animal, sloppy};
use crate::support::{Answer, Room, burst, lines};

/// A case whose one alert is on a window that events after it close, and one that stays quiet.
fn room(fault: &str) -> Room {
    let room = Room::new();
    room.write("it.wasm", sloppy(fault))
        .write("cases/burst/case.toml", "why = \"a burst alerts\"\n")
        .write("cases/burst/input.ndjson", lines(&burst()))
        .write("input", lines(&burst()))
        .write("cases/quiet/case.toml", "why = \"few calls do not\"\n")
        .write("cases/quiet/input.ndjson", lines(&burst()[..5]));
    // What is expected is the honest detector's.
    room.weir(&["test", "--update", "cases"]).ends(0);
    room
}

fn test(room: &Room) -> Answer {
    room.weir(&["test", "--no-cache", "--component", "it.wasm", "cases"])
}

/// A fault fails the burst's case, and the report says this.
#[track_caller]
fn notices(fault: &str, words: &str) {
    let answer = test(&room(fault));
    answer.ends(1);
    assert!(answer.out.contains(words), "{fault}:\n{}", answer.out);
}

#[test]
fn without_a_fault_every_way_passes() {
    let answer = test(&room("none"));
    assert!(
        answer.ends(0).out.contains("2 cases passed"),
        "{}",
        answer.out
    );
}

#[test]
fn counters_that_are_zero_are_noticed() {
    notices(
        "counters",
        "its counters say 0 counted, and the answers to `push` said 25",
    );
    notices(
        "counters-alerts",
        "its counters say 0 alerts_on_time, and 1 were handed out",
    );
    notices(
        "counters-more",
        "its counters say 26 counted, and the answers to `push` said 25",
    );
    notices("counters-windows", "its counters say 0 windows_fired");
}

#[test]
fn a_broken_take_state_is_noticed() {
    notices(
        "take-state-keeps",
        "behind `take-state` it still counts 12 events",
    );
    notices("take-state-loses", "state taken out midway");
    notices("take-groups", "groups taken out and merged");
}

#[test]
fn groups_that_are_taken_out_ascend_and_come_once() {
    let breach = "its answer breaks the contract: rule `8cbc7793-9ce4-4b7d-9c20-a30afbde2a05`, ";
    for (fault, words) in [
        (
            "groups-back",
            "groups[1].key: is not behind that of the group before it",
        ),
        (
            "groups-twice",
            "groups[1].key: is not behind that of the group before it",
        ),
        (
            "groups-older",
            "groups[1].window: is older than that of the group before it",
        ),
        (
            "groups-window",
            "groups[0].window: is no window of 120000 ms",
        ),
    ] {
        let words = format!("component failed in `take-groups`: {breach}{words}");
        notices(fault, &words);
    }
    notices(
        "groups-many",
        "component failed in `take-groups`: its answer breaks the contract: 65 were given where 64",
    );
    notices(
        "groups-panic",
        "component failed in `take-groups`: it gave up (a panic or an abort)",
    );
}

#[test]
fn a_worker_that_fires_is_noticed() {
    notices("partial", "opened with `partial` it hands out 1 alert");
}

#[test]
fn a_ledger_that_is_not_kept_or_lies_is_noticed() {
    notices(
        "no-verdicts",
        "with `verdicts` set, 1 of 1 alert has no entry",
    );
    notices("no-verdicts", "with `verdicts` set the ledger is empty");
    notices("verdicts", "`verdicts` is not set");
    notices("verdicts-lie", "says wrongly whether all clauses hold");
}

#[test]
fn a_select_that_does_not_select_is_noticed() {
    notices("select", "`select` gives no event of 1 group that alerted");
    notices(
        "select-time",
        "component failed in `select`: its answer breaks the contract: rule \
         `8cbc7793-9ce4-4b7d-9c20-a30afbde2a05`, events[0].groups: is an event that was not asked for",
    );
    notices(
        "select-empty",
        "1 alert does not come of the documents that `select` makes",
    );
}

#[test]
fn a_detector_that_is_deaf_to_time_is_noticed() {
    notices(
        "clock",
        "told by `advance` that the clock is 2026-03-04T03:56",
    );
    notices(
        "advance",
        "told by `advance` that it is 2026-03-04T05:08:00.000Z, it does not hand out 1 alert",
    );
    notices("flush", "(`flush`), and 1 window stayed open");
}

/// A detector of a few lines has neither conditions nor data sets nor workers, and keeps no
/// figures but those of documents.
#[test]
fn a_minimal_detector_is_asked_for_nothing_that_it_need_not_have() {
    let room = Room::new();
    let text: String = (1..=20).map(|n| format!("{{\"line\":{n}}}\n")).collect();
    room.write("it.wasm", animal("honest"))
        .write("cases/a/case.toml", "why = \"x\"\nshuffle = false\n")
        .write("cases/a/input.ndjson", text);
    let component = ["test", "--no-cache", "--component", "it.wasm"];
    room.weir(&[&component[..], &["--update", "cases"]].concat())
        .ends(0);
    assert_eq!(room.read("cases/a/expected.ndjson").lines().count(), 4);
    room.weir(&[&component[..], &["cases"]].concat()).ends(0);
}

#[test]
fn a_run_says_that_windows_stayed_open() {
    let room = room("flush");
    let run = ["run", "--no-cache", "--component", "it.wasm", "input"];
    room.logged(&run)
        .ends(0)
        .tells_with("windows-open", "1 window ");
    let page = [&["report"], &run[1..], &["--output", "page.html"]].concat();
    room.logged(&page)
        .ends(0)
        .tells_with("windows-open", "1 window ");
    room.logged(&["run", "input"]).ends(0).lacks("windows-open");
}

#[test]
fn a_configuration_that_is_refused_without_a_reason_is_said_in_a_sentence() {
    let room = room("open");
    for command in [&["run"][..], &["run", "--quiet", "--log-level", "error"]] {
        let more = ["--no-cache", "--component", "it.wasm", "input"];
        room.weir(&[command, &more].concat())
            .ends(3)
            .says("weir: the detector refuses its configuration and does not say why");
    }
    room.write("weir.toml", "component = \"it.wasm\"\n");
    let validated = room.weir(&["validate", "weir.toml"]);
    assert!(
        validated.ends(3).out.contains("does not say why"),
        "{}",
        validated.out
    );
}

/// A component that looks at none of its parameters is given none that is wrong.
#[test]
fn the_host_checks_parameters_for_a_component_that_does_not() {
    let room = room("careless");
    room.write(
        "weir.toml",
        "component = \"it.wasm\"\n\n[parameters]\nmin_errors = 0.5\nearly = \"yes\"\n\
         [[parameters.exceptions]]\nuser = \"u\"\nexpires = \"soon\"\n",
    );
    let run = room.weir(&["run", "--no-cache", "--config", "weir.toml", "input"]);
    run.ends(3)
        .says("weir: weir.toml:4: min_errors: 0.5 is not an integer from 0 to")
        .says("weir: weir.toml:5: early: \"yes\" is not true or false")
        .says("weir: weir.toml:6: exceptions[0].reason: missing; say why")
        .says("weir: weir.toml:8: exceptions[0].expires: \"soon\" is not a time");
    assert_eq!(run.out, "");
    let set = |setting: &str, words: &str| {
        let run = ["run", "--no-cache", "--component", "it.wasm", "input"];
        room.weir(&[&run[..], &["--set", setting]].concat())
            .ends(3)
            .says(words);
    };
    set(
        "min_error_rate=1.5",
        "--set: min_error_rate: 1.5 is not a number from 0 to 1",
    );
    set("early=1", "--set: early: 1 is not true or false");
    set(
        "min_eror=1",
        "--set: the detector has no parameter `min_eror`",
    );
    // Every command that opens a detector.
    let bad = ["--component", "it.wasm", "--set", "window_seconds=0"];
    let words = "--set: window_seconds: 0 is not an integer from 1 to 86400";
    for command in [
        &[
            "tap",
            "--key",
            "user.id=walker",
            "--output",
            "tapped",
            "input",
        ][..],
        &["explain", "input"],
        &["report", "--output", "page.html", "input"],
        &["run", "--threads", "2", "input"],
    ] {
        room.weir(&[command, &bad].concat()).ends(3).says(words);
    }
    room.write(
        "cases/burst/case.toml",
        "why = \"x\"\n[parameters]\nmin_errors = -1\n",
    );
    let tested = test(&room);
    let place = "cases/burst/case.toml:3: min_errors: -1 is not an integer";
    assert!(tested.ends(1).out.contains(place), "{}", tested.out);
    let validated = room.weir(&["validate", "weir.toml"]);
    let place = "weir.toml:5: parameters.early: \"yes\" is not true or false";
    assert!(validated.ends(3).out.contains(place), "{}", validated.out);
}

#[test]
fn a_tap_says_that_redaction_changes_what_is_found() {
    let room = room("picky");
    let tap = |output: &str, more: &[&str]| {
        let tap = [
            "tap",
            "--no-cache",
            "--component",
            "it.wasm",
            "--key",
            "user.id=walker",
            "--output",
            output,
            "input",
        ];
        room.logged(&[&tap[..], more].concat())
    };
    tap("redacted", &[])
        .ends(1)
        .tells_with("case-changed", "2026-03-04T05:06:00.000Z: 1 alert became 0")
        .tells_with("case-changed", "--keep FIELD");
    assert_eq!(room.read("redacted/expected.ndjson"), "");
    let kept = tap("kept", &["--keep", "user_agent.original"]);
    kept.ends(0).lacks("case-changed");
}
