//! `weir explain`: which clause stood between a window and an alert.

use serde_json::Value;

use crate::support::stream::documents;
use crate::support::{Room, burst, lines};

/// The walker's burst without its last calls, and one call of somebody else.
fn near() -> String {
    let mut calls = burst()[..20].to_vec();
    let mut other = burst()[0].clone();
    other["properties"]["userId"] = "somebody".into();
    other["properties"]["requestId"] = "other".into();
    other["properties"]["httpStatusCode"] = 200.into();
    calls.push(other);
    lines(&calls)
}

const WALKER: &str = "\
2026-03-04T05:06:00.000Z to 2026-03-04T05:08:00.000Z  user.id walker  source.as.number null
  Esql.total_calls   20  min_total_calls   21    -1  FAILED
  Esql.errors        20  min_errors        10   +10  ok
  Esql.error_rate   1.0  min_error_rate   0.4  +0.6  ok
  Esql.url_path_count  20  min_url_paths  15  +5  ok
  no alert: only Esql.total_calls stood in the way: it is 20, and min_total_calls is 21

";

#[test]
fn one_who_is_named_is_shown_clause_by_clause() {
    let room = Room::new();
    room.write("in", near());
    let answer = room.weir(&[
        "explain",
        "--format",
        "table",
        "--key",
        "user.id=walker",
        "in",
    ]);
    let table = answer.ends(0).out.replace("  ", " ");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&table), squeezed(WALKER));
    // The same from a ledger, whichever way it is asked for.
    for ledger in ["l.ndjson", "l.parquet"] {
        room.weir(&["run", "-q", "--verdicts", ledger, "in"])
            .ends(0);
        let from = ["explain", "--format", "table", "--ledger", ledger];
        for key in [
            &["--key", "user.id=walker"][..],
            &["--key", "user.id=walker", "--key", "as.number=null"],
            &["--key", "user.id=walker", "--at", "2026-03-04 05:07:59"],
            &[
                "--key",
                "user.id=walker",
                "--from",
                "2026-03-04T05:07:00Z",
                "--to",
                "2026-03-05",
            ],
        ] {
            let again = room.weir(&[&from[..], key].concat());
            assert_eq!(again.ends(0).out, answer.out, "{key:?}");
        }
    }
}

#[test]
fn an_alert_is_said_to_be_one() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    let answer = room.weir(&["explain", "--key", "user.id=walker", "in"]);
    let row: Value = serde_json::from_str(&answer.ends(0).out).unwrap();
    assert_eq!(row["weir.alerted"], true);
    assert_eq!(row["message"], "alert: every clause holds");
    assert_eq!(row["weir.explain.failed"], Value::Array(Vec::new()));
}

#[test]
fn with_nobody_named_the_nearest_misses_come_first() {
    let room = Room::new();
    room.write("in", documents(4000, 2).join("\n"));
    let answer = room.weir(&["explain", "in", "--top", "30"]);
    let rows = answer.ends(0).alerts();
    assert_eq!(rows.len(), 30);
    let rank = |row: &Value| {
        let clauses = [
            ("Esql.total_calls", "min_total_calls"),
            ("Esql.errors", "min_errors"),
            ("Esql.error_rate", "min_error_rate"),
            ("Esql.url_path_count", "min_url_paths"),
        ];
        let mut shortfall = 0.0_f64;
        for (column, parameter) in clauses {
            let threshold = &row[format!("weir.clause.{parameter}.threshold").as_str()];
            let threshold = threshold.as_f64().unwrap();
            shortfall = shortfall.max((threshold - row[column].as_f64().unwrap()) / threshold);
        }
        (
            row["weir.explain.failed"].as_array().unwrap().len(),
            shortfall,
        )
    };
    let ranks: Vec<(usize, f64)> = rows.iter().map(rank).collect();
    assert!(ranks.is_sorted_by(|one, next| one <= next), "{ranks:?}");
    assert!(ranks[0].0 == 1 && ranks.iter().all(|(failed, _)| *failed > 0));
    // What was left out is not nearer.
    let all = room.weir(&["explain", "in", "--top", "100000"]);
    assert_eq!(all.ends(0).alerts()[..30], rows[..]);
    assert!(all.alerts().len() > 60);
    // And a ledger with a floor, which late events have changed, has the same at its top.
    let floor = ["--set", "verdicts_floor=0.5"];
    room.weir(&[&["run", "-q", "--verdicts", "l", "in"], &floor[..]].concat())
        .ends(0);
    let few = room
        .weir(&["explain", "--ledger", "l", "--top", "3"])
        .ends(0)
        .alerts();
    for (one, other) in few.iter().zip(&rows) {
        assert_eq!(one["weir.alert.id"], other["weir.alert.id"]);
    }
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let room = Room::new();
    room.write("in", near());
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    room.weir(&[
        "run",
        "-q",
        "--verdicts",
        "f",
        "--set",
        "verdicts_floor=0.25",
        "in",
    ])
    .ends(0);
    let explain = |more: &[&str]| room.weir(&[&["explain", "--ledger"], more].concat());
    explain(&["l", "--key", "user.id=walkre"]).ends(0).says(
        "no events were seen of user.id walkre (most like it: walker); the ledger has 2 entries",
    );
    explain(&[
        "l",
        "--key",
        "user.id=walker",
        "--at",
        "2026-03-04T05:08:00Z",
    ])
    .ends(0)
    .says("no events were seen of user.id walker at 2026-03-04T05:08:00.000Z");
    explain(&["l", "--key", "user.id=walker", "--key", "as.number=64500"])
        .ends(0)
        .says("no events were seen of source.as.number 64500");
    explain(&["f", "--key", "user.id=somebody"])
        .ends(0)
        .says("or a count was below 0.25 of its threshold and the window is not in the ledger");
    explain(&["f", "--key", "user.id=walker"])
        .ends(0)
        .says("windows in which a count was below 0.25 of its threshold are not in the ledger");
}

