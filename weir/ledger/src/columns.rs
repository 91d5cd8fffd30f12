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

/// Meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Timestamp,
    Rule,
    Key,
    First,
    Last,
    Start,
    End,
    Alerted,
    Complete,
    Truncated,
    Id,
    Floor,
    /// A clause's value, by its place.
    Value(usize),
    Threshold(usize),
    /// Column that follows from value and threshold.
    Derived,
}

/// Columns that are the same for every rule.
pub(super) const FIXED: [(&str, Column); 12] = [
    (TIMESTAMP, Column::Timestamp),
    (RULE, Column::Rule),
    (KEY, Column::Key),
    (FIRST, Column::First),
    (LAST, Column::Last),
    (START, Column::Start),
    (END, Column::End),
    (ALERTED, Column::Alerted),
    (COMPLETE, Column::Complete),
    (TRUNCATED, Column::Truncated),
    (ID, Column::Id),
    (FLOOR, Column::Floor),
];

/// The names of a clause's threshold, distance, and whether it holds.
pub(super) fn of_clause(parameter: &str) -> [String; 3] {
    ["threshold", "distance", "holds"].map(|what| format!("weir.clause.{parameter}.{what}"))
}
