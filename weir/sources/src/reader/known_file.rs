//! Known files: positions of earlier runs, matched with the files that are there now.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::index::{Index, TELLING};
use crate::frame::{Chain, Chaining, Position, PrefixDigest};
use crate::input::{self, FileFingerprint, HEAD, LEAST, Source, without_closing};

/// File that was read, at least in part, by this run or an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFile {
    /// Fingerprint of the file.
    pub identity: FileFingerprint,
    /// Position from which it is resumed.
    pub position: Position,
    /// Length on disk in bytes when its end was reached; none before.
    pub finished: Option<u64>,
}

/// Bytes that are read at once where all of a text is compared.
const READ: usize = 128 << 10;

/// How much of the text that was read a file begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlap {
    /// All of it.
    All,
    /// It is shorter, and equal as far as can be told.
    Part {
        /// Whether it ends inside a line or is empty, so that more is to come.
        cut: bool,
    },
    /// It is another text.
    None,
}

/// A regular file that is there now.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) identity: FileFingerprint,
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// Length of its text; none where it is compressed.
    pub(super) length: Option<u64>,
    /// Its length on disk.
    pub(super) size: u64,
    source: Source,
    /// Digests of its first bytes, by their number.
    digests: RefCell<HashMap<usize, Option<String>>>,
    /// Digests of its starts, when they were asked for.
    starts: OnceCell<Vec<u64>>,
}

impl Candidate {
    /// Reads how a file begins; none for anything but a regular file.
    ///
    /// # Errors
    ///
    /// When the file is missing or not readable.
    pub(super) fn look(path: &Path) -> io::Result<Option<Self>> {
        let Some((identity, head)) = FileFingerprint::of(path)? else {
            return Ok(None);
        };
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let raw = input::head(&mut file)?;
        let text = size.saturating_sub(input::mark_length(&raw));
        Ok(Some(Self {
            identity,
            head,
            length: (!input::is_compressed(&raw)).then_some(text),
            size,
            source: Source::File(path.to_owned()),
            digests: RefCell::default(),
            starts: OnceCell::new(),
        }))
    }

    /// Whether its text begins with all that was read of a file to that position. `first` are the
    /// first bytes of that, none where they are not at hand.
    pub(super) fn holds(
        &self,
        known: &FileFingerprint,
        position: Position,
        first: &[u8],
    ) -> Overlap {
        let Position { reached, print, .. } = position;
        if reached == 0 {
            return Overlap::All;
        }
        let whole = self.length == Some(self.head.len() as u64);
        if whole && without_closing(&self.head).is_empty() {
            return Overlap::Part { cut: true };
        }
        if self.head.len() < known.head {
            let part = match first {
                // In less than a line there is nothing to lose.
                [] if self.head.len() < LEAST => !self.head.contains(&b'\n') && self.is_cut(),
                [] => known.begins_with(self.starts()),
                first => self.is_start_of(first),
            };
            return match part {
                true => Overlap::Part { cut: self.is_cut() },
                false => Overlap::None,
            };
        }
        let blank = known.head == 0 && print.is_none();
        if blank || !self.begins(known) {
            return self.holds_list(known, position);
        }
        if self.is_shorter(reached) {
            return Overlap::Part { cut: self.is_cut() };
        }
        let Some(print) = print else {
            return Overlap::All;
        };
        match self.has(print) {
            true => Overlap::All,
            false => Overlap::None,
        }
    }

    /// Whether its text has those bytes. Where that cannot be told, reading on says what is wrong.
    fn has(&self, print: PrefixDigest) -> bool {
        let text = self.source.read_range(print.start(), print.end);
        text.map_or(true, |text| print.is_of(&text))
    }

    /// Whether the list of its envelope begins with all records that were read of another one to
    /// that position. What stands before the list may have changed.
    fn holds_list(&self, known: &FileFingerprint, position: Position) -> Overlap {
        let (Some(list), Some(own)) = (known.list, self.identity.list) else {
            return Overlap::None;
        };
        let moved = self.moved(known, position);
        let Some(print) = moved.print.filter(|_| self.is_headed(known, position)) else {
            return Overlap::None;
        };
        let begins = self
            .source
            .read_range(own.at, own.at.saturating_add(list.length));
        if !begins.is_ok_and(|text| list.is_of(&text)) || print.start() < own.at {
            return Overlap::None;
        }
        match () {
            () if self.is_shorter(moved.reached) => Overlap::Part { cut: self.is_cut() },
            () if self.has(print) => Overlap::All,
            () => Overlap::None,
        }
    }

    /// Whether it may be another text's envelope of which what stands before the records has
    /// changed.
    pub(super) fn is_headed(&self, known: &FileFingerprint, position: Position) -> bool {
        // Reading starts before the records, so that what stands before them is read again.
        let whole = position.offset == 0 && position.documents > 0;
        whole && known.list.is_some() && self.identity.list.is_some() && !self.begins(known)
    }

