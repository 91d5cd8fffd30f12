//! States that are too large for one record, put together again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::Part;

/// The state of each source that is not all there.
#[derive(Debug, Default)]
pub(super) struct Parts {
    begun: BTreeMap<i32, Begun>,
}

#[derive(Debug)]
struct Begun {
    number: u64,
    next: u32,
    bytes: Vec<u8>,
}

/// What is there, but for the bytes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outline {
    /// Source, number, next part and length.
    begun: Vec<(i32, u64, u32, usize)>,
}

impl Parts {
    /// Takes a part. When the state is whole by it, that is the answer.
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

    /// All of it, for a checkpoint.
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

    /// The same as it was; none when the two do not fit.
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
        let mut parts = Parts::default();
        assert_eq!(parts.take(part(1, 1, 3, b"x")), None);
        assert_eq!(parts.take(part(1, 0, 2, b"a")), None);
        // The one who sent it was killed, and another reads the source again.
        assert_eq!(parts.take(part(2, 0, 2, b"c")), None);
        assert_eq!(parts.take(part(1, 1, 2, b"b")), None);
        assert_eq!(parts.take(part(2, 1, 2, b"d")), Some(b"cd".to_vec()));
        assert_eq!(parts.take(part(3, 0, 1, b"e")), Some(b"e".to_vec()));
    }

    #[test]
    fn what_is_begun_goes_on_after_a_checkpoint() {
        let mut parts = Parts::default();
        parts.take(part(4, 0, 2, b"half"));
        let (outline, bytes) = parts.outline();
        let mut again = Parts::restore(&outline, &bytes).unwrap();
        assert_eq!(again.take(part(4, 1, 2, b"!")), Some(b"half!".to_vec()));
        assert!(Parts::restore(&outline, &bytes[1..]).is_none());
    }
}
