//! Rules from their files to their alerts, natively.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test may fail"
)]

mod alerting;
mod beside;
mod errors;
mod esql;
mod esql_errors;
mod esql_random;
mod exported;
mod laws;
mod naive;
mod raw;
mod rows;
mod siblings;
mod support;
mod thin;
mod words;
