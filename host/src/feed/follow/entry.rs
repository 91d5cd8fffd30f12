//! One file that is followed.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::{Cut, Past};
use crate::feed::known::{self, Candidate};
use crate::feed::reader::{Reader, Step};
use crate::feed::tail::{Tail, Watch};
use crate::feed::{Gone, Known, Outbox, Part};
use crate::frame::Position;
use crate::input::{Bytes, HEAD, Identity, Source};

/// Of a file that has less than was read of it.
pub(super) const TRUNCATED: &str = "was truncated";
/// Of one that has other text in its place.
const REWRITTEN: &str = "was rewritten";

/// A file that is followed.
pub(super) struct Entry {
    pub(super) source: usize,
    pub(super) path: PathBuf,
    pub(super) numbers: (u64, u64),
    pub(super) identity: Identity,
    /// Its first bytes, which the identity is of.
    pub(super) head: Vec<u8>,
    /// Where it goes on.
    pub(super) position: Position,
    /// When it was last written to, until what was there at the start is read.
    pub(super) behind: Option<SystemTime>,
    /// Since when it is not in its place.
    pub(super) gone: Option<Instant>,
    /// Another file is at its path that goes on behind it.
    pub(super) succeeded: bool,
    /// How far it was read when its identity was last taken.
    identified: u64,
    /// When it was last written to, at the last look.
    written: Option<SystemTime>,
    state: State,
}

enum State {
    Open {
        reader: Box<Reader>,
        /// None for a compressed file, which does not grow.
        watch: Option<Watch>,
        dry: bool,
    },
    /// Closed until its length is another.
    Resting(u64),
    /// Read to its end. A compressed file was this long on disk then.
    Done(Option<u64>),
}

/// What a turn gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Some,
    Dry,
}

impl Entry {
    /// Opens a file at a position; none when that fails, which is reported.
    pub(super) fn open(
        source: usize,
        path: &Path,
        file: File,
        found: Candidate,
        position: Position,
        outbox: &Outbox,
    ) -> Result<Option<Self>, Gone> {
        let identity = found.identity;
        let compressed = found.length.is_none();
        let mut entry = Self {
            source,
            path: path.to_owned(),
            numbers: (identity.device, identity.inode),
            identity: identity.clone(),
            head: found.head,
            position,
            behind: None,
            gone: None,
            succeeded: false,
            identified: 0,
            written: None,
            state: State::Done(Some(found.size).filter(|_| compressed)),
        };
        outbox.send(Part::Opened {
            source,
            name: path.display().to_string(),
            identity: Some(identity),
            position,
        })?;
        if compressed {
            match Source::File(path.to_owned()).open_at(position.offset) {
                Ok(bytes) => entry.start(bytes, None, outbox),
                Err(error) => outbox.send(Part::Bad(error))?,
            }
            return Ok(Some(entry));
        }
        match Tail::open(file, position.offset) {
            Ok((tail, watch)) => entry.start(Box::new(tail), Some(watch), outbox),
            Err(error) => {
                outbox.send(Part::Bad(Source::File(path.to_owned()).error(&error)))?;
            }
        }
        Ok(Some(entry))
    }

    fn start(&mut self, bytes: Bytes, watch: Option<Watch>, outbox: &Outbox) {
        let name = self.path.display().to_string();
        let eager = watch.is_none();
        let behind = known::behind(&Source::File(self.path.clone()), self.position);
        let mut reader = Reader::new(self.source, name, bytes, outbox, eager, self.position)
            .printing(&behind, self.identity.before_list());
        if watch.is_some() {
            reader = reader.settling();
        }
        self.state = State::Open {
            reader: Box::new(reader),
            watch,
            dry: false,
        };
    }

    /// Reads one part.
    pub(super) fn turn(&mut self, outbox: &Outbox) -> Result<Turn, Gone> {
        let State::Open { reader, dry, .. } = &mut self.state else {
            return Ok(Turn::Dry);
        };
        let step = reader.step();
        *dry = matches!(step, Step::Dry);
        match step {
            Step::Part(part) => {
                self.position = reader.position();
                outbox.send(part)?;
                Ok(Turn::Some)
            }
            Step::Dry => {
                self.identify(outbox)?;
                Ok(Turn::Dry)
            }
            Step::Failed(part) => {
                self.state = State::Done(self.size());
                outbox.send(part)?;
                Ok(Turn::Some)
            }
            Step::End(position) => {
                self.position = position;
                let size = self.size();
                self.state = State::Done(size);
                outbox.send(Part::Ended {
                    source: self.source,
                    position,
                    size,
                })?;
                Ok(Turn::Some)
            }
        }
    }

