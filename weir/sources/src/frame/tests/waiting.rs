//! First lines that are no JSON, and nothing behind them for long.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use weir_common::clock::ManualClock;

use super::*;

/// Gives its parts one by one, and in between nothing at two attempts, a while apart.
struct Parts {
    parts: VecDeque<&'static str>,
    attempts: usize,
    left: Rc<Cell<usize>>,
    clock: ManualClock,
    pause: Duration,
}

impl Read for Parts {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.attempts += 1;
        if self.attempts % 3 != 1 {
            self.clock.advance(self.pause);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let Some(part) = self.parts.pop_front() else {
            return Ok(0);
        };
        self.left.set(self.parts.len());
        room[..part.len()].copy_from_slice(part.as_bytes());
        Ok(part.len())
    }
}

/// Documents handed out before the source has given its last part, and after that.
fn found(parts: &[&'static str], pause: Duration) -> (Cut, Cut) {
    let left = Rc::new(Cell::new(parts.len()));
    let clock = ManualClock::default();
    let source = Parts {
        parts: parts.iter().copied().collect(),
        attempts: 0,
        left: Rc::clone(&left),
        clock: clock.clone(),
        pause,
    };
    let mut framer = Framer::new(source, SIZES, false);
    framer.clock = Rc::new(clock);
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
        let (early, late) = found(parts, start::PATIENCE);
        assert_eq!((early.0.len(), late.0.len()), (before, after), "{parts:?}");
        assert_eq!((early.1, late.1), (Vec::new(), Vec::new()), "{parts:?}");
        // Within that time they wait for others, which tell what they are.
        let (early, _) = found(parts, SHORT);
        assert_eq!(early.0, [], "{parts:?}");
    }
    // Nor are they taken for a table by a single line.
    let (early, late) = found(&["a,b,c\n", "1,2,3\n"], start::PATIENCE);
    assert_eq!((early.0.len(), late.0.len()), (1, 1));
    let (_, late) = found(&["a,b,c\n", "1,2,3\n"], SHORT);
    assert_eq!(late.0, []);
}

/// Less than first lines are waited for, all pauses together.
const SHORT: Duration = Duration::from_millis(500);

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
