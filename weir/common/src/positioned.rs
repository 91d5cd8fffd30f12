//! Reading and writing a file at a position, which leaves its cursor where it is.

use std::fs::File;
use std::io;
use std::sync::Arc;

/// Byte range of a file that is kept open, so that it can be read again after a rename or removal.
#[derive(Debug, Clone)]
pub struct FileRange {
    /// The file.
    pub file: Arc<File>,
    /// Offset of the first byte.
    pub at: u64,
    /// Length in bytes.
    pub length: usize,
}

impl FileRange {
    /// Reads all of the range.
    ///
    /// # Errors
    ///
    /// The system's; [`io::ErrorKind::UnexpectedEof`] when the file was cut short.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.length];
        read_at(&self.file, &mut bytes, self.at)?;
        Ok(bytes)
    }
}

/// Fills `bytes` from the file's byte `at` on.
///
/// # Errors
///
/// The system's, [`io::ErrorKind::UnexpectedEof`] when the file is shorter, and
/// [`io::ErrorKind::Unsupported`] outside of Unix.
pub fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, at);
    #[cfg(not(unix))]
    return unsupported((file, bytes, at));
}

/// Writes all bytes at the file's byte `at`.
///
/// # Errors
///
/// The system's, and [`io::ErrorKind::Unsupported`] outside of Unix.
pub fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, at);
    #[cfg(not(unix))]
    return unsupported((file, bytes, at));
}

#[cfg(not(unix))]
fn unsupported<T>(_: T) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
