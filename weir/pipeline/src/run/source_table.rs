//! Sources of a run, with their positions and counts.

use std::collections::BTreeMap;

use weir_common::message::Message;
use weir_sources::frame::{Position, guess, has_json};
use weir_sources::input::FileFingerprint;
use weir_sources::reader::{Accepted, KnownFile};

/// Messages about malformed documents that are shown for one source.
const SHOWN: u64 = 10;

/// The sources, by their numbers.
#[derive(Debug, Default)]
pub(super) struct SourceTable {
    sources: BTreeMap<usize, Source>,
}

#[derive(Debug)]
struct Source {
    name: String,
    identity: Option<FileFingerprint>,
    position: Position,
    finished: Option<u64>,
    /// Malformed documents since this start that were not told of as more.
    malformed: u64,
    /// Counts of its documents since this start.
    accepted: Accepted,
    /// Whether something of it is, or may be meant as, JSON.
    json: bool,
}

impl SourceTable {
    /// Sources that earlier runs have read.
    pub(super) fn new(known: &[KnownFile]) -> Self {
        let sources = known.iter().enumerate().map(|(at, known)| {
            let source = Source {
                name: known.identity.path.clone(),
                identity: Some(known.identity.clone()),
                position: known.position,
                finished: known.finished,
                malformed: 0,
                accepted: Accepted::default(),
                json: true,
            };
            (at, source)
        });
        Self {
            sources: sources.collect(),
        }
    }

    /// Records of the sources for a checkpoint. Streams have no position.
    pub(super) fn known(&self) -> Vec<KnownFile> {
        self.sources
            .values()
            .filter_map(|source| {
                Some(KnownFile {
                    identity: source.identity.clone()?,
                    position: source.position,
                    finished: source.finished,
                })
            })
            .collect()
    }

    pub(super) fn open(
        &mut self,
        number: usize,
        name: String,
        identity: Option<FileFingerprint>,
        position: Position,
    ) {
        let source = Source {
            name,
            identity,
            position,
            finished: None,
            malformed: 0,
            accepted: Accepted::default(),
            json: position.reached > 0,
        };
        self.sources.insert(number, source);
    }

    pub(super) fn identify(&mut self, number: usize, identity: FileFingerprint) {
        if let Some(source) = self.sources.get_mut(&number) {
            source.name.clone_from(&identity.path);
            source.identity = Some(identity);
        }
    }

    /// Documents of it were read, and some of them refused.
    pub(super) fn read(&mut self, number: usize, documents: u64, refused: u64) {
        if let Some(source) = self.sources.get_mut(&number) {
            source.accepted.documents += documents;
            source.accepted.malformed += refused;
        }
    }

    /// Looks at documents of it, all of which may be `malformed`.
    pub(super) fn look(&mut self, number: usize, documents: &[u8], malformed: bool) {
        if let Some(source) = self.sources.get_mut(&number).filter(|source| !source.json) {
            source.json = !malformed || has_json(documents);
            let foreign = source.accepted.foreign.take();
            source.accepted.foreign = match source.json {
                true => None,
                false => foreign.or_else(|| Some(guess(documents))),
            };
        }
    }

    /// Counts of its documents.
    pub(super) fn accepted(&self, number: usize) -> Accepted {
        let source = self.sources.get(&number);
        source.map_or_else(Accepted::default, |source| source.accepted)
    }

    pub(super) fn forget(&mut self, number: usize) {
        self.sources.remove(&number);
    }

    pub(super) fn name(&self, number: usize) -> String {
        self.sources
            .get(&number)
            .map_or_else(String::new, |source| source.name.clone())
    }

    /// Moves on; the answer is the bytes in between.
    pub(super) fn reach(&mut self, number: usize, position: Position) -> u64 {
        let Some(source) = self.sources.get_mut(&number) else {
            return 0;
        };
        let bytes = position.reached.saturating_sub(source.position.reached);
        source.position = position;
        bytes
    }

    /// It was read to its end, and was this long.
    pub(super) fn finish(&mut self, number: usize, size: Option<u64>) {
        if let Some(source) = self.sources.get_mut(&number) {
            source.finished = size;
        }
    }

    /// Counts a malformed document; whether it is one to tell about.
    pub(super) fn malformed(&mut self, number: usize) -> bool {
        self.sources.get_mut(&number).is_some_and(|source| {
            source.malformed += 1;
            source.malformed <= SHOWN
        })
    }

    /// Message about a source that has ended, if there is more to tell.
    pub(super) fn more(&mut self, number: usize) -> Option<Message> {
        let source = self.sources.get_mut(&number)?;
        let malformed = std::mem::take(&mut source.malformed);
        let more = malformed.checked_sub(SHOWN).filter(|more| *more > 0)?;
        let text = format!("{}: and {more} more malformed", source.name);
        Some(Message::warn("malformed-more", text).about(&source.name))
    }

    /// Messages about all sources that have more to tell.
    pub(super) fn all_more(&mut self) -> Vec<Message> {
        let numbers: Vec<usize> = self.sources.keys().copied().collect();
        let more = numbers.into_iter().filter_map(|number| self.more(number));
        more.collect()
    }
}
