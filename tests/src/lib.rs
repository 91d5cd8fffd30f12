//! Oracles and laws: naive batch engines of the rules, properties that every detector has under any delivery of a
//! stream, and the comparison of what came out.
//!
//! ```
//! use weir_generator::tenant;
//! use weir_tests::oracle;
//! let hour: Vec<_> = tenant::Tenant::new(20_000, 1, 1).collect();
//! assert!(!oracle::rows(&hour, &oracle::Rule::default()).is_empty());
//! ```

pub mod arrival;
pub mod compare;
#[cfg(feature = "host")]
pub mod component;
pub mod exception;
pub mod floor;
mod group;
#[cfg(feature = "host")]
pub mod hosts;
pub mod kinds;
pub mod law;
pub mod machine;
pub mod oracle;
pub mod plan;
pub mod readers;
pub mod row;
pub mod rules;
mod thresholds;
pub mod verdict;
