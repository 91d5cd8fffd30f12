//! Alerts that are sent: each arrives, whatever becomes of the receiver, the way and weir.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use rmpv::Value;
use serde_json::{Value as Json, json};
use support::http::{get, post};
use support::life::Life;
use support::receiver::{Answer, OK, Receiver};
use support::stream::{Random, Revisions, documents};
use support::{Room, burst, lines};

/// Bursts of so many users, each an alert.
fn bursts(users: usize) -> String {
    let text = lines(&burst());
    let of = |user: usize| {
        text.replace("walker", &format!("walker-{user}"))
            .replace("request-", &format!("request-{user}-"))
    };
    (0..users).map(of).collect()
}

/// A room with an input of three alerts, and these.
fn three() -> (Room, String) {
    let room = Room::new();
    room.write("in", bursts(3)).write("nothing", "");
    let alerts = room.weir(&["run", "in"]).ends(0).out.clone();
    assert_eq!(alerts.lines().count(), 3);
    (room, alerts)
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| {
        let alert: Json = serde_json::from_str(line).unwrap();
        alert["weir.alert.id"].as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}

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
    let answer = room.weir(&[&["run", "in"], &options[..], &more].concat());
    answer.ends(0).says("it answers 503");
    answer.says("which is not followed").says("delivered again");
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
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let url = format!("http://{}/", closed.unwrap());
    let now = ["--queue", "queue", "--drain-seconds", "0"];
    let answer = room.weir(&[&["run", "in", "--output", &url], &now[..]].concat());
    answer
        .ends(0)
        .says("not delivered: 3 alerts, kept in the queue");
    let receiver = Receiver::start(|_, _| OK);
    let to = ["--output", &receiver.url, "--queue", "queue"];
    for said in [true, false] {
        let answer = room.weir(&[&["run", "nothing"], &to[..]].concat());
        let first = answer
            .ends(0)
            .err
            .contains("3 alerts of earlier runs first");
        assert_eq!(first, said, "{}", answer.err);
    }
    assert_eq!(receiver.taken(), alerts);
}

#[test]
fn without_a_queue_on_disk_what_is_left_is_lost_and_said_to_be() {
    let (room, _) = three();
    let receiver = Receiver::start(|_, _| Answer::Status(500, ""));
    let to = ["--output", &receiver.url, "--drain-seconds", "0"];
    let answer = room.weir(&[&["run", "in"], &to[..]].concat());
    answer.ends(3).says("not delivered: 3 alerts, lost");
}

// On an address of its own, so that no other takes the port before it is listened at.
#[cfg(target_os = "linux")]
#[test]
fn a_receiver_that_comes_up_later_gets_all() {
    let (room, alerts) = three();
    let held = TcpListener::bind("127.0.0.2:0").unwrap();
    let at = held.local_addr().unwrap();
    drop(held);
    let url = format!("http://{at}/");
    let arguments = ["run", "in", "--output", &url, "--drain-seconds", "600"];
    let mut life = room.start("run", &arguments);
    life.wait_to_say("trying again");
    let receiver = Receiver::on(TcpListener::bind(at).unwrap(), |_, _| OK);
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
    let answer = room.weir(&[&["run", "in"], &to[..]].concat());
    answer
        .ends(3)
        .says("refused for good (it answers 400: no): 1 alert, kept in dead-letters.ndjson");
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
    let mut life = room.start("serve", &[&listen[..], &options, &end].concat());
    let at = place(&mut life, "http://");
    life.wait_until("readiness", || get(&at, "/ready").unwrap().status == 200);
    let sender = at.clone();
    let first = thread::spawn(move || {
        let answer = post(&sender, "", text.as_bytes());
        // It may have waited too long, and then it is in all the same.
        answer.map(|answer| answer.status)
    });
    life.wait_to_say("the queue is full (1 MiB)");
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
    let mut life = room.start("run", &[&["run", "in", "--early"], &to[..], &now].concat());
    life.wait_to_say("the queue is full");
    let answer = life.stop();
    answer.ends(0).says("kept in the queue");
    open.store(true, Ordering::Relaxed);
    let more = ["--drain-seconds", "600"];
    let next = room.weir(&[&["run", "nothing"], &to[..], &more].concat());
    next.ends(0);
    let found = Revisions::of(&receiver.taken()).standing().len();
    // Each alert was early first, and the summary says how many there were.
    let early = answer.err.split(" on time, ").nth(1).unwrap();
    let early: usize = early.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(found, early, "what was found when it was stopped is there");
    assert!(early > 200);
}

