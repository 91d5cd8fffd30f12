//! Rule files become components, which every other command takes.

use crate::support::{Answer, Room};
use serde_json::Value;

fn rule(id: &str, kind: &str, query: &str, more: &str) -> String {
    format!(
        "[metadata]\nmaturity = \"production\"\n\n[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\n\
         description = \"A rule of the tests.\"\nseverity = \"high\"\nrisk_score = 73\n\
         index = [\"logs-toy.audit-*\"]\nlanguage = \"kuery\"\ntype = \"{kind}\"\n\
         query = '''\n{query}\n'''\n{more}"
    )
}

const THRESHOLD: &str = "from = \"now-10m\"\ninterval = \"5m\"\n[rule.threshold]\n\
    field = [\"user.name\"]\nvalue = 3\n";
const TERMS: &str = "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
    [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n";

fn event(second: u32, data_set: &str, user: &str, outcome: &str) -> String {
    format!(
        "{{\"@timestamp\":\"2026-05-19T09:00:{second:02}Z\",\"event\":{{\"dataset\":\"{data_set}\",\
         \"id\":\"{second}\",\"outcome\":\"{outcome}\"}},\"user.name\":\"{user}\"}}\n"
    )
}

fn room() -> Room {
    let room = Room::new();
    room.write(
        "rules/each.toml",
        rule("r-each", "query", "event.outcome: success", ""),
    )
    .write(
        "rules/burst.toml",
        rule("r-burst", "threshold", "event.outcome: failure", THRESHOLD),
    )
    .write(
        "rules/new.toml",
        rule("r-new", "new_terms", "event.outcome: *", TERMS),
    );
    let mut events: Vec<String> = (0..4)
        .map(|at| event(at, "toy.audit", "a", "failure"))
        .collect();
    events.push(event(10, "toy.audit", "b", "success"));
    events.push(event(11, "toy.other", "c", "success"));
    room.write("events.ndjson", events.concat());
    room
}

fn ids(answer: &Answer) -> Vec<String> {
    let alerts = answer.alerts();
    let mut ids: Vec<String> = { alerts.iter() }
        .map(|alert| alert["rule.id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn rule_files_become_a_component_that_judges() {
    let room = room();
    room.weir(&["compile", "rules", "-o", "out.wasm"]).ends(0);
    let run = [
        "run",
        "--component",
        "out.wasm",
        "--set",
        "r-new.warm_up_seconds=0",
    ];
    let answer = room.weir(&[&run[..], &["--final", "events.ndjson"]].concat());
    answer.ends(0);
    assert_eq!(ids(&answer), ["r-burst", "r-each", "r-new", "r-new"]);
    let threaded = room.weir(&[&run[..], &["--threads", "2", "--final", "events.ndjson"]].concat());
    assert_eq!(ids(&threaded), ids(&answer));
    let set = ["--set", "rule-r-burst.min_count=5", "--rule", "r-burst"];
    let none = room.weir(&[&run[..3], &set, &["events.ndjson"]].concat());
    assert_eq!(none.ends(0).alerts(), Vec::<Value>::new());
    let inspected = room.weir(&["inspect", "out.wasm", "--json"]);
    let said: Value = serde_json::from_str(&inspected.ends(0).out).unwrap();
    assert_eq!(said["rules"].as_array().unwrap().len(), 3, "{said:#}");
}

#[test]
fn the_bytes_depend_on_the_files_alone() {
    let room = room();
    for name in ["one.wasm", "two.wasm"] {
        room.weir(&["compile", "rules", "-o", name]).ends(0);
    }
    let bytes = |name| std::fs::read(room.path(name)).unwrap();
    assert_eq!(bytes("one.wasm"), bytes("two.wasm"));
    room.weir(&["compile", "rules/each.toml", "-o", "one.wasm"])
        .ends(0);
    assert_ne!(bytes("one.wasm"), bytes("two.wasm"));
}

#[test]
fn rules_that_are_not_understood_are_left_out_with_their_places() {
    let room = room();
    room.write(
        "rules/odd.toml",
        rule("r-odd", "query", "x.text: x and\n  process.pid: y", ""),
    )
    .write(
        "rules/named.toml",
        rule(
            "r-named",
            "query",
            "a: b",
            "rule_name_override = \"message\"\n",
        ),
    )
    .write("rules/eql.toml", rule("r-eql", "eql", "from logs-*", ""))
    .write(
        "rules/draft.toml",
        rule("r-draft", "query", "a: b", "").replace("production", "development"),
    );
    let answer = room.logged(&["compile", "--check", "--json", "rules"]);
    answer.ends(1).tells_with("rules-left-out", "2 rules");
    let said: Value = serde_json::from_str(&answer.out).unwrap();
    let rules = said["rules"].as_array().unwrap();
    let of = |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap();
    assert_eq!(of("r-each")["compiled"], true);
    assert_eq!(of("r-named")["notes"][0]["code"], "rule-name-override");
    assert_eq!(of("r-odd")["file"], "rules/odd.toml");
    assert_eq!(of("r-odd")["type"], "query");
    let reasons = of("r-odd")["reasons"].as_array().unwrap();
    let places: Vec<(&str, u64, u64)> = { reasons.iter() }
        .map(|r| {
            (
                r["code"].as_str().unwrap(),
                r["line"].as_u64().unwrap(),
                r["column"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [("analyzed-text", 14, 1), ("value-type", 15, 16)]);
    assert_eq!(of("r-eql")["reasons"][0]["code"], "type-eql");
    assert_eq!(of("r-draft")["reasons"][0]["code"], "maturity");
    let all = room.logged(&[
        "compile", "--all", "--rule", "r-draft", "rules", "-o", "out.wasm",
    ]);
    all.ends(0).tells_with("compiled", "1 rule");
    let none = room.logged(&["compile", "rules/eql.toml", "-o", "none.wasm"]);
    none.ends(3)
        .tells_with("nothing-compiled", "nothing was written");
    assert!(!room.path("none.wasm").exists());
    let missing = room.logged(&["compile", "nowhere.toml", "rules/each.toml", "-o", "x.wasm"]);
    missing
        .ends(3)
        .tells_with("rule-file-unreadable", "nowhere.toml");
    room.weir(&["compile", "rules"]).ends(3);
}

#[test]
fn an_export_is_read_line_by_line() {
    let room = room();
    let object = serde_json::json!({
        "id": "5", "rule_id": "r-export", "name": "An export", "description": "x", "severity": "low",
        "risk_score": 21, "type": "new_terms", "language": "kuery", "query": "event.outcome: \"success\"",
        "index": ["logs-*"], "new_terms_fields": ["user.name"], "history_window_start": "now-5d",
        "exceptions_list": [], "version": 4, "enabled": true, "filters": [], "from": "now-6m", "to": "now",
    });
    let summary = r#"{"exported_count":1,"exported_rules_count":1}"#;
    room.write("export.ndjson", format!("{object}\n{summary}\n"));
    room.weir(&["compile", "export.ndjson", "-o", "out.wasm"])
        .ends(0);
    let run = [
        "run",
        "--component",
        "out.wasm",
        "--set",
        "warm_up_seconds=0",
        "events.ndjson",
    ];
    assert_eq!(ids(&room.weir(&run)), ["r-export", "r-export"]);
}

#[test]
fn a_rule_with_another_query_or_index_takes_no_foreign_state() {
    let room = room();
    let run = |more: &[&str]| {
        let run = [
            "run",
            "--component",
            "out.wasm",
            "--checkpoint",
            "state",
            "-o",
            "alerts",
            "events.ndjson",
        ];
        room.logged(&[&run[..], more].concat())
    };
    let each = |query| rule("r-each", "query", query, "");
    room.write("a.toml", each("event.outcome: success"));
    room.weir(&["compile", "a.toml", "-o", "out.wasm"]).ends(0);
    run(&[]).ends(0);
    let index = each("event.outcome: success").replace("toy.audit", "toy.other");
    for other in [each("event.outcome: failure"), index] {
        room.write("a.toml", other);
        room.weir(&["compile", "a.toml", "-o", "out.wasm"]).ends(0);
        run(&["--accept-component"])
            .ends(3)
            .tells_with("configuration-refused", "counts otherwise");
    }
}

#[test]
fn no_rule_file_is_written_over() {
    let room = room();
    let compile = ["compile", "rules", "-o", "rules/each.toml"];
    room.logged(&compile).ends(3).tells("configuration-refused");
    assert!(room.read("rules/each.toml").starts_with("[metadata]"));
}
