//! Adding events and other aggregates to the columns of a group.

use crate::accumulator::{Accumulator, Chosen, Sum};
use crate::address;
use crate::chunk;
use crate::facts::{ColumnId, PAYLOAD_BITS};
use crate::group::{COUNTS, Group, PERSISTENT, count_flags};
use crate::hash::Seed;
use crate::schema::{ColumnKind, Schema};
use crate::single::Single;
use crate::strings::{Strings, Symbol};
use crate::text;
use std::cmp::Ordering;

/// Longest text, in bytes, that is kept as a sample.
const MAX_SAMPLE_LENGTH: usize = 4096;

/// Limits of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Most values of a list.
    pub values: usize,
    /// Most samples.
    pub samples: usize,
    /// Most distinct values that are counted exactly.
    pub distinct: usize,
}

/// The parameters of every change to a group: schema, limits and hash key.
#[derive(Clone, Copy)]
pub struct Context<'d> {
    /// The columns of a group.
    pub schema: &'d Schema,
    /// Their limits.
    pub caps: Caps,
    /// The key of the hashes.
    pub seed: Seed,
}

/// A mutable view of one group's columns while an event is added.
pub struct Columns<'w> {
    pub(crate) group: &'w mut Group,
    pub(crate) strings: &'w mut Strings,
    pub(crate) with: Context<'w>,
    /// Milliseconds from the window's start to the event.
    pub(crate) offset: u32,
    /// The event's id, if the window stores ids.
    pub(crate) id: Option<u64>,
}

/// The mark of a payload that holds an IPv6 address as a symbol; IPv4 addresses are stored as they
/// are.
const OTHER_IP: u64 = 1 << (PAYLOAD_BITS - 1);
const MAPPED: u128 = 0xffff << 32;

pub(crate) fn ip(payload: u64, strings: &Strings) -> u128 {
    if payload & OTHER_IP == 0 {
        return MAPPED | u128::from(payload);
    }
    // Only canonical texts are added.
    address::parse(strings.get(symbol(payload))).unwrap_or_default()
}

/// The payload of an address.
#[allow(clippy::cast_possible_truncation, reason = "what is cut off is known")]
pub(crate) fn ip_fact(bits: u128, seed: Seed, strings: &mut Strings) -> u64 {
    if bits >> 32 == MAPPED >> 32 {
        return bits as u64 & u64::from(u32::MAX);
    }
    OTHER_IP | u64::from(strings.add(seed, &address::render(bits)))
}

/// The payload of a sample: milliseconds since the window's start, at most a day, and the text.
pub(crate) fn sample(first: u32, text: Symbol) -> u64 {
    u64::from(first) << 32 | u64::from(text)
}

/// The time and the text of a sample's payload.
#[allow(clippy::cast_possible_truncation, reason = "that half is wanted")]
pub(crate) fn sampled(payload: u64) -> (u32, Symbol) {
    ((payload >> 32) as u32, symbol(payload))
}

/// The symbol in a payload: its lower half.
#[allow(clippy::cast_possible_truncation, reason = "that half is wanted")]
pub(crate) fn symbol(payload: u64) -> Symbol {
    payload as u32
}

/// The symbol that a fact of a kind of column holds, if it holds one.
pub(crate) fn held(kind: ColumnKind, payload: u64) -> Option<Symbol> {
    let holds = match kind {
        ColumnKind::Values | ColumnKind::Samples => true,
        ColumnKind::Addresses => payload & OTHER_IP != 0,
        _ => false,
    };
    holds.then(|| symbol(payload))
}

/// A candidate value of a column that keeps one.
#[derive(Clone, Copy)]
enum Choice<'t> {
    Bits(u64),
    Text(&'t str),
}

/// Panics on a rule that adds a value to a column of another kind.
#[cold]
#[inline(never)]
#[allow(clippy::panic, reason = "else it would damage what other columns keep")]
fn no_such(column: ColumnId, kind: ColumnKind) -> ! {
    panic!("column {column} of the rule is told values, and is no column of {kind:?}")
}

