//! Lines of an input that one batch is made of.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most lines that one range may stand for.
const LONGEST: usize = 1 << 24;

/// Lines of an input in the order in which they are pushed, each by its place from 0. As text they
/// are numbered from 1, and a row of neighbours is a range: `1-40,44,43`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines(pub Vec<usize>);

impl Lines {
    /// The lines of a text.
    ///
    /// # Errors
    ///
    /// The part that is neither a number nor a range of numbers from 1.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n > 0);
            match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last && last - first < LONGEST => {
                    lines.extend(first - 1..last);
                }
                _ => {
                    return Err(format!(
                        "`{part}` is no line and no range of lines, such as 3 or 3-7"
                    ));
                }
            }
        }
        Ok(Self(lines))
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let follows = |one: &usize, next: &usize| one.checked_add(1) == Some(*next);
        for (at, row) in self.0.chunk_by(follows).enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match row {
                [one] => write!(out, "{comma}{}", one + 1)?,
                [first, .., last] => write!(out, "{comma}{}-{}", first + 1, last + 1)?,
                [] => {}
            }
        }
        Ok(())
    }
}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_neighbours_are_ranges_and_all_else_is_listed() {
        for (lines, text) in [
            (vec![], ""),
            (vec![0], "1"),
            (vec![0, 1], "1-2"),
            (vec![4, 5, 6, 2, 1, 9], "5-7,3,2,10"),
            (vec![3, 3], "4,4"),
        ] {
            assert_eq!(Lines(lines.clone()).to_string(), text);
            assert_eq!(Lines::parse(text), Ok(Lines(lines)));
        }
    }

    #[test]
    fn what_is_no_line_is_named() {
        for (text, part) in [
            ("0", "`0`"),
            ("1,x", "`x`"),
            ("3-1", "`3-1`"),
            ("1-99999999999", "`1-99999999999`"),
        ] {
            assert!(Lines::parse(text).unwrap_err().contains(part), "{text}");
        }
    }
}
