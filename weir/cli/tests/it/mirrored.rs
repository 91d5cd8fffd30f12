//! Files that a mirror writes again and again: no event is counted twice, and none is lost.

mod changed;
mod grown;

use std::fs;

use serde_json::{Value, json};

use crate::support::{Answer, Room, burst, gzip, lines};

const RUN: [&str; 4] = ["run", "--checkpoint", "state", "in"];
const GROWN: &str = "was replaced by a copy that begins with what was read of it before";
/// What stands before the records has changed.
const HEADED: &str = "was replaced by a copy in which all records that were read of it before are";

/// Too few for an alert, unless they count twice.
const CALLS: usize = 16;

/// One user's calls, every second of them refused.
fn calls(ids: bool) -> Vec<Value> {
    let mut calls = burst();
    calls.truncate(CALLS);
    for (n, call) in calls.iter_mut().enumerate() {
        let of = call["properties"].as_object_mut().unwrap();
        of["httpStatusCode"] = json!(if n % 2 == 0 { 403 } else { 200 });
        of["userId"] = json!("clerk");
        of["userAgent"] = json!("clerk/1.0");
        if !ids {
            of.shift_remove("requestId");
        }
        // Lengths are counted here: no more than the calls have.
        of.retain(|name, value| value != "" && name != "tenantId");
    }
    calls
}

/// These calls, padded to a text that is longer than two fingerprints.
fn long(mut calls: Vec<Value>) -> Vec<Value> {
    for call in &mut calls {
        call["properties"]["userAgent"] = json!("clerk/1.0 ".repeat(40));
    }
    calls
}

/// As a mirror does it: under another name, and renamed.
fn mirror(room: &Room, name: &str, bytes: impl AsRef<[u8]>) {
    room.write("temporary", bytes);
    fs::create_dir_all(room.path("in")).unwrap();
    fs::rename(room.path("temporary"), room.path(name)).unwrap();
}

/// Each call was counted once.
#[track_caller]
fn once(answer: &Answer) {
    answer.ends(0);
    assert_eq!(answer.count("counted"), CALLS as u64, "{}", answer.err);
    for none in ["duplicate", "malformed"] {
        assert_eq!(answer.count(none), 0, "{}", answer.err);
    }
    assert_eq!(answer.out, "");
}

#[test]
fn calls_that_count_twice_would_alert_falsely() {
    let room = Room::new();
    room.write("in/a", lines(&calls(false)))
        .write("in/b", lines(&calls(false)));
    assert_eq!(room.weir(&["run", "in"]).ends(0).alerts().len(), 1);
}

type Written = fn(&[Value]) -> Vec<u8>;

/// Forms in which a file may hold records.
fn forms() -> Vec<(&'static str, Written)> {
    vec![
        ("lines", |values| lines(values).into_bytes()),
        ("no end", |values| lines(values).trim_end().into()),
        ("mark", |values| format!("\u{feff}{}", lines(values)).into()),
        ("gzip", |values| gzip(lines(values).as_bytes())),
        ("zstd", |values| {
            zstd::encode_all(lines(values).as_bytes(), 1).unwrap()
        }),
        ("array", |values| format!("{:#}\n", json!(values)).into()),
        ("envelope", |values| {
            format!("{:#}", json!({ "records": values })).into()
        }),
        ("list", |values| json!(values).to_string().into()),
        ("list line", |values| format!("{}\n", json!(values)).into()),
        ("record line", |values| {
            json!({ "records": values }).to_string().into()
        }),
        ("records behind", |values| {
            format!("{}\n", json!({ "n": 1, "records": values })).into()
        }),
    ]
}
