//! Follows files as they grow, are rotated, and appear.

mod entry;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::known::{self, Candidate, Held, Register};
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
    past: VecDeque<Past>,
}

/// A file that was followed.
struct Past {
    source: usize,
    known: Known,
    /// Its first bytes, where they are at hand.
    head: Vec<u8>,
    cut: Cut,
}

/// Whether what was read is no longer in the file.
#[derive(Debug, Clone, Copy)]
enum Cut {
    No,
    /// And how that came.
    Unsaid(&'static str),
    Said,
}

/// Something that was read before, of which a file may be a copy or a part.
#[derive(Debug, Clone, Copy)]
struct Relative {
    origin: Origin,
    kin: Kin,
    held: Held,
    position: Position,
    /// Whether what stands before its records has changed.
    headed: bool,
    /// Whether it was read to its end.
    ready: bool,
}

#[derive(Debug, Clone, Copy)]
enum Origin {
    Entry(usize),
    Past(usize),
    Register(usize),
}

/// From far to near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kin {
    /// It begins alike.
    Copy,
    /// It was at the same path.
    Path,
    /// It is the same file.
    Same,
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
        let mut left = Vec::new();
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
                    let cut = entry.is_cut(meta);
                    if cut.is_some() || entry.is_another(meta.len()) {
                        left.push((at, cut, meta.len()));
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
        for (at, cut, length) in left.into_iter().rev() {
            let mut past = self.entries.remove(at).past();
            if let Some(how) = cut {
                // What was in it may be in a copy, but is in no file of these numbers.
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
        let outbox = self.outbox;
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
            outbox.send(Part::Forget { source })?;
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
        // Too little to tell a byte order mark or a compression by.
        let little = raw.len() < 4 && !raw.contains(&b'\n');
        let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
        let settled = age.is_none_or(|age| age >= SETTLED);
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
        if let Some(mut entry) = Entry::open(source, path, file, found, position, self.outbox)? {
            entry.behind = meta.modified().ok().filter(|_| self.first);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Which source a file is that was not followed so far, and where it goes on;
    /// none while that cannot be told yet.
    fn place(
        &mut self,
        file: &Candidate,
        settled: bool,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Result<Option<(usize, Position)>, Gone> {
        let path = &file.identity.path;
        let relatives = self.relatives(file, there);
        let reached = |held: fn(&Held) -> bool| {
            let found = relatives.iter().filter(move |one| held(&one.held));
            // Of those that were read as far, the nearest kin.
            found.max_by_key(|one| (one.position.reached, one.kin))
        };
        let whole = reached(|held| *held == Held::All).copied();
        let part = reached(|held| matches!(held, Held::Part { .. })).is_some();
        let least = whole.map_or(0, |one| one.position.reached);
        let waits = |one: &Relative| match one.held {
            Held::All => !one.ready,
            Held::Part { cut } => !one.ready || !settled || cut,
            Held::None => false,
        };
        if relatives
            .iter()
            .any(|one| one.position.reached >= least && waits(one))
        {
            return Ok(None);
        }
        // What is read of another file again is what was read of the one before.
        let copied = |one: &Relative| one.kin == Kin::Same || file.has_all(one.position);
        if let Some(one) = whole.filter(copied) {
            let (origin, position) = (one.origin, one.position);
            if one.kin == Kin::Path && position.reached > 0 {
                let text = if one.headed {
                    known::HEADED
                } else {
                    known::GROWN
                };
                self.note(Level::Info, path, text)?;
            }
            let source = match one.kin {
                Kin::Copy => self.number(),
                Kin::Path | Kin::Same => self.succeed(origin),
            };
            return Ok(Some((source, position)));
        }
        if part {
            let text = format!("{}; reading it from its start", known::SHORTER);
            self.note(Level::Warn, path, &text)?;
        }
        self.replaced(path, part, there)?;
        Ok(Some((self.number(), Position::default())))
    }

    /// The number of the source of which a file is the successor at its path, or that it is.
    fn succeed(&mut self, origin: Origin) -> usize {
        match origin {
            Origin::Entry(at) => {
                // That one is read on until nobody can have it open any more.
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
    fn replaced(
        &mut self,
        path: &str,
        said: bool,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Result<(), Gone> {
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
                let text = "is another file than was read before; reading it from its start";
                self.note(Level::Warn, path, text)?;
            }
            return self.outbox.send(Part::Forget { source });
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

    fn say_another(&self, path: &str) -> Result<(), Gone> {
        let text = "is another file than before, as after a rotation; reading it from its start";
        self.note(Level::Info, path, text)
    }

    fn say_cut(&self, path: &str, how: &str) -> Result<(), Gone> {
        self.note(
            Level::Warn,
            path,
            &format!("{how}; reading it from its start"),
        )
    }

    fn note(&self, level: Level, path: &str, text: &str) -> Result<(), Gone> {
        self.outbox
            .send(Part::Note(level, format!("{path}: {text}")))
    }

    /// All that was read before that may be this file, or a part of it.
    fn relatives(
        &self,
        file: &Candidate,
        there: &HashMap<(u64, u64), (PathBuf, Metadata)>,
    ) -> Vec<Relative> {
        let mut relatives = Vec::new();
        let path = Path::new(&file.identity.path);
        let mut add = |origin, identity: &Identity, position, head: &[u8], ready: bool| {
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
                true => Held::All,
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
            let ready = entry.is_dry() && entry.behind.is_none();
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
            // What was claimed is an entry or past, and knows better.
            let here = Path::new(&identity.path) == path || identity.is_at(&file.identity);
            if !(here && self.register.is_claimed(at)) {
                add(Origin::Register(at), identity, known.position, &[], true);
            }
        }
        relatives
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
