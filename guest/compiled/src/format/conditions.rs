//! The encoding of parameters' ranges, of conditions, and of further fields of alerts.

use super::{
    ClauseSpec, FieldSpec, FigureSpec, RangeSpec, byte, number, program, read_program, read_text,
    text,
};
use weir_detector::model::Comparison;
use weir_detector::wire::{Reader, Writer};

pub(super) fn range(w: &mut Writer, range: RangeSpec) {
    let (kind, parts) = match range {
        RangeSpec::Integer(default, low, high) => (0, [default, low, high]),
        RangeSpec::Number(default, low, high) => (1, [default, low, high].map(f64::to_bits)),
    };
    w.u64(kind);
    parts.into_iter().for_each(|part| w.u64(part));
}

pub(super) fn read_range(r: &mut Reader) -> Option<RangeSpec> {
    let (kind, parts) = (r.u64()?, [r.u64()?, r.u64()?, r.u64()?]);
    let [default, low, high] = parts.map(f64::from_bits);
    match kind {
        0 => Some(RangeSpec::Integer(parts[0], parts[1], parts[2])),
        1 => Some(RangeSpec::Number(default, low, high)),
        _ => None,
    }
}

const COMPARISONS: [Comparison; 6] = [
    Comparison::AtLeast,
    Comparison::MoreThan,
    Comparison::AtMost,
    Comparison::LessThan,
    Comparison::Equal,
    Comparison::Unequal,
];

pub(super) fn clause(w: &mut Writer, clause: &ClauseSpec) {
    match &clause.figure {
        FigureSpec::Column(column) => {
            w.u64(0);
            w.u32((*column).into());
        }
        FigureSpec::Computed(name, figure) => {
            w.u64(1);
            text(w, name);
            program(w, figure);
        }
    }
    w.size(number(&COMPARISONS, &clause.comparison));
    text(w, &clause.parameter);
}

pub(super) fn read_clause(r: &mut Reader) -> Option<ClauseSpec> {
    let figure = match r.u64()? {
        0 => FigureSpec::Column(byte(r)?),
        1 => FigureSpec::Computed(read_text(r)?, read_program(r)?),
        _ => return None,
    };
    Some(ClauseSpec {
        figure,
        comparison: *COMPARISONS.get(r.size()?)?,
        parameter: read_text(r)?,
    })
}

pub(super) fn field(w: &mut Writer, (name, field): &(String, FieldSpec)) {
    text(w, name);
    match field {
        FieldSpec::Start => w.u64(0),
        FieldSpec::First => w.u64(3),
        FieldSpec::Last => w.u64(4),
        FieldSpec::Again(column) => {
            w.u64(1);
            w.u32((*column).into());
        }
        FieldSpec::Computed(value) => {
            w.u64(2);
            program(w, value);
        }
    }
}

pub(super) fn read_field(r: &mut Reader) -> Option<(String, FieldSpec)> {
    let name = read_text(r)?;
    let field = match r.u64()? {
        0 => FieldSpec::Start,
        3 => FieldSpec::First,
        4 => FieldSpec::Last,
        1 => FieldSpec::Again(byte(r)?),
        2 => FieldSpec::Computed(read_program(r)?),
        _ => return None,
    };
    Some((name, field))
}
