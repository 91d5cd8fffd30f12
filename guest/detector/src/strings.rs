//! A string interner: the texts of one window, each stored once and identified by a small number.

use crate::chunk;
use crate::hash::Seed;
use hashbrown::HashTable;

/// The number of a text within one window.
pub type Symbol = u32;

/// Fewest bytes of unreferenced texts that are worth reclaiming.
const COMPACTION_BYTES: usize = 64 << 10;

/// A reference-counted string interner.
#[derive(Debug, Default)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
    index: HashTable<Symbol>,
    /// Reference counts.
    holders: Vec<u32>,
    /// Number of referenced texts, and their bytes.
    held: (usize, usize),
}

impl Strings {
    /// An empty interner with a capacity.
    pub fn with_room(count: usize) -> Strings {
        Strings {
            ends: Vec::with_capacity(count),
            holders: Vec::with_capacity(count),
            index: HashTable::with_capacity(count),
            ..Strings::default()
        }
    }

    /// The text of a symbol.
    pub fn get(&self, symbol: Symbol) -> &str {
        text(&self.bytes, &self.ends, symbol)
    }

    /// The symbol of a text, if it is present.
    pub fn find(&self, seed: Seed, wanted: &str) -> Option<Symbol> {
        self.find_hash(seed.text(wanted), wanted)
    }

    fn find_hash(&self, hash: u64, wanted: &str) -> Option<Symbol> {
        let same = |s: &Symbol| chunk::same(self.get(*s).as_bytes(), wanted.as_bytes());
        self.index.find(hash, same).copied()
    }

    /// The symbol of a text, added if it is new; increments its reference count.
    pub fn add(&mut self, seed: Seed, wanted: &str) -> Symbol {
        let symbol = self.intern(seed, wanted);
        self.retain(symbol);
        symbol
    }

    /// The symbol of a text, added if it is new, without a reference.
    pub fn intern(&mut self, seed: Seed, wanted: &str) -> Symbol {
        let hash = seed.text(wanted);
        if let Some(symbol) = self.find_hash(hash, wanted) {
            return symbol;
        }
        // Both casts hold as long as one window's texts stay below 4 GiB, which is all the memory
        // that a component can have.
        #[allow(clippy::cast_possible_truncation, reason = "see above")]
        let symbol = self.ends.len() as Symbol;
        self.bytes.push_str(wanted);
        #[allow(clippy::cast_possible_truncation, reason = "see above")]
        self.ends.push(self.bytes.len() as u32);
        self.holders.push(0);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index
            .insert_unique(hash, symbol, |s| seed.text(text(bytes, ends, *s)));
        symbol
    }

    /// Increments the reference count of a text.
    pub fn retain(&mut self, symbol: Symbol) {
        if self.holders[symbol as usize] == 0 {
            self.held.0 += 1;
            self.held.1 += self.get(symbol).len();
        }
        self.holders[symbol as usize] += 1;
    }

    /// Decrements the reference count of a text. It stays until the referenced ones are moved to a
    /// new interner.
    pub fn release(&mut self, symbol: Symbol) {
        self.holders[symbol as usize] -= 1;
        if self.holders[symbol as usize] == 0 {
            self.held.0 -= 1;
            self.held.1 -= self.get(symbol).len();
        }
    }

    /// Number of texts, referenced or not.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Number of referenced texts, and their bytes.
    pub fn referenced(&self) -> (usize, usize) {
        self.held
    }

    /// Whether so much is unreferenced that compaction, which costs `work`, is worth it.
    #[inline(always)]
    pub fn wants_compaction(&self, work: usize) -> bool {
        let unheld = self.bytes.len() - self.held.1;
        unheld > COMPACTION_BYTES.max(work) && unheld > self.bytes.len() / 2
    }
}

fn text<'a>(bytes: &'a str, ends: &[u32], symbol: Symbol) -> &'a str {
    let at = symbol as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[start..ends[at] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_symbol() {
        let (mut strings, seed) = (Strings::default(), Seed(1, 2));
        let symbols: Vec<Symbol> = (0..1000)
            .map(|i| strings.add(seed, &i.to_string()))
            .collect();
        assert_eq!(strings.find(seed, "1000"), None);
        for (i, symbol) in symbols.into_iter().enumerate() {
            assert_eq!(strings.add(seed, &i.to_string()), symbol);
            assert_eq!(strings.get(symbol), i.to_string());
        }
    }
}
