//! Artifacts of registries, kept by the digest of their manifest.
//!
//! ```text
//! artifacts/<sha256 of the manifest>/<sha256 of a blob>    the manifest itself, or the component
//! artifacts/<sha256 of the manifest>/minisig               the signature that was beside it
//! ```
//!
//! A blob is taken only when it has the digest that is its name. A signature is checked by
//! whoever asks for one. What cannot be kept is fetched again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use weir_host::digest;

use super::{CodeCache, entries, private};

/// Name of a signature's file.
const SIGNATURE: &str = "minisig";
/// Largest signature, in bytes.
const LARGEST_SIGNATURE: u64 = 64 << 10;

/// The artifacts of a cache.
#[derive(Debug, Clone)]
pub struct Artifacts {
    folder: PathBuf,
}

impl CodeCache {
    /// The artifacts that are kept beside the compiled code.
    #[must_use]
    pub fn artifacts(&self) -> Artifacts {
        Artifacts {
            folder: self.folder.join("artifacts"),
        }
    }
}

impl Artifacts {
    /// A blob of an artifact, both by SHA-256 in hexadecimal, unless it is longer than `most` bytes.
    #[must_use]
    pub fn blob(&self, artifact: &str, sha256: &str, most: u64) -> Option<Vec<u8>> {
        let bytes = read(&self.folder.join(artifact).join(sha256), most)?;
        (digest(&bytes) == sha256).then_some(bytes)
    }

    /// The signature that was kept with an artifact.
    #[must_use]
    pub fn signature(&self, artifact: &str) -> Option<String> {
        let bytes = read(
            &self.folder.join(artifact).join(SIGNATURE),
            LARGEST_SIGNATURE,
        )?;
        String::from_utf8(bytes).ok()
    }

    /// Keeps an artifact: its blobs, the manifest among them, and its signature.
    pub fn keep(&self, artifact: &str, blobs: &[&[u8]], signature: Option<&str>) {
        // What is not kept is fetched the next time.
        let _ = self.write(artifact, blobs, signature);
        entries::trim(&self.folder);
    }

    fn write(&self, artifact: &str, blobs: &[&[u8]], signature: Option<&str>) -> io::Result<()> {
        let folder = self.folder.join(artifact);
        private::make(&folder).map_err(io::Error::other)?;
        for blob in blobs {
            put(&folder, &digest(blob), blob)?;
        }
        match signature {
            Some(text) => put(&folder, SIGNATURE, text.as_bytes()),
            None => Ok(()),
        }
    }
}

/// A whole file that is no longer than `most` bytes.
fn read(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// Writes a file, whole or not at all.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(folder.join(name))?;
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_is_too_long_is_not_taken() {
        let room = tempfile::tempdir().unwrap();
        let cache = CodeCache::open(&room.path().join("cache")).unwrap();
        let artifacts = cache.artifacts();
        let (name, blob) = (digest(b"manifest"), digest(b"blob"));
        artifacts.keep(&name, &[b"manifest", b"blob"], Some("signed"));
        assert_eq!(artifacts.blob(&name, &name, 100).unwrap(), b"manifest");
        assert_eq!(artifacts.blob(&name, &blob, 4).unwrap(), b"blob");
        assert_eq!(artifacts.signature(&name).unwrap(), "signed");
        assert_eq!(artifacts.blob(&name, &blob, 3), None);
        let file = room.path().join("cache/artifacts").join(&name).join(&blob);
        std::fs::write(&file, "bloc").unwrap();
        assert_eq!(artifacts.blob(&name, &blob, 100), None);
        artifacts.keep(&name, &[b"blob"], None);
        assert_eq!(artifacts.blob(&name, &blob, 100).unwrap(), b"blob");
    }
}
