//! The forms that alerts are written in, held against the published schemas of their fields.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod alerts;
mod document;
mod ecs;
mod finding;
mod ocsf;
