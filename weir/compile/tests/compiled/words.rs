//! The naive evaluator of texts that are searched word by word.

use crate::naive::like;
use weir_compile::kql::Literal;

/// Whether the words of a field are searched.
pub(crate) fn is_text(field: &str) -> bool {
    ["message", "error.message", SCRIPT].contains(&field)
}

pub(crate) const SCRIPT: &str = "powershell.file.script_block_text";

/// The words of a text: characters that are inside of a word, without those between.
fn words(field: &str, text: &str) -> Vec<String> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let is_inside = |at: usize| {
        let c = text[at];
        let beside = |test: fn(char) -> bool| {
            let (before, behind) = (text[..at].last(), text.get(at + 1));
            before.is_some_and(|c| test(*c)) && behind.is_some_and(|c| test(*c))
        };
        match c {
            _ if field == SCRIPT => c.is_ascii_alphanumeric() || "_-".contains(c),
            '.' | '\'' => beside(char::is_alphabetic) || beside(|c| c.is_ascii_digit()),
            ':' => beside(char::is_alphabetic),
            ',' | ';' => beside(|c| c.is_ascii_digit()),
            c => c.is_alphanumeric() || c == '_',
        }
    };
    let mut words = vec![String::new()];
    for (at, c) in text.iter().enumerate() {
        match is_inside(at) {
            true => words.last_mut().unwrap().push(*c),
            false => words.push(String::new()),
        }
    }
    let empty = |word: &String| match field {
        SCRIPT => word.is_empty(),
        _ => word.chars().all(|c| c == '_'),
    };
    words.retain(|word| !empty(word));
    words
}

/// Whether a text has a value.
pub(crate) fn has(field: &str, literal: &Literal, text: &str) -> bool {
    let found = words(field, text);
    if !literal.wildcards.is_empty() {
        let mut lower = literal.clone();
        lower.text = lower.text.to_lowercase();
        return found.iter().any(|word| like(&lower, word));
    }
    let wanted = words(field, &literal.text);
    match literal.quoted {
        _ if wanted.is_empty() => false,
        true => found.windows(wanted.len()).any(|some| some == wanted),
        false => wanted.iter().any(|word| found.contains(word)),
    }
}
