//! Names of a rule's columns and key parts for people. Their invisible characters are escaped.

use super::text::Short;
use weir_host::contract::Rule;

/// Last parts of names that say too little alone.
const BARE: [&str; 6] = ["id", "ip", "name", "number", "original", "path"];

/// The label of a column or of a part of the key: the rule's own, or the words of the name.
pub(super) fn label(rule: &Rule, column: &str) -> String {
    let mut fields = rule.key.iter().chain(&rule.columns);
    let known = fields.find(|field| field.name == column);
    match known {
        Some(field) => Short::value(&field.label).to_string(),
        None => heading(&words(column)),
    }
}

/// A label inside a sentence.
pub(super) fn in_text(rule: &Rule, column: &str) -> String {
    lower_case(&label(rule, column))
}

/// A label in lower case, unless it begins with an abbreviation.
fn lower_case(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            let rest = label.get(first.len_utf8()..).unwrap_or_default();
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => label.to_owned(),
    }
}

/// The last part of a column's name, or its last two, with spaces for `_`.
fn words(column: &str) -> String {
    let mut parts = column.rsplit('.');
    let last = parts.next().unwrap_or(column);
    let name = match parts.next() {
        Some(before) if BARE.contains(&last) => format!("{before} {last}"),
        _ => last.to_owned(),
    };
    Short::value(&name.replace('_', " ")).to_string()
}

/// A text with a capital letter.
pub(super) fn heading(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_and_abbreviations_stay() {
        assert_eq!(words("x.some_name"), "some name");
        assert_eq!(heading(&words("user.id")), "User id");
        assert_eq!(lower_case("Total calls"), "total calls");
        assert_eq!(lower_case("AS number"), "AS number");
    }
}
