//! Reads sources one after the other, each to its end.

use std::collections::HashMap;
use std::fs::{self, Metadata};

use super::index::Index;
use super::known::{self, Candidate, Held, Match, Register};
use super::reader::{Reader, Step};
use super::{Gone, Known, Outbox, Part};
use crate::frame::Position;
use crate::input::{self, Identity, Source};
use crate::message::Level;

/// Reads all of them.
pub(super) fn run(
    sources: &[Source],
    known: Vec<Known>,
    keeps: bool,
    outbox: &Outbox,
) -> Result<(), Gone> {
    let mut next = known.len();
    let mut register = Register::new(known);
    let mut looks = Vec::new();
    for source in distinct(sources, outbox)? {
        looks.push((source, Look::of(source, &mut register)));
    }
    // Files that were renamed are known by now: what is at their old paths is not taken for them.
    for (source, look) in &mut looks {
        look.ask_path(source, &mut register);
    }
    let mut read = Read::default();
    for (source, mut look) in looks {
        look.again(source, &mut register);
        let (progress, size) = (&outbox.progress, look.size.unwrap_or(0));
        let before = progress.stored();
        match begin(source, &look, &register, &read, keeps, next, outbox)? {
            Begin::Pass => {}
            Begin::At(number, position) => {
                next = next.max(number + 1);
                let identity = look.identity.clone();
                let reached = read_on(source, number, look, position, keeps, outbox)?;
                let ended = identity.filter(|_| keeps).zip(reached);
                if let Some((identity, position)) = ended {
                    read.add(identity, position);
                }
            }
        }
        // What was read before, and what cannot be read.
        let read = progress.stored().saturating_sub(before);
        progress.pass(size.saturating_sub(read));
    }
    Ok(())
}

/// What this run has read, for copies of it.
#[derive(Default)]
struct Read {
    known: Vec<Known>,
    index: Index,
}

impl Read {
    fn add(&mut self, identity: Identity, position: Position) {
        self.index.add(self.known.len(), &identity);
        self.known.push(Known {
            identity,
            position,
            finished: None,
        });
    }

    /// Those that a file may be a copy or a part of.
    fn kin(&self, file: &Candidate) -> impl Iterator<Item = &Known> {
        let all = file.kin(&self.index).into_iter();
        all.filter_map(|at| self.known.get(at))
    }
}

/// The sources, each file once whatever it is called.
fn distinct<'a>(sources: &'a [Source], outbox: &Outbox) -> Result<Vec<&'a Source>, Gone> {
    let mut seen: HashMap<(u64, u64), String> = HashMap::new();
    let mut distinct = Vec::new();
    for source in sources {
        let name = source.name();
        if let Some(numbers) = numbers(source) {
            if let Some(first) = seen.get(&numbers) {
                outbox.send(Part::Note(
                    Level::Info,
                    format!("{name}: is the same file as {first}; it is read once"),
                ))?;
                outbox.progress.pass(size(source).unwrap_or(0));
                continue;
            }
            seen.insert(numbers, name);
        }
        distinct.push(source);
    }
    Ok(distinct)
}

/// Reads a source without a position.
pub(super) fn stream(source: &Source, number: usize, outbox: &Outbox) -> Result<(), Gone> {
    let look = Look::default();
    read_on(source, number, look, Position::default(), false, outbox).map(|_| ())
}

/// What a source is before it is read.
struct Look {
    /// None when it is no regular file; opening it will say what is wrong.
    identity: Option<Identity>,
    found: Match,
    /// What is known of files before it at its path, and is of no more use.
    before: Vec<usize>,
    /// Whether it may be written to: compressed files are whole, and streams end once.
    grows: bool,
    /// Length in bytes; a file that grows while it is read is looked at again.
    size: Option<u64>,
    /// Where it goes on, if it is known, and whether what stands before its records has changed.
    position: Position,
    headed: bool,
    /// Whether the run before left its last line, and nothing came since.
    stood: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            identity: None,
            found: Match::New,
            before: Vec::new(),
            grows: false,
            size: None,
            position: Position::default(),
            headed: false,
            stood: false,
        }
    }
}

