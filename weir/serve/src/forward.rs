//! Fluentd's Forward protocol, as Fluent Bit and Fluentd speak it: MessagePack over TCP, with
//! an acknowledgement for each chunk that asks for one.
//!
//! A message is `[tag, time, record]`, `[tag, entries]` or `[tag, packed entries]`, each with
//! options behind it; an entry is `[time, record]`, where time may be a pair with metadata. A
//! chunk that is not acknowledged comes again under the same id, and its events are known by
//! theirs. There is no handshake: who is to prove who they are comes over HTTPS.

use std::io::{self, BufReader, Cursor, Read, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmpv::Value;
use rmpv::decode::{Error, read_value_with_max_depth};
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};

use super::Bounds;
use super::bodies::Bodies;
use super::socket::Patient;
use weir_sources::reader::{Intake, IntakeError};

/// Deepest nesting of a message, counted twice a level. A detector refuses a record long before;
/// here it would hold up all others of its chunk, which comes again and again.
const DEPTH: usize = 1024;
/// Limit of a decompressed message, as a multiple of the limit of a message.
const UNPACKED: u64 = 4;
/// Keys that may hold an unparsed line.
const LINE: [&str; 2] = ["log", "message"];
/// Keys that may stand beside an unparsed line.
const BESIDE: [&str; 6] = ["stream", "time", "date", "_p", "logtag", "file"];

/// Takes all messages of a connection. One that comes too slowly ends it, and so does one that has
/// to give way to others.
pub(super) fn take(
    stream: Patient,
    name: &str,
    bounds: &Bounds,
    bodies: &Arc<Bodies>,
    intake: &Intake,
) {
    let mut answers = match stream.again() {
        Ok(answers) => answers,
        Err(_) => return,
    };
    let mut stream = BufReader::new(stream);
    loop {
        let here = stream.buffer().len();
        let Ok(_share) = stream.get_mut().begin(here, bounds.pace(), bodies) else {
            return;
        };
        let message = next(&mut stream, bounds.body);
        stream.get_mut().set_whole();
        let chunk = match message {
            Next::Message(message) => read(message, bounds.body),
            Next::Larger => None,
            Next::End => return,
        };
        // Bytes that are no message cannot be skipped: where the next one starts is unknown.
        let Some(chunk) = chunk else {
            let raw = Cursor::new(b"not a message of the Forward protocol\n".to_vec());
            let _ = intake.take(name, Box::new(raw), Some(u64::MAX), |_| {});
            return;
        };
        let (safe, hears) = mpsc::channel();
        let documents = Cursor::new(chunk.documents);
        let taken = intake.take(name, Box::new(documents), Some(u64::MAX), move |_| {
            // Whoever is gone sends it again.
            let _ = safe.send(());
        });
        let Some(id) = chunk.id else {
            match taken {
                Ok(()) | Err(IntakeError::Foreign(_)) => continue,
                Err(_) => return,
            }
        };
        // Unanswered, it comes again. What is no JSON at all would do so for ever.
        let taken = matches!(taken, Ok(()) | Err(IntakeError::Foreign(_)));
        if !taken || !is_safe(&hears, bounds.patience) || answer(&mut answers, id).is_err() {
            return;
        }
    }
}

fn is_safe(hears: &mpsc::Receiver<()>, patience: Duration) -> bool {
    hears.recv_timeout(patience).is_ok()
}

