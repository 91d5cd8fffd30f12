//! Digest of all of a text up to an offset, which another run can continue.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::PRINTED;
use super::position::half;

/// Bytes of a block: what is behind the last whole one is in the fingerprint of the last bytes.
const BLOCK: u64 = PRINTED as u64;

/// Digest of a text's whole blocks: of each block, and of the digest of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Byte of the text at which the first block begins.
    pub origin: u64,
    /// How many blocks there are.
    pub blocks: u64,
    /// The first half of the last SHA-256.
    pub digest: (u64, u64),
}

impl Chain {
    /// One without blocks.
    pub(crate) fn new(origin: u64) -> Self {
        Self {
            origin,
            blocks: 0,
            digest: (0, 0),
        }
    }

    /// Byte of the text behind the last block.
    pub(crate) fn end(&self) -> u64 {
        self.origin
            .saturating_add(self.blocks.saturating_mul(BLOCK))
    }
}

/// A chain that goes on as its text is read.
#[derive(Debug)]
pub(crate) struct Chaining {
    /// That of all whole blocks, and those before it that may still be asked for.
    chains: VecDeque<Chain>,
    /// Of the block that is being read.
    hash: Sha256,
    /// Byte of the text that comes next.
    at: u64,
    /// Bytes lack in between.
    broken: bool,
}

impl Chaining {
    /// Goes on behind a chain.
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            hash: begun(&chain),
            at: chain.end(),
            chains: VecDeque::from([chain]),
            broken: false,
        }
    }

    /// Takes bytes that stand there in the text; what was taken before is passed over.
    pub(crate) fn take(&mut self, offset: u64, bytes: &[u8]) {
        let known = self.at.saturating_sub(offset);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let mut rest = bytes.get(known..).unwrap_or_default();
        self.broken |= offset > self.at && !rest.is_empty();
        while let (false, false, Some(last)) = (self.broken, rest.is_empty(), self.chains.back()) {
            let missing = last.end().saturating_add(BLOCK).saturating_sub(self.at);
            let length = rest
                .len()
                .min(usize::try_from(missing).unwrap_or(usize::MAX));
            let (now, later) = rest.split_at(length);
            self.hash.update(now);
            self.at = self.at.saturating_add(length as u64);
            rest = later;
            if length as u64 == missing {
                let next = Chain {
                    blocks: last.blocks + 1,
                    digest: half(&self.hash.finalize_reset()),
                    ..*last
                };
                self.hash = begun(&next);
                self.chains.push_back(next);
            }
        }
    }

    /// The chain of the blocks before a place; none where bytes lack. Places that come later are
    /// not before this one.
    pub(crate) fn before(&mut self, place: u64) -> Option<Chain> {
        while self.chains.get(1).is_some_and(|next| next.end() <= place) {
            self.chains.pop_front();
        }
        let first = self.chains.front().filter(|first| first.end() <= place);
        first.copied().filter(|_| !self.broken)
    }
}

/// A hash that holds what stands before a block.
fn begun(chain: &Chain) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(chain.digest.0.to_be_bytes());
    hash.update(chain.digest.1.to_be_bytes());
    hash
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn text() -> Vec<u8> {
        (0..5 * BLOCK + 77).map(|n| ((n * n) >> 7) as u8).collect()
    }

    fn of(text: &[u8], origin: u64, step: usize) -> Chain {
        let mut chaining = Chaining::new(Chain::new(origin));
        for (n, part) in text.chunks(step).enumerate() {
            chaining.take((n * step) as u64, part);
        }
        chaining.before(text.len() as u64).unwrap()
    }

    #[test]
    fn it_is_the_same_however_the_text_is_cut_and_gone_on_with() {
        let text = text();
        for origin in [0, 9, BLOCK + 1] {
            let whole = of(&text, origin, text.len());
            for step in [1, 100, 4096, 5000] {
                assert_eq!(of(&text, origin, step), whole);
            }
            for end in [origin, origin + BLOCK, 3 * BLOCK + 5] {
                let part = of(&text[..end as usize], origin, 999);
                assert!(part.end() <= end && end - part.end() < BLOCK);
                let mut on = Chaining::new(part);
                let from = part.end().saturating_sub(50);
                on.take(from, &text[from as usize..]);
                assert_eq!(on.before(text.len() as u64), Some(whole));
            }
        }
    }

    #[test]
    fn every_byte_of_its_blocks_counts_and_none_behind_them() {
        let text = text();
        let whole = of(&text, 10, 512);
        for at in [9, 10, 4105, 4106, 9000, 4 * 4096, whole.end() as usize] {
            let mut other = text.clone();
            other[at] ^= 1;
            let inside = (10..whole.end() as usize).contains(&at);
            assert_eq!(of(&other, 10, 512) != whole, inside, "{at}");
        }
    }

    #[test]
    fn a_chain_that_lacks_bytes_is_none() {
        let text = text();
        let mut chaining = Chaining::new(Chain::new(0));
        chaining.take(0, &text);
        assert_eq!(
            chaining.before(2 * BLOCK + 3),
            Some(of(&text[..2 * BLOCK as usize], 0, 7))
        );
        assert_eq!(chaining.before(5 * BLOCK), Some(of(&text, 0, 7)));
        let mut chaining = Chaining::new(Chain::new(0));
        chaining.take(1, &text);
        assert_eq!(chaining.before(9 * BLOCK), None);
    }
}
