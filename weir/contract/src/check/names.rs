//! Names of columns, parts of keys and parameters.

use std::collections::HashSet;

use super::{Checked, Fault, LONGEST_NAME, ensure, shown};
use crate::is_own;
use weir_common::escape::escape;

/// More roots that the places have for themselves where alerts go: Elasticsearch for data streams
/// and its own alerts.
const KEPT: [&str; 3] = ["data_stream", "kibana", "signal"];

/// Most parts of a column's name: an index refuses fields that are more objects deep.
const MOST_PARTS: usize = 20;

/// Checks an identifier: something, no longer than allowed, and nothing that steers a terminal or
/// cannot be seen.
pub(super) fn identifier(field: &str, name: &str) -> Checked {
    ensure(!name.trim().is_empty(), field, || "is empty")?;
    let length = name.len();
    ensure(length <= LONGEST_NAME, field, || {
        format!("{length} bytes, and {LONGEST_NAME} are allowed")
    })?;
    let plain = name.trim() == name && escape(name) == *name && !name.contains(is_invisible);
    ensure(plain, field, || {
        format!("`{}` has characters that no name has", shown(name))
    })
}

/// Checks the name of a column or of a part of a key.
pub(super) fn column(field: &str, name: &str) -> Checked {
    identifier(field, name)?;
    let whole = name.split('.').all(|part| !part.trim().is_empty());
    ensure(whole, field, || {
        format!("`{}` has an empty part between its dots", shown(name))
    })?;
    let parts = name.split('.').count();
    ensure(parts <= MOST_PARTS, field, || {
        format!("{parts} parts between its dots, and {MOST_PARTS} are allowed")
    })?;
    ensure(!is_reserved(name), field, || {
        format!("`{}` is reserved: the host says that itself", shown(name))
    })
}

/// Letters and marks that look like nothing, besides those that steer terminals: fillers, joiners
/// and variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0x034f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x2800 | 0x3164
        | 0xfe00..=0xfe0f | 0xffa0 | 0x1d173..=0x1d17a | 0xe0080..=0xe0fff)
}

/// Whether the host, or a place that alerts go to, has a name for itself.
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let root = name.split('.').next().unwrap_or_default();
    // `_id`, `_index`, `_version` and all their kind.
    is_own(&name) || name.starts_with('_') || KEPT.contains(&root)
}

/// Checks that names differ.
pub(super) fn differ<'n>(field: &str, mut names: impl Iterator<Item = &'n str>) -> Checked {
    let mut known = HashSet::new();
    let twice = names.find(|name| !known.insert(*name));
    ensure(twice.is_none(), field, || {
        format!("`{}` is there twice", shown(twice.unwrap_or_default()))
    })
}

/// Checks that names differ, and that none is an object around another: `source` and `source.ip`
/// cannot both be fields of one document.
pub(super) fn apart<'n>(field: &str, names: impl Iterator<Item = &'n str> + Clone) -> Checked {
    differ(field, names.clone())?;
    let known: HashSet<&str> = names.clone().collect();
    for name in names {
        let mut around = name.match_indices('.').map(|(at, _)| &name[..at]);
        if let Some(outer) = around.find(|outer| known.contains(outer)) {
            let (outer, name) = (shown(outer), shown(name));
            let why = format!("`{outer}` is a value and holds `{name}`");
            return Err(Fault::new(field, why));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_host_and_of_indexes_are_reserved_in_any_case_and_depth() {
        for name in [
            "@timestamp",
            "weir",
            "event",
            "RULE",
            "weir.alert.id",
            "Weir.Alert.Id",
            "weir.anything",
            "rule.id",
            "event.kind",
            "ecs.version",
            "threat.tactic.id",
            "message",
            "message.text",
            "tags",
            "_id",
            "_index",
            "_version",
            "data_stream.dataset",
            "kibana.alert.uuid",
            "signal.rule",
        ] {
            assert!(column("name", name).is_err(), "{name}");
        }
    }

    #[test]
    fn columns_of_honest_rules_pass() {
        for name in [
            "source.ip",
            "user.id",
            "source.as.number",
            "Esql.total_calls",
            "events",
            "weird.column",
            "Anzahl der Aufrufe",
            "größe",
            &["a"; MOST_PARTS].join("."),
        ] {
            column("name", name).unwrap();
        }
    }

    #[test]
    fn names_that_no_document_can_have_are_refused() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in [
            "",
            " ",
            ".a",
            "a.",
            "a..b",
            "a. .b",
            " a",
            "a\u{0}",
            "\u{202e}a",
            "@timestamp ",
            "@timestamp\u{a0}",
            "event\u{fe0f}.kind",
            "weir\u{3164}.alert.id",
            "weir\u{34f}",
            &["a"; MOST_PARTS + 1].join("."),
            &long,
        ] {
            assert!(column("name", name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn no_name_is_there_twice_or_holds_another() {
        let check = |names: &[&str]| apart("columns", names.iter().copied()).is_ok();
        assert!(check(&[
            "source.ip",
            "source.as.number",
            "sourced",
            "a-b",
            "a"
        ]));
        assert!(!check(&["a", "b", "a"]));
        assert!(!check(&["source.ip", "source"]));
        assert!(!check(&["a", "a-b", "a.b.c"]));
    }
}
