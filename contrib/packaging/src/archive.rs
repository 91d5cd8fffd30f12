//! The package as one file: the same bytes each time.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use walkdir::WalkDir;

use crate::{Result, named};

/// Writes a folder, under its own name, as a compressed archive: sorted, with one time and no owner.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(folder: &Path, time: u64, to: &Path) -> Result<()> {
    let top = folder.parent().unwrap_or(Path::new(""));
    let file = BufWriter::new(File::create(to).map_err(named(to))?);
    // The compressed file's own header says no name and no time.
    let gzip = GzBuilder::new().write(file, Compression::best());
    let mut archive = Builder::new(gzip);
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let name = entry.path().strip_prefix(top)?;
        let mut header = Header::new_ustar();
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        if entry.file_type().is_dir() {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            archive.append_data(&mut header, name, &[][..])?;
        } else {
            let bytes = fs::read(entry.path()).map_err(named(entry.path()))?;
            header.set_mode(mode(entry.path())?);
            header.set_size(bytes.len() as u64);
            archive.append_data(&mut header, name, bytes.as_slice())?;
        }
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

/// Permissions by what the file is for, whatever the umask was.
#[cfg(unix)]
fn mode(path: &Path) -> Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    let executable = fs::metadata(path)
        .map_err(named(path))?
        .permissions()
        .mode()
        & 0o100
        != 0;
    Ok(if executable { 0o755 } else { 0o644 })
}

/// Where files do not say, what is in `bin` is executable.
#[cfg(not(unix))]
fn mode(path: &Path) -> Result<u32> {
    let program = path.parent().is_some_and(|folder| folder.ends_with("bin"));
    Ok(if program { 0o755 } else { 0o644 })
}
