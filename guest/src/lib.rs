//! Azure AD Graph high 4xx error ratio from a user: an exact streaming detection.
//!
//! Raw log records go in as bytes, alerts come out. The crate is a pure library: no
//! clock, no randomness, no files, no network. With the feature `component`, built for
//! `wasm32-unknown-unknown`, it is a WebAssembly component that imports nothing.
//!
//! ```
//! use aadgraph_4xx::Detector;
//! use aadgraph_4xx::model::Problem;
//!
//! fn main() -> Result<(), Vec<Problem>> {
//!     // A looser rule, so that one call is enough to see an alert; `{}` is the rule as
//!     // published. The seed keys hash tables: a random one where logs may be hostile.
//!     let configuration = r#"{"min_total_calls": 1, "min_errors": 1, "min_url_paths": 1}"#;
//!     let mut detector = Detector::open(configuration, (1, 2))?;
//!
//!     // Hand over logs, one JSON value a line; what is refused is named.
//!     let outcome = detector.push(br#"
//! {"category": "AzureADGraphActivityLogs", "properties": {"userId": "alice", "httpStatusCode": 403, "timeGenerated": "2026-05-19T09:31:07.4821935Z", "requestUri": "/t/users?x"}}
//! {"category": "AzureADGraphActivityLogs", "properties": {"userId": "bob"}}
//! "#);
//!     assert_eq!((outcome.counted, outcome.malformed), (1, 1));
//!     for refusal in &outcome.refused {
//!         println!("line {}: {}", refusal.line, refusal.reason);
//!     }
//!
//!     // Close every window, and take what was found.
//!     detector.flush();
//!     let alerts = detector.take_alerts(10);
//!     assert_eq!(alerts.len(), 1);
//!     for alert in alerts {
//!         println!("{} {}", alert.id, alert.reason);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A whole program, which reads standard input and prints alerts as JSON, is `examples/library.rs`.
//!
//! Reading order: [`rule`] decides, `event` maps records, `group` and `window`
//! aggregate, `stream` minds the time, [`detector`](Detector) ties them together.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]

pub mod address;
pub mod config;
pub mod exception;
mod merge;
mod mmdb;
pub mod model;
pub mod network;
pub mod rule;
pub mod time;
pub mod uri;

mod advise;
mod alert;
mod asn;
mod batch;
mod budget;
mod call;
mod callers;
mod chunk;
#[cfg(feature = "component")]
mod component;
mod decimal;
mod describe;
mod detector;
mod event;
mod facts;
mod fields;
mod group;
mod hash;
mod identity;
mod ids;
mod order;
mod path;
mod pivot;
mod record;
mod scan;
mod select;
mod skeleton;
mod sketch;
mod snapshot;
mod snapshot_group;
mod split;
mod stream;
mod strings;
mod text;
mod totals;
mod window;
mod wire;

pub use advise::advise;
pub use describe::{RULE_ID, RULE_VERSION, describe};
pub use detector::Detector;
