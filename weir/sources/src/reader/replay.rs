//! Replay: reads sources one after the other, each to its end.

mod state;

use std::collections::HashMap;

use super::index::Index;
use super::known_file::{self, Candidate, Match, Overlap, Register};
use super::source::{SourceReader, Step};
use super::{Disconnected, KnownFile, Part, PartSender};
use crate::frame::Position;
use crate::input::{self, FileFingerprint, Source};
use state::{SourceState, candidate, numbers, size};
use weir_common::message::Message;

/// Reads all of them.
pub(super) fn run(
    sources: &[Source],
    known: Vec<KnownFile>,
    keeps: bool,
    sender: &PartSender,
) -> Result<(), Disconnected> {
    let mut next = known.len();
    let mut register = Register::new(known);
    let mut states = Vec::new();
    for source in distinct(sources, sender)? {
        states.push((source, SourceState::of(source, &mut register)));
    }
    // Files that were renamed are known by now: what is at their old paths is not taken for them.
    for (source, state) in &mut states {
        state.match_path(source, &mut register);
    }
    let mut read = Read::default();
    for (source, mut state) in states {
        state.refresh(source, &mut register);
        let (progress, size) = (&sender.progress, state.size.unwrap_or(0));
        let before = progress.stored();
        match begin(source, &state, &register, &read, keeps, next, sender)? {
            Begin::Pass => {}
            Begin::At(number, position) => {
                next = next.max(number + 1);
                let identity = state.identity.clone();
                let reached = read_on(source, number, state, position, keeps, sender)?;
                let ended = identity.filter(|_| keeps).zip(reached);
                if let Some((identity, position)) = ended {
                    read.add(identity, position);
                }
            }
        }
        // Bytes that were read before or cannot be read count as passed.
        let read = progress.stored().saturating_sub(before);
        progress.pass(size.saturating_sub(read));
    }
    Ok(())
}

/// Files that this run has read, for recognising copies of them.
#[derive(Default)]
struct Read {
    known: Vec<KnownFile>,
    index: Index,
}

impl Read {
    fn add(&mut self, identity: FileFingerprint, position: Position) {
        self.index.add(self.known.len(), &identity);
        self.known.push(KnownFile {
            identity,
            position,
            finished: None,
        });
    }

    /// Those that a file may be a copy or a part of.
    fn kin(&self, file: &Candidate) -> impl Iterator<Item = &KnownFile> {
        let all = file.kin(&self.index).into_iter();
        all.filter_map(|at| self.known.get(at))
    }
}

/// The sources, each file once whatever it is called.
fn distinct<'a>(
    sources: &'a [Source],
    sender: &PartSender,
) -> Result<Vec<&'a Source>, Disconnected> {
    let mut seen: HashMap<(u64, u64), String> = HashMap::new();
    let mut distinct = Vec::new();
    for source in sources {
        let name = source.name();
        if let Some(numbers) = numbers(source) {
            if let Some(first) = seen.get(&numbers) {
                let text = format!("{name}: is the same file as {first}; it is read once");
                let message = Message::info("source-twice", text).about(&name);
                sender.send(Part::Note(message))?;
                sender.progress.pass(size(source).unwrap_or(0));
                continue;
            }
            seen.insert(numbers, name);
        }
        distinct.push(source);
    }
    Ok(distinct)
}

/// Reads a source without a position.
pub(super) fn stream(
    source: &Source,
    number: usize,
    sender: &PartSender,
) -> Result<(), Disconnected> {
    let state = SourceState::default();
    read_on(source, number, state, Position::default(), false, sender).map(|_| ())
}

/// Decision on a source.
enum Begin {
    /// It is read from there, as the source of that number.
    At(usize, Position),
    /// There is nothing new in it.
    Pass,
}

/// Where a source is to be read from, and its number. `read` is what this run has read so far.
fn begin(
    source: &Source,
    state: &SourceState,
    register: &Register,
    read: &Read,
    keeps: bool,
    next: usize,
    sender: &PartSender,
) -> Result<Begin, Disconnected> {
    let name = source.name();
    let info = |code, text: &str| {
        let message = Message::info(code, format!("{name}: {text}"));
        sender.send(Part::Note(message.about(&name)))
    };
    let replaced = |how: &str| {
        let text = format!("{name}: {how}; reading it from its start");
        let message = Message::warn("source-replaced", text);
        sender.send(Part::Note(message.about(&name)))
    };
    let position = state.position;
    for source in state.before.iter().copied() {
        sender.send(Part::Forget { source })?;
    }
    if state.is_done(register) {
        if let (Match::Grown(source), Some(identity)) = (state.found, state.identity.clone()) {
            sender.send(Part::Identified { source, identity })?;
        }
        sender.send(Part::Unchanged)?;
        return Ok(Begin::Pass);
    }
    match state.found {
        Match::Same(number) => return Ok(Begin::At(number, position)),
        Match::Grown(number) => {
            if position.reached > 0 && !state.stood {
                let text = if state.headed {
                    known_file::HEADED
                } else {
                    known_file::GROWN
                };
                info("source-grown", text)?;
            }
            return Ok(Begin::At(number, position));
        }
        Match::Partial(_) => {
            info("source-older", known_file::PARTIAL)?;
            return Ok(Begin::Pass);
        }
        Match::Replaced(..) | Match::New => {}
    }
    let copied = match candidate(source) {
        Some(file) if keeps || !state.grows => copied(&file, register, read),
        _ => None,
    };
    match (copied, state.found) {
        (Some((Overlap::Part { cut: true }, _)), found) => {
            if let Some(source) = found.source() {
                sender.send(Part::Forget { source })?;
            }
            info("source-older", known_file::PARTIAL)?;
            return Ok(Begin::Pass);
        }
        (Some((Overlap::All, position)), found) => {
            if let Some(source) = found.source() {
                sender.send(Part::Forget { source })?;
            }
            return Ok(Begin::At(next, position));
        }
        (_, Match::Replaced(source, why)) => {
            replaced(why)?;
            sender.send(Part::Forget { source })?;
        }
        (Some((Overlap::Part { cut: false }, _)), _) => {
            replaced(known_file::SHORTER)?;
        }
        _ => {}
    }
    Ok(Begin::At(next, Position::default()))
}

