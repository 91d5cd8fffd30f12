//! Records of the contract, as wit-bindgen generates them from `wit/`.
//!
//! Each field's unit and meaning is documented there. A native caller and a component's host
//! see the same values.

#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    reason = "generated bindings"
)]
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "detector",
        pub_export_macro: true,
        default_bindings_module: "weir_detector::model::bindings",
        additional_derives: [PartialEq],
    });
}

pub use bindings::exports::weir::detector::alerts::{
    Action, Alert, Clause, Column, KeyPart, Phase, Pivot, Truncation, TruncationKind, Value,
    Verdict, Window,
};
pub use bindings::exports::weir::detector::description::{
    Aggregate, Attack, Comparison, Condition, Field, Judgement, Parameter, ParameterType, Ratio,
    Rule, Severity, Sliding, Table, Threat, ValueType,
};
pub use bindings::exports::weir::detector::detection::{
    Counters, Outcome, Problem, Refusal, RefusalKind, RuleConfiguration, RuleCounters,
};
pub use bindings::exports::weir::detector::inspection::{Event, EventGroup, Selection, TableError};
pub use bindings::exports::weir::detector::state::{GroupState, MergeError, Succession};

impl Default for Outcome {
    /// The outcome of an empty batch.
    fn default() -> Outcome {
        Outcome {
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
}

impl Default for RuleCounters {
    /// The counters of a rule that saw nothing, without its id.
    fn default() -> RuleCounters {
        RuleCounters {
            rule: String::new(),
            unwanted: 0,
            counted: 0,
            duplicate: 0,
            excluded: 0,
            dropped_late: 0,
            refused_future: 0,
            late: 0,
            windows: 0,
            groups: 0,
            windows_fired: 0,
            groups_seen: 0,
            alerts_early: 0,
            alerts_on_time: 0,
            alerts_late: 0,
            alerts_retracted: 0,
            evicted: 0,
            ids_forgotten: 0,
            state_bytes: 0,
        }
    }
}

/// A node of ATT&CK.
#[must_use]
pub fn attack(id: &str, name: &str, reference: &str) -> Attack {
    Attack {
        id: id.to_owned(),
        name: name.to_owned(),
        reference: reference.to_owned(),
    }
}
