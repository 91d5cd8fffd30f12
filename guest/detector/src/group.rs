//! The aggregate of one key in one window.
//!
//! The aggregate is a function of the set of events and not of their order: counts, extremes, sets,
//! and of each capped list the smallest values. So merging two aggregates equals aggregating both
//! streams.

use crate::accumulator::{Accumulator, Sum};
use crate::address;
use crate::columns::{Context, held, ip, symbol};
use crate::facts::{ColumnId, Facts};
use crate::group_extras::{GroupExtras, accumulated};
use crate::ids::FLAGS;
use crate::model::Value;
use crate::order;
use crate::schema::{ColumnKind, MAX_COLUMNS, Schema};
use crate::sketch::Sketch;
use crate::strings::{Strings, Symbol};

/// Number of counts of a group: of all its events, and of those with each flag.
pub const COUNTS: usize = 1 + FLAGS as usize;

/// Marks of truncated columns, a bit for each.
const TRUNCATED: u32 = (1 << MAX_COLUMNS) - 1;
/// Mark: changed since the last evaluation.
const DIRTY: u32 = 1 << MAX_COLUMNS;
/// Mark: events may be missing, since state of its window was evicted before.
const INCOMPLETE: u32 = 1 << (MAX_COLUMNS + 1);
/// Mark: it was published from state that has been evicted since.
const DETACHED: u32 = 1 << (MAX_COLUMNS + 2);
/// Marks that a snapshot contains.
pub const PERSISTENT: u32 = TRUNCATED | INCOMPLETE | DETACHED;

/// The aggregate of one group.
#[derive(Clone, Debug)]
pub struct Group {
    key: Symbol,
    pub(crate) marks: u32,
    /// Number of events, and of those with each flag.
    pub counts: [u32; COUNTS],
    /// Milliseconds from the window's start to the first event.
    pub first: u32,
    /// Milliseconds from the window's start to the last event.
    pub last: u32,
    /// The values of the columns.
    pub facts: Facts,
    /// Sketches and accumulators; most groups have none.
    pub(crate) extras: Option<Box<GroupExtras>>,
}

impl Group {
    pub(crate) fn new(key: Symbol) -> Group {
        Group {
            key,
            marks: 0,
            counts: [0; COUNTS],
            first: u32::MAX,
            last: 0,
            facts: Facts::default(),
            extras: None,
        }
    }

    /// The sketches, by column.
    pub(crate) fn sketches(&self) -> impl ExactSizeIterator<Item = (ColumnId, &Sketch)> {
        let all = self
            .extras
            .as_ref()
            .map_or(&[][..], |extras| &extras.sketches);
        all.iter().map(|(column, sketch)| (*column, sketch))
    }

    /// The sketch of a column, if it has one.
    pub fn sketch(&self, column: ColumnId) -> Option<&Sketch> {
        let mut all = self.sketches();
        all.find(|(other, _)| *other == column)
            .map(|(_, sketch)| sketch)
    }

    #[inline(always)]
    pub(crate) fn sketch_mut(&mut self, column: ColumnId) -> Option<&mut Sketch> {
        let all = &mut self.extras.as_mut()?.sketches;
        let mut all = all.iter_mut();
        all.find(|(other, _)| *other == column)
            .map(|(_, sketch)| sketch)
    }

    /// Sets the sketch of a column, whose number is greater than those of other sketches.
    pub(crate) fn set_sketch(&mut self, column: ColumnId, sketch: Sketch) {
        let extras = self.extras.get_or_insert_default();
        extras.sketches.push((column, sketch));
    }

    /// The columns with a sketch, a bit for each.
    pub fn estimates(&self) -> u32 {
        self.sketches()
            .fold(0, |bits, (column, _)| bits | 1 << column)
    }

    /// The sketch of a column, which replaces its facts if there is none yet.
    pub(crate) fn estimate(&mut self, column: ColumnId) -> &mut Sketch {
        let all = &mut self.extras.get_or_insert_default().sketches;
        let at = all.iter().position(|(other, _)| *other >= column);
        let at = at.unwrap_or(all.len());
        if all.get(at).is_none_or(|(other, _)| *other != column) {
            let mut sketch = Sketch::default();
            self.facts.of(column).for_each(|hash| sketch.insert(hash));
            self.facts.remove_all(column);
            all.insert(at, (column, sketch));
        }
        &mut all[at].1
    }

    /// Renames the symbols of the aggregate.
    pub(crate) fn remap_symbols(
        &mut self,
        schema: &Schema,
        name: &mut dyn FnMut(Symbol) -> Symbol,
    ) {
        self.key = name(self.key);
        let upper = u64::MAX << 32;
        for (column, kind) in schema.kinds() {
            if matches!(
                kind,
                ColumnKind::Values | ColumnKind::Samples | ColumnKind::Addresses
            ) {
                self.facts.replace(column, |fact| match held(kind, fact) {
                    Some(text) => fact & upper | u64::from(name(text)),
                    None => fact,
                });
            }
        }
        let all = self.extras.iter_mut();
        for (column, accumulator) in all.flat_map(|extras| &mut extras.accumulators) {
            if let Accumulator::Chosen(chosen) = accumulator
                && schema.kind(*column).is_text()
            {
                chosen.bits = name(symbol(chosen.bits)).into();
            }
        }
    }

