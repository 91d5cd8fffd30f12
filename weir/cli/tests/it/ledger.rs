//! `weir run --verdicts`: every closed window, once, whatever happens on the way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::stream::{calm, documents, spread};
use crate::support::{Room, burst, lines};

/// The rows of a ledger.
fn rows(text: &str) -> Vec<Value> {
    let row = |line: &str| serde_json::from_str(line).unwrap();
    text.lines().map(row).collect()
}

/// The last row of each group and window.
fn last(text: &str) -> BTreeMap<String, Value> {
    let id = |row: &Value| row["weir.alert.id"].as_str().unwrap().to_owned();
    rows(text).into_iter().map(|row| (id(&row), row)).collect()
}

/// No row is there twice.
#[track_caller]
fn each_once(text: &str) {
    let mut all: Vec<&str> = text.lines().collect();
    all.sort_unstable();
    let before = all.len();
    all.dedup();
    assert_eq!(all.len(), before, "a row is there twice");
}

#[test]
fn a_row_says_what_each_clause_has_and_wants() {
    let room = Room::new();
    room.write("in", lines(&burst()[..12]));
    let answer = room.weir(&["run", "--verdicts", "ledger.ndjson", "in"]);
    assert_eq!(answer.ends(0).out, "");
    let expected = json!({
        "@timestamp": "2026-03-04T05:08:00.000Z",
        "rule.id": "8cbc7793-9ce4-4b7d-9c20-a30afbde2a05",
        "weir.key": ["user.id", "source.as.number"],
        "user.id": "walker",
        "source.as.number": null,
        "event.start": "2026-03-04T05:06:00.123Z",
        "event.end": "2026-03-04T05:06:11.123Z",
        "weir.window.start": "2026-03-04T05:06:00.000Z",
        "weir.window.end": "2026-03-04T05:08:00.000Z",
        "weir.alerted": false,
        "weir.complete": true,
        "weir.truncated": null,
        "weir.alert.id": rows(&room.read("ledger.ndjson"))[0]["weir.alert.id"],
        "weir.verdicts_floor": 0.0,
        "Esql.total_calls": 12,
        "weir.clause.min_total_calls.threshold": 21,
        "weir.clause.min_total_calls.distance": -9,
        "weir.clause.min_total_calls.holds": false,
        "Esql.errors": 12,
        "weir.clause.min_errors.threshold": 10,
        "weir.clause.min_errors.distance": 2,
        "weir.clause.min_errors.holds": true,
        "Esql.error_rate": 1.0,
        "weir.clause.min_error_rate.threshold": 0.4,
        "weir.clause.min_error_rate.distance": 0.6,
        "weir.clause.min_error_rate.holds": true,
        "Esql.url_path_count": 12,
        "weir.clause.min_url_paths.threshold": 15,
        "weir.clause.min_url_paths.distance": -3,
        "weir.clause.min_url_paths.holds": false,
    });
    assert_eq!(room.read("ledger.ndjson"), format!("{expected}\n"));
}

#[test]
fn an_alert_and_its_row_have_one_id() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    let answer = room.weir(&["run", "--verdicts", "ledger", "in"]);
    let ledger = rows(&room.read("ledger"));
    assert_eq!((answer.alerts().len(), ledger.len()), (1, 1));
    assert_eq!(
        answer.alerts()[0]["weir.alert.id"],
        ledger[0]["weir.alert.id"]
    );
    assert_eq!(ledger[0]["weir.alerted"], true);
    assert_eq!(answer.alerts()[0]["Esql.errors"], ledger[0]["Esql.errors"]);
}

#[test]
fn the_floor_leaves_out_what_is_far_from_every_threshold_of_a_count() {
    let room = Room::new();
    room.write("in", documents(4000, 3).join("\n"));
    room.weir(&["run", "-q", "--verdicts", "all", "in"]).ends(0);
    let some = [
        "run",
        "-q",
        "--verdicts",
        "some",
        "--set",
        "verdicts_floor=0.5",
        "in",
    ];
    room.weir(&some).ends(0);
    let is_near = |row: &Value| {
        let counts = [
            ("total_calls", 10.5),
            ("errors", 5.0),
            ("url_path_count", 7.5),
        ];
        let count = |name: &str| row[format!("Esql.{name}").as_str()].as_f64().unwrap();
        counts.iter().all(|(name, least)| count(name) >= *least)
    };
    let mut expected = last(&room.read("all"));
    expected.retain(|_, row| is_near(row));
    for row in expected.values_mut() {
        row["weir.verdicts_floor"] = json!(0.5);
    }
    assert!(expected.len() > 5);
    assert_eq!(last(&room.read("some")), expected);
}

