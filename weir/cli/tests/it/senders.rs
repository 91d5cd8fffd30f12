//! Senders as Vector and Fluent Bit are, without either: what they do by their documentation is
//! understood, and killed under them nothing that was answered is lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use rmpv::Value;
use serde_json::{Value as Json, json};
use weir_generator::random::Random;

use crate::support::http::get;
use crate::support::life::Life;
use crate::support::receiver::{Answer, OK, Receiver};
use crate::support::senders::{
    KeptAlive, Packing, Told, fluent_bit, message, pack, request, vector,
};
use crate::support::stream::{Revisions, documents};
use crate::support::told::told;
use crate::support::{BURST, Room, burst, free, gzip, lines};

/// Starts a server on a port of its own; the answer is it and where it listens.
fn serve(room: &Room, more: &[&str]) -> (Life, String) {
    let arguments = [&["serve", "--listen", "http://127.0.0.1:0"], more].concat();
    let mut life = room.start_logged("serve", &arguments);
    let at = life.wait_to_listen("http://");
    (life, at)
}

#[test]
fn a_sender_that_asks_first_is_told() {
    let room = Room::new();
    room.write("token", "a token of some length\n");
    let (mut life, at) = serve(&room, &["--token-file", "token"]);
    life.wait_until("readiness", || get(&at, "/ready").unwrap().status == 200);
    let token = "Authorization: Bearer a token of some length\r\n";
    let mut connection = KeptAlive::connect(&at).unwrap();
    let mut ask = |headers: &str| {
        connection
            .ask(&request("HEAD", headers, b""))
            .unwrap()
            .status
    };
    assert_eq!(ask(""), 401);
    assert_eq!(ask(token), 200);
    life.stop().ends(0);
}

#[test]
fn many_requests_come_on_one_connection() {
    let room = Room::new();
    let (life, at) = serve(&room, &[]);
    let mut connection = KeptAlive::connect(&at).unwrap();
    for event in burst() {
        let body = gzip(format!("{event}\n").as_bytes());
        let request = request("POST", "Content-Encoding: gzip\r\n", &body);
        let reply = connection.ask(&request).unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json(), json!({"documents": 1, "malformed": 0}));
    }
    // What can never be taken does not end it either.
    for (body, status) in [(&b"{no"[..], 400), (b"no", 415)] {
        let reply = connection.ask(&request("POST", "", body)).unwrap();
        assert_eq!(reply.status, status, "{reply:?}");
    }
    let all = request("POST", "", lines(&burst()).as_bytes());
    assert_eq!(connection.ask(&all).unwrap().status, 200);
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("duplicate"), BURST as u64);
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn a_body_is_asked_for_where_it_waits_to_be() {
    let room = Room::new();
    let (life, at) = serve(&room, &[]);
    let whole = |headers: &str| {
        let request = request("POST", headers, lines(&burst()).as_bytes());
        let body = request
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
            .unwrap()
            + 4;
        (request[..body].to_vec(), request[body..].to_vec())
    };
    let mut connection = KeptAlive::connect(&at).unwrap();
    let (head, body) = whole("Expect: 100-continue\r\n");
    connection.write(&head).unwrap();
    assert_eq!(connection.reply(false).unwrap().status, 100);
    connection.write(&body).unwrap();
    assert_eq!(connection.reply(true).unwrap().status, 200);
    // What would be refused is refused before it is sent.
    let (head, _) = whole("Expect: 100-continue\r\nContent-Encoding: br\r\n");
    connection.write(&head).unwrap();
    assert_eq!(connection.reply(true).unwrap().status, 415);
    assert_eq!(life.stop().ends(0).alerts().len(), 1);
}

#[test]
fn a_connection_that_is_reset_inside_a_body_leaves_nothing_behind() {
    let room = Room::new();
    let (mut life, at) = serve(&room, &[]);
    let text = lines(&burst());
    let (first, rest) = text.split_at(text.find('\n').unwrap() + 1);
    let mut connection = KeptAlive::connect(&at).unwrap();
    connection
        .write(&request("POST", "", first.as_bytes()))
        .unwrap();
    connection.wait().unwrap();
    let second = request("POST", "", rest.as_bytes());
    connection.write(&second[..second.len() - 9]).unwrap();
    // Closed with an answer unread, it is reset and not ended.
    drop(connection);
    let told = vector(&at, &[first.trim().to_owned()], 1);
    assert_eq!(told.safe, 1);
    life.wait_until("the count", || {
        let page = get(&at, "/metrics").unwrap();
        page.body.contains("outcome=\"duplicate\"} 1\n")
    });
    let answer = life.stop();
    answer.ends(0).adds_up(2);
    assert_eq!(answer.count("counted"), 1);
}

#[test]
fn a_chunk_of_each_packing_counts_once_whatever_its_id() {
    let room = Room::new();
    let at = free();
    let listen = format!("forward://{at}");
    let mut life = room.start_logged("forward", &["serve", "--listen", &listen]);
    life.wait_to_tell("listening");
    let lines: Vec<String> = burst().iter().map(ToString::to_string).collect();
    // The same ids for other chunks, and other ids for the same.
    for (chunk, packing) in [
        (10, Packing::Plain),
        (25, Packing::Plain),
        (7, Packing::Gzip),
    ] {
        let told = fluent_bit(&at, &lines, chunk, packing);
        assert_eq!(told.safe, lines.len().div_ceil(chunk));
    }
    // A chunk that is cut off: nothing is acknowledged, nothing is counted.
    let cut = message(&lines, "cut", Packing::Plain);
    let mut connection = KeptAlive::connect(&at).unwrap();
    connection.write(&cut[..cut.len() - 20]).unwrap();
    drop(connection);
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("duplicate"), 2 * BURST as u64);
    assert_eq!(answer.alerts().len(), 1);
}

