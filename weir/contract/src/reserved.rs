//! Names that alert documents reserve for themselves.

/// First parts of the names that documents say for themselves; no column has one of them.
const OWN: [&str; 8] = [
    "@timestamp",
    "ecs",
    "event",
    "message",
    "rule",
    "tags",
    "threat",
    "weir",
];

/// Whether a name is one that documents say for themselves.
#[must_use]
pub fn is_own(name: &str) -> bool {
    let root = name.split('.').next().unwrap_or(name);
    OWN.iter().any(|own| own.eq_ignore_ascii_case(root))
}
