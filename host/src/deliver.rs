//! Carries alerts to where people and machines wait for them, over the network.
//!
//! A [`Place`](crate::output::Place) puts alerts into a [`Delivery`]'s queue; a thread of its
//! own sends what is in it, in order, until it is taken. What cannot be sent now is sent again,
//! later and later; what can never be taken goes to the dead letters. An alert may come twice,
//! after a failure or a crash: its id and revision tell.

mod backoff;
mod bulk;
mod courier;
mod disk;
mod document;
mod figures;
mod forward;
mod hec;
mod http;
mod memory;
mod queue;
mod socket;
mod target;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::message::{Level, Message};
use disk::Disk;
pub use figures::Figures;
pub(crate) use figures::Meter;
use memory::Memory;
pub(crate) use queue::Queue;
pub use target::Target;

/// What a delivery may use and must know.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// A file whose first line is the token for HTTP.
    pub token: Option<PathBuf>,
    /// Certificates of those who may vouch for the receiver, in PEM, in place of the system's.
    pub ca: Option<PathBuf>,
    /// The folder of the queue; without, it is in memory.
    pub folder: Option<PathBuf>,
    /// Bytes of alerts that may wait.
    pub most: u64,
    /// SHA-256 of each component whose alerts are sent.
    pub components: Vec<String>,
    /// Whether a queue of other components is taken over.
    pub accepted: bool,
}

/// Takes each message for people, without the line's end.
pub type Report = Arc<dyn Fn(Message) + Send + Sync>;

/// Alerts on their way to one receiver.
#[derive(Debug)]
pub struct Delivery {
    queue: Arc<Queue>,
}

/// What became of the alerts when a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rest {
    /// Alerts that are not delivered.
    pub queued: u64,
    /// Whether the next run delivers them; else they are lost.
    pub kept: bool,
    /// Alerts that could never be delivered.
    pub dead: u64,
}

impl Delivery {
    /// Opens the queue and begins to send what is in it. Nothing waits for room once `stop` is
    /// set.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a setting is wrong or another run uses the folder,
    /// [`Error::Output`] when the folder cannot be used.
    pub fn start(
        target: &Target,
        settings: &Settings,
        stop: Arc<AtomicBool>,
        report: Report,
    ) -> Result<Self, Error> {
        let receiver = receiver(target, settings)?;
        let store: Box<dyn Store> = match &settings.folder {
            Some(folder) => {
                let warn = |text: &str| report(Message::new(Level::Warn, text));
                let disk = Disk::open(folder, settings.most, &warn)?;
                disk.claim(&settings.components, settings.accepted)?;
                Box::new(disk)
            }
            None => Box::new(Memory::default()),
        };
        let queue = Arc::new(Queue::new(target, store, settings.most, stop, report));
        let courier = Arc::clone(&queue);
        thread::Builder::new()
            .name("weir-deliver".to_owned())
            .spawn(move || courier::run(&courier, receiver))
            .map_err(|error| Error::Broken(format!("no thread for {target}: {error}")))?;
        Ok(Self { queue })
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// How it is going, now and later.
    #[must_use]
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        self.queue.meter()
    }

    /// How it is going.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.meter().read()
    }

    /// Goes on until all is delivered, but no longer than this.
    #[must_use]
    pub fn close(self, patience: Duration) -> Rest {
        self.queue.close(Instant::now() + patience)
    }
}

/// A number of alerts, in words.
#[must_use]
pub fn alerts(number: u64) -> String {
    match number {
        1 => "1 alert".to_owned(),
        number => format!("{number} alerts"),
    }
}

/// How many alerts wait in a folder that no run uses; none where there is no queue.
#[must_use]
pub fn waiting_in(folder: &Path) -> u64 {
    disk::waiting_in(folder).unwrap_or_default()
}

fn receiver(target: &Target, settings: &Settings) -> Result<Box<dyn Receiver>, Error> {
    let over_http = |uri, protocol| -> Result<Box<dyn Receiver>, Error> {
        let receiver = http::Http::new(target, uri, protocol, settings)?;
        Ok(Box::new(receiver))
    };
    Ok(match target {
        Target::Http(uri) => over_http(uri, Box::new(http::Plain))?,
        Target::Hec(uri) => over_http(uri, Box::new(hec::Hec))?,
        Target::Bulk(uri) => over_http(uri, Box::new(bulk::Bulk))?,
        Target::Forward { at, tag } => Box::new(forward::Forward::new(at, tag)),
        Target::Tcp(at) => Box::new(socket::Lines::tcp(at)),
        #[cfg(unix)]
        Target::Unix(path) => Box::new(socket::Lines::unix(path)),
        #[cfg(not(unix))]
        Target::Unix(_) => return Err(Error::config(format!("{target}: not on this system"))),
        Target::File(_) | Target::Kafka(_) => {
            return Err(Error::config(format!(
                "--output: nothing is sent to {target}"
            )));
        }
    })
}

/// Where alerts wait, one line of text each.
trait Store: Send {
    /// Adds a line.
    fn append(&mut self, line: &str) -> io::Result<()>;
    /// Makes durable what was added; only then it can be read.
    fn sync(&mut self) -> io::Result<()>;
    /// The first lines, at least one if there is any, then as many as these bounds allow.
    fn first(&mut self, count: usize, bytes: usize) -> io::Result<Vec<String>>;
    /// Takes out what was read first.
    fn remove(&mut self, lines: &[String]) -> io::Result<()>;
    /// Number and bytes of the lines in it.
    fn waiting(&self) -> (u64, u64);
    /// Keeps lines that nobody takes, with the reason. Whether there is a place for them.
    fn bury(&mut self, lines: &[String], why: &str) -> io::Result<bool>;
    /// Its folder, if it has one.
    fn folder(&self) -> Option<&Path>;
}

/// Whoever takes alerts.
trait Receiver: Send {
    /// Sends lines; when this returns they are taken, as far as the receiver can say so.
    fn send(&mut self, lines: &[String]) -> Result<(), Failure>;
}

/// Why alerts were not taken.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// They may be taken later; the receiver may say when.
    Later {
        why: String,
        after: Option<Duration>,
    },
    /// They are never taken. Where `one` of them may be the reason, the others may be.
    Never { why: String, one: bool },
}

impl Failure {
    fn later(why: impl Into<String>) -> Self {
        Self::Later {
            why: why.into(),
            after: None,
        }
    }
}