impl Look {
    /// Looks at a source, and claims what is known of it by its numbers.
    fn of(source: &Source, register: &mut Register) -> Self {
        match candidate(source) {
            None => Self::default(),
            Some(file) => {
                let found = register.claim_same(&file);
                let (position, headed) = position(found, &file, register);
                Self {
                    found,
                    position,
                    headed,
                    stood: is_left(found, position, &file, register),
                    before: Vec::new(),
                    grows: file.length.is_some(),
                    size: Some(file.size),
                    identity: Some(file.identity),
                }
            }
        }
    }

    /// Claims what is known of files that were at its path before.
    fn ask_path(&mut self, source: &Source, register: &mut Register) {
        let path = source.name();
        let any = register.unclaimed_at(&path).next().is_some();
        let Some(file) = candidate(source).filter(|_| any && self.identity.is_some()) else {
            return;
        };
        match self.found {
            Match::New => {
                self.found = register.claim_path(&file);
                (self.position, self.headed) = position(self.found, &file, register);
                self.stood = is_left(self.found, self.position, &file, register);
            }
            _ => self.before = register.claim_before(&file),
        }
    }

    /// Looks again where another file is in its place by now.
    fn again(&mut self, source: &Source, register: &mut Register) {
        let before = self.identity.as_ref();
        let before = before.map(|identity| (identity.device, identity.inode));
        if before.is_none() || numbers(source) == before.filter(|numbers| *numbers != (0, 0)) {
            return;
        }
        if let Some(at) = self.found.source() {
            register.claim(at, false);
        }
        *self = Self::of(source, register);
        self.ask_path(source, register);
    }

    /// Whether it was read to its end before and has not changed.
    fn is_done(&self, register: &Register) -> bool {
        let (Match::Same(number) | Match::Grown(number)) = self.found else {
            return false;
        };
        let finished = register.get(number).and_then(|known| known.finished);
        finished.is_some() && finished == self.size && !self.stood
    }
}

/// Where a file goes on that was found to be known, and whether what stands before its records has
/// changed.
fn position(found: Match, file: &Candidate, register: &Register) -> (Position, bool) {
    let known = found.source().and_then(|at| register.get(at));
    known.map_or((Position::default(), false), |known| {
        let (identity, position) = (&known.identity, known.position);
        let headed = file.is_headed(identity, position);
        (file.moved(identity, position), headed)
    })
}

/// Whether a file is as it was at the end of the run before, which left its last line.
fn is_left(found: Match, position: Position, file: &Candidate, register: &Register) -> bool {
    let (Match::Same(number) | Match::Grown(number)) = found else {
        return false;
    };
    let finished = register.get(number).and_then(|known| known.finished);
    let more = file.length.is_some_and(|length| length > position.offset);
    finished == Some(file.size) && position.documents == 0 && more
}

fn candidate(source: &Source) -> Option<Candidate> {
    match source {
        Source::Stdin => None,
        Source::File(path) => Candidate::look(path).ok().flatten(),
    }
}

/// A file's length in bytes.
fn size(source: &Source) -> Option<u64> {
    match source {
        Source::Stdin => None,
        Source::File(path) => fs::metadata(path).ok().map(|meta| meta.len()),
    }
}

/// What tells a file from others, whatever it is called; none where nothing does.
fn numbers(source: &Source) -> Option<(u64, u64)> {
    let Source::File(path) = source else {
        return None;
    };
    let meta = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(input::numbers(&meta)).filter(|numbers| *numbers != (0, 0))
}

/// What is to be done with a source.
enum Begin {
    /// It is read from there, as the source of that number.
    At(usize, Position),
    /// There is nothing new in it.
    Pass,
}

