//! Follower of files as they appear, grow and are rotated.

mod entry;
mod relatives;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use super::known_file::{Candidate, Register};
use super::{Disconnected, KnownFile, Part, PartSender};
use crate::input::{self, Source};
use entry::{Entry, Turn};
use weir_common::Error;
use weir_common::clock::{Clock, SystemClock};
use weir_common::explain::explain;
use weir_common::message::Message;
use weir_common::time::milliseconds;

/// Time between two polls of the files.
const POLL: Duration = Duration::from_millis(100);
/// Age in milliseconds at which a compressed file, or a copy, is not yet taken for whole.
const FRESH: std::ops::Range<i64> = 0..1000;
/// A file that is gone from its place is read on for this long: who writes it may
/// not have opened the new one yet.
const LINGER: Duration = Duration::from_secs(60);
/// Most files that are kept open while nothing comes from them.
const OPEN: usize = 256;
/// Files that may be reopened beyond those, until others are closed.
const WAKING: usize = 64;
/// Files that are gone whose positions are remembered.
const REMEMBERED: usize = 1024;

/// Regular files that are there now, by device and number.
type Files = HashMap<(u64, u64), (PathBuf, Metadata)>;

/// The files that the arguments name, as they come and go.
struct Follower {
    arguments: Vec<String>,
    sender: PartSender,
    clock: Rc<dyn Clock>,
    register: Register,
    entries: Vec<Entry>,
    /// Number of the next new source.
    next: usize,
    /// Time of the last look; none before the first.
    looked: Option<Duration>,
    /// Messages that were sent and are not repeated.
    said: HashSet<String>,
    /// Positions of files that are gone: they may come back, or copies of them.
    past: VecDeque<Past>,
}

/// File that was followed and is gone.
struct Past {
    source: usize,
    known: KnownFile,
    /// Its first bytes, where they are in memory.
    head: Vec<u8>,
    cut: Cut,
}

/// Whether the text that was read was cut out of the file.
#[derive(Debug, Clone, Copy)]
enum Cut {
    No,
    /// Not reported yet; with the words for how it came.
    Unsaid(&'static str),
    Said,
}

/// Follows the files until reading is stopped. `known` are the files of earlier runs; `next` is the
/// number of the first new source.
pub(super) fn run(
    arguments: Vec<String>,
    known: Vec<KnownFile>,
    next: usize,
    sender: PartSender,
) -> Result<(), Disconnected> {
    let clock = Rc::new(SystemClock::new());
    let mut follower = Follower::new(arguments, known, next, clock, sender);
    loop {
        if follower.sender.is_stopped() {
            return Err(Disconnected);
        }
        if !follower.step()? {
            thread::sleep(POLL);
        }
    }
}

impl Follower {
    fn new(
        arguments: Vec<String>,
        known: Vec<KnownFile>,
        next: usize,
        clock: Rc<dyn Clock>,
        sender: PartSender,
    ) -> Self {
        Self {
            arguments,
            sender,
            clock,
            register: Register::new(known),
            entries: Vec::new(),
            next,
            looked: None,
            said: HashSet::new(),
            past: VecDeque::new(),
        }
    }

    /// A look, where one is due, and a turn. Returns whether anything came.
    fn step(&mut self) -> Result<bool, Disconnected> {
        let now = self.clock.monotonic();
        if self.looked.is_none_or(|at| now.saturating_sub(at) >= POLL) {
            self.look()?;
            self.looked = Some(self.clock.monotonic());
        }
        self.turn()
    }

    /// One part of each file in turn. Whether anything came.
    ///
    /// Files that were there at the start come first, the one that was written last at the end:
    /// in turn, an old file's events would be late by as much as a new one's are ahead.
    fn turn(&mut self) -> Result<bool, Disconnected> {
        let crowded = self.entries.len() > OPEN;
        let behind = self.entries.iter_mut().filter(|e| e.behind.is_some());
        if let Some(entry) = behind.min_by_key(|entry| (entry.behind, entry.path.clone())) {
            entry.reopen(&self.sender);
            if entry.turn(&self.sender)? == Turn::Drained {
                entry.behind = None;
                if crowded {
                    entry.rest();
                }
            }
            return Ok(true);
        }
        let mut any = false;
        for entry in &mut self.entries {
            match entry.turn(&self.sender)? {
                Turn::Some => any = true,
                Turn::Drained => {}
            }
        }
        Ok(any)
    }

    /// Looks at what is there now.
    fn look(&mut self) -> Result<(), Disconnected> {
        let (sources, errors) = input::expand(&self.arguments);
        for error in errors {
            let message = Message::warn("source-missing", format!("{error}; waiting for some"));
            self.say(match &error {
                Error::Input { name, .. } => message.about(name),
                _ => message,
            })?;
        }
        let mut there = Files::new();
        let mut order = Vec::new();
        for source in sources {
            let Source::File(path) = source else { continue };
            match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => {
                    let numbers = input::numbers(&meta);
                    there.entry(numbers).or_insert_with(|| {
                        order.push(numbers);
                        (path, meta)
                    });
                }
                Ok(_) => {}
                Err(error) => {
                    let shown = path.display().to_string();
                    let text = format!("{shown}: {}; waiting for it", explain(&error));
                    self.say(Message::warn("source-missing", text).about(&shown))?;
                }
            }
        }
        self.check(&there)?;
        let followed: HashSet<(u64, u64)> = self.entries.iter().map(|e| e.numbers).collect();
        let mut open = self.entries.iter().filter(|entry| entry.is_open()).count();
        for numbers in order {
            let Some((path, meta)) = there.get(&numbers) else {
                continue;
            };
            if !followed.contains(&numbers) {
                self.begin(path, meta, &there)?;
                open += 1;
                if let Some(entry) = self.entries.last_mut().filter(|_| open > OPEN) {
                    entry.rest();
                }
            }
        }
        self.rest();
        Ok(())
    }

