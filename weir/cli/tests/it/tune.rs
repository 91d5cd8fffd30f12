//! `weir tune`: what other thresholds would give is what they give.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::stream::documents;
use crate::support::{Answer, Room, burst, lines};

/// What `weir run --final` gives with some settings: alerts, users and windows.
fn run(room: &Room, settings: &[(&str, &Value)]) -> [u64; 3] {
    let settings: Vec<String> = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut arguments = vec!["run", "-q", "--final", "in"];
    settings
        .iter()
        .for_each(|setting| arguments.extend(["--set", setting]));
    let alerts = room.weir(&arguments).ends(0).alerts();
    let distinct = |name: &str| {
        let all: BTreeSet<String> = alerts.iter().map(|a| a[name].to_string()).collect();
        all.len() as u64
    };
    [
        alerts.len() as u64,
        distinct("user.id"),
        distinct("weir.window.start"),
    ]
}

/// The lines of a kind.
fn of_kind(answer: &Answer, kind: &str) -> Vec<Value> {
    let mut all = answer.alerts();
    all.retain(|line| line["kind"] == kind);
    all
}

fn figures(line: &Value) -> [u64; 3] {
    ["alerts", "users", "windows"].map(|name| line[name].as_u64().unwrap())
}

const SWEEPS: [&str; 8] = [
    "--sweep",
    "min_errors=4..16..3",
    "--sweep",
    "min_total_calls=5,21,24,40",
    "--sweep",
    "min_error_rate=0.3..0.6..0.1",
    "--sweep",
    "min_url_paths=8,15,18,30",
];

#[test]
fn each_setting_gives_what_a_run_with_it_gives() {
    let room = Room::new();
    // Late events, duplicates and disorder in it.
    room.write("in", documents(4000, 9).join("\n"));
    let ledgers = ["l.ndjson", "l.parquet"];
    let tuned = ledgers.map(|ledger| {
        room.weir(&["run", "-q", "--verdicts", ledger, "in"])
            .ends(0);
        let grid = ["--grid", "min_error_rate,min_errors"];
        let answer = room.weir(&[&["tune", "--ledger", ledger], &SWEEPS[..], &grid].concat());
        answer.ends(0);
        answer
    });
    let rest = |answer: &Answer| answer.out.split_once('\n').unwrap().1.to_owned();
    assert_eq!(rest(&tuned[0]), rest(&tuned[1]));
    let today = run(&room, &[]);
    assert_eq!(figures(&of_kind(&tuned[0], "today")[0]), today);
    let sweeps = of_kind(&tuned[0], "sweep");
    assert_eq!(sweeps.len(), 17);
    let mut seen = BTreeSet::new();
    for line in &sweeps {
        let found = figures(line);
        seen.insert(found);
        let parameter = line["parameter"].as_str().unwrap();
        assert_eq!(found, run(&room, &[(parameter, &line["value"])]), "{line}");
        let part = |name: &str| line[name].as_u64().unwrap();
        assert_eq!(part("kept") + part("lost"), today[0], "{line}");
        assert_eq!(part("kept") + part("new"), found[0], "{line}");
    }
    assert!(
        seen.len() > 6,
        "settings differ in what they give: {seen:?}"
    );
    let grid = of_kind(&tuned[0], "grid");
    assert_eq!(grid.len(), 20);
    for line in grid.iter().step_by(3) {
        let values = &line["values"];
        let settings = [("min_error_rate", &values[0]), ("min_errors", &values[1])];
        let [alerts, users, _] = run(&room, &settings);
        assert_eq!([&line["alerts"], &line["users"]], [alerts, users], "{line}");
    }
}

#[test]
fn settings_below_the_floor_are_not_answered() {
    let room = Room::new();
    room.write("in", documents(4000, 9).join("\n"));
    let kept = [
        "run",
        "-q",
        "--verdicts",
        "l",
        "--set",
        "verdicts_floor=0.5",
        "in",
    ];
    room.weir(&kept).ends(0);
    let sweep = ["tune", "--ledger", "l", "--sweep", "min_errors=3..7..1"];
    let answer = room.weir(&sweep);
    answer
        .ends(0)
        .says("kept with a floor of 0.5: settings below it cannot be answered");
    for line in of_kind(&answer, "sweep") {
        let answers = line["value"].as_u64().unwrap() >= 5;
        assert_eq!(line["answerable"], answers);
        if answers {
            assert_eq!(
                figures(&line),
                run(&room, &[("min_errors", &line["value"])])
            );
        } else {
            assert!(line["alerts"].is_null());
        }
    }
    let table = room.weir(&[&sweep[..], &["--format", "table"]].concat());
    assert_eq!(
        table
            .ends(0)
            .out
            .matches("below the ledger's floor")
            .count(),
        2
    );
}

