//! Rules of every kind of judgement on the engine's toy log, as a component: the host's tests
//! compare it with the naive oracles of the engine's own tests.
//!
//! The log and its rules are those of the engine's own tests, which import from the engine's root;
//! that is this crate's root, too.
#![cfg_attr(
    feature = "component",
    allow(unsafe_code, reason = "the component's functions are exported by name")
)]

#[cfg(feature = "component")]
use weir_detector::*;

#[cfg(feature = "component")]
#[path = "../../../guest/detector/src/kinds_toy.rs"]
mod kinds_toy;
#[cfg(feature = "component")]
#[allow(dead_code, clippy::unwrap_used, reason = "other tests use the rest")]
#[path = "../../../guest/detector/src/toy.rs"]
mod toy;

#[cfg(feature = "component")]
mod rules;

#[cfg(feature = "component")]
mod carried {
    use crate::kinds_toy::KindsLog;
    use crate::rules::{NAMED, named, programmed};

    weir_detector::export!(
        KindsLog: named(NAMED[0]),
        named(NAMED[1]),
        named(NAMED[2]),
        named(NAMED[3]),
        named(NAMED[4]),
        named(NAMED[5]),
        named(NAMED[6]),
        named(NAMED[7]),
        programmed()
    );
}
