//! Inputs that are followed while they grow, are rotated and appear.

use crate::support::start::Start as _;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::life::KEPT;
use crate::support::{BURST, Room, burst, lines};

/// What the follower reads of files, and when, is tested where it is (`weir/sources`).
#[test]
fn files_that_grow_appear_and_are_rotated_make_one_alert_while_they_are_followed() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..10]));
    // There is an alert as soon as all of the burst is counted.
    let inputs = ["run", "--follow", "in/log", "later"];
    let at_last = ["--early", "--set", "min_total_calls=25"];
    let mut life = room.start("life", &[&inputs[..], &at_last, &KEPT].concat());
    room.wait_for_checkpoint("state", &mut life);
    life.wait_to_say("later: no such file; waiting for it");
    room.append("in/log", &lines(&all[10..15]));
    fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
    room.append("in/log.1", &lines(&all[15..17]));
    room.write("in/log", lines(&all[17..20]));
    room.write("later", lines(&all[20..]));
    life.wait_for_output();
    assert!(!life.is_over());
    let answer = life.stop();
    answer
        .ends(0)
        .says("in/log: is another file than before, as after a rotation");
    assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
    for none in ["duplicate", "malformed"] {
        assert_eq!(answer.count(none), 0, "{}", answer.err);
    }
    let alerts = answer.alerts().into_iter();
    let ids: BTreeSet<String> = alerts.map(|a| a["weir.alert.id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
}

#[test]
fn standard_input_is_live_and_ends() {
    let room = Room::new();
    let mut child = crate::support::weir()
        .args(["run", "--follow", "--early", "--format", "ecs", "-"])
        .current_dir(room.folder.path())
        .stdin(Stdio::piped())
        .stdout(fs::File::create(room.path("out")).unwrap())
        .stderr(fs::File::create(room.path("err")).unwrap())
        .start();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines(&burst()).as_bytes()).unwrap();
    let start = Instant::now();
    while room.read("out").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(120), "nothing comes");
        sleep(Duration::from_millis(20));
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(room.read("err").contains("sum 25 = read 25"));
}

#[test]
fn silence_closes_windows_by_the_clock() {
    let room = Room::new();
    // The last event is six seconds before the end of a window of half a minute.
    room.write("log", lines(&burst()))
        .write("c.toml", "[live]\nidle_timeout_seconds = 1\n");
    let arguments = ["run", "--follow", "--config", "c.toml", "log"];
    let settings = [
        "--set",
        "out_of_orderness_seconds=0",
        "--set",
        "window_seconds=30",
    ];
    let mut life = room.start("life", &[&arguments[..], &settings].concat());
    life.wait_for_output();
    assert!(!life.is_over(), "{}", life.err());
    life.stop().ends(0);
    room.write("c.toml", "[live]\nidle_timeout_seconds = 86401\n");
    room.weir(&arguments)
        .ends(3)
        .says("c.toml:2: live.idle_timeout_seconds is 86401; it must be 0 to 86400");
    room.write("c.toml", "[live]\nidle = 1\n");
    room.weir(&arguments)
        .ends(3)
        .says("c.toml:2: unknown field `idle`; did you mean `idle_timeout_seconds`?");
}

#[test]
fn what_is_written_is_not_followed() {
    let room = Room::new();
    room.write("in/log", lines(&burst()));
    let run = ["run", "--follow", "in", "-o", "in/alerts"];
    room.weir(&run)
        .ends(3)
        .says("in/alerts is to be written and is also an input");
    room.write("in/state/checkpoint", "");
    let run = ["run", "in", "--checkpoint", "in/state"];
    room.weir(&run)
        .ends(3)
        .says("in/state/checkpoint is in the folder of checkpoints");
}

#[test]
fn more_files_than_may_be_open_are_all_read_and_followed() {
    const FILES: usize = 700;
    let room = Room::new();
    let record = burst()[0].to_string();
    let later = record.replace("T05:06:", "T05:09:");
    let numbered = |of: &str, n: usize| of.replace("request-0", &format!("request-{n}")) + "\n";
    for n in 0..FILES {
        room.write(&format!("in/{n}"), numbered(&record, n));
    }
    // An alert when as many calls of a window are counted as there are files.
    let script = "ulimit -n 400; exec \"$0\" run --follow --early in --set min_total_calls=700 \
                  --set min_url_paths=1";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_weir")]);
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let mut life = room.launch("life", command);
    life.wait_for_output();
    for n in 0..FILES {
        room.append(&format!("in/{n}"), &numbered(&later, n));
    }
    let out = room.path("life.out");
    life.wait_until("all of the second window", || {
        fs::read_to_string(&out).unwrap().contains("T05:09:")
    });
    let answer = life.stop();
    assert_eq!(
        answer.ends(0).count("counted"),
        2 * FILES as u64,
        "{}",
        answer.err
    );
    assert!(!answer.err.contains("Too many open"), "{}", answer.err);
}
