//! Counts that are estimates: they say so, and a replay gives the same again.

use serde_json::{Value, json};

use crate::support::{Room, burst, lines};

/// One caller's calls in one window, to so many paths.
fn calls(paths: usize) -> String {
    let template = burst().remove(0);
    let calls: Vec<Value> = (0..paths)
        .map(|n| {
            let mut call = template.clone();
            call["properties"]["requestId"] = format!("request-{n}").into();
            call["properties"]["requestUri"] = format!("/tenant/objects{n}").into();
            call
        })
        .collect();
    lines(&calls)
}

fn count(alert: &Value) -> i64 {
    alert["Esql.url_path_count"].as_i64().unwrap()
}

#[test]
fn the_same_file_gives_the_same_estimate_each_time_and_says_about() {
    let room = Room::new();
    room.write("input", calls(20_000));
    let first = room.weir(&["run", "input"]);
    let alert = &first.ends(0).alerts()[0];
    let marks = alert["weir.truncated"].as_array().unwrap();
    assert!(marks.contains(&json!("Esql.url_path_count: approximate")));
    let paths = count(alert);
    assert!((19_000..21_000).contains(&paths), "{paths}");
    let message = alert["message"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("on about {paths} distinct paths.")),
        "{message}"
    );
    assert_eq!(room.weir(&["run", "input"]).out, first.out);
    // Under another name, beside a file of another data set, on several threads, and on the page.
    room.write("copy", calls(20_000));
    assert_eq!(room.weir(&["run", "copy"]).out, first.out);
    assert_eq!(
        room.weir(&["run", "--threads", "2", "input"]).out,
        first.out
    );
    let table = room.weir(&["run", "--format", "table", "input"]).out;
    assert!(table.contains(&format!("about {paths}")), "{table}");
    room.weir(&["report", "--output", "page.html", "input"])
        .ends(0);
    let page = room.read("page.html");
    let grouped = format!("about {},{:03}", paths / 1000, paths % 1000);
    assert!(page.contains(&grouped), "no {grouped} on the page");
    let explained = room.weir(&[
        "explain",
        "--key",
        "user.id=walker",
        "--format",
        "json",
        "input",
    ]);
    assert!(
        explained.out.contains(&paths.to_string()),
        "{}",
        explained.out
    );
}

/// What an alert's document says of a count that is an estimate.
const MARK: &str = "Esql.url_path_count: approximate";

#[test]
fn a_ledger_marks_estimates_as_alerts_do_and_its_readers_say_about() {
    let room = Room::new();
    let mut few = burst();
    for call in &mut few {
        call["properties"]["userId"] = "other".into();
    }
    room.write("input", calls(20_000) + &lines(&few));
    for ledger in ["ledger.ndjson", "ledger.parquet"] {
        let run = room.weir(&["run", "--verdicts", ledger, "input"]);
        let paths = count(&run.ends(0).alerts()[0]).max(count(&run.alerts()[1]));
        let explain = |user: &str, more: &[&str]| {
            let key = format!("user.id={user}");
            let explain = ["explain", "--key", &key, "--ledger", ledger];
            room.weir(&[&explain[..], more].concat())
                .ends(0)
                .out
                .clone()
        };
        let table = ["--format", "table"];
        let shown = explain("walker", &table);
        assert!(shown.contains(&format!(" about {paths} ")), "{shown}");
        assert!(!explain("other", &table).contains("about"));
        let row: Value =
            serde_json::from_str(explain("walker", &["--format", "json"]).trim()).unwrap();
        assert_eq!(row["weir.truncated"], json!([MARK]));
        let row: Value =
            serde_json::from_str(explain("other", &["--format", "json"]).trim()).unwrap();
        assert_eq!(row["weir.truncated"], Value::Null);
        room.logged(&["tune", "--ledger", ledger])
            .ends(0)
            .tells_with("tune-note", "1 window ");
    }
    let missed = room.weir(&[
        "explain",
        "--key",
        "user.id=walker",
        "--set",
        "min_url_paths=90000",
        "--format",
        "table",
        "input",
    ]);
    let shown = &missed.ends(0).out;
    let stood = "only Esql.url_path_count stood in the way: it is about ";
    assert!(shown.contains(stood), "{shown}");
}

