//! Follows files as they grow, are rotated, and appear.

mod entry;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::known::{self, Match, Register};
use super::{Gone, Known, Outbox, Part};
use crate::frame::Position;
use crate::input::{self, Identity, Source, explain};
use crate::message::Level;
use entry::{Entry, Turn};

/// Time between two looks at the files.
const POLL: Duration = Duration::from_millis(100);
/// A compressed file, or a copy, is taken for whole when it was not written to for this long.
const SETTLED: Duration = Duration::from_secs(1);
/// A file that is gone from its place is read on for this long: who writes it may
/// not have opened the new one yet.
const LINGER: Duration = match cfg!(test) {
    true => Duration::from_millis(300),
    false => Duration::from_secs(60),
};
/// Most files that are kept open while nothing comes from them.
const OPEN: usize = 256;
/// Files that are opened again beyond those, until some have come to rest.
const WAKING: usize = 64;
/// Files that are gone of which it is known what was read.
const REMEMBERED: usize = 1024;
struct Follower<'a> {
    arguments: &'a [String],
    outbox: &'a Outbox,
    register: Register,
    entries: Vec<Entry>,
    /// Number of the next new source.
    next: usize,
    /// Whether this is the first look.
    first: bool,
    /// What was said and need not be said again.
    said: HashSet<String>,
    /// What was read of files that are gone: they may come back, or copies of them.
    past: VecDeque<(usize, Known)>,
}

/// Follows them until nobody wants more. `known` is what earlier runs have read.
pub(super) fn run(
    arguments: &[String],
    known: Vec<Known>,
    next: usize,
    outbox: &Outbox,
) -> Result<(), Gone> {
    let mut follower = Follower {
        arguments,
        outbox,
        register: Register::new(known),
        entries: Vec::new(),
        next,
        first: true,
        said: HashSet::new(),
        past: VecDeque::new(),
    };
    let mut looked: Option<Instant> = None;
    loop {
        if outbox.is_stopped() {
            return Err(Gone);
        }
        if looked.is_none_or(|at| at.elapsed() >= POLL) {
            follower.look()?;
            follower.first = false;
            looked = Some(Instant::now());
        }
        if !follower.turn()? {
            thread::sleep(POLL);
        }
    }
}

