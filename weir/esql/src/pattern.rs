//! Patterns of LIKE, and names with wildcards.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobPart {
    /// A character.
    One(char),
    /// Any character.
    Each,
    /// Any characters, or none.
    Any,
}

/// Reads a pattern of LIKE: `*` any characters, `?` one, `\` before one of these or itself the
/// character.
///
/// # Errors
/// A backslash before another character or at the end, in words.
pub fn like(pattern: &str) -> Result<Vec<GlobPart>, String> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '*' => GlobPart::Any,
            '?' => GlobPart::Each,
            '\\' => match characters.next() {
                Some(next @ ('*' | '?' | '\\')) => GlobPart::One(next),
                Some(next) => {
                    return Err(format!(
                        "A LIKE pattern has `\\{next}`: a backslash stands before `*`, `?` or itself."
                    ));
                }
                None => {
                    return Err("A LIKE pattern ends with a backslash that escapes nothing.".into());
                }
            },
            other => GlobPart::One(other),
        });
    }
    Ok(parts)
}

/// Whether a pattern stands for a whole text. Takes at most the product of their lengths.
#[must_use]
pub fn glob(pattern: &[GlobPart], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut back = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(GlobPart::Any) => {
                back = Some((at, place));
                at += 1;
            }
            Some(GlobPart::Each) => {
                at += 1;
                place += 1;
            }
            Some(GlobPart::One(character)) if *character == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    at = star + 1;
                    place = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|part| *part == GlobPart::Any)
}
