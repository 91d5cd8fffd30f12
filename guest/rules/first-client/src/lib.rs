//! Azure AD Graph access of a user with a new application: an exact streaming detection.
//!
//! The whole rule is `rule.rs`. The log is the crate `aadgraph`, and the engine is `weir-detector`.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

mod rule;
#[cfg(test)]
mod tests;

pub use rule::FirstClient;

use aadgraph::log::AadGraph;
use weir_detector::detector::Detector;
use weir_detector::model::Problem;

/// Opens a detector on the rule. `parameters` is a JSON object; `{}` is the rule as published.
///
/// # Errors
/// Every problem of the parameters, each naming its key.
pub fn open(parameters: &str, seed: (u64, u64)) -> Result<Detector<AadGraph>, Vec<Problem>> {
    Detector::only(FirstClient::default(), parameters, seed)
}

#[cfg(feature = "component")]
weir_detector::export!(AadGraph: FirstClient::default());
