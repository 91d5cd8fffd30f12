//! Text of logs for the page: shortened, and with its invisible characters escaped.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use maud::{Render, html};

use weir_common::escape::escape;
use weir_common::numbers::grouped;

/// Characters of one value that are shown.
pub(super) const VALUE: usize = 200;
/// Characters of a sentence, a query, an address or a body that are shown.
pub(super) const LONG: usize = 4000;

/// A shortened value of a log. The escape of an invisible character counts with all its letters, so
/// that no value takes more room than another.
///
/// As markup it is isolated from the text around it, and its escapes are marked; as plain text
/// ([`fmt::Display`]) it is escaped only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Short {
    /// Unescaped.
    text: String,
    /// Length of the whole in characters, where a part is shown.
    whole: Option<usize>,
}

impl Short {
    /// A value, up to [`VALUE`] characters.
    pub(super) fn value(text: &str) -> Self {
        Self::new(text, VALUE)
    }

    /// A sentence, up to [`LONG`] characters.
    pub(super) fn sentence(text: &str) -> Self {
        Self::new(text, LONG)
    }

    fn new(text: &str, most: usize) -> Self {
        let mut room = most;
        let mut characters = text.char_indices();
        let cut = characters.find(|(_, character)| {
            let left = room.checked_sub(width(*character));
            room = left.unwrap_or(room);
            left.is_none()
        });
        Self {
            text: text[..cut.map_or(text.len(), |(at, _)| at)].to_owned(),
            whole: cut.map(|_| text.chars().count()),
        }
    }

    /// The shown part, unescaped: to be compared, never to be shown.
    pub(super) fn raw(&self) -> &str {
        &self.text
    }

    /// Whether nothing is cut off.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_none()
    }

    /// The value without its beginning, where it has it.
    pub(super) fn without(&self, beginning: &str) -> Self {
        let rest = self.text.strip_prefix(beginning);
        Self {
            text: rest.unwrap_or(&self.text).to_owned(),
            whole: self.whole,
        }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape(&self.text))
    }
}

impl Render for Short {
    fn render_to(&self, out: &mut String) {
        let shown = html! {
            @match self.whole {
                None => bdi { (Marked(&self.text)) },
                Some(whole) => {
                    bdi { (Marked(&self.text)) "…" }
                    " " span.cut { "(cut: " (grouped(whole as u64)) " characters)" }
                },
            }
        };
        shown.render_to(out);
    }
}

/// Text of a log whose invisible characters are shown as marked escapes.
pub(super) struct Marked<'t>(pub(super) &'t str);

impl Render for Marked<'_> {
    fn render_to(&self, out: &mut String) {
        // Each piece has at most one invisible character, its last.
        for piece in self.0.split_inclusive(is_unseen) {
            let seen = piece.trim_end_matches(is_unseen);
            let unseen = piece.get(seen.len()..).unwrap_or_default();
            seen.render_to(out);
            if !unseen.is_empty() {
                html! { span.unseen { (escape(unseen)) } }.render_to(out);
            }
        }
    }
}

/// Whether a character cannot be seen, or changes how others are seen.
fn is_unseen(character: char) -> bool {
    width(character) > 1
}

/// Characters that one is shown as.
fn width(character: char) -> usize {
    // Most are of these.
    if matches!(character, ' '..='~') {
        return 1;
    }
    escape(character.encode_utf8(&mut [0; 4])).chars().count()
}

/// Text that is offered for copying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copyable {
    /// Unchanged.
    Whole(String),
    /// With invisible characters: shown, and not offered for copying.
    Unseen(String),
    /// Too long to be shown, since a part of it would be wrong. Its length in characters.
    TooLong(usize),
}

impl Copyable {
    /// Classifies a text.
    pub(super) fn new(text: &str) -> Self {
        let unseen = |character: char| !matches!(character, '\n' | '\t') && is_unseen(character);
        let length = text.chars().count();
        match () {
            () if length > LONG => Self::TooLong(length),
            () if text.chars().any(unseen) => Self::Unseen(text.to_owned()),
            () => Self::Whole(text.to_owned()),
        }
    }
}

/// Orders addresses as addresses, those of version 4 first; other texts follow and are all equal.
pub(super) fn by_address(one: &str, other: &str) -> Ordering {
    let address = |text: &str| text.parse::<IpAddr>().ok();
    match (address(one), address(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
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
        // An invisible character takes the room of its escape.
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
    fn addresses_are_in_the_order_of_addresses() {
        let mut texts = ["2001:db8::1", "198.51.100.10", "198.51.100.9", "::1"];
        texts.sort_by(|one, other| by_address(one, other));
        assert_eq!(
            texts,
            ["198.51.100.9", "198.51.100.10", "::1", "2001:db8::1"]
        );
    }

    #[test]
    fn no_value_breaks_out() {
        let hostile = "</script><b a='1' b=\"2\">&amp;\u{0}\u{202e}";
        let value = Short::value(hostile);
        let shown = html! { p title=(value.to_string()) { (value.to_string()) } (value) };
        let escaped = "&lt;/script&gt;&lt;b a='1' b=&quot;2&quot;&gt;&amp;amp;";
        let unseen = |shown: &str| format!("<span class=\"unseen\">{shown}</span>");
        let plain = format!("{escaped}\\u{{0}}\\u{{202e}}");
        let marked = [unseen("\\u{0}"), unseen("\\u{202e}")].concat();
        assert_eq!(
            shown.into_string(),
            format!("<p title=\"{plain}\">{plain}</p><bdi>{escaped}{marked}</bdi>")
        );
    }
}
