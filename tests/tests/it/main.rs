//! The oracle's judgement of every detector: laws, fixtures, conformance tables, figures and schemas, native and as a component.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod asn;
mod budget;
mod calls;
mod common;
#[cfg(feature = "host")]
mod component;
mod conformance;
#[cfg(feature = "host")]
mod cost;
mod docs;
mod exceptions;
mod fixtures;
mod generator;
mod given_up;
mod json;
mod law;
mod readers;
mod rooms;
mod rules;
#[cfg(feature = "host")]
mod schemas;
mod time;
#[cfg(feature = "host")]
mod tuning;