/// Where a source is to be read from, and its number. `read` is what this run has read so far.
fn begin(
    source: &Source,
    look: &Look,
    register: &Register,
    read: &Read,
    keeps: bool,
    next: usize,
    outbox: &Outbox,
) -> Result<Begin, Gone> {
    let name = source.name();
    let note = |level, text: &str| outbox.send(Part::Note(level, format!("{name}: {text}")));
    let position = look.position;
    for source in look.before.iter().copied() {
        outbox.send(Part::Forget { source })?;
    }
    if look.is_done(register) {
        if let (Match::Grown(source), Some(identity)) = (look.found, look.identity.clone()) {
            outbox.send(Part::Identified { source, identity })?;
        }
        outbox.send(Part::Unchanged)?;
        return Ok(Begin::Pass);
    }
    match look.found {
        Match::Same(number) => return Ok(Begin::At(number, position)),
        Match::Grown(number) => {
            if position.reached > 0 && !look.stood {
                let text = if look.headed {
                    known::HEADED
                } else {
                    known::GROWN
                };
                note(Level::Info, text)?;
            }
            return Ok(Begin::At(number, position));
        }
        Match::Partial(_) => {
            note(Level::Info, known::PARTIAL)?;
            return Ok(Begin::Pass);
        }
        Match::Replaced(..) | Match::New => {}
    }
    let copied = match candidate(source) {
        Some(file) if keeps || !look.grows => copied(&file, register, read),
        _ => None,
    };
    match (copied, look.found) {
        (Some((Held::Part { cut: true }, _)), found) => {
            if let Some(source) = found.source() {
                outbox.send(Part::Forget { source })?;
            }
            note(Level::Info, known::PARTIAL)?;
            return Ok(Begin::Pass);
        }
        (Some((Held::All, position)), found) => {
            if let Some(source) = found.source() {
                outbox.send(Part::Forget { source })?;
            }
            return Ok(Begin::At(next, position));
        }
        (_, Match::Replaced(source, why)) => {
            note(Level::Warn, &format!("{why}; reading it from its start"))?;
            outbox.send(Part::Forget { source })?;
        }
        (Some((Held::Part { cut: false }, _)), _) => {
            note(
                Level::Warn,
                &format!("{}; reading it from its start", known::SHORTER),
            )?;
        }
        _ => {}
    }
    Ok(Begin::At(next, Position::default()))
}

/// How much of a text that was read under another path a file has: the one of which that is most.
fn copied(file: &Candidate, register: &Register, read: &Read) -> Option<(Held, Position)> {
    let others = register.kin(file).map(|(_, known)| known);
    let others = others.chain(read.kin(file));
    // What an older checkpoint says is not enough to tell a plain copy by.
    let telling = |known: &Known| file.length.is_none() || known.position.print.is_some();
    let alike = others.filter(|known| telling(known) && file.may_be_of(&known.identity));
    let mut held: Vec<_> = alike
        .map(|known| {
            (
                file.holds(&known.identity, known.position, &[]),
                file.moved(&known.identity, known.position),
            )
        })
        .filter(|(held, _)| *held != Held::None)
        .collect();
    // Of two that were read as far, the one that is all there; what lost whole lines comes last.
    held.sort_by_key(|(held, position)| {
        let shorter = *held == Held::Part { cut: false };
        (!shorter, position.reached, *held == Held::All)
    });
    while let Some((held, position)) = held.pop() {
        if held != Held::All || file.has_all(position) {
            return Some((held, position));
        }
    }
    None
}

