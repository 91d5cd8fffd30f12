//! First lines that are no JSON, and nothing behind them for long.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::*;

/// Gives its parts one by one, and in between nothing.
struct Parts(VecDeque<&'static str>, bool, Rc<Cell<usize>>);

impl Read for Parts {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if !self.1 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let Some(part) = self.0.pop_front() else {
            return Ok(0);
        };
        self.2.set(self.0.len());
        room[..part.len()].copy_from_slice(part.as_bytes());
        Ok(part.len())
    }
}

/// Documents handed out before the source has given its last part, and after that.
fn found(parts: &[&'static str], patience: Duration) -> (Cut, Cut) {
    let left = Rc::new(Cell::new(parts.len()));
    let source = Parts(parts.iter().copied().collect(), false, Rc::clone(&left));
    let mut framer = Framer::new(source, SIZES, false);
    framer.patience = patience;
    let (mut early, mut late) = (Cut::default(), Cut::default());
    loop {
        match framer.next_piece() {
            Ok(None) => return (early, late),
            Ok(Some(piece)) if left.get() > 0 => add(piece, &mut early),
            Ok(Some(piece)) => add(piece, &mut late),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // It is something else than JSON.
            Err(_) => return (early, late),
        }
    }
}

#[test]
fn first_lines_are_handed_on_when_nothing_follows_for_long() {
    for (parts, before, after) in [
        (&["starting, please, wait\n", "{\"a\":1}\n"][..], 1, 1),
        (&["hi\n", "{\"a\":1}\n"], 1, 1),
        (
            &[
                "one line\nand another\n",
                "[\n  {\"a\":1},\n  {\"b\":1}\n]\n",
            ],
            2,
            2,
        ),
        (&["a line and half", " of one\n", "{\"a\":1}\n"], 1, 1),
    ] {
        let (early, late) = found(parts, Duration::ZERO);
        assert_eq!((early.0.len(), late.0.len()), (before, after), "{parts:?}");
        assert_eq!((early.1, late.1), (Vec::new(), Vec::new()), "{parts:?}");
        // Within that time they wait for others, which tell what they are.
        let (early, _) = found(parts, PATIENT);
        assert_eq!(early.0, [], "{parts:?}");
    }
    // Nor are they taken for a table by a single line.
    let (early, late) = found(&["a,b,c\n", "1,2,3\n"], Duration::ZERO);
    assert_eq!((early.0.len(), late.0.len()), (1, 1));
    let (_, late) = found(&["a,b,c\n", "1,2,3\n"], PATIENT);
    assert_eq!(late.0, []);
}

const PATIENT: Duration = Duration::from_secs(600);

/// Bytes are counted, not time: each is looked at once, however little comes at a time.
#[test]
fn blanks_in_front_are_looked_at_once() {
    for (blanks, record) in [(" ".repeat(20_000), 1 << 20), (" \n\0 \t".repeat(4000), 64)] {
        let text = format!("{blanks}{{\"a\":1}}\n");
        let source = Dribble {
            bytes: text.as_bytes(),
            state: 1,
            most: 40,
        };
        let sizes = Sizes { batch: 64, record };
        let mut framer = Framer::new(source, sizes, false);
        let mut cut = Cut::default();
        while let Some(piece) = framer.next_piece().unwrap() {
            add(piece, &mut cut);
        }
        assert_eq!((cut.0.len(), cut.1.len()), (1, 0));
        let looked = framer.buffer.looked.get();
        assert!(
            (blanks.len()..2 * text.len()).contains(&looked),
            "{looked} of {}",
            text.len()
        );
    }
}