/// How much of a text that was read under another path a file has: the one of which that is most.
fn copied(file: &Candidate, register: &Register, read: &Read) -> Option<(Overlap, Position)> {
    let others = register.kin(file).map(|(_, known)| known);
    let others = others.chain(read.kin(file));
    // An older checkpoint does not hold enough to recognise an uncompressed copy.
    let telling = |known: &KnownFile| file.length.is_none() || known.position.print.is_some();
    let alike = others.filter(|known| telling(known) && file.may_be_of(&known.identity));
    let mut held: Vec<_> = alike
        .map(|known| {
            (
                file.holds(&known.identity, known.position, &[]),
                file.moved(&known.identity, known.position),
            )
        })
        .filter(|(held, _)| *held != Overlap::None)
        .collect();
    // Of two that were read as far, the one that is all there; what lost whole lines comes last.
    held.sort_by_key(|(held, position)| {
        let shorter = *held == Overlap::Part { cut: false };
        (!shorter, position.reached, *held == Overlap::All)
    });
    while let Some((held, position)) = held.pop() {
        if held != Overlap::All || file.has_all(position) {
            return Some((held, position));
        }
    }
    None
}

/// Reads a source from there to its end. The answer is where that is, if it was reached.
fn read_on(
    source: &Source,
    number: usize,
    state: SourceState,
    position: Position,
    keeps: bool,
    sender: &PartSender,
) -> Result<Option<Position>, Disconnected> {
    let name = source.name();
    let (bytes, plain) = match source.open_again(position.offset, &sender.progress) {
        Ok(opened) => opened,
        Err(error) => return sender.send(Part::Bad(error)).map(|()| None),
    };
    let head = state
        .identity
        .as_ref()
        .map_or(0, FileFingerprint::before_list);
    let stood = state.stood;
    sender.send(Part::Opened {
        source: number,
        name: name.clone(),
        identity: state.identity,
        position,
    })?;
    let eager = !source.is_live();
    let mut reader = SourceReader::new(number, name, bytes, sender, eager, position)
        .leaving(keeps && state.grows)
        .stood(stood)
        .plain(plain);
    if keeps {
        reader = reader.printing(&known_file::behind(source, position), head);
    }
    loop {
        match reader.step() {
            Step::Part(part) => sender.send(part)?,
            // Only a stream that does not block is ever without more for now.
            Step::WouldBlock if sender.is_stopped() => return Err(Disconnected),
            Step::WouldBlock => std::thread::sleep(input::PAUSE),
            Step::Failed(part) => return sender.send(part).map(|()| None),
            Step::End(position) => {
                if let Some(line) = reader.left().filter(|_| !stood) {
                    let text = "its last line is not whole yet; it is left for the next run";
                    let message = Message::info("line-incomplete", text);
                    sender.send(Part::Note(message.at(&source.name(), line)))?;
                }
                sender.send(Part::Ended {
                    source: number,
                    position,
                    size: state.size,
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
    use crate::frame::Sizes;
    use crate::reader::{Next, Reader};
    use std::fs;
    use std::time::Duration;

    /// All batches of a file, as far as each says where it can be read again: whether it gives
    /// the same there.
    fn again(text: &[u8], sizes: Sizes) -> Vec<bool> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let source = Source::File(file.path().to_owned());
        let mut reader = Reader::replay(vec![source], sizes, Vec::new(), false).unwrap();
        let mut found = Vec::new();
        loop {
            match reader.next(Duration::from_secs(10)).unwrap() {
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
        let sizes = Sizes::DEFAULT;
        let lines = |end: &str| format!("{{\"n\":\"{}\"}}{end}", "x".repeat(100)).repeat(20_000);
        for text in [
            lines("\n"),
            format!("\u{feff}{}", lines("\n")),
            lines("\r\n\r\n"),
            lines("\n").trim_end().to_owned(),
            format!("\n\n{}", lines("\n\n")),
        ] {
            let found = again(text.as_bytes(), sizes);
            assert!(found.len() > 5 && !found.contains(&false), "{found:?}");
        }
        // In an array they are not lines of the file.
        let array = format!("[\n{}]", lines(",\n").trim_end().trim_end_matches(','));
        assert!(!again(array.as_bytes(), sizes).contains(&false));
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, lines("\n").as_bytes()).unwrap();
        assert!(again(&gz.finish().unwrap(), sizes).is_empty());
    }

    #[test]
    fn progress_reaches_all_bytes_also_of_unreadable_files() {
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
        let sizes = Sizes::DEFAULT;
        let mut reader = Reader::replay(sources, sizes, Vec::new(), false).unwrap();
        let progress = reader.progress();
        let total = 2 * text.len() + gz.len() + gz.len() / 2 + 6;
        assert_eq!(progress.total(), Some(total as u64));
        while !matches!(reader.next(Duration::from_secs(10)).unwrap(), Next::End) {}
        assert_eq!(progress.stored(), total as u64);
        // The second `plain`, and the unreadable one.
        let passed = progress.passed();
        assert!(
            passed >= text.len() as u64 && passed < total as u64,
            "{passed}"
        );
        assert_eq!(crate::reader::stored(&[Source::Stdin]), None);
    }
}