impl Columns<'_> {
    /// Panics if the definition has a column of another kind at that index.
    #[inline(always)]
    fn assert_kind(&self, column: ColumnId, kind: ColumnKind) {
        if self.with.schema.kind(column) != kind {
            no_such(column, kind);
        }
    }

    /// Inserts a value into a capped list, and drops the last one above the cap.
    fn insert(&mut self, column: ColumnId, at: usize, payload: impl FnOnce(&mut Strings) -> u64) {
        let kind = self.with.schema.kind(column);
        let cap = match kind {
            ColumnKind::Samples => self.with.caps.samples,
            _ => self.with.caps.values,
        };
        let range = self.group.facts.range(column);
        if at - range.start >= cap {
            self.group.truncate(column);
            return;
        }
        let payload = payload(self.strings);
        self.group.facts.insert(at, column, payload);
        if range.len() == cap {
            let gone = self.group.facts.remove(range.end);
            self.group.truncate(column);
            let gone = held(kind, gone);
            gone.into_iter().for_each(|text| self.strings.release(text));
        }
    }

    /// Adds a text to a column of values; an empty one is none, and one that is too long is cut.
    ///
    /// # Panics
    /// When the definition has no such column; so do the other functions.
    pub fn text(&mut self, column: ColumnId, text: &str) {
        self.assert_kind(column, ColumnKind::Values);
        let text = text::cut(text);
        if text.is_empty() {
            return;
        }
        // Most lists are short, and most values are already in them: comparing is cheaper than
        // hashing.
        let facts = &self.group.facts;
        let held = |s| self.strings.get(symbol(s)).as_bytes();
        let same = |s| chunk::same(held(s), text.as_bytes());
        if facts.of(column).take(4).any(same) {
            return;
        }
        let place = |s| self.strings.get(symbol(s)).cmp(text);
        if let Err(at) = facts.search(column, place) {
            let seed = self.with.seed;
            self.insert(column, at, |strings| strings.add(seed, text).into());
        }
    }

    /// Adds an address to a column of addresses.
    pub fn address(&mut self, column: ColumnId, bits: u128) {
        self.assert_kind(column, ColumnKind::Addresses);
        let place = |payload| ip(payload, self.strings).cmp(&bits);
        if let Err(at) = self.group.facts.search(column, place) {
            let seed = self.with.seed;
            self.insert(column, at, |strings| ip_fact(bits, seed, strings));
        }
    }

    /// Adds a text to a column of samples; an empty one is none.
    pub fn sample(&mut self, column: ColumnId, text: &str) {
        self.sample_at(column, self.offset, text);
    }

    fn sample_at(&mut self, column: ColumnId, first: u32, text: &str) {
        self.assert_kind(column, ColumnKind::Samples);
        if text.is_empty() {
            return;
        }
        if text.len() > MAX_SAMPLE_LENGTH {
            self.group.truncate(column);
            return;
        }
        let facts = &mut self.group.facts;
        if let Some(found) = self.strings.find(self.with.seed, text) {
            let held = |(_, s): &(usize, u64)| symbol(*s) == found;
            let held = facts.of(column).enumerate().find(held);
            if let Some((at, sample)) = held {
                if sample >> 32 <= u64::from(first) {
                    return;
                }
                facts.remove(facts.range(column).start + at);
                self.strings.release(found);
            }
        }
        let key = (u64::from(first), text);
        let place = |s: u64| (s >> 32, self.strings.get(symbol(s))).cmp(&key);
        if let Err(at) = facts.search(column, place) {
            let seed = self.with.seed;
            self.insert(column, at, |strings| sample(first, strings.add(seed, text)));
        }
    }

    /// Adds a text to a column that counts distinct values.
    pub fn distinct(&mut self, column: ColumnId, text: &str) {
        self.distinct_hash(column, self.with.seed.text(text));
    }

    /// Adds a text to a column that counts distinct values, by its hash under the seed.
    #[inline(always)]
    pub fn distinct_hash(&mut self, column: ColumnId, hash: u64) {
        self.distinct_fact(column, hash >> (u64::BITS - PAYLOAD_BITS));
    }

    fn distinct_fact(&mut self, column: ColumnId, hash: u64) {
        let group = &mut *self.group;
        if let Some(sketch) = group.sketch_mut(column) {
            sketch.insert(hash);
            return;
        }
        if let Err(at) = group.facts.search_number(column, hash) {
            if self.with.schema.kind(column) != ColumnKind::Distinct {
                no_such(column, ColumnKind::Distinct);
            }
            group.facts.insert(at, column, hash);
            let exact = self.with.caps.distinct;
            if group.facts.count() > exact && group.facts.range(column).len() > exact {
                group.estimate(column);
            }
        }
    }

    /// Counts the event, by its flags.
    #[inline(always)]
    pub(crate) fn count(&mut self, flags: u8) {
        count_flags(&mut self.group.counts, flags);
        self.group.first = self.group.first.min(self.offset);
        self.group.last = self.group.last.max(self.offset);
    }

    /// Merges another aggregate of the same group, whose symbols are of `theirs`; `repeated` of its
    /// events were counted here already.
    pub(crate) fn merge(&mut self, other: &Group, repeated: &[u32; COUNTS], theirs: &Strings) {
        let group = &mut *self.group;
        for (at, count) in group.counts.iter_mut().enumerate() {
            *count = count.saturating_add(other.counts[at].saturating_sub(repeated[at]));
        }
        // Milliseconds from our window's start to theirs, if it is another window.
        let shift = self.offset;
        group.first = group.first.min(other.first.saturating_add(shift));
        group.last = group.last.max(other.last.saturating_add(shift));
        group.marks |= other.marks & PERSISTENT;
        for (column, sketch) in other.sketches() {
            group.estimate(column).merge(sketch);
        }
        for (column, payload) in other.facts.all() {
            match self.with.schema.kind(column) {
                ColumnKind::Distinct => self.distinct_fact(column, payload),
                ColumnKind::Addresses => self.address(column, ip(payload, theirs)),
                ColumnKind::Samples => {
                    let (first, text) = sampled(payload);
                    self.sample_at(column, first.saturating_add(shift), theirs.get(text));
                }
                ColumnKind::Values => self.text(column, theirs.get(symbol(payload))),
                _ => {}
            }
        }
        for (column, accumulator) in other.accumulators() {
            self.merge_accumulator(*column, accumulator, theirs);
        }
    }

    #[inline(never)]
    fn merge_accumulator(&mut self, column: ColumnId, other: &Accumulator, theirs: &Strings) {
        let kind = self.with.schema.kind(column);
        match other {
            Accumulator::Sum(other) => {
                if let Some(sum) = self.sum(column, kind) {
                    sum.merge(other);
                }
            }
            Accumulator::Chosen(chosen) => {
                let value = match kind.is_text() {
                    true => Choice::Text(theirs.get(symbol(chosen.bits))),
                    false => Choice::Bits(chosen.bits),
                };
                let at = match kind.goes_by_time() {
                    true => chosen.at.saturating_add(self.offset),
                    false => 0,
                };
                self.choose(column, kind, at, value);
            }
        }
    }

    /// Adds a value to a column of single values, or a text to one of texts. A value of another
    /// type than the column's adds nothing, but that an integer is a number; nor does a number
    /// that is not finite, nor an empty text.
    pub fn value(&mut self, column: ColumnId, value: Single) {
        let kind = self.with.schema.kind(column);
        let at = if kind.goes_by_time() { self.offset } else { 0 };
        match (kind, value) {
            (ColumnKind::Values, Single::Text(text)) => self.text(column, text),
            (ColumnKind::Samples, Single::Text(text)) => self.sample(column, text),
            (ColumnKind::Distinct, Single::Text(text)) => self.distinct(column, text),
            (ColumnKind::Sum(single) | ColumnKind::Average(single), value) => {
                let id = self.id;
                if let Some(bits) = single.bits(value)
                    && let Some(sum) = self.sum(column, kind)
                {
                    sum.add(bits, id);
                }
            }
            (_, Single::Text(text)) if kind.is_text() && !text.is_empty() => {
                self.choose(column, kind, at, Choice::Text(text::cut(text)));
            }
            _ => {
                if let Some(bits) = kind.single().and_then(|kind| kind.bits(value)) {
                    self.choose(column, kind, at, Choice::Bits(bits));
                }
            }
        }
    }

    /// The sum of a column that keeps one.
    #[inline(never)]
    fn sum(&mut self, column: ColumnId, kind: ColumnKind) -> Option<&mut Sum> {
        let new = || Accumulator::Sum(Box::new(Sum::new(kind)));
        match self.group.accumulate(column, new).0 {
            Accumulator::Sum(sum) => Some(sum),
            Accumulator::Chosen(_) => None,
        }
    }

    /// Keeps a value if it takes precedence over the current one.
    #[inline(never)]
    fn choose(&mut self, column: ColumnId, kind: ColumnKind, at: u32, value: Choice) {
        let (seed, strings) = (self.with.seed, &mut *self.strings);
        if let Some(Accumulator::Chosen(kept)) = self.group.accumulator(column) {
            let than = match value {
                Choice::Bits(bits) => bits.cmp(&kept.bits),
                Choice::Text(text) => text.cmp(strings.get(symbol(kept.bits))),
            };
            let wanted = match kind {
                ColumnKind::Min(_) | ColumnKind::First(_) => Ordering::Less,
                _ => Ordering::Greater,
            };
            if at.cmp(&kept.at).then(than) != wanted {
                return;
            }
        }
        let bits = match value {
            Choice::Bits(bits) => bits,
            Choice::Text(text) => strings.add(seed, text).into(),
        };
        let new = Chosen { at, bits };
        let (accumulator, is_new) = self.group.accumulate(column, || Accumulator::Chosen(new));
        let before = std::mem::replace(accumulator, Accumulator::Chosen(new));
        if let Accumulator::Chosen(before) = before
            && kind.is_text()
            && !is_new
        {
            self.strings.release(symbol(before.bits));
        }
    }
}
