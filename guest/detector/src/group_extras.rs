//! Sketches and accumulators of a group, boxed since few groups have them.

use crate::accumulator::{Accumulator, Accumulators, SumResult};
use crate::columns::symbol;
use crate::facts::ColumnId;
use crate::group::Group;
use crate::model::Value;
use crate::schema::{ColumnKind, Schema};
use crate::single::{SingleKind, bits_integer, bits_number};
use crate::sketch::Sketch;
use crate::strings::Strings;

/// The sketches and accumulators of a group, by column.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupExtras {
    /// Sketches of columns with too many distinct values.
    pub(crate) sketches: Vec<(ColumnId, Sketch)>,
    pub(crate) accumulators: Accumulators,
}

impl Group {
    /// The accumulators, by column.
    pub(crate) fn accumulators(&self) -> &[(ColumnId, Accumulator)] {
        self.extras
            .as_ref()
            .map_or(&[], |extras| &extras.accumulators)
    }

    /// The accumulator of a column, if it has one.
    pub(crate) fn accumulator(&self, column: ColumnId) -> Option<&Accumulator> {
        let mut all = self.accumulators().iter();
        all.find(|(other, _)| *other == column)
            .map(|(_, found)| found)
    }

    /// The accumulator of a column, created by `new` if there is none yet; and whether it was
    /// created.
    pub(crate) fn accumulate(
        &mut self,
        column: ColumnId,
        new: impl FnOnce() -> Accumulator,
    ) -> (&mut Accumulator, bool) {
        let all = &mut self.extras.get_or_insert_default().accumulators;
        let at = all.iter().position(|(other, _)| *other >= column);
        let at = at.unwrap_or(all.len());
        let is_new = all.get(at).is_none_or(|(other, _)| *other != column);
        if is_new {
            all.insert(at, (column, new()));
        }
        (&mut all[at].1, is_new)
    }

    /// Drops the addends of single events, when the window drops their ids.
    pub(crate) fn drop_ids(&mut self) {
        if let Some(extras) = &mut self.extras {
            let all = extras.accumulators.iter_mut();
            all.for_each(|(_, accumulator)| accumulator.drop_ids());
        }
    }

    /// Bytes held beside the facts.
    #[inline(always)]
    pub(crate) fn extras_size(&self) -> usize {
        self.extras.as_ref().map_or(0, |extras| extras.size())
    }

    #[inline(never)]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is no whole number from 0 on is the nearest one"
    )]
    pub(crate) fn whole_figure(&self, schema: &Schema, column: ColumnId) -> u64 {
        self.figure(schema, column) as u64
    }

    /// The number that a column shows; NaN if it has no value or no numeric one.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn figure(&self, schema: &Schema, column: ColumnId) -> f64 {
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

impl GroupExtras {
    fn size(&self) -> usize {
        let sizes = self.accumulators.iter().map(|(_, a)| a.size());
        self.sketches.len() * (16 << 10) + sizes.sum::<usize>()
    }
}

/// The value that an alert shows for an accumulator.
#[inline(never)]
pub(crate) fn accumulated(
    accumulator: &Accumulator,
    kind: ColumnKind,
    strings: &Strings,
) -> Option<Value> {
    let value = match accumulator {
        Accumulator::Sum(sum) => match sum.result().0 {
            SumResult::Integer(sum) => Value::Integer(sum),
            SumResult::Number(sum) => Value::Number(sum),
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
