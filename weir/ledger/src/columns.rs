//! Names of a row's columns.

/// The window's end.
pub(super) const TIMESTAMP: &str = "@timestamp";
pub(super) const RULE: &str = "rule.id";
/// The names of the key's parts.
pub(super) const KEY: &str = "weir.key";
pub(super) const FIRST: &str = "event.start";
pub(super) const LAST: &str = "event.end";
pub(super) const START: &str = "weir.window.start";
pub(super) const END: &str = "weir.window.end";
pub(super) const ALERTED: &str = "weir.alerted";
pub(super) const COMPLETE: &str = "weir.complete";
pub(super) const TRUNCATED: &str = "weir.truncated";
pub(super) const ID: &str = "weir.alert.id";
pub(super) const FLOOR: &str = "weir.verdicts_floor";

/// The names of a clause's threshold, distance, and whether it holds.
pub(super) fn of_clause(parameter: &str) -> [String; 3] {
    ["threshold", "distance", "holds"].map(|what| format!("weir.clause.{parameter}.{what}"))
}

/// Whether the column of this name follows from others.
pub(crate) fn is_derived(name: &str) -> bool {
    name.starts_with("weir.clause.") && !name.ends_with(".threshold")
}
