//! Reader of the sources: reads on threads of its own and hands parts over through a channel.
//!
//! The channel is short: reading and detecting go on at the same time, and neither the clock nor
//! a signal waits for a source.

mod follow;
mod index;
mod intake;
mod known_file;
mod replay;
mod reread;
mod source;
mod tail;
mod tee;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::frame::{Lines, Position, Refused, Sizes};
use crate::input::{FileFingerprint, Source};
use crate::progress::Progress;
use bytes::Bytes;
pub use intake::Receipt;
pub use intake::{Accepted, Intake, IntakeError};
pub use known_file::KnownFile;
pub use reread::RereadableFile;
use weir_common::error::Error;
use weir_common::message::Message;
use weir_common::positioned::FileRange;

/// Capacity of the channel in parts: enough for both sides to be busy.
const AHEAD: usize = 4;

/// Whole documents of one source.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Number of the source.
    pub source: usize,
    /// The documents, one a line.
    pub bytes: Bytes,
    /// Line numbers of the documents in the source.
    pub lines: Lines,
    /// Position behind them, from which the source can be resumed.
    pub position: Position,
    /// Range of the file that holds these bytes, where they can be read again.
    pub place: Option<FileRange>,
}

/// Part of what the sources give.
#[derive(Debug)]
pub enum Part {
    /// A source is read from here on.
    Opened {
        /// Number of the source.
        source: usize,
        /// Its name in messages.
        name: String,
        /// Fingerprint of a file, as far as it is known by now.
        identity: Option<FileFingerprint>,
        /// Position at which reading begins.
        position: Position,
    },
    /// The fingerprint of a source covers more of its start.
    Identified {
        /// Number of the source.
        source: usize,
        /// Its fingerprint now.
        identity: FileFingerprint,
    },
    /// Documents.
    Batch(Arc<Batch>),
    /// Documents that are refused before the detector sees them.
    Refused {
        /// Number of the source.
        source: usize,
        /// The documents, each with its line and reason.
        refused: Vec<Refused>,
        /// Position behind them.
        position: Position,
    },
    /// A source was read to its end; a file was this long then.
    Ended {
        /// Number of the source.
        source: usize,
        /// Position of its end.
        position: Position,
        /// Length of a file on disk, in bytes.
        size: Option<u64>,
    },
    /// A source that was being read cannot be read on.
    Failed {
        /// Number of the source.
        source: usize,
        /// Position up to which it was read.
        position: Position,
        /// Why.
        error: Error,
        /// Whether the input is of another format than JSON.
        foreign: bool,
    },
    /// A source cannot be read at all.
    Bad(Error),
    /// A source that was known is no longer there.
    Forget {
        /// Number of the source.
        source: usize,
    },
    /// End of a sender's documents, with the receipt that it waits for. The source is forgotten
    /// then.
    Receipt {
        /// Number of the source.
        source: usize,
        /// The sender's receipt.
        receipt: Receipt,
    },
    /// A source that was read to its end before and has not changed.
    Unchanged,
    /// A message about the input, to be emitted in its place among the parts.
    Note(Message),
    /// A thread has ended.
    End,
    /// A thread panicked.
    Broken,
}

/// Sources that are being read, and the receiving end of their parts.
#[derive(Debug)]
pub struct Reader {
    parts: Receiver<Part>,
    /// Number of threads that have not ended.
    threads: usize,
    stop: Arc<AtomicBool>,
    /// Counters of what was read.
    progress: Progress,
    /// Sender that keeps the channel open where network senders come and go.
    open: Option<PartSender>,
}

/// Sending end of the parts, for the threads that read.
#[derive(Debug, Clone)]
pub(crate) struct PartSender {
    parts: SyncSender<Part>,
    stop: Arc<AtomicBool>,
    pub(crate) sizes: Sizes,
    progress: Progress,
}

/// The receiver was dropped, or reading was stopped.
#[derive(Debug)]
pub(crate) struct Disconnected;

/// Result of waiting for a part.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is there at a time, and taken apart at once"
)]
pub enum Next {
    /// A part.
    Part(Part),
    /// No part came in time.
    Timeout,
    /// All sources were read to their ends.
    End,
}

