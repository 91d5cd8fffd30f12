//! What was read in an earlier run, and is there in another form in the next.

use crate::support::start::Start as _;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::life::{used, waits};
use crate::support::{Answer, BURST, Room, burst, gzip, lines};

const RUN: [&str; 4] = ["run", "--checkpoint", "state", "in"];

/// All of the burst was read once, and nothing else.
#[track_caller]
fn is_whole(answer: &Answer) {
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
    assert_eq!(answer.count("duplicate"), 0, "{}", answer.err);
    assert_eq!(answer.count("malformed"), 0, "{}", answer.err);
}

#[test]
fn a_compressed_copy_of_a_file_read_before_goes_on_where_that_was() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all[..15]));
    room.weir(&RUN).ends(0);
    room.write("in/log.1.gz", gzip(lines(&all[..20])));
    fs::remove_file(room.path("in/log")).unwrap();
    room.write("in/log", lines(&all[20..]));
    is_whole(&room.weir(&RUN));
    // The copy is known by itself from now on.
    is_whole(&room.weir(&RUN));
}

#[test]
fn a_compressed_copy_shorter_than_what_was_read_is_read_from_its_start() {
    let room = Room::new();
    let all = burst();
    room.write("in/log", lines(&all));
    room.weir(&RUN).ends(0);
    fs::remove_file(room.path("in/log")).unwrap();
    room.write("in/log.1.gz", gzip(lines(&all[..15])));
    let answer = room.logged(&RUN);
    answer.ends(0).tells_of("source-replaced", "in/log.1.gz");
    assert_eq!(answer.count("duplicate"), 15);
}

#[test]
fn one_file_under_several_names_is_read_once() {
    let room = Room::new();
    room.write("in/a", lines(&burst()));
    symlink("a", room.path("in/b")).unwrap();
    fs::hard_link(room.path("in/a"), room.path("in/c")).unwrap();
    let answer = room.logged(&["run", "in", "./in/a"]);
    is_whole(&answer);
    for name in ["in/b", "in/c", "./in/a"] {
        answer.tells_of("source-twice", name);
    }
}

#[test]
fn the_line_at_which_a_compressed_file_is_cut_short_is_read_when_it_is_whole() {
    let room = Room::new();
    let whole = gzip(lines(&burst()));
    room.write("in/log.gz", &whole[..whole.len() * 2 / 3]);
    let answer = room.logged(&RUN);
    answer.ends(3).tells_of("source-failed", "in/log.gz");
    assert_eq!(answer.count("malformed"), 0);
    assert!(answer.count("counted") > 0, "{}", answer.err);
    room.write("in/log.gz", whole);
    let answer = room.weir(&RUN);
    assert_eq!(answer.count("counted"), BURST as u64, "{}", answer.err);
    assert_eq!(answer.count("duplicate"), 0);
    assert_eq!(answer.count("malformed"), 0);
}

#[test]
fn a_last_line_that_is_not_whole_is_left_for_the_next_run() {
    // Within a record, and within the very first one.
    for written in [4000, 10] {
        let room = Room::new();
        let text = lines(&burst());
        room.write("in/log", &text[..written]);
        let line = text[..written].matches('\n').count() + 1;
        let answer = room.logged(&RUN);
        answer.ends(0).tells_at("line-incomplete", "in/log", line);
        assert_eq!(answer.count("malformed"), 0);
        // As it was: nothing to read, and nothing to say.
        room.logged(&RUN).lacks("line-incomplete");
        // All of it but its last line feed.
        room.write("in/log", text.trim_end());
        is_whole(&room.weir(&RUN));
    }
}

#[test]
fn a_last_line_that_is_not_whole_is_read_when_there_is_no_next_run() {
    let room = Room::new();
    room.write("log", &lines(&burst())[..4000]);
    let answer = room.logged(&["run", "log"]);
    assert_eq!(answer.ends(0).count("malformed"), 1);
    answer.lacks("line-incomplete");
}

