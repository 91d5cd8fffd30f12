//! State of a source before replay reads it, matched with the known files.

use std::fs::{self, Metadata};

use crate::frame::Position;
use crate::input::{self, FileFingerprint, Source};
use crate::reader::known_file::{Candidate, Match, Register};

/// State of a source before it is read.
pub(super) struct SourceState {
    /// Fingerprint; none of anything but a regular file, whose opening reports what is wrong.
    pub(super) identity: Option<FileFingerprint>,
    pub(super) found: Match,
    /// Known files that were at its path before it, to be forgotten.
    pub(super) before: Vec<usize>,
    /// Whether it may be written to: compressed files are whole, and streams end once.
    pub(super) grows: bool,
    /// Length in bytes; a file that grows while it is read is looked at again.
    pub(super) size: Option<u64>,
    /// Where it goes on, if it is known, and whether what stands before its records has changed.
    pub(super) position: Position,
    pub(super) headed: bool,
    /// Whether the run before left its last line, and nothing came since.
    pub(super) stood: bool,
}

impl Default for SourceState {
    fn default() -> Self {
        Self {
            identity: None,
            found: Match::New,
            before: Vec::new(),
            grows: false,
            size: None,
            position: Position::default(),
            headed: false,
            stood: false,
        }
    }
}

impl SourceState {
    /// Looks at a source, and claims what is known of it by its numbers.
    pub(super) fn of(source: &Source, register: &mut Register) -> Self {
        match candidate(source) {
            None => Self::default(),
            Some(file) => {
                let found = register.claim_same(&file);
                let (position, headed) = position(found, &file, register);
                Self {
                    found,
                    position,
                    headed,
                    stood: is_left(found, position, &file, register),
                    before: Vec::new(),
                    grows: file.length.is_some(),
                    size: Some(file.size),
                    identity: Some(file.identity),
                }
            }
        }
    }

    /// Claims what is known of files that were at its path before.
    pub(super) fn match_path(&mut self, source: &Source, register: &mut Register) {
        let path = source.name();
        let any = register.unclaimed_at(&path).next().is_some();
        let Some(file) = candidate(source).filter(|_| any && self.identity.is_some()) else {
            return;
        };
        match self.found {
            Match::New => {
                self.found = register.claim_path(&file);
                (self.position, self.headed) = position(self.found, &file, register);
                self.stood = is_left(self.found, self.position, &file, register);
            }
            _ => self.before = register.claim_before(&file),
        }
    }

    /// Looks again where another file is in its place by now.
    pub(super) fn refresh(&mut self, source: &Source, register: &mut Register) {
        let before = self.identity.as_ref();
        let before = before.map(|identity| (identity.device, identity.inode));
        if before.is_none() || numbers(source) == before.filter(|numbers| *numbers != (0, 0)) {
            return;
        }
        if let Some(at) = self.found.source() {
            register.claim(at, false);
        }
        *self = Self::of(source, register);
        self.match_path(source, register);
    }

    /// Whether it was read to its end before and has not changed.
    pub(super) fn is_done(&self, register: &Register) -> bool {
        let (Match::Same(number) | Match::Grown(number)) = self.found else {
            return false;
        };
        let finished = register.get(number).and_then(|known| known.finished);
        finished.is_some() && finished == self.size && !self.stood
    }
}

/// Where a file goes on that was found to be known, and whether what stands before its records has
/// changed.
fn position(found: Match, file: &Candidate, register: &Register) -> (Position, bool) {
    let known = found.source().and_then(|at| register.get(at));
    known.map_or((Position::default(), false), |known| {
        let (identity, position) = (&known.identity, known.position);
        let headed = file.is_headed(identity, position);
        (file.moved(identity, position), headed)
    })
}

/// Whether a file is as it was at the end of the run before, which left its last line.
fn is_left(found: Match, position: Position, file: &Candidate, register: &Register) -> bool {
    let (Match::Same(number) | Match::Grown(number)) = found else {
        return false;
    };
    let finished = register.get(number).and_then(|known| known.finished);
    let more = file.length.is_some_and(|length| length > position.offset);
    finished == Some(file.size) && position.documents == 0 && more
}

/// The file of a source; none of anything but a regular file.
pub(super) fn candidate(source: &Source) -> Option<Candidate> {
    match source {
        Source::Stdin => None,
        Source::File(path) => Candidate::look(path).ok().flatten(),
    }
}

/// A file's length in bytes.
pub(super) fn size(source: &Source) -> Option<u64> {
    match source {
        Source::Stdin => None,
        Source::File(path) => fs::metadata(path).ok().map(|meta| meta.len()),
    }
}

/// Device and inode of a file; none where the system has none.
pub(super) fn numbers(source: &Source) -> Option<(u64, u64)> {
    let Source::File(path) = source else {
        return None;
    };
    let meta = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(input::numbers(&meta)).filter(|numbers| *numbers != (0, 0))
}