impl Follower<'_> {
    /// One part of each file in turn. Whether anything came.
    ///
    /// What was there at the start comes first, the file that was written last at the end:
    /// in turn, an old file's events would be late by as much as a new one's are ahead.
    fn turn(&mut self) -> Result<bool, Gone> {
        let crowded = self.entries.len() > OPEN;
        let behind = self.entries.iter_mut().filter(|e| e.behind.is_some());
        if let Some(entry) = behind.min_by_key(|entry| (entry.behind, entry.path.clone())) {
            entry.reopen(self.outbox);
            if entry.turn(self.outbox)? == Turn::Dry {
                entry.behind = None;
                if crowded {
                    entry.rest();
                }
            }
            return Ok(true);
        }
        let mut any = false;
        for entry in &mut self.entries {
            match entry.turn(self.outbox)? {
                Turn::Some => any = true,
                Turn::Dry => {}
            }
        }
        Ok(any)
    }

    /// Looks at what is there now.
    fn look(&mut self) -> Result<(), Gone> {
        let (sources, errors) = input::expand(self.arguments);
        for error in errors {
            self.say(format!("{error}; waiting for some"))?;
        }
        let mut there: HashMap<(u64, u64), (PathBuf, Metadata)> = HashMap::new();
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
                    let shown = path.display();
                    self.say(format!("{shown}: {}; waiting for it", explain(&error)))?;
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

    /// What became of the files that are followed.
    fn check(&mut self, there: &HashMap<(u64, u64), (PathBuf, Metadata)>) -> Result<(), Gone> {
        let mut cut = Vec::new();
        let mut open = self.entries.iter().filter(|entry| entry.is_open()).count();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            match there.get(&entry.numbers) {
                None => {
                    let since = *entry.gone.get_or_insert_with(Instant::now);
                    if since.elapsed() >= LINGER {
                        entry.close();
                    }
                }
                Some((path, meta)) => {
                    entry.gone = None;
                    if entry.is_cut(meta.len()) {
                        cut.push(at);
                    } else {
                        entry.moved(path, self.outbox)?;
                        // The others are opened when these have come to rest.
                        if open < OPEN + WAKING
                            && entry.behind.is_none()
                            && entry.has_grown(meta.len())
                        {
                            entry.reopen(self.outbox);
                            open += 1;
                        }
                    }
                }
            }
        }
        for at in cut.into_iter().rev() {
            let entry = self.entries.remove(at);
            let shown = entry.path.display();
            self.outbox.send(Part::Note(
                Level::Warn,
                format!("{shown}: was truncated; reading it from its start"),
            ))?;
            // What was in it may be in a copy, but is in no file of these numbers.
            let mut known = entry.known();
            (known.identity.device, known.identity.inode) = (u64::MAX, u64::MAX);
            self.past.push_back((entry.source, known));
            self.outbox.send(Part::Forget {
                source: entry.source,
            })?;
        }
        let past = &mut self.past;
        self.entries.retain(|entry| {
            let gone = entry.is_done() && entry.gone.is_some();
            if gone {
                past.push_back((entry.source, entry.known()));
            }
            !gone
        });
        while self.past.len() > REMEMBERED {
            if let Some((source, _)) = self.past.pop_front() {
                self.outbox.send(Part::Forget { source })?;
            }
        }
        Ok(())
    }

    /// Begins with a file that was not followed so far.
    fn begin(
        &mut self,
        path: &Path,
        meta: &Metadata,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Result<(), Gone> {
        let shown = path.display().to_string();
        let Some(mut file) = self.opened(&shown, File::open(path))? else {
            return Ok(());
        };
        let Some(raw) = self.opened(&shown, input::head(&mut file))? else {
            return Ok(());
        };
        let compressed = input::is_compressed(&raw);
        // Too little to tell a byte order mark or a compression by.
        let little = raw.len() < 4 && !raw.contains(&b'\n');
        let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
        let settled = age.is_none_or(|age| age >= SETTLED);
        if little || (compressed && !settled) {
            return Ok(());
        }
        let Some(Some((identity, head))) = self.opened(&shown, Identity::of(path))? else {
            return Ok(());
        };
        if (identity.device, identity.inode) != input::numbers(meta) {
            return Ok(());
        }
        let length = meta.len().saturating_sub(input::mark_length(&raw));
        let length = (!compressed).then_some(length);
        let place = match self.returned(&identity, &head, length) {
            Some(place) => Some(place),
            None => self.place(&identity, &head, length, settled, there)?,
        };
        let Some((source, position)) = place else {
            return Ok(());
        };
        let entry = Entry::open(
            source,
            path,
            file,
            compressed,
            identity,
            position,
            self.outbox,
        )?;
        if let Some(mut entry) = entry {
            entry.behind = meta.modified().ok().filter(|_| self.first);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Which source a file is that was not followed so far, and where it goes on;
    /// none while that cannot be told yet.
    fn place(
        &mut self,
        identity: &Identity,
        head: &[u8],
        length: Option<u64>,
        settled: bool,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Result<Option<(usize, Position)>, Gone> {
        let shown = &identity.path;
        match self.register.claim(identity, head) {
            Match::Same(source) => {
                let known = self.register.get(source);
                let position = known.map(|known| known.position);
                return Ok(Some((source, position.unwrap_or_default())));
            }
            Match::Replaced(source, why) => {
                self.outbox.send(Part::Note(Level::Warn, format!(
                    "{shown}: {why}; reading it from its start"
                )))?;
                self.outbox.send(Part::Forget { source })?;
            }
            Match::New => match self.copied(shown, head, length, settled) {
                Copied::NotYet => return Ok(None),
                Copied::From(position) => return Ok(Some((self.number(), position))),
                Copied::Short => self.outbox.send(Part::Note(Level::Warn, format!(
                    "{shown}: is shorter than what was read of it before; reading it from its start"
                )))?,
                Copied::No if length.is_some() => self.replaced(identity, there)?,
                Copied::No => {}
            },
        }
        Ok(Some((self.number(), Position::default())))
    }

    /// Says that what an earlier run read at this path is gone, if it is.
    fn replaced(
        &mut self,
        identity: &Identity,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Result<(), Gone> {
        let renamed = self.register.unclaimed().any(|(_, known)| {
            let numbers = (known.identity.device, known.identity.inode);
            known.identity.path == identity.path && there.contains_key(&numbers)
        });
        if renamed {
            return Ok(());
        }
        if let Some(source) = self.register.claim_path(&identity.path) {
            let path = &identity.path;
            let known = self.register.get(source).cloned();
            self.past.extend(known.map(|known| (source, known)));
            self.outbox.send(Part::Note(
                Level::Warn,
                format!("{path}: is another file than was read before; reading it from its start"),
            ))?;
            self.outbox.send(Part::Forget { source })?;
        }
        Ok(())
    }

    /// What was read of a file that was out of sight for a while; it is at least as
    /// long as that, where its length tells.
    fn returned(
        &mut self,
        identity: &Identity,
        head: &[u8],
        length: Option<u64>,
    ) -> Option<(usize, Position)> {
        let at = self.past.iter().rposition(|(_, known)| {
            known.identity.is_at(identity)
                && known.identity.begins(head)
                && length.is_none_or(|length| length >= known.position.reached)
        })?;
        let (source, known) = self.past.remove(at)?;
        Some((source, known.position))
    }

    /// Where a text goes on when it is a copy of one that was read. A compressed one
    /// has no `length` that tells; a plain one at the path of another replaces it.
    fn copied(&self, path: &str, head: &[u8], length: Option<u64>, settled: bool) -> Copied {
        let same = |identity: &Identity| {
            (length.is_none() || identity.path != path) && known::is_copy(identity, head)
        };
        let entries = self.entries.iter().filter(|entry| same(&entry.identity));
        let position = match entries.max_by_key(|entry| entry.position.reached) {
            Some(entry) if !entry.is_dry() || entry.behind.is_some() => return Copied::NotYet,
            Some(entry) => entry.position,
            None => {
                let past = self.past.iter().rev().map(|(_, known)| known);
                let mut past = past;
                let past = past.find(|known| same(&known.identity));
                match past.or_else(|| self.register.copied(same)) {
                    Some(known) => known.position,
                    None => return Copied::No,
                }
            }
        };
        let short = match length {
            Some(length) => length < position.reached,
            None => Source::File(path.into()).is_shorter(position.reached),
        };
        match (short, settled) {
            (false, _) => Copied::From(position),
            (true, false) => Copied::NotYet,
            (true, true) => Copied::Short,
        }
    }

    /// Closes files from which nothing comes, when too many are open.
    fn rest(&mut self) {
        let open = self.entries.iter().filter(|entry| entry.is_open()).count();
        let mut over = open.saturating_sub(OPEN);
        for entry in &mut self.entries {
            if over > 0 && entry.is_open() && entry.is_dry() && entry.gone.is_none() {
                entry.rest();
                over -= 1;
            }
        }
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn opened<T>(&mut self, shown: &str, done: std::io::Result<T>) -> Result<Option<T>, Gone> {
        match done {
            Ok(value) => Ok(Some(value)),
            // It went away between two looks.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                self.say(format!("{shown}: {}; trying again", explain(&error)))?;
                Ok(None)
            }
        }
    }

    /// Says something once.
    fn say(&mut self, message: String) -> Result<(), Gone> {
        if self.said.contains(&message) {
            return Ok(());
        }
        self.said.insert(message.clone());
        self.outbox.send(Part::Note(Level::Warn, message))
    }
}

enum Copied {
    No,
    /// The text that it is a copy of is still being read.
    NotYet,
    From(Position),
    /// It is the start of one.
    Short,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