    /// The number that a column shows: its count, its number of values, or its value as a whole
    /// number from 0 on.
    #[inline(always)]
    pub fn number(&self, schema: &Schema, column: ColumnId) -> u64 {
        match schema.kind(column) {
            ColumnKind::Count => self.counts[0].into(),
            ColumnKind::CountWhere(flag) => {
                let [_, flagged @ ..] = &self.counts;
                flagged.get(usize::from(flag)).copied().map_or(0, u64::from)
            }
            ColumnKind::Distinct
            | ColumnKind::Values
            | ColumnKind::Addresses
            | ColumnKind::Samples => match self.sketch(column) {
                None => self.facts.range(column).len() as u64,
                Some(sketch) => sketch.estimate(),
            },
            _ => self.whole_figure(schema, column),
        }
    }

    /// The symbol of its key.
    pub(crate) fn key_symbol(&self) -> Symbol {
        self.key
    }

    /// Its key.
    pub fn key<'s>(&self, strings: &'s Strings) -> &'s str {
        strings.get(self.key)
    }

    /// Calls `each` with the symbols of all texts in a snapshot, possibly repeatedly.
    pub(crate) fn symbols(&self, schema: &Schema, each: &mut dyn FnMut(Symbol)) {
        each(self.key);
        for (column, payload) in self.facts.all() {
            let kind = schema.kind(column);
            if matches!(kind, ColumnKind::Values | ColumnKind::Samples) {
                each(symbol(payload));
            }
        }
        for (column, accumulator) in self.accumulators() {
            if let Accumulator::Chosen(chosen) = accumulator
                && schema.kind(*column).is_text()
            {
                each(symbol(chosen.bits));
            }
        }
    }

    /// The texts of a column of values or samples, in its order.
    pub fn texts<'s>(
        &self,
        column: ColumnId,
        strings: &'s Strings,
    ) -> impl ExactSizeIterator<Item = &'s str> {
        self.facts.of(column).map(|s| strings.get(symbol(s)))
    }

    /// The addresses of a column, in order.
    pub fn addresses(
        &self,
        column: ColumnId,
        strings: &Strings,
    ) -> impl ExactSizeIterator<Item = u128> {
        self.facts.of(column).map(|payload| ip(payload, strings))
    }

    /// The value that an alert shows for a column, if it has one. Addresses are sorted as texts.
    pub fn value(&self, schema: &Schema, column: ColumnId, strings: &Strings) -> Option<Value> {
        let texts: Vec<String> = match schema.kind(column) {
            ColumnKind::Count | ColumnKind::CountWhere(_) | ColumnKind::Distinct => {
                let number = self.number(schema, column);
                return Some(Value::Integer(number.try_into().unwrap_or(i64::MAX)));
            }
            ColumnKind::Values | ColumnKind::Samples => {
                let texts = self.texts(column, strings);
                texts.map(str::to_owned).collect()
            }
            ColumnKind::Addresses => {
                let all = self.addresses(column, strings);
                let texts: Vec<String> = all.map(address::render).collect();
                let text = |i: u32| &texts[i as usize];
                let order = order::positions(texts.len(), &mut |a, b| text(a).cmp(text(b)));
                order.into_iter().map(|i| text(i).clone()).collect()
            }
            kind => return accumulated(self.accumulator(column)?, kind, strings),
        };
        (!texts.is_empty()).then_some(Value::TextList(texts))
    }

    pub(crate) fn truncate(&mut self, column: ColumnId) {
        self.marks |= 1 << column;
    }

    /// Whether a column is truncated: values are missing, or a sum is outside its type's range.
    pub fn truncated(&self, column: ColumnId) -> bool {
        let beyond = |sum: &Sum| !sum.result().1;
        self.marks & 1 << column != 0
            || matches!(self.accumulator(column), Some(Accumulator::Sum(sum)) if beyond(sum))
    }

    /// Sets whether it changed since the last evaluation; returns whether that is new.
    pub fn set_dirty(&mut self, dirty: bool) -> bool {
        let before = self.dirty();
        self.marks = self.marks & !DIRTY | if dirty { DIRTY } else { 0 };
        before != dirty
    }

    /// Whether it changed since the last evaluation.
    pub fn dirty(&self) -> bool {
        self.marks & DIRTY != 0
    }

    /// Marks that events may be missing.
    pub fn mark_incomplete(&mut self) {
        self.marks |= INCOMPLETE;
    }

    /// Whether no event of it can be missing.
    pub fn complete(&self) -> bool {
        self.marks & INCOMPLETE == 0
    }

    /// Marks that it was published from state that has been evicted.
    pub fn detach(&mut self) {
        self.marks |= DETACHED | INCOMPLETE;
    }

    /// Whether it was published from state that has been evicted.
    pub fn detached(&self) -> bool {
        self.marks & DETACHED != 0
    }

    /// The marks that a snapshot contains.
    pub fn persistent_marks(&self) -> u32 {
        self.marks & PERSISTENT
    }

    /// Sets the marks that a snapshot contains.
    pub fn set_persistent_marks(&mut self, marks: u32) {
        self.marks |= marks & PERSISTENT;
    }

    /// A hash of the shown values: equal rows have equal hashes on every host with the same seed.
    pub fn digest(&self, with: Context, strings: &Strings) -> u64 {
        let mut hash = with.seed.hasher();
        let ends = [self.first, self.last, self.marks & TRUNCATED];
        for n in self.counts.into_iter().chain(ends) {
            hash.integer(i64::from(n));
        }
        for (column, kind) in with.schema.kinds() {
            match kind {
                ColumnKind::Count | ColumnKind::CountWhere(_) => continue,
                _ if kind.single().is_some() => {
                    let found = self.accumulator(column);
                    hash.number(found.is_some().into());
                    found.into_iter().for_each(|a| a.digest(kind, &mut hash));
                    if let Some(Accumulator::Chosen(chosen)) = found
                        && kind.is_text()
                    {
                        hash.text(strings.get(symbol(chosen.bits)).as_bytes());
                    }
                    continue;
                }
                _ => hash.number(self.number(with.schema, column)),
            }
            match kind {
                ColumnKind::Values | ColumnKind::Samples => {
                    let texts = self.texts(column, strings);
                    texts.for_each(|text| hash.text(text.as_bytes()));
                }
                ColumnKind::Addresses => {
                    let all = self.addresses(column, strings);
                    all.for_each(|bits| hash.text(bits.to_string().as_bytes()));
                }
                _ => {}
            }
        }
        hash.finish()
    }
}

