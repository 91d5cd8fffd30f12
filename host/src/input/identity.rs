//! Which file a file is, whatever it is called now.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Source;

/// Most bytes of a text that go into its identity.
pub(crate) const HEAD: usize = 4096;

/// What tells a file from others: where it is, and how it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// Its path, for people.
    pub path: String,
    /// Number of its device, where the system has them.
    pub device: u64,
    /// Number of the file on that device.
    pub inode: u64,
    /// Bytes of the text, decompressed, that the digest is of.
    pub head: usize,
    /// SHA-256 of these bytes, hexadecimal.
    pub digest: String,
}

impl Identity {
    /// The identity of a regular file and its first bytes; none of any other.
    ///
    /// # Errors
    ///
    /// When the file is not there or not readable.
    pub fn of(path: &Path) -> io::Result<Option<(Self, Vec<u8>)>> {
        let meta = fs::metadata(path)?;
        if !meta.is_file() {
            return Ok(None);
        }
        let mut head = Vec::new();
        // What cannot be decompressed has no first bytes; reading it will say why.
        if let Ok(bytes) = Source::File(path.to_owned()).open() {
            let _ = bytes.take(HEAD as u64).read_to_end(&mut head);
        }
        let (device, inode) = numbers(&meta);
        let identity = Self {
            path: path.display().to_string(),
            device,
            inode,
            head: head.len(),
            digest: digest(&head),
        };
        Ok(Some((identity, head)))
    }

    /// Whether a file with these numbers (or, where there are none, this path) is
    /// this one, as far as they tell.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
            && (self.inode != 0 || self.path == other.path)
    }

    /// Whether a text that begins like this can be this one, grown or not.
    #[must_use]
    pub fn begins(&self, head: &[u8]) -> bool {
        head.get(..self.head)
            .is_some_and(|head| digest(head) == self.digest)
    }
}

/// Device and number of a file; zeros where the system has none.
#[cfg(unix)]
pub(crate) fn numbers(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Device and number of a file; zeros where the system has none.
#[cfg(not(unix))]
pub(crate) fn numbers(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
