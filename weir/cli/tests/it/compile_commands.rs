//! A compiled component in every command that takes one: rules of the types query, threshold and
//! new_terms.

use serde_json::{Value, json};

use crate::rule_files::threshold;
use crate::support::http::post;
use crate::support::registry::Registry;
use crate::support::{Answer, Room};

const RULES: [&str; 3] = ["r-burst", "r-each", "r-new"];

/// A rule of another type than threshold.
fn rule(id: &str, kind: &str, query: &str, more: &str) -> String {
    format!(
        "[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\ndescription = \"A rule of the tests.\"\n\
         severity = \"high\"\nrisk_score = 73\nindex = [\"filebeat-*\", \"logs-toy.audit-*\"]\n\
         language = \"kuery\"\ntype = \"{kind}\"\nquery = '{query}'\n{more}"
    )
}

const TERMS: &str = "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
    [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n";

/// An event so many seconds after nine.
fn event(id: &str, second: u32, user: &str, outcome: &str) -> Value {
    let (minute, second) = (second / 60, second % 60);
    json!({
        "@timestamp": format!("2026-05-19T09:{minute:02}:{second:02}Z"),
        "data_stream": {"dataset": "toy.audit"},
        "event": {"id": id, "outcome": outcome},
        "user": {"name": user},
        "source": {"ip": "192.0.2.7"},
    })
}

/// Over 50 minutes: bursts of failures of several lengths and users, and what is no failure.
fn events() -> String {
    let mut lines = String::new();
    for at in 0..300_u32 {
        // Some users fail often at times, and some now and then.
        let (user, second) = (at % 7, at * 10);
        let fails = match user {
            0 | 3 => (second / 600).is_multiple_of(2),
            5 => at.is_multiple_of(3),
            _ => at.is_multiple_of(11),
        };
        let outcome = if fails { "failure" } else { "success" };
        let line = event(&format!("e{at}"), second, &format!("user-{user}"), outcome);
        lines += &format!("{line}\n");
    }
    lines
}

/// A compiled component of three rules, and events.
fn room() -> Room {
    let room = Room::new();
    room.write("rules/burst.toml", threshold("r-burst", 6))
        .write(
            "rules/each.toml",
            rule(
                "r-each",
                "query",
                "event.outcome: failure and user.name: user-5",
                "",
            ),
        )
        .write(
            "rules/new.toml",
            rule("r-new", "new_terms", "event.outcome: *", TERMS),
        )
        .write("events.ndjson", events());
    room.weir(&["compile", "--all", "rules", "-o", "it.wasm"])
        .ends(0);
    room
}

const WARM: [&str; 2] = ["--set", "r-new.warm_up_seconds=0"];

fn run(room: &Room, more: &[&str]) -> Answer {
    let run = [
        "run",
        "-q",
        "--component",
        "it.wasm",
        "--final",
        "events.ndjson",
    ];
    room.weir(&[&run[..], more].concat())
}

/// How many alerts there are of each rule.
fn counts(answer: &Answer) -> [usize; 3] {
    let alerts = answer.alerts();
    RULES.map(|rule| {
        alerts
            .iter()
            .filter(|alert| alert["rule.id"] == rule)
            .count()
    })
}

/// Alerts in an order of their own.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn it_is_served_as_it_is_run() {
    let room = room();
    let whole = run(&room, &WARM);
    let [burst, each, new] = counts(whole.ends(0));
    assert!(burst > 2 && each > 10, "{burst} {each}");
    assert_eq!(new, 7);
    let serve = [
        "serve",
        "--listen",
        "http://127.0.0.1:0",
        "--component",
        "it.wasm",
    ];
    let mut life = room.start_logged("serve", &[&serve[..], &WARM].concat());
    let at = life.wait_to_listen("http://");
    let body = room.read("events.ndjson");
    let (one, other) = body.split_at(body.match_indices('\n').nth(149).unwrap().0 + 1);
    for part in [one, other] {
        let answer = post(&at, "", part.as_bytes()).unwrap();
        assert_eq!(answer.json(), json!({"documents": 150, "malformed": 0}));
    }
    let served = life.stop();
    served.ends(0);
    assert_eq!(sorted(&served.out), sorted(&whole.out));
}

