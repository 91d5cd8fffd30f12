//! Queries that lead on from what single events say: other logs know a session or a sign-in too.

use std::collections::HashSet;

use super::detail::Detail;
use super::text::{Copyable, Short};

/// Column, language, name and query of each, with tabs between. In a query `{values}` stands for the
/// values of the column, `{either}` for the same with and without the `=` that base64 ends with, which
/// sign-in logs may leave out.
///
/// The list comes with the component inside.
const LIST: &str = include_str!(env!("WEIR_LEADS"));
/// Values in one query, those of most events first.
const VALUES: usize = 20;
/// Longest value.
const LONGEST: usize = 64;

/// A query.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) language: &'static str,
    pub(super) name: Short,
    pub(super) query: Copyable,
}

/// The queries that the events of an alert lead to.
pub(super) fn leads(detail: &Detail) -> Vec<Lead> {
    let lines = LIST.lines().skip(1);
    lines
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let (column, language) = (fields.next()?, fields.next()?);
            let (name, query) = (fields.next()?, fields.next()?);
            let (_, values) = detail.columns.iter().find(|(known, _)| known == column)?;
            let ranked = values.inside.ranked();
            let all = ranked.iter().map(|((value, _), _)| value);
            let plain: Vec<&str> = all
                .filter(|value| is_plain(value))
                .map(|value| value.text.as_str())
                .take(VALUES)
                .collect();
            if plain.is_empty() {
                return None;
            }
            let left_out = ranked.len() - plain.len();
            let name = match left_out {
                0 => name.to_owned(),
                _ => format!("{name} ({} of {} values)", plain.len(), ranked.len()),
            };
            Some(Lead {
                language,
                name: Short::value(&name),
                query: Copyable::new(&filled(query, language, &plain)),
            })
        })
        .collect()
}

/// A query with values in their places, quoted and listed as its language does it.
fn filled(query: &str, language: &str, values: &[&str]) -> String {
    let between = if language == "kql" { " or " } else { ", " };
    let list = |texts: Vec<&str>| {
        let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        quoted.join(between)
    };
    let mut either = values.to_vec();
    either.extend(values.iter().map(|value| value.trim_end_matches('=')));
    // Once each, in their order.
    let mut known = HashSet::new();
    either.retain(|value| known.insert(*value));
    query
        .replace("{values}", &list(values.to_vec()))
        .replace("{either}", &list(either))
}

/// Whether a value means the same inside the quotes of every language: an id does, and what somebody
/// wrote to break out of them does not.
fn is_plain(value: &Short) -> bool {
    let text = &value.text;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte);
    value.whole.is_none()
        && (1..=LONGEST).contains(&text.len())
        && text.bytes().all(known)
        && !text.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_query_of_a_language_that_the_page_names() {
        assert_eq!(LIST.lines().next(), Some("column\tlanguage\tname\tquery"));
        for line in LIST.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            assert_ne!(
                super::super::advice::language(fields[1]),
                fields[1],
                "{line}"
            );
            let query = filled(fields[3], fields[1], &["a==", "b"]);
            assert!(!query.contains(['{', '}']) && query != fields[3], "{query}");
        }
    }

    #[test]
    fn values_are_listed_as_the_language_lists_them() {
        let values = ["a==", "b"];
        assert_eq!(
            filled("x : ({values})", "kql", &values),
            "x : (\"a==\" or \"b\")"
        );
        assert_eq!(
            filled("x in ({either})", "kusto", &values),
            "x in (\"a==\", \"b\", \"a\")"
        );
    }

    #[test]
    fn what_could_break_out_is_in_no_query() {
        for text in [
            "f220ba03-4c7d-4e9d-9850-393b9336a27c",
            "acc1ea2f5b0d537dAAAAAA==",
            "a_B.9-",
        ] {
            assert!(is_plain(&Short::value(text)), "{text}");
        }
        let long = "x".repeat(LONGEST + 1);
        for text in [
            "", "==", "a\"b", "a'b", "a b", "a\\", "a`b`", "$a$", "a|b", "a\nb", "é", &long,
        ] {
            assert!(!is_plain(&Short::value(text)), "{text}");
        }
    }
}