    /// A position of another text, moved into this one.
    pub(super) fn moved(&self, known: &FileFingerprint, position: Position) -> Position {
        match self.is_headed(known, position) {
            true => {
                let (own, list) = (self.identity.before_list(), known.before_list());
                position.moved(own.cast_signed() - list.cast_signed())
            }
            false => position,
        }
    }

    /// Whether all of its text before a position is what was read, as far as that is known. It is
    /// read for that.
    pub(super) fn has_all(&self, position: Position) -> bool {
        let Some(all) = position.print.and_then(|print| print.all) else {
            return true;
        };
        let Ok(bytes) = self.source.open_at(all.origin) else {
            return true;
        };
        let mut found = Chaining::new(Chain::new(all.origin));
        let mut bytes = bytes.take(all.end().saturating_sub(all.origin));
        let (mut room, mut at) = (vec![0; READ], all.origin);
        loop {
            match bytes.read(&mut room) {
                Ok(0) => return found.before(all.end()) == Some(all),
                Ok(count) => {
                    found.take(at, room.get(..count).unwrap_or_default());
                    at = at.saturating_add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    /// Whether it begins like a text that was read, so that it may be a copy of it.
    pub(super) fn resembles(&self, identity: &FileFingerprint) -> bool {
        let length = identity.head;
        let telling = length >= TELLING || length == self.identity.head;
        length > 0 && telling && self.begins(identity)
    }

    /// Those of an index that it may be a copy of, or a part.
    pub(super) fn kin(&self, index: &Index) -> Vec<usize> {
        index.kin(self.starts(), |length| self.digest(length))
    }

    /// Whether it may be a copy of that file, or a part of one.
    pub(super) fn may_be_of(&self, identity: &FileFingerprint) -> bool {
        let part = (TELLING..identity.head).contains(&self.head.len());
        self.resembles(identity) || part && identity.begins_with(self.starts())
    }

    /// Whether a text with these first bytes begins with all of it.
    pub(super) fn is_start_of(&self, head: &[u8]) -> bool {
        let start = without_closing(&self.head);
        !start.is_empty() && self.head.len() < HEAD && head.starts_with(start)
    }

    fn starts(&self) -> &[u64] {
        self.starts.get_or_init(|| input::starts(&self.head))
    }

    /// Whether it begins as that file did.
    fn begins(&self, identity: &FileFingerprint) -> bool {
        self.digest(identity.head).as_ref() == Some(&identity.digest)
    }

    /// The digest of its first bytes. Most files are asked for the same number of them.
    fn digest(&self, length: usize) -> Option<String> {
        let mut digests = self.digests.borrow_mut();
        let digest = digests.entry(length);
        digest
            .or_insert_with(|| self.head.get(..length).map(input::digest))
            .clone()
    }

    /// Reason why it does not begin with the text that was read.
    fn why_not(&self, known: &FileFingerprint) -> &'static str {
        match known.is_at(&self.identity) {
            false => "is another file than was read before",
            true if self.begins(known) => {
                "was rewritten: it goes on otherwise than what was read of it before"
            }
            true => "begins otherwise than what was read of it before",
        }
    }

    fn is_shorter(&self, reached: u64) -> bool {
        match self.length {
            Some(length) => length < reached,
            None => self.source.is_shorter(reached),
        }
    }

    /// Whether its text ends inside a line. What is compressed is whole if it can be read.
    fn is_cut(&self) -> bool {
        let Some(length) = self.length else {
            return false;
        };
        let last = self.source.read_range(length.saturating_sub(1), length);
        last.is_ok_and(|last| !matches!(last.last(), Some(b'\n' | b'}' | b']')))
    }
}

/// The files that are known, by the numbers of their sources.
#[derive(Debug)]
pub(super) struct Register {
    known: Vec<KnownFile>,
    claimed: Vec<bool>,
    index: Index,
}

/// Match of a file with the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// It is this source, and goes on.
    Same(usize),
    /// It is at the path of this source and begins with all that was read of it.
    Grown(usize),
    /// It is at the path of this source, and is not whole yet.
    Partial(usize),
    /// It is at the path of this source and is another one, and why.
    Replaced(usize, &'static str),
    New,
}

/// Message for a file that is shorter than what was read, without a cut line.
pub(super) const SHORTER: &str = "is shorter than what was read of it before";
/// Message for a file that ends inside a line, or is empty.
pub(super) const PARTIAL: &str = "has only a part of what was read of it before, as while it is \
     copied; going on behind that when there is more";
/// Message for a file that replaced another and begins with all of it.
pub(super) const GROWN: &str =
    "was replaced by a copy that begins with what was read of it before; going on behind that";
/// Message for an envelope in which only the text before the records has changed.
pub(super) const HEADED: &str = "was replaced by a copy in which all records that were read of it \
     before are the same and only what stands before them has changed; going on behind them";
/// Message for a copy that differs between its first and its last bytes.
pub(super) const CHANGED: &str =
    "was replaced by a copy that differs from what was read of it before";

/// Text just before a position, if its digest is known and reading starts there; else empty.
pub(super) fn behind(source: &Source, position: Position) -> Vec<u8> {
    let print = position.print.filter(|print| print.end == position.offset);
    let text = print.map(|print| source.read_range(print.start(), print.end));
    text.and_then(Result::ok).unwrap_or_default()
}

impl Register {
    pub(super) fn new(known: Vec<KnownFile>) -> Self {
        let claimed = vec![false; known.len()];
        let mut index = Index::default();
        for (at, known) in known.iter().enumerate() {
            index.add(at, &known.identity);
        }
        Self {
            known,
            claimed,
            index,
        }
    }

    pub(super) fn get(&self, source: usize) -> Option<&KnownFile> {
        self.known.get(source)
    }

    /// Those that a file may be, or be a copy or a part of, claimed or not.
    pub(super) fn kin(&self, file: &Candidate) -> impl Iterator<Item = (usize, &KnownFile)> {
        let mut all = file.kin(&self.index);
        all.extend(self.index.at(&file.identity));
        all.extend(self.index.path(&file.identity.path));
        all.sort_unstable();
        all.dedup();
        all.into_iter()
            .filter_map(|at| Some((at, self.known.get(at)?)))
    }

    /// Those at a path that no file has claimed yet.
    pub(super) fn unclaimed_at(&self, path: &str) -> impl Iterator<Item = (usize, &KnownFile)> {
        self.unclaimed(self.index.path(path))
    }

    fn unclaimed(&self, all: &[usize]) -> impl Iterator<Item = (usize, &KnownFile)> {
        all.iter().filter_map(|at| {
            let known = self.known.get(*at)?;
            (self.claimed.get(*at) == Some(&false)).then_some((*at, known))
        })
    }

    pub(super) fn is_claimed(&self, source: usize) -> bool {
        self.claimed.get(source) == Some(&true)
    }

    /// Claims one, or lets it go again.
    pub(super) fn claim(&mut self, source: usize, claim: bool) {
        if let Some(claimed) = self.claimed.get_mut(source) {
            *claimed = claim;
        }
    }

    /// Finds and claims what is known of a file by its numbers, whatever it was called.
    pub(super) fn claim_same(&mut self, file: &Candidate) -> Match {
        let here = self.index.at(&file.identity);
        let same = self.unclaimed(here).filter(|(_, known)| {
            let unchanged = known.finished == Some(file.size) && file.length.is_none();
            known.identity.is_at(&file.identity)
                && match unchanged {
                    // Unpacking all of it again is no small thing.
                    true => file.begins(&known.identity),
                    false => file.holds(&known.identity, known.position, &[]) == Overlap::All,
                }
        });
        let found = same.max_by_key(|(_, known)| {
            let here = known.identity.path == file.identity.path;
            (known.position.reached, here)
        });
        let Some((at, _)) = found else {
            return Match::New;
        };
        self.claim(at, true);
        Match::Same(at)
    }

    /// Finds and claims what is known of files that were at this path before this one, which begins
    /// with all of it.
    pub(super) fn claim_before(&mut self, file: &Candidate) -> Vec<usize> {
        let before = self.unclaimed_at(&file.identity.path);
        let before = before
            .filter(|(_, known)| file.holds(&known.identity, known.position, &[]) == Overlap::All);
        let before: Vec<usize> = before.map(|(at, _)| at).collect();
        before.iter().for_each(|at| self.claim(*at, true));
        before
    }

    /// Finds and claims what is known of the file that was at this path.
    pub(super) fn claim_path(&mut self, file: &Candidate) -> Match {
        let mut best = (0, Match::New);
        for (at, known) in self.unclaimed_at(&file.identity.path) {
            let reached = known.position.reached;
            let rated = match file.holds(&known.identity, known.position, &[]) {
                Overlap::All => (reached.saturating_add(3), Match::Grown(at)),
                Overlap::Part { cut: true } => (2, Match::Partial(at)),
                Overlap::Part { cut: false } => (1, Match::Replaced(at, SHORTER)),
                Overlap::None => (1, Match::Replaced(at, file.why_not(&known.identity))),
            };
            if rated.0 > best.0 {
                best = rated;
            }
        }
        let known = best.1.source().and_then(|at| self.known.get(at));
        if let (Match::Grown(at), Some(known)) = (best.1, known)
            && !file.has_all(file.moved(&known.identity, known.position))
        {
            best.1 = Match::Replaced(at, CHANGED);
        }
        if let Some(at) = best.1.source() {
            self.claim(at, true);
        }
        best.1
    }
}

impl Match {
    /// The source that was claimed.
    pub(super) fn source(self) -> Option<usize> {
        match self {
            Self::Same(at) | Self::Grown(at) | Self::Partial(at) | Self::Replaced(at, _) => {
                Some(at)
            }
            Self::New => None,
        }
    }
}
