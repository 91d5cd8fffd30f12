//! `weir test` over fixture cases.

use crate::support::{Room, burst, lines};

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
    assert!(answer.ends(0).out.contains("2 cases passed"));
    assert!(answer.out.contains("a burst alerts"));
    let report = room.read("report.xml");
    assert!(
        report.contains("tests=\"12\" skipped=\"0\" errors=\"0\" failures=\"0\""),
        "{report}"
    );
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
    // Said once for all ways that it is so in.
    let ways = "straight, one document a push, odd batches, shuffled, restarted midway, two workers merged:";
    assert_eq!(
        answer.out.matches("Esql.total_calls").count(),
        1,
        "{}",
        answer.out
    );
    assert!(answer.out.contains(ways), "{}", answer.out);
    let indent = " ".repeat(9);
    let below = " ".repeat("Esql.total_calls".len());
    let lines = format!("{indent}Esql.total_calls  - 26\n{indent}{below}  + 25\n");
    assert!(answer.out.contains(&lines), "{}", answer.out);
    assert!(answer.out.contains("2 cases: 1 passed, 1 failed"));
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
fn lists_and_long_values_are_shown_where_they_differ() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    let expected = room.read("cases/burst/expected.ndjson");
    let mut alert: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let paths = alert["Esql.sample_paths"].as_array_mut().unwrap();
    paths.retain(|path| path != "/tenant/objects3");
    paths.push("/tenant/\u{1b}other".into());
    let message = alert["message"]
        .as_str()
        .unwrap()
        .replace("198.51.100.207", "198.51.100.8");
    let long = format!("{}one{}", "x".repeat(300), "y".repeat(300));
    alert["message"] = message.into();
    alert["rule.description"] = long.into();
    alert.as_object_mut().unwrap().remove("rule.name");
    room.write("cases/burst/expected.ndjson", format!("{alert}\n"));
    let answer = room.weir(&["test", "cases/burst"]);
    let out = &answer.ends(1).out;
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    let has = |text: &str| {
        assert!(
            lines.iter().any(|line| line.ends_with(text)),
            "no {text} in {out}"
        )
    };
    has("- \"/tenant/\\\\u001bother\""
        .replace("\\\\", "\\")
        .as_str());
    has("+ \"/tenant/objects3\"");
    assert!(!out.contains("objects4"), "{out}");
    has("rule.name          + \"Azure AD Graph High 4xx Error Ratio from User\"");
    assert!(lines.iter().all(|line| line.chars().count() < 160), "{out}");
}

#[test]
fn cases_are_picked_by_name() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    let ran = |arguments: &[&str]| {
        let answer = room.weir(&[&["test", "cases"], arguments].concat());
        let out = answer.ends(0).out.clone();
        (out.contains("cases/burst:"), out.contains("cases/quiet:"))
    };
    assert_eq!(ran(&["--case", "burst"]), (true, false));
    assert_eq!(ran(&["--case", "q*"]), (false, true));
    assert_eq!(ran(&["--case", "cases/*st"]), (true, false));
    assert_eq!(ran(&["--case", "burst", "--case", "quiet"]), (true, true));
    let says = |name: &str, text: &str| {
        room.weir(&["test", "cases", "--case", name])
            .ends(3)
            .says(text);
    };
    says(
        "brust",
        "--case brust: there is no such case; did you mean `burst`?",
    );
    says("zzz", "--case zzz: there is no such case among 2");
    says("a[", "--case a[: not a pattern");
}

/// As build servers read it.
#[test]
fn the_report_is_whole_xml_with_a_test_for_each_way() {
    let room = room();
    room.weir(&["test", "--update", "cases"]).ends(0);
    room.write(
        "cases/quiet/case.toml",
        "why = \"x\"\n[counters]\ncounted = 1\n",
    )
    .write("cases/<\u{1b}&\"/case.toml", "no manifest");
    room.weir(&["test", "--junit", "report.xml", "cases"])
        .ends(1);
    let text = room.read("report.xml");
    let report = roxmltree::Document::parse(&text).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let all = report.root_element();
    let of = |name: &'static str| {
        report
            .descendants()
            .filter(move |node| node.has_tag_name(name))
    };
    assert_eq!(number(all, "tests"), of("testcase").count());
    assert_eq!(number(all, "failures"), of("failure").count());
    assert_eq!(number(all, "errors"), 1);
    assert_eq!(of("error").count(), 1);
    assert!(number(all, "failures") > 1, "{text}");
    for test in of("testcase") {
        let time: f64 = test.attribute("time").unwrap().parse().unwrap();
        assert!((0.0..600.0).contains(&time), "{text}");
        assert!(!test.attribute("classname").unwrap().is_empty());
    }
    for suite in of("testsuite") {
        let inside = suite
            .children()
            .filter(|node| node.has_tag_name("testcase"));
        assert_eq!(number(suite, "tests"), inside.count());
    }
    assert!(
        of("failure").all(|node| node.text().unwrap().contains("- 1")),
        "{text}"
    );
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
            .contains("counter counted  - 24\n                        + 25\n")
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
    let expected = room.read("cases/quiet/expected.ndjson");
    std::fs::remove_file(room.path("cases/quiet/expected.ndjson")).unwrap();
    says("expected.ndjson: no such file");
    says("`weir test --update cases/quiet`");
    room.write("cases/quiet/expected.ndjson", &expected);
    room.write("cases/burst/case.toml", "\nwy = \"x\"\n");
    says("case.toml:2: unknown field `wy`");
    std::fs::remove_file(room.path("cases/burst/case.toml")).unwrap();
    says("case.toml: no such file");
    room.write("empty/file", "");
    room.weir(&["test", "empty"]).ends(3).says("no cases here");
}