#[test]
fn late_events_give_further_rows_and_the_last_holds() {
    let room = Room::new();
    let documents = documents(4000, 1);
    room.write("in", documents.join("\n"));
    room.weir(&["run", "-q", "--verdicts", "ledger", "in"])
        .ends(0);
    // In the order of their times nothing is late.
    let mut sorted = documents;
    let time = |document: &String| {
        let document: Value = serde_json::from_str(document).unwrap();
        document["properties"]["timeGenerated"]
            .as_str()
            .map(str::to_owned)
    };
    sorted.sort_by_key(time);
    room.write("sorted", sorted.join("\n"));
    room.weir(&["run", "-q", "--verdicts", "expected", "sorted"])
        .ends(0);
    let (found, expected) = (room.read("ledger"), room.read("expected"));
    assert!(found.lines().count() > expected.lines().count());
    each_once(&found);
    assert_eq!(last(&expected).len(), expected.lines().count());
    assert_eq!(last(&found), last(&expected));
}

#[test]
fn threads_find_the_same() {
    let room = Room::new();
    room.write("config.toml", "[limits]\nbatch_kib = 1\n");
    room.write("in", calm(4000, 5).join("\n"));
    let run = ["run", "-q", "--config", "config.toml", "in", "--verdicts"];
    room.weir(&[&run[..], &["one"]].concat()).ends(0);
    room.weir(&[&run[..], &["two", "--threads", "2"]].concat())
        .ends(0);
    each_once(&room.read("two"));
    assert_eq!(last(&room.read("two")), last(&room.read("one")));
}

#[test]
fn a_ledger_goes_on_over_restarts() {
    let room = Room::new();
    let documents = documents(3000, 7);
    let (first, second) = documents.split_at(1200);
    room.write("in/a", format!("{}\n", first.join("\n")));
    let kept = [
        "run",
        "-q",
        "--checkpoint",
        "state",
        "--verdicts",
        "ledger",
        "in",
    ];
    room.weir(&kept).ends(0);
    let before = room.read("ledger");
    // What a crash would leave behind the last checkpoint is cut off.
    room.write("ledger", format!("{before}{{\"torn"));
    room.write("in/b", format!("{}\n", second.join("\n")));
    room.weir(&kept).ends(0);
    room.weir(&kept).ends(0);
    let found = room.read("ledger");
    assert!(found.starts_with(&before));
    each_once(&found);
    room.weir(&["run", "-q", "--verdicts", "whole", "in"])
        .ends(0);
    assert_eq!(last(&found), last(&room.read("whole")));
}

#[cfg(unix)]
#[test]
fn a_killed_run_loses_no_row_and_has_none_twice() {
    use std::time::Duration;
    let room = Room::new();
    let inputs = spread(&room, &documents(4000, 4));
    room.write("config.toml", "[limits]\nbatch_kib = 1\n");
    let base = [&["run", "--config", "config.toml"], &inputs[..]].concat();
    room.weir(&[&base[..], &["--verdicts", "whole"]].concat())
        .ends(0);
    let options = ["--checkpoint", "state", "--checkpoint-interval", "0.01"];
    let kept = [&base[..], &options, &["--verdicts", "ledger"]].concat();
    let mut kills = 0;
    for round in 0.. {
        assert!(round < 500, "it never gets to its end");
        let mut life = room.start("life", &kept);
        if kills < 12 {
            room.wait_for_lock("state", &mut life);
            std::thread::sleep(Duration::from_millis(17 * (round % 9)));
            if !life.is_over() {
                kills += 1;
                drop(life.kill());
                continue;
            }
        }
        let answer = life.end();
        answer.ends(0);
        if kills >= 12 {
            break;
        }
        std::fs::remove_dir_all(room.path("state")).unwrap();
    }
    let found = room.read("ledger");
    each_once(&found);
    assert_eq!(last(&found), last(&room.read("whole")));
    assert_eq!(found.lines().count(), room.read("whole").lines().count());
}

#[test]
fn parquet_says_what_ndjson_says() {
    let room = Room::new();
    room.write("in", documents(4000, 6).join("\n"));
    room.weir(&["run", "-q", "--verdicts", "l.ndjson", "in"])
        .ends(0);
    room.weir(&["run", "-q", "--verdicts", "l.parquet", "in"])
        .ends(0);
    let mut any = 0;
    for user in 0..6 {
        let user = format!("user-{user}");
        let said = |ledger: &str| {
            let explain = [
                "explain",
                "--format",
                "json",
                "--key",
                &format!("user.id={user}"),
                "--ledger",
                ledger,
            ];
            room.weir(&explain).ends(0).out.clone()
        };
        any += said("l.ndjson").lines().count();
        assert_eq!(said("l.parquet"), said("l.ndjson"));
    }
    assert!(any > 50);
}

