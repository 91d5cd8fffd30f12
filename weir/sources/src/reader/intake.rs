//! Intake: documents that network senders hand over while the run goes on.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::source::{SourceReader, Step};
use super::{Disconnected, Part, PartSender, Reader};
use crate::frame::{Position, Sizes};
use crate::input::{self, Bytes};
use crate::progress::Progress;
use weir_common::error::Error;
use weir_common::explain::explain;

/// Outcome of the documents of a sender.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Documents that were read.
    pub documents: u64,
    /// Of these, those that are no events and never will be, or on which the component
    /// failed: they were refused.
    pub malformed: u64,
    /// Name of the format, when all documents are malformed and none looks like JSON.
    pub foreign: Option<&'static str>,
}

/// Acknowledgement that a sender waits for. Dropped unsettled, its documents may be lost and have
/// to be sent again.
pub struct Receipt(Box<dyn FnOnce(Accepted) + Send>);

impl Receipt {
    /// Acknowledges the documents to the sender.
    pub fn settle(self, accepted: Accepted) {
        (self.0)(accepted);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Receipt")
    }
}

/// Entry for documents of network senders; shared by any number of threads.
#[derive(Debug, Clone)]
pub struct Intake {
    sender: PartSender,
    next: Arc<AtomicUsize>,
}

/// Error of [`Intake::take`].
#[derive(Debug)]
pub enum IntakeError {
    /// The run is over, or is ending.
    Over,
    /// The input cannot be read to its end; documents before the error were taken.
    Unreadable(String),
    /// The input is of another format than JSON, which is named; nothing was taken.
    Foreign(String),
}

impl From<Disconnected> for IntakeError {
    fn from(_: Disconnected) -> Self {
        Self::Over
    }
}

impl Reader {
    /// A reader without sources of its own, and the intake that gives it documents. New sources are
    /// numbered from `known`, the number of sources of earlier runs.
    #[must_use]
    pub fn intake(sizes: Sizes, known: usize) -> (Self, Intake) {
        let (mut reader, sender) = Self::new(sizes, Progress::default());
        reader.threads = 1;
        reader.open = Some(sender.clone());
        let next = Arc::new(AtomicUsize::new(known));
        (reader, Intake { sender, next })
    }
}

impl Intake {
    /// Whether nothing is taken any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.sender.is_stopped()
    }

    /// Hands over documents in any form that a file may have, gzip and zstd by content, to
    /// their end. What is whole already has a limit in bytes, unpacked; without, it is handed
    /// on as it comes. Waits while too much waits already. `reply` is called when all of it
    /// is safe, and never when that cannot be said.
    ///
    /// # Errors
    ///
    /// [`IntakeError`]: what came before may have been taken.
    pub fn take(
        &self,
        name: &str,
        raw: Box<dyn Read>,
        most: Option<u64>,
        reply: impl FnOnce(Accepted) + Send + 'static,
    ) -> Result<(), IntakeError> {
        if self.is_over() {
            return Err(IntakeError::Over);
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
    fn send(&self, part: Part) -> Result<(), Disconnected> {
        self.sender.parts.send(part).map_err(|_| Disconnected)
    }

    fn read(
        &self,
        source: usize,
        name: &str,
        raw: Box<dyn Read>,
        most: Option<u64>,
    ) -> Result<(), IntakeError> {
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
                return Err(IntakeError::Unreadable(why));
            }
        };
        let whole = most.is_some();
        let bytes = Box::new(Limited {
            bytes,
            left: most.unwrap_or(u64::MAX),
        });
        let sender = &self.sender;
        let mut reader = SourceReader::new(source, name.to_owned(), bytes, sender, whole, start);
        loop {
            match reader.step() {
                Step::Part(part) => self.send(part)?,
                Step::WouldBlock if self.is_over() => return Err(IntakeError::Over),
                Step::WouldBlock => std::thread::sleep(input::PAUSE),
                Step::Failed(part) => {
                    let (why, foreign) = match &part {
                        Part::Failed { error, foreign, .. } => (error.to_string(), *foreign),
                        _ => (String::new(), false),
                    };
                    self.send(part)?;
                    return Err(match foreign {
                        true => IntakeError::Foreign(why),
                        false => IntakeError::Unreadable(why),
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

/// Reader that fails behind a limit.
struct Limited {
    bytes: Bytes,
    /// Bytes that may still come.
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
