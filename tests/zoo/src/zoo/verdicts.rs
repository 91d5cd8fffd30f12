//! Ledger entries of the animals.

use super::alerts::part;
use super::{State, animal, is, wa};

/// Entries that some animals return regardless of their state.
pub(super) fn instead(state: &mut State) -> Option<Vec<wa::Verdict>> {
    Some(match animal() {
        "ledger-many" => (0..1_000_000).map(verdict).collect(),
        "ledger-endless" => {
            state.invented += 256;
            (0..256).map(|n| verdict(state.invented + n)).collect()
        }
        _ => return None,
    })
}

/// The entry for a line, valid or not.
pub(super) fn verdict(number: u64) -> wa::Verdict {
    let (value, holds) = match animal() {
        "ledger-nan" => (f64::NAN, false),
        "ledger-lies" => (1.0, false),
        "ledger-part" => (1.5, true),
        "ledger-minus" => (-1.0, false),
        "ledger-huge" => (1e300, true),
        _ => (1.0, true),
    };
    let threshold = if is("ledger-half") { 0.5 } else { 1.0 };
    let clause = wa::Clause {
        name: match is("ledger-other") {
            true => "zoo.others".to_owned(),
            false => "zoo.lines".to_owned(),
        },
        value,
        threshold,
        distance: match is("ledger-distance") {
            true => 7.0,
            false => value - threshold,
        },
        holds,
    };
    let key = match animal() {
        // Other key parts each time.
        "ledger-keys" => part(&format!("line-{number}"), None),
        "ledger-clash" => part("weir.alerted", None),
        "ledger-clause" => part("zoo.lines", None),
        _ => part("line", Some(wa::Value::Integer(number as i64))),
    };
    wa::Verdict {
        rule: super::describe::id(),
        window: wa::Window {
            start: 0,
            end: 1000,
        },
        key: vec![key],
        first_seen: 0,
        last_seen: 0,
        alerted: holds,
        clauses: vec![clause],
        complete: true,
        truncated: match animal() {
            "ledger-mark" => vec![wa::Truncation {
                column: "zoo.others".to_owned(),
                kind: wa::TruncationKind::Approximate,
            }],
            _ => Vec::new(),
        },
    }
}
