//! A writer on another thread, so that writing does not block forever.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait before it is looked whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);
/// Longest that a run which is to end waits for a reader that takes nothing.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes that are written at once: a pipe takes as many or none.
const PIECE: usize = 4096;

/// Writes to a pipe, a socket or a device.
pub(super) struct BackgroundWriter {
    pieces: SyncSender<Vec<u8>>,
    done: Receiver<io::Result<()>>,
    /// Bytes that were taken.
    taken: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    given_up: bool,
}

impl BackgroundWriter {
    /// Hands all to this writer.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(super) fn start(
        mut writer: Box<dyn Write + Send>,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let (pieces, work) = sync_channel::<Vec<u8>>(1);
        let (answer, done) = sync_channel(1);
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        let write = move || {
            for bytes in work {
                let written = bytes.chunks(PIECE).try_for_each(|piece| {
                    writer.write_all(piece)?;
                    count.fetch_add(piece.len() as u64, Relaxed);
                    Ok(())
                });
                if answer.send(written.and_then(|()| writer.flush())).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("weir-output".to_owned())
            .spawn(write)?;
        Ok(Self {
            pieces,
            done,
            taken,
            stop,
            given_up: false,
        })
    }

    /// Waits until all of it is written, or the run is to end and the reader takes none of it.
    fn wait(&self) -> io::Result<()> {
        let mut before = self.taken.load(Relaxed);
        let mut since = None;
        loop {
            match self.done.recv_timeout(LOOK) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the thread that writes broke down"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.taken.load(Relaxed);
            if !self.stop.load(Relaxed) || std::mem::replace(&mut before, now) != now {
                since = None;
                continue;
            }
            if since.get_or_insert_with(Instant::now).elapsed() > GRACE {
                return Err(given_up());
            }
        }
    }
}

fn given_up() -> io::Error {
    let why = "nobody reads it, and the run is to end; what was not read is lost";
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl Write for BackgroundWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.given_up || self.pieces.send(bytes.to_vec()).is_err() {
            return Err(given_up());
        }
        let done = self.wait();
        self.given_up = done
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::TimedOut);
        done.map(|()| bytes.len())
    }

    /// What was written is handed on already.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
