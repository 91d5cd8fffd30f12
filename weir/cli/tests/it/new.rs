//! `weir new`, and how `weir test` finds the configuration of what it writes.
//!
//! That each language's detector is built and passes is tests/authors.sh's to show: it takes the
//! languages' tools.

use crate::support::told::JSON;
use crate::support::{Answer, Room};

const LANGUAGES: [&str; 3] = ["rust", "python", "javascript"];

fn new(room: &Room, name: &str, language: &str) -> Answer {
    room.logged(&["new", name, "--language", language])
}

#[test]
fn a_folder_is_written_and_the_next_step_is_told() {
    let room = Room::new();
    for language in LANGUAGES {
        let name = format!("guesses-{language}");
        let written = new(&room, &name, language);
        written.ends(0).tells_with("detector-written", &name);
        assert_eq!(written.out, "");
        assert!(room.path(&name).join("cases/many/input.ndjson").is_file());
        // Without a component there is nothing to test, and what is missing is named.
        let tested = room.logged(&["test", &format!("{name}/cases")]);
        tested.ends(3).tells_with("input-failed", ".wasm");
    }
    let cargo = room.read("guesses-rust/Cargo.toml");
    assert!(cargo.contains("name = \"guesses-rust\""), "{cargo}");
    assert!(room.path("guesses-rust/sdk/detector/src/lib.rs").is_file());
}

#[test]
fn a_rule_file_passes_its_cases_at_once() {
    let room = Room::new();
    new(&room, "guesses", "esql")
        .ends(0)
        .tells_with("detector-written", "guesses");
    let tested = room.weir(&["test", "guesses"]);
    assert!(
        tested.ends(0).out.contains("2 cases passed"),
        "{}",
        tested.out
    );
    let checked = ["compile", "--check", "guesses"];
    room.weir(&checked).ends(0);
    // The cases hold the rule to its threshold, from both sides.
    let rule = room.read("guesses/guesses.toml");
    for other in ["Esql.failures >= 4", "Esql.failures >= 6"] {
        room.write(
            "guesses/guesses.toml",
            rule.replace("Esql.failures >= 5", other),
        );
        room.weir(&["test", "guesses"]).ends(1);
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let room = Room::new();
    for name in [
        "Guesses",
        "two words",
        "../up",
        "x_y",
        "test",
        "memchr",
        "-x",
        "",
    ] {
        let refused = room.logged(&["new", "--language", "python", "--", name]);
        refused.ends(3).tells_with("configuration-refused", name);
    }
    room.write("there/file", "");
    new(&room, "there", "python")
        .ends(3)
        .tells_with("configuration-refused", "there");
    assert!(!room.path("there/README.md").exists());
    assert_eq!(new(&room, "x", "cobol").code, Some(3));
    assert_eq!(room.logged(&["new"]).code, Some(3));
}

#[test]
fn tools_that_are_missing_are_named_with_what_to_install() {
    let room = Room::new();
    let nothing = room.path("").display().to_string();
    for (language, tools) in [
        ("rust", &["cargo"][..]),
        ("python", &["python3"]),
        ("javascript", &["node", "npm"]),
    ] {
        let variables = [("PATH", Some(nothing.as_str())), JSON];
        let name = format!("in-{language}");
        let arguments = ["new", name.as_str(), "--language", language];
        let answer = room.weir_in(&arguments, b"", &variables);
        answer.ends(0).tells("detector-written");
        for tool in tools {
            answer.tells_with("tool-missing", tool);
        }
    }
}

/// A case that passes with the built-in component.
fn case(room: &Room, folder: &str) {
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/no-database/"
    );
    for file in ["case.toml", "expected.ndjson", "input.ndjson"] {
        let bytes = std::fs::read(format!("{fixture}{file}")).unwrap();
        room.write(&format!("{folder}/{file}"), bytes);
    }
}

#[test]
fn cases_have_the_nearest_configuration_above_them() {
    let room = Room::new();
    case(&room, "one/cases/a");
    let alone = room.logged(&["test", "one/cases"]);
    alone.ends(0);
    room.write("weir.toml", "component = \"nowhere.wasm\"\n");
    room.logged(&["test", "one/cases/a"])
        .ends(3)
        .tells_with("input-failed", "nowhere.wasm");
    // A nearer one counts.
    room.write("one/weir.toml", "[limits]\nmemory_mib = 512\n");
    let near = room.logged(&["test", "one/cases"]);
    near.ends(0)
        .tells_with("configuration-found", "one/weir.toml");
    // One that is named counts alone.
    let named = room.logged(&["test", "--config", "weir.toml", "one/cases"]);
    named.ends(3).tells_with("input-failed", "nowhere.wasm");
    // Of two, neither.
    case(&room, "two/cases/a");
    room.logged(&["test", "one/cases", "two/cases"])
        .ends(3)
        .tells_with("configuration-refused", "one/weir.toml");
}
