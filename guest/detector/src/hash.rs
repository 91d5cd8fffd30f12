//! Keyed hashing (SipHash-1-3): without the key, colliding values cannot be chosen.
//!
//! Tests compare it with the crate `siphasher`, which buffers bytes until it has a word; here all
//! parts are whole words, and a call does not cost several times the work itself.

/// The key of all hashes of a detector, handed in by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64, pub u64);

impl Seed {
    /// A hasher under this seed.
    #[inline(always)]
    pub fn hasher(self) -> Hasher {
        Hasher {
            v0: self.0 ^ 0x736f_6d65_7073_6575,
            v1: self.1 ^ 0x646f_7261_6e64_6f6d,
            v2: self.0 ^ 0x6c79_6765_6e65_7261,
            v3: self.1 ^ 0x7465_6462_7974_6573,
            length: 0,
        }
    }

    /// The hash of one text.
    pub fn text(self, text: &str) -> u64 {
        self.bytes(text.as_bytes())
    }

    /// The hash of some bytes.
    #[inline(never)]
    pub fn bytes(self, bytes: &[u8]) -> u64 {
        let mut hash = self.hasher();
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            hash.number(u64::from_le_bytes(*word));
        }
        let last = last_word(bytes, rest);
        hash.end(last | (bytes.len() as u64) << 56)
    }
}

/// An incremental hash of words; every part is delimited, so that no two sequences of parts are
/// equal.
#[derive(Clone, Copy)]
pub struct Hasher {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
    /// Number of bytes so far.
    length: u64,
}

impl Hasher {
    /// Hashes a signed number.
    #[inline(always)]
    pub fn integer(&mut self, value: i64) {
        self.number(value.cast_unsigned());
    }

    /// Hashes a number.
    #[inline(always)]
    pub fn number(&mut self, value: u64) {
        self.v3 ^= value;
        self.round();
        self.v0 ^= value;
        self.length = self.length.wrapping_add(8);
    }

    #[inline(always)]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }

    /// Hashes a text of any length.
    #[inline(always)]
    pub fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.words(text);
    }

    /// Hashes a text whose length is hashed as a part of its own: whole words, the last one padded.
    #[inline(never)]
    pub fn words(&mut self, text: &[u8]) {
        let mut hash = *self;
        let (pairs, _) = text.as_chunks::<16>();
        for pair in pairs {
            let [first, second]: [[u8; 8]; 2] = bytemuck::must_cast(*pair);
            hash.number(u64::from_le_bytes(first));
            hash.number(u64::from_le_bytes(second));
        }
        let (words, rest) = text.as_chunks::<8>();
        if let Some(word) = words.get(2 * pairs.len()) {
            hash.number(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            hash.number(last_word(text, rest));
        }
        *self = hash;
    }

    /// The hash of all parts.
    #[inline(always)]
    pub fn finish(self) -> u64 {
        self.end(self.length << 56)
    }

    #[inline(never)]
    fn end(mut self, last: u64) -> u64 {
        self.number(last);
        self.v2 ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }
}

/// The fewer than eight last bytes of a text as a word.
#[inline(always)]
fn last_word(text: &[u8], rest: &[u8]) -> u64 {
    match text.last_chunk::<8>() {
        // It overlaps the word before it; for no bytes the shift leaves nothing.
        Some(last) => (u64::from_le_bytes(*last) >> 8) >> (8 * (7 - rest.len())),
        None => short(rest),
    }
}

/// Fewer than eight bytes as a word.
fn short(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |word, b| word << 8 | u64::from(*b))
}

/// A hasher for keys that are hashes already.
#[derive(Clone, Copy, Default)]
pub struct PremixedHasher(u64);

impl std::hash::Hasher for PremixedHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    /// Small numbers are not mixed: a multiplication spreads them.
    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Builds [`PremixedHasher`] hashers.
pub type BuildPremixedHasher = std::hash::BuildHasherDefault<PremixedHasher>;

#[cfg(test)]
mod tests {
    use super::*;
    use siphasher::sip::SipHasher13;
    use std::hash::Hasher as _;

    #[test]
    fn it_is_siphash() {
        let text: Vec<u8> = (0..=255).cycle().take(700).collect();
        for length in 0..700 {
            let wanted = SipHasher13::new_with_keys(3, 4).hash(&text[..length]);
            assert_eq!(Seed(3, 4).bytes(&text[..length]), wanted, "{length}");
            let (mut ours, mut theirs) = (Seed(3, 4).hasher(), SipHasher13::new_with_keys(3, 4));
            ours.integer(-5);
            theirs.write_u64((-5_i64).cast_unsigned());
            ours.text(&text[..length]);
            theirs.write_u64(length as u64);
            theirs.write(&text[..length]);
            theirs.write(&[0; 7][..length.next_multiple_of(8) - length]);
            assert_eq!(ours.finish(), theirs.finish(), "{length}");
        }
    }

    #[test]
    fn sequences_of_parts_have_different_hashes() {
        let mut seen = std::collections::HashSet::new();
        let long = vec![b'a'; 600];
        for first in (0..40).chain(250..260) {
            for second in (0..40).chain(500..510) {
                let mut hash = Seed(1, 2).hasher();
                hash.text(&long[..first]);
                hash.text(&long[..second]);
                assert!(seen.insert(hash.finish()), "{first} {second}");
            }
        }
    }

    #[test]
    fn every_byte_changes_the_hash() {
        let hash = |text: &[u8]| {
            let mut hash = Seed(1, 2).hasher();
            hash.text(text);
            hash.finish()
        };
        for length in 1..300 {
            let mut text = vec![b'a'; length];
            let before = hash(&text);
            for at in 0..length {
                text[at] = b'b';
                assert_ne!(hash(&text), before, "{length} {at}");
                text[at] = b'a';
            }
        }
    }
}
