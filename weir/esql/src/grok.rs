//! Patterns of GROK: regular expressions with named parts.

use crate::regex::{Dialect, Regex};
use crate::types::Type;

/// The named patterns that are known, and their regular expressions.
const PATTERNS: [(&str, &str); 13] = [
    ("DATA", ".*?"),
    ("GREEDYDATA", ".*"),
    ("GREEDYMULTILINE", "(?:.|\\n)*"),
    ("WORD", "\\b\\w+\\b"),
    ("NOTSPACE", "\\S+"),
    ("SPACE", "\\s*"),
    ("INT", "(?:[+-]?[0-9]+)"),
    ("POSINT", "\\b[1-9][0-9]*\\b"),
    ("NONNEGINT", "\\b[0-9]+\\b"),
    ("USERNAME", "[a-zA-Z0-9._-]+"),
    ("USER", "[a-zA-Z0-9._-]+"),
    (
        "UUID",
        "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
    ),
    ("URIPROTO", "[A-Za-z][A-Za-z0-9+.-]+"),
];

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Grok {
    regex: Regex,
    /// Names and types by the number of a group.
    parts: Vec<(String, Type, usize)>,
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It names a pattern that is not known.
    Pattern(String),
    /// Its regular expression is wrong or not supported.
    Expression(String),
}

impl Grok {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn new(pattern: &str) -> Result<Grok, Refusal> {
        let (expression, types) = resolve(pattern)?;
        let regex = Regex::new(&expression, Dialect::Oniguruma).map_err(Refusal::Expression)?;
        let parts = regex
            .names()
            .iter()
            .map(|(name, group)| {
                let kind = types
                    .iter()
                    .find(|(typed, _)| typed == name)
                    .map_or(Type::Keyword, |(_, kind)| *kind);
                (name.clone(), kind, *group)
            })
            .collect();
        Ok(Grok { regex, parts })
    }

    /// Its regular expression, whose named groups are its parts.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// The names of its parts and their types, each once, in order.
    #[must_use]
    pub fn names(&self) -> Vec<(&str, Type)> {
        let mut names: Vec<(&str, Type)> = Vec::new();
        for (name, kind, _) in &self.parts {
            if names.iter().all(|(known, _)| known != name) {
                names.push((name, *kind));
            }
        }
        names
    }

    /// The parts of a text by name, as often as they match; None if the pattern does not match.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<Vec<(&str, Type, String)>> {
        let characters: Vec<char> = text.chars().collect();
        let places = self.regex.find(&characters, 0)?;
        let part = |(name, kind, group): &'_ (String, Type, usize)| {
            let (start, end) = places.get(*group).copied().flatten()?;
            Some((name.clone(), *kind, characters[start..end].iter().collect()))
        };
        let found: Vec<(String, Type, String)> = self.parts.iter().filter_map(part).collect();
        Some(
            found
                .into_iter()
                .filter_map(|(name, kind, text)| {
                    let known = self.parts.iter().find(|(part, ..)| *part == name)?;
                    Some((known.0.as_str(), kind, text))
                })
                .collect(),
        )
    }
}

/// The regular expression of a pattern, and the types that it gives to its parts.
fn resolve(pattern: &str) -> Result<(String, Vec<(String, Type)>), Refusal> {
    let mut expression = String::new();
    let mut types = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("%{") {
        expression.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let Some((reference, after)) = inside.split_once('}') else {
            let why = "a reference `%{` is not closed".to_owned();
            return Err(Refusal::Expression(why));
        };
        let mut words = reference.splitn(3, ':');
        let name = words.next().unwrap_or_default();
        let Some((_, known)) = PATTERNS.iter().find(|(known, _)| *known == name) else {
            return Err(Refusal::Pattern(name.to_owned()));
        };
        match words.next().filter(|part| !part.is_empty()) {
            Some(part) => {
                if let Some(kind) = words.next() {
                    types.push((part.to_owned(), part_type(kind)?));
                }
                expression.push_str(&format!("(?<{part}>{known})"));
            }
            None => expression.push_str(&format!("(?:{known})")),
        }
        rest = after;
    }
    expression.push_str(rest);
    Ok((expression, types))
}

fn part_type(name: &str) -> Result<Type, Refusal> {
    Ok(match name {
        "int" => Type::Integer,
        "long" => Type::Long,
        "float" | "double" => Type::Double,
        "boolean" => Type::Boolean,
        other => {
            let why = format!("there is no type `{other}` of a part");
            return Err(Refusal::Expression(why));
        }
    })
}
