//! Runs streaming security detections as sandboxed WebAssembly components.
//!
//! ```
//! use weir::contract::Configuration;
//! use weir::{Limits, Sandbox};
//!
//! fn main() -> Result<(), weir::Error> {
//!     // Compile the detector that this library carries, and open it as published.
//!     let sandbox = Sandbox::embedded(&Limits::default())?;
//!     let rule = sandbox.describe()?.remove(0);
//!     println!("{}", rule.name);
//!     let mut detector = sandbox.open(&[Configuration::of(rule.id, "{}")], (1, 2))?;
//!
//!     // Hand over logs, one JSON value a line, and close every window.
//!     let outcome = detector.push(b"{\"of\": \"another data set\"}\n")?;
//!     assert_eq!(outcome.other_data_set, 1);
//!     detector.flush()?;
//!
//!     // Take what it found.
//!     while let Some(alert) = detector.take_alerts()?.first() {
//!         println!("{} {}", alert.id(), alert.reason);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The host moves bytes, time and limits; the component understands them. It
//! imports nothing, so all that it can do is compute: see [`Sandbox`] for the
//! limits it is held to and [`contract`] for what passes between the two.
//! [`Run`] is the whole path from files to alerts, as `weir run` takes it.
#![forbid(unsafe_code)]

mod bindings;
#[path = "../../guest/detector/src/brackets.rs"]
mod brackets;
pub mod cases;
pub mod checkpoint;
pub mod chosen;
pub mod config;
pub mod contract;
pub mod deliver;
mod detector;
mod engine;
mod error;
mod escape;
mod exclusive;
pub mod explain;
mod feed;
pub mod frame;
mod guard;
mod identity;
pub mod input;
pub mod inspect;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod ledger;
mod live;
mod message;
pub mod messages;
mod moment;
mod named;
mod numbers;
pub mod output;
pub mod parameters;
pub mod redact;
pub mod rejects;
pub mod report;
mod run;
mod sandbox;
mod seed;
pub mod serve;
mod summary;
pub mod tap;
pub mod trust;
pub mod tune;
pub mod validate;

pub use detector::Detector;
pub use engine::Engine;
pub use error::{Error, Refusal, STDOUT, TrapKind};
pub use escape::{escape, escape_json, shorten};
pub use feed::{Accepted, Feed, Intake, Known, NotTaken};
pub use guard::Opening;
pub use live::{Clock, SystemClock};
pub use message::{Level, Message};
pub use moment::read_time;
pub use named::{NamedPart, named_parts};
pub use numbers::{grouped, size};
pub use run::{End, Gauges, Progress, Reading, Reason, Run, Totals};
pub use sandbox::{CodeCache, Examination, Limits, Sandbox, examine};
pub use seed::{random_seed, read_seed, seed_of_files};
pub use summary::{RuleName, Summary};
pub use trust::Trust;

/// The component that this library carries.
pub const EMBEDDED: &[u8] = include_bytes!(env!("WEIR_COMPONENT"));
