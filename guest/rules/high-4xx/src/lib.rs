//! Azure AD Graph high 4xx error ratio from a user: an exact streaming detection.
//!
//! Raw log records go in as bytes, alerts come out. The crate is a pure library: no
//! clock, no randomness, no files, no network. With the feature `component`, built for
//! `wasm32-unknown-unknown`, it is a WebAssembly component that imports nothing.
//!
//! ```
//! use weir_detector::model::Problem;
//!
//! fn main() -> Result<(), Vec<Problem>> {
//!     // A looser rule, so that one call is enough to see an alert; `{}` is the rule as
//!     // published. The seed keys hash tables: a random one where logs may be hostile.
//!     let configuration = r#"{"min_total_calls": 1, "min_errors": 1, "min_url_paths": 1}"#;
//!     let mut detector = high_4xx::open(configuration, (1, 2))?;
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
//!         println!("{} {}", weir_detector::identity::of(&alert), alert.reason);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A whole program, which reads standard input and prints alerts as JSON, is `examples/library.rs`.
//!
//! The whole rule is `rule.rs`, with its texts in `describe.rs`. The log is the crate `aadgraph`,
//! and the engine is `weir-detector`.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

mod describe;
mod rule;
#[cfg(test)]
mod tests;

pub use describe::{RULE_ID, RULE_VERSION};
pub use rule::High4xx;

use aadgraph::log::AadGraph;
use weir_detector::model::{Problem, Rule};

/// The engine, on the rule's log.
pub type Detector = weir_detector::detector::Detector<AadGraph>;

/// Opens a detector on the rule. `parameters` is a JSON object; `{}` is the rule as published.
///
/// # Errors
/// Every problem of the parameters, each naming its key.
pub fn open(parameters: &str, seed: (u64, u64)) -> Result<Detector, Vec<Problem>> {
    Detector::only(High4xx, parameters, seed)
}

/// The rule, as the contract's `describe` gives it.
#[must_use]
pub fn describe() -> Rule {
    weir_detector::describe::describe(&High4xx)
}

/// Warnings about a valid configuration that is probably a mistake.
#[must_use]
pub fn advise(parameters: &str) -> Vec<Problem> {
    weir_detector::advise::advise(&High4xx, parameters)
}

#[cfg(feature = "component")]
weir_detector::export!(AadGraph: High4xx);
