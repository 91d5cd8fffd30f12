//! Runs streaming detections as sandboxed WebAssembly components: bytes in, alerts out.
//!
//! A [`Sandbox`] is a component, checked and compiled once. It imports nothing: it can compute
//! within [`Limits`], and reach no file, network or clock. A [`Detector`] is one instance of it
//! with its own memory, open on some of its rules. A [`Supervisor`] is a detector that outlives its
//! instances: it restarts failed ones and quarantines the documents that break them.
//!
//! ```
//! use weir_host::contract::Configuration;
//! use weir_host::{Limits, Sandbox};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default())?;
//!
//! // A rule as published, keyed by a seed that the senders of logs cannot know.
//! let rule = sandbox.describe()?.remove(0);
//! let seed = (0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b);
//! let mut detector = sandbox.open(&[Configuration::of(rule.id, "{}")], seed)?;
//!
//! // Whole documents, one JSON value a line.
//! let outcome = detector.push(b"{\"time\": \"2026-05-19T09:36:00Z\"}\n")?;
//! for alert in detector.alerts() {
//!     println!("{:?}", alert?);
//! }
//!
//! // The end of the input closes every window.
//! detector.flush()?;
//! for alert in detector.alerts() {
//!     println!("{:?}", alert?);
//! }
//! assert_eq!(outcome.documents(), 1);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod detector;
pub mod messages;
mod sandbox;
mod supervisor;
pub mod trust;

pub use detector::Detector;
pub use sandbox::{Examination, Sandbox, digest, examine};
pub use supervisor::{
    BatchResult, DetectorFactory, Documents, Quarantined, Reread, Slow, Supervisor,
};
pub use weir_contract as contract;
pub use weir_contract::error::{Error, Refusal, TrapKind};
pub use weir_contract::{Limits, error, identity, parameters};
