//! Identifies a file across renames and rotation.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::decode::decode_from;
use crate::frame::{PrefixDigest, end_of_list, head_of_list};
use crate::progress::Progress;

/// Most bytes of a text that go into its fingerprint.
pub const HEAD: usize = 4096;

/// Bytes that may follow the last record in the values around it, and move when those grow.
const CLOSING: &[u8] = b" \t\r\n,]}";

/// Most bytes that close the values around a last record, blanks aside.
const CLOSED: u64 = 64;
/// Least bytes of a text that say whether it may be the start of another.
pub const LEAST: usize = 64;

/// Fingerprint of a file: path, inode, and digests of its first bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFingerprint {
    /// Its path, for people.
    pub path: String,
    /// Number of its device, where the system has them.
    pub device: u64,
    /// Number of the file on that device.
    pub inode: u64,
    /// Bytes of the text, decompressed, that the digest is of; without what closes a short one.
    pub head: usize,
    /// SHA-256 of these bytes, hexadecimal.
    pub digest: String,
    /// Digests of its first 64, 128, 256, ... bytes, as far as it has them: of a copy that is not
    /// whole yet.
    #[serde(default)]
    pub starts: Vec<u64>,
    /// Start of its list, where it is an envelope around one.
    #[serde(default)]
    pub list: Option<ListStart>,
}

/// Start of the list in an envelope, whose text before the list may change as the list grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListStart {
    /// Byte of the text at which its first element begins, or what is before that.
    pub at: u64,
    /// Bytes from there on that the digest is of; without what closes a short one.
    pub length: u64,
    /// The first half of their SHA-256.
    pub digest: (u64, u64),
}

impl ListStart {
    fn of(head: &[u8]) -> Option<Self> {
        let at = head_of_list(head)?;
        let text = head.get(at..)?;
        let print = PrefixDigest::of(text, 0);
        Some(Self {
            at: at as u64,
            length: print.length,
            digest: print.digest,
        })
    }

    /// Whether a list begins with these bytes, so many as the digest is of.
    pub(crate) fn is_of(&self, text: &[u8]) -> bool {
        let print = PrefixDigest::of(text, 0);
        (print.length, print.digest) == (self.length, self.digest)
    }
}

impl FileFingerprint {
    /// The fingerprint of a regular file and its first bytes; none of any other.
    ///
    /// # Errors
    ///
    /// When the file is not there or not readable.
    pub fn of(path: &Path) -> io::Result<Option<(Self, Vec<u8>)>> {
        // Opening a pipe without a writer would block.
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        let file = File::open(path)?;
        let (device, inode) = numbers(&file.metadata()?);
        let mut head = Vec::new();
        // A damaged compressed file has no first bytes; reading it will say why.
        if let Ok((bytes, _)) = decode_from(file, 0, &Progress::default()) {
            let _ = bytes.take(HEAD as u64 + CLOSED).read_to_end(&mut head);
        }
        let stable = match head.len() < HEAD + CLOSED as usize {
            true => {
                // The text behind a list may change when the list grows.
                let list = end_of_list(&head).and_then(|end| head.get(..end));
                without_closing(list.unwrap_or(&head))
            }
            false => &head,
        };
        let stable = stable.get(..HEAD).unwrap_or(stable).to_vec();
        head.truncate(HEAD);
        let identity = Self {
            path: path.display().to_string(),
            device,
            inode,
            head: stable.len(),
            digest: digest(&stable),
            starts: starts(&stable),
            list: ListStart::of(&stable),
        };
        Ok(Some((identity, head)))
    }

    /// Number of bytes before the first element of its list; 0 without an envelope.
    pub(crate) fn before_list(&self) -> u64 {
        self.list.map_or(0, |list| list.at)
    }

    /// Whether a file with these numbers (or, where there are none, this path) is
    /// this one, as far as they tell.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
            && (self.inode != 0 || self.path == other.path)
    }

    /// Whether a text with these starts, which is no longer than this, can be a part of this one.
    pub(crate) fn begins_with(&self, starts: &[u64]) -> bool {
        let mut pairs = starts.iter().zip(&self.starts).peekable();
        pairs.peek().is_some() && pairs.all(|(one, other)| one == other)
    }

    /// Whether a text that begins like this can be this one, grown or not.
    #[must_use]
    pub fn begins(&self, head: &[u8]) -> bool {
        head.get(..self.head)
            .is_some_and(|head| digest(head) == self.digest)
    }
}

/// Lengths of starts.
fn steps() -> impl Iterator<Item = usize> {
    (0..6).map(|power| LEAST << power)
}

/// The first bytes of a text's starts' SHA-256.
pub fn starts(text: &[u8]) -> Vec<u64> {
    let starts = steps().map_while(|step| text.get(..step));
    starts
        .map(|text| PrefixDigest::of(text, 0).digest.0)
        .collect()
}

/// A text's bytes without those behind its last record.
pub fn without_closing(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !CLOSING.contains(byte));
    text.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

/// Device and number of a file; zeros where the system has none.
#[cfg(unix)]
pub fn numbers(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Device and number of a file; zeros where the system has none.
#[cfg(not(unix))]
pub fn numbers(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// SHA-256, hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
