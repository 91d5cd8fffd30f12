//! The records of the contract (package `weir:detector`), as the host sees them.
//!
//! Units and meaning of every field are documented in the WIT files, which are
//! the authority; field names here are theirs in snake case.

pub use crate::bindings::exports::weir::detector::alerts::{
    Action, Alert, Clause, Column, KeyPart, Phase, Pivot, Truncation, TruncationKind, Value,
    Verdict, Window,
};
pub use crate::bindings::exports::weir::detector::description::{
    Aggregate, Attack, Condition, Parameter, ParameterType, Ratio, Rule, Severity, Table, Threat,
};
pub use crate::bindings::exports::weir::detector::detection::{
    Counters, Event, GroupState, MergeError, Outcome, Problem, Refusal as DocumentRefusal,
    RefusalKind, Selection, TableError,
};

/// The WIT package that detectors export.
pub const PACKAGE: &str = "weir:detector";
/// The versions of the package that this host serves.
pub const SERVED: &[&str] = &["0.1.0"];
/// The interfaces that a detector exports.
pub const INTERFACES: &[&str] = &["description", "alerts", "detection"];

impl Outcome {
    /// Of no documents.
    pub(crate) fn nothing() -> Self {
        Self {
            counted: 0,
            duplicate: 0,
            excluded: 0,
            other_data_set: 0,
            malformed: 0,
            dropped_late: 0,
            refused_future: 0,
            refused: Vec::new(),
        }
    }

    /// What became of the documents, in the contract's order: each is in exactly one.
    #[must_use]
    pub fn counts(&self) -> [u64; 7] {
        [
            self.counted,
            self.duplicate,
            self.excluded,
            self.other_data_set,
            self.malformed,
            self.dropped_late,
            self.refused_future,
        ]
    }

    /// The same, to be added to.
    pub(crate) fn counts_mut(&mut self) -> [&mut u64; 7] {
        [
            &mut self.counted,
            &mut self.duplicate,
            &mut self.excluded,
            &mut self.other_data_set,
            &mut self.malformed,
            &mut self.dropped_late,
            &mut self.refused_future,
        ]
    }

    /// How many documents it is of.
    #[must_use]
    pub fn documents(&self) -> u64 {
        // The numbers are the component's word and may be anything.
        let counts = self.counts().into_iter();
        counts.fold(0, u64::saturating_add)
    }
}
