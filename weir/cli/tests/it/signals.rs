//! Signals end a run, in order and soon, whatever it is busy with.

use crate::support::start::Start as _;
use std::fs;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use weir_common::numbers::grouped;

use crate::support::life::{KEPT, Life, used, waits};
use crate::support::zoo::{self, RUN};
use crate::support::{Answer, Room, burst, lines};

/// What has not ended by then hangs: how fast it is depends on the machine.
const SOON: Duration = Duration::from_secs(120);

/// It ends soon after this signal.
#[track_caller]
fn soon(life: Life, signal: &str) -> Answer {
    let start = Instant::now();
    life.signal(signal);
    let answer = life.end();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    answer
}

/// Whether a signal is in one of the sets that Linux tells of a process.
fn has_signal(id: u32, set: &str, signal: libc::c_int) -> bool {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix(set));
    let mask = mask.map_or("0", |mask| mask.trim_start_matches(':').trim());
    u64::from_str_radix(mask, 16).unwrap() >> (signal - 1) & 1 == 1
}

fn takes_term(id: u32) -> bool {
    has_signal(id, "SigCgt", libc::SIGTERM)
}

/// Waits until a run takes signals and its component is at work, which is endless.
fn is_at_work(life: &mut Life) {
    let id = life.id();
    life.wait_until("signals", || takes_term(id));
    let before = used(id);
    life.wait_until("work", || used(id) > before + 20);
}

fn mkfifo(room: &Room, name: &str) {
    let made = Command::new("mkfifo").arg(room.path(name)).status();
    assert!(made.unwrap().success());
}

#[test]
fn sighup_ends_a_run_with_an_end_as_sigterm_does() {
    for signal in ["HUP", "TERM", "INT"] {
        let room = Room::new();
        room.write("log", lines(&burst()));
        mkfifo(&room, "fifo");
        let run = [&["run", "log", "fifo"], &KEPT[..]].concat();
        let mut life = room.start("life", &run);
        room.wait_for_checkpoint("state", &mut life);
        soon(life, signal).ends(0).adds_up(25);
    }
}

#[test]
fn a_sighup_that_was_ignored_from_the_start_is_ignored_as_under_nohup() {
    let room = Room::new();
    room.write("log", lines(&burst()));
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' HUP; exec \"$0\" run --follow --early log missing",
        env!("CARGO_BIN_EXE_weir"),
    ]);
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let mut life = room.launch("life", command);
    life.wait_for_output();
    assert!(has_signal(life.id(), "SigIgn", libc::SIGHUP));
    life.signal("HUP");
    soon(life, "TERM").ends(0).adds_up(25);
}

#[test]
fn a_detector_that_gives_alerts_without_end_keeps_nobody_who_wants_to_end() {
    // What it was fed is good for 9 MB, which takes seconds to write.
    let config = "[limits]\nalerts_mib = 8\n";
    let room = zoo::room("endless-alerts", config, &zoo::lines(100, &[]));
    let run = [&RUN[..], &["-o", "alerts", "input"]].concat();
    let mut life = room.start_logged("life", &run);
    has_alerts(&room, &mut life);
    let answer = soon(life, "TERM");
    answer
        .ends(2)
        .tells_with("component-given-up", "limits.alerts_");
    // With wide limits it may as well be an honest one with much to say.
    let room = zoo::room(
        "endless-alerts",
        "[limits]\nalerts_mib = 65536\n",
        &zoo::lines(100, &[]),
    );
    let mut life = room.start_logged("life", &run);
    has_alerts(&room, &mut life);
    soon(life, "TERM").ends(3).tells("run-failed");
}

/// Waits until alerts are written.
fn has_alerts(room: &Room, life: &mut Life) {
    let alerts = room.path("alerts");
    life.wait_until("alerts", || {
        fs::metadata(&alerts).is_ok_and(|meta| meta.len() > 0)
    });
}

#[test]
fn an_honest_backlog_of_alerts_that_takes_too_long_is_told_and_blames_nobody() {
    let room = zoo::room("slow-alerts", "", &zoo::lines(10_000, &[]));
    let run = [&RUN[..], &["-o", "alerts", "input"]].concat();
    let mut life = room.start_logged("life", &run);
    has_alerts(&room, &mut life);
    let answer = soon(life, "TERM");
    let written = room.read("alerts").lines().count();
    assert!(written > 1, "{}", answer.err);
    answer.ends(3).tells_with(
        "run-failed",
        &format!(" {} alerts ", grouped(written as u64)),
    );
}

