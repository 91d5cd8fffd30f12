//! Alerts as NDJSON over TCP and Unix sockets. Nothing says that they arrived: what is on its way
//! when the peer goes may be lost, and what is written again may come twice.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use super::{Failure, Receiver};
use weir_common::explain::explain;

/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// Timeout of a write.
const WRITE: Duration = Duration::from_secs(30);

/// Connects to a host and port.
pub(super) fn connect(at: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in at.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                stream.set_write_timeout(Some(WRITE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A stream of lines.
pub(super) struct Lines {
    connect: Box<dyn Fn() -> io::Result<Box<dyn Peer>> + Send>,
    peer: Option<Box<dyn Peer>>,
}

impl Lines {
    pub(super) fn tcp(at: &str) -> Self {
        let at = at.to_owned();
        Self {
            connect: Box::new(move || Ok(Box::new(connect(&at)?))),
            peer: None,
        }
    }

    #[cfg(unix)]
    pub(super) fn unix(path: &Path) -> Self {
        let path = path.to_owned();
        Self {
            connect: Box::new(move || {
                let stream = UnixStream::connect(&path)?;
                stream.set_write_timeout(Some(WRITE))?;
                Ok(Box::new(stream))
            }),
            peer: None,
        }
    }

    fn write(&mut self, lines: &[String]) -> io::Result<()> {
        let kept = self.peer.take();
        let kept = kept.and_then(|mut peer| is_there(&mut *peer).then_some(peer));
        let mut peer = match kept {
            Some(peer) => peer,
            None => (self.connect)()?,
        };
        let mut text = lines.join("\n");
        text.push('\n');
        peer.write_all(text.as_bytes())?;
        // A stream that failed is not used again: it may have sent part of a line.
        self.peer = Some(peer);
        Ok(())
    }
}

impl Receiver for Lines {
    fn send(&mut self, lines: &[String]) -> Result<(), Failure> {
        let done = self.write(lines);
        done.map_err(|error| Failure::retryable(explain(&error)))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Unread answers would have the system throw away what is still to be sent.
        if let Some(peer) = &mut self.peer {
            let _ = is_there(&mut **peer);
        }
    }
}

/// One end of a connection.
trait Peer: Read + Write + Send {
    fn blocks(&self, blocks: bool) -> io::Result<()>;
}

impl Peer for TcpStream {
    fn blocks(&self, blocks: bool) -> io::Result<()> {
        self.set_nonblocking(!blocks)
    }
}

#[cfg(unix)]
impl Peer for UnixStream {
    fn blocks(&self, blocks: bool) -> io::Result<()> {
        self.set_nonblocking(!blocks)
    }
}

/// Whether the peer has not closed the connection, as far as that is known here. What it says
/// is thrown away.
fn is_there(peer: &mut dyn Peer) -> bool {
    let mut said = [0; 1024];
    if peer.blocks(false).is_err() {
        return false;
    }
    let there = loop {
        match peer.read(&mut said) {
            Ok(0) => break false,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break error.kind() == io::ErrorKind::WouldBlock,
        }
    };
    there && peer.blocks(true).is_ok()
}
