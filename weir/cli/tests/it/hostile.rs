//! Components that misuse the calls of the contract: what becomes of each, whichever command calls.

use serde_json::Value;

use crate::support::zoo::{CONFIG, PANIC, RUN, alerted, fifths, lines, room, roomy, run};
use crate::support::{Answer, Room};

/// A case of twenty lines, whose expected alerts are the honest detector's.
fn case(name: &str) -> Room {
    let room = room(name, CONFIG, &lines(20, &[]));
    room.write("cases/a/case.toml", "why = \"x\"\nshuffle = true\n")
        .write("cases/a/input.ndjson", lines(20, &[]));
    room
}

/// What `weir test` says of such a case. What is expected is what the straight run gives.
fn tested(room: &Room) -> Answer {
    let component = ["--component", "it.wasm", "--config", "config.toml"];
    let test = [
        &["test", "--no-cache", "--update"],
        &component[..],
        &["cases"],
    ]
    .concat();
    room.weir(&test)
}

#[track_caller]
fn finds(name: &str, words: &str) {
    let answer = tested(&case(name));
    answer.ends(1);
    assert!(answer.out.contains(words), "{name}:\n{}", answer.out);
}

#[test]
fn a_panic_in_any_call_is_a_failure_that_names_the_call() {
    let follow = [&RUN[..], &["--follow", "-"]].concat();
    for (call, named) in [
        ("describe", "describe"),
        ("open", "open"),
        ("advance", "advance"),
        ("flush", "flush"),
        ("alerts", "take-alerts"),
        ("counters", "counters"),
    ] {
        let room = room(&format!("panic-{call}"), CONFIG, &lines(100, &[]));
        let input = lines(100, &[]);
        let answer = match call {
            "advance" => room.logged_with(&follow, input.as_bytes()),
            _ => run(&room, &["input"]),
        };
        let code = match call {
            "describe" | "open" => "component-panicked",
            _ => "component-given-up",
        };
        let failed = format!("`{named}`: it gave up {PANIC}");
        answer.ends(2).tells_with(code, &failed);
    }
    let ledger = room("ledger-panic", CONFIG, &lines(100, &[]));
    run(&ledger, &["--verdicts", "ledger", "input"])
        .ends(2)
        .tells_with("component-given-up", "`take-verdicts`");
    let advice = room("panic-advise", CONFIG, "");
    advice.write("weir.toml", "component = \"it.wasm\"\n");
    let answer = advice.weir(&["validate", "weir.toml"]);
    answer.ends(2);
    let said = answer.err + &answer.out;
    assert!(
        said.contains("component failed in `advise`: it gave up"),
        "{said}"
    );
    let table = room(
        "panic-table",
        &format!("{CONFIG}[tables]\nzoo = \"input\"\n"),
        "x",
    );
    run(&table, &["input"])
        .ends(2)
        .tells_with("component-panicked", "`load-table`");
}

#[test]
fn a_panic_over_a_state_is_a_failure_that_names_the_call() {
    let checkpoint = ["--checkpoint", "state", "input"];
    let snapshot = room("panic-snapshot", CONFIG, &lines(100, &[]));
    run(&snapshot, &checkpoint)
        .ends(2)
        .tells_with("component-given-up", "`snapshot`");
    let merge = room("panic-merge", CONFIG, &lines(100, &[]));
    run(&merge, &checkpoint).ends(0);
    run(&merge, &checkpoint)
        .ends(2)
        .tells_with("component-panicked", "`merge`");
    let long = room("merge-long", CONFIG, &lines(100, &[]));
    run(&long, &checkpoint).ends(0);
    run(&long, &checkpoint)
        .ends(2)
        .tells_with("answer-too-large", "`merge`")
        .tells_with("answer-too-large", "1,048,576");
    finds(
        "panic-take-state",
        "component failed in `take-state`: it gave up",
    );
    finds("panic-select", "component failed in `select`: it gave up");
}

#[test]
fn events_are_those_that_were_asked_for() {
    for (name, words) in [
        (
            "select-others",
            "events[0].groups: is an event that was not asked for",
        ),
        (
            "select-later",
            "events[0].groups: is an event that was not asked for",
        ),
        (
            "select-outside",
            "events[0].offset: is outside of the batch",
        ),
        (
            "select-nan",
            "events[0].columns[0].value: is no finite number",
        ),
        ("select-twice", "events[0].columns: `a` is there twice"),
    ] {
        finds(
            name,
            &format!(
                "component failed in `select`: its answer breaks the contract: rule `zoo-{name}`, \
                 {words}"
            ),
        );
    }
}

