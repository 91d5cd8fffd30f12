//! Checksums, as `sha256sum --check` takes them.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::{Result, named, put};

/// Name of the list.
pub const NAME: &str = "SHA256SUMS";

/// SHA-256 of some bytes, in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// All files below a folder, sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Writes the list of some files into a folder that they are below.
///
/// # Errors
/// When a file cannot be read, or is elsewhere.
pub fn write(folder: &Path, files: &[PathBuf]) -> Result<()> {
    let mut list = String::new();
    for file in files {
        let bytes = fs::read(file).map_err(named(file))?;
        let name = file.strip_prefix(folder)?.display();
        list.push_str(&format!("{}  {name}\n", sha256(&bytes)));
    }
    put(&folder.join(NAME), list.as_bytes())
}
