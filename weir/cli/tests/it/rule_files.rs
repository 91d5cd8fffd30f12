//! `weir test` over rule files with cases beside them.

use crate::support::{Answer, Room};

/// A threshold rule: so many failures of a user within ten minutes.
pub(crate) fn threshold(id: &str, least: u32) -> String {
    format!(
        "[metadata]\nmaturity = \"development\"\n\n[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\n\
         description = \"A rule of the tests.\"\nseverity = \"high\"\nrisk_score = 73\n\
         index = [\"filebeat-*\", \"logs-toy.audit-*\"]\nlanguage = \"kuery\"\ntype = \"threshold\"\n\
         from = \"now-10m\"\ninterval = \"5m\"\nquery = 'event.outcome: failure'\n\n\
         [rule.threshold]\nfield = [\"user.name\"]\nvalue = {least}\n"
    )
}

/// So many failures of a user, a second apart.
pub(crate) fn failures(user: &str, count: u32) -> String {
    let line = |at| {
        format!(
            "{{\"@timestamp\":\"2026-05-19T09:00:{at:02}Z\",\"data_stream.dataset\":\"toy.audit\",\
             \"event\":{{\"id\":\"{user}{at}\",\"outcome\":\"failure\"}},\"user.name\":\"{user}\"}}\n"
        )
    };
    (0..count).map(line).collect()
}

/// A case with so many failures of a user.
fn case(room: &Room, folder: &str, count: u32, more: &str) {
    room.write(
        &format!("{folder}/case.toml"),
        format!("why = \"{count} failures\"\n{more}"),
    )
    .write(&format!("{folder}/input.ndjson"), failures("ann", count));
}

/// Two rule files, of which one has two cases, and a file that is no rule.
fn room() -> Room {
    let room = Room::new();
    room.write("rules/burst.toml", threshold("r-burst", 3))
        .write("rules/deep/bare.toml", threshold("r-bare", 3))
        .write("rules/other.toml", "[package]\nname = \"other\"\n");
    case(
        &room,
        "rules/burst.cases/many",
        4,
        "[counters]\ncounted = 4\n",
    );
    case(&room, "rules/burst.cases/few", 2, "");
    room
}

/// The tests of a JUnit report and how many of them failed.
fn report(answer: &Answer) -> (Vec<String>, usize) {
    let report = roxmltree::Document::parse(&answer.out).unwrap();
    let suites = report
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"));
    let name = |node: roxmltree::Node<'_, '_>| node.attribute("name").unwrap().to_owned();
    let bad = ["failure", "error"];
    let wrong = report
        .descendants()
        .filter(|node| bad.contains(&node.tag_name().name()));
    (suites.map(name).collect(), wrong.count())
}

#[test]
fn rule_files_are_compiled_and_tested_in_one_go() {
    let room = room();
    room.weir(&["test", "rules"]).ends(1);
    let updated = room.logged(&["test", "--update", "rules"]);
    updated
        .ends(0)
        .tells_with("rules-without-cases", "rules/deep/bare.toml");
    let expected = room.read("rules/burst.cases/many/expected.ndjson");
    assert_eq!(expected.lines().count(), 1, "{expected}");
    assert_eq!(room.read("rules/burst.cases/few/expected.ndjson"), "");
    let tested = room.weir(&["test", "--junit", "-", "rules"]);
    let (suites, wrong) = report(tested.ends(0));
    assert_eq!(suites, ["rules/burst.cases/few", "rules/burst.cases/many"]);
    assert_eq!(wrong, 0, "{}", tested.out);
    // All ways that there are of a rule with a condition; `select` makes documents that count again.
    for way in [
        "shuffled",
        "two workers merged",
        "with the ledger",
        "events selected",
    ] {
        assert!(tested.out.contains(way), "{way}: {}", tested.out);
    }
    // What a case expects is what the compiled component gives.
    room.weir(&["compile", "--all", "rules/burst.toml", "-o", "burst.wasm"])
        .ends(0);
    let input = "rules/burst.cases/many/input.ndjson";
    let run = room.weir(&["run", "--component", "burst.wasm", "--final", input]);
    assert_eq!(run.ends(0).out, expected);
    // Of a component that was compiled before, too; and its rules are the file's alone.
    room.weir(&["compile", "--all", "rules", "-o", "both.wasm"])
        .ends(0);
    for component in ["burst.wasm", "both.wasm"] {
        room.weir(&["test", "--component", component, "rules"])
            .ends(0);
    }
    // What is in a case is no rule, whatever it looks like.
    room.write(
        "rules/burst.cases/many/input-2.ndjson",
        "{\"rule_id\": \"x\"}\nbad\n",
    )
    .write(
        "rules/burst.cases/few/case.toml",
        "why = \"x\"\nrule = \"r-burst\"\n",
    );
    let checked = ["compile", "--check", "--all", "rules"];
    room.weir(&checked).ends(0);
    room.weir(&["test", "rules"]).ends(0);
    room.write("rules/burst.toml", threshold("r-burst", 5));
    room.weir(&["test", "rules"]).ends(1);
    room.weir(&["test", "--component", "both.wasm", "rules"])
        .ends(0);
}

#[test]
fn a_threshold_is_a_parameter_of_a_case() {
    let room = room();
    case(
        &room,
        "rules/burst.cases/set",
        4,
        "[parameters]\nmin_count = 5\n",
    );
    room.weir(&["test", "--update", "rules"]).ends(0);
    assert_eq!(room.read("rules/burst.cases/set/expected.ndjson"), "");
    case(
        &room,
        "rules/burst.cases/set",
        4,
        "[parameters]\nmin_cuont = 5\n",
    );
    let wrong = room.weir(&["test", "--case", "set", "rules"]);
    assert!(wrong.ends(1).out.contains("min_cuont"), "{}", wrong.out);
}

