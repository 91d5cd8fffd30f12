//! `weir run -` between two pipes: a line at a time, nothing held back, nothing lost. So a
//! shell's pipe and Vector's `exec` source run it.

use crate::support::start::Start as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::stream::{Revisions, documents};
use crate::support::{Answer, BURST, Room, burst, lines};

/// Longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// A stage between two pipes.
struct Stage {
    child: Child,
    room: Room,
}

impl Stage {
    fn start(more: &[&str]) -> (Self, ChildStdin, ChildStdout) {
        let room = Room::new();
        let mut child = crate::support::weir()
            .args(["run", "--format", "ecs"])
            .args(more)
            .arg("-")
            .current_dir(room.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(room.path("err")).unwrap())
            .start();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        (Self { child, room }, stdin, stdout)
    }

    fn terminate(&self) {
        let number = self.child.id().to_string();
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &number]);
        assert!(kill.start().wait().unwrap().success());
    }

    /// Waits for its end; `out` is what was read of it.
    fn end(mut self, out: String) -> Answer {
        let code = self.child.wait().unwrap().code();
        let err = fs::read_to_string(self.room.path("err")).unwrap();
        Answer { code, out, err }
    }
}

/// Hands on each line as it comes.
fn reader(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    lines
}

fn next(lines: &Receiver<String>) -> Value {
    let line = lines.recv_timeout(PATIENCE).expect("no alert comes");
    serde_json::from_str(&line).unwrap()
}

/// The alerts of an unbroken run over these documents.
fn plain(documents: &[String]) -> Answer {
    let room = Room::new();
    room.write("whole", documents.join("\n"));
    room.weir(&["run", "whole"])
}

/// One event of the burst, by another user at a later time.
fn event(number: usize, user: &str, time: &str) -> String {
    let mut event = burst()[number].clone();
    event["properties"]["userId"] = json!(user);
    event["properties"]["requestId"] = json!(format!("{user}-{number}"));
    event["properties"]["timeGenerated"] = json!(time);
    format!("{event}\n")
}

#[test]
fn an_alert_comes_when_it_is_due_and_not_when_the_pipe_ends() {
    let (stage, mut stdin, stdout) = Stage::start(&[]);
    let alerts = reader(stdout);
    // A line at a time, each in two pieces.
    for event in burst() {
        let line = format!("{event}\n");
        let (first, second) = line.as_bytes().split_at(line.len() / 2);
        stdin.write_all(first).unwrap();
        sleep(Duration::from_millis(5));
        stdin.write_all(second).unwrap();
    }
    assert!(alerts.try_recv().is_err(), "its window is open");
    for second in 1..=2 {
        let time = format!("2026-03-04T05:10:0{second}.0Z");
        stdin
            .write_all(event(second, "other", &time).as_bytes())
            .unwrap();
    }
    let alert = next(&alerts);
    assert_eq!(alert["user.id"], "walker");
    assert_eq!(alert["weir.alert.phase"], "on-time");
    assert_eq!(alert["Esql.total_calls"], BURST);
    drop(stdin);
    stage.end(String::new()).ends(0).adds_up(27);
}

#[test]
fn it_keeps_up_with_a_sender_that_waits_for_each_alert() {
    const ROUNDS: usize = 40;
    let (stage, mut stdin, stdout) = Stage::start(&["--early"]);
    let alerts = reader(stdout);
    for round in 0..ROUNDS {
        let user = format!("user-{round:02}");
        for number in 0..BURST {
            let time = format!("2026-03-04T05:06:{number:02}.0Z");
            stdin
                .write_all(event(number, &user, &time).as_bytes())
                .unwrap();
        }
        let alert = next(&alerts);
        assert_eq!(alert["user.id"], user.as_str());
        assert_eq!(alert["weir.alert.phase"], "early");
    }
    drop(stdin);
    let answer = stage.end(String::new());
    answer.ends(0);
    assert_eq!(answer.count("counted"), (ROUNDS * BURST) as u64);
}

#[test]
fn at_a_signal_what_was_read_is_judged_to_its_end() {
    let (stage, mut stdin, stdout) = Stage::start(&["--early"]);
    let alerts = reader(stdout);
    stdin.write_all(lines(&burst()).as_bytes()).unwrap();
    assert_eq!(next(&alerts)["weir.alert.phase"], "early");
    stage.terminate();
    // The sender has not ended, and the window is closed all the same.
    let rest: Vec<String> = alerts.iter().collect();
    stage.end(String::new()).ends(0).adds_up(25);
    let rest = Revisions::of(&(rest.join("\n") + "\n")).standing();
    let whole: Vec<String> = burst().iter().map(ToString::to_string).collect();
    assert_eq!(rest, Revisions::of(&plain(&whole).ends(0).out).standing());
}