#[test]
fn one_record_or_chunk_that_is_too_much_holds_up_no_other() {
    let room = Room::new();
    let at = free();
    let listen = format!("forward://{at}");
    let serve = ["serve", "--listen", &listen, "--max-body-mib", "1"];
    let mut life = room.start_logged("forward", &serve);
    life.wait_to_tell("listening");
    // Deeper than the detector reads, as a parser in front would hand it on.
    let deep = (0..400).fold(Value::Nil, |inner, _| Value::Array(vec![inner]));
    let records = burst().into_iter().map(|event| event.to_string().into());
    let records = records.map(|line: Value| Value::Map(vec![("log".into(), line)]));
    let deep = Value::Map(vec![("deep".into(), deep)]);
    let mixed = pack(records.chain([deep]), "mixed", Packing::Plain);
    let mut connection = KeptAlive::connect(&at).unwrap();
    connection.write(&mixed).unwrap();
    connection.wait().unwrap();
    // Larger than a message may be: the sender would try for ever, so somebody is told.
    let large = message(&["x".repeat(1 << 20)], "large", Packing::Plain);
    let mut connection = KeptAlive::connect(&at).unwrap();
    // It may be closed before all is written.
    let _ = connection.write(&large);
    life.wait_until("both refusals", || {
        told(&room.read("forward.err"), "malformed").len() > 1
    });
    let answer = life.stop();
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("malformed"), 2);
    assert_eq!(answer.alerts().len(), 1);
}

/// What a run of many lives is held against.
struct Wanted {
    documents: Vec<String>,
    counted: u64,
    standing: BTreeMap<String, Json>,
}

impl Wanted {
    fn of(room: &Room, seed: u64) -> Self {
        let documents = documents(4000, seed);
        room.write("whole", documents.join("\n")).write("empty", "");
        let whole = room.weir(&["run", "whole"]);
        let standing = Revisions::of(&whole.ends(0).out).standing();
        assert!(standing.len() > 10);
        Self {
            documents,
            counted: whole.count("counted"),
            standing,
        }
    }

    /// Sends all to a server that is killed again and again, and gives what all its
    /// lives have written.
    fn under_kills(
        &self,
        room: &Room,
        serve: &[&str],
        send: impl Fn(&[String]) -> Told + Sync,
    ) -> String {
        let over = AtomicBool::new(false);
        let (mut out, mut random, mut kills) = (String::new(), Random::new(17), 0);
        let told = thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let told = send(&self.documents);
                over.store(true, Ordering::Relaxed);
                told
            });
            while !over.load(Ordering::Relaxed) {
                let mut life = room.start_logged("life", serve);
                life.wait_to_tell("listening");
                sleep(Duration::from_millis(100 + random.below(300)));
                kills += 1;
                let text = life.kill().out;
                out.push_str(&text[..text.rfind('\n').map_or(0, |end| end + 1)]);
            }
            sender.join().unwrap()
        });
        // What is still open is closed at the end of all input.
        let at = serve.iter().position(|word| *word == "--checkpoint");
        let last = room.weir(&[&["run"], &serve[at.unwrap()..], &["empty"]].concat());
        last.ends(0);
        println!(
            "{}: {} batches, sent again {}, kills {kills}, duplicates {}, alerts {}",
            serve[2],
            told.safe,
            told.again,
            last.count("duplicate"),
            self.standing.len()
        );
        assert!(kills > 1 && told.again > 0, "no kill was noticed");
        assert_eq!(last.count("counted"), self.counted);
        out.push_str(&last.out);
        out
    }

    fn is(&self, out: &str) {
        let found = Revisions::of(out);
        assert_eq!(found.gaps(), Vec::<&String>::new());
        assert_eq!(found.standing(), self.standing);
    }
}

#[test]
fn killed_under_a_sender_like_vector_it_alerts_as_a_plain_run() {
    let room = Room::new();
    let (wanted, at) = (Wanted::of(&room, 21), free());
    let listen = format!("http://{at}");
    let serve = ["serve", "--listen", &listen, "--checkpoint", "state"];
    let out = wanted.under_kills(&room, &serve, |documents| vector(&at, documents, 20));
    wanted.is(&out);
}

#[test]
fn killed_between_a_sender_and_a_receiver_it_alerts_as_a_plain_run() {
    let room = Room::new();
    let (wanted, at) = (Wanted::of(&room, 23), free());
    // As a receiver that is killed midway, too: not all is answered, and not all answers arrive.
    let receiver = Receiver::start(|number, _| match number % 4 {
        1 => Answer::Break,
        3 => Answer::Status(503, ""),
        _ => OK,
    });
    let (listen, output) = (format!("http://{at}"), receiver.url.as_str());
    let serve = [
        &["serve", "--listen", &listen, "--checkpoint", "state"][..],
        &["--output", output],
    ];
    let send = |documents: &[String]| vector(&at, documents, 20);
    let out = wanted.under_kills(&room, &serve.concat(), send);
    assert_eq!(out, "", "alerts go to the receiver");
    wanted.is(&receiver.taken());
}

#[test]
fn killed_under_a_sender_like_fluent_bit_it_alerts_as_a_plain_run() {
    let room = Room::new();
    let (wanted, at) = (Wanted::of(&room, 22), free());
    let listen = format!("forward://{at}");
    let serve = ["serve", "--listen", &listen, "--checkpoint", "state"];
    let send = |documents: &[String]| fluent_bit(&at, documents, 20, Packing::Plain);
    let out = wanted.under_kills(&room, &serve, send);
    wanted.is(&out);
}
