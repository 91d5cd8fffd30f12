//! Inputs that are followed while they grow, are rotated and appear.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::support::life::{Life, POLLS};
use crate::support::{BURST, Room, burst, gzip, lines};

/// Longer than a broken last line is waited for.
const SETTLED: Duration = Duration::from_millis(1500);

/// With these there is an alert as soon as all of the burst is counted.
const AT_LAST: [&str; 3] = ["--early", "--set", "min_total_calls=25"];

/// Follows the burst's files.
fn follow(room: &Room, inputs: &[&str]) -> Life {
    room.follow(&[inputs, &AT_LAST].concat())
}

/// All of the burst is read once, and nothing else.
fn is_whole(mut life: Life) {
    life.wait_for_output();
    sleep(POLLS);
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
    assert_eq!(answer.count("duplicate"), 0, "{}", answer.err);
    assert_eq!(answer.count("malformed"), 0, "{}", answer.err);
    let alerts = answer.alerts().into_iter();
    let ids: BTreeSet<String> = alerts.map(|a| a["weir.alert.id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
}

#[test]
fn a_file_grows_and_another_appears_later() {
    let room = Room::new();
    let all = burst();
    room.write("log", lines(&all[..10]));
    let life = follow(&room, &["log", "later"]);
    room.append("log", &lines(&all[10..15]));
    sleep(POLLS);
    room.append("later", &lines(&all[15..]));
    is_whole(life);
}

#[test]
fn a_line_waits_for_its_end() {
    let room = Room::new();
    let all = burst();
    let text = lines(&all);
    room.write("log", &text[..text.len() - 300]);
    let life = follow(&room, &["log"]);
    room.append("log", &text[text.len() - 300..text.len() - 1]);
    sleep(POLLS);
    room.append("log", "\n{\"a line\": \"without its end");
    is_whole(life);
}

/// It is read when it stays as it is, and what comes behind it then is new.
#[test]
fn a_broken_last_line_without_its_end_is_read_when_it_stays_as_it_is() {
    let all = burst();
    let texts: Vec<String> = all[..20].iter().map(ToString::to_string).collect();
    let mut broken = texts.clone();
    broken.insert(9, "{'category':1}".to_owned());
    for (front, malformed) in [(format!("[{}]", broken.join(",")), 1), (texts.concat(), 0)] {
        let room = Room::new();
        room.write("log", front);
        let life = room.follow(&["--checkpoint", "state", "log"]);
        sleep(SETTLED + POLLS);
        room.append("log", &format!("\n{}", lines(&all[20..])));
        sleep(POLLS);
        let answer = life.stop();
        assert_eq!(
            answer.ends(0).count("counted"),
            all.len() as u64,
            "{}",
            answer.err
        );
        assert_eq!(answer.count("malformed"), malformed, "{}", answer.err);
        assert_eq!(answer.count("duplicate"), 0, "{}", answer.err);
    }
}

/// A record under way is waited for, however long that takes.
#[test]
fn a_list_under_way_is_read_as_far_as_it_is_there() {
    let all = burst();
    let list = json!(all).to_string();
    for checkpoint in [true, false] {
        let room = Room::new();
        let arguments: &[&str] = match checkpoint {
            true => &["--checkpoint", "state", "log"],
            false => &["log"],
        };
        room.write("log", &list[..list.len() / 2]);
        let mut life = room.follow(arguments);
        sleep(SETTLED + POLLS);
        if checkpoint {
            let answer = life.stop();
            let half = list[..list.len() / 2].matches("AzureADGraph").count() as u64;
            assert!(half - answer.count("counted") <= 1, "{}", answer.err);
            life = room.follow(arguments);
        }
        room.append("log", &list[list.len() / 2..]);
        sleep(SETTLED + POLLS);
        room.append("log", "\n{\"half\":{\"of\":1},");
        sleep(SETTLED + POLLS);
        room.append("log", "\"it\":2}\n");
        sleep(POLLS);
        let answer = life.stop();
        assert_eq!(
            answer.ends(0).count("counted"),
            all.len() as u64,
            "{}",
            answer.err
        );
        for none in ["malformed", "duplicate"] {
            assert_eq!(answer.count(none), 0, "{}", answer.err);
        }
    }
}

#[test]
fn a_file_is_rotated_by_renaming() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..10]));
    let life = follow(&room, &["in/log"]);
    fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
    room.append("in/log.1", &lines(&all[10..12]));
    room.write("in/log", lines(&all[12..]));
    is_whole(life);
}