    /// Compares the followed files with what is on disk: moved, grown, cut, replaced or gone.
    fn check(&mut self, there: &Files) -> Result<(), Disconnected> {
        let now = self.clock.monotonic();
        let mut left = Vec::new();
        let mut open = self.entries.iter().filter(|entry| entry.is_open()).count();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            match there.get(&entry.numbers) {
                None => {
                    let since = *entry.gone.get_or_insert(now);
                    if now.saturating_sub(since) >= LINGER {
                        entry.close();
                    }
                }
                Some((path, meta)) => {
                    entry.gone = None;
                    let cut = entry.is_cut(meta);
                    if cut.is_some() || entry.is_another(meta.len()) {
                        left.push((at, cut, meta.len()));
                    } else {
                        entry.moved(path, &self.sender)?;
                        // The others are opened when these have come to rest.
                        if open < OPEN + WAKING
                            && entry.behind.is_none()
                            && entry.has_grown(meta.len())
                        {
                            entry.reopen(&self.sender);
                            open += 1;
                        }
                    }
                }
            }
        }
        for (at, cut, length) in left.into_iter().rev() {
            let mut past = self.entries.remove(at).past();
            if let Some(how) = cut {
                // Its text may be in a copy, but is in no file of these numbers.
                let identity = &mut past.known.identity;
                (identity.device, identity.inode) = (u64::MAX, u64::MAX);
                past.cut = match length {
                    0 => Cut::Said,
                    _ => Cut::Unsaid(how),
                };
                if length == 0 {
                    self.say_cut(&identity.path, how)?;
                }
            }
            self.past.push_back(past);
        }
        let past = &mut self.past;
        let mut over = Vec::new();
        self.entries.retain_mut(|entry| {
            let gone = entry.is_done() && entry.gone.is_some();
            match (gone, entry.succeeded) {
                (false, _) => {}
                (true, false) => past.push_back(entry.past()),
                (true, true) => over.push(entry.source),
            }
            !gone
        });
        while self.past.len() > REMEMBERED {
            over.extend(self.past.pop_front().map(|past| past.source));
        }
        for source in over {
            self.sender.send(Part::Forget { source })?;
        }
        Ok(())
    }

    /// Begins with a file that was not followed so far.
    fn begin(&mut self, path: &Path, meta: &Metadata, there: &Files) -> Result<(), Disconnected> {
        let shown = path.display().to_string();
        let Some(mut file) = self.opened(&shown, File::open(path))? else {
            return Ok(());
        };
        let Some(raw) = self.opened(&shown, input::head(&mut file))? else {
            return Ok(());
        };
        // Too little to tell a byte order mark or a compression by.
        let little = raw.len() < 4 && !raw.contains(&b'\n');
        let age = |at| self.clock.wall().saturating_sub(milliseconds(at));
        // A time in the future says nothing.
        let written = meta.modified().ok();
        let settled = written.is_none_or(|at| !FRESH.contains(&age(at)));
        if little || (input::is_compressed(&raw) && !settled) {
            return Ok(());
        }
        let Some(Some(found)) = self.opened(&shown, Candidate::look(path))? else {
            return Ok(());
        };
        let numbers = (found.identity.device, found.identity.inode);
        let opened = file.metadata().ok().as_ref().map(input::numbers);
        if numbers != input::numbers(meta) || opened != Some(numbers) {
            return Ok(());
        }
        let Some((source, position)) = self.place(&found, settled, there)? else {
            return Ok(());
        };
        let clock = Rc::clone(&self.clock);
        let opened = Entry::open(source, path, file, found, position, clock, &self.sender)?;
        if let Some(mut entry) = opened {
            entry.behind = written.filter(|_| self.looked.is_none());
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Closes files from which nothing comes, when too many are open.
    fn rest(&mut self) {
        let open = self.entries.iter().filter(|entry| entry.is_open()).count();
        let mut over = open.saturating_sub(OPEN);
        for entry in &mut self.entries {
            if over > 0 && entry.is_open() && entry.is_drained() && entry.gone.is_none() {
                entry.rest();
                over -= 1;
            }
        }
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn opened<T>(
        &mut self,
        shown: &str,
        done: std::io::Result<T>,
    ) -> Result<Option<T>, Disconnected> {
        match done {
            Ok(value) => Ok(Some(value)),
            // It went away between two looks.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let text = format!("{shown}: {}; trying again", explain(&error));
                self.say(Message::warn("source-unreadable", text).about(shown))?;
                Ok(None)
            }
        }
    }

    fn say_another(&self, path: &str) -> Result<(), Disconnected> {
        let text = "is another file than before, as after a rotation; reading it from its start";
        self.note(Message::info("source-rotated", format!("{path}: {text}")).about(path))
    }

    fn say_cut(&self, path: &str, how: &str) -> Result<(), Disconnected> {
        let text = format!("{path}: {how}; reading it from its start");
        self.note(Message::warn("source-replaced", text).about(path))
    }

    fn note(&self, message: Message) -> Result<(), Disconnected> {
        self.sender.send(Part::Note(message))
    }

    /// Sends a warning, once.
    fn say(&mut self, message: Message) -> Result<(), Disconnected> {
        match self.said.insert(message.text.clone()) {
            true => self.note(message),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