#[test]
fn parquet_that_would_have_to_go_on_is_refused() {
    let room = Room::new();
    room.write("in", "");
    for more in [&["--checkpoint", "state"][..], &["--follow"]] {
        room.weir(&[&["run", "--verdicts", "l.parquet", "in"], more].concat())
            .ends(3)
            .says("--verdicts l.parquet: a Parquet file can be read only once it is finished")
            .says("write NDJSON");
    }
    room.weir(&["serve", "--verdicts", "l.parquet"])
        .ends(3)
        .says("write NDJSON");
    assert!(!room.path("l.parquet").exists());
}

#[test]
fn one_file_is_not_two_things() {
    let room = Room::new();
    room.write("in", "").write("config.toml", "");
    for (more, words) in [
        (
            &["--verdicts", "in"][..],
            "in is to be written and is also an input",
        ),
        (
            &["--verdicts", "x", "--output", "x"],
            "x is to hold both the alerts and the ledger",
        ),
        (
            &["--verdicts", "x", "--rejects", "./x"],
            "is to hold both what was refused and the ledger",
        ),
        (
            &["--verdicts", "config.toml", "--config", "config.toml"],
            "is to be written and is also read",
        ),
    ] {
        room.weir(&[&["run", "in"], more].concat())
            .ends(3)
            .says(words);
    }
}