fn answer(to: &mut impl Write, id: Value) -> io::Result<()> {
    let answer = Value::Map(vec![("ack".into(), id)]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &answer).map_err(io::Error::other)?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Next message of a connection.
enum Next {
    Message(Value),
    /// A message that is longer or deeper than it may be.
    Larger,
    /// Nothing, or a part of a message.
    End,
}

fn next(from: &mut impl Read, most: usize) -> Next {
    let mut from = from.take(most as u64);
    match read_value_with_max_depth(&mut from, DEPTH) {
        Ok(message) => Next::Message(message),
        Err(Error::DepthLimitExceeded) => Next::Larger,
        Err(_) if from.limit() == 0 => Next::Larger,
        Err(_) => Next::End,
    }
}

/// Contents of a message.
struct Chunk {
    /// One a line.
    documents: Vec<u8>,
    /// Chunk id to acknowledge.
    id: Option<Value>,
}

/// Decodes a message; none when it is malformed.
fn read(message: Value, most: usize) -> Option<Chunk> {
    let Value::Array(parts) = message else {
        return None;
    };
    let mut parts = parts.into_iter();
    parts.next().filter(Value::is_str)?;
    let second = parts.next()?;
    let mut documents = Vec::new();
    let options = match second {
        Value::Array(entries) if !is_time(&entries) => {
            for entry in entries {
                put(&mut documents, record(entry)?);
            }
            parts.next()
        }
        Value::Binary(_) | Value::String(_) => {
            let options = parts.next();
            let packed = match second {
                Value::Binary(bytes) => bytes,
                Value::String(text) => text.into_bytes(),
                _ => return None,
            };
            unpack(&packed, is_gzip(options.as_ref()), most, &mut documents)?;
            options
        }
        _ => {
            put(&mut documents, parts.next()?);
            parts.next()
        }
    };
    let id = options.and_then(|options| option(&options, "chunk").cloned());
    Some(Chunk { documents, id })
}

/// Whether an array is a time with metadata, and not a list of entries.
fn is_time(array: &[Value]) -> bool {
    matches!(
        array,
        [
            Value::Integer(_) | Value::Ext(..) | Value::F64(_),
            Value::Map(_)
        ]
    )
}

/// The record of an entry.
fn record(entry: Value) -> Option<Value> {
    match entry {
        Value::Array(mut parts) if parts.len() == 2 => parts.pop(),
        _ => None,
    }
}

fn unpack(packed: &[u8], gzip: bool, most: usize, documents: &mut Vec<u8>) -> Option<()> {
    let raw: Box<dyn Read + '_> = if gzip {
        Box::new(flate2::read::MultiGzDecoder::new(packed))
    } else {
        Box::new(packed)
    };
    let most = (most as u64).saturating_mul(UNPACKED);
    let mut raw = BufReader::new(raw.take(most));
    while !io::BufRead::fill_buf(&mut raw).ok()?.is_empty() {
        let entry = read_value_with_max_depth(&mut raw, DEPTH).ok()?;
        put(documents, record(entry)?);
    }
    // At the limit there may be more, which must not be acknowledged.
    (raw.into_inner().limit() > 0).then_some(())
}

fn is_gzip(options: Option<&Value>) -> bool {
    let compressed = options.and_then(|options| option(options, "compressed"));
    compressed.and_then(Value::as_str) == Some("gzip")
}

fn option<'a>(options: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(entries) = options else {
        return None;
    };
    let found = entries.iter().find(|(key, _)| key.as_str() == Some(name));
    found.map(|(_, value)| value)
}

/// Writes a record as a line of JSON; an unparsed line of JSON goes as it is.
fn put(documents: &mut Vec<u8>, record: Value) {
    match unparsed(&record) {
        Some(line) => documents.extend_from_slice(line.as_bytes()),
        None => documents.extend_from_slice(json(record).to_string().as_bytes()),
    }
    documents.push(b'\n');
}

/// The line of a record that holds nothing else.
fn unparsed(record: &Value) -> Option<&str> {
    let Value::Map(entries) = record else {
        return None;
    };
    let mut line = None;
    for (key, value) in entries {
        match key.as_str() {
            Some(name) if LINE.contains(&name) && line.is_none() => line = value.as_str(),
            Some(name) if BESIDE.contains(&name) => {}
            _ => return None,
        }
    }
    let line = line?.trim();
    // What it says is the detector's to judge, and half a surrogate must not hide it here.
    let is_object = line.starts_with('{') && serde_json::from_str::<IgnoredAny>(line).is_ok();
    (is_object && !line.contains('\n')).then_some(line)
}