/// A last line without its end, of which something is wrong or more than one value: what it gives
/// with checkpoints is what it gives without, once.
#[test]
fn a_broken_last_line_without_its_end_is_read_with_checkpoints_as_without() {
    let all = burst();
    let single = |at: usize| {
        let mut texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        texts[at] = texts[at].replacen("\"category\"", "'category'", 1);
        texts
    };
    let glued = |values: &[serde_json::Value]| -> String {
        values.iter().map(ToString::to_string).collect()
    };
    for (name, text) in [
        ("array", format!("[{}]", single(7).join(","))),
        (
            "last of array",
            format!("[{}]", single(BURST - 1).join(",")),
        ),
        (
            "records",
            format!("{{\"records\":[{}]}}", single(7).join(",")),
        ),
        (
            "another key",
            format!("{{\"events\":[{}]}}", single(7).join(",")),
        ),
        ("glued", glued(&all)),
        ("glued broken", single(7).join("")),
        (
            "glued lists",
            format!("{}{}", json!(&all[..9]), json!(&all[9..])),
        ),
        (
            "behind others",
            format!("{}[{}] ", lines(&all[..3]), single(7)[3..].join(",")),
        ),
        (
            "cut",
            format!("{}]", &json!(all).to_string().rsplit_once('"').unwrap().0),
        ),
        (
            "cut in another key",
            format!(
                "{}]}}",
                &json!({ "events": all })
                    .to_string()
                    .rsplit_once('"')
                    .unwrap()
                    .0
            ),
        ),
        ("no brace", json!(all).to_string().replacen("},", ",", 1)),
    ] {
        let room = Room::new();
        room.write("in", text);
        let plain = room.weir(&["run", "in"]);
        assert!(plain.ends(0).count("counted") > 0, "{name}");
        for run in ["first", "again"] {
            let answer = room.weir(&RUN);
            answer.ends(0);
            for kind in ["counted", "malformed"] {
                let (is, was) = (answer.count(kind), plain.count(kind));
                assert_eq!(is, was, "{name}, {run}, {kind}: {}", answer.err);
            }
        }
    }
}

#[test]
fn a_last_line_that_is_a_list_under_way_counts_once_as_it_grows() {
    let all = burst();
    let list = json!(all).to_string();
    let records = json!({ "records": all }).to_string();
    let glued: String = all.iter().map(ToString::to_string).collect();
    for text in [
        list.clone(),
        records,
        glued,
        format!("{}{list}\n{{\"other\":1}}\n", "{\"other\":2}\n"),
    ] {
        let room = Room::new();
        // Behind an element and inside one.
        for part in [3, 5, 8] {
            let end = text.len() * part / 10;
            room.write("in", &text[..end]);
            let whole = text[..end].matches("AzureADGraph").count() as u64;
            for _ in 0..2 {
                let answer = room.weir(&RUN);
                assert!(
                    whole - answer.ends(0).count("counted") <= 1,
                    "{}",
                    answer.err
                );
                assert_eq!(answer.count("malformed"), 0, "{}", answer.err);
            }
        }
        for _ in 0..2 {
            room.write("in", &text);
            let answer = room.weir(&RUN);
            assert_eq!(answer.ends(0).count("counted"), BURST as u64, "{text}");
            for none in ["malformed", "duplicate"] {
                assert_eq!(answer.count(none), 0, "{}", answer.err);
            }
        }
    }
}

#[test]
fn a_broken_last_line_that_was_left_is_read_when_nothing_came() {
    let all = burst();
    let mut text = json!(all)
        .to_string()
        .replacen("\"category\"", "'category'", 1);
    text.truncate(text.len() - 5);
    // As it is, and copied by a mirror.
    for copied in [false, true] {
        let room = Room::new();
        room.write("in", &text);
        let answer = room.logged(&RUN);
        assert_eq!(answer.ends(0).count("counted"), 0);
        answer.tells_at("line-incomplete", "in", 1);
        let plain = room.weir(&["run", "in"]);
        assert!(plain.count("counted") >= BURST as u64 - 2);
        if copied {
            room.write("copy", &text);
            fs::rename(room.path("copy"), room.path("in")).unwrap();
        }
        for _ in 0..2 {
            let answer = room.weir(&RUN);
            assert_eq!(answer.ends(0).count("counted"), plain.count("counted"));
            assert_eq!(answer.count("malformed"), plain.count("malformed"));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn standard_input_that_does_not_block_is_waited_for() {
    let room = Room::new();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut child = crate::support::weir()
        .args(["run", "--early", "--format", "ecs", "-"])
        .current_dir(room.folder.path())
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(fs::File::create(room.path("out")).unwrap())
        .stderr(fs::File::create(room.path("err")).unwrap())
        .start();
    let start = Instant::now();
    let wait_until = |done: &dyn Fn() -> bool| {
        while !done() {
            let waited = start.elapsed();
            assert!(waited < Duration::from_secs(120), "{}", room.read("err"));
            sleep(Duration::from_millis(2));
        }
    };
    // It looks for the first bytes, in vain.
    wait_until(&|| waits(child.id(), "weir-first") && waits(child.id(), "weir-feed"));
    ours.write_all(lines(&burst()).as_bytes()).unwrap();
    wait_until(&|| !room.read("out").is_empty());
    let before = used(child.id());
    sleep(Duration::from_secs(1));
    let busy = used(child.id()) - before;
    drop(ours);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(room.read("err").contains("sum 25 = read 25"));
    assert!(busy < 40, "it was busy for {busy} hundredths of a second");
}