#[test]
fn it_holds_the_laws_rule_by_rule() {
    let room = room();
    for rule in RULES {
        let answer = room.logged(&[
            "check",
            "it.wasm",
            "--events",
            "events.ndjson",
            "--rule",
            rule,
            "--rounds",
            "2",
            "--flood",
            "500",
            "--json",
            "--output",
            rule,
        ]);
        let said: Value = serde_json::from_str(&answer.ends(0).out).unwrap();
        let laws = said["laws"].as_array().unwrap();
        let held = |law: &str| {
            let row = laws.iter().find(|row| row["law"] == law).unwrap();
            row["verdict"] == "held"
        };
        for law in ["answers", "order", "restart", "merge", "select", "limits"] {
            assert!(held(law), "{rule} {law}: {said:#}");
        }
        assert_eq!(held("ledger"), rule == "r-burst", "{rule}");
    }
}

#[test]
fn its_price_is_measured() {
    let room = room();
    let bench = [
        "bench",
        "it.wasm",
        "--events",
        "events.ndjson",
        "--rounds",
        "1",
        "--json",
    ];
    let answer = room.weir(&[&bench[..], &WARM].concat());
    let said: Value = serde_json::from_str(&answer.ends(0).out).unwrap();
    assert_eq!(said["documents"], 300);
    assert_eq!(
        said["detector"]["rules"].as_array().unwrap().len(),
        3,
        "{said:#}"
    );
    assert!(said["detector"]["instructions_per_event"].as_f64().unwrap() > 100.0);
}

#[test]
fn a_page_reports_its_alerts() {
    let room = room();
    let report = [
        "report",
        "--component",
        "it.wasm",
        "-o",
        "page.html",
        "events.ndjson",
    ];
    room.weir(&[&report[..], &WARM].concat()).ends(0);
    let page = room.read("page.html");
    for rule in RULES {
        assert!(page.contains(&format!("Rule {rule}")), "{rule}");
    }
}

const BURST: [&str; 4] = ["--component", "it.wasm", "--rule", "r-burst"];

#[test]
fn each_window_is_explained_by_its_threshold() {
    let room = room();
    let explain = [
        "explain",
        "--format",
        "json",
        "--key",
        "user.name=user-3",
        "events.ndjson",
    ];
    let answer = room.weir(&[&explain[..1], &BURST, &explain[1..]].concat());
    let rows = answer.ends(0).alerts();
    assert!(rows.len() > 3, "{rows:?}");
    let mut seen = [false; 2];
    for row in &rows {
        let holds = row["count"].as_u64().unwrap() >= 6;
        assert_eq!(row["weir.clause.min_count.threshold"], 6);
        assert_eq!(row["weir.clause.min_count.holds"], holds, "{row}");
        seen[usize::from(holds)] = true;
    }
    assert_eq!(seen, [true; 2]);
    // A rule without conditions has nothing to explain.
    let other = [
        "explain",
        "--component",
        "it.wasm",
        "--rule",
        "r-each",
        "events.ndjson",
    ];
    room.weir(&other).ends(3);
}

/// Alerts, and distinct windows, of a run at a threshold.
fn at(room: &Room, least: u64, more: &[&str]) -> [u64; 2] {
    let set = format!("min_count={least}");
    let alerts = run(
        room,
        &[&["--rule", "r-burst", "--set", &set], more].concat(),
    )
    .alerts();
    let windows: std::collections::BTreeSet<String> = alerts
        .iter()
        .map(|alert| alert["weir.window.start"].to_string())
        .collect();
    [alerts.len() as u64, windows.len() as u64]
}

