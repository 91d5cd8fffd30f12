//! Generator of test data: events of the log on directory calls, the documents that carry them in every shape, fixtures, and
//! the ASN database that they are looked up in. A seed gives the same bytes for ever; nothing here knows a rule or the host.
//!
//! ```
//! use weir_generator::log::Log;
//! let log = Log { events: 100, seed: 7, ..Log::default() };
//! let mut file = Vec::new();
//! log.write(&mut file, |event| assert!(!event.paths.is_empty()))?;
//! assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 100);
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod asn;
pub mod clock;
pub mod damage;
pub mod event;
pub mod fixture;
pub mod log;
pub mod mmdb;
pub mod others;
pub mod random;
pub mod render;
pub mod sample;
pub mod stream;
pub mod tenant;
