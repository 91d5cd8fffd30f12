//! Delivery of alerts over the network: a queue, and a worker that sends from it.
//!
//! A [`Output`](weir_sinks::output::Output) puts alerts into a [`Delivery`]'s queue; a thread of its
//! own sends them in order. A request that fails is retried with exponential backoff; an alert
//! that the receiver rejects for good goes to the dead letters. Delivery is at least once: an alert
//! may arrive twice after a failure or a crash, and is known by its id and revision.
#![forbid(unsafe_code)]

mod backoff;
mod bulk;
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
mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use disk::Disk;
use figures::Meter;
use memory::Memory;
use queue::Queue;
pub use target::Target;
use weir_host::error::Error;
use weir_sinks::destination::{Destination, Figures};

/// Settings of a delivery.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A file whose first line is the token for HTTP.
    pub token: Option<PathBuf>,
    /// CA certificates in PEM that replace the system's.
    pub ca: Option<PathBuf>,
    /// Folder of the disk queue; without one the queue is in memory.
    pub folder: Option<PathBuf>,
    /// Limit of the queue in bytes.
    pub most: u64,
    /// SHA-256 of each component whose alerts are sent.
    pub components: Vec<String>,
    /// Whether a queue of other components is taken over.
    pub accepted: bool,
}

/// A running delivery to one receiver.
#[derive(Debug)]
pub struct Delivery {
    queue: Arc<Queue>,
}

/// Undelivered alerts of a delivery that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undelivered {
    /// Number of alerts still in the queue.
    pub queued: u64,
    /// Whether the next run delivers them; else they are lost.
    pub kept: bool,
    /// Number of alerts that were dead-lettered.
    pub dead: u64,
}

impl Delivery {
    /// Opens the queue and starts the worker. Once `stop` is set, nothing waits for room in the
    /// queue.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a setting is wrong or another run uses the folder,
    /// [`Error::Output`] when the folder cannot be used.
    pub fn start(
        target: &Target,
        settings: &Settings,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, Error> {
        let receiver = receiver(target, settings)?;
        let store: Box<dyn Store> = match &settings.folder {
            Some(folder) => {
                let disk = Disk::open(folder, settings.most)?;
                disk.claim(&settings.components, settings.accepted)?;
                Box::new(disk)
            }
            None => Box::new(Memory::default()),
        };
        let queue = Arc::new(Queue::new(target, store, settings.most, stop));
        let sent = Arc::clone(&queue);
        thread::Builder::new()
            .name("weir-deliver".to_owned())
            .spawn(move || worker::run(&sent, receiver))
            .map_err(|error| Error::Broken(format!("no thread for {target}: {error}")))?;
        Ok(Self { queue })
    }

    /// Its queue, for an [`Output`](weir_sinks::output::Output).
    #[must_use]
    pub fn destination(&self) -> Arc<dyn Destination> {
        Arc::clone(&self.queue) as Arc<dyn Destination>
    }

    /// Reads its counts, now and later.
    #[must_use]
    pub fn meter(&self) -> Arc<dyn Fn() -> Figures + Send + Sync> {
        let meter = Arc::clone(self.queue.meter());
        Arc::new(move || meter.read())
    }

    /// Its counts now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.queue.meter().read()
    }

    /// Waits until the queue is empty, but no longer than this, and ends the worker.
    #[must_use]
    pub fn close(self, patience: Duration) -> Undelivered {
        self.queue.close(Instant::now() + patience)
    }
}

/// Number of alerts that wait in a folder that no run uses; none where there is no queue.
#[must_use]
pub fn waiting_in(folder: &Path) -> u64 {
    disk::waiting_in(folder).unwrap_or_default()
}

/// Says that alerts of these components, by their SHA-256, are put into a folder's queue from now on.
///
/// # Errors
///
/// [`Error::Output`] when that cannot be written.
pub fn reclaim(folder: &Path, components: &[String]) -> Result<(), Error> {
    disk::owner::claim(folder, components, true)
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

/// Storage of a queue: alerts as lines of text.
trait Store: Send {
    /// Adds a line.
    fn append(&mut self, line: &str) -> io::Result<()>;
    /// Makes added lines durable; only then can they be read.
    fn sync(&mut self) -> io::Result<()>;
    /// The first lines: at least one if there is any, then as many as the bounds allow. Empty at
    /// the end.
    fn first(&mut self, count: usize, bytes: usize) -> io::Result<Vec<String>>;
    /// Removes the lines that were read first.
    fn remove(&mut self, lines: &[String]) -> io::Result<()>;
    /// Number of lines in it, and their bytes.
    fn waiting(&self) -> (u64, u64);
    /// Keeps rejected lines with the reason. Returns false where there is no place for them.
    fn dead_letter(&mut self, lines: &[String], why: &str) -> io::Result<bool>;
    /// Its folder, if it has one.
    fn folder(&self) -> Option<&Path>;
}

/// Receiver of alerts in some protocol.
trait Receiver: Send {
    /// Sends lines; on success they are delivered, as far as the protocol can acknowledge.
    fn send(&mut self, lines: &[String]) -> Result<(), Failure>;
}

/// Failure of a request.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// The alerts may be accepted later; the receiver may say when.
    Retryable {
        why: String,
        after: Option<Duration>,
    },
    /// The alerts are rejected for good. `one`: a single alert may be the cause, so the request is
    /// split.
    Permanent { why: String, one: bool },
}

impl Failure {
    fn retryable(why: impl Into<String>) -> Self {
        Self::Retryable {
            why: why.into(),
            after: None,
        }
    }
}
