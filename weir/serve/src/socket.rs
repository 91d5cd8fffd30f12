//! TCP and Unix socket listeners: documents one after the other, as from a pipe.
//!
//! Nothing is answered. A sender that is too fast is slowed down: its socket fills up.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::bodies::{Bodies, Cut, Pace, Reservation};
use super::connections::{ConnectionSlot, Connections};
use super::peer::Peer;
use super::{Address, Bounds, YIELD, forward};
use weir_common::explain::explain;
use weir_host::error::Error;
use weir_sources::reader::{Intake, IntakeError};

/// Longest wait before it is noticed that the run is over.
const WAIT: Duration = Duration::from_millis(50);

/// Stack of a connection's thread, in bytes: enough for the deepest message, however it was
/// compiled.
const STACK: usize = 16 << 20;

/// Longest that an acknowledgement takes to be written, and the last ones when all ends.
const LAST: Duration = Duration::from_secs(5);

/// A socket that is listened at; its file goes with it.
#[derive(Debug)]
pub(super) struct Sockets {
    file: Option<PathBuf>,
    connections: Arc<Connections<u64>>,
}

impl Sockets {
    /// Lets the answers that are due go out, once the run is over.
    pub(super) fn close(self) {
        let start = Instant::now();
        while self.connections.count() > 0 && start.elapsed() < LAST {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            // That it is gone already is no error.
            let _ = fs::remove_file(path);
        }
    }
}

/// Protocol of a socket.
#[derive(Clone, Copy)]
enum Protocol {
    /// Documents one after the other.
    Documents,
    Forward,
}

/// Callback that closes a connection from another thread.
fn cut(stream: &Socket) -> io::Result<Cut> {
    let stream = stream.try_clone()?;
    Ok(Box::new(move || {
        // Whoever has gone needs no closing.
        let _ = stream.shutdown(Shutdown::Both);
    }))
}

/// The next connection, whose it is, and its name.
type Accept = Box<dyn FnMut() -> io::Result<(Socket, Peer, String)> + Send>;

impl Sockets {
    pub(super) fn start(
        address: &Address,
        bounds: &Bounds,
        intake: &Intake,
    ) -> Result<(Self, Address), Error> {
        let failed = |error: io::Error| Error::config(format!("{address}: {}", explain(&error)));
        let (accept, bound, file): (Accept, Address, Option<PathBuf>) = match address {
            Address::Unix(path) => {
                clear(path).map_err(failed)?;
                let listener = UnixListener::bind(path).map_err(failed)?;
                listener.set_nonblocking(true).map_err(failed)?;
                let name = path.display().to_string();
                let accept = move || {
                    let (stream, _) = listener.accept()?;
                    Ok((waiting(stream.into())?, Peer::Local, name.clone()))
                };
                (Box::new(accept), address.clone(), Some(path.clone()))
            }
            Address::Tcp(at) | Address::Forward(at) | Address::Http { at, .. } => {
                let listener = TcpListener::bind(at).map_err(failed)?;
                listener.set_nonblocking(true).map_err(failed)?;
                let bound = address.on(listener.local_addr().map_err(failed)?);
                let accept = move || {
                    let (stream, peer) = listener.accept()?;
                    let name = format!("tcp://{peer}");
                    Ok((waiting(stream.into())?, Peer::from(peer.ip()), name))
                };
                (Box::new(accept), bound, None)
            }
        };
        let protocol = match address {
            Address::Forward(_) => Protocol::Forward,
            _ => Protocol::Documents,
        };
        let (intake, bounds) = (intake.clone(), bounds.clone());
        let connections = Connections::new(bounds.connections, YIELD);
        let open = Arc::clone(&connections);
        thread::Builder::new()
            .name("weir-socket".to_owned())
            .spawn(move || serve(accept, protocol, &bounds, &intake, &open))
            .map_err(|error| Error::Broken(format!("no thread to listen on: {error}")))?;
        Ok((Self { file, connections }, bound))
    }
}

/// A connection of which reads and writes wait, for a while.
fn waiting(stream: Socket) -> io::Result<Socket> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(LAST))?;
    Ok(stream)
}

/// Removes the file of a socket without a listener.
fn clear(path: &Path) -> io::Result<()> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !meta.file_type().is_socket() {
        return Err(io::Error::other("is there and is no socket"));
    }
    if UnixStream::connect(path).is_ok() {
        return Err(io::Error::other("somebody listens there already"));
    }
    fs::remove_file(path)
}

