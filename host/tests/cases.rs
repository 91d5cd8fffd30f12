//! `weir test` over fixture cases.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod support;

use support::{Room, burst, lines};

fn room() -> Room {
    let room = Room::new();
    room.write(
        "cases/burst/case.toml",
        "why = \"a burst alerts\"\n[counters]\ncounted = 25\n",
    )
    .write("cases/burst/input.ndjson", lines(&burst()))
    .write("cases/quiet/case.toml", "why = \"few calls do not\"\n")
    .write(
        "cases/quiet/input-1.json",
        format!("{:#}", serde_json::json!(burst()[..5])),
    )
    .write("cases/quiet/input-2.json", "bad\n");
    room
}

#[test]
fn a_case_is_written_once_and_then_passes_all_ways() {
    let room = room();
    room.weir(&["test", "cases"]).ends(1);
    room.weir(&["test", "--update", "cases"]).ends(0);
    assert_eq!(room.read("cases/burst/expected.ndjson").lines().count(), 1);
    assert_eq!(room.read("cases/quiet/expected.ndjson"), "");
    let answer = room.weir(&["test", "--junit", "report.xml", "cases"]);
    assert!(answer.ends(0).out.contains("2 cases, 2 passed, 0 failed"));
    assert!(answer.out.contains("a burst alerts"));
    let report = room.read("report.xml");
    assert!(report.contains("tests=\"12\" failures=\"0\""), "{report}");
    assert!(report.contains("name=\"restarted midway\""), "{report}");
    room.weir(&["test", "cases/burst"]).ends(0);
    // What a case expects is what a run prints.
    let run = room.weir(&["run", "--final", "cases/burst/input.ndjson"]);
    assert_eq!(run.out, room.read("cases/burst/expected.ndjson"));
}

#[test]
fn a_difference_is_shown_key_by_key() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    let expected = room.read("cases/burst/expected.ndjson");
    room.write(
        "cases/burst/expected.ndjson",
        expected.replace("\"Esql.total_calls\":25", "\"Esql.total_calls\":26"),
    );
    let answer = room.weir(&["test", "--junit", "report.xml", "cases"]);
    answer.ends(1);
    assert!(
        answer
            .out
            .contains("Esql.total_calls: expected 26, found 25"),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("2 cases, 1 passed, 1 failed"));
    assert!(room.read("report.xml").contains("<failure "));
    room.write("cases/burst/expected.ndjson", "");
    let answer = room.weir(&["test", "cases"]);
    assert!(answer.ends(1).out.contains("unexpected alert"));
    room.write("cases/burst/expected.ndjson", &expected)
        .write("cases/quiet/expected.ndjson", &expected);
    let answer = room.weir(&["test", "cases"]);
    assert!(answer.ends(1).out.contains("missing alert"));
}

#[test]
fn a_counter_that_differs_fails_the_case() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    room.write(
        "cases/burst/case.toml",
        "why = \"x\"\n[counters]\ncounted = 24\n",
    );
    let answer = room.weir(&["test", "cases"]);
    assert!(
        answer
            .ends(1)
            .out
            .contains("counter counted: expected 24, found 25")
    );
}

#[test]
fn broken_cases_are_named() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    let says = |text: &str| {
        let answer = room.weir(&["test", "cases"]);
        assert!(answer.ends(1).out.contains(text), "{}", answer.out);
    };
    room.write(
        "cases/burst/case.toml",
        "why = \"x\"\n[counters]\ncount = 1\n",
    );
    says("there is no counter `count`");
    room.write("cases/burst/case.toml", "\nwy = \"x\"\n");
    says("case.toml:2: unknown field `wy`");
    std::fs::remove_file(room.path("cases/burst/case.toml")).unwrap();
    says("case.toml: no such file");
    room.write("empty/file", "");
    room.weir(&["test", "empty"]).ends(3).says("no cases here");
}
