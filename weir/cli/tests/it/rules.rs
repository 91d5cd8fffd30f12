//! A component of several rules: which of them judge, and how what they find is told apart.

use serde_json::Value;

use crate::support::{Answer, Room};

/// A walk that three of the rules find.
const WALK: &str = "tests/fixtures/roadrecon-walk/input.json";

/// A room with the walk in it.
fn room() -> Room {
    let room = Room::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    room.write("in.json", std::fs::read(root.join(WALK)).unwrap());
    room
}

/// What rules are found by, by name.
#[track_caller]
fn names(answer: &Answer) -> Vec<String> {
    let alerts = answer.ends(0).alerts();
    let mut names: Vec<String> = alerts
        .iter()
        .map(|alert| alert["rule.name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn one_rule_judges_unless_others_are_named() {
    let room = room();
    let run = |more: &[&str]| room.weir(&[&["run", "--format", "ecs", "in.json"], more].concat());
    let alone = names(&run(&[]));
    assert_eq!(alone.len(), 1);
    assert_eq!(names(&run(&["--rule", "high-4xx"])), alone);
    let id = "80aa6cca-b343-457b-877e-5877cd71a1f8";
    let by_id = names(&run(&["--rule", id]));
    assert_eq!(by_id, names(&run(&["--rule", "enumeration"])));
    assert_ne!(by_id, alone);
    let both = names(&run(&["--rule", "enumeration", "--rule", "high-4xx"]));
    assert_eq!(both.len(), 2);
    assert_eq!(names(&run(&["--rule", "all"])).len(), 3);
    // The file says it, too, and the option goes before it.
    room.write("weir.toml", "rules = [\"enumeration\"]\n");
    assert_eq!(names(&run(&["--config", "weir.toml"])), by_id);
    let over = run(&["--config", "weir.toml", "--rule", "high-4xx"]);
    assert_eq!(names(&over), alone);
    run(&["--rule", ""])
        .ends(3)
        .says("the component has no rule ``; there are: high-4xx, enumeration, ");
    run(&["--rule", "enumeraton"]).ends(3).says(
        "the component has no rule `enumeraton`; did you mean `enumeration`? there are: high-4xx, ",
    );
}

#[test]
fn alerts_of_several_rules_are_those_of_each() {
    let room = room();
    let run = |rule: &str| {
        let answer = room.weir(&[
            "run", "-q", "--final", "--format", "ecs", "--rule", rule, "in.json",
        ]);
        let mut lines: Vec<String> = answer.ends(0).out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let mut each: Vec<String> = ["high-4xx", "enumeration", "suspicious-agent"]
        .into_iter()
        .flat_map(run)
        .collect();
    each.sort();
    assert_eq!(run("all"), each);
}

#[test]
fn every_form_tells_the_rules_apart() {
    let room = room();
    let run = |format: &str| {
        let answer = room.weir(&["run", "-q", "--rule", "all", "--format", format, "in.json"]);
        answer.ends(0).out.clone()
    };
    let table = run("table");
    for word in [
        " rule ",
        " high-4xx ",
        " enumeration ",
        " suspicious-agent ",
    ] {
        assert!(table.contains(word), "{word}: {table}");
    }
    let uids: Vec<String> = run("ocsf")
        .lines()
        .map(|line| {
            let finding: Value = serde_json::from_str(line).unwrap();
            finding["finding_info"]["analytic"]["uid"].to_string()
        })
        .collect();
    assert_eq!(uids.len(), 3);
    assert!(uids[0] != uids[1] && uids[1] != uids[2], "{uids:?}");
    // Of one rule there is no such column.
    let one = room.weir(&["run", "-q", "--format", "table", "in.json"]);
    assert!(!one.ends(0).out.contains(" rule "), "{}", one.out);
}

#[test]
fn parameters_are_for_all_that_have_them_or_for_one() {
    let room = room();
    let run = |more: &[&str]| {
        let base = [
            "run",
            "--format",
            "ecs",
            "--rule",
            "enumeration",
            "--rule",
            "high-4xx",
            "in.json",
        ];
        room.weir(&[&base[..], more].concat())
    };
    assert_eq!(names(&run(&["--set", "min_errors=1000"])).len(), 1);
    assert_eq!(names(&run(&["--set", "window_seconds=60"])).len(), 2);
    let own = run(&["--set", "high-4xx.min_total_calls=1000"]);
    assert_eq!(names(&own).len(), 1);
    room.write(
        "weir.toml",
        "[parameters]\nwindow_seconds = 60\n[parameters.high-4xx]\nmin_errors = 1000\n",
    );
    assert_eq!(names(&run(&["--config", "weir.toml"])).len(), 1);
    // What is said later goes over what was said before.
    let over = run(&["--config", "weir.toml", "--set", "min_errors=10"]);
    assert_eq!(names(&over).len(), 2);
    for (setting, words) in [
        ("min_x=1", "--set: the detector has no parameter `min_x`"),
        (
            "enumeration.min_errors=1",
            "--set: the detector has no parameter `min_errors`",
        ),
        (
            "enumeratio.early=true",
            "--set: the component has no rule `enumeratio`; did you mean",
        ),
        (
            "high-4xx.min_errors=x",
            "--set: min_errors: \"x\" is not an integer",
        ),
    ] {
        run(&["--set", setting]).ends(3).says(words);
    }
    room.weir(&[
        "run",
        "--rule",
        "enumeration",
        "--set",
        "min_errors=1",
        "in.json",
    ])
    .ends(3)
    .says("no chosen rule has a parameter `min_errors`; it is one of high-4xx");
}

#[test]
fn parameters_of_a_rule_that_does_not_judge_are_no_secret() {
    let room = room();
    let run = |more: &[&str]| room.weir(&[&["run", "in.json"], more].concat());
    for name in ["enumeration", "80aa6cca-b343-457b-877e-5877cd71a1f8"] {
        let set = format!("{name}.min_distinct_endpoints=3");
        run(&["--set", &set]).ends(3).says(
            "--set: rule `enumeration` does not judge, so its `min_distinct_endpoints` changes \
             nothing; name it with --rule enumeration",
        );
        run(&["--set", &set, "--rule", "enumeration"]).ends(0);
    }
    // In a file they may wait, but not be wrong.
    let text = |value: u32| format!("[parameters.enumeration]\nmin_distinct_endpoints = {value}\n");
    room.write("weir.toml", text(3));
    run(&["--config", "weir.toml"]).ends(0);
    let validated = room.weir(&["validate", "weir.toml"]);
    let warning =
        "warning weir.toml:1: parameters.enumeration: rule enumeration does not judge, so";
    assert!(validated.ends(0).out.contains(warning), "{}", validated.out);
    let validated = room.weir(&["validate", "--rule", "all", "weir.toml"]);
    assert!(
        !validated.ends(0).out.contains("warning"),
        "{}",
        validated.out
    );
    room.write("weir.toml", text(99));
    let wrong = "weir.toml:2: min_distinct_endpoints: 99 is not";
    run(&["--config", "weir.toml"]).ends(3).says(wrong);
    let validated = room.weir(&["validate", "weir.toml"]);
    let wrong = "error   weir.toml:2: parameters.enumeration.min_distinct_endpoints: 99 is not";
    assert!(validated.ends(3).out.contains(wrong), "{}", validated.out);
}

#[test]
fn a_configuration_of_several_rules_is_validated_with_its_lines() {
    let room = Room::new();
    room.write(
        "weir.toml",
        "\
rules = [\"high-4xx\", \"enumeraton\"]
[parameters]
min_errors = 5
min_distinct_endpoint = 2
[parameters.high-4xx]
min_error_rate = 7
[parameters.enumeration]
min_errors = 1
[parameters.nobody]
early = true
",
    );
    let answer = room.weir(&["validate", "weir.toml"]);
    let said = answer.ends(3).out.clone();
    for line in [
        "weir.toml:1: the component has no rule `enumeraton`; did you mean `enumeration`?",
        "weir.toml:4: the detector has no parameter `min_distinct_endpoint`",
        "weir.toml:6: parameters.high-4xx.min_error_rate: 7 is not a number from 0 to 1",
        "weir.toml:8: the detector has no parameter `min_errors`",
        "weir.toml:9: the component has no rule `nobody`",
    ] {
        assert!(said.contains(line), "{line}\nis not in\n{said}");
    }
    room.write(
        "good.toml",
        "rules = [\"all\"]\n[parameters]\nallowed_lateness_seconds = 60\n[parameters.high-4xx]\nmin_errors = 5\n",
    );
    let good = room.weir(&["validate", "good.toml"]);
    assert!(
        good.ends(0)
            .out
            .contains("good.toml:1: judged by high-4xx, enumeration, "),
        "{}",
        good.out
    );
    assert!(
        good.out.contains("the detector takes its 2 parameters"),
        "{}",
        good.out
    );
}

#[test]
fn the_summary_has_a_row_for_each_rule() {
    let room = room();
    let all = room.weir(&["run", "--rule", "all", "--json-summary=s.json", "in.json"]);
    for row in [
        "weir: rules ",
        "weir:   high-4xx ",
        "weir:   first-network ",
    ] {
        assert!(all.ends(0).err.contains(row), "{row}: {}", all.err);
    }
    let summary: Value = serde_json::from_str(&room.read("s.json")).unwrap();
    assert_eq!(summary["rule"], Value::Null);
    let rules = summary["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 5);
    let alerts: Vec<u64> = rules
        .iter()
        .map(|rule| rule["alerts_on_time"].as_u64().unwrap())
        .collect();
    assert_eq!(
        alerts.iter().sum::<u64>(),
        summary["alerts_on_time"].as_u64().unwrap()
    );
    assert_eq!(rules[0]["short_name"], "high-4xx");
    let one = room.weir(&["run", "--json-summary=s.json", "in.json"]);
    assert!(!one.ends(0).err.contains("weir: rules "), "{}", one.err);
    let summary: Value = serde_json::from_str(&room.read("s.json")).unwrap();
    assert_eq!(summary["rule"], rules[0]["rule"]);
}

#[test]
fn a_ledger_of_several_rules_is_read_by_the_rule_that_is_named() {
    let room = room();
    for ledger in ["l.ndjson", "l.parquet"] {
        room.weir(&[
            "run",
            "-q",
            "--rule",
            "all",
            "--verdicts",
            ledger,
            "in.json",
        ])
        .ends(0);
        let explain = |rule: &str| {
            let key = ["--key", "user.id=c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4"];
            let of = [
                "explain", "--rule", rule, "--format", "json", "--ledger", ledger,
            ];
            room.weir(&[&of[..], &key[..]].concat())
        };
        for (rule, column) in [
            ("high-4xx", "Esql.errors"),
            ("enumeration", "Esql.distinct_endpoints"),
        ] {
            let answer = explain(rule);
            let row: Value = serde_json::from_str(&answer.ends(0).out).unwrap();
            assert!(row[column].is_u64(), "{row}");
            assert_eq!(row["weir.alerted"], true);
        }
        explain("first-client")
            .ends(3)
            .says("rule first-client keeps no ledger");
        explain("all")
            .ends(3)
            .says("weir explain is about one rule; say which with --rule");
        let tune = room.weir(&[
            "tune",
            "--rule",
            "enumeration",
            "--format",
            "table",
            "--ledger",
            ledger,
        ]);
        assert!(
            tune.ends(0).out.contains("min_distinct_endpoints"),
            "{}",
            tune.out
        );
    }
    room.weir(&[
        "run",
        "-q",
        "--rule",
        "enumeration",
        "--verdicts",
        "one.ndjson",
        "in.json",
    ])
    .ends(0);
    room.weir(&["explain", "--ledger", "one.ndjson"])
        .ends(3)
        .says(
            "holds no windows of rule 8cbc7793-9ce4-4b7d-9c20-a30afbde2a05, and some of 80aa6cca",
        );
}

#[test]
fn a_report_of_several_rules_has_a_part_for_each() {
    let room = room();
    room.weir(&["report", "--rule", "all", "--output", "r.html", "in.json"])
        .ends(0);
    let page = crate::support::page::Node::read(&room.read("r.html"));
    let rows = page.rows("Alerts by rule");
    let counts: Vec<&str> = rows.iter().map(|row| row[3].as_str()).collect();
    assert_eq!(counts, ["1", "1", "1", "0", "0"]);
    let lists = page.all("caption");
    let lists = lists
        .iter()
        .filter(|caption| caption.text().starts_with("All alerts"));
    assert_eq!(lists.count(), 3);
    // What a rule without figures shows: its own columns, under their labels.
    let text = page.text();
    assert!(
        text.contains("All alerts, in the order of their times"),
        "{text}"
    );
    assert!(
        !text.contains("How far over") || text.contains("geometric mean"),
        "{text}"
    );
}

#[test]
fn a_case_names_its_rules() {
    let room = room();
    let input = room.read("in.json");
    for (case, head) in [
        ("usual", ""),
        ("one", "rule = \"enumeration\"\n"),
        ("two", "rules = [\"high-4xx\", \"suspicious-agent\"]\n"),
    ] {
        room.write(
            &format!("cases/{case}/case.toml"),
            format!("why = \"A walk.\"\n{head}"),
        )
        .write(&format!("cases/{case}/input.json"), &input)
        .write(&format!("cases/{case}/expected.ndjson"), "");
    }
    room.weir(&["test", "--update", "cases"]).ends(0);
    let rules = |case: &str| {
        let expected = room.read(&format!("cases/{case}/expected.ndjson"));
        expected.lines().count()
    };
    assert_eq!((rules("usual"), rules("one"), rules("two")), (1, 1, 2));
    room.weir(&["test", "cases"]).ends(0);
    // A case that names none is judged by what the command names.
    room.weir(&["test", "--rule", "first-client", "--case", "usual", "cases"])
        .ends(1);
    room.weir(&[
        "tap",
        "--rule",
        "enumeration",
        "--key",
        "user.id=c1a5f0de-6a0b-4d0e-8f53-0b7c1f2ad9e4",
        "--keep",
        "user_agent.original",
        "--output",
        "tapped",
        "in.json",
    ])
    .ends(0);
    assert!(
        room.read("tapped/case.toml")
            .contains("rule = \"enumeration\"")
    );
}

#[test]
fn inspect_lists_rules_kinds_and_interfaces() {
    let room = Room::new();
    let text = room.weir(&["inspect"]).ends(0).out.clone();
    for line in [
        "interfaces  state, inspection, messages",
        "short name  high-4xx (judges where no --rule is named)",
        "short name  enumeration\n",
        "judges      tumbling windows of 1 minute",
        "judges      first seen in 7 days",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let json: Value = serde_json::from_str(&room.weir(&["inspect", "--json"]).ends(0).out).unwrap();
    assert_eq!(json["interfaces"]["state"], true);
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 5);
    assert_eq!(rules[0]["usual"], true);
    assert_eq!(rules[1]["usual"], false);
    assert_eq!(rules[0]["judgement"]["kind"], "tumbling");
    assert_eq!(rules[0]["judgement"]["length_ms"], 120_000);
    assert_eq!(rules[0]["conditions"][1]["parameter"], "min_errors");
    assert_eq!(rules[3]["judgement"]["kind"], "first-seen");
}
