//! A folder that one process at a time uses, and what is written in it durably.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::error::Error;

const LOCK: &str = "lock";

/// Makes the folder, for this user alone: what it holds is what the logs say of people.
pub fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Options of files that are for this user alone: they hold what the logs say of people.
pub fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "elsewhere there are no modes")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a file whose content is durable when this returns.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes durable which files a folder has.
#[cfg(unix)]
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a folder cannot be opened; renaming is as durable as it gets.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Locks the folder and leaves this process's number in the lock.
pub fn lock(folder: &Path) -> Result<File, Error> {
    let failed = |source| Error::Output {
        name: folder.display().to_string(),
        source,
    };
    // A link here would have its target overwritten.
    if fs::symlink_metadata(folder.join(LOCK)).is_ok_and(|meta| !meta.is_file()) {
        return Err(failed(io::Error::other("its lock is no regular file")));
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK))
        .map_err(&failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut who = String::new();
            let known = file.read_to_string(&mut who).is_ok() && !who.trim().is_empty();
            let who = if known {
                format!(" (process {})", who.trim())
            } else {
                String::new()
            };
            return Err(Error::config(format!(
                "{}: another run uses this folder{who}; stop it or name another folder",
                folder.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let number = std::process::id().to_string();
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(number.as_bytes()))
        .map_err(&failed)?;
    Ok(file)
}
