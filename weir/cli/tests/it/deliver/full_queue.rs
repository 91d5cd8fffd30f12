//! A full queue: reading pauses, and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::bursts;
use crate::support::http::{get, post};
use crate::support::receiver::{Answer, OK, Receiver};
use crate::support::stream::Revisions;
use crate::support::{Room, burst, lines};

/// A receiver that takes nothing until the flag is set.
fn gated() -> (Receiver, Arc<AtomicBool>) {
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let receiver = Receiver::start(move |_, _| match gate.load(Ordering::Relaxed) {
        true => OK,
        false => Answer::Status(503, ""),
    });
    (receiver, open)
}

/// Alerts of these are more than a MiB.
const MANY: usize = 600;

#[test]
fn while_the_queue_is_full_nothing_is_taken_and_nothing_is_lost() {
    let room = Room::new();
    let text = bursts(MANY);
    room.write("in", &text);
    let expected = Revisions::of(&room.weir(&["run", "--early", "in"]).out).standing();
    assert_eq!(expected.len(), MANY);
    let (receiver, open) = gated();
    let options = ["--output", &receiver.url, "--queue-mib", "1", "--early"];
    let end = ["--drain-seconds", "600", "--queue", "queue"];
    let listen = ["serve", "--listen", "http://127.0.0.1:0"];
    let mut life = room.start_logged("serve", &[&listen[..], &options, &end].concat());
    let at = life.wait_to_listen("http://");
    life.wait_until("readiness", || get(&at, "/ready").unwrap().status == 200);
    let sender = at.clone();
    let first = thread::spawn(move || {
        let answer = post(&sender, "", text.as_bytes());
        // It may have waited too long, and then it is in all the same.
        answer.map(|answer| answer.status)
    });
    life.wait_to_tell("queue-full");
    life.wait_until("being full", || get(&at, "/ready").unwrap().status == 503);
    let answer = post(&at, "", lines(&burst()).as_bytes()).unwrap();
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (503, Some("the queue of alerts is full"))
    );
    assert!(answer.head.contains("retry-after: "));
    open.store(true, Ordering::Relaxed);
    assert!([200, 503].contains(&first.join().unwrap().unwrap()));
    life.wait_until("room", || get(&at, "/ready").unwrap().status == 200);
    let metric = |name: &str| {
        let page = get(&at, "/metrics").unwrap().body;
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap().parse::<f64>().unwrap()
    };
    life.wait_until("delivery", || {
        metric("weir_alerts_delivered_total") >= MANY as f64 && metric("weir_alerts_queued") == 0.0
    });
    assert!(metric("weir_output_failures_total") >= 1.0);
    assert!(metric("weir_alerts_dead_total") == 0.0);
    life.stop().ends(0);
    assert_eq!(Revisions::of(&receiver.taken()).standing(), expected);
}

#[test]
fn a_signal_ends_a_run_whose_queue_is_full_and_keeps_what_it_has() {
    let room = Room::new();
    room.write("in", bursts(MANY)).write("nothing", "");
    let (receiver, open) = gated();
    let to = [
        "--output",
        &receiver.url,
        "--queue",
        "queue",
        "--queue-mib",
        "1",
    ];
    let now = ["--drain-seconds", "0"];
    let run = ["run", "in", "--early"];
    let mut life = room.start_logged("run", &[&run, &to[..], &now].concat());
    life.wait_to_tell("queue-full");
    let answer = life.stop();
    answer.ends(0).tells("alerts-kept");
    open.store(true, Ordering::Relaxed);
    let more = ["--drain-seconds", "600"];
    let next = room.weir(&[&["run", "nothing"], &to[..], &more].concat());
    next.ends(0);
    let found = Revisions::of(&receiver.taken()).standing().len();
    // Each alert was early first, and the summary says how many there were.
    answer.counts("alerts_early", found);
    assert!(found > 200);
}
