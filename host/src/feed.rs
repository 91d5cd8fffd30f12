//! Reads the sources on a thread of its own and hands over what it reads.
//!
//! Parts come through a short channel, so that reading and detecting go on at the
//! same time, and neither the clock nor a signal has to wait for a source.

mod follow;
mod index;
mod intake;
mod known;
mod place;
mod reader;
mod replay;
mod tail;
mod tee;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::frame::{Lines, Position, Refused, Sizes, Text};
use crate::input::{Identity, Source};
use crate::message::Level;
use crate::run::Progress;
use crate::sandbox::Limits;
pub(crate) use intake::Receipt;
pub use intake::{Accepted, Intake, NotTaken};
pub use known::Known;
pub(crate) use place::{Place, Plain, Spill};

/// Parts that wait to be taken: enough for both sides to be busy.
const AHEAD: usize = 4;

/// Whole documents of one source.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Number of the source.
    pub(crate) source: usize,
    /// The documents, one a line.
    pub(crate) bytes: Text,
    /// Which lines of the source they are.
    pub(crate) lines: Lines,
    /// Where the source goes on behind them.
    pub(crate) position: Position,
    /// Where they can be read again, byte by byte.
    pub(crate) place: Option<Place>,
}

/// What comes out of the sources.
#[derive(Debug)]
pub(crate) enum Part {
    /// A source is read from here on.
    Opened {
        source: usize,
        name: String,
        identity: Option<Identity>,
        position: Position,
    },
    /// More is known of how a source begins.
    Identified {
        source: usize,
        identity: Identity,
    },
    Batch(Arc<Batch>),
    /// Documents that the detector never sees.
    Refused {
        source: usize,
        refused: Vec<Refused>,
        position: Position,
    },
    /// A source was read to its end; a file was this long then.
    Ended {
        source: usize,
        position: Position,
        size: Option<u64>,
    },
    /// A source that was being read cannot be read on.
    Failed {
        source: usize,
        position: Position,
        error: Error,
        /// Because it is something else than JSON.
        foreign: bool,
    },
    /// A source cannot be read at all.
    Bad(Error),
    /// A source that was known is no longer there.
    Forget {
        source: usize,
    },
    /// All that a sender sent came before this; it waits to hear so, and is forgotten then.
    Receipt {
        source: usize,
        receipt: Receipt,
    },
    /// A source that was read to its end before and has not changed.
    Unchanged,
    /// Something to tell people.
    Note(Level, String),
    /// One thread is done.
    End,
    /// One thread broke down.
    Broken,
}

/// Sources that are being read.
#[derive(Debug)]
pub struct Feed {
    parts: Receiver<Part>,
    /// Threads that are not done.
    threads: usize,
    stop: Arc<AtomicBool>,
    /// How far it has come.
    progress: Progress,
    /// Where senders come and go, that there is none for now is not the end.
    open: Option<Outbox>,
}

/// The reading side.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    parts: SyncSender<Part>,
    stop: Arc<AtomicBool>,
    pub(crate) sizes: Sizes,
    progress: Progress,
}

/// Nobody takes the parts any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// What came of waiting for a part.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is there at a time, and taken apart at once"
)]
pub(crate) enum Next {
    Part(Part),
    /// Nothing for now.
    Nothing,
    /// All sources were read to their ends.
    End,
}