/// Where a server listens.
fn place(life: &mut Life, scheme: &str) -> String {
    life.wait_to_say(&format!("listening at {scheme}"));
    let err = life.err();
    let at = err.split(&format!("listening at {scheme}")).nth(1).unwrap();
    at.lines().next().unwrap().to_owned()
}

#[test]
fn over_tls_only_whom_the_certificates_vouch_for_gets_anything() {
    let (room, _) = three();
    let make = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (made, other) = (make(), make());
    room.write("cert.pem", made.cert.pem())
        .write("other.pem", other.cert.pem())
        .write("key.pem", made.signing_key.serialize_pem())
        .write("token", "0123456789abcdef\n")
        .write("wrong", "another\n");
    let listen = [
        "serve",
        "--listen",
        "https://127.0.0.1:0",
        "--token-file",
        "token",
    ];
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let mut life = room.start("tls", &[&listen[..], &tls].concat());
    let at = place(&mut life, "https://").replace("127.0.0.1", "localhost");
    let url = format!("https://{at}/");
    let send = |ca: &str, token: &str, drain: &str| {
        let to = [
            "--output",
            &url,
            "--output-ca",
            ca,
            "--output-token-file",
            token,
        ];
        room.weir(&[&["run", "in", "--drain-seconds", drain], &to[..]].concat())
    };
    send("other.pem", "token", "1")
        .ends(3)
        .says("certificate")
        .says("lost");
    send("cert.pem", "wrong", "1")
        .ends(3)
        .says("it answers 401")
        .says("lost");
    send("cert.pem", "token", "600").ends(0);
    let answer = life.stop();
    assert_eq!(answer.ends(0).count("other data set"), 3);
}

/// Reads messages of the Forward protocol and acknowledges all but the first.
fn forward(listener: &TcpListener) -> Vec<Value> {
    let mut messages = Vec::new();
    for stream in listener.incoming().take(2) {
        let mut stream = stream.unwrap();
        let message = rmpv::decode::read_value(&mut stream).unwrap();
        let id = message[2]["chunk"].clone();
        messages.push(message);
        if messages.len() > 1 {
            let answer = Value::Map(vec![("ack".into(), id)]);
            rmpv::encode::write_value(&mut stream, &answer).unwrap();
        }
    }
    messages
}

#[test]
fn a_chunk_of_forward_that_is_not_acknowledged_comes_again_under_the_same_id() {
    let (room, alerts) = three();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("forward://{}?tag=of.weir", listener.local_addr().unwrap());
    let receiver = thread::spawn(move || forward(&listener));
    let answer = room.weir(&["run", "in", "--output", &to, "--drain-seconds", "600"]);
    answer.ends(0).says("acknowledged nothing; trying again");
    let messages = receiver.join().unwrap();
    assert_eq!(messages[0], messages[1]);
    let message = &messages[1];
    assert_eq!(message[0].as_str(), Some("of.weir"));
    let found: Vec<Json> = message[1]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| json_of(&e[1]))
        .collect();
    let expected: Vec<Json> = alerts
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found, expected);
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Map(entries) => {
            let entries = entries.iter();
            entries
                .map(|(key, v)| (key.as_str().unwrap().to_owned(), json_of(v)))
                .collect()
        }
        Value::Array(values) => values.iter().map(json_of).collect(),
        Value::String(text) => text.as_str().unwrap().into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::F64(number) => (*number).into(),
        Value::Integer(number) => number.as_i64().unwrap().into(),
        other => panic!("{other}"),
    }
}

#[test]
fn weir_itself_takes_what_it_sends() {
    let (room, _) = three();
    let mut life = room.start("serve", &["serve", "--listen", "forward://127.0.0.1:0"]);
    let to = format!("forward://{}", place(&mut life, "forward://"));
    let answer = room.weir(&["run", "in", "--output", &to, "--drain-seconds", "600"]);
    answer.ends(0);
    assert_eq!(life.stop().ends(0).count("other data set"), 3);
}

