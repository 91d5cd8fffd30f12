//! Retries: alerts that a receiver did not acknowledge, across restarts and crashes, and dead letters.

use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value as Json, json};
use weir_generator::random::Random;

use super::{ids, three};
use crate::support::receiver::{Answer, OK, Receiver};
use crate::support::stream::{Revisions, documents};
use crate::support::{Room, free};

#[test]
fn what_is_not_taken_now_is_sent_again_when_the_receiver_asks_for_it() {
    let (room, alerts) = three();
    room.write("token", "of some length\n");
    let receiver = Receiver::start(|n, _| match n {
        0 => Answer::Status(503, "Retry-After: 2\r\n"),
        1 => Answer::Break,
        2 => Answer::Status(302, "Location: http://127.0.0.1:9/\r\n"),
        3 => Answer::Status(429, ""),
        _ => OK,
    });
    let options = ["--output", &receiver.url, "--output-token-file", "token"];
    let more = ["--drain-seconds", "600", "--queue", "queue"];
    let answer = room.logged(&[&["run", "in"], &options[..], &more].concat());
    answer
        .ends(0)
        .tells_with("delivery-failed", "503")
        .tells_with("delivery-failed", "302")
        .tells("delivery-resumed");
    assert_eq!(answer.out, "");
    let posts = receiver.posts();
    assert!(posts[1].at - posts[0].at >= Duration::from_secs(2));
    for post in &posts {
        assert!(post.head.starts_with("post /alerts http/1.1\r\n"));
        assert!(post.head.contains("content-type: application/x-ndjson\r\n"));
        assert!(
            post.head
                .contains("authorization: bearer of some length\r\n")
        );
        assert_eq!(post.body, posts[0].body, "what is sent again is the same");
    }
    assert_eq!(receiver.taken(), alerts);
}

#[test]
fn what_is_left_at_the_end_is_sent_by_the_next_start() {
    let (room, alerts) = three();
    // Nobody listens there.
    let url = format!("http://{}/", free());
    let now = ["--queue", "queue", "--drain-seconds", "0"];
    let answer = room.logged(&[&["run", "in", "--output", &url], &now[..]].concat());
    answer.ends(0).tells_with("alerts-kept", "3 alerts");
    let receiver = Receiver::start(|_, _| OK);
    let to = ["--output", &receiver.url, "--queue", "queue"];
    let again = || room.logged(&[&["run", "nothing"], &to[..]].concat());
    again().ends(0).tells_with("queue-waiting", "3 alerts");
    again().ends(0).lacks("queue-waiting");
    assert_eq!(receiver.taken(), alerts);
}

#[test]
fn without_a_queue_on_disk_what_is_left_is_lost_and_said_to_be() {
    let (room, _) = three();
    let receiver = Receiver::start(|_, _| Answer::Status(500, ""));
    let to = ["--output", &receiver.url, "--drain-seconds", "0"];
    let answer = room.logged(&[&["run", "in"], &to[..]].concat());
    answer.ends(3).tells_with("alerts-lost", "3 alerts");
}

#[test]
fn a_receiver_that_comes_up_later_gets_all() {
    let (room, alerts) = three();
    let at = free();
    let url = format!("http://{at}/");
    let arguments = ["run", "in", "--output", &url, "--drain-seconds", "600"];
    let mut life = room.start_logged("run", &arguments);
    life.wait_to_tell("delivery-failed");
    let receiver = Receiver::on(TcpListener::bind(&at).unwrap(), |_, _| OK);
    life.end().ends(0);
    assert_eq!(receiver.taken(), alerts);
}

#[test]
fn killed_again_and_again_it_loses_no_alert() {
    let room = Room::new();
    room.write("in", documents(4000, 1).join("\n"));
    room.write("config.toml", "[limits]\nbatch_kib = 1\n");
    let whole = room.weir(&["run", "in", "--config", "config.toml"]);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    assert!(expected.len() > 10);
    let receiver = Receiver::start(|n, _| match n % 5 {
        3 => Answer::Break,
        _ => OK,
    });
    let base = [
        "run",
        "in",
        "--config",
        "config.toml",
        "--output",
        &receiver.url,
    ];
    let state = ["--checkpoint", "state", "--checkpoint-interval", "0.01"];
    let all = [&base[..], &state, &["--drain-seconds", "600"]].concat();
    println!("seed 17");
    let mut random = Random::new(17);
    for _ in 0..12 {
        let mut life = room.start("life", &all);
        room.wait_for_lock("state", &mut life);
        sleep(Duration::from_millis(random.below(150)));
        life.kill();
    }
    room.weir(&all).ends(0);
    let found = Revisions::of(&receiver.taken());
    assert_eq!(found.gaps(), Vec::<&String>::new());
    assert_eq!(found.standing(), expected);
}

#[test]
fn an_alert_that_is_never_taken_goes_to_the_dead_letters_and_the_others_go_on() {
    let (room, alerts) = three();
    let bad = ids(&alerts)[1].clone();
    let refused = bad.clone();
    let receiver = Receiver::start(move |_, post| match post.body.contains(&refused) {
        true => Answer::Status(400, ""),
        false => OK,
    });
    let to = ["--output", &receiver.url, "--queue", "queue"];
    let answer = room.logged(&[&["run", "in"], &to[..]].concat());
    answer
        .ends(3)
        .tells_with("alerts-refused", "400: no")
        .tells_with("alerts-refused", "1 alert")
        .tells_with("alerts-refused", "dead-letters.ndjson");
    let mut others = ids(&alerts);
    others.retain(|id| *id != bad);
    assert_eq!(ids(&receiver.taken()), others);
    let dead: Json = serde_json::from_str(room.read("queue/dead-letters.ndjson").trim()).unwrap();
    let alert: Json = serde_json::from_str(alerts.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        dead,
        json!({"reason": "it answers 400: no", "alert": alert})
    );
    // It does not come again.
    let before = receiver.posts().len();
    room.weir(&[&["run", "nothing"], &to[..]].concat()).ends(0);
    assert_eq!(receiver.posts().len(), before);
}