#[test]
fn an_honest_backlog_of_alerts_is_in_the_checkpoint_and_the_next_start_goes_on_with_it() {
    let room = zoo::room("slow-alerts", "", &zoo::lines(1000, &[]));
    let run = [
        &RUN[..],
        &["-o", "alerts", "--checkpoint", "state", "input"],
    ]
    .concat();
    let mut life = room.start_logged("life", &run);
    room.wait_for_lock("state", &mut life);
    is_at_work(&mut life);
    let answer = soon(life, "TERM");
    answer.ends(0).tells("alerts-left");
    let written = room.read("alerts").lines().count();
    assert!(written < 200, "{written}");
    room.weir(&run).ends(0);
    let alerts = room.read("alerts");
    let mut different: Vec<&str> = alerts.lines().collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!((alerts.lines().count(), different.len()), (200, 200));
}

#[test]
fn a_detector_that_does_not_answer_is_not_tried_again_at_the_end() {
    let config = "[limits]\ndeadline_ms = 2000\nrestarts = 1000\n";
    let room = zoo::room("spin-push", config, &zoo::lines(100, &[]));
    let mut life = room.start_logged("life", &[&RUN[..], &["input"]].concat());
    is_at_work(&mut life);
    soon(life, "TERM").ends(2).tells("component-given-up");
}

/// Bytes in a pipe that wait to be read.
fn waiting(pipe: &impl AsRawFd) -> libc::c_int {
    let mut bytes = 0;
    // SAFETY: the pointer is to a variable that lives through the call.
    let asked = unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    assert_eq!(asked, 0, "{}", std::io::Error::last_os_error());
    bytes
}

/// A run whose output nobody reads, which is by now as full as it gets.
fn stalled(room: &Room) -> Child {
    let child = crate::support::weir()
        .args([&RUN[..], &["input"]].concat())
        .env("WEIR_LOG_FORMAT", "json")
        .current_dir(room.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(room.path("err")).unwrap())
        .start();
    let start = Instant::now();
    let pipe = child.stdout.as_ref().unwrap();
    let mut before = 0;
    while !takes_term(child.id()) || before == 0 || before != waiting(pipe) {
        assert!(start.elapsed() < SOON, "{}", room.read("err"));
        before = waiting(pipe);
        sleep(Duration::from_millis(300));
    }
    child
}

fn tell(child: &Child, signal: &str) {
    let number = child.id().to_string();
    let mut kill = Command::new("kill");
    kill.args(["-s", signal, &number]);
    assert!(kill.start().wait().unwrap().success());
}

#[test]
fn an_output_that_nobody_reads_is_given_up_at_the_end() {
    let room = zoo::room("honest", "", &zoo::lines(5000, &[]));
    let mut child = stalled(&room);
    assert!(child.try_wait().unwrap().is_none(), "{}", room.read("err"));
    let start = Instant::now();
    tell(&child, "TERM");
    let status = child.wait().unwrap();
    assert!(start.elapsed() < SOON);
    let answer = Answer {
        code: status.code(),
        out: String::new(),
        err: room.read("err"),
    };
    answer.ends(3).tells_with("output-failed", "(stdout)");
}

#[test]
fn the_second_signal_ends_at_once() {
    let room = zoo::room("honest", "", &zoo::lines(5000, &[]));
    let mut child = stalled(&room);
    tell(&child, "TERM");
    while has_signal(child.id(), "ShdPnd", libc::SIGTERM) {
        sleep(Duration::from_millis(1));
    }
    tell(&child, "HUP");
    // The first one's end would be another code.
    assert_eq!(child.wait().unwrap().code(), Some(128 + 1));
}

#[test]
fn a_pipe_without_its_other_end_is_not_waited_for() {
    let room = Room::new();
    room.write("log", lines(&burst()));
    mkfifo(&room, "fifo");
    let mut life = room.start("in", &["run", "fifo"]);
    let id = life.id();
    life.wait_until("the pipe", || takes_term(id) && waits(id, "weir-feed"));
    soon(life, "HUP").ends(0);
    let mut child = crate::support::weir()
        .args(["run", "-o", "fifo", "log"])
        .current_dir(room.folder.path())
        .stderr(Stdio::null())
        .start();
    // It is inside the call that opens the pipe.
    let (call, opens) = (format!("/proc/{}/syscall", child.id()), libc::SYS_openat);
    let start = Instant::now();
    while !fs::read_to_string(&call).is_ok_and(|text| text.starts_with(&format!("{opens} "))) {
        assert!(start.elapsed() < SOON && child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(1));
    }
    tell(&child, "TERM");
    let status = child.wait().unwrap();
    // Nothing was done that would have to be ended in order.
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn a_receiver_that_does_not_answer_is_not_waited_for_when_told_to_end_meanwhile() {
    let room = Room::new();
    room.write("log", lines(&burst()));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/", silent.local_addr().unwrap());
    let run = ["run", "-o", &to, "--drain-seconds", "600", "log"];
    let mut life = room.start_logged("life", &run);
    let _request = silent.accept().unwrap();
    life.wait_to_tell("queue-draining");
    soon(life, "TERM")
        .ends(3)
        .tells_with("alerts-lost", "1 alert");
}