/// The next line of a connection, which is closed after it.
fn one_line(stream: TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn over_tcp_it_connects_again() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tcp://{}", listener.local_addr().unwrap());
    let listen = ["serve", "--listen", "http://127.0.0.1:0", "--early"];
    let mut life = room.start("serve", &[&listen[..], &["--output", &to]].concat());
    let at = place(&mut life, "http://");
    let mut found = Vec::new();
    for user in ["one", "two"] {
        let events = lines(&burst())
            .replace("walker", user)
            .replace("request-", user);
        assert_eq!(post(&at, "", events.as_bytes()).unwrap().status, 200);
        let (stream, _) = listener.accept().unwrap();
        let alert: Json = serde_json::from_str(&one_line(stream)).unwrap();
        found.push(alert["user.id"].as_str().unwrap().to_owned());
    }
    assert_eq!(found, ["one", "two"]);
    drop(listener);
    // What comes when it ends has nowhere to go.
    life.stop();
}

#[test]
fn a_unix_socket_that_comes_up_later_gets_all() {
    let (room, alerts) = three();
    let socket = room.path("out");
    let to = format!("unix:{}", socket.display());
    let arguments = ["run", "in", "--output", &to, "--drain-seconds", "600"];
    let mut life = room.start("run", &arguments);
    life.wait_to_say("trying again");
    let listener = UnixListener::bind(&socket).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let found = std::io::read_to_string(stream).unwrap();
    life.end().ends(0);
    assert_eq!(found, alerts);
}

#[test]
fn the_output_may_be_another_at_each_start() {
    let room = Room::new();
    let documents = documents(2000, 5);
    let receiver = Receiver::start(|_, _| OK);
    room.write("all", documents.join("\n"));
    let whole = room.weir(&["run", "--early", "all"]);
    let mut found = Revisions::default();
    for (n, part) in documents.chunks(700).enumerate() {
        room.write(&format!("in/{n}"), part.join("\n"));
    }
    for (input, output) in [("in/0", "file"), ("in/1", &receiver.url), ("in/2", "file")] {
        let run = [
            "run",
            "--early",
            input,
            "--checkpoint",
            "state",
            "--output",
            output,
        ];
        room.weir(&run).ends(0);
    }
    // What cannot go out now waits for an address, and is not forgotten.
    room.write("last", bursts(1));
    let run = [
        "run",
        "--early",
        "last",
        "--checkpoint",
        "state",
        "--output",
    ];
    let nobody = ["unix:nobody", "--drain-seconds", "0"];
    let before = receiver.posts().len();
    let answer = room.weir(&[&run[..], &nobody].concat());
    let answer = (answer.ends(0), room.weir(&[&run[..], &["file"]].concat()));
    assert!(answer.0.err.contains("not delivered: "), "{}", answer.0.err);
    answer
        .1
        .ends(0)
        .says("of earlier runs, kept until --output is an address again");
    room.weir(&[&run[..], &[&receiver.url]].concat()).ends(0);
    assert!(receiver.posts().len() > before);
    found.add(&receiver.taken());
    assert!(!found.standing().is_empty());
    found.add(&room.read("file"));
    let standing = Revisions::of(&whole.out).standing();
    let missing = standing
        .keys()
        .filter(|id| !found.standing().contains_key(*id));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let (room, _) = three();
    room.write("token", "of some length\n").write("empty", "");
    let to = "http://127.0.0.1:9/";
    for (options, said) in [
        (
            &["--output", "s3://bucket/x"][..],
            "none of http, https, hec+http, hec+https, bulk+http, bulk+https, tcp, forward, unix and kafka",
        ),
        (
            &["--output", to, "--format", "table"],
            "--format table is for people",
        ),
        (
            &["--output", to, "--format", "bulk"],
            "--format bulk is for files and pipes",
        ),
        (&["--output", "bulk+http://127.0.0.1:9/"], "names no index"),
        (
            &[
                "--output",
                "hec+http://192.0.2.1",
                "--output-token-file",
                "token",
            ],
            "use https",
        ),
        (
            &[
                "--output",
                "http://192.0.2.1/",
                "--output-token-file",
                "token",
            ],
            "use https",
        ),
        (
            &["--output", "tcp://host:1", "--output-token-file", "token"],
            "sent over HTTP",
        ),
        (
            &["--output", "file", "--queue", "queue"],
            "--queue is for alerts that are sent",
        ),
        (
            &["--output", to, "--output-token-file", "empty"],
            "no token",
        ),
        (
            &["--output", "https://localhost/", "--output-ca", "token"],
            "no certificate in it",
        ),
        (&["--output", to, "--output-ca", "token"], "is not https"),
    ] {
        room.weir(&[&["run", "in"], options].concat())
            .ends(3)
            .says(said);
    }
    room.write("queue/in", "");
    let inside = room.weir(&["run", "queue/in", "--output", to, "--queue", "queue"]);
    inside.ends(3).says("is in the folder of the queue");
}
