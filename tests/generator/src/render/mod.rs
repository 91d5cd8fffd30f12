//! From an abstract event to the documents that carry it, in each of the shapes.

mod ecs;
mod json;
mod raw;
mod wrapping;

pub use json::{Style, quote};
pub(crate) use wrapping::way;
pub use wrapping::{wrapped, wrapped_together};

use crate::event::Event;
use crate::random::Random;

/// The shape of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A record of a diagnostic setting.
    EventHub,
    /// An Elastic document.
    Ecs,
    /// A row of a Log Analytics table.
    LogAnalytics,
}

/// All shapes.
pub const SHAPES: [Shape; 3] = [Shape::EventHub, Shape::Ecs, Shape::LogAnalytics];

impl Shape {
    /// The shape of a name as the command line has it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "event-hub" => Some(Shape::EventHub),
            "ecs" => Some(Shape::Ecs),
            "log-analytics" => Some(Shape::LogAnalytics),
            _ => None,
        }
    }
}

/// One document in one line, without the line's end. An event that a raw record
/// cannot say is written as an ECS document whatever the shape asked for.
#[must_use]
pub fn document(event: &Event, shape: Shape, style: Style, random: &mut Random) -> String {
    if shape == Shape::Ecs || !event.fits_raw() {
        return ecs::document(event, style, random);
    }
    if shape == Shape::EventHub {
        raw::event_hub(event, style, random)
    } else {
        raw::log_analytics(event, style, random)
    }
}

/// Lines that carry the documents: each by itself, or several in an array or envelope.
#[must_use]
pub fn lines(documents: &[String], random: &mut Random) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = documents;
    while !rest.is_empty() {
        let take = if random.one_in(6) {
            1 + random.index(rest.len().min(5))
        } else {
            1
        };
        let (some, after) = rest.split_at(take);
        rest = after;
        let joined = some.join(",");
        if take > 1
            && random.one_in(3)
            && let Some(line) = wrapped_together(some, random)
        {
            out.push(line);
            continue;
        }
        out.push(match (take, random.below(4)) {
            (1, 0..=2) => joined,
            (_, 0) => format!("[[{joined}]]"),
            (_, 1) => format!("{{\"records\": [{joined}]}}"),
            (_, 2) => format!("[{{\"records\":[{joined}]}}]"),
            _ => format!("[{joined}]"),
        });
        if random.one_in(40) {
            out.push(String::new());
        }
    }
    out
}
