//! An output: a file, a stream, or the queue of a destination.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::background::BackgroundWriter;
use crate::destination::Destination;
use weir_host::error::{Error, STDOUT};

/// Standard output, a file that may be taken up again where it was left, or the queue of what
/// is sent elsewhere. A clone shares the output, text by text.
#[derive(Clone)]
pub struct Output {
    name: String,
    to: To,
}

#[derive(Clone)]
enum To {
    Stream(Arc<Mutex<Out>>),
    Queue(Arc<dyn Destination>),
}

struct Out {
    writer: Writer,
    /// A second handle to a regular file.
    file: Option<File>,
    unsynced: bool,
}

type Writer = BufWriter<Box<dyn Write + Send>>;

fn buffered(writer: Box<dyn Write + Send>) -> Writer {
    BufWriter::with_capacity(64 << 10, writer)
}

impl Output {
    /// Standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::stdout_by(Box::new(io::stdout()))
    }

    /// Gives up a pipe or device that takes nothing once `stop` is set. To be called before
    /// anything is written.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] when the system gives no thread.
    pub fn ending_on(self, stop: &Arc<AtomicBool>) -> Result<Self, Error> {
        if let To::Stream(out) = &self.to {
            let mut out = locked(out);
            if out.file.is_none() {
                let empty = buffered(Box::new(io::sink()));
                let (writer, _) = std::mem::replace(&mut out.writer, empty).into_parts();
                let writer = BackgroundWriter::start(writer, Arc::clone(stop))
                    .map_err(|error| Error::Broken(format!("no thread to write on: {error}")))?;
                out.writer = buffered(Box::new(writer));
            }
        }
        Ok(self)
    }

    /// Standard output by way of something that minds what else is on the terminal.
    #[must_use]
    pub fn stdout_by(writer: Box<dyn Write + Send>) -> Self {
        Self::new(STDOUT.to_owned(), writer, None)
    }

    /// A file, created or emptied.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        File::create(path)
            .and_then(|file| Self::file(&name, file))
            .map_err(|source| Error::output(name, source))
    }

    /// A file that is written on from its end; created when it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn append(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|file| Self::file(&name, file))
            .map_err(|source| Error::output(name, source))
    }

    /// A file as it was when it had this length: what was written since is cut
    /// off. The answer beside it is what to tell people, if it is shorter.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be opened.
    pub fn resume(path: &Path, length: u64) -> Result<(Self, Option<String>), Error> {
        let name = path.display().to_string();
        let failed = |source| Error::output(&name, source);
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let mut note = None;
        if meta.is_file() && meta.len() < length {
            note = Some(format!(
                "{name}: is {} bytes long, and {length} were written; appending to it",
                meta.len()
            ));
        } else if meta.is_file() {
            file.set_len(length).map_err(failed)?;
        }
        Ok((Self::file(&name, file).map_err(failed)?, note))
    }

    /// A destination over the network, which takes whole lines.
    #[must_use]
    pub fn destination(destination: Arc<dyn Destination>) -> Self {
        Self {
            name: destination.name().to_owned(),
            to: To::Queue(destination),
        }
    }

    fn file(name: &str, file: File) -> io::Result<Self> {
        let second = file.metadata()?.is_file().then(|| file.try_clone());
        let second = second.transpose()?;
        Ok(Self::new(name.to_owned(), Box::new(file), second))
    }

    fn new(name: String, writer: Box<dyn Write + Send>, file: Option<File>) -> Self {
        let out = Out {
            writer: buffered(writer),
            file,
            unsynced: false,
        };
        Self {
            name,
            to: To::Stream(Arc::new(Mutex::new(out))),
        }
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes text.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn put(&mut self, text: &str) -> Result<(), Error> {
        let out = match &self.to {
            To::Stream(out) => out,
            To::Queue(queue) => return queue.put(text),
        };
        let mut out = locked(out);
        out.unsynced = true;
        let done = out.writer.write_all(text.as_bytes());
        done.map_err(|source| self.failed(source))
    }

    /// Hands everything on; in a queue on disk it is durable then.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        let done = match &self.to {
            To::Stream(out) => locked(out).writer.flush(),
            To::Queue(queue) => return queue.sync(),
        };
        done.map_err(|source| self.failed(source))
    }

    /// Makes durable what was written to a regular file; its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    pub fn settle(&mut self) -> Result<Option<u64>, Error> {
        self.flush()?;
        let To::Stream(out) = &self.to else {
            return Ok(None);
        };
        let mut out = locked(out);
        let Some(file) = &out.file else {
            return Ok(None);
        };
        let synced = if out.unsynced {
            file.sync_data()
        } else {
            Ok(())
        };
        let length = synced.and_then(|()| file.metadata());
        out.unsynced = false;
        match length {
            Ok(meta) => Ok(Some(meta.len())),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::output(&self.name, source)
    }
}

fn locked(out: &Mutex<Out>) -> MutexGuard<'_, Out> {
    // What another thread broke down over is no reason not to write this.
    out.lock().unwrap_or_else(PoisonError::into_inner)
}