/// Writes all documents, and counts the bytes that were taken; a pipe that breaks ends it.
fn writer(mut stdin: ChildStdin, documents: &[String]) -> (JoinHandle<bool>, Arc<AtomicUsize>) {
    let text = documents.join("\n") + "\n";
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let thread = thread::spawn(move || {
        text.as_bytes().chunks(4000).all(|piece| {
            count.fetch_add(piece.len(), Ordering::Relaxed);
            stdin.write_all(piece).is_ok()
        })
    });
    (thread, taken)
}

#[test]
fn a_signal_under_load_leaves_nothing_unjudged_that_was_read() {
    let documents = documents(20_000, 31);
    let (stage, stdin, mut stdout) = Stage::start(&[]);
    let (writer, _) = writer(stdin, &documents);
    let mut first = [0];
    stdout.read_exact(&mut first).unwrap();
    stage.terminate();
    let mut out = String::from_utf8(first.to_vec()).unwrap();
    stdout.read_to_string(&mut out).unwrap();
    let answer = stage.end(out);
    answer.ends(0);
    let classes = ["counted", "duplicate", "other data set", "dropped late"];
    let read = classes.iter().map(|class| answer.count(class)).sum::<u64>();
    let read = usize::try_from(read).unwrap();
    println!("read {read} of {}", documents.len());
    assert!(
        answer.count("malformed") <= 1,
        "at most the line that was cut"
    );
    let whole = plain(&documents[..read]);
    let standing = |answer: &Answer| Revisions::of(&answer.out).standing();
    assert_eq!(standing(&answer), standing(&whole));
    writer.join().unwrap();
}

#[test]
fn a_reader_that_stalls_slows_the_sender_and_loses_nothing() {
    let documents = documents(20_000, 32);
    let (stage, stdin, mut stdout) = Stage::start(&["--early"]);
    let (writer, taken) = writer(stdin, &documents);
    // Until the sender gets rid of nothing more.
    let mut before = 0;
    while before == 0 || before != taken.load(Ordering::Relaxed) {
        before = taken.load(Ordering::Relaxed);
        sleep(Duration::from_secs(1));
    }
    assert!(!writer.is_finished(), "the stall did not reach the sender");
    let mut out = String::new();
    stdout.read_to_string(&mut out).unwrap();
    assert!(writer.join().unwrap(), "all was taken");
    let answer = stage.end(out);
    answer.ends(0);
    let whole = plain(&documents);
    assert_eq!(answer.count("counted"), whole.count("counted"));
    let standing = |answer: &Answer| Revisions::of(&answer.out).standing();
    assert_eq!(standing(&answer), standing(&whole));
}

#[test]
fn a_reader_that_goes_away_is_success_and_ends_it() {
    let documents = documents(20_000, 33);
    let (stage, stdin, mut stdout) = Stage::start(&["--early"]);
    let (writer, _) = writer(stdin, &documents);
    stdout.read_exact(&mut [0]).unwrap();
    drop(stdout);
    let answer = stage.end(String::new());
    answer.ends(0);
    assert!(!answer.err.contains("pipe"), "{}", answer.err);
    assert!(!writer.join().unwrap(), "the sender is told");
}

#[test]
fn a_first_line_that_is_no_json_is_judged_though_nothing_follows() {
    let (stage, mut stdin, mut stdout) = Stage::start(&[]);
    stdin.write_all(b"starting up, please wait\n").unwrap();
    let since = Instant::now();
    let said = || fs::read_to_string(stage.room.path("err")).unwrap();
    while !said().contains("(stdin):1: malformed") {
        assert!(since.elapsed() < PATIENCE, "{}", said());
        sleep(Duration::from_millis(100));
    }
    // A value that spans lines is told behind it all the same.
    let printed = format!("{:#}\n", json!(burst()));
    stdin.write_all(printed.as_bytes()).unwrap();
    drop(stdin);
    let mut out = String::new();
    stdout.read_to_string(&mut out).unwrap();
    let answer = stage.end(out);
    assert_eq!(answer.ends(0).count("counted"), BURST as u64);
    assert_eq!((answer.count("malformed"), answer.alerts().len()), (1, 1));
}