/// A burst that begins so many seconds after 05:06:00, a call each second.
fn burst_at(user: &str, second: usize, step: usize, paths: usize) -> Vec<Value> {
    let mut calls = burst();
    for (at, call) in calls.iter_mut().enumerate() {
        let seconds = second + at * step;
        let properties = &mut call["properties"];
        let (minute, second) = (6 + seconds / 60, seconds % 60);
        properties["timeGenerated"] = format!("2026-03-04T05:{minute:02}:{second:02}Z").into();
        properties["userId"] = user.into();
        properties["requestId"] = format!("{user}-{at}").into();
        properties["requestUri"] = format!("/tenant/o{}", at % paths).into();
    }
    calls
}

#[test]
fn bursts_that_an_edge_cuts_in_two_are_found() {
    let room = Room::new();
    let mut calls = Vec::new();
    // 20 calls before the edge at 05:08:00 and 5 after it, 20 paths before.
    calls.extend(burst_at("certain", 100, 1, 25));
    // 12 and 13, with 12 paths of 24: the same in both halves or not, nobody knows.
    calls.extend(burst_at("paths", 108, 1, 13));
    // The same, but longer than a window.
    calls.extend(burst_at("slow", 60, 6, 25));
    // All in one window, an alert.
    calls.extend(burst_at("whole", 10, 1, 25));
    // Too few paths in all.
    calls.extend(burst_at("few", 108, 1, 5));
    room.write("in", lines(&calls));
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    let answer = room.weir(&["tune", "--ledger", "l"]);
    let astride = &of_kind(answer.ends(0), "astride")[0];
    assert_eq!(
        (&astride["certain"], &astride["possible"]),
        (&1.into(), &2.into())
    );
    let bursts = of_kind(&answer, "burst");
    let told: Vec<(&str, bool)> = bursts
        .iter()
        .map(|line| (line["user.id"].as_str().unwrap(), line["certain"] == true))
        .collect();
    assert_eq!(told, [("certain", true), ("paths", false), ("slow", false)]);
    assert_eq!(bursts[0]["edge"], "2026-03-04T05:08:00.000Z");
    assert_eq!(bursts[0]["span_ms"], 24_000);
    assert_eq!(bursts[0]["Esql.total_calls"], 25);
    assert_eq!(
        bursts[0]["Esql.url_path_count"],
        serde_json::json!([20, 25])
    );
    let one = room.weir(&["tune", "--ledger", "l", "--top", "1"]);
    assert_eq!(of_kind(one.ends(0), "burst"), bursts[..1]);
    assert_eq!(&of_kind(&one, "astride")[0], astride);
}

#[test]
fn tables_look_like_this() {
    let room = Room::new();
    let calls = [burst_at("walker", 100, 1, 25), burst_at("other", 10, 1, 25)].concat();
    room.write("in", lines(&calls));
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    let answer = room.weir(&["tune", "--ledger", "l", "--format", "table"]);
    assert_eq!(answer.ends(0).out, include_str!("golden/tune.txt"));
}

#[test]
fn what_is_wanted_wrongly_is_refused() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    for (more, words) in [
        (
            &["--sweep", "min_errors"][..],
            "write PARAMETER=FROM..TO..STEP",
        ),
        (
            &["--sweep", "min_error=1,2"],
            "`min_error` is no threshold; did you mean `min_errors`?",
        ),
        (&["--sweep", "min_errors=1..x"], "`x` is no number"),
        (&["--sweep", "min_errors=9..1"], "the range goes up"),
        (
            &["--sweep", "min_errors=1..100000"],
            "no more than 1000 settings",
        ),
        (&["--sweep", "min_errors=1.5"], "1.5 has a fraction"),
        (
            &["--sweep", "min_error_rate=1.5"],
            "1.5 is out of range: 0 to 1",
        ),
        (&["--grid", "min_errors"], "name two thresholds"),
        (
            &["--grid", "min_errors,min_errors"],
            "name two different thresholds",
        ),
        (
            &[
                "--sweep",
                "min_errors=1..101",
                "--sweep",
                "min_total_calls=1..100",
                "--grid",
                "min_errors,min_total_calls",
            ],
            "101 settings by 100 are more than 10000 pairs",
        ),
    ] {
        room.weir(&[&["tune", "--ledger", "l"], more].concat())
            .ends(3)
            .says(words);
    }
}

#[test]
fn a_ledger_of_two_configurations_is_refused() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    room.weir(&["run", "-q", "--verdicts", "a", "in"]).ends(0);
    room.weir(&[
        "run",
        "-q",
        "--verdicts",
        "b",
        "--set",
        "min_errors=11",
        "in",
    ])
    .ends(0);
    room.write("both", room.read("a") + &room.read("b"));
    room.weir(&["tune", "--ledger", "both"])
        .ends(3)
        .says("both: from row 2 on (window 2026-03-04T05:06:00.000Z) min_errors is another than at its start");
    room.write("none", "");
    room.weir(&["tune", "--ledger", "none"])
        .ends(3)
        .says("none: is empty");
    room.write("begun", "{\"a\":1");
    room.weir(&["tune", "--ledger", "begun"])
        .ends(3)
        .says("begun:1: the last line is cut short");
    room.write("blank", "\n");
    room.weir(&["tune", "--ledger", "blank"])
        .ends(3)
        .says("blank: holds no windows");
}
