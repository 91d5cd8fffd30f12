//! TCP and Unix sockets: documents one after the other, as from a pipe.
//!
//! Nothing is answered. A sender that is too fast is slowed down: its socket fills up.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Address, Bounds, forward};
use crate::error::Error;
use crate::feed::{Intake, NotTaken};
use crate::input::explain;

/// Longest wait before it is noticed that the run is over.
const WAIT: Duration = Duration::from_millis(50);

/// Longest that an acknowledgement takes to be written, and the last ones when all ends.
const LAST: Duration = Duration::from_secs(5);

/// A socket that is listened at; its file goes with it.
#[derive(Debug)]
pub(super) struct Sockets {
    file: Option<PathBuf>,
    /// Connections.
    open: Arc<AtomicUsize>,
}

impl Sockets {
    /// Lets the answers that are due go out, once the run is over.
    pub(super) fn close(self) {
        let start = Instant::now();
        while self.open.load(Ordering::Relaxed) > 0 && start.elapsed() < LAST {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A connection that counts until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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

/// A connection.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What is spoken on a socket.
#[derive(Clone, Copy)]
enum Protocol {
    /// Documents one after the other.
    Documents,
    Forward,
}

/// The next connection, and its name.
type Accept = Box<dyn FnMut() -> io::Result<(Stream, String)> + Send>;

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
                    stream.set_nonblocking(false)?;
                    stream.set_read_timeout(Some(WAIT))?;
                    stream.set_write_timeout(Some(LAST))?;
                    Ok((Stream::Unix(stream), name.clone()))
                };
                (Box::new(accept), address.clone(), Some(path.clone()))
            }
            Address::Tcp(at) | Address::Forward(at) | Address::Http { at, .. } => {
                let listener = TcpListener::bind(at).map_err(failed)?;
                listener.set_nonblocking(true).map_err(failed)?;
                let bound = address.on(listener.local_addr().map_err(failed)?);
                let accept = move || {
                    let (stream, peer) = listener.accept()?;
                    stream.set_nonblocking(false)?;
                    stream.set_read_timeout(Some(WAIT))?;
                    stream.set_write_timeout(Some(LAST))?;
                    Ok((Stream::Tcp(stream), format!("tcp://{peer}")))
                };
                (Box::new(accept), bound, None)
            }
        };
        let protocol = match address {
            Address::Forward(_) => Protocol::Forward,
            _ => Protocol::Documents,
        };
        let (intake, bounds) = (intake.clone(), bounds.clone());
        let open = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&open);
        thread::Builder::new()
            .name("weir-socket".to_owned())
            .spawn(move || serve(accept, protocol, &bounds, &intake, &count))
            .map_err(|error| Error::Broken(format!("no thread to listen on: {error}")))?;
        Ok((Self { file, open }, bound))
    }
}

/// Takes away the file of a socket that nobody listens at any more.
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
    open: &Arc<AtomicUsize>,
) {
    let most = bounds.connections;
    while !intake.is_over() {
        if open.load(Ordering::Relaxed) >= most {
            thread::sleep(WAIT);
            continue;
        }
        // Also when there are too many open files: others may be closed by then.
        let Ok((stream, name)) = accept() else {
            thread::sleep(WAIT);
            continue;
        };
        open.fetch_add(1, Ordering::Relaxed);
        let (intake, counted) = (intake.clone(), Counted(Arc::clone(open)));
        let bounds = bounds.clone();
        let body = move || {
            let stream = Patient {
                stream,
                intake: intake.clone(),
            };
            match protocol {
                Protocol::Documents => {
                    // The run says what was wrong with it.
                    let _: Result<(), NotTaken> =
                        intake.take(&name, Box::new(stream), None, |_| {});
                }
                Protocol::Forward => forward::take(stream, &name, &bounds, &intake),
            }
            drop(counted);
        };
        let thread = thread::Builder::new().name("weir-socket".to_owned());
        // Without a thread the connection is dropped, and its sender tries again.
        let _ = thread.spawn(body);
    }
}

/// Waits for bytes for as long as the run goes on; then it is at its end.
pub(super) struct Patient {
    stream: Stream,
    intake: Intake,
}

impl Patient {
    /// The same connection, to write to.
    pub(super) fn again(&self) -> io::Result<Box<dyn Write>> {
        Ok(match &self.stream {
            Stream::Tcp(stream) => Box::new(stream.try_clone()?),
            Stream::Unix(stream) => Box::new(stream.try_clone()?),
        })
    }
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{ConnectionReset, TimedOut, WouldBlock};
        loop {
            if self.intake.is_over() {
                return Ok(0);
            }
            let read = match &mut self.stream {
                Stream::Tcp(stream) => stream.read(into),
                Stream::Unix(stream) => stream.read(into),
            };
            match read {
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
                // Whoever breaks off has sent what came before.
                Err(error) if error.kind() == ConnectionReset => return Ok(0),
                done => return done,
            }
        }
    }
}
