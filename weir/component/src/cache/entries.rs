//! The entries of one component, and their digests.
//!
//! ```text
//! <sha256 of the component>/code/modules/wasmtime-<version>/<key>    as the engine has it
//! <sha256 of the component>/<key>.sha256                             what that file was
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// Components whose code is kept.
const KEPT: usize = 16;
/// Age at which a file that is being written is taken for one that never will be.
const STALE: Duration = Duration::from_secs(60);

pub(super) struct Entries {
    folder: PathBuf,
}

impl Entries {
    /// Removes all that is not as it was put there: what was damaged, cut short, or written
    /// by a process that did not live to sign it. None when that cannot be done.
    pub(super) fn sound(folder: &Path) -> Option<Self> {
        let entries = Self {
            folder: folder.to_owned(),
        };
        for entry in entries.all() {
            if entries.is_sound(&entry) {
                continue;
            }
            if let Some(digest) = entries.digest_file(&entry) {
                // Often there is none.
                let _ = fs::remove_file(digest);
            }
            fs::remove_file(&entry).ok()?;
        }
        Some(entries)
    }

    /// Folder in which the engine keeps them.
    pub(super) fn engine_folder(&self) -> PathBuf {
        self.folder.join("code")
    }

    /// Writes the digests of entries that have none.
    pub(super) fn seal(&self) {
        for entry in self.all() {
            let Some(digest) = self.digest_file(&entry).filter(|file| !file.exists()) else {
                continue;
            };
            if let Ok(found) = digest_of(&entry) {
                // Without it the entry is written again next time.
                let _ = fs::write(digest, found);
            }
        }
    }

    fn is_sound(&self, file: &Path) -> bool {
        let Some(digest) = self.digest_file(file) else {
            // The engine's own notes. What it was still writing when it was stopped would
            // keep it from ever writing that again.
            return file.extension().is_some_and(|kind| kind == "stats") || !is_stale(file);
        };
        match (fs::read_to_string(digest), digest_of(file)) {
            (Ok(digest), Ok(found)) => digest == found,
            _ => false,
        }
    }

    /// The file with an entry's digest; none for what is no entry.
    fn digest_file(&self, file: &Path) -> Option<PathBuf> {
        let name = file.file_name()?.to_str()?;
        (!name.contains('.')).then(|| self.folder.join(format!("{name}.sha256")))
    }

    /// All files of all versions of the engine.
    fn all(&self) -> Vec<PathBuf> {
        let versions = list(&self.engine_folder().join("modules"));
        let files = versions.iter().flat_map(|version| list(version));
        files.collect()
    }
}

/// Keeps the newest folders of a cache, so that it does not grow with each component
/// that was ever tried.
pub(super) fn trim(root: &Path) {
    let mut folders = list(root);
    // Nothing but what was put there by us.
    folders.retain(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    folders.sort_by_key(|folder| std::cmp::Reverse(changed(folder)));
    for folder in folders.iter().skip(KEPT) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Entries of a folder; none when it cannot be read.
fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn changed(path: &Path) -> SystemTime {
    let changed = fs::symlink_metadata(path).and_then(|meta| meta.modified());
    changed.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn is_stale(path: &Path) -> bool {
    changed(path).elapsed().is_ok_and(|age| age > STALE)
}

/// The digest of a file, read in pieces: fresh memory for all of it would take longer than
/// the hashing.
fn digest_of(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}
