//! What proves that the other rooms hold: a generator of events in every shape, a
//! naive oracle of the rule, the fixtures, and the comparison of what came out.
//!
//! ```
//! use weir_tests::{oracle, tenant};
//! let hour: Vec<_> = tenant::Tenant::new(20_000, 1, 1).collect();
//! assert!(!oracle::rows(&hour, &oracle::Rule::default()).is_empty());
//! ```

pub mod arrival;
pub mod asn;
pub mod clock;
pub mod compare;
#[cfg(feature = "host")]
pub mod component;
pub mod damage;
pub mod event;
pub mod exception;
pub mod fixture;
pub mod floor;
mod group;
#[cfg(feature = "host")]
pub mod hosts;
pub mod kinds;
pub mod law;
pub mod machine;
pub mod mmdb;
pub mod oracle;
pub mod others;
pub mod plan;
pub mod random;
pub mod readers;
pub mod render;
pub mod row;
pub mod rules;
pub mod stream;
pub mod tenant;
mod thresholds;
pub mod verdict;
