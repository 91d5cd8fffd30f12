//! What earlier runs have read, and which of it a file is.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::frame::Position;
use crate::input::{self, HEAD, Identity};

/// A file that was read, at least in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Known {
    /// Which file it is.
    pub identity: Identity,
    /// Where it goes on.
    pub position: Position,
    /// Its length on disk when its end was reached; none before.
    pub finished: Option<u64>,
}

/// Bytes that must be the same at the start of a text and of its copy, when the
/// text is longer.
const TELLING: usize = 1024;

/// Whether a text that begins like this is taken for a copy of one that was read.
pub(super) fn is_copy(identity: &Identity, head: &[u8]) -> bool {
    let length = identity.head;
    length > 0 && identity.begins(head) && (length >= TELLING.min(HEAD) || length == head.len())
}

/// The files that are known, by the numbers of their sources.
#[derive(Debug)]
pub(super) struct Register {
    known: Vec<Known>,
    claimed: Vec<bool>,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Match {
    /// It is this source, and goes on.
    Same(usize),
    /// It was this source, and why it is no more.
    Replaced(usize, &'static str),
    New,
}

impl Register {
    pub(super) fn new(known: Vec<Known>) -> Self {
        let claimed = vec![false; known.len()];
        Self { known, claimed }
    }

    pub(super) fn get(&self, source: usize) -> Option<&Known> {
        self.known.get(source)
    }

    /// All that no file has claimed yet.
    pub(super) fn unclaimed(&self) -> impl Iterator<Item = (usize, &Known)> {
        let open = |at: &usize| self.claimed.get(*at) == Some(&false);
        self.known
            .iter()
            .enumerate()
            .filter(move |(at, _)| open(at))
    }

    /// What was read furthest of the texts that are the same, claimed or not.
    pub(super) fn copied(&self, same: impl Fn(&Identity) -> bool) -> Option<&Known> {
        self.known
            .iter()
            .filter(|known| same(&known.identity))
            .max_by_key(|known| known.position.reached)
    }

    /// Finds and claims what is known of a file, under whatever name it was.
    pub(super) fn claim(&mut self, identity: &Identity, head: &[u8]) -> Match {
        let found = self
            .unclaimed()
            .filter(|(_, known)| known.identity.is_at(identity))
            .max_by_key(|(_, known)| known.identity.path == identity.path);
        let Some((at, known)) = found else {
            return Match::New;
        };
        let answer = if !known.identity.begins(head) {
            Match::Replaced(at, "begins otherwise than what was read of it before")
        } else if is_cut(&identity.path, known) {
            Match::Replaced(at, "is shorter than what was read of it before")
        } else {
            Match::Same(at)
        };
        if let Some(claimed) = self.claimed.get_mut(at) {
            *claimed = true;
        }
        answer
    }

    /// Claims what is known of another file that was at this path.
    pub(super) fn claim_path(&mut self, path: &str) -> Option<usize> {
        let (at, _) = self
            .unclaimed()
            .find(|(_, known)| known.identity.path == path)?;
        *self.claimed.get_mut(at)? = true;
        Some(at)
    }
}

/// Whether a plain file ends before what was read of it.
fn is_cut(path: &str, known: &Known) -> bool {
    let Ok(mut file) = fs::File::open(Path::new(path)) else {
        return false;
    };
    let plain = input::head(&mut file).is_ok_and(|head| !input::is_compressed(&head));
    plain
        && file
            .metadata()
            .is_ok_and(|meta| meta.len() < known.position.reached)
}
