//! Alerts as NDJSON over TCP and Unix sockets. Nothing says that they arrived: what is on its way
//! when the peer goes may be lost, and what is written again may come twice.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use socket2::Socket;

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
    connect: Box<dyn Fn() -> io::Result<Socket> + Send>,
    peer: Option<Socket>,
}

impl Lines {
    pub(super) fn tcp(at: &str) -> Self {
        let at = at.to_owned();
        Self {
            connect: Box::new(move || Ok(connect(&at)?.into())),
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
                Ok(stream.into())
            }),
            peer: None,
        }
    }

    fn write(&mut self, lines: &[String]) -> io::Result<()> {
        let mut peer = match self.peer.take().filter(is_there) {
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
        let _ = self.peer.as_ref().is_some_and(is_there);
    }
}

/// Whether the peer has not closed the connection, as far as that is known here. What it says
/// is thrown away.
fn is_there(mut peer: &Socket) -> bool {
    let mut said = [0; 1024];
    if peer.set_nonblocking(true).is_err() {
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
    there && peer.set_nonblocking(false).is_ok()
}
