//! Wildcard patterns: `*` for any characters, `?` for one, `\` before a literal character.
//!
//! Matching is one pass over the text, except for a piece between two stars that has a `?`, which
//! is tried at every offset.

use memchr::memmem;
use std::borrow::Cow;

/// Longest pattern, in bytes.
pub const MAX_PATTERN_LENGTH: usize = 1024;

/// A wildcard pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    folded: bool,
    /// The pieces between the stars; the first and the last are anchored at the ends.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Plain(String),
    /// Characters with holes: None matches any character.
    Holes(Vec<Option<char>>),
}

/// The text with each character in lower case, for matching without case.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl Pattern {
    /// Parses a pattern; `folded` makes it match without case. None if it is too long or ends with
    /// a single `\`.
    #[must_use]
    pub fn new(text: &str, folded: bool) -> Option<Pattern> {
        let mut pieces = vec![Vec::new()];
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            let hole = match c {
                '*' => {
                    pieces.push(Vec::new());
                    continue;
                }
                '?' => None,
                '\\' => Some(characters.next()?),
                c => Some(c),
            };
            let piece = pieces.last_mut()?;
            match hole {
                Some(c) if folded => piece.extend(c.to_lowercase().map(Some)),
                hole => piece.push(hole),
            }
        }
        let pieces = pieces.into_iter().map(Piece::new).collect();
        (text.len() <= MAX_PATTERN_LENGTH).then(|| Pattern {
            text: text.to_owned(),
            folded,
            pieces,
        })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches without case.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// The maximum number of passes over the text.
    pub(crate) fn passes(&self) -> usize {
        let holes = |piece: &Piece| match piece {
            Piece::Plain(_) => 0,
            Piece::Holes(holes) => holes.len(),
        };
        2 + self.pieces.iter().map(holes).max().unwrap_or(0)
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = match self.folded {
            true => Cow::Owned(fold(text)),
            false => Cow::Borrowed(text),
        };
        let Some((first, others)) = self.pieces.split_first() else {
            return false;
        };
        let Some(mut rest) = first.begins(&text) else {
            return false;
        };
        let Some((last, middle)) = others.split_last() else {
            return rest.is_empty();
        };
        for piece in middle {
            match piece.find(rest) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        last.ends(rest)
    }
}

impl Piece {
    fn new(characters: Vec<Option<char>>) -> Piece {
        match characters.iter().copied().collect() {
            Some(text) => Piece::Plain(text),
            None => Piece::Holes(characters),
        }
    }

    /// The rest of a text that begins with the piece.
    fn begins<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Piece::Plain(plain) => text.strip_prefix(plain.as_str()),
            Piece::Holes(holes) => {
                let mut rest = text.chars();
                let same = |hole: &Option<char>| {
                    let next = rest.next();
                    next.is_some() && (hole.is_none() || *hole == next)
                };
                holes.iter().all(same).then_some(rest.as_str())
            }
        }
    }

    /// The rest of a text behind the first occurrence of the piece.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Piece::Plain(plain) => {
                let at = memmem::find(text.as_bytes(), plain.as_bytes())?;
                text.get(at + plain.len()..)
            }
            Piece::Holes(_) => {
                let mut places = text.char_indices();
                places.find_map(|(at, _)| self.begins(&text[at..]))
            }
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Piece::Plain(plain) => text.ends_with(plain.as_str()),
            Piece::Holes(holes) => {
                let last = text.char_indices().rev().nth(holes.len() - 1);
                last.is_some_and(|(at, _)| self.begins(&text[at..]).is_some())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a text matches a pattern, by exhaustive search.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|at| plainly(rest, &text[at..])),
            (['?', rest @ ..], [_, others @ ..]) => plainly(rest, others),
            (['\\', c, rest @ ..], [d, others @ ..]) => c == d && plainly(rest, others),
            ([c, rest @ ..], [d, others @ ..]) => c == d && plainly(rest, others),
            _ => false,
        }
    }

    /// All texts of up to so many characters of a set.
    fn texts(of: &[char], most: u32) -> Vec<Vec<char>> {
        let mut all = vec![Vec::new()];
        let mut from = 0;
        for _ in 0..most {
            let to = all.len();
            for at in from..to {
                all.extend(
                    of.iter()
                        .map(|c| [&all[at][..], &[*c]].concat())
                        .collect::<Vec<_>>(),
                );
            }
            from = to;
        }
        all
    }

    #[test]
    fn matches_equal_an_exhaustive_search() {
        let words = texts(&['a', 'é', '*'], 4);
        for pattern in texts(&['a', 'é', '*', '?', '\\'], 5) {
            let text: String = pattern.iter().collect();
            let Some(compiled) = Pattern::new(&text, false) else {
                assert!(text.ends_with('\\'), "{text}");
                continue;
            };
            for word in &words {
                let matches = compiled.matches(&word.iter().collect::<String>());
                assert_eq!(matches, plainly(&pattern, word), "{text} {word:?}");
            }
        }
    }

    #[test]
    fn case_matters_or_not() {
        for (pattern, text) in [("*ABC?DEF*", "x abc-Def y"), ("É", "é"), ("a\\*B", "A*b")] {
            assert!(Pattern::new(pattern, true).unwrap().matches(text));
            assert!(!Pattern::new(pattern, false).unwrap().matches(text));
        }
        assert_eq!(Pattern::new(&"a".repeat(1025), false), None);
    }
}
