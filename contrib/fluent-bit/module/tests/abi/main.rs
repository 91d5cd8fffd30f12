//! Tests of the module by its exact ABI, in a runtime without SIMD.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod calls;
mod documents;
mod events;
mod flood;
mod host;
mod records;
mod ticks;