/// Counts an event by its flags.
#[inline(always)]
pub(crate) fn count_flags(counts: &mut [u32; COUNTS], flags: u8) {
    let [all, flagged @ ..] = counts;
    *all = all.saturating_add(1);
    for (at, count) in flagged.iter_mut().enumerate() {
        *count = count.saturating_add(u32::from(flags >> at & 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Columns;
    use crate::hash::Seed;
    use crate::toy;

    const SEED: Seed = Seed(1, 2);
    const PATHS: ColumnId = toy::PATH_COUNT;

    /// Changes the columns of a group.
    fn change<T>(group: &mut Group, change: impl FnOnce(&mut Columns) -> T) -> T {
        let (schema, mut strings) = (toy::schema(), Strings::default());
        let mut columns = Columns {
            group,
            strings: &mut strings,
            with: Context {
                schema: &schema,
                caps: toy::CAPS,
                seed: SEED,
            },
            offset: 0,
            id: None,
        };
        change(&mut columns)
    }

    fn group(paths: std::ops::Range<u32>) -> Group {
        let mut group = Group::new(0);
        change(&mut group, |columns| {
            for path in paths {
                columns.distinct(PATHS, &path.to_string());
            }
        });
        group
    }

    fn paths(group: &Group) -> u64 {
        group.number(&toy::schema(), PATHS)
    }

    #[test]
    fn a_small_group_is_small() {
        assert!(size_of::<Group>() <= 72, "{}", size_of::<Group>());
    }

    #[test]
    fn distinct_values_are_exact_up_to_the_bound_and_close_above() {
        let count = |n: u32| paths(&group(0..n));
        assert_eq!((count(0), count(1), count(4096)), (0, 1, 4096));
        assert!(group(0..4097).sketch(PATHS).is_some());
        assert!(
            (196_000..204_000).contains(&count(200_000)),
            "{}",
            count(200_000)
        );
    }

    #[test]
    fn merging_is_the_union_at_every_size() {
        let theirs = Strings::default();
        for (a, b) in [
            (3, 10),
            (40, 10),
            (3000, 3000),
            (100, 90_000),
            (90_000, 100),
            (60_000, 90_000),
        ] {
            // The second half of one is in the other too.
            let mut merged = group(0..a);
            change(&mut merged, |columns| {
                columns.merge(&group(a / 2..a / 2 + b), &[0; COUNTS], &theirs);
            });
            let whole = group(0..a.max(a / 2 + b));
            assert_eq!(paths(&merged), paths(&whole));
            assert!(merged.facts.of(PATHS).eq(whole.facts.of(PATHS)));
        }
    }

    #[test]
    fn two_estimated_columns_are_independent() {
        let mut group = group(0..5000);
        change(&mut group, |columns| {
            (0..9000).for_each(|n| columns.distinct(toy::AGENT_COUNT, &n.to_string()));
        });
        let schema = toy::schema();
        let agents = group.number(&schema, toy::AGENT_COUNT);
        assert!((8700..9300).contains(&agents), "{agents}");
        assert!((4800..5200).contains(&paths(&group)));
        assert_eq!(
            group.sketches().map(|(column, _)| column).max(),
            Some(PATHS.max(toy::AGENT_COUNT))
        );
        assert_eq!(group.sketches().len(), 2);
    }
}