/// Reads a source from there to its end. The answer is where that is, if it was reached.
fn read_on(
    source: &Source,
    number: usize,
    look: Look,
    position: Position,
    keeps: bool,
    outbox: &Outbox,
) -> Result<Option<Position>, Gone> {
    let name = source.name();
    let (bytes, plain) = match source.open_again(position.offset, &outbox.progress) {
        Ok(opened) => opened,
        Err(error) => return outbox.send(Part::Bad(error)).map(|()| None),
    };
    let head = look.identity.as_ref().map_or(0, Identity::before_list);
    let stood = look.stood;
    outbox.send(Part::Opened {
        source: number,
        name: name.clone(),
        identity: look.identity,
        position,
    })?;
    let eager = !source.is_live();
    let mut reader = Reader::new(number, name, bytes, outbox, eager, position)
        .leaving(keeps && look.grows)
        .stood(stood)
        .plain(plain);
    if keeps {
        reader = reader.printing(&known::behind(source, position), head);
    }
    loop {
        match reader.step() {
            Step::Part(part) => outbox.send(part)?,
            // Only a stream that does not block is ever without more for now.
            Step::Dry if outbox.is_stopped() => return Err(Gone),
            Step::Dry => std::thread::sleep(input::PAUSE),
            Step::Failed(part) => return outbox.send(part).map(|()| None),
            Step::End(position) => {
                if let Some(line) = reader.left().filter(|_| !stood) {
                    outbox.send(Part::Note(Level::Info, format!(
                        "{}:{line}: its last line is not whole yet; it is left for the next run",
                        source.name()
                    )))?;
                }
                outbox.send(Part::Ended {
                    source: number,
                    position,
                    size: look.size,
                })?;
                return Ok(Some(position));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::feed::{Feed, Next};
    use crate::sandbox::Limits;
    use std::time::Duration;

    /// All batches of a file, as far as each says where it can be read again: whether it gives
    /// the same there.
    fn again(text: &[u8], limits: &Limits) -> Vec<bool> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let source = Source::File(file.path().to_owned());
        let mut feed = Feed::replay(vec![source], limits, Vec::new(), false).unwrap();
        let mut found = Vec::new();
        loop {
            match feed.next(Duration::from_secs(10)).unwrap() {
                Next::End => return found,
                Next::Part(Part::Batch(batch)) => {
                    // Renamed or removed, it is still there.
                    let _ = fs::remove_file(file.path());
                    let read = batch.place.as_ref().map(|place| place.read().unwrap());
                    found.extend(read.map(|read| read == *batch.bytes));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn batches_of_a_plain_file_can_be_read_again_where_they_say() {
        let limits = Limits::default();
        let lines = |end: &str| format!("{{\"n\":\"{}\"}}{end}", "x".repeat(100)).repeat(20_000);
        for text in [
            lines("\n"),
            format!("\u{feff}{}", lines("\n")),
            lines("\r\n\r\n"),
            lines("\n").trim_end().to_owned(),
            format!("\n\n{}", lines("\n\n")),
        ] {
            let found = again(text.as_bytes(), &limits);
            assert!(found.len() > 5 && !found.contains(&false), "{found:?}");
        }
        // In an array they are not lines of the file.
        let array = format!("[\n{}]", lines(",\n").trim_end().trim_end_matches(','));
        assert!(!again(array.as_bytes(), &limits).contains(&false));
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, lines("\n").as_bytes()).unwrap();
        assert!(again(&gz.finish().unwrap(), &limits).is_empty());
    }

    #[test]
    fn all_bytes_of_the_files_are_done_at_the_end_whatever_could_be_read_of_them() {
        let room = tempfile::tempdir().unwrap();
        let path = |name: &str| room.path().join(name);
        let text = "{\"n\":1}\n".repeat(50_000);
        fs::write(path("plain"), &text).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
        let gz = gz.finish().unwrap();
        fs::write(path("whole.gz"), &gz).unwrap();
        fs::write(path("cut.gz"), &gz[..gz.len() / 2]).unwrap();
        fs::write(path("utf-16"), b"\xff\xfe{\0}\0").unwrap();
        let names = ["plain", "whole.gz", "plain", "cut.gz", "none", "utf-16"];
        let sources = names.map(|name| Source::File(path(name))).to_vec();
        let limits = Limits::default();
        let mut feed = Feed::replay(sources, &limits, Vec::new(), false).unwrap();
        let progress = feed.progress();
        let total = 2 * text.len() + gz.len() + gz.len() / 2 + 6;
        assert_eq!(progress.total(), Some(total as u64));
        while !matches!(feed.next(Duration::from_secs(10)).unwrap(), Next::End) {}
        assert_eq!(progress.stored(), total as u64);
        // The second `plain`, and what nobody can read.
        let passed = progress.passed();
        assert!(
            passed >= text.len() as u64 && passed < total as u64,
            "{passed}"
        );
        assert_eq!(crate::feed::stored(&[Source::Stdin]), None);
    }
}
