//! Seeds of the component's hash tables that follow from files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};
use weir_common::seed::seed;

use crate::input::Source;

/// Bytes at each end of a file that the seed follows from.
const END: u64 = 64 << 10;

/// The seed that follows from what files hold, whatever they are called and in whatever order
/// they are read: their sizes, beginnings and ends. So a replay gives the same estimates each time,
/// and who writes a part of a log does not know it before the log is written. None when a source
/// can be read only once.
#[must_use]
pub fn seed_of_files(sources: &[Source]) -> Option<(u64, u64)> {
    let mut digests = Vec::with_capacity(sources.len());
    for source in sources {
        match source {
            Source::File(path) if !source.is_live() => digests.push(ends(path).ok()),
            _ => return None,
        }
    }
    digests.sort_unstable();
    let mut all = Sha256::new();
    all.update(b"weir: seed of files\n");
    // An unreadable file is reported when it is read.
    digests
        .into_iter()
        .flatten()
        .for_each(|digest| all.update(digest));
    seed(&all.finalize())
}

/// A digest of a file's size and both ends.
fn ends(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut hash = Sha256::new();
    hash.update(size.to_le_bytes());
    io::copy(&mut (&mut file).take(END), &mut hash)?;
    file.seek(SeekFrom::Start(size.saturating_sub(END).max(END.min(size))))?;
    io::copy(&mut file.take(END), &mut hash)?;
    Ok(hash.finalize().into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_seed_of_files_follows_from_both_ends_and_the_size() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Source::File(path)
        };
        let text = vec![b'a'; 3 * END as usize];
        let changed = |at: usize| {
            let mut text = text.clone();
            text[at] = b'b';
            text
        };
        let (one, other) = (write("one", &text), write("other", b"other"));
        let seed = seed_of_files(&[one.clone(), other.clone()]).unwrap();
        let copy = write("copy", &text);
        assert_eq!(seed_of_files(&[other.clone(), copy]), Some(seed));
        for bytes in [changed(0), changed(text.len() - 1), text[1..].to_vec()] {
            let changed = write("changed", &bytes);
            assert_ne!(seed_of_files(&[changed, other.clone()]), Some(seed));
        }
        assert_ne!(seed_of_files(std::slice::from_ref(&one)), Some(seed));
        assert_eq!(seed_of_files(&[one, Source::Stdin]), None);
    }

    #[test]
    fn a_short_file_goes_in_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short");
        std::fs::write(&path, "ab").unwrap();
        let mut hash = Sha256::new();
        hash.update(2_u64.to_le_bytes());
        hash.update("ab");
        assert_eq!(ends(&path).unwrap(), <[u8; 32]>::from(hash.finalize()));
    }
}
