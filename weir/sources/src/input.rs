//! Inputs: files, folders, patterns and standard input.

mod decode;
mod fingerprint;
mod patient;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use decode::Bytes;
pub use decode::{PAUSE, decode, head, is_compressed, mark_length};
pub use fingerprint::FileFingerprint;
pub use fingerprint::{HEAD, LEAST, digest, numbers, starts, without_closing};

use crate::progress::Progress;
use crate::reader::RereadableFile;
use patient::Patient;
use weir_common::error::Error;
use weir_common::explain::explain;

/// One source of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "(stdin)".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Whether what has come must be handed on before more comes.
    #[must_use]
    pub fn is_live(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::File(path) => fs::metadata(path).is_ok_and(|meta| !meta.is_file()),
        }
    }

    /// Opens it: decompressed, and without a byte order mark.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when it cannot be read or is not UTF-8 text.
    pub fn open(&self) -> Result<Bytes, Error> {
        self.open_at(0)
    }

    /// Opens it from a byte of that text on. Standard input has only its start.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and when the text is shorter than that.
    pub fn open_at(&self, offset: u64) -> Result<Bytes, Error> {
        let (bytes, _) = self.open_again(offset, &Progress::default())?;
        Ok(bytes)
    }

    /// Opens it from a byte of its text on, and gives the file to read again if it is uncompressed.
    /// Bytes read of a file are counted in `progress`.
    pub(crate) fn open_again(
        &self,
        offset: u64,
        progress: &Progress,
    ) -> Result<(Bytes, Option<RereadableFile>), Error> {
        match self {
            Self::Stdin => {
                let bytes = Box::new(Patient::new(io::stdin(), io::stdin()));
                decode(bytes).map(|bytes| (bytes, None))
            }
            Self::File(path) => {
                File::open(path).and_then(|file| decode::decode_from(file, offset, progress))
            }
        }
        .map_err(|error| self.error(&error))
    }

    /// Whether its text is whole and has fewer bytes than that.
    pub(crate) fn is_shorter(&self, length: u64) -> bool {
        let count = |bytes: Bytes| io::copy(&mut bytes.take(length), &mut io::sink());
        self.open()
            .is_ok_and(|bytes| count(bytes).is_ok_and(|found| found < length))
    }

    /// Bytes of its text from one offset to another; fewer where the text ends before.
    pub(crate) fn read_range(&self, from: u64, to: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let wanted = to.saturating_sub(from);
        let read = self.open_at(from)?.take(wanted).read_to_end(&mut bytes);
        read.map_err(|error| self.error(&error))?;
        Ok(bytes)
    }

    /// An input error about this source.
    #[must_use]
    pub fn error(&self, error: &io::Error) -> Error {
        Error::input(self.name(), explain(error))
    }
}

/// Turns command-line arguments into sources, in order: `-` is standard input, a
/// folder stands for all files below it (sorted by path, hidden ones left out),
/// and what is no path but has `*`, `?` or `[` in it is a pattern. What cannot
/// be found is an error beside the sources that can.
#[must_use]
pub fn expand(arguments: &[String]) -> (Vec<Source>, Vec<Error>) {
    let mut sources = Vec::new();
    let mut errors = Vec::new();
    for argument in arguments {
        if argument == "-" {
            sources.push(Source::Stdin);
        } else if Path::new(argument).exists() {
            add_path(Path::new(argument), &mut sources, &mut errors);
        } else if argument.contains(['*', '?', '[']) {
            add_pattern(argument, &mut sources, &mut errors);
        } else {
            // Let opening it say why it cannot be opened.
            sources.push(Source::File(PathBuf::from(argument)));
        }
    }
    (sources, errors)
}

fn add_path(path: &Path, sources: &mut Vec<Source>, errors: &mut Vec<Error>) {
    if !path.is_dir() {
        sources.push(Source::File(path.to_owned()));
        return;
    }
    let before = sources.len();
    let entries = walkdir::WalkDir::new(path)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name()));
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                sources.push(Source::File(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => {
                let name = error.path().unwrap_or(path).display().to_string();
                let message = error.io_error().map_or_else(|| error.to_string(), explain);
                errors.push(Error::input(name, message));
            }
        }
    }
    if sources.len() == before {
        errors.push(Error::input(path.display(), "no files in this folder"));
    }
}

fn add_pattern(pattern: &str, sources: &mut Vec<Source>, errors: &mut Vec<Error>) {
    let matches = match glob::glob(pattern) {
        Ok(matches) => matches,
        Err(error) => {
            errors.push(Error::input(pattern, format!("not a pattern: {error}")));
            return;
        }
    };
    let mut any = false;
    for path in matches {
        any = true;
        match path {
            Ok(path) => add_path(&path, sources, errors),
            Err(error) => errors.push(Error::input(error.path().display(), explain(error.error()))),
        }
    }
    if !any {
        errors.push(Error::input(pattern, "no file matches this pattern"));
    }
}

fn hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
