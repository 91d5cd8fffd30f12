//! The component that compiled rules run in: definitions as data, over documents with ECS names.
//!
//! A compiler writes [definitions](mod@format) into the [data](region) of the built component. Natively
//! the crate is a library: the format for the compiler, and [`rules`] for tests.
#![cfg_attr(not(feature = "component"), forbid(unsafe_code))]
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

pub mod format;
pub mod log;
pub mod region;
pub mod rule;

#[cfg(feature = "component")]
mod carried;
mod catalog;
mod dispatch;
mod document;
mod event;
mod reason;
mod sources;

use format::RuleSpec;
use log::Documents;
use weir_detector::definition::RuleOn;

/// The rules of definitions.
///
/// # Errors
/// A sentence on the first definition that is not valid.
pub fn rules(specs: &'static [RuleSpec]) -> Result<Vec<Box<RuleOn<Documents>>>, String> {
    { specs.iter() }
        .map(|spec| {
            let rule = rule::CompiledRule::new(spec)?;
            Ok(Box::new(rule) as Box<RuleOn<Documents>>)
        })
        .collect()
}