fn json(value: Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Boolean(truth) => truth.into(),
        Value::Integer(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (None, number) => number.into(),
        },
        Value::F32(number) => f64::from(number).into(),
        Value::F64(number) => number.into(),
        Value::String(text) => String::from_utf8_lossy(text.as_bytes()).into(),
        Value::Binary(bytes) | Value::Ext(_, bytes) => match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => STANDARD.encode(error.as_bytes()).into(),
        },
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Map(entries) => {
            let named = entries.into_iter().map(|(key, value)| {
                let key = match json(key) {
                    Json::String(name) => name,
                    other => other.to_string(),
                };
                (key, json(value))
            });
            named.collect::<Map<_, _>>().into()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter();
        Value::Map(entries.map(|(k, v)| ((*k).into(), v.clone())).collect())
    }

    fn packed(entries: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in entries {
            rmpv::encode::write_value(&mut bytes, entry).unwrap();
        }
        bytes
    }

    #[test]
    fn every_mode_and_every_kind_of_time_gives_the_same_documents() {
        let event = map(&[
            ("n", 1.into()),
            ("list", Value::Array(vec![Value::Nil, true.into()])),
        ]);
        let options = map(&[("chunk", "id".into()), ("size", 1.into())]);
        let times = [
            Value::from(1_700_000_000),
            Value::Ext(0, vec![0; 8]),
            Value::Array(vec![Value::Ext(0, vec![0; 8]), map(&[])]),
        ];
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let entry = Value::Array(vec![1.into(), event.clone()]);
        gz.write_all(&packed(std::slice::from_ref(&entry))).unwrap();
        let gz_options = map(&[("chunk", "id".into()), ("compressed", "gzip".into())]);
        let mut messages = vec![vec![
            "tag".into(),
            Value::Binary(gz.finish().unwrap()),
            gz_options,
        ]];
        for time in times {
            let entry = Value::Array(vec![time.clone(), event.clone()]);
            let binary = packed(std::slice::from_ref(&entry));
            let message: [Vec<Value>; 3] = [
                vec!["tag".into(), time, event.clone(), options.clone()],
                vec!["tag".into(), Value::Array(vec![entry]), options.clone()],
                vec!["tag".into(), Value::Binary(binary), options.clone()],
            ];
            messages.extend(message);
        }
        for message in messages {
            let chunk = read(Value::Array(message.clone()), 1 << 20).unwrap();
            let text = String::from_utf8(chunk.documents).unwrap();
            assert_eq!(text, "{\"n\":1,\"list\":[null,true]}\n", "{message:?}");
            assert_eq!(chunk.id, Some("id".into()));
        }
    }

    #[test]
    fn a_line_that_nobody_parsed_is_the_document() {
        let mut documents = Vec::new();
        put(&mut documents, map(&[("log", "{\"a\":1}\n".into())]));
        put(&mut documents, map(&[("log", "{no JSON".into())]));
        put(
            &mut documents,
            map(&[("log", "{\"a\":\"\\ud800\"}".into())]),
        );
        put(&mut documents, map(&[("log", "[1]".into())]));
        // An event may have a message of its own.
        put(
            &mut documents,
            map(&[("message", "{\"a\":2}".into()), ("userId", "u".into())]),
        );
        let text = String::from_utf8(documents).unwrap();
        let expected = [
            "{\"a\":1}",
            "{\"log\":\"{no JSON\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"log\":\"[1]\"}",
            "{\"message\":\"{\\\"a\\\":2}\",\"userId\":\"u\"}",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_chunk_that_does_not_end_within_its_limit_is_not_taken() {
        let entry = Value::Array(vec![1.into(), map(&[("n", 1.into())])]);
        let entries = packed(&[entry.clone(), entry.clone(), entry]);
        let mut documents = Vec::new();
        let third = entries.len() / 3;
        for most in 1..=2 * third / UNPACKED as usize {
            assert!(unpack(&entries, false, most, &mut documents).is_none());
        }
        assert!(unpack(&entries, false, entries.len(), &mut documents).is_some());
    }

    #[test]
    fn refuses_malformed_messages() {
        let wrong = [
            Value::Nil,
            Value::Array(vec![]),
            Value::Array(vec!["tag".into()]),
            Value::Array(vec![1.into(), Value::Array(vec![])]),
            Value::Array(vec!["tag".into(), Value::Array(vec![1.into()])]),
            Value::Array(vec!["tag".into(), Value::Binary(vec![0x92, 1])]),
        ];
        for message in wrong {
            assert!(read(message.clone(), 1 << 20).is_none(), "{message:?}");
        }
    }
}
