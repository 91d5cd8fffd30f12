//! Documents for a supervised detector, and how they are read again after a failure.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use weir_common::positioned::FileRange;

/// A batch of documents, one JSON value a line.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The documents.
    pub bytes: Bytes,
    /// Place from which the bytes can be read again; `None` has them held in memory until the next
    /// snapshot.
    pub reread: Option<Arc<dyn Reread>>,
}

/// A place from which documents can be read again.
pub trait Reread: Debug + Send + Sync {
    /// Reads the documents again, byte for byte.
    ///
    /// # Errors
    ///
    /// The system's. The detector cannot be brought back then, and the run ends.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Identity of the open file that the place is in: equal for all places in one file. An open
    /// file counts as memory that is held.
    fn file(&self) -> usize;
}

impl Reread for FileRange {
    fn read(&self) -> io::Result<Vec<u8>> {
        Self::read(self)
    }

    fn file(&self) -> usize {
        Arc::as_ptr(&self.file).addr()
    }
}

impl From<Vec<u8>> for Documents {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into(),
            reread: None,
        }
    }
}
