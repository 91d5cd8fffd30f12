//! Where documents stand in a plain file, for reading them again.

use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::error::Error;

/// A plain file as it was opened: renamed or removed, it is still this one.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    file: Arc<File>,
    /// Where its text begins, behind a byte order mark.
    start: u64,
}

/// A stretch of one.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    file: Arc<File>,
    at: u64,
    length: usize,
}

/// Shorter ones are as well kept in memory.
const LEAST: usize = 64 << 10;
/// And of a spill: what a pipe gives at once is not more than that.
const LEAST_SPILLED: usize = 2 << 10;

/// A file without a name, for documents that are nowhere else to be read again. It is gone with
/// the process, and nobody else can open it.
#[derive(Debug)]
pub(crate) struct Spill {
    file: Arc<File>,
    length: u64,
}

impl Spill {
    /// None where the system gives no such file.
    pub(crate) fn new() -> Option<Self> {
        let file = Arc::new(tempfile::tempfile().ok()?);
        cfg!(unix).then_some(Self { file, length: 0 })
    }

    /// Bytes in it.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Writes documents down; none for few, and where that fails.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Option<Place> {
        let place = Place {
            file: Arc::clone(&self.file),
            at: self.length,
            length: bytes.len(),
        };
        if bytes.len() < LEAST_SPILLED || write_at(&self.file, bytes, self.length).is_err() {
            return None;
        }
        self.length = self.length.saturating_add(bytes.len() as u64);
        Some(place)
    }

    /// Forgets everything. What was not written to the disk by now never will be.
    pub(crate) fn clear(&mut self) {
        // If it stays as long as it was, it is written over.
        let _ = self.file.set_len(0);
        self.length = 0;
    }
}

impl Plain {
    /// None where the system cannot read at a place without moving others' places.
    pub(crate) fn new(file: &File, start: u64) -> Option<Self> {
        let file = Arc::new(file.try_clone().ok()?);
        cfg!(unix).then_some(Self { file, start })
    }

    /// Where a stretch of the text is; none for one that is not worth an open file.
    pub(crate) fn place(&self, offset: u64, length: usize) -> Option<Place> {
        (length >= LEAST).then(|| Place {
            file: Arc::clone(&self.file),
            at: self.start.saturating_add(offset),
            length,
        })
    }
}

impl Place {
    /// Whether both are in one file.
    pub(crate) fn is_in(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// Reads it again.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; self.length];
        read_at(&self.file, &mut bytes, self.at).map_err(|error| {
            Error::Broken(format!(
                "documents that the component had taken cannot be read again for a fresh start: {}",
                crate::input::explain(&error)
            ))
        })?;
        Ok(bytes)
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_at(_: &File, _: &[u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
