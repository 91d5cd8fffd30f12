//! Reads sources one after the other, each to its end.

use std::fs;

use super::known::{Match, Register};
use super::reader::{Reader, Step};
use super::{Gone, Known, Outbox, Part};
use crate::frame::Position;
use crate::input::{Identity, Source};

/// Reads all of them.
pub(super) fn run(sources: &[Source], known: Vec<Known>, outbox: &Outbox) -> Result<(), Gone> {
    let mut next = known.len();
    let mut register = Register::new(known);
    // All are looked at first: one that was renamed is not taken for new because
    // another has its name now.
    let looks: Vec<Look> = sources
        .iter()
        .map(|source| look(source, &mut register))
        .collect();
    for (source, look) in sources.iter().zip(looks) {
        if look.is_done(&register) {
            continue;
        }
        let (number, position) = begin(source, &look, &mut register, next, outbox)?;
        next = next.max(number + 1);
        read(source, number, look, position, outbox)?;
    }
    Ok(())
}

/// Reads a source without a position.
pub(super) fn stream(source: &Source, number: usize, outbox: &Outbox) -> Result<(), Gone> {
    let look = Look::default();
    read(source, number, look, Position::default(), outbox)
}

/// What a source is before it is read.
#[derive(Default)]
struct Look {
    /// None when it is no regular file; opening it will say what is wrong.
    identity: Option<Identity>,
    found: Option<Match>,
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
    let size = fs::metadata(path).ok().map(|meta| meta.len());
    let Ok(Some((identity, head))) = Identity::of(path) else {
        return Look::default();
    };
    Look {
        found: Some(register.claim(&identity, &head)),
        identity: Some(identity),
        size,
    }
}

/// Where a source is to be read from, and its number.
fn begin(
    source: &Source,
    look: &Look,
    register: &mut Register,
    next: usize,
    outbox: &Outbox,
) -> Result<(usize, Position), Gone> {
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
        outbox.send(Part::Note(format!(
            "{name}: {why}; reading it from its start"
        )))?;
        outbox.send(Part::Forget { source: number })?;
    }
    Ok((next, Position::default()))
}

fn read(
    source: &Source,
    number: usize,
    look: Look,
    position: Position,
    outbox: &Outbox,
) -> Result<(), Gone> {
    let bytes = match source.open_at(position.offset) {
        Ok(bytes) => bytes,
        Err(error) => return outbox.send(Part::Bad(error)),
    };
    let name = source.name();
    outbox.send(Part::Opened {
        source: number,
        name: name.clone(),
        identity: look.identity,
        position,
    })?;
    let eager = !source.is_live();
    let mut reader = Reader::new(number, name, bytes, outbox.sizes, eager, position);
    loop {
        match reader.step() {
            Step::Part(part) => outbox.send(part)?,
            // Only what is followed is ever without more for now.
            Step::Dry => std::thread::yield_now(),
            Step::Failed(part) => return outbox.send(part),
            Step::End(position) => {
                return outbox.send(Part::Ended {
                    source: number,
                    position,
                    size: look.size,
                });
            }
        }
    }
}
