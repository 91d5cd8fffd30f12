//! Rules that are all data, on logs that are a list of fields: what most detections need, in the
//! fewest lines.
//!
//! A [`PlainLog`] names its fields, and [`Plain`] makes a [`Log`](crate::log::Log) of it. A
//! [`PlainRule`] is built of columns that name these fields, and is a
//! [`Rule`](crate::definition::Rule) like any other: the engine does not know which is which. Where
//! a rule or a log needs more, it implements these traits itself.

mod event;
mod log;
mod rule;
#[cfg(test)]
mod tests;

pub use crate::definition::Info;
pub use crate::judgement::Judgement;
pub use crate::model::Severity;
pub use crate::view::AlertView;
pub use event::{FieldValues, PlainEvent};
pub use log::{Plain, PlainField, PlainLog, address, text};
pub use rule::PlainRule;
