//! Phrases about callers for the reasons of alerts.

/// The caller.
#[must_use]
pub fn user(id: Option<&str>) -> String {
    match id {
        Some(id) => format!("User {id}"),
        None => "A caller without user id".to_owned(),
    }
}

/// The network of a call.
#[must_use]
pub fn network(number: Option<i64>) -> String {
    match number {
        Some(number) => format!("AS{number}"),
        None => "an unknown network".to_owned(),
    }
}

/// A number with its noun.
#[must_use]
pub fn many(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Most texts that a phrase lists.
const MAX_NAMED: usize = 3;

/// The first few texts, between commas.
#[must_use]
pub fn named(texts: &[&str]) -> String {
    let shown = texts.get(..MAX_NAMED).unwrap_or(texts).join(", ");
    match texts.len().saturating_sub(MAX_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_named() {
        assert_eq!(named(&[]), "");
        assert_eq!(named(&["a", "b", "c"]), "a, b, c");
        assert_eq!(named(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(many(1, "call", "calls"), "1 call");
        assert_eq!(many(0, "call", "calls"), "0 calls");
    }
}
