//! Drives a detector over sources: the run, its checkpoints, its clock.
#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod engine;
pub mod ledger;
mod live;
pub mod run;
pub mod summary;

use weir_host::Limits;
use weir_sources::frame::Sizes;

/// The sizes of batches and documents that limits allow.
#[must_use]
pub fn sizes(limits: &Limits) -> Sizes {
    Sizes {
        batch: limits.batch_bytes(),
        record: limits.record_bytes(),
    }
}
