//! Accumulators for columns of single values: a sum, an extreme, the first or the last value.
//!
//! Each is a function of the set of events. A sum is exact ([`Exact`], or an integer of 128 bits)
//! and stores each event's addend under the event's id as long as the window stores ids, so that
//! merging subtracts what both sides have added. Of several values at one time, the smallest is the
//! first and the largest is the last.

use crate::exact::Exact;
use crate::facts::ColumnId;
use crate::hash::Hasher;
use crate::order;
use crate::schema::ColumnKind;
use crate::single::{SingleKind, bits_integer, bits_number};
use crate::wire::{Reader, Writer};

/// The accumulator of one column of a group.
#[derive(Clone, Debug)]
pub(crate) enum Accumulator {
    /// One value: its time, if the kind of column depends on time, and its bits or its symbol.
    Chosen(Chosen),
    /// The sum of all values.
    Sum(Box<Sum>),
}

/// The accumulators of a group, by their columns' numbers.
pub(crate) type Accumulators = Vec<(ColumnId, Accumulator)>;

/// The value that a column keeps: the smallest, largest, first or last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Milliseconds since the window's start; 0 if the column does not depend on time.
    pub(crate) at: u32,
    /// Bits as of [`SingleKind::bits`], or a text's symbol.
    pub(crate) bits: u64,
}

/// A sum, with the addend of each event.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    /// Whether the column shows the average.
    average: bool,
    total: Total,
    /// Number of values.
    pub(crate) values: u64,
    /// Addends with the ids of their events, in any order.
    addends: Vec<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Total {
    /// Below 2^127 by far: a group counts 2^32 events.
    Integer(i128),
    Number(Box<Exact>),
}

impl Total {
    fn add(&mut self, bits: u64) {
        match self {
            Total::Integer(sum) => *sum = sum.wrapping_add(bits_integer(bits).into()),
            Total::Number(sum) => sum.add(bits_number(bits)),
        }
    }

    fn subtract(&mut self, bits: u64) {
        match self {
            Total::Integer(sum) => *sum = sum.wrapping_sub(bits_integer(bits).into()),
            Total::Number(sum) => sum.subtract(bits_number(bits)),
        }
    }
}

/// The value of a sum: an integer, or a double for sums of doubles and averages.
pub(crate) enum SumResult {
    Integer(i64),
    Number(f64),
}

impl Sum {
    pub(crate) fn new(kind: ColumnKind) -> Sum {
        Sum {
            average: matches!(kind, ColumnKind::Average(_)),
            total: match kind.single() {
                Some(SingleKind::Number) => Total::Number(Box::default()),
                _ => Total::Integer(0),
            },
            values: 0,
            addends: Vec::new(),
        }
    }

    /// Adds an event's value.
    pub(crate) fn add(&mut self, bits: u64, id: Option<u64>) {
        self.total.add(bits);
        self.values += 1;
        if let Some(id) = id {
            self.addends.push((id, bits));
        }
    }

    /// Adds another sum, without the addends of events that this one contains.
    #[inline(never)]
    pub(crate) fn merge(&mut self, other: &Sum) {
        match (&mut self.total, &other.total) {
            (Total::Integer(ours), Total::Integer(theirs)) => *ours = ours.wrapping_add(*theirs),
            (Total::Number(ours), Total::Number(theirs)) => ours.merge(theirs),
            // The schema says which it is.
            _ => return,
        }
        self.values = self.values.saturating_add(other.values);
        let ours = order::ascending(self.addends.iter().map(|(id, _)| *id));
        for (id, bits) in &other.addends {
            if ours.binary_search(id).is_ok() {
                self.total.subtract(*bits);
                self.values = self.values.saturating_sub(1);
            } else {
                self.addends.push((*id, *bits));
            }
        }
    }

    /// The value, and whether it is within the range of its type; otherwise it is clamped to the
    /// range. An average is the rounded sum divided by the number of values.
    #[inline(never)]
    #[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
    pub(crate) fn result(&self) -> (SumResult, bool) {
        let count = if self.average { self.values.max(1) } else { 1 };
        match &self.total {
            Total::Integer(sum) if self.average => {
                (SumResult::Number(*sum as f64 / count as f64), true)
            }
            Total::Integer(sum) => {
                let far = if *sum < 0 { i64::MIN } else { i64::MAX };
                let fits = i64::try_from(*sum);
                (SumResult::Integer(fits.unwrap_or(far)), fits.is_ok())
            }
            Total::Number(sum) => {
                let value = sum.value();
                let near = value.clamp(f64::MIN, f64::MAX) / count as f64;
                (SumResult::Number(near), value.is_finite())
            }
        }
    }

