//! One file that is followed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::feed::reader::{Reader, Step};
use crate::feed::tail::{Tail, Watch};
use crate::feed::{Gone, Known, Outbox, Part};
use crate::frame::Position;
use crate::input::{Bytes, HEAD, Identity, Source};

/// A file that is followed.
pub(super) struct Entry {
    pub(super) source: usize,
    pub(super) path: PathBuf,
    pub(super) numbers: (u64, u64),
    pub(super) identity: Identity,
    /// Where it goes on.
    pub(super) position: Position,
    /// When it was last written to, until what was there at the start is read.
    pub(super) behind: Option<SystemTime>,
    /// Since when it is not in its place.
    pub(super) gone: Option<Instant>,
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
    /// Read to its end.
    Done,
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
        compressed: bool,
        identity: Identity,
        position: Position,
        outbox: &Outbox,
    ) -> Result<Option<Self>, Gone> {
        let mut entry = Self {
            source,
            path: path.to_owned(),
            numbers: (identity.device, identity.inode),
            identity: identity.clone(),
            position,
            behind: None,
            gone: None,
            state: State::Done,
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
        let reader = Reader::new(self.source, name, bytes, outbox.sizes, eager, self.position);
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
                self.state = State::Done;
                outbox.send(part)?;
                Ok(Turn::Some)
            }
            Step::End(position) => {
                self.position = position;
                self.state = State::Done;
                let size = std::fs::metadata(&self.path).ok().map(|meta| meta.len());
                outbox.send(Part::Ended {
                    source: self.source,
                    position,
                    size: size.filter(|_| self.gone.is_none()),
                })?;
                Ok(Turn::Some)
            }
        }
    }

    /// Takes in more of how the file begins, while that was short.
    fn identify(&mut self, outbox: &Outbox) -> Result<(), Gone> {
        if self.identity.head >= HEAD || self.position.reached <= self.identity.head as u64 {
            return Ok(());
        }
        let Ok(Some((identity, _))) = Identity::of(&self.path) else {
            return Ok(());
        };
        if identity.is_at(&self.identity) && identity.head > self.identity.head {
            self.identity = identity.clone();
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
        {
            self.start(Box::new(tail), Some(watch), outbox);
        }
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
            State::Resting(_) => self.state = State::Done,
            _ => {}
        }
    }

    /// Whether a file of this length is shorter than what was read of it.
    pub(super) fn is_cut(&self, length: u64) -> bool {
        match &self.state {
            State::Open {
                watch: Some(watch), ..
            } => length < watch.read(),
            State::Resting(before) => length < *before,
            _ => false,
        }
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
        matches!(self.state, State::Done)
    }

    /// What is known of it.
    pub(super) fn known(&self) -> Known {
        Known {
            identity: self.identity.clone(),
            position: self.position,
            finished: None,
        }
    }
}
