//! Text of logs, made safe to look at: shortened, and with what cannot be seen made visible.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::escape::escape;
pub(super) use crate::numbers::grouped;

/// Characters of one value that are shown.
pub(super) const VALUE: usize = 200;
/// Characters of a sentence, a query, an address or a body that are shown.
pub(super) const LONG: usize = 4000;

/// A value of a log, shortened. What stands for a character that cannot be seen counts as well,
/// so that no value takes more room than others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Short {
    pub(super) text: String,
    /// Its length in characters, where that is more than is shown.
    pub(super) whole: Option<usize>,
}

impl Short {
    /// A value, as far as one is shown.
    pub(super) fn value(text: &str) -> Self {
        Self::new(text, VALUE)
    }

    /// A sentence, as far as one is shown.
    pub(super) fn sentence(text: &str) -> Self {
        Self::new(text, LONG)
    }

    fn new(text: &str, most: usize) -> Self {
        let mut room = most;
        let mut end = text.len();
        for (at, character) in text.char_indices() {
            let width = width(character);
            if width > room {
                end = at;
                break;
            }
            room -= width;
        }
        let shown = text.get(..end).unwrap_or(text);
        Self {
            text: shown.to_owned(),
            whole: (end < text.len()).then(|| text.chars().count()),
        }
    }
}

/// How many characters one is shown as.
fn width(character: char) -> usize {
    visible(character).map_or(1, |shown| shown.len())
}

/// What stands for a character that cannot be seen, or that changes how others are seen; none
/// for any other.
pub(super) fn visible(character: char) -> Option<String> {
    // Most are of these.
    if matches!(character, ' '..='~') {
        return None;
    }
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    let shown = escape(text);
    (shown != text).then_some(shown)
}

/// Text that is there to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copyable {
    /// As it is.
    Whole(String),
    /// With characters in it that cannot be seen: shown, and not offered for copying.
    Unseen(String),
    /// Longer than what is shown: not shown at all, since a part of it would be wrong.
    TooLong(usize),
}

impl Copyable {
    /// Text, as it can be offered.
    pub(super) fn new(text: &str) -> Self {
        let unseen = |character: char| !matches!(character, '\n' | '\t') && width(character) > 1;
        let length = text.chars().count();
        match () {
            () if length > LONG => Self::TooLong(length),
            () if text.chars().any(unseen) => Self::Unseen(text.to_owned()),
            () => Self::Whole(text.to_owned()),
        }
    }
}

/// Last parts of names that say too little alone.
const BARE: [&str; 6] = ["id", "ip", "name", "number", "original", "path"];

/// A column's name in words: its last part, or its last two, with spaces for `_`.
pub(super) fn words(column: &str) -> String {
    let mut parts = column.rsplit('.');
    let last = parts.next().unwrap_or(column);
    let name = match parts.next() {
        Some(before) if BARE.contains(&last) => format!("{before} {last}"),
        _ => last.to_owned(),
    };
    Short::value(&name.replace('_', " ")).text
}

/// With a capital letter.
pub(super) fn heading(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// So many of something, in words.
pub(super) fn many(number: u64, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { several }
    )
}

/// A figure of the rule's, its thousands marked, without decimals that say nothing.
pub(super) fn figure(value: f64) -> String {
    let text = format!("{value:.2}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let whole = digits.parse().map_or_else(|_| digits.to_owned(), grouped);
    match decimals {
        "00" => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{decimals}"),
    }
}

/// A figure for people, which may be an estimate.
pub(super) fn estimated(value: f64, is_estimate: bool) -> String {
    let about = if is_estimate { "about " } else { "" };
    about.to_owned() + &figure(value)
}

/// How many times a threshold, with one decimal where that says something.
pub(super) fn times(quotient: f64) -> String {
    match quotient {
        0.0..100.0 => format!("{quotient:.1} ×"),
        _ => format!("{} ×", figure(quotient.round())),
    }
}

/// A sentence of the detector's in which its own figures have their thousands marked, as they have
/// everywhere else. What only looks like one of them, as a part of a name, stays.
pub(super) fn grouped_in(sentence: &str, figures: &[Option<f64>]) -> String {
    let marked = |word: &str| {
        let number: u64 = word.parse().ok()?;
        let own = figures.iter().flatten().any(|own| *own == number as f64);
        (number >= 1000 && own).then(|| grouped(number))
    };
    let words = sentence.split(' ').map(|word| {
        let end = word.trim_end_matches([',', '.', ';']);
        let after = word.get(end.len()..).unwrap_or_default();
        marked(end).map_or_else(|| word.to_owned(), |number| number + after)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Orders addresses as addresses, those of version 4 first; other texts follow and are all alike.
pub(super) fn by_address(one: &str, other: &str) -> Ordering {
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_and_its_length_said() {
        assert_eq!(Short::value("short").whole, None);
        let long = Short::value(&"x".repeat(10_240));
        assert_eq!((long.text.len(), long.whole), (VALUE, Some(10_240)));
        // What cannot be seen takes the room of what stands for it.
        let unseen = Short::value(&"\u{202e}".repeat(1000));
        assert_eq!(unseen.text.chars().count(), VALUE / "\\u{202e}".len());
        assert_eq!(unseen.whole, Some(1000));
        let wide = Short::value(&"é".repeat(300));
        assert_eq!((wide.text.chars().count(), wide.whole), (VALUE, Some(300)));
    }

    #[test]
    fn only_what_is_seen_whole_can_be_copied() {
        let copyable = |text: &str| Copyable::new(text);
        assert!(matches!(copyable("a\n\tb"), Copyable::Whole(_)));
        assert!(matches!(copyable("a\u{0}b"), Copyable::Unseen(_)));
        assert!(matches!(copyable("a\u{202e}b"), Copyable::Unseen(_)));
        assert_eq!(copyable(&"x".repeat(LONG + 1)), Copyable::TooLong(LONG + 1));
    }

    #[test]
    fn only_the_figures_of_a_sentence_are_grouped() {
        let figures = [Some(4012.0), Some(0.5), None, Some(999.0)];
        let shown = grouped_in(
            "User 40123 from AS4012 made 4012 calls, 999 of 4012.",
            &figures,
        );
        assert_eq!(
            shown,
            "User 40123 from AS4012 made 4,012 calls, 999 of 4,012."
        );
    }

    #[test]
    fn addresses_are_in_the_order_of_addresses() {
        let mut texts = ["2001:db8::1", "198.51.100.10", "198.51.100.9", "::1"];
        texts.sort_by(|one, other| by_address(one, other));
        assert_eq!(
            texts,
            ["198.51.100.9", "198.51.100.10", "::1", "2001:db8::1"]
        );
    }

    #[test]
    fn figures_and_names_are_for_people() {
        assert_eq!(words("Esql.url_path_count"), "url path count");
        assert_eq!(heading(&words("user.id")), "User id");
        assert_eq!(figure(21.0), "21");
        assert_eq!(figure(0.4), "0.40");
        assert_eq!(figure(1_234_567.5), "1,234,567.50");
        assert_eq!(
            (figure(-1234.0), figure(1e20)),
            ("-1,234".into(), "100000000000000000000".into())
        );
        assert_eq!(
            (times(2.26), times(1234.5)),
            ("2.3 ×".into(), "1,235 ×".into())
        );
        assert_eq!(many(1, "alert", "alerts"), "1 alert");
        assert_eq!(many(1_234_567, "alert", "alerts"), "1,234,567 alerts");
    }
}