#[test]
fn cases_are_named_by_the_file_by_a_folder_and_by_themselves() {
    let room = room();
    room.weir(&["test", "--update", "rules"]).ends(0);
    let both = ["rules/burst.cases/few", "rules/burst.cases/many"];
    for (paths, wanted) in [
        (&["rules/burst.toml"][..], &both[..]),
        (&["rules/burst.cases"], &both),
        (&["rules/burst.cases/many"], &both[1..]),
        // As a shell writes `rules/*`.
        (&["rules/burst.cases", "rules/burst.toml"], &both),
    ] {
        let tested = room.weir(&[&["test", "--junit", "-"], paths].concat());
        let (suites, wrong) = report(tested.ends(0));
        assert_eq!(suites, wanted, "{paths:?}");
        assert_eq!(wrong, 0, "{}", tested.out);
    }
    let picked = room.weir(&["test", "--junit", "-", "--case", "f*", "rules"]);
    assert_eq!(report(picked.ends(0)).0, both[..1]);
}

#[test]
fn an_export_has_cases_beside_it_too() {
    let room = Room::new();
    let rule = |id: &str, outcome: &str| {
        serde_json::json!({
            "rule_id": id, "name": format!("Rule {id}"), "description": "x", "severity": "low",
            "risk_score": 21, "type": "query", "language": "kuery", "version": 4,
            "query": format!("event.outcome: {outcome}"), "index": ["logs-*"], "from": "now-6m",
        })
    };
    let rules = format!(
        "{}\n{}\n",
        rule("r-one", "failure"),
        rule("r-two", "success")
    );
    room.write("export.ndjson", rules);
    case(&room, "export.cases/two", 2, "");
    room.weir(&["test", "--update", "export.ndjson"]).ends(0);
    let expected = room.read("export.cases/two/expected.ndjson");
    assert_eq!(
        expected.matches("\"rule.id\":\"r-one\"").count(),
        2,
        "{expected}"
    );
    room.weir(&["test", "export.cases"]).ends(0);
    room.weir(&["test", "."]).ends(0);
}

#[test]
fn a_rule_that_does_not_compile_is_a_failed_case_with_its_places() {
    let room = room();
    room.weir(&["test", "--update", "rules"]).ends(0);
    let odd = threshold("r-odd", 3).replace("event.outcome: failure", "process.pid: y");
    room.write("rules/odd.toml", odd)
        .write("rules/torn.toml", "[rule\n");
    case(&room, "rules/odd.cases/one", 1, "");
    case(&room, "rules/torn.cases/one", 1, "");
    let tested = room.weir(&["test", "rules"]);
    let out = &tested.ends(1).out;
    assert!(out.contains("rules/odd.toml:15:23: "), "{out}");
    assert!(out.contains("[value-type]"), "{out}");
    assert!(
        out.contains("rules/torn.toml:1:") && out.contains("[not-toml]"),
        "{out}"
    );
    // The others are run all the same.
    assert!(out.contains("4 cases: 2 passed, 2 failed"), "{out}");
    let junit = room.weir(&["test", "--junit", "-", "rules"]);
    let (suites, wrong) = report(junit.ends(1));
    assert_eq!(suites.len(), 4, "{suites:?}");
    assert_eq!(suites[0], "rules/odd.toml");
    assert_eq!(wrong, 2, "{}", junit.out);
}

#[test]
fn what_is_no_rule_and_what_has_no_rule_is_named() {
    let room = room();
    room.weir(&["test", "--update", "rules"]).ends(0);
    let refuses = |arguments: &[&str], what: &str| {
        let answer = room.logged(&[&["test"], arguments].concat());
        answer.ends(3).tells_with("input-failed", what);
    };
    refuses(&["rules/other.toml"], "rules/other.toml");
    refuses(&["rules/deep"], "rules/deep/bare.toml");
    refuses(&["rules/deep/bare.toml"], "rules/deep/bare.cases");
    refuses(&["nowhere.toml"], "nowhere.toml");
    let rule = ["test", "--rule", "r-burst", "rules"];
    room.logged(&rule)
        .ends(3)
        .tells_with("configuration-refused", "--rule r-burst");
    case(&room, "rules/lost.cases/one", 1, "");
    refuses(&["rules"], "rules/lost.cases");
    refuses(&["rules/lost.cases/one"], "rules/lost.toml");
    std::fs::remove_dir_all(room.path("rules/lost.cases")).unwrap();
    room.write("rules/deep/bare.cases/notes", "none yet");
    refuses(&["rules"], "rules/deep/bare.cases");
}

#[test]
fn cases_of_a_component_stand_beside_those_of_rule_files() {
    let room = room();
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/no-database/"
    );
    for file in ["case.toml", "expected.ndjson", "input.ndjson"] {
        let bytes = std::fs::read(format!("{fixture}{file}")).unwrap();
        room.write(&format!("cases/shipped/{file}"), bytes);
    }
    room.weir(&["test", "--update", "rules"]).ends(0);
    let tested = room.weir(&["test", "--junit", "-", "cases", "rules"]);
    let (suites, wrong) = report(tested.ends(0));
    assert_eq!(suites.len(), 3, "{suites:?}");
    assert_eq!(wrong, 0, "{}", tested.out);
}
