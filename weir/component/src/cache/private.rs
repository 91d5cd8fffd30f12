//! Checks that no other user can have written the files of a folder.

#[cfg(unix)]
use std::fs::Metadata;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;

use weir_common::explain::explain;

/// Makes a folder, and what is missing above it, for this user alone; leaves one that is
/// there. The answer is why it is no folder of ours.
pub(super) fn make(folder: &Path) -> Result<(), String> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut found = fs::symlink_metadata(folder);
    if matches!(&found, Err(error) if error.kind() == io::ErrorKind::NotFound) {
        builder.create(folder).map_err(|error| explain(&error))?;
        found = fs::symlink_metadata(folder);
    }
    let found = found.map_err(|error| explain(&error))?;
    if found.is_symlink() {
        return Err("is a symlink; name the folder itself".to_owned());
    }
    if !found.is_dir() {
        return Err("is no folder".to_owned());
    }
    Ok(())
}

/// Whether a folder is this user's, and nobody else can even look into it.
#[cfg(unix)]
pub(super) fn is_closed(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| judge(&found, &[user()], 0o077).is_ok())
}

/// Whether the folder at the end of a path without symlinks is this user's, only this
/// user can write to it, and nobody but this user or root can put another in its place.
/// The answer names the folder that is not so.
#[cfg(unix)]
pub(super) fn check(folder: &Path) -> Result<(), String> {
    for at in folder.ancestors() {
        fs::symlink_metadata(at)
            .map_err(|error| explain(&error))
            .and_then(|found| match std::os::unix::fs::MetadataExt::mode(&found) {
                _ if at == folder => judge(&found, &[user()], 0o022),
                // In a folder such as /tmp only owners can rename and remove.
                mode if mode & 0o1000 != 0 => judge(&found, &[user(), 0], 0),
                _ => judge(&found, &[user(), 0], 0o022),
            })
            .map_err(|why| format!("{}: {why}", at.display()))?;
    }
    Ok(())
}

/// `closed`: what nobody else may do.
#[cfg(unix)]
fn judge(found: &Metadata, owners: &[u32], closed: u32) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let mode = found.mode();
    if !found.is_dir() {
        return Err("is no folder".to_owned());
    }
    if !owners.contains(&found.uid()) {
        return Err("belongs to another user".to_owned());
    }
    if mode & closed != 0 {
        let mode = mode & 0o7777;
        return Err(format!("others can write to it (mode {mode:o})"));
    }
    Ok(())
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn is_closed(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn check(folder: &Path) -> Result<(), String> {
    let folder = folder.display();
    Err(format!(
        "{folder}: nothing tells here whether others can write to it"
    ))
}