    /// Its length on disk, as long as it is in its place.
    fn size(&self) -> Option<u64> {
        let meta = std::fs::metadata(&self.path).ok()?;
        (self.gone.is_none()).then_some(meta.len())
    }

    /// Takes in more of how the file begins, while that was short.
    fn identify(&mut self, outbox: &Outbox) -> Result<(), Gone> {
        if self.identity.head >= HEAD || self.position.reached <= self.identified {
            return Ok(());
        }
        self.identified = self.position.reached;
        let Ok(Some((identity, head))) = Identity::of(&self.path) else {
            return Ok(());
        };
        let more = identity.head > self.identity.head && self.identity.begins(&head);
        if identity.is_at(&self.identity) && more {
            self.identity = identity.clone();
            self.head = head;
            outbox.send(Part::Identified {
                source: self.source,
                identity,
            })?;
        }
        Ok(())
    }

    /// Takes note of its path.
    pub(super) fn moved(&mut self, path: &Path, outbox: &Outbox) -> Result<(), Gone> {
        if self.path != path {
            self.path = path.to_owned();
            self.identity.path = path.display().to_string();
            outbox.send(Part::Identified {
                source: self.source,
                identity: self.identity.clone(),
            })?;
        }
        Ok(())
    }

    /// Whether it is closed, and there is more.
    pub(super) fn has_grown(&self, length: u64) -> bool {
        matches!(self.state, State::Resting(before) if before != length)
    }

    /// Opens it again if it was closed.
    pub(super) fn reopen(&mut self, outbox: &Outbox) {
        if matches!(self.state, State::Resting(_))
            && let Ok(file) = File::open(&self.path)
            && let Ok((tail, watch)) = Tail::open(file, self.position.offset)
            && !self.is_changed()
        {
            self.start(Box::new(tail), Some(watch), outbox);
        }
    }

    /// Whether other text is where it was read. It is taken for truncated then.
    fn is_changed(&mut self) -> bool {
        let Some(print) = self.position.print else {
            return false;
        };
        let now = Source::File(self.path.clone()).stretch(print.start(), print.end);
        let changed = now.is_ok_and(|now| !print.is_of(&now));
        if changed {
            self.state = State::Resting(u64::MAX);
        }
        changed
    }

    /// Closes it until there is more.
    pub(super) fn rest(&mut self) {
        if let State::Open {
            watch: Some(watch), ..
        } = &self.state
        {
            self.state = State::Resting(watch.read());
        }
    }

    /// Nothing more will come: what is left is read as it is.
    pub(super) fn close(&mut self) {
        match &self.state {
            State::Open {
                watch: Some(watch), ..
            } => watch.close(),
            State::Resting(_) => self.state = State::Done(None),
            _ => {}
        }
        // Its last line is a part of its successor's.
        if self.succeeded && self.is_dry() {
            self.state = State::Done(None);
        }
    }

    /// Whether what was read of it is no longer there, and how that is called.
    pub(super) fn is_cut(&mut self, meta: &Metadata) -> Option<&'static str> {
        let length = meta.len();
        let written = meta.modified().ok();
        let touched = written != std::mem::replace(&mut self.written, written);
        match &self.state {
            State::Open {
                watch: Some(watch), ..
            } if length < watch.read() => Some(TRUNCATED),
            State::Open {
                watch: Some(watch), ..
            } => (touched && watch.is_rewritten()).then_some(REWRITTEN),
            State::Resting(u64::MAX) => Some(REWRITTEN),
            State::Resting(before) => (length < *before).then_some(TRUNCATED),
            _ => None,
        }
    }

    /// Whether it is a compressed file that was read to an end and is another one now.
    pub(super) fn is_another(&self, length: u64) -> bool {
        matches!(self.state, State::Done(Some(before)) if before != length)
    }

    /// Whether all that was there was read.
    pub(super) fn is_dry(&self) -> bool {
        !matches!(self.state, State::Open { dry: false, .. })
    }

    /// Whether a plain file is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { watch: Some(_), .. })
    }

    /// Whether it was read to its end.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// What is known of it when it is gone.
    pub(super) fn past(&self) -> Past {
        Past {
            source: self.source,
            known: Known {
                identity: self.identity.clone(),
                position: self.position,
                finished: None,
            },
            head: self.head.clone(),
            cut: Cut::No,
        }
    }
}
