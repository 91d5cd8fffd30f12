//! Alerts for those who keep them: Splunk's HTTP Event Collector, and indexes that are filled by
//! bulk requests.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Deserializer, Value as Json, json};

use crate::support::receiver::{Answer, Post, Receiver};
use crate::support::{Room, burst, lines};

/// A room with an input of three alerts, and these.
fn three() -> (Room, Vec<Json>) {
    let room = Room::new();
    let text = lines(&burst());
    let of = |user: usize| {
        text.replace("walker", &format!("walker-{user}"))
            .replace("request-", &format!("request-{user}-"))
    };
    room.write("in", (0..3).map(of).collect::<String>());
    room.write("token", "the-old-one\n");
    let alerts = room.weir(&["run", "in"]).ends(0).alerts();
    assert_eq!(alerts.len(), 3);
    (room, alerts)
}

fn id(alert: &Json) -> String {
    alert["weir.alert.id"].as_str().unwrap().to_owned()
}

/// All values in a text, one after the other.
fn values(text: &str) -> Vec<Json> {
    let read = Deserializer::from_str(text).into_iter();
    read.collect::<Result<_, _>>().unwrap()
}

/// Where a receiver takes what this protocol sends.
fn address(receiver: &Receiver, protocol: &str, path: &str) -> String {
    let place = receiver.url.strip_suffix("/alerts").unwrap();
    format!("{protocol}+{place}{path}")
}

#[test]
fn a_collector_gets_each_alert_as_an_event() {
    let (room, alerts) = three();
    let bad = id(&alerts[1]);
    let token = room.path("token");
    let refused = bad.clone();
    let receiver = Receiver::start(move |n, post| {
        let says = |status, text: &str, code: u8| {
            Answer::Says(status, json!({"text": text, "code": code}).to_string())
        };
        match n {
            0 => says(503, "Server is busy", 9),
            1 => {
                fs::write(&token, "the-new-one\n").unwrap();
                says(403, "Invalid token", 4)
            }
            2 => says(400, "Incorrect index", 7),
            _ if post.body.contains(&refused) => says(400, "Invalid data format", 6),
            _ => says(200, "Success", 0),
        }
    });
    let to = address(&receiver, "hec", "");
    let options = ["--output", &to, "--output-token-file", "token"];
    let more = ["--queue", "queue", "--drain-seconds", "600"];
    let answer = room.logged(&[&["run", "in"], &options[..], &more].concat());
    answer.ends(3).tells("alerts-refused");
    for said in ["Server is busy", "Invalid token", "Incorrect index"] {
        answer.tells_with("delivery-failed", said);
    }
    let posts = receiver.posts();
    for (n, post) in posts.iter().enumerate() {
        let head = &post.head;
        assert!(head.starts_with("post /services/collector/event http/1.1\r\n"));
        let token = if n < 2 { "the-old-one" } else { "the-new-one" };
        assert!(
            head.contains(&format!("authorization: splunk {token}\r\n")),
            "{n}: {head}"
        );
    }
    let events = values(&receiver.taken());
    let expected: Vec<Json> = alerts
        .iter()
        .filter(|alert| id(alert) != bad)
        .cloned()
        .collect();
    let found: Vec<Json> = events.iter().map(|event| event["event"].clone()).collect();
    assert_eq!(found, expected);
    for event in &events {
        // The window's end: 2026-03-04T05:08:00Z.
        assert_eq!(event["time"].as_f64(), Some(1_772_600_880.0));
        assert_eq!(event["sourcetype"], "weir:alert");
    }
    let dead: Json = serde_json::from_str(room.read("queue/dead-letters.ndjson").trim()).unwrap();
    assert_eq!(dead["alert"], alerts[1]);
}

/// An index that takes versions as Elasticsearch's external ones: the same or a later one.
#[derive(Debug, Default)]
struct Index(BTreeMap<String, (u64, Json)>);

impl Index {
    /// Answers a bulk request. `refuses` gives a status for what it does not take.
    fn bulk(&mut self, post: &Post, refuses: &dyn Fn(&str) -> Option<u16>) -> Answer {
        let values = values(&post.body);
        let mut items = Vec::new();
        for pair in values.chunks(2) {
            let [action, document] = pair else {
                return Answer::Says(400, "an action without a document".to_owned());
            };
            let action = &action["index"];
            assert_eq!(action["version_type"], "external_gte");
            let id = action["_id"].as_str().unwrap();
            let version = action["version"].as_u64().unwrap();
            let held = self.0.get(id).map_or(0, |(held, _)| *held);
            let status = match refuses(id) {
                Some(status) => status,
                None if version < held => 409,
                None => 201,
            };
            if status == 201 {
                self.0.insert(id.to_owned(), (version, document.clone()));
                items.push(json!({"index": {"status": status}}));
            } else {
                let error = json!({"type": "document_parsing_exception", "reason": "so it is"});
                items.push(json!({"index": {"status": status, "error": error}}));
            }
        }
        let errors = items
            .iter()
            .any(|item| item["index"].get("error").is_some());
        Answer::Says(200, json!({"errors": errors, "items": items}).to_string())
    }
}

