//! Alerts in Fluentd's Forward protocol: each message is a chunk, and the receiver acknowledges
//! it by its id. The id is the digest of what is in it, so a repetition has the same.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmpv::Value;
use rmpv::decode::read_value_with_max_depth;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::socket::connect;
use super::{Failure, Receiver, document};
use weir_common::explain::explain;

/// Longest that a chunk waits for its acknowledgement.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an acknowledgement, and its nesting.
const ANSWER: (u64, usize) = (1 << 16, 16);

/// A receiver of the Forward protocol.
pub(super) struct Forward {
    at: String,
    tag: String,
    peer: Option<BufReader<TcpStream>>,
}

impl Forward {
    pub(super) fn new(at: &str, tag: &str) -> Self {
        Self {
            at: at.to_owned(),
            tag: tag.to_owned(),
            peer: None,
        }
    }

    fn carry(&mut self, lines: &[String]) -> io::Result<()> {
        let (message, id) = message(&self.tag, lines)?;
        let mut peer = match self.peer.take() {
            Some(peer) => peer,
            None => {
                let stream = connect(&self.at)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };
        peer.get_mut().write_all(&message)?;
        // A connection that failed is not used again: a late answer would be taken for another.
        let answer = read_value_with_max_depth(&mut (&mut peer).take(ANSWER.0), ANSWER.1)
            .map_err(|error| no_answer(&error))?;
        if acknowledged(&answer) != Some(&id) {
            return Err(io::Error::other("it acknowledges another chunk"));
        }
        self.peer = Some(peer);
        Ok(())
    }
}

impl Receiver for Forward {
    fn send(&mut self, lines: &[String]) -> Result<(), Failure> {
        let done = self.carry(lines);
        done.map_err(|error| Failure::retryable(explain(&error)))
    }
}

fn no_answer(error: &rmpv::decode::Error) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it acknowledges nothing in time",
        io::ErrorKind::UnexpectedEof => "it closed the connection and acknowledged nothing",
        _ => return io::Error::new(error.kind(), format!("no acknowledgement: {error}")),
    };
    io::Error::other(why)
}

/// The chunk that an answer acknowledges.
fn acknowledged(answer: &Value) -> Option<&str> {
    let entries = answer.as_map()?;
    let ack = entries.iter().find(|(key, _)| key.as_str() == Some("ack"));
    ack.and_then(|(_, id)| id.as_str())
}

/// A message in Forward mode, and its id.
fn message(tag: &str, lines: &[String]) -> io::Result<(Vec<u8>, String)> {
    let mut digest = Sha256::new();
    let mut entries = Vec::with_capacity(lines.len());
    for line in lines {
        digest.update(line.as_bytes());
        digest.update(b"\n");
        let record: Json = serde_json::from_str(line)?;
        entries.push(Value::Array(vec![time(&record), value(record)]));
    }
    let id = STANDARD.encode(digest.finalize().get(..16).unwrap_or_default());
    let options = vec![
        ("chunk".into(), id.as_str().into()),
        ("size".into(), lines.len().into()),
    ];
    let message = Value::Array(vec![tag.into(), Value::Array(entries), Value::Map(options)]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &message).map_err(io::Error::other)?;
    Ok((bytes, id))
}

/// An alert's time, as the protocol's own type: seconds and nanoseconds since 1970.
fn time(record: &Json) -> Value {
    let time = document::time(record).unwrap_or_default();
    let seconds = u32::try_from(time.div_euclid(1000)).unwrap_or_default();
    let nanos = u32::try_from(time.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Value::Ext(0, [seconds.to_be_bytes(), nanos.to_be_bytes()].concat())
}

fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => truth.into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => number.into(),
            (_, Some(number), _) => number.into(),
            (.., number) => number.unwrap_or_default().into(),
        },
        Json::String(text) => text.into(),
        Json::Array(values) => Value::Array(values.into_iter().map(value).collect()),
        Json::Object(entries) => {
            let entries = entries.into_iter();
            Value::Map(entries.map(|(key, v)| (key.into(), value(v))).collect())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_the_same_of_the_same_alerts() {
        let line = |n: u8| {
            format!("{{\"@timestamp\":\"2026-03-04T05:08:00.250Z\",\"n\":{n},\"x\":[0.5,null]}}")
        };
        let (first, id) = message("tag", &[line(1), line(2)]).unwrap();
        assert_eq!(
            message("tag", &[line(1), line(2)]).unwrap(),
            (first.clone(), id.clone())
        );
        assert_ne!(message("tag", &[line(2), line(1)]).unwrap().1, id);
        let read = read_value_with_max_depth(&mut &first[..], 64).unwrap();
        assert_eq!(read[0].as_str(), Some("tag"));
        let (time, record) = (&read[1][0][0], &read[1][0][1]);
        let seconds = 1_772_600_880_u32.to_be_bytes();
        let nanos = 250_000_000_u32.to_be_bytes();
        assert_eq!(*time, Value::Ext(0, [seconds, nanos].concat()));
        assert_eq!(record["n"].as_i64(), Some(1));
        assert_eq!(record["x"][0].as_f64(), Some(0.5));
        assert_eq!(read[2]["chunk"].as_str(), Some(id.as_str()));
        assert_eq!(read[2]["size"].as_i64(), Some(2));
    }

    #[test]
    fn an_acknowledgement_names_its_chunk() {
        let answer = Value::Map(vec![("ack".into(), "id".into())]);
        assert_eq!(acknowledged(&answer), Some("id"));
        assert_eq!(acknowledged(&Value::Nil), None);
        assert_eq!(acknowledged(&Value::Map(vec![])), None);
    }
}