#[test]
fn other_thresholds_give_what_is_tuned() {
    let room = room();
    for more in [
        &[][..],
        &["--set", "all_boundaries=true"],
        &["--set", "every_seconds=60"],
    ] {
        run(
            &room,
            &[&["--rule", "r-burst", "--verdicts", "l"], more].concat(),
        )
        .ends(0);
        let tune = ["tune", "--ledger", "l", "--sweep", "min_count=2..12..1"];
        room.write("weir.toml", parameters(more));
        let config = ["--config", "weir.toml"];
        let answer = room.weir(&[&tune[..], &BURST, &config].concat());
        let lines = answer.ends(0).alerts();
        let today = lines.iter().find(|line| line["kind"] == "today").unwrap();
        assert_eq!(today["alerts"], at(&room, 6, more)[0], "{today}");
        let mut found = Vec::new();
        for line in lines.iter().filter(|line| line["kind"] == "sweep") {
            let figures = ["alerts", "windows"].map(|name| line[name].as_u64().unwrap());
            let value = line["value"].as_u64().unwrap();
            assert_eq!(figures, at(&room, value, more), "{line}");
            let part = |name: &str| line[name].as_u64().unwrap();
            assert_eq!(
                part("kept") + part("lost"),
                today["alerts"].as_u64().unwrap()
            );
            assert_eq!(part("kept") + part("new"), figures[0], "{line}");
            found.push(figures);
        }
        assert_eq!(found.len(), 11);
        found.dedup();
        assert!(found.len() > 3, "{found:?}");
    }
}

/// A configuration with the parameters of `--set`.
fn parameters(set: &[&str]) -> String {
    let lines = set.iter().filter(|part| **part != "--set");
    let lines: Vec<String> = lines.map(|part| part.replace('=', " = ")).collect();
    format!("[parameters]\n{}\n", lines.join("\n"))
}

#[test]
fn a_group_of_each_rule_becomes_a_case() {
    let room = room();
    let alerts = run(&room, &WARM).alerts();
    for (rule, key) in [
        ("r-burst", "user.name"),
        ("r-each", "document.id"),
        ("r-new", "user.name"),
    ] {
        let alert = alerts
            .iter()
            .find(|alert| alert["rule.id"] == rule)
            .unwrap();
        let name = format!("{key}={}", alert[key].as_str().unwrap());
        let folder = format!("{rule}-case");
        let mut tap = vec![
            "tap",
            "--component",
            "it.wasm",
            "--rule",
            rule,
            "--key",
            &name,
            "--output",
            &folder,
            // The query compares with them.
            "--keep",
            "event.outcome",
            "--keep",
            "user.name",
        ];
        if rule == "r-new" {
            tap.extend(WARM);
        }
        tap.push("events.ndjson");
        room.weir(&tap).ends(0);
        let tested = room.weir(&["test", "--component", "it.wasm", &folder]);
        tested.ends(0);
        let expected = room.read(&format!("{folder}/expected.ndjson"));
        assert!(
            expected.contains(&format!("\"rule.id\":\"{rule}\"")),
            "{rule}: {expected}"
        );
        let input = room.read(&format!("{folder}/input.ndjson"));
        assert!(
            !input.contains("192.0.2.7") || input.contains("\"192.0.2.1\""),
            "{input}"
        );
    }
}

#[test]
fn it_is_pushed_and_run_from_a_registry() {
    let room = room();
    let registry = Registry::start();
    let reference = registry.reference(":1");
    room.write("docker/config.json", "{}");
    let [cache, docker] = ["cache", "docker"].map(|name| room.path(name).display().to_string());
    let variables = [
        ("XDG_CACHE_HOME", Some(cache.as_str())),
        ("DOCKER_CONFIG", Some(docker.as_str())),
    ];
    let pushed = room.weir_in(&["push", "it.wasm", &reference], b"", &variables);
    let pinned = pushed.ends(0).out.trim_end().to_owned();
    let arguments = [
        "run",
        "-q",
        "--component",
        &pinned,
        "--final",
        "events.ndjson",
    ];
    let pulled = room.weir_in(&[&arguments[..], &WARM].concat(), b"", &variables);
    assert_eq!(pulled.ends(0).out, run(&room, &WARM).out);
    let inspected = room.weir_in(&["inspect", "--json", &pinned], b"", &variables);
    let said: Value = serde_json::from_str(&inspected.ends(0).out).unwrap();
    assert_eq!(said["rules"].as_array().unwrap().len(), 3);
}
