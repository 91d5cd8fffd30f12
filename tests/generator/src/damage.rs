//! Damaging documents, for readers that must not be taken in.

use crate::random::Random;

/// Bytes that mean something to JSON, and some that nothing should mean.
const BYTES: &[u8] = b"{}[]\",:\\u0dD8cC/ \t-+.eE19tfn\x00\x1f\x7f\x80\xc3\xa9\xed\xff";

/// Damages a text in a few places; never by a line's end.
pub fn damage(text: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        let at = random.index(text.len());
        match random.below(4) {
            0 => drop(text.remove(at)),
            1 => text.insert(at, *random.pick(BYTES)),
            2 => text[at] = *random.pick(BYTES),
            _ => {
                // A piece of the document once more, somewhere else.
                let end = at + random.index((text.len() - at).min(24));
                let piece = text[at..end].to_vec();
                let to = random.index(text.len());
                text.splice(to..to, piece);
            }
        }
    }
}
