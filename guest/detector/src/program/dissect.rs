//! Patterns of DISSECT: keys with texts between them.

/// What a key does.
#[derive(Clone, Debug, PartialEq)]
enum Use {
    Skip,
    Value(String),
    /// A value that is joined with others of its name, by its place among them.
    Append(String, Option<usize>),
}

#[derive(Clone, Debug, PartialEq)]
struct Key {
    usage: Use,
    /// Whether repetitions of the text after it are skipped.
    padded: bool,
    /// The text after it.
    delimiter: String,
}

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Dissect {
    text: String,
    before: String,
    keys: Vec<Key>,
    separator: String,
}

impl Dissect {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong or not supported, as a sentence.
    pub fn new(pattern: &str, separator: &str) -> Result<Dissect, String> {
        let mut keys = Vec::new();
        let (before, mut rest) = pattern
            .split_once("%{")
            .ok_or("A pattern of DISSECT has no key such as `%{name}`.")?;
        loop {
            let (key, after) = rest
                .split_once('}')
                .ok_or("A key of a pattern of DISSECT is not closed with `}`.")?;
            let (delimiter, later) = match after.split_once("%{") {
                Some((delimiter, later)) => (delimiter, Some(later)),
                None => (after, None),
            };
            keys.push(read_key(key, delimiter)?);
            match later {
                Some(later) if delimiter.is_empty() => {
                    let next = later.split('}').next().unwrap_or_default();
                    return Err(format!(
                        "There is no text between the keys `%{{{key}}}` and `%{{{next}}}` of a pattern of DISSECT."
                    ));
                }
                Some(later) => rest = later,
                None => break,
            }
        }
        let dissect = Dissect {
            text: pattern.to_owned(),
            before: before.to_owned(),
            keys,
            separator: separator.to_owned(),
        };
        if dissect.names().is_empty() {
            return Err("A pattern of DISSECT has no key with a name.".to_owned());
        }
        Ok(dissect)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The separator of joined values.
    #[must_use]
    pub fn separator(&self) -> &str {
        &self.separator
    }

    /// The names of the values, each once, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for key in &self.keys {
            if let Use::Value(name) | Use::Append(name, _) = &key.usage
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// The values of a text, by name; None if the pattern does not match.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<Vec<(&str, String)>> {
        let values = self.cut(text.strip_prefix(self.before.as_str())?)?;
        let mut joined: Vec<(&str, Vec<(usize, &str)>)> = Vec::new();
        for (place, (key, value)) in self.keys.iter().zip(values).enumerate() {
            let (name, place) = match &key.usage {
                Use::Skip => continue,
                Use::Value(name) => (name, place),
                Use::Append(name, order) => (name, order.unwrap_or(place)),
            };
            match joined.iter_mut().find(|(known, _)| known == name) {
                Some((_, parts)) => parts.push((place, value)),
                None => joined.push((name, vec![(place, value)])),
            }
        }
        Some(
            joined
                .into_iter()
                .map(|(name, mut parts)| {
                    parts.sort_by_key(|(place, _)| *place);
                    let parts: Vec<&str> = parts.into_iter().map(|(_, part)| part).collect();
                    (name, parts.join(&self.separator))
                })
                .collect(),
        )
    }

    /// The values of all keys, in order.
    fn cut<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        if text.is_empty() {
            return None;
        }
        let mut values = Vec::new();
        let mut rest = text;
        while let Some(key) = self.keys.get(values.len()) {
            let delimiter = key.delimiter.as_str();
            if delimiter.is_empty() {
                // Only the last key has no text after it.
                values.push(rest);
                break;
            }
            let at = rest.find(delimiter)?;
            values.push(&rest[..at]);
            rest = &rest[at + delimiter.len()..];
            // The text again, at once: padding, or an empty value of the next key.
            let mut padded = key.padded;
            while let Some(later) = rest.strip_prefix(delimiter) {
                rest = later;
                if !padded {
                    let Some(next) = self.keys.get(values.len()) else {
                        break;
                    };
                    values.push("");
                    padded = next.padded;
                }
            }
        }
        Some(values)
    }
}

fn read_key(text: &str, delimiter: &str) -> Result<Key, String> {
    let (name, padded) = match text.strip_suffix("->") {
        Some(name) => (name, true),
        None => (text, false),
    };
    let usage = if name.is_empty() || name.starts_with('?') {
        Use::Skip
    } else if let Some(name) = name.strip_prefix('+') {
        match name.split_once('/') {
            Some((name, order)) => {
                let order = order.parse().map_err(|_| {
                    format!("`%{{{text}}}` of a pattern of DISSECT has no number after its slash.")
                })?;
                Use::Append(name.to_owned(), Some(order))
            }
            None => Use::Append(name.to_owned(), None),
        }
    } else if name.starts_with(['*', '&']) {
        return Err(format!(
            "The key `%{{{text}}}` of a pattern of DISSECT refers to another, which is not supported."
        ));
    } else {
        Use::Value(name.to_owned())
    };
    Ok(Key {
        usage,
        padded,
        delimiter: delimiter.to_owned(),
    })
}
