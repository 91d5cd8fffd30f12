//! Tells which source a new file is: one that was read before, a copy of one, or none.

use std::path::Path;

use super::{Cut, Files, Follower, Past};
use crate::frame::Position;
use crate::input::FileFingerprint;
use crate::reader::known_file::{self, Candidate, Overlap};
use crate::reader::{Disconnected, Part};
use weir_common::message::Message;

/// Text that was read before, of which a file may be a copy or a part.
#[derive(Debug, Clone, Copy)]
struct Relative {
    origin: Origin,
    kin: Kin,
    /// How much of the text the file begins with.
    held: Overlap,
    position: Position,
    /// Whether what stands before its records has changed.
    headed: bool,
    /// Whether it was read to its end.
    ready: bool,
}

/// Record that holds the position of a relative, by its index.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Entry(usize),
    Past(usize),
    Register(usize),
}

/// Kinship of a file and a text that was read, from far to near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kin {
    /// Begins alike.
    Copy,
    /// Was at the same path.
    Path,
    /// Is the same file.
    Same,
}

impl Follower {
    /// The source and position of a file that was not followed so far; none while that cannot be
    /// told yet.
    pub(super) fn place(
        &mut self,
        file: &Candidate,
        settled: bool,
        there: &Files,
    ) -> Result<Option<(usize, Position)>, Disconnected> {
        let path = &file.identity.path;
        let relatives = self.relatives(file, there);
        let reached = |held: fn(&Overlap) -> bool| {
            let found = relatives.iter().filter(move |one| held(&one.held));
            // Of those that were read as far, the nearest kin.
            found.max_by_key(|one| (one.position.reached, one.kin))
        };
        let whole = reached(|held| *held == Overlap::All).copied();
        let part = reached(|held| matches!(held, Overlap::Part { .. })).is_some();
        let least = whole.map_or(0, |one| one.position.reached);
        let waits = |one: &Relative| match one.held {
            Overlap::All => !one.ready,
            Overlap::Part { cut } => !one.ready || !settled || cut,
            Overlap::None => false,
        };
        if relatives
            .iter()
            .any(|one| one.position.reached >= least && waits(one))
        {
            return Ok(None);
        }
        // A copy is resumed only if all of the text before the position is equal.
        let copied = |one: &Relative| one.kin == Kin::Same || file.has_all(one.position);
        if let Some(one) = whole.filter(copied) {
            let (origin, position) = (one.origin, one.position);
            if one.kin == Kin::Path && position.reached > 0 {
                let text = if one.headed {
                    known_file::HEADED
                } else {
                    known_file::GROWN
                };
                let message = Message::info("source-grown", format!("{path}: {text}"));
                self.note(message.about(path))?;
            }
            let source = match one.kin {
                Kin::Copy => self.number(),
                Kin::Path | Kin::Same => self.succeed(origin),
            };
            return Ok(Some((source, position)));
        }
        if part {
            self.say_cut(path, known_file::SHORTER)?;
        }
        self.replaced(path, part, there)?;
        Ok(Some((self.number(), Position::default())))
    }

    /// The number of the source of which a file is the successor at its path, or that it is.
    fn succeed(&mut self, origin: Origin) -> usize {
        match origin {
            Origin::Entry(at) => {
                // The predecessor is read on until its writer can be taken to have closed it.
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.succeeded = true;
                }
                self.number()
            }
            Origin::Past(at) => match self.past.remove(at) {
                Some(past) => past.source,
                None => self.number(),
            },
            Origin::Register(at) => {
                self.register.claim(at, true);
                at
            }
        }
    }

    /// Says that what was read at this path is not what is there now, unless that was said.
    fn replaced(&mut self, path: &str, said: bool, there: &Files) -> Result<(), Disconnected> {
        let mut left = self.register.unclaimed_at(path).filter(|(_, known)| {
            let now = there.get(&(known.identity.device, known.identity.inode));
            now.is_none_or(|(now, _)| now == Path::new(path))
        });
        if let Some((source, known)) = left.next() {
            let known = known.clone();
            drop(left);
            self.register.claim(source, true);
            self.past.push_back(Past {
                source,
                known,
                head: Vec::new(),
                cut: Cut::Said,
            });
            if !said {
                self.say_cut(path, "is another file than was read before")?;
            }
            return self.sender.send(Part::Forget { source });
        }
        drop(left);
        let mut past = self.past.iter_mut().rev();
        let past = past.find(|past| past.known.identity.path == path);
        let cut = past.map(|past| std::mem::replace(&mut past.cut, Cut::Said));
        let gone = self.entries.iter().any(|one| one.identity.path == path);
        match cut {
            _ if said => Ok(()),
            Some(Cut::Unsaid(how)) => self.say_cut(path, how),
            Some(Cut::Said) if !gone => Ok(()),
            Some(_) => self.say_another(path),
            None if gone => self.say_another(path),
            None => Ok(()),
        }
    }

    /// All that was read before that may be this file, or a part of it.
    fn relatives(&self, file: &Candidate, there: &Files) -> Vec<Relative> {
        let mut relatives = Vec::new();
        let path = Path::new(&file.identity.path);
        let mut add = |origin, identity: &FileFingerprint, position, head: &[u8], ready: bool| {
            // One that was renamed is no longer at its path.
            let now = there.get(&(identity.device, identity.inode));
            let renamed = now.is_some_and(|(now, _)| now != path);
            let kin = match () {
                () if identity.is_at(&file.identity) => Kin::Same,
                () if Path::new(&identity.path) == path && !renamed => Kin::Path,
                () if file.may_be_of(identity) || file.is_start_of(head) => Kin::Copy,
                () => return,
            };
            // It is looked at when all of the other was read.
            let later = !ready && file.length.is_none() && file.resembles(identity);
            let held = match later {
                true => Overlap::All,
                false => file.holds(identity, position, head),
            };
            relatives.push(Relative {
                origin,
                kin,
                held,
                headed: file.is_headed(identity, position),
                position: file.moved(identity, position),
                ready,
            });
        };
        for (at, entry) in self.entries.iter().enumerate() {
            let ready = entry.is_drained() && entry.behind.is_none();
            let origin = Origin::Entry(at);
            add(origin, &entry.identity, entry.position, &entry.head, ready);
        }
        for (at, past) in self.past.iter().enumerate() {
            let known = &past.known;
            let origin = Origin::Past(at);
            add(origin, &known.identity, known.position, &past.head, true);
        }
        for (at, known) in self.register.kin(file) {
            let identity = &known.identity;
            // A claimed one is among the entries or the past, which are newer.
            let here = Path::new(&identity.path) == path || identity.is_at(&file.identity);
            if !(here && self.register.is_claimed(at)) {
                add(Origin::Register(at), identity, known.position, &[], true);
            }
        }
        relatives
    }
}
