//! A detector for Fluent Bit: a core module for its wasm filter, built on the library that the
//! component is built on.
//!
//! Each record passes or is dropped; a record under the tag [`TICK_TAG`] is a tick: it sets the
//! time, and is replaced by the alerts since the last one.
//!
//! ```
//! use aadgraph_4xx_fluent_bit::{Answer, Filter, Format, TICK_TAG, Time};
//!
//! let settings = r#"{"parameters": {"min_total_calls": 1, "min_errors": 1, "min_url_paths": 1}}"#;
//! let mut filter = Filter::new(settings, &[], (0, 0));
//! let call = br#"{"category": "AzureADGraphActivityLogs", "properties": {"userId": "alice", "httpStatusCode": 403, "timeGenerated": "2026-05-19T09:31:07.48Z", "requestUri": "/t/users?x"}}"#;
//! let later = br#"{"category": "AzureADGraphActivityLogs", "properties": {"userId": "alice", "timeGenerated": "2026-05-19T09:38:00Z", "requestUri": "/t/me"}}"#;
//! for record in [&call[..], later] {
//!     assert_eq!(filter.event(Format::Json, record), Answer::Keep);
//! }
//! let Answer::Text(text) = filter.tick(Format::Json, Time { seconds: 1_779_183_500, nanoseconds: 0 }, b"{}") else {
//!     panic!("no alert");
//! };
//! assert!(String::from_utf8(text).unwrap().starts_with(r#"{"alerts":[{"@timestamp":"2026-05-19T09:32:00.000Z""#));
//! assert_eq!(TICK_TAG, "weir.tick");
//! ```
//!
//! Reading order: [`Filter`], then `settings`, `alert_queue`, `status`, `msgpack`; `abi` has the
//! module's exports, and is the one file with unsafe code.
#![deny(unsafe_code)]

mod alert_queue;
mod filter;
mod host;
mod key;
mod msgpack;
mod settings;
mod status;

#[cfg(target_arch = "wasm32")]
mod abi;

// The host's files name these crates; here all that they use of them is in this one.
extern crate self as weir_common;
extern crate self as weir_host;

use host::{clock, time};

/// The contract's types, under the names that the host's files use.
mod contract {
    pub(crate) use crate::host::reserved::is_own;
    pub(crate) use weir_detector::identity::of as id_of;
    pub(crate) use weir_detector::model::{
        Alert, Attack, Phase, Rule, Severity, Truncation, TruncationKind, Value,
    };
}

pub use filter::{Answer, Filter, Format, Time};
pub use settings::{Events, MAX_STATE_MIB, Settings};

/// The tag of the records that are ticks.
pub const TICK_TAG: &str = "weir.tick";
/// Longest record in bytes. Longer ones are not copied from Fluent Bit.
pub const MAX_RECORD_LENGTH: usize = 16 << 20;
/// The settings that were built in.
pub const SETTINGS: &str = include_str!(concat!(env!("OUT_DIR"), "/settings.json"));
/// The ASN database that was built in; empty for none.
pub const ASN_DB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/asn.mmdb"));