impl Reader {
    /// Reads sources one after the other. `known` is what earlier runs have read;
    /// `keeps` says that what this one reads is kept for a next one.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn replay(
        sources: Vec<Source>,
        sizes: Sizes,
        known: Vec<KnownFile>,
        keeps: bool,
    ) -> Result<Self, Error> {
        let progress = stored(&sources).map_or_else(Progress::default, Progress::of);
        let (mut reader, sender) = Self::new(sizes, progress);
        reader.spawn(&sender, move |sender| {
            replay::run(&sources, known, keeps, &sender)
        })?;
        Ok(reader)
    }

    /// Follows files, folders and patterns as they grow. `-` and what is no file
    /// is read to its end; when there is nothing else, that is the end.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn follow(
        arguments: Vec<String>,
        sizes: Sizes,
        known: Vec<KnownFile>,
    ) -> Result<Self, Error> {
        let (mut reader, sender) = Self::new(sizes, Progress::default());
        let numbers = known.len();
        let (streams, files): (Vec<String>, Vec<String>) = arguments
            .into_iter()
            .partition(|argument| is_stream(argument));
        let first = numbers + streams.len();
        for (at, stream) in streams.into_iter().enumerate() {
            let source = match stream.as_str() {
                "-" => Source::Stdin,
                path => Source::File(path.into()),
            };
            reader.spawn(&sender, move |sender| {
                replay::stream(&source, numbers + at, &sender)
            })?;
        }
        if !files.is_empty() {
            reader.spawn(&sender, move |sender| {
                follow::run(files, known, first, sender)
            })?;
        }
        Ok(reader)
    }

    fn new(sizes: Sizes, progress: Progress) -> (Self, PartSender) {
        let (channel, parts) = sync_channel(AHEAD);
        let stop = Arc::new(AtomicBool::new(false));
        let sender = PartSender {
            parts: channel,
            stop: Arc::clone(&stop),
            sizes,
            progress: progress.clone(),
        };
        let reader = Self {
            parts,
            threads: 0,
            stop,
            progress,
            open: None,
        };
        (reader, sender)
    }

    fn spawn(
        &mut self,
        sender: &PartSender,
        body: impl FnOnce(PartSender) -> Result<(), Disconnected> + Send + 'static,
    ) -> Result<(), Error> {
        let sender = sender.clone();
        let run = move || {
            let parts = sender.parts.clone();
            let last = match catch_unwind(AssertUnwindSafe(|| body(sender))) {
                Ok(_) => Part::End,
                Err(_) => Part::Broken,
            };
            // A dropped receiver is no error: the run is over.
            let _ = parts.send(last);
        };
        thread::Builder::new()
            .name("weir-feed".to_owned())
            .spawn(run)
            .map_err(|error| Error::Broken(format!("no thread to read on: {error}")))?;
        self.threads += 1;
        Ok(())
    }

    /// Counters of what was read, now and later.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Waits for the next part, but not longer than `wait`. [`Next::End`] once all sources were
    /// read to their ends.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when a thread panicked.
    pub fn next(&mut self, wait: Duration) -> Result<Next, Error> {
        if self.threads == 0 {
            return Ok(Next::End);
        }
        match self.parts.recv_timeout(wait) {
            Ok(Part::End) => {
                self.threads -= 1;
                Ok(Next::Timeout)
            }
            Ok(Part::Broken) | Err(RecvTimeoutError::Disconnected) => Err(Error::Broken(
                "reading the sources broke down (a bug in weir); what came before was processed"
                    .to_owned(),
            )),
            Ok(part) => Ok(Next::Part(part)),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Timeout),
        }
    }
}

impl Reader {
    /// Stops reading; parts on their way can still be received.
    pub fn close(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}

impl PartSender {
    /// Sends a part; waits while the channel is full.
    ///
    /// # Errors
    ///
    /// [`Disconnected`] when the receiver was dropped or reading was stopped.
    pub(crate) fn send(&self, part: Part) -> Result<(), Disconnected> {
        if self.is_stopped() {
            return Err(Disconnected);
        }
        self.parts.send(part).map_err(|_| Disconnected)
    }

    /// Whether reading was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Total size of the files in bytes, as stored; none where a source is no file.
fn stored(sources: &[Source]) -> Option<u64> {
    let size = |source: &Source| match source {
        Source::Stdin => None,
        Source::File(path) => match std::fs::metadata(path) {
            Ok(meta) => meta.is_file().then_some(meta.len()),
            // An unreadable file counts as empty.
            Err(_) => Some(0),
        },
    };
    sources.iter().map(size).sum()
}

/// Whether an argument is standard input, a pipe or a device.
fn is_stream(argument: &str) -> bool {
    argument == "-"
        || std::fs::metadata(argument).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_thread_is_an_error_while_others_go_on() {
        let (mut reader, sender) = Reader::new(Sizes::DEFAULT, Progress::default());
        reader
            .spawn(&sender, |sender| {
                while !sender.is_stopped() {
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            })
            .unwrap();
        reader.spawn(&sender, |_| panic!("on purpose")).unwrap();
        let wait = Duration::from_secs(10);
        assert!(matches!(reader.next(wait), Err(Error::Broken(_))));
    }

    #[test]
    fn the_reader_ends_when_all_its_threads_do() {
        let (mut reader, sender) = Reader::new(Sizes::DEFAULT, Progress::default());
        for _ in 0..2 {
            reader
                .spawn(&sender, |sender| sender.send(Part::Unchanged))
                .unwrap();
        }
        let mut notes = 0;
        loop {
            match reader.next(Duration::from_secs(10)).unwrap() {
                Next::End => break,
                Next::Part(_) => notes += 1,
                Next::Timeout => {}
            }
        }
        assert_eq!(notes, 2);
    }
}
