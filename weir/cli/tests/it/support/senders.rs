//! Clients that send as Vector's `http` sink and Fluent Bit's `forward` output are documented to:
//! on connections that stay open, again and again until they hear that it is safe.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rmpv::Value;

use super::gzip;
use super::http::Reply;

/// Longest that a client waits for an answer before it sends again.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Between two tries.
const BACKOFF: Duration = Duration::from_millis(20);
/// Longest that a batch is tried: nothing is ever given up, but a test is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that stays open over many requests.
pub(crate) struct KeptAlive(BufReader<TcpStream>);

impl KeptAlive {
    pub(crate) fn connect(at: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Waits until an answer has begun to come, and leaves it unread.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        let begun = self.0.get_mut().peek(&mut [0])?;
        assert!(begun > 0, "it was closed");
        Ok(())
    }

    /// Reads one answer, by its length; that to `HEAD` has no body.
    pub(crate) fn reply(&mut self, has_body: bool) -> io::Result<Reply> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.filter(|_| has_body).unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok(Reply {
            status: status.ok_or_else(|| io::Error::other("no status"))?,
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }

    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<Reply> {
        self.write(request)?;
        self.reply(!request.starts_with(b"HEAD"))
    }
}

/// A request for a connection that stays open.
pub(crate) fn request(method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "{method} /events HTTP/1.1\r\nHost: weir\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// What a client had to do.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Told {
    /// Batches that are safe.
    pub(crate) safe: usize,
    /// Tries beyond the first of each.
    pub(crate) again: usize,
}

/// Sends all batches, each until it is safe, over so many connections at once.
fn insist<C: Send>(
    batches: impl Iterator<Item = Vec<u8>>,
    connections: usize,
    open: impl Fn() -> io::Result<C> + Sync,
    send: impl Fn(&mut C, &[u8]) -> io::Result<bool> + Sync,
) -> Told {
    let left: Mutex<VecDeque<_>> = Mutex::new(batches.collect());
    let work = || {
        let mut told = Told::default();
        let mut connection = None;
        loop {
            let Some(batch) = left.lock().unwrap().pop_front() else {
                return told;
            };
            let start = Instant::now();
            loop {
                assert!(start.elapsed() < PATIENCE, "a batch is never safe");
                let tried = match &mut connection {
                    Some(connection) => send(connection, &batch),
                    None => open().and_then(|new| send(connection.insert(new), &batch)),
                };
                match tried {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(_) => connection = None,
                }
                told.again += 1;
                sleep(BACKOFF);
            }
            told.safe += 1;
        }
    };
    let all = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect::<Vec<_>>()
    });
    all.iter().fold(Told::default(), |sum, one| Told {
        safe: sum.safe + one.safe,
        again: sum.again + one.again,
    })
}

/// As Vector's `http` sink with `codec: text`, newlines and gzip: 408, 429, 5xx and a connection
/// that breaks are tried again; anything else would be dropped, and fails the test.
pub(crate) fn vector(at: &str, lines: &[String], batch: usize) -> Told {
    let headers = "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n";
    let bodies = lines.chunks(batch).map(|lines| lines.join("\n") + "\n");
    let requests = bodies.map(|body| request("POST", headers, &gzip(body)));
    insist(
        requests,
        4,
        || KeptAlive::connect(at),
        |connection, request| {
            let reply = connection.ask(request)?;
            let again = matches!(reply.status, 408 | 429 | 500..=599);
            assert!(again || (200..300).contains(&reply.status), "{reply:?}");
            Ok(!again)
        },
    )
}

/// As Fluent Bit's `forward` output with `require_ack_response`: a chunk of packed entries, two
/// workers, and the same chunk under the same id until its acknowledgement comes.
pub(crate) fn fluent_bit(at: &str, lines: &[String], chunk: usize, packed: Packing) -> Told {
    let chunks = lines.chunks(chunk).enumerate();
    let messages = chunks.map(|(number, lines)| message(lines, &id(number), packed));
    insist(
        messages,
        2,
        || KeptAlive::connect(at),
        |connection, message| {
            connection.write(message)?;
            let answer = rmpv::decode::read_value(&mut connection.0).map_err(io::Error::other)?;
            let sent = rmpv::decode::read_value(&mut &message[..]).unwrap();
            let asked = sent.as_array().and_then(|parts| parts[2].as_map()).unwrap();
            let chunk = asked.iter().find(|(key, _)| key.as_str() == Some("chunk"));
            assert_eq!(
                answer,
                Value::Map(vec![("ack".into(), chunk.unwrap().1.clone())])
            );
            Ok(true)
        },
    )
}

/// How a chunk's entries are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

/// 32 digits, as Fluent Bit makes them of 16 random bytes.
fn id(number: usize) -> String {
    format!("{number:032x}")
}

/// A chunk of lines that nobody has parsed.
pub(crate) fn message(lines: &[String], id: &str, packed: Packing) -> Vec<u8> {
    let record = |line: &String| Value::Map(vec![("log".into(), line.as_str().into())]);
    pack(lines.iter().map(record), id, packed)
}

/// `[tag, entries, options]`, each entry `[[time, {}], record]`.
pub(crate) fn pack(records: impl Iterator<Item = Value>, id: &str, packed: Packing) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut size = 0_u32;
    for record in records {
        let seconds = 1_772_600_400 + size;
        let time = [seconds.to_be_bytes(), [0; 4]].concat();
        let header = Value::Array(vec![Value::Ext(0, time), Value::Map(Vec::new())]);
        put(&mut entries, &Value::Array(vec![header, record]));
        size += 1;
    }
    let mut options = vec![
        ("size".into(), size.into()),
        ("chunk".into(), id.into()),
        ("fluent_signal".into(), 0.into()),
    ];
    if packed == Packing::Gzip {
        entries = gzip(entries);
        options.push(("compressed".into(), "gzip".into()));
    }
    let parts = vec![
        "aad.graph".into(),
        Value::Binary(entries),
        Value::Map(options),
    ];
    let mut bytes = Vec::new();
    put(&mut bytes, &Value::Array(parts));
    bytes
}

fn put(bytes: &mut Vec<u8>, value: &Value) {
    rmpv::encode::write_value(bytes, value).unwrap();
}
