//! Tests that stand beside a query only: patterns of filters and exceptions, and ranges.

use super::{CASELESS, Lowering, general, ordered, read};
use crate::kql::{Comparison, Field, Literal, Wildcard};
use crate::types::FieldType;
use weir_detector::program::pattern::Pattern;
use weir_detector::program::{Builder, Constant};

impl Lowering {
    /// Whether any value matches a pattern.
    pub(super) fn like(
        &mut self,
        b: Builder,
        field: &Field,
        kind: Option<FieldType>,
        wildcard: &Wildcard,
    ) -> Builder {
        if let Some(kind) = kind.filter(|kind| *kind != FieldType::Keyword) {
            let message = format!("`{}` is of type {kind:?}: it has no patterns", field.name);
            self.problem("wildcard-on-type", &wildcard.span, message);
            return b.constant(Constant::Boolean(false));
        }
        let mut text = wildcard.pattern.clone();
        // A single one at the end is a backslash.
        if { text.bytes().rev() }.take_while(|b| *b == b'\\').count() % 2 == 1 {
            text.push('\\');
        }
        if field.name.ends_with(CASELESS) {
            text = text.to_lowercase();
        }
        let b = read(b, field, kind);
        let (b, text) = match wildcard.caseless {
            true => (b.call("lower_ascii", 1), text.to_ascii_lowercase()),
            false => (b, text),
        };
        let Some(pattern) = Pattern::new(&text, false) else {
            self.problem(
                "pattern-too-long",
                &wildcard.span,
                "the pattern is too long",
            );
            return b;
        };
        b.constant(Constant::Pattern(pattern)).call("any_like", 2)
    }

    /// Whether any value is between two ends.
    pub(super) fn within(
        &mut self,
        b: Builder,
        field: &Field,
        ends: &[(Comparison, Literal); 2],
    ) -> Builder {
        let [(from, low), (to, high)] = ends;
        let Some(kind) = ordered(field, &[low, high]) else {
            let message = format!("`{}` has no order", field.name);
            self.problem("field-type", &low.span, message);
            return b.constant(Constant::Boolean(false));
        };
        let low = self.constant(field, kind, low);
        let high = self.constant(field, kind, high);
        let (Some(low), Some(high)) = (low, high) else {
            return b.constant(Constant::Boolean(false));
        };
        b.field(&field.name, general(Some(kind)))
            .constant(low)
            .constant(Constant::Boolean(*from == Comparison::Greater))
            .constant(high)
            .constant(Constant::Boolean(*to == Comparison::Less))
            .call("any_within", 5)
    }
}
