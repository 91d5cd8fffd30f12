//! A client that speaks HTTP as a test wants it, to the byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends bytes as they are and reads the answer to its end.
pub(crate) fn raw(at: &str, bytes: &[u8]) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(bytes)?;
    reply(&mut stream)
}

/// Reads an answer to its end.
pub(crate) fn reply(stream: &mut impl Read) -> io::Result<Reply> {
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or_else(|| io::Error::other(format!("no answer: {text:?}")))?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Ok(Reply {
        status: status.ok_or_else(|| io::Error::other("no status"))?,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

/// A whole request, with more headers, each with its line's end.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nHost: weir\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Posts a body.
pub(crate) fn post(at: &str, headers: &str, body: &[u8]) -> io::Result<Reply> {
    raw(at, &request("POST", "/events", headers, body))
}

/// Gets a page.
pub(crate) fn get(at: &str, path: &str) -> io::Result<Reply> {
    raw(at, &request("GET", path, "", b""))
}
