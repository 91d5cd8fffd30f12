//! File that is followed.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::{Cut, Past};
use crate::frame::Position;
use crate::input::{Bytes, FileFingerprint, HEAD, Source};
use crate::reader::known_file::{self, Candidate};
use crate::reader::source::{SourceReader, Step};
use crate::reader::tail::{Tail, Watch};
use crate::reader::{Disconnected, KnownFile, Part, PartSender};
use weir_common::clock::Clock;

/// Words for a file that has fewer bytes than were read of it.
pub(super) const TRUNCATED: &str = "was truncated";
/// Words for a file that has other text in place of what was read.
const REWRITTEN: &str = "was rewritten";

/// File that is followed.
pub(super) struct Entry {
    pub(super) source: usize,
    pub(super) path: PathBuf,
    pub(super) numbers: (u64, u64),
    pub(super) identity: FileFingerprint,
    /// Its first bytes, which the fingerprint is of.
    pub(super) head: Vec<u8>,
    /// Position behind the last part that was sent.
    pub(super) position: Position,
    /// Time of its last write; none once its text at the start of the run was read.
    pub(super) behind: Option<SystemTime>,
    /// Time at which it was found missing.
    pub(super) gone: Option<Duration>,
    /// Whether another file at its path continues it.
    pub(super) succeeded: bool,
    /// Bytes read when its fingerprint was last taken.
    identified: u64,
    /// Time of its last write, at the last poll.
    written: Option<SystemTime>,
    clock: Rc<dyn Clock>,
    state: State,
}

enum State {
    Open {
        reader: Box<SourceReader>,
        /// Handle on the growing file; none for a compressed one.
        watch: Option<Watch>,
        /// Whether all bytes that were there are read.
        drained: bool,
    },
    /// Closed until its length is another.
    Resting(u64),
    /// Read to its end. A compressed file was this long on disk then.
    Done(Option<u64>),
}

/// Result of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Some,
    Drained,
}

impl Entry {
    /// Opens a file at a position; none when that fails, which is reported.
    pub(super) fn open(
        source: usize,
        path: &Path,
        file: File,
        found: Candidate,
        position: Position,
        clock: Rc<dyn Clock>,
        sender: &PartSender,
    ) -> Result<Option<Self>, Disconnected> {
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
            clock,
            state: State::Done(Some(found.size).filter(|_| compressed)),
        };
        sender.send(Part::Opened {
            source,
            name: path.display().to_string(),
            identity: Some(identity),
            position,
        })?;
        if compressed {
            match Source::File(path.to_owned()).open_at(position.offset) {
                Ok(bytes) => entry.start(bytes, None, sender),
                Err(error) => sender.send(Part::Bad(error))?,
            }
            return Ok(Some(entry));
        }
        match Tail::open(file, position.offset) {
            Ok((tail, watch)) => entry.start(Box::new(tail), Some(watch), sender),
            Err(error) => {
                sender.send(Part::Bad(Source::File(path.to_owned()).error(&error)))?;
            }
        }
        Ok(Some(entry))
    }

    fn start(&mut self, bytes: Bytes, watch: Option<Watch>, sender: &PartSender) {
        let name = self.path.display().to_string();
        let eager = watch.is_none();
        let behind = known_file::behind(&Source::File(self.path.clone()), self.position);
        let mut reader = SourceReader::new(self.source, name, bytes, sender, eager, self.position)
            .printing(&behind, self.identity.before_list());
        if watch.is_some() {
            reader = reader.settling(Rc::clone(&self.clock));
        }
        self.state = State::Open {
            reader: Box::new(reader),
            watch,
            drained: false,
        };
    }

    /// Reads one part.
    pub(super) fn turn(&mut self, sender: &PartSender) -> Result<Turn, Disconnected> {
        let State::Open {
            reader, drained, ..
        } = &mut self.state
        else {
            return Ok(Turn::Drained);
        };
        let step = reader.step();
        *drained = matches!(step, Step::WouldBlock);
        match step {
            Step::Part(part) => {
                self.position = reader.position();
                sender.send(part)?;
                Ok(Turn::Some)
            }
            Step::WouldBlock => {
                self.identify(sender)?;
                Ok(Turn::Drained)
            }
            Step::Failed(part) => {
                self.state = State::Done(self.size());
                sender.send(part)?;
                Ok(Turn::Some)
            }
            Step::End(position) => {
                self.position = position;
                let size = self.size();
                self.state = State::Done(size);
                sender.send(Part::Ended {
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
    fn identify(&mut self, sender: &PartSender) -> Result<(), Disconnected> {
        if self.identity.head >= HEAD || self.position.reached <= self.identified {
            return Ok(());
        }
        self.identified = self.position.reached;
        let Ok(Some((identity, head))) = FileFingerprint::of(&self.path) else {
            return Ok(());
        };
        let more = identity.head > self.identity.head && self.identity.begins(&head);
        if identity.is_at(&self.identity) && more {
            self.identity = identity.clone();
            self.head = head;
            sender.send(Part::Identified {
                source: self.source,
                identity,
            })?;
        }
        Ok(())
    }

    /// Takes note of its path.
    pub(super) fn moved(&mut self, path: &Path, sender: &PartSender) -> Result<(), Disconnected> {
        if self.path != path {
            self.path = path.to_owned();
            self.identity.path = path.display().to_string();
            sender.send(Part::Identified {
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
    pub(super) fn reopen(&mut self, sender: &PartSender) {
        if matches!(self.state, State::Resting(_))
            && let Ok(file) = File::open(&self.path)
            && let Ok((tail, watch)) = Tail::open(file, self.position.offset)
            && !self.is_changed()
        {
            self.start(Box::new(tail), Some(watch), sender);
        }
    }

    /// Whether other text is where it was read. It is taken for truncated then.
    fn is_changed(&mut self) -> bool {
        let Some(print) = self.position.print else {
            return false;
        };
        let now = Source::File(self.path.clone()).read_range(print.start(), print.end);
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

    /// Ends the file: the bytes that are left are read as they are.
    pub(super) fn close(&mut self) {
        match &self.state {
            State::Open {
                watch: Some(watch), ..
            } => watch.close(),
            State::Resting(_) => self.state = State::Done(None),
            _ => {}
        }
        // Its last line is a part of its successor's.
        if self.succeeded && self.is_drained() {
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
    pub(super) fn is_drained(&self) -> bool {
        !matches!(self.state, State::Open { drained: false, .. })
    }

    /// Whether a plain file is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { watch: Some(_), .. })
    }

    /// Whether it was read to its end.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Record of it for when it is gone.
    pub(super) fn past(&self) -> Past {
        Past {
            source: self.source,
            known: KnownFile {
                identity: self.identity.clone(),
                position: self.position,
                finished: None,
            },
            head: self.head.clone(),
            cut: Cut::No,
        }
    }
}