#[test]
fn an_index_holds_the_last_revision_of_each_alert_however_often_they_are_sent() {
    let (room, alerts) = three();
    let first = id(&alerts[0]);
    let index: Arc<Mutex<Index>> = Arc::default();
    let held = Arc::clone(&index);
    let receiver = Receiver::start(move |n, post| {
        let busy = |id: &str| (n == 0 && id == first).then_some(429);
        held.lock().unwrap().bulk(post, &busy)
    });
    let to = address(&receiver, "bulk", "/weir-alerts");
    let options = ["--output", &to, "--output-token-file", "token"];
    let early = ["--early", "--drain-seconds", "600"];
    let answer = room.logged(&[&["run", "in"], &options[..], &early].concat());
    answer.ends(0).tells_with(
        "delivery-failed",
        "429: document_parsing_exception: so it is",
    );
    let whole = room.weir(&["run", "--early", "in"]).ends(0).alerts();
    assert_eq!(
        whole.len(),
        6,
        "each early, and once more when its window closes"
    );
    let holds_the_last = || {
        let index = index.lock().unwrap();
        assert_eq!(index.0.len(), 3);
        for alert in &whole {
            let (version, document) = &index.0[&id(alert)];
            assert_eq!(*version, 2);
            assert!(alert["weir.alert.revision"] != 2 || alert == document);
        }
    };
    holds_the_last();
    // Sent again, and sent by one who knows no more than first revisions.
    room.weir(&[&["run", "in"], &options[..], &early].concat())
        .ends(0);
    room.weir(&[&["run", "in"], &options[..]].concat()).ends(0);
    holds_the_last();
    for post in receiver.posts() {
        assert!(
            post.head
                .starts_with("post /weir-alerts/_bulk?filter_path=errors,")
        );
        assert!(post.head.contains("authorization: apikey the-old-one\r\n"));
    }
}

#[test]
fn the_one_that_an_index_cannot_take_goes_to_the_dead_letters() {
    let (room, alerts) = three();
    room.write("token", "Basic d2VpcjpzZWNyZXQ=\n");
    let bad = id(&alerts[1]);
    let index: Arc<Mutex<Index>> = Arc::default();
    let (held, refused) = (Arc::clone(&index), bad.clone());
    let receiver = Receiver::start(move |_, post| {
        let wrong = |id: &str| (id == refused).then_some(400);
        held.lock().unwrap().bulk(post, &wrong)
    });
    let to = address(&receiver, "bulk", "/weir-alerts");
    let options = [
        "--output",
        &to,
        "--output-token-file",
        "token",
        "--queue",
        "queue",
    ];
    let answer = room.logged(&[&["run", "in"], &options[..]].concat());
    answer
        .ends(3)
        .tells_with(
            "alerts-refused",
            "400: document_parsing_exception: so it is",
        )
        .tells_with("alerts-refused", "1 alert");
    let dead: Json = serde_json::from_str(room.read("queue/dead-letters.ndjson").trim()).unwrap();
    assert_eq!(dead["alert"], alerts[1]);
    let mut taken: Vec<String> = index.lock().unwrap().0.keys().cloned().collect();
    taken.push(bad);
    taken.sort();
    let mut all: Vec<String> = alerts.iter().map(id).collect();
    all.sort();
    assert_eq!(taken, all);
    // The header as it stands in the file.
    assert!(
        receiver.posts()[0]
            .head
            .contains("authorization: basic d2v")
    );
}

#[test]
fn findings_go_where_documents_go() {
    let (room, alerts) = three();
    let findings = room
        .weir(&["run", "--format", "ocsf", "in"])
        .ends(0)
        .alerts();
    let uids: Vec<&str> = findings
        .iter()
        .map(|it| it["finding_info"]["uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids, alerts.iter().map(id).collect::<Vec<_>>());
    let taken = || "{\"text\":\"Success\",\"code\":0}".to_owned();
    let receiver = Receiver::start(move |_, _| Answer::Says(200, taken()));
    room.weir(&["run", "--format", "ocsf", "in", "--output", &receiver.url])
        .ends(0);
    assert_eq!(values(&receiver.taken()), findings);
    let to = address(&receiver, "hec", "/elsewhere");
    room.weir(&["run", "--format", "ocsf", "in", "--output", &to])
        .ends(0);
    let post = receiver.posts().pop().unwrap();
    assert!(post.head.starts_with("post /elsewhere http"));
    let event = &values(&post.body)[0];
    assert_eq!(event["event"], findings[0]);
    assert_eq!(event["time"].as_f64(), Some(1_772_600_880.0));
}

#[test]
fn lines_for_an_index_are_what_is_to_be_done_and_the_document() {
    let (room, alerts) = three();
    let answer = room.weir(&["run", "--format", "bulk", "in"]);
    let lines = answer.ends(0).alerts();
    assert_eq!(lines.len(), 6);
    let mut index = Index::default();
    let post = Post {
        head: String::new(),
        body: answer.out.clone(),
        at: std::time::Instant::now(),
        taken: false,
    };
    let Answer::Says(200, said) = index.bulk(&post, &|_| None) else {
        panic!("not taken");
    };
    assert!(said.contains("\"errors\":false"));
    let documents: Vec<Json> = lines.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(documents, alerts);
    assert_eq!(index.0.len(), 3);
}