impl Feed {
    /// Reads sources one after the other. `known` is what earlier runs have read;
    /// `keeps` says that what this one reads is kept for a next one.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn replay(
        sources: Vec<Source>,
        limits: &Limits,
        known: Vec<Known>,
        keeps: bool,
    ) -> Result<Self, Error> {
        let progress = stored(&sources).map_or_else(Progress::default, Progress::of);
        let (mut feed, outbox) = Self::new(limits, progress);
        feed.spawn(&outbox, move |outbox| {
            replay::run(&sources, known, keeps, &outbox)
        })?;
        Ok(feed)
    }

    /// Follows files, folders and patterns as they grow. `-` and what is no file
    /// is read to its end; when there is nothing else, that is the end.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn follow(
        arguments: Vec<String>,
        limits: &Limits,
        known: Vec<Known>,
    ) -> Result<Self, Error> {
        let (mut feed, outbox) = Self::new(limits, Progress::default());
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
            feed.spawn(&outbox, move |outbox| {
                replay::stream(&source, numbers + at, &outbox)
            })?;
        }
        if !files.is_empty() {
            feed.spawn(&outbox, move |outbox| {
                follow::run(&files, known, first, &outbox)
            })?;
        }
        Ok(feed)
    }

    fn new(limits: &Limits, progress: Progress) -> (Self, Outbox) {
        let (sender, parts) = sync_channel(AHEAD);
        let stop = Arc::new(AtomicBool::new(false));
        let outbox = Outbox {
            parts: sender,
            stop: Arc::clone(&stop),
            sizes: Sizes {
                batch: limits.batch_bytes(),
                record: limits.record_bytes(),
            },
            progress: progress.clone(),
        };
        let feed = Self {
            parts,
            threads: 0,
            stop,
            progress,
            open: None,
        };
        (feed, outbox)
    }

    fn spawn(
        &mut self,
        outbox: &Outbox,
        body: impl FnOnce(Outbox) -> Result<(), Gone> + Send + 'static,
    ) -> Result<(), Error> {
        let outbox = outbox.clone();
        let run = move || {
            let parts = outbox.parts.clone();
            let last = match catch_unwind(AssertUnwindSafe(|| body(outbox))) {
                Ok(_) => Part::End,
                Err(_) => Part::Broken,
            };
            // Nobody to tell is no error: the run is over.
            let _ = parts.send(last);
        };
        thread::Builder::new()
            .name("weir-feed".to_owned())
            .spawn(run)
            .map_err(|error| Error::Broken(format!("no thread to read on: {error}")))?;
        self.threads += 1;
        Ok(())
    }

    /// How far it has come, now and later.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Waits for the next part, but not longer than that.
    pub(crate) fn next(&mut self, wait: Duration) -> Result<Next, Error> {
        if self.threads == 0 {
            return Ok(Next::End);
        }
        match self.parts.recv_timeout(wait) {
            Ok(Part::End) => {
                self.threads -= 1;
                Ok(Next::Nothing)
            }
            Ok(Part::Broken) | Err(RecvTimeoutError::Disconnected) => Err(Error::Broken(
                "reading the sources broke down (a bug in weir); what came before was processed"
                    .to_owned(),
            )),
            Ok(part) => Ok(Next::Part(part)),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
        }
    }
}

impl Feed {
    /// Lets nothing more in; what is on its way can still be taken.
    pub(crate) fn close(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.close();
    }
}

impl Outbox {
    /// Hands a part over; waits while too many wait already.
    pub(crate) fn send(&self, part: Part) -> Result<(), Gone> {
        if self.is_stopped() {
            return Err(Gone);
        }
        self.parts.send(part).map_err(|_| Gone)
    }

    /// Whether nobody wants more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Bytes of files as they are stored; none where there is anything else among them.
fn stored(sources: &[Source]) -> Option<u64> {
    let size = |source: &Source| match source {
        Source::Stdin => None,
        Source::File(path) => match std::fs::metadata(path) {
            Ok(meta) => meta.is_file().then_some(meta.len()),
            // What cannot be read is nothing to wait for.
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
    fn a_thread_that_breaks_down_is_an_error_even_while_others_go_on() {
        let (mut feed, outbox) = Feed::new(&Limits::default(), Progress::default());
        feed.spawn(&outbox, |outbox| {
            while !outbox.is_stopped() {
                thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        })
        .unwrap();
        feed.spawn(&outbox, |_| panic!("on purpose")).unwrap();
        let wait = Duration::from_secs(10);
        assert!(matches!(feed.next(wait), Err(Error::Broken(_))));
    }

    #[test]
    fn the_feed_ends_when_all_its_threads_do() {
        let (mut feed, outbox) = Feed::new(&Limits::default(), Progress::default());
        for _ in 0..2 {
            feed.spawn(&outbox, |outbox| {
                outbox.send(Part::Note(Level::Info, "done".to_owned()))
            })
            .unwrap();
        }
        let mut notes = 0;
        loop {
            match feed.next(Duration::from_secs(10)).unwrap() {
                Next::End => break,
                Next::Part(_) => notes += 1,
                Next::Nothing => {}
            }
        }
        assert_eq!(notes, 2);
    }
}
