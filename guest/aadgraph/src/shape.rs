//! The shapes of records, and the recognition of the log's records.

use crate::event::{CATEGORY, DATASET, ROW_TABLE};
use crate::fields as f;
use weir_detector::fields::{Field, Recognised};
use weir_detector::record::Record;

/// The shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A record of a diagnostic setting, as from an Event Hub.
    EventHub,
    /// Elastic's document.
    Ecs,
    /// A row of Log Analytics.
    Row,
}

/// The shape of a record; None if it belongs to another data set.
pub fn shape(record: &Record) -> Option<Shape> {
    if record.is(f::ECS_DATASET, DATASET) {
        Some(Shape::Ecs)
    } else if record.is(f::CATEGORY, CATEGORY) {
        Some(Shape::EventHub)
    } else if [f::ROW_TYPE, f::ROW_CATEGORY]
        .iter()
        .any(|f| record.is(*f, ROW_TABLE) || record.is(*f, CATEGORY))
    {
        Some(Shape::Row)
    } else {
        None
    }
}

/// Whether a record has an event time, readable or not.
fn has_time(record: &Record, shape: Shape) -> bool {
    match shape {
        Shape::EventHub => record.has(f::TIME_GENERATED),
        Shape::Ecs => record.has(f::ECS_TIMESTAMP),
        Shape::Row => record.has(f::ROW_TIME_GENERATED) || record.has(f::ROW_TIME_REQUESTED),
    }
}

/// Whether a record belongs to the log, and has its time.
pub fn recognise(record: &Record) -> Recognised {
    match shape(record) {
        None => Recognised::No,
        Some(shape) if has_time(record, shape) => Recognised::Whole,
        Some(_) => Recognised::WithoutTime,
    }
}

/// Whether a document that is no record may contain records.
pub fn may_hold(record: &Record) -> bool {
    match shape(record) {
        Some(Shape::Ecs) => false,
        Some(shape) => !has_time(record, shape),
        // Records of diagnostic settings of other logs contain none, and most other documents are
        // such.
        None => {
            !(record.has(f::CATEGORY)
                && (record.has(f::TOP_TENANT_ID) || record.has(f::RESOURCE_ID)))
        }
    }
}

/// Texts that exporters of rows write for null: those of Python, of its tables and of databases.
const NULLS: [&[u8]; 8] = [
    b"None", b"null", b"NULL", b"<null>", b"-", b"nan", b"NaN", b"NaT",
];

/// Whether a text of a row stands for null.
pub fn is_null(text: &[u8]) -> bool {
    matches!(text.len(), 1..=6) && NULLS.contains(&text)
}

/// Whether any of some texts of a row stands for null.
#[inline(always)]
pub(crate) fn has_null(texts: &[&[u8]; 8]) -> bool {
    // Most texts are too long, or begin as none of them does.
    let may_be = texts.iter().fold(false, |may_be, text| {
        may_be | (text.len() <= 6 && text.first().is_some_and(|first| !first.is_ascii_digit()))
    });
    may_be && texts.iter().any(|text| is_null(text))
}

/// Whether a text of a field stands for null.
pub(crate) fn is_nothing(field: Field, text: &str) -> bool {
    text.is_empty() || f::is_column(field) && is_null(text.as_bytes())
}
