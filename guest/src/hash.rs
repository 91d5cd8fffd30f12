//! Keyed hashing: without the key nobody can choose values that collide.

use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// The key of all hashes of a detector, handed in by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed(pub(crate) u64, pub(crate) u64);

impl Seed {
    pub(crate) fn hasher(self) -> Hasher {
        Hasher(SipHasher13::new_with_keys(self.0, self.1))
    }

    /// The hash of one text.
    pub(crate) fn text(self, text: &str) -> u64 {
        self.bytes(text.as_bytes())
    }

    /// The hash of some bytes.
    pub(crate) fn bytes(self, bytes: &[u8]) -> u64 {
        SipHasher13::new_with_keys(self.0, self.1).hash(bytes)
    }
}

/// A hash in the making; every part is delimited, so that no two sequences of parts agree.
pub(crate) struct Hasher(SipHasher13);

impl Hasher {
    pub(crate) fn integer(&mut self, value: i64) {
        self.number(value.cast_unsigned());
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, value: u64) {
        self.0.write_u64(value);
    }

    /// A text of any length.
    #[inline(always)]
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.words(text);
    }

    /// A text whose length is a part of its own: whole words, the last one filled up.
    #[inline(always)]
    pub(crate) fn words(&mut self, text: &[u8]) {
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        if rest.is_empty() {
            return;
        }
        self.number(match text.last_chunk::<8>() {
            // It overlaps the word before it.
            Some(last) => u64::from_le_bytes(*last) >> (8 * (8 - rest.len())),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, b| word << 8 | u64::from(*b)),
        });
    }

    pub(crate) fn finish(self) -> u64 {
        self.0.finish()
    }
}

/// Finds entries of a hash table by hashes that are already well mixed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mixed(u64);

impl std::hash::Hasher for Mixed {
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

    /// Small numbers are not mixed yet: a multiplication spreads them.
    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Builds [`Mixed`] hashers.
pub(crate) type BuildMixed = std::hash::BuildHasherDefault<Mixed>;