#[test]
fn a_burst_astride_an_edge_of_estimates_is_about() {
    let room = Room::new();
    let calls = calls(6000);
    let calls = calls
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut before: Vec<Value> = calls.collect();
    let mut after = before.clone();
    for (calls, time) in [
        (&mut before, "2026-03-04T05:07:59Z"),
        (&mut after, "2026-03-04T05:08:01Z"),
    ] {
        for call in calls.iter_mut() {
            call["properties"]["timeGenerated"] = time.into();
            let id = format!("{}{time}", call["properties"]["requestId"]);
            call["properties"]["requestId"] = id.into();
        }
    }
    room.write("input", lines(&before) + &lines(&after));
    let run = [
        "run",
        "--set",
        "min_total_calls=10000",
        "--verdicts",
        "ledger",
        "input",
    ];
    assert_eq!(room.weir(&run).ends(0).alerts().len(), 0);
    let tune = ["tune", "--ledger", "ledger"];
    let table = room.weir(&[&tune[..], &["--format", "table"]].concat());
    let shown = &table.ends(0).out;
    assert!(shown.contains("about "), "{shown}");
    let lines = room.weir(&[&tune[..], &["--format", "json"]].concat());
    let lines: Vec<Value> = lines
        .ends(0)
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let burst = lines.iter().find(|line| line["kind"] == "burst").unwrap();
    assert_eq!(burst["weir.truncated"], json!([MARK]));
}

#[test]
fn cards_and_the_list_of_a_report_say_about() {
    let room = Room::new();
    room.write("input", calls(20_000));
    let paths = count(&room.weir(&["run", "input"]).ends(0).alerts()[0]);
    room.weir(&["report", "--output", "page.html", "input"])
        .ends(0);
    let page = room.read("page.html");
    let figure = format!("{},{:03}", paths / 1000, paths % 1000);
    let said = page.matches(&format!("about {figure}")).count();
    // The reason, the row, the card's total, the list, what made it an alert, and the chart with
    // its table.
    assert!(said >= 7, "{said} times about {figure}");
    let bare = page.matches(&figure).count() - said;
    assert_eq!(bare, 0, "{figure} without a word");
}

#[test]
fn what_is_counted_exactly_is_not_about() {
    let room = Room::new();
    room.write("input", calls(4096));
    let answer = room.weir(&["run", "input"]);
    let alert = &answer.ends(0).alerts()[0];
    assert_eq!(count(alert), 4096);
    let message = alert["message"].as_str().unwrap();
    assert!(message.ends_with("on 4096 distinct paths."), "{message}");
    let table = room.weir(&["run", "--format", "table", "input"]).out;
    assert!(
        table.contains("4096") && !table.contains("about"),
        "{table}"
    );
    room.weir(&["report", "--output", "page.html", "input"])
        .ends(0);
    assert!(!room.read("page.html").contains("about 4"));
}

#[test]
fn a_seed_can_be_given_and_what_is_live_has_one_of_its_own() {
    let room = Room::new();
    let text = calls(20_000);
    room.write("input", &text);
    let run = |arguments: &[&str]| {
        let answer = room.weir(&[&["run"], arguments].concat());
        count(&answer.ends(0).alerts()[0])
    };
    let seeds = ["1", "2", "3", "0123456789abcdef0123456789ABCDEF"];
    let given = seeds.map(|seed| run(&["--seed", seed, "input"]));
    assert_eq!(given, seeds.map(|seed| run(&["--seed", seed, "input"])));
    assert!(given.iter().any(|count| *count != given[0]), "{given:?}");
    let piped = |arguments: &[&str]| {
        let arguments = [&["run"], arguments, &["-"]].concat();
        count(&room.weir_with(&arguments, text.as_bytes()).ends(0).alerts()[0])
    };
    assert_eq!(piped(&["--seed", "1"]), given[0]);
    let random = [(); 4].map(|()| piped(&[]));
    assert!(random.iter().any(|count| *count != random[0]), "{random:?}");
    // State that is kept outlives the files that it began with.
    let kept = ["a", "b", "c", "d"].map(|folder| run(&["--checkpoint", folder, "input"]));
    assert!(kept.iter().any(|count| *count != kept[0]), "{kept:?}");
    for wrong in ["", "xyz", "0x1", "100000000000000000000000000000000"] {
        room.weir(&["run", "--seed", wrong, "input"])
            .ends(3)
            .says("hexadecimal");
    }
}

#[test]
fn a_checkpoint_keeps_its_seed() {
    let room = Room::new();
    let run = |seed: &[&str]| {
        let arguments = [&["run", "--checkpoint", "state"], seed, &["input"]].concat();
        room.weir(&arguments)
    };
    room.write("input", calls(30));
    run(&["--seed", "5eed"]).ends(0);
    run(&[]).ends(0);
    run(&["--seed", "5EED"]).ends(0);
    run(&["--seed", "5eee"]).ends(3).says("another seed");
}