    #[inline(never)]
    fn write(&self, w: &mut Writer) {
        w.u64(self.values);
        match &self.total {
            Total::Integer(sum) => w.u128((sum << 1 ^ sum >> 127).cast_unsigned()),
            Total::Number(sum) => sum.write(w),
        }
        let addends = |i: u32| self.addends[i as usize];
        let order = order::positions(self.addends.len(), &mut |a, b| addends(a).cmp(&addends(b)));
        w.size(order.len());
        let mut last = 0;
        for (id, bits) in order.into_iter().map(addends) {
            w.u64(id - last);
            w.u64(bits);
            last = id;
        }
    }

    #[inline(never)]
    fn read(r: &mut Reader, kind: ColumnKind) -> Option<Sum> {
        let (mut sum, kind) = (Sum::new(kind), kind.single()?);
        sum.values = r.u64()?;
        match &mut sum.total {
            Total::Integer(total) => {
                let bits = r.u128()?;
                *total = (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed();
            }
            Total::Number(total) => **total = Exact::read(r)?,
        }
        let mut last = (0_u64, 0);
        r.each(|r| {
            let next = (last.0.checked_add(r.u64()?)?, r.u64()?);
            let good = kind.has(next.1) && next >= last;
            last = next;
            sum.addends.push(next);
            good.then_some(())
        })?;
        let addends = sum.addends.len() as u64;
        (sum.values > 0 && addends <= sum.values).then_some(sum)
    }
}

impl Accumulator {
    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        match self {
            Accumulator::Chosen(_) => 24,
            Accumulator::Sum(sum) => {
                let whole = match sum.total {
                    Total::Integer(_) => 0,
                    Total::Number(_) => 296,
                };
                88 + whole + sum.addends.len() * 18
            }
        }
    }

    /// Drops the addends of single events.
    pub(crate) fn drop_ids(&mut self) {
        if let Accumulator::Sum(sum) = self {
            sum.addends = Vec::new();
        }
    }

    /// The value as a number under a kind of column; NaN if it is not numeric.
    #[inline(never)]
    #[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
    pub(crate) fn figure(&self, kind: ColumnKind) -> f64 {
        match (self, kind.single()) {
            (Accumulator::Chosen(chosen), Some(kind)) if kind.is_numeric() => {
                kind.as_number(chosen.bits)
            }
            (Accumulator::Sum(sum), _) => match sum.result().0 {
                SumResult::Integer(sum) => sum as f64,
                SumResult::Number(sum) => sum,
            },
            _ => f64::NAN,
        }
    }

    /// Hashes the shown value; a text is left to the caller.
    #[inline(never)]
    pub(crate) fn digest(&self, kind: ColumnKind, hash: &mut Hasher) {
        match self {
            Accumulator::Chosen(_) if kind.is_text() => {}
            Accumulator::Chosen(chosen) => hash.number(chosen.bits),
            Accumulator::Sum(sum) => match sum.result().0 {
                SumResult::Integer(sum) => hash.integer(sum),
                SumResult::Number(sum) => hash.number(sum.to_bits()),
            },
        }
    }

    /// Encodes it; `place` maps a symbol to its index among the texts that are written.
    pub(crate) fn write(&self, w: &mut Writer, kind: ColumnKind, place: impl Fn(u64) -> u32) {
        match self {
            Accumulator::Chosen(chosen) => {
                if kind.goes_by_time() {
                    w.u32(chosen.at);
                }
                match kind.is_text() {
                    true => w.u32(place(chosen.bits)),
                    false => w.u64(chosen.bits),
                }
            }
            Accumulator::Sum(sum) => sum.write(w),
        }
    }

    /// Decodes it; `symbol` maps the index of a text to its symbol.
    pub(crate) fn read(
        r: &mut Reader,
        kind: ColumnKind,
        longest: u32,
        symbol: impl FnOnce(usize) -> Option<u64>,
    ) -> Option<Accumulator> {
        let single = kind.single()?;
        if matches!(kind, ColumnKind::Sum(_) | ColumnKind::Average(_)) {
            let sum = Sum::read(r, kind)?;
            return Some(Accumulator::Sum(Box::new(sum)));
        }
        let at = match kind.goes_by_time() {
            true => r.u32().filter(|at| *at < longest)?,
            false => 0,
        };
        let bits = match kind.is_text() {
            true => symbol(r.size()?)?,
            false => r.u64().filter(|bits| single.has(*bits))?,
        };
        Some(Accumulator::Chosen(Chosen { at, bits }))
    }
}

#[cfg(test)]
#[path = "accumulator_tests.rs"]
mod tests;
