//! Tests of records, valid and invalid.

use crate::calls::parsed;
use crate::events::{WINDOW, call, closing, walk};
use crate::host::Host;
use serde_json::{Value, json};

/// A value as msgpack, texts and lists in their long forms.
fn msgpack(value: &Value, out: &mut Vec<u8>) {
    let length = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(truth) => out.push(0xc2 + u8::from(*truth)),
        Value::Number(n) if n.is_u64() => {
            out.push(0xcf);
            out.extend(n.as_u64().unwrap().to_be_bytes());
        }
        Value::Number(n) => {
            out.push(0xcb);
            out.extend(n.as_f64().unwrap().to_be_bytes());
        }
        Value::String(text) => {
            out.push(0xdb);
            out.extend(length(text.len()));
            out.extend(text.bytes());
        }
        Value::Array(list) => {
            out.push(0xdd);
            out.extend(length(list.len()));
            list.iter().for_each(|value| msgpack(value, out));
        }
        Value::Object(map) => {
            out.push(0xdf);
            out.extend(length(map.len()));
            for (key, value) in map {
                msgpack(&Value::from(key.as_str()), out);
                msgpack(value, out);
            }
        }
    }
}

fn packed(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    msgpack(value, &mut out);
    out
}

fn count(status: &Value, name: &str) -> u64 {
    status[format!("weir.status.{name}")].as_u64().unwrap()
}

fn problems(status: &Value) -> String {
    status["weir.problems"].to_string()
}

#[test]
fn events_pass_byte_for_byte_by_default() {
    let mut host = Host::new();
    for record in [
        call("a", WINDOW, 1, 403).to_string(),
        r#"{"of":"another data set","n":1.50}"#.to_owned(),
        "not JSON".to_owned(),
        String::new(),
    ] {
        assert_eq!(
            host.event(record.as_bytes()).as_deref(),
            Some(record.as_bytes())
        );
    }
    // A record that is not UTF-8 passes too, and counts as malformed.
    assert_eq!(
        host.event(b"{\"a\":\"\xff\"}").as_deref(),
        Some(&b"{\"a\":\"\xff\"}"[..])
    );
    let status = host.status();
    assert_eq!(count(&status, "counted"), 1);
    assert_eq!(count(&status, "other_data_set"), 1);
    assert_eq!(count(&status, "malformed"), 2);
    assert!(problems(&status).contains("not UTF-8"), "{status}");
}

#[test]
fn events_are_dropped_if_so_configured() {
    let mut host = Host::with(r#"{"events":"drop"}"#);
    assert_eq!(host.event(b"{}"), None);
    assert_eq!(host.event(b"not JSON"), None);
}

#[test]
fn counts_records_over_the_limit_as_lost() {
    let mut host = Host::new();
    let mut large = call("a", WINDOW, 1, 403);
    large["properties"]["userAgent"] = "x".repeat(20_000).into();
    let large = large.to_string();
    assert_eq!(host.event(large.as_bytes()).unwrap(), large.as_bytes());
    assert_eq!(count(&host.status(), "counted"), 1);
    let limit = aadgraph_4xx_fluent_bit::MAX_RECORD_LENGTH;
    assert!(
        host.event(&vec![b' '; limit]).is_some(),
        "as long as may be"
    );
    // The host then passes no address, and the length of the record.
    assert_eq!(host.event(&vec![b' '; limit + 1]), None);
    let status = host.status();
    assert_eq!(count(&status, "lost"), 1);
    assert!(problems(&status).contains("16777217 bytes"), "{status}");
}

#[test]
fn deep_nesting_is_refused_without_a_trap() {
    let mut host = Host::new();
    for depth in [127, 129, 100_000] {
        let record = format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(host.event(record.as_bytes()).is_some());
    }
    let status = host.status();
    assert_eq!(
        (
            count(&status, "other_data_set"),
            count(&status, "malformed")
        ),
        (1, 2)
    );
}

#[test]
fn the_text_under_a_key_is_the_document() {
    let mut host = Host::with(r#"{"record_key":"log"}"#);
    for event in walk("a").chain([closing()]) {
        // Printed over several lines: a record is one document all the same.
        let text = serde_json::to_string_pretty(&event).unwrap();
        let record = json!({"stream": "stdout", "log": text}).to_string();
        assert_eq!(host.event(record.as_bytes()).unwrap(), record.as_bytes());
    }
    assert_eq!(host.tick().alerts.len(), 1);
    host.event(br#"{"log":"{\"cut\":"}"#);
    assert_eq!(count(&host.status(), "malformed"), 1);
}

#[test]
fn msgpack_gives_equal_alerts_without_zero_bytes() {
    let mut json = Host::new();
    let mut whole = Host::new();
    let mut keyed = Host::new();
    let settings = json!({"weir": {"record_key": "log"}});
    keyed.tick_msgpack(&packed(&settings)).unwrap();
    for event in walk("a").chain(walk("bcd")).chain([closing()]) {
        json.event(event.to_string().as_bytes());
        assert_eq!(whole.event_msgpack(&packed(&event)), None);
        let record = json!({"log": event.to_string(), "n": [0, -1.5, null, true]});
        assert_eq!(keyed.event_msgpack(&packed(&record)), None);
    }
    let wanted = json.tick().alerts;
    assert_eq!(wanted.len(), 2);
    for host in [&mut whole, &mut keyed] {
        let answer = host
            .tick_msgpack(&packed(&json!({"message": "dummy"})))
            .unwrap();
        assert_eq!(parsed(&joined(&answer)).alerts, wanted);
    }
}

/// The JSON of an answer in msgpack: `{"weir": [pieces]}` with a short list.
fn joined(answer: &[u8]) -> Vec<u8> {
    let mut rest = answer.strip_prefix(b"\x81\xa4weir").unwrap();
    let pieces = rest[0] & 0x0f;
    rest = &rest[1..];
    let mut out = Vec::new();
    for _ in 0..pieces {
        assert_eq!(rest[0], 0xda, "a text of more than 255 bytes");
        let length = usize::from(rest[1]) << 8 | usize::from(rest[2]);
        out.extend(&rest[3..3 + length]);
        rest = &rest[3 + length..];
    }
    assert!(rest.is_empty());
    out
}

#[test]
fn damaged_msgpack_is_counted() {
    let mut host = Host::new();
    let whole = packed(&call("a", WINDOW, 1, 403));
    let cuts = u64::try_from(whole.len()).unwrap();
    for end in 0..whole.len() {
        assert_eq!(host.event_msgpack(&whole[..end]), None);
    }
    host.event_msgpack(&whole);
    let status = host.status();
    // An empty input is no record.
    assert_eq!(count(&status, "unreadable"), cuts);
    assert_eq!(count(&status, "counted"), 1);
}
