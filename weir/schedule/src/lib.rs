//! Schedules: the calls to detectors as data, so that they can be drawn at random, written to a
//! file, made smaller and replayed.
//!
//! A [`Schedule`] is a list of [`Call`]s to numbered instances over the lines of one input. An
//! instance is opened by the first call that names it. At the end of a schedule instance 0 is
//! flushed and emptied; what it has been told by then, through pushes and merges, are the lines
//! that the schedule [delivers](Schedule::delivered).
//!
//! ```
//! use weir_schedule::{Call, Schedule};
//!
//! let text = "{\"call\":\"push\",\"lines\":\"1-2\"}\n{\"call\":\"restart\"}\n{\"call\":\"push\",\"lines\":\"3\"}\n";
//! let schedule = Schedule::parse(text)?;
//! assert_eq!(schedule.delivered(4), [1, 1, 1, 0]);
//! assert_eq!(schedule.text(), text);
//! # Ok::<(), weir_schedule::BadCall>(())
//! ```
#![forbid(unsafe_code)]

mod call;
pub mod draw;
mod lines;
mod random;
mod replay;
mod schedule;
pub mod shrink;

pub use call::{Call, Instance, Way};
pub use lines::Lines;
pub use random::Random;
pub use replay::{Driver, Stopped, replay};
pub use schedule::{BadCall, Schedule};