fn serve(
    mut accept: Accept,
    protocol: Protocol,
    bounds: &Bounds,
    intake: &Intake,
    open: &Arc<Connections<u64>>,
) {
    let bodies = Bodies::new(bounds.body.saturating_mul(bounds.requests));
    let mut number = 0;
    while !intake.is_over() {
        // Also when there are too many open files: others may be closed by then.
        let Ok((stream, peer, name)) = accept() else {
            thread::sleep(WAIT);
            continue;
        };
        number += 1;
        let Some(slot) = enter(open, number, &stream, peer, intake) else {
            continue;
        };
        let (intake, bounds) = (intake.clone(), bounds.clone());
        let bodies = Arc::clone(&bodies);
        let body = move || {
            let stream = Patient {
                stream,
                peer,
                slot,
                message: None,
                intake: intake.clone(),
            };
            match protocol {
                Protocol::Documents => {
                    // The run says what was wrong with it.
                    let _: Result<(), IntakeError> =
                        intake.take(&name, Box::new(stream), None, |_| {});
                }
                Protocol::Forward => forward::take(stream, &name, &bounds, &bodies, &intake),
            }
        };
        let thread = thread::Builder::new()
            .name("weir-socket".to_owned())
            .stack_size(STACK);
        // Without a thread the connection is dropped, and its sender tries again.
        let _ = thread.spawn(body);
    }
}

/// Waits for a place among the connections; none when the run is over or the connection gone.
fn enter(
    open: &Arc<Connections<u64>>,
    number: u64,
    stream: &Socket,
    peer: Peer,
    intake: &Intake,
) -> Option<ConnectionSlot<u64>> {
    let mut cut = cut(stream).ok()?;
    while !intake.is_over() {
        match open.enter(number, peer, cut) {
            Ok(slot) => return Some(slot),
            Err(again) => cut = again,
        }
        thread::sleep(WAIT);
    }
    None
}

/// Waits for bytes for as long as the run goes on; then it is at its end.
pub(super) struct Patient {
    stream: Socket,
    peer: Peer,
    slot: ConnectionSlot<u64>,
    /// The message that it is reading, where a least rate applies.
    message: Option<Message>,
    intake: Intake,
}

/// A message on its way.
struct Message {
    pace: Pace,
    reservation: Arc<Reservation>,
    /// Arrival of its first bytes.
    begun: Option<Instant>,
    bytes: usize,
}

impl Patient {
    /// The connection, to write to.
    pub(super) fn again(&self) -> io::Result<impl Write + use<>> {
        self.stream.try_clone()
    }

    /// Begins a message, of which so many bytes are here. The answer is its reservation of memory.
    pub(super) fn begin(
        &mut self,
        bytes: usize,
        pace: Pace,
        bodies: &Arc<Bodies>,
    ) -> io::Result<Arc<Reservation>> {
        self.slot.set_busy(false);
        let reservation = Arc::new(bodies.begin(self.peer, cut(&self.stream)?));
        if !reservation.add(bytes) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.message = Some(Message {
            pace,
            reservation: Arc::clone(&reservation),
            begun: (bytes > 0).then(Instant::now),
            bytes,
        });
        Ok(reservation)
    }

    /// Says that the message has come whole.
    pub(super) fn set_whole(&mut self) {
        self.slot.set_busy(true);
        if let Some(message) = self.message.take() {
            message.reservation.set_whole();
        }
    }
}

impl Message {
    /// Whether it may take so many bytes more.
    fn add(&mut self, bytes: usize) -> bool {
        self.begun.get_or_insert_with(Instant::now);
        self.bytes += bytes;
        self.reservation.add(bytes)
    }

    fn is_too_slow(&self) -> bool {
        let allowed = self.pace.allows(self.bytes);
        self.begun.is_some_and(|begun| begun.elapsed() > allowed)
    }
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{ConnectionReset, OutOfMemory, TimedOut, WouldBlock};
        loop {
            if self.intake.is_over() {
                return Ok(0);
            }
            if self.message.as_ref().is_some_and(Message::is_too_slow) {
                return Err(TimedOut.into());
            }
            match self.stream.read(into) {
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
                // Whoever breaks off has sent what came before.
                Err(error) if error.kind() == ConnectionReset => return Ok(0),
                Ok(bytes) if bytes > 0 => {
                    let fits = match &mut self.message {
                        Some(message) => message.add(bytes),
                        None => {
                            self.slot.set_busy(false);
                            true
                        }
                    };
                    return if fits {
                        Ok(bytes)
                    } else {
                        Err(OutOfMemory.into())
                    };
                }
                done => return done,
            }
        }
    }
}
