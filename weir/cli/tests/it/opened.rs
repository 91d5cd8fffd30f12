//! Records inside other documents are found wherever documents come from, and counted by kind.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::http::{get, post};
use crate::support::{BURST, Room, burst, lines};

/// The burst as a shipper sends it: half of it as text in one field, half in another.
fn shipped() -> Vec<Value> {
    let records = burst().into_iter().enumerate();
    let document = |(n, record): (usize, Value)| {
        let text = record.to_string();
        match n % 2 {
            0 => json!({"@timestamp": "2026-03-04", "message": text, "tags": ["shipped"]}),
            _ => json!({"host": "h", "event": {"original": text}}),
        }
    };
    records.map(document).collect()
}

#[test]
fn what_is_opened_is_counted_by_kind() {
    let room = Room::new();
    room.write("in", lines(&shipped()));
    let opened =
        json!([{"kind": "event.original", "events": 12}, {"kind": "message", "events": 13}]);
    let answer = room.logged(&["run", "in"]);
    assert_eq!(answer.ends(0).alerts().len(), 1);
    answer
        .counts("events_opened", opened.clone())
        .counts("events_counted", BURST)
        .counts("events_other_data_set", 0);
    room.weir(&["run", "in"])
        .says("opened    12 in `event.original`, 13 in `message`\n");
    // The same through a pipe, on two threads, and from a checkpoint.
    let text = lines(&shipped());
    let piped = room.logged_with(&["run", "--threads", "2", "-"], text.as_bytes());
    piped.ends(0).counts("events_opened", opened.clone());
    let (first, second) = text.split_at(text.find("\n{\"host\"").unwrap() + 1);
    room.write("first", first).write("second", second);
    let run = |input: &str| room.logged(&["run", "--checkpoint", "state", "first", input]);
    run("first").ends(0);
    run("second").counts("events_opened", opened);
    // Nothing is said where nothing was opened.
    room.write("plain", lines(&burst()));
    let plain = room.logged(&["run", "plain"]);
    plain.counts("events_opened", json!([]));
}

#[test]
fn what_is_opened_can_be_looked_at() {
    let room = Room::new();
    let envelope = json!({"records": burst()}).to_string();
    room.write("in", json!({"payload": envelope}).to_string());
    room.weir(&["tap", "--key", "user.id=walker", "--output", "case", "in"])
        .ends(0);
    assert_eq!(room.read("case/input.ndjson").lines().count(), BURST);
    room.weir(&["report", "--output", "page.html", "in"])
        .ends(0);
    let page = room.read("page.html");
    assert!(page.contains("/tenant/objects0"), "no call is shown");
    let answer = room.weir(&["explain", "--key", "user.id=walker", "in"]);
    assert!(
        answer.ends(0).out.contains("alert: every clause holds"),
        "{}",
        answer.out
    );
}

#[test]
fn each_refused_document_of_a_text_is_a_part_of_it() {
    let room = Room::new();
    let bad = json!({"category": "AzureADGraphActivityLogs", "properties": {"timeGenerated": "ü"}});
    let text = json!([bad, {"category": "SignInLogs"}, bad]).to_string();
    let document = json!({"message": text}).to_string();
    room.write("in", &document);
    let answer = room.weir(&["run", "--rejects", "bad", "in"]);
    assert_eq!(
        (answer.count("malformed"), answer.count("other data set")),
        (2, 1)
    );
    let written = json!(bad.to_string()).to_string();
    for reject in room.read("bad").lines() {
        let reject: Value = serde_json::from_str(reject).unwrap();
        assert_eq!(reject["record"], written.trim_matches('"'));
        assert_eq!(reject["line"], 1);
    }
    // One alone is refused with all around it, and that can be tried again.
    let document = json!({"message": bad.to_string()}).to_string();
    room.write("in", &document);
    room.weir(&["run", "--rejects", "bad", "in"]).ends(0);
    let reject: Value = serde_json::from_str(&room.read("bad")).unwrap();
    assert_eq!(reject["record"], document);
}

#[test]
fn senders_may_wrap_what_they_send() {
    let room = Room::new();
    let arguments = [
        "serve",
        "--listen",
        "http://127.0.0.1:0",
        "--listen",
        "forward://127.0.0.1:0",
    ];
    let mut life = room.start_logged("serve", &arguments);
    let http = life.wait_to_listen("http://");
    let forward = life.wait_to_listen("forward://");
    let (first, second) = (&shipped()[..12], &burst()[12..]);
    post(&http, "", lines(first).as_bytes()).unwrap();
    // Fluent Bit with a filter that adds a key: the event itself is the document.
    let mut entries = Vec::new();
    for record in second {
        entries.extend(b"\x92\x00\x82\xa3log\xda");
        let line = record.to_string();
        entries.extend(u16::try_from(line.len()).unwrap().to_be_bytes());
        entries.extend(line.bytes());
        entries.extend(b"\xa3pod\xa3a-1");
    }
    let mut message = vec![0x93, 0xa1, b't', 0xc6];
    message.extend((entries.len() as u32).to_be_bytes());
    message.extend(entries);
    message.extend(b"\x81\xa5chunk\xa2id");
    let mut stream = TcpStream::connect(forward).unwrap();
    stream.write_all(&message).unwrap();
    stream.read_exact(&mut [0; 8]).unwrap();
    life.wait_until("the count", || {
        let page = get(&http, "/metrics").unwrap().body;
        page.contains("weir_opened_total{kind=\"log\"} 13\n")
            && page.contains("weir_opened_total{kind=\"message\"} 6\n")
    });
    assert_eq!(life.stop().ends(0).alerts().len(), 1);
}
