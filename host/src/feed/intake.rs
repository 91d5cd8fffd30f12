//! What others send, as long as the run goes on.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::reader::{Reader, Step};
use super::{Feed, Gone, Outbox, Part};
use crate::error::Error;
use crate::frame::Position;
use crate::input::{self, Bytes, explain};
use crate::run::Progress;
use crate::sandbox::Limits;

/// What became of all that a sender sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// Documents that were read.
    pub documents: u64,
    /// Of these, those that are no events and never will be, or on which the component
    /// failed: they were refused.
    pub malformed: u64,
    /// What it is, when all of it is malformed and nothing of it looks like JSON.
    pub foreign: Option<&'static str>,
}

/// Who is to hear what became of it. Dropped unsaid, it may all be lost: send it again.
pub(crate) struct Receipt(Box<dyn FnOnce(Accepted) + Send>);

impl Receipt {
    pub(crate) fn settle(self, accepted: Accepted) {
        (self.0)(accepted);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Receipt")
    }
}

/// Where senders hand over what they send. Any number of threads may.
#[derive(Debug, Clone)]
pub struct Intake {
    outbox: Outbox,
    next: Arc<AtomicUsize>,
}

/// Why nothing, or not all, was taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotTaken {
    /// The run is over, or is ending.
    Over,
    /// It cannot be read to its end; what came before was taken.
    Unreadable(String),
    /// It is something else than JSON, and says what; nothing was taken.
    Foreign(String),
}

impl From<Gone> for NotTaken {
    fn from(_: Gone) -> Self {
        Self::Over
    }
}

impl Feed {
    /// A feed of what is handed over to the answer's second part, besides so many sources that
    /// earlier runs have read.
    #[must_use]
    pub fn intake(limits: &Limits, known: usize) -> (Self, Intake) {
        let (mut feed, outbox) = Self::new(limits, Progress::default());
        feed.threads = 1;
        feed.open = Some(outbox.clone());
        let next = Arc::new(AtomicUsize::new(known));
        (feed, Intake { outbox, next })
    }
}

impl Intake {
    /// Whether nothing is taken any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.outbox.is_stopped()
    }

    /// Hands over documents in any form that a file may have, gzip and zstd by content, to
    /// their end. What is whole already has a limit in bytes, unpacked; without, it is handed
    /// on as it comes. Waits while too much waits already. `reply` is called when all of it
    /// is safe, and never when that cannot be said.
    ///
    /// # Errors
    ///
    /// [`NotTaken`]: what came before may have been taken.
    pub fn take(
        &self,
        name: &str,
        raw: Box<dyn Read>,
        most: Option<u64>,
        reply: impl FnOnce(Accepted) + Send + 'static,
    ) -> Result<(), NotTaken> {
        if self.is_over() {
            return Err(NotTaken::Over);
        }
        let source = self.next.fetch_add(1, Ordering::Relaxed);
        self.send(Part::Opened {
            source,
            name: name.to_owned(),
            identity: None,
            position: Position::default(),
        })?;
        let done = self.read(source, name, raw, most);
        let receipt = Receipt(Box::new(reply));
        self.send(Part::Receipt { source, receipt })?;
        done
    }

    /// Hands a part over also when the run is ending: what was begun is taken to its end.
    fn send(&self, part: Part) -> Result<(), Gone> {
        self.outbox.parts.send(part).map_err(|_| Gone)
    }

    fn read(
        &self,
        source: usize,
        name: &str,
        raw: Box<dyn Read>,
        most: Option<u64>,
    ) -> Result<(), NotTaken> {
        let start = Position::default();
        let bytes = match input::decode(raw) {
            Ok(bytes) => bytes,
            Err(error) => {
                let why = explain(&error);
                self.send(Part::Failed {
                    source,
                    position: start,
                    error: Error::input(name.to_owned(), why.clone()),
                    foreign: false,
                })?;
                return Err(NotTaken::Unreadable(why));
            }
        };
        let whole = most.is_some();
        let bytes = Box::new(Limited {
            bytes,
            left: most.unwrap_or(u64::MAX),
        });
        let outbox = &self.outbox;
        let mut reader = Reader::new(source, name.to_owned(), bytes, outbox, whole, start);
        loop {
            match reader.step() {
                Step::Part(part) => self.send(part)?,
                Step::Dry if self.is_over() => return Err(NotTaken::Over),
                Step::Dry => std::thread::sleep(input::PAUSE),
                Step::Failed(part) => {
                    let (why, foreign) = match &part {
                        Part::Failed { error, foreign, .. } => (error.to_string(), *foreign),
                        _ => (String::new(), false),
                    };
                    self.send(part)?;
                    return Err(match foreign {
                        true => NotTaken::Foreign(why),
                        false => NotTaken::Unreadable(why),
                    });
                }
                Step::End(position) => {
                    self.send(Part::Ended {
                        source,
                        position,
                        size: None,
                    })?;
                    return Ok(());
                }
            }
        }
    }
}

/// Fails where there is more than that.
struct Limited {
    bytes: Bytes,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                let why = "unpacked, it is larger than a request may be";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok(read)
    }
}
