//! The records of the contract (package `weir:detector`), as the host sees them.
//!
//! Units and meaning of every field are documented in the WIT files, which are
//! the authority; field names here are theirs in snake case.

pub use crate::bindings::exports::weir::detector::alerts::{
    Action, Alert, Clause, Column, KeyPart, Phase, Pivot, Truncation, TruncationKind, Value,
    Verdict, Window,
};
pub use crate::bindings::exports::weir::detector::description::{
    Attack, Parameter, ParameterType, Rule, Severity, Table, Threat,
};
pub use crate::bindings::exports::weir::detector::detection::{
    Counters, MergeError, Outcome, Problem, Refusal as DocumentRefusal, RefusalKind, TableError,
};

/// The WIT package that detectors export.
pub const PACKAGE: &str = "weir:detector";
/// The versions of the package that this host serves.
pub const SERVED: &[&str] = &["0.1.0"];
/// The interfaces that a detector exports.
pub const INTERFACES: &[&str] = &["description", "alerts", "detection"];