#[test]
fn a_renamed_file_in_a_folder_is_not_read_twice() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..10]));
    let life = follow(&room, &["in"]);
    fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
    room.write("in/log", lines(&all[10..20]));
    sleep(POLLS);
    room.append("in/log.1", &lines(&all[20..]));
    is_whole(life);
}

#[test]
fn a_file_is_copied_and_truncated() {
    let room = Room::new();
    let all = burst();
    room.write("log", lines(&all[..15]));
    let mut life = follow(&room, &["log"]);
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(room.path("log"))
        .unwrap();
    life.wait_to_say("log: was truncated; reading it from its start");
    room.append("log", &lines(&all[15..]));
    is_whole(life);
}

#[test]
fn a_copy_of_a_followed_file_is_not_read_again() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..15]));
    let mut life = follow(&room, &["in"]);
    // More came before the copy was made.
    room.append("in/log", &lines(&all[15..17]));
    fs::copy(room.path("in/log"), room.path("in/log.1")).unwrap();
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(room.path("in/log"))
        .unwrap();
    life.wait_to_say("log: was truncated; reading it from its start");
    room.append("in/log", &lines(&all[17..]));
    is_whole(life);
}

#[test]
fn a_copy_that_is_still_being_written_is_waited_for() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..20]));
    let life = follow(&room, &["in"]);
    room.append("in/log.1", &lines(&all[..13]));
    sleep(POLLS);
    room.append("in/log.1", &lines(&all[13..20]));
    sleep(POLLS);
    room.append("in/log", &lines(&all[20..]));
    is_whole(life);
}

#[test]
fn a_file_that_was_moved_away_is_read_on_and_may_come_back() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..10]));
    let life = follow(&room, &["in"]);
    fs::rename(room.path("in/log"), room.path("away")).unwrap();
    sleep(Duration::from_millis(2500));
    room.append("away", &lines(&all[10..15]));
    sleep(POLLS);
    assert!(!room.read("life.err").contains("truncated"));
    fs::rename(room.path("away"), room.path("in/log")).unwrap();
    room.append("in/log", &lines(&all[15..]));
    is_whole(life);
}

#[test]
fn a_compressed_copy_of_a_followed_file_is_not_read_again() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..15]));
    let life = follow(&room, &["in"]);
    fs::remove_file(room.path("in/log")).unwrap();
    room.write("in/log.1.gz", gzip(lines(&all[..20])));
    room.write("in/log", lines(&all[20..]));
    // It is taken when it was left alone for a second.
    is_whole(life);
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
        .spawn()
        .unwrap();
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
fn an_early_alert_of_a_followed_file_comes_while_it_is_followed() {
    let room = Room::new();
    room.write("log", lines(&burst()));
    let mut life = room.start(
        "life",
        &["run", "--follow", "--early", "--checkpoint", "state", "log"],
    );
    life.wait_for_output();
    assert!(!life.is_over());
    life.stop().ends(0);
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

/// Two files whose events are days apart: read in turn, the newer one's would make the
/// older one's too late.
#[test]
fn what_is_there_at_the_start_is_read_oldest_file_first() {
    let room = Room::new();
    let old = burst();
    let new = lines(&old)
        .replace("2026-03-04", "2026-03-09")
        .replace("request-", "later-");
    room.write("log/a-newer", new);
    room.write("log/b-older", lines(&old));
    let older = OpenOptions::new()
        .append(true)
        .open(room.path("log/b-older"))
        .unwrap();
    older
        .set_modified(SystemTime::now() - Duration::from_secs(3600))
        .unwrap();
    let answer = room.follow(&["log"]).stop();
    assert_eq!(answer.ends(0).count("counted"), 2 * BURST as u64);
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
