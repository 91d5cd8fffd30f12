//! Reassembly of states that are too large for one record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::Part;

/// States of which not all parts have come, by source.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    begun: BTreeMap<i32, Begun>,
}

#[derive(Debug)]
struct Begun {
    /// Number of the state.
    number: u64,
    /// Index of the next part.
    next: u32,
    bytes: Vec<u8>,
}

/// Index of the unfinished states in a checkpoint, without their bytes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outline {
    /// Source, number, next part and length.
    begun: Vec<(i32, u64, u32, usize)>,
}

impl Reassembly {
    /// Takes a part; returns the state when that completes it.
    pub(super) fn take(&mut self, part: Part) -> Option<Vec<u8>> {
        if part.parts == 1 {
            return Some(part.bytes);
        }
        if part.part == 0 {
            let begun = Begun {
                number: part.number,
                next: 0,
                bytes: Vec::new(),
            };
            self.begun.insert(part.source, begun);
        }
        let begun = self.begun.get_mut(&part.source)?;
        if (begun.number, begun.next) != (part.number, part.part) {
            // One whose beginning is lost comes again as a whole: it was never committed.
            return None;
        }
        begun.bytes.extend(part.bytes);
        begun.next += 1;
        if begun.next < part.parts {
            return None;
        }
        self.begun.remove(&part.source).map(|begun| begun.bytes)
    }

    /// Index and bytes for a checkpoint.
    pub(super) fn outline(&self) -> (Outline, Vec<u8>) {
        let mut outline = Outline::default();
        let mut bytes = Vec::new();
        for (source, begun) in &self.begun {
            let length = begun.bytes.len();
            let begun_here = (*source, begun.number, begun.next, length);
            outline.begun.push(begun_here);
            bytes.extend(&begun.bytes);
        }
        (outline, bytes)
    }

    /// Restores it from a checkpoint; none when index and bytes do not fit.
    pub(super) fn restore(outline: &Outline, bytes: &[u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = bytes;
        for &(source, number, next, length) in &outline.begun {
            let (part, after) = rest.split_at_checked(length)?;
            let bytes = part.to_vec();
            let begun = Begun {
                number,
                next,
                bytes,
            };
            parts.begun.insert(source, begun);
            rest = after;
        }
        rest.is_empty().then_some(parts)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn part(number: u64, part: u32, parts: u32, bytes: &[u8]) -> Part {
        Part {
            source: 0,
            number,
            part,
            parts,
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn parts_make_a_state_and_those_without_a_beginning_none() {
        let mut parts = Reassembly::default();
        assert_eq!(parts.take(part(1, 1, 3, b"x")), None);
        assert_eq!(parts.take(part(1, 0, 2, b"a")), None);
        // The one who sent it was killed, and another reads the source again.
        assert_eq!(parts.take(part(2, 0, 2, b"c")), None);
        assert_eq!(parts.take(part(1, 1, 2, b"b")), None);
        assert_eq!(parts.take(part(2, 1, 2, b"d")), Some(b"cd".to_vec()));
        assert_eq!(parts.take(part(3, 0, 1, b"e")), Some(b"e".to_vec()));
    }

    #[test]
    fn a_state_begun_is_completed_after_a_checkpoint() {
        let mut parts = Reassembly::default();
        parts.take(part(4, 0, 2, b"half"));
        let (outline, bytes) = parts.outline();
        let mut again = Reassembly::restore(&outline, &bytes).unwrap();
        assert_eq!(again.take(part(4, 1, 2, b"!")), Some(b"half!".to_vec()));
        assert!(Reassembly::restore(&outline, &bytes[1..]).is_none());
    }
}
