//! Reader with a timeout for the first bytes of a stream that may stay silent.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Longest wait for bytes.
const WAIT: Duration = Duration::from_millis(500);
/// Bytes that are read so; what a stream is, is told by no more.
const BYTES: usize = 64 << 10;

/// Asks a thread for so many bytes, and gives what it read.
type Helper = (Sender<usize>, Receiver<io::Result<Vec<u8>>>);

/// A stream of which the first bytes are read on another thread: where none come for a while,
/// that is [`io::ErrorKind::WouldBlock`]. Behind them, reading waits as long as it takes.
pub(super) struct Patient<R> {
    helper: Option<Helper>,
    /// Bytes were asked for and are not there yet.
    asked: bool,
    /// Bytes that were read and not yet returned.
    read: Vec<u8>,
    /// Bytes that were read on the other thread.
    total: usize,
    direct: R,
}

impl<R: Read> Patient<R> {
    /// `direct` and `other` read the same stream; they are never asked at once.
    pub(super) fn new(direct: R, mut other: impl Read + Send + 'static) -> Self {
        let (ask, asked) = channel::<usize>();
        let (answer, answers) = channel();
        let help = move || {
            for count in asked {
                let mut bytes = vec![0; count];
                let read = other.read(&mut bytes).map(|count| {
                    bytes.truncate(count);
                    bytes
                });
                if answer.send(read).is_err() {
                    return;
                }
            }
        };
        let helper = thread::Builder::new().name("weir-first".to_owned());
        // Without a thread, it is only less patient.
        let helper = helper.spawn(help).ok().map(|_| (ask, answers));
        Self {
            helper,
            asked: false,
            read: Vec::new(),
            total: 0,
            direct,
        }
    }
}

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if let Some((ask, answers)) = &self.helper
            && self.read.is_empty()
            && !room.is_empty()
        {
            let count = room.len().min(BYTES);
            if !self.asked {
                self.asked = ask.send(count).is_ok();
            }
            match answers.recv_timeout(WAIT) {
                Ok(read) => {
                    self.asked = false;
                    self.read = read?;
                    self.total += self.read.len();
                    if self.read.is_empty() {
                        return Ok(0);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Disconnected) => self.helper = None,
            }
        }
        if self.read.is_empty() {
            return self.direct.read(room);
        }
        let count = self.read.len().min(room.len());
        for (to, from) in room.iter_mut().zip(self.read.drain(..count)) {
            *to = from;
        }
        if self.total >= BYTES && self.read.is_empty() {
            self.helper = None;
        }
        Ok(count)
    }
}
