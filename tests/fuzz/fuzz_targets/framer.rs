//! However little a source gives at once, and wherever reading breaks off and goes on, the
//! same documents come out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};
use weir_fuzz_targets::Odd;
use weir_sources::frame::{Framer, Piece, Position, Refused, Sizes};

/// Gives a few bytes at a time.
struct Dribble<'a>(&'a [u8], Odd, usize);

impl Read for Dribble<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.1.next(self.2).min(room.len()).min(self.0.len());
        let (now, later) = self.0.split_at(count);
        room[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// Documents and refusals, each with its line.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found(Vec<(u64, Vec<u8>)>, Vec<(u64, String)>);

impl Found {
    fn add(&mut self, piece: Piece) {
        match piece {
            Piece::Refused(all) => self
                .1
                .extend(all.into_iter().map(|one| (one.line, one.reason))),
            Piece::Batch(batch) => {
                for (at, line) in (0..).zip(batch.bytes.split(|byte| *byte == b'\n')) {
                    if !line.trim_ascii().is_empty() {
                        self.0.push((batch.line(at), line.to_vec()));
                    }
                }
            }
        }
    }

    fn all(mut self, mut framer: Framer<impl Read>) -> Found {
        while let Some(piece) = next(&mut framer) {
            self.add(piece);
        }
        self
    }
}

/// The next piece. What is no JSON at all is one refusal.
fn next(framer: &mut Framer<impl Read>) -> Option<Piece> {
    match framer.next_piece() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            Some(Piece::Refused(vec![Refused {
                line: 0,
                reason: error.to_string(),
                record: Vec::new(),
                cut: false,
                given_up: None,
            }]))
        }
        piece => piece.expect("memory does not fail"),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([seed, batch, record], input)) = data.split_last_chunk().map(|(i, c)| (*c, i)) else {
        return;
    };
    let sizes = |batch: usize| Sizes {
        batch,
        record: 16 + 2 * usize::from(record),
    };
    let whole = Found::default().all(Framer::new(input, sizes(64), true));
    let batch = 1 + usize::from(batch);
    let source = Dribble(input, Odd::new(seed), 1 + usize::from(seed) % 40);
    let eager = seed.is_multiple_of(2);
    let dribbled = Found::default().all(Framer::new(source, sizes(batch), eager));
    assert_eq!(dribbled, whole);
    // Breaks off behind some piece and goes on there.
    let mut framer = Framer::new(input, sizes(batch), true);
    let (mut found, mut position) = (Found::default(), Position::default());
    for _ in 0..Odd::new(seed).next(5) {
        let Some(piece) = next(&mut framer) else {
            break;
        };
        if matches!(&piece, Piece::Refused(all) if all.iter().any(|one| one.line == 0)) {
            return;
        }
        found.add(piece);
        position = framer.position();
    }
    let offset = usize::try_from(position.offset).expect("inside the input");
    let rest = Framer::resume(&input[offset..], sizes(64), true, position);
    assert_eq!(found.all(rest), whole);
});