#[test]
fn a_broken_ledger_is_named_with_its_line() {
    let room = Room::new();
    room.write("in", near());
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    room.weir(&["run", "-q", "--verdicts", "p.parquet", "in"])
        .ends(0);
    let whole = room.read("l");
    let explain = |ledger: &str| room.weir(&["explain", "--ledger", ledger]);
    let with = |name: &str, from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        room.write(name, whole.replace(from, to));
        explain(name)
    };
    room.write("cut", &whole[..whole.len() - 9]);
    explain("cut")
        .ends(0)
        .says("cut:2: the last line is cut short and left out");
    room.write("torn", format!("{}\n{whole}", &whole[..80]));
    explain("torn")
        .ends(3)
        .says("torn:1: no row of a ledger: it is not JSON");
    room.write("empty", "");
    explain("empty").ends(3).says("empty: is empty");
    with(
        "other",
        "8cbc7793-9ce4-4b7d-9c20-a30afbde2a05",
        "another-rule",
    )
    .ends(3)
    .says("other: holds no windows of rule 8cbc");
    with("lacks", "\"Esql.errors\":", "\"x\":")
        .ends(3)
        .says("lacks:1: no row of a ledger: it has no Esql.errors");
    with("lies", "\"weir.alerted\":false", "\"weir.alerted\":true")
        .ends(3)
        .says("weir.alerted is not what its figures say");
    with("time", "\"event.start\":\"2026", "\"event.start\":\"soon")
        .ends(3)
        .says("event.start is no time");
    with("number", "\"Esql.errors\":20", "\"Esql.errors\":\"20\"")
        .ends(3)
        .says("Esql.errors is no number");
    explain("none").ends(3).says("none: no such file");
    let parquet = std::fs::read(room.path("p.parquet")).unwrap();
    room.write("p.cut", &parquet[..parquet.len() - 20]);
    explain("p.cut")
        .ends(3)
        .says("p.cut: is no whole Parquet file");
    room.write(
        "alerts",
        "{\"rule.id\":\"8cbc7793-9ce4-4b7d-9c20-a30afbde2a05\"}\n",
    );
    explain("alerts")
        .ends(3)
        .says("alerts:1: no row of a ledger: it has no ");
}

#[test]
fn what_is_asked_for_wrongly_is_refused() {
    let room = Room::new();
    room.write("in", near());
    for (more, words) in [
        (
            &["--key", "walker"][..],
            "`walker` is no part of a key; write NAME=VALUE",
        ),
        (
            &["--key", "user.id=a", "--key", "user.id=b"],
            "user.id is asked for twice",
        ),
        (&["--at", "noon"], "write a time such as"),
        (&["--ledger", "in"], "cannot be used with"),
    ] {
        room.weir(&[&["explain", "in"], more].concat())
            .ends(3)
            .says(words);
    }
}

#[test]
fn logs_that_cannot_be_read_are_told() {
    let room = Room::new();
    room.write("in", format!("{}no json\n", near()));
    let answer = room.logged(&["explain", "--key", "user.id=walker", "in", "none"]);
    answer
        .ends(3)
        .tells_of("source-failed", "none")
        .tells_with("documents-left-out", "1 document ");
    assert_eq!(answer.alerts().len(), 1);
}
