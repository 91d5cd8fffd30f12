//! What few groups keep: sketches and accumulators, in a box beside the facts.

use crate::accumulator::{Accumulator, Accumulators, Figure};
use crate::columns::symbol;
use crate::facts::Kind;
use crate::group::Group;
use crate::model::Value;
use crate::schema::{ColumnKind, Schema};
use crate::single::{SingleKind, bits_integer, bits_number};
use crate::sketch::Sketch;
use crate::strings::Strings;

/// What a group keeps beside its facts, by the columns' numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct More {
    /// In place of the facts of columns that have too many to keep.
    pub(crate) sketches: Vec<(Kind, Sketch)>,
    pub(crate) accumulators: Accumulators,
}

impl Group {
    /// The accumulators that there are, by column.
    pub(crate) fn accumulators(&self) -> &[(Kind, Accumulator)] {
        self.more.as_ref().map_or(&[], |more| &more.accumulators)
    }

    /// The accumulator of a column, if it has one.
    pub(crate) fn accumulator(&self, column: Kind) -> Option<&Accumulator> {
        let mut all = self.accumulators().iter();
        all.find(|(other, _)| *other == column)
            .map(|(_, found)| found)
    }

    /// The accumulator of a column, `new` if there is none yet; and whether it is new.
    pub(crate) fn accumulate(
        &mut self,
        column: Kind,
        new: impl FnOnce() -> Accumulator,
    ) -> (&mut Accumulator, bool) {
        let all = &mut self.more.get_or_insert_default().accumulators;
        let at = all.iter().position(|(other, _)| *other >= column);
        let at = at.unwrap_or(all.len());
        let is_new = all.get(at).is_none_or(|(other, _)| *other != column);
        if is_new {
            all.insert(at, (column, new()));
        }
        (&mut all[at].1, is_new)
    }

    /// Forgets what each event gave to sums, when the window forgets its events' ids.
    pub(crate) fn forget_ids(&mut self) {
        if let Some(more) = &mut self.more {
            let all = more.accumulators.iter_mut();
            all.for_each(|(_, accumulator)| accumulator.forget_ids());
        }
    }

    /// Bytes of what it keeps beside its facts.
    #[inline(always)]
    pub(crate) fn more(&self) -> usize {
        self.more.as_ref().map_or(0, |more| more.size())
    }

    #[inline(never)]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is no whole number from 0 on is the nearest one"
    )]
    pub(crate) fn whole_figure(&self, schema: &Schema, column: Kind) -> u64 {
        self.figure(schema, column) as u64
    }

    /// The number that a column comes to; not a number where it has no value, or one that is
    /// none.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn figure(&self, schema: &Schema, column: Kind) -> f64 {
        let kind = schema.kind(column);
        match kind.single() {
            None => self.number(schema, column) as f64,
            Some(_) => {
                let accumulator = self.accumulator(column);
                accumulator.map_or(f64::NAN, |accumulator| accumulator.figure(kind))
            }
        }
    }
}

impl More {
    fn size(&self) -> usize {
        let sizes = self.accumulators.iter().map(|(_, a)| a.size());
        self.sketches.len() * (16 << 10) + sizes.sum::<usize>()
    }
}

/// What an accumulator shows.
#[inline(never)]
pub(crate) fn accumulated(
    accumulator: &Accumulator,
    kind: ColumnKind,
    strings: &Strings,
) -> Option<Value> {
    let value = match accumulator {
        Accumulator::Sum(sum) => match sum.result().0 {
            Figure::Integer(sum) => Value::Integer(sum),
            Figure::Number(sum) => Value::Number(sum),
        },
        Accumulator::Chosen(chosen) => match kind.single()? {
            SingleKind::Integer => Value::Integer(bits_integer(chosen.bits)),
            SingleKind::Number => Value::Number(bits_number(chosen.bits)),
            SingleKind::Text => Value::Text(strings.get(symbol(chosen.bits)).to_owned()),
            SingleKind::Boolean => Value::Boolean(chosen.bits == 1),
            SingleKind::Time => Value::Timestamp(bits_integer(chosen.bits)),
        },
    };
    Some(value)
}
