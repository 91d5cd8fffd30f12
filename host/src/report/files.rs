//! The files that are read, and what tells them from any others.

use std::fs::{self, File};
use std::io;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::input::Source;
use crate::seed::{random_seed, seed_of_files};

/// A file as it is on disk.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Hexadecimal; none of a file that cannot be read.
    pub(super) sha256: Option<String>,
}

/// Looks at all files once. The hash seed follows from them, so that the same files give the same
/// page, with the figures of `weir run`.
pub(super) fn look_at(sources: &[Source]) -> Result<(Vec<Known>, (u64, u64)), Error> {
    let mut files = Vec::new();
    let mut once = Vec::new();
    for source in sources {
        let name = source.name();
        let path = match source {
            // What is not there is for reading it to report.
            Source::File(path) if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) => None,
            Source::File(path) => Some(path),
            Source::Stdin => None,
        };
        let Some(path) = path else {
            once.push(format!(
                "{name}: a report reads its input twice, and a pipe gives it once; write it to a file first"
            ));
            continue;
        };
        let mut hash = Sha256::new();
        let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
        let sha256 = read.is_ok().then(|| hex(&hash.finalize()));
        files.push(Known {
            name,
            bytes: read.unwrap_or(0),
            sha256,
        });
    }
    if !once.is_empty() {
        return Err(Error::Config(once));
    }
    let seed = seed_of_files(sources).unwrap_or_else(random_seed);
    Ok((files, seed))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
