//! The input files: their sizes and digests, and the seed that follows from them.

use std::fs::{self, File};
use std::io;

use sha2::{Digest, Sha256};

use weir_common::seed::random_seed;
use weir_host::error::Error;
use weir_sources::input::Source;
use weir_sources::seed::seed_of_files;

/// A file as it is on disk.
#[derive(Debug)]
pub(super) struct InputFile {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Hexadecimal; none of a file that cannot be read.
    pub(super) sha256: Option<String>,
}

/// Reads all files once. The hash seed follows from them, so that equal files give equal pages,
/// with the figures of `weir run`.
///
/// # Errors
///
/// [`Error::Config`] with every source that can be read only once.
pub(super) fn digest_files(sources: &[Source]) -> Result<(Vec<InputFile>, (u64, u64)), Error> {
    let mut files = Vec::new();
    let mut once = Vec::new();
    for source in sources {
        let name = source.name();
        let path = match source {
            // A missing file is reported when it is read.
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
        files.push(InputFile {
            name,
            sha256: read.is_ok().then(|| format!("{:x}", hash.finalize())),
            bytes: read.unwrap_or(0),
        });
    }
    Error::problems(once)?;
    let seed = seed_of_files(sources).unwrap_or_else(random_seed);
    Ok((files, seed))
}