#[test]
fn what_it_says_is_wrong_is_bounded() {
    for (name, words) in [("open-many", "4,300,000"), ("open-long", "1,048,576")] {
        let room = room(name, &roomy(), "");
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("answer-too-large", "`open`")
            .tells_with("answer-too-large", words);
        assert!(answer.err.len() < 1200, "{}", answer.err.len());
    }
    for (name, words) in [("table-many", "1,700,000"), ("table-long", "1,048,576")] {
        let config = format!("{}[tables]\nzoo = \"input\"\n", roomy());
        let room = room(name, &config, "x");
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("answer-too-large", "`load-table`")
            .tells_with("answer-too-large", words);
    }
    for (name, words) in [
        ("advise-many", "what it says is wrong takes 4,300,000 bytes"),
        ("advise-long", "a text takes 1,048,576 bytes"),
    ] {
        let room = room(name, &roomy(), "");
        room.write("weir.toml", "component = \"it.wasm\"\n");
        let answer = room.weir(&["validate", "weir.toml"]);
        answer.ends(2);
        let said = answer.err + &answer.out;
        assert!(said.contains(words) && said.len() < 1000, "{said}");
    }
}

#[test]
fn counts_without_bounds_end_a_run_and_nothing_else() {
    let room = room("count-max", CONFIG, &lines(100, &[]));
    run(&room, &["input"])
        .ends(2)
        .tells_with("component-given-up", "outcome: 18446744073709551615 ");
    let room = crate::support::zoo::room("counters-max", CONFIG, &lines(100, &[]));
    let answer = run(&room, &["--json-summary=summary", "input"]);
    answer.ends(2);
    assert_eq!(alerted(&answer), fifths(100));
    let room = crate::support::zoo::room("table-missed", CONFIG, &lines(100, &[]));
    run(&room, &["input"])
        .ends(2)
        .tells_with("component-given-up", "counters.tables-missed: ");
}

/// No character that steers a terminal.
#[track_caller]
fn is_harmless(what: &str, text: &str) {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
    let found = text.chars().position(steers);
    assert_eq!(found, None, "{what}: {text:?}");
    // Nor a line that somebody else seems to have said.
    let forged = text.lines().find(|line| line.starts_with("weir: input:7"));
    assert_eq!(forged, None, "{what}");
}

#[test]
fn words_that_steer_reach_nobody_raw_whichever_command_shows_them() {
    let room = room("steering-words", CONFIG, &lines(100, &[]));
    room.write("weir.toml", "component = \"it.wasm\"\n");
    let component = ["--no-cache", "--component", "it.wasm"];
    for arguments in [
        &["inspect", "it.wasm"][..],
        &["inspect", "--json", "it.wasm"],
        &["validate", "weir.toml"],
        &[&["run", "--format", "table"], &component[..], &["input"]].concat(),
        &[&["run", "--log-format", "json"], &component[..], &["input"]].concat(),
    ] {
        let answer = room.weir(arguments);
        answer.ends(0);
        is_harmless(&arguments.join(" "), &answer.err);
        if !arguments.contains(&"json") {
            is_harmless(&arguments.join(" "), &answer.out);
        }
    }
    // One document a line, whatever stands in it.
    for format in ["ecs", "ocsf"] {
        let answer = run(&room, &["--format", format, "input"]);
        let lines: Vec<Value> = answer.ends(0).alerts();
        assert_eq!(lines.len(), 20);
        assert!(!answer.out.contains(['\u{1b}', '\r']), "{format}");
    }
    let page = [&["report"], &component[..], &["-o", "page.html", "input"]].concat();
    room.weir(&page).ends(0);
    let page = room.read("page.html");
    assert!(!page.contains("<script>alert(1)"));
    is_harmless("the page", &page);
}

#[test]
fn words_about_what_is_wrong_steer_nothing() {
    for name in [
        "open-steering",
        "advise-steering",
        "table-steering",
        "refuse-steering",
    ] {
        let config = match name {
            "table-steering" => format!("{CONFIG}[tables]\nzoo = \"input\"\n"),
            _ => CONFIG.to_owned(),
        };
        let room = room(name, &config, &lines(100, &[]));
        room.write("weir.toml", "component = \"it.wasm\"\n");
        for answer in [
            room.weir(&[&RUN[..], &["--rejects", "rejects", "input"]].concat()),
            room.weir(&["validate", "weir.toml"]),
        ] {
            is_harmless(name, &answer.err);
            is_harmless(name, &answer.out);
        }
    }
}
