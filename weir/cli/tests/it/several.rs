//! Several detectors side by side over one stream.

use serde_json::Value;

use crate::support::zoo::animal;
use crate::support::{Answer, Room};

const CONFIG: &str = "[limits]\ndeadline_ms = 100\nmemory_mib = 64\nrestarts = 5\nbatch_kib = 4\n";

/// A tenant's log with a poisoned line in it, and the zoo's animal beside.
fn room(name: &str) -> Room {
    let room = Room::new();
    let mut input = crate::support::lines(&crate::support::burst());
    input.push_str("{\"poison\":1}\n");
    input.push_str(
        &input
            .replace("2026-03-04T05", "2026-03-04T06")
            .replace("request-", "again-"),
    );
    room.write("it.wasm", animal(name))
        .write("config.toml", CONFIG)
        .write("input", input);
    room
}

/// The alerts of the embedded detector, as they stand.
fn of_embedded(answer: &Answer) -> Vec<String> {
    let zoo = |line: &&str| {
        let alert: Value = serde_json::from_str(line).unwrap();
        alert["rule.id"].as_str().unwrap().starts_with("zoo-")
    };
    let lines = answer.out.lines().filter(|line| !zoo(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn whatever_one_does_the_other_finds_the_same() {
    for (name, code) in [
        ("honest", 0),
        ("panic-poison", 0),
        ("spin-poison", 0),
        ("panic-push", 2),
        ("spin-push", 2),
        ("grow", 2),
        ("utf8", 2),
        ("lie-counts", 2),
    ] {
        let room = room(name);
        let base = ["run", "--config", "config.toml", "--no-cache"];
        let alone = room.weir(&[&base[..], &["input"]].concat());
        assert_eq!(alone.ends(0).alerts().len(), 2);
        for order in [["embedded", "it.wasm"], ["it.wasm", "embedded"]] {
            let components = ["--component", order[0], "--component", order[1]];
            let both = room.logged(&[&base[..], &components, &["input"]].concat());
            both.ends(code);
            assert_eq!(
                of_embedded(&both).join("\n"),
                alone.out.trim_end(),
                "{name}"
            );
            let own = format!("zoo-{name}");
            let mut all = both.messages().into_iter();
            assert!(all.any(|message| message["rule"] == *own), "{}", both.err);
            both.adds_up(52);
        }
    }
}

#[test]
fn messages_begin_with_the_rule_of_their_detector_at_every_level() {
    let room = room("panic-push");
    let base = ["run", "--config", "config.toml", "--no-cache"];
    let components = ["--component", "embedded", "--component", "it.wasm"];
    for level in ["info", "error"] {
        let both = room.weir(&[&base[..], &components, &["--log-level", level, "input"]].concat());
        let mut lines = both.ends(2).err.lines();
        let own = lines.any(|line| line.starts_with("weir: zoo-panic-push: "));
        assert!(own, "{}", both.err);
    }
}

#[test]
fn standard_input_and_options_are_for_all() {
    let room = room("honest");
    let input = room.read("input");
    let components = ["--component", "embedded", "--component", "it.wasm"];
    let run = |more: &[&str]| {
        let arguments = [&["run", "--no-cache"], &components[..], more].concat();
        room.weir_with(&arguments, input.as_bytes())
    };
    let answer = run(&["--set", "min_errors=1000", "--rejects", "rejects", "-"]);
    // What the other does not have is for the one that has it.
    assert_eq!(of_embedded(answer.ends(0)), Vec::<String>::new());
    assert_eq!(answer.alerts().len(), 10);
    run(&["--set", "min_eror=1", "-"])
        .ends(3)
        .says("no detector has a parameter `min_eror`");
    run(&["--threads", "2", "-"]).ends(3).says("--threads");
    run(&["--checkpoint", "state", "-"])
        .ends(3)
        .says("--checkpoint holds one detector");
    room.write("bad", "{no json\n");
    let answer = run(&["--rejects", "rejects", "bad"]);
    answer.ends(0);
    let reject: Value = serde_json::from_str(room.read("rejects").lines().next().unwrap()).unwrap();
    assert_ne!(reject["detector"], Value::Null);
}

#[test]
fn two_of_one_rule_are_refused() {
    let room = room("honest");
    room.write("same.wasm", weir_shipped::COMPONENT);
    room.weir(&[
        "run",
        "--component",
        "embedded",
        "--component",
        "same.wasm",
        "input",
    ])
    .ends(3)
    .says("two components say that they are rule ");
}
