//! Reads sources one after the other, each to its end.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};

use super::known::{self, Match, Register};
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
    // All are looked at first: one that was renamed is not taken for new because
    // another has its name now.
    let mut seen: HashMap<(u64, u64), String> = HashMap::new();
    let mut looks = Vec::new();
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
        looks.push((source, look(source, &mut register)));
    }
    for (source, look) in looks {
        let (progress, size) = (&outbox.progress, look.size.unwrap_or(0));
        if look.is_done(&register) {
            progress.pass(size);
            outbox.send(Part::Unchanged)?;
            continue;
        }
        let before = progress.stored();
        let (number, position) = begin(source, &look, &mut register, next, outbox)?;
        next = next.max(number + 1);
        read(source, number, look, position, keeps, outbox)?;
        // What was read before, and what cannot be read.
        let read = progress.stored().saturating_sub(before);
        progress.pass(size.saturating_sub(read));
    }
    Ok(())
}

/// Reads a source without a position.
pub(super) fn stream(source: &Source, number: usize, outbox: &Outbox) -> Result<(), Gone> {
    let look = Look::default();
    read(source, number, look, Position::default(), false, outbox)
}

/// What a source is before it is read.
#[derive(Default)]
struct Look {
    /// None when it is no regular file; opening it will say what is wrong.
    identity: Option<Identity>,
    found: Option<Match>,
    /// Where it goes on as the compressed copy of a text that was read.
    copied: Option<Position>,
    /// Whether it may be written to: compressed files are whole, and streams end once.
    grows: bool,
    /// Length in bytes; a file that grows while it is read is looked at again.
    size: Option<u64>,
}

impl Look {
    /// Whether it was read to its end before and has not changed.
    fn is_done(&self, register: &Register) -> bool {
        let Some(Match::Same(number)) = self.found else {
            return false;
        };
        let finished = register.get(number).and_then(|known| known.finished);
        finished.is_some() && finished == self.size
    }
}

fn look(source: &Source, register: &mut Register) -> Look {
    let Source::File(path) = source else {
        return Look::default();
    };
    let size = size(source);
    let Ok(Some((identity, head))) = Identity::of(path) else {
        return Look::default();
    };
    let raw = File::open(path).and_then(|mut file| input::head(&mut file));
    let compressed = raw.is_ok_and(|raw| input::is_compressed(&raw));
    let found = register.claim(&identity, &head);
    let copied = match found {
        Match::New | Match::Replaced(..) if compressed => {
            register.copied(|known| known::is_copy(known, &head))
        }
        _ => None,
    };
    Look {
        found: Some(found),
        identity: Some(identity),
        grows: !compressed,
        copied: copied.map(|known| known.position),
        size,
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

/// Where a source is to be read from, and its number.
fn begin(
    source: &Source,
    look: &Look,
    register: &mut Register,
    next: usize,
    outbox: &Outbox,
) -> Result<(usize, Position), Gone> {
    if let Some(position) = look.copied {
        if let Some(Match::Replaced(number, _)) = look.found {
            outbox.send(Part::Forget { source: number })?;
        }
        return Ok((next, position));
    }
    let replaced = match (look.found, &look.identity) {
        (Some(Match::Same(number)), _) => {
            let position = register.get(number).map(|known| known.position);
            return Ok((number, position.unwrap_or_default()));
        }
        (Some(Match::Replaced(number, why)), _) => Some((number, why)),
        (Some(Match::New), Some(identity)) => register
            .claim_path(&identity.path)
            .map(|number| (number, "is another file than was read before")),
        _ => None,
    };
    if let Some((number, why)) = replaced {
        let name = source.name();
        outbox.send(Part::Note(
            Level::Warn,
            format!("{name}: {why}; reading it from its start"),
        ))?;
        outbox.send(Part::Forget { source: number })?;
    }
    Ok((next, Position::default()))
}

fn read(
    source: &Source,
    number: usize,
    look: Look,
    mut position: Position,
    keeps: bool,
    outbox: &Outbox,
) -> Result<(), Gone> {
    let name = source.name();
    let mut opened = source.open_again(position.offset, &outbox.progress);
    if opened.is_err() && position.offset > 0 && source.is_shorter(position.offset) {
        outbox.send(Part::Note(
            Level::Warn,
            format!(
                "{name}: is shorter than what was read of it before; reading it from its start"
            ),
        ))?;
        position = Position::default();
        opened = source.open_again(0, &outbox.progress);
    }
    let (bytes, plain) = match opened {
        Ok(opened) => opened,
        Err(error) => return outbox.send(Part::Bad(error)),
    };
    outbox.send(Part::Opened {
        source: number,
        name: name.clone(),
        identity: look.identity,
        position,
    })?;
    let eager = !source.is_live();
    let mut reader = Reader::new(number, name, bytes, outbox.sizes, eager, position)
        .leaving(keeps && look.grows)
        .plain(plain);
    loop {
        match reader.step() {
            Step::Part(part) => outbox.send(part)?,
            // Only a stream that does not block is ever without more for now.
            Step::Dry if outbox.is_stopped() => return Err(Gone),
            Step::Dry => std::thread::sleep(input::PAUSE),
            Step::Failed(part) => return outbox.send(part),
            Step::End(position) => {
                if let Some(line) = reader.left() {
                    outbox.send(Part::Note(Level::Info, format!(
                        "{}:{line}: its last line is not whole yet; it is left for the next run",
                        source.name()
                    )))?;
                }
                return outbox.send(Part::Ended {
                    source: number,
                    position,
                    size: look.size,
                });
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
