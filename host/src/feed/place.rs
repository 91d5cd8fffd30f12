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

#[cfg(not(unix))]
fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