/// Runs with a standard output that nobody reads.
#[cfg(unix)]
fn unread(room: &Room, arguments: &[&str]) -> crate::support::Answer {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = crate::support::weir()
        .args(arguments)
        .env("WEIR_LOG_FORMAT", "json")
        .current_dir(room.folder.path())
        .stdin(std::process::Stdio::null())
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    crate::support::Answer {
        code: output.status.code(),
        out: String::new(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[cfg(unix)]
#[test]
fn a_ledger_is_finished_though_nobody_reads_the_alerts() {
    let room = Room::new();
    room.write("config.toml", "[limits]\nbatch_kib = 1\n");
    room.write("in", documents(4000, 8).join("\n"));
    let run = ["run", "-q", "--config", "config.toml", "in"];
    room.weir(&[&run[..], &["--verdicts", "whole"]].concat())
        .ends(0);
    let whole = room.read("whole");
    for ledger in ["l.ndjson", "l.parquet"] {
        let answer = unread(&room, &[&run[..], &["--verdicts", ledger]].concat());
        answer.ends(0).tells_with("ledger-incomplete", ledger);
        let explain = [
            "explain",
            "--format",
            "json",
            "--at",
            "2026-03-04T05:00:30Z",
        ];
        room.weir(&[&explain[..], &["--ledger", ledger]].concat())
            .ends(0);
    }
    // Whole lines, and the first ones.
    let found = room.read("l.ndjson");
    assert!(!found.is_empty() && found.len() < whole.len());
    assert!(whole.starts_with(&found));
    // To where it came there is as much in the one form as in the other.
    let rows = |ledger: &str| {
        let answer = room.weir(&["tune", "--ledger", ledger]);
        answer.ends(0).alerts()[0]["rows"].clone()
    };
    assert_eq!(rows("l.parquet"), rows("l.ndjson"));
}

#[cfg(unix)]
#[test]
fn a_ledger_that_lacks_nothing_is_not_called_incomplete() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    let answer = unread(&room, &["run", "-q", "--verdicts", "l", "in"]);
    assert_eq!(answer.ends(0).err, "");
    assert_eq!(room.read("l").lines().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_costs_the_others_nothing() {
    let room = Room::new();
    let few = documents(400, 8).join("\n");
    room.write("few", format!("bad\n{few}"));
    room.write("many", documents(4000, 8).join("\n"));
    room.write("config.toml", "[limits]\nbatch_kib = 1\n");
    let run = ["run", "-q", "--final", "--config", "config.toml"];
    let outcome = |more: &[&str]| {
        let answer = room.logged(&[&run[..], &["--output", "alerts"], more].concat());
        (answer, room.read("alerts"))
    };
    let (answer, expected) = outcome(&["few", "--verdicts", "rows"]);
    answer.ends(0);
    let rows = room.read("rows");
    assert!(!expected.is_empty());
    for full in ["--verdicts", "--rejects"] {
        let (answer, found) = outcome(&["few", full, "/dev/full"]);
        answer.ends(3).tells_with("output-failed", "/dev/full");
        assert_eq!(found, expected, "{full}");
    }
    let (answer, _) = outcome(&["few", "--rejects", "/dev/full", "--verdicts", "again"]);
    answer.ends(3).tells_with("output-failed", "/dev/full");
    assert_eq!(room.read("again"), rows);
    // Where it fails on the way, what was found by then is written.
    let (answer, found) = outcome(&["many", "--verdicts", "/dev/full"]);
    answer.ends(3).tells_with("output-failed", "/dev/full");
    assert!(!found.is_empty());
    // That nobody reads hides no other failure.
    let unread = unread(&room, &["run", "-q", "few", "--verdicts", "/dev/full"]);
    unread.ends(3).tells_with("output-failed", "/dev/full");
}

#[test]
fn a_ledger_that_has_no_file_is_refused() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    room.write("config.toml", "[parameters]\nverdicts = true\n");
    for more in [
        &["run", "in", "--set", "verdicts=true"][..],
        &["run", "in", "--config", "config.toml"],
        &["serve", "--config", "config.toml"],
    ] {
        room.weir(more)
            .ends(3)
            .says("`verdicts` keeps a ledger, and no file is named for it")
            .says("--verdicts FILE");
    }
    #[cfg(feature = "kafka")]
    room.weir(&["run", "kafka://127.0.0.1:1/in", "--config", "config.toml"])
        .ends(3)
        .says("kafka: parameter `verdicts` keeps a ledger");
    for more in [&["--set", "verdicts=false"][..], &["--verdicts", "l"]] {
        let run = ["run", "--config", "config.toml", "in"];
        let answer = room.weir(&[&run[..], more].concat());
        assert_eq!(answer.ends(0).alerts().len(), 1);
    }
}

#[test]
fn columns_are_known_by_their_names_wherever_they_are() {
    let room = Room::new();
    room.write("in", documents(4000, 9).join("\n"));
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    let text = |rows: Vec<Value>| lines(&rows);
    let noted = rows(&room.read("l")).into_iter().map(|row| {
        let mut noted = json!({"note": {"by": ["a", 1, null]}, "at": "home"});
        let fields = noted.as_object_mut().unwrap();
        fields.extend(row.as_object().unwrap().clone());
        fields.insert("last".to_owned(), json!([1, "a"]));
        noted
    });
    room.write("noted", text(noted.collect()));
    let sorted = rows(&room.read("l")).into_iter().map(|row| {
        let mut fields: Vec<_> = row.as_object().unwrap().clone().into_iter().collect();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        Value::Object(fields.into_iter().collect())
    });
    room.write("sorted", text(sorted.collect()));
    let explained = |ledger: &str| {
        let all = ["explain", "--format", "json", "--key", "user.id=user-1"];
        let answer = room.weir(&[&all[..], &["--ledger", ledger]].concat());
        answer.ends(0).out.clone()
    };
    let tuned = |ledger: &str| {
        let answer = room.weir(&["tune", "--ledger", ledger]);
        let out = answer.ends(0).out.clone();
        let rest = out.split_once('\n').unwrap().1.to_owned();
        (answer.alerts()[0]["users"].clone(), rest)
    };
    let expected = (explained("l"), tuned("l"));
    assert!(expected.0.lines().count() > 10);
    for ledger in ["noted", "sorted"] {
        assert_eq!((explained(ledger), tuned(ledger)), expected, "{ledger}");
    }
    // What explain shows are rows as well, with the same key.
    room.write("shown", &expected.0);
    assert_eq!(explained("shown"), expected.0);
}

#[test]
fn a_row_that_does_not_say_its_key_is_refused() {
    let room = Room::new();
    room.write("in", lines(&burst()));
    room.weir(&["run", "-q", "--verdicts", "l", "in"]).ends(0);
    let row = rows(&room.read("l")).remove(0);
    for (name, value, words) in [
        ("weir.key", None, "it has no weir.key"),
        ("weir.key", Some(json!(7)), "weir.key is no list of names"),
        ("weir.key", Some(json!([])), "weir.key is no list of names"),
        ("user.id", None, "it has no user.id, which weir.key names"),
        (
            "user.id",
            Some(json!({})),
            "user.id is nothing that a key has",
        ),
    ] {
        let mut wrong = row.clone();
        let fields = wrong.as_object_mut().unwrap();
        match value {
            Some(value) => drop(fields.insert(name.to_owned(), value)),
            None => drop(fields.shift_remove(name)),
        }
        room.write("wrong", format!("{row}\n{wrong}\n"));
        for command in ["tune", "explain"] {
            room.weir(&[command, "--ledger", "wrong"])
                .ends(3)
                .says(&format!("wrong:2: no row of a ledger: {words}"));
        }
    }
}
