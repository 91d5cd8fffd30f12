//! The lexer: a query's text as tokens. Every byte sequence has tokens; what the language does not
//! know becomes a token that the parser reports.

use crate::problem::{Problem, ProblemKind};
use crate::span::Span;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name or a keyword, without quotes.
    Word,
    /// A name in back quotes, without them.
    Quoted(String),
    /// A string, its escapes resolved.
    Text(String),
    /// Digits.
    Integer,
    /// Digits with a decimal point or an exponent.
    Decimal,
    /// An operator or a bracket.
    Sign(&'static str),
    /// A character that the language does not have.
    Unknown(char),
    /// The end of the text.
    End,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) at: Span,
}

/// The signs, longer ones before their prefixes.
const SIGNS: [&str; 27] = [
    "::", "==", "=~", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ".", "|", "=", "<", ">",
    "+", "-", "*", "/", "%", ":", ";", "?", "~",
];

/// Cuts a text into tokens. The last one is the end.
pub(crate) fn tokens(source: &str, problems: &mut Vec<Problem>) -> Vec<Lexeme> {
    let mut lexer = Lexer {
        source,
        at: 0,
        problems,
    };
    let mut all = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let token = lexer.next();
        let end = token == Token::End;
        all.push(Lexeme {
            token,
            at: Span::new(start, lexer.at),
        });
        if end {
            return all;
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    problems: &'a mut Vec<Problem>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn problem(&mut self, start: usize, subject: &str, text: &str) {
        let at = Span::new(start, self.at.max(start + 1).min(self.source.len()));
        self.problems
            .push(Problem::new(ProblemKind::Syntax, at, subject, text));
    }

    /// Skips blanks, comments to the end of the line, and nested comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.skip_comment();
            } else {
                return;
            }
        }
    }

    fn skip_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.source.len() {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        self.problem(start, "/*", "A comment is not closed with `*/`.");
    }

    fn next(&mut self) -> Token {
        let Some(first) = self.rest().chars().next() else {
            return Token::End;
        };
        match first {
            '"' => self.text(),
            '`' => self.quoted(),
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
                && !self.in_name() =>
            {
                self.number()
            }
            first if is_word_start(first) => {
                let rest = self.rest();
                let length = rest
                    .find(|c: char| !is_word(c))
                    .unwrap_or(rest.len())
                    .max(first.len_utf8());
                self.at += length;
                Token::Word
            }
            first => match SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    Token::Sign(sign)
                }
                None => {
                    self.at += first.len_utf8();
                    Token::Unknown(first)
                }
            },
        }
    }

    /// Whether the character before is a part of a name.
    fn in_name(&self) -> bool {
        let before = self.source[..self.at].chars().next_back();
        before.is_some_and(|c| is_word(c) || c == '`')
    }

    fn number(&mut self) -> Token {
        let bytes = self.source.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(self.at);
        let mut decimal = false;
        if bytes.get(end) == Some(&b'.') {
            decimal = true;
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > end + 1 + sign {
                decimal = true;
                end = exponent;
            }
        }
        self.at = end;
        if decimal {
            Token::Decimal
        } else {
            Token::Integer
        }
    }

    fn quoted(&mut self) -> Token {
        let start = self.at;
        let mut name = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            if rest.starts_with("``") {
                name.push('`');
                self.at += 2;
                continue;
            }
            match rest.chars().next() {
                Some('`') => {
                    self.at += 1;
                    return Token::Quoted(name);
                }
                Some(c) => {
                    name.push(c);
                    self.at += c.len_utf8();
                }
                None => {
                    self.problem(start, "`", "A quoted name is not closed with a back quote.");
                    return Token::Quoted(name);
                }
            }
        }
    }

    fn text(&mut self) -> Token {
        let start = self.at;
        if self.rest().starts_with("\"\"\"") {
            let inside = start + 3;
            let line = self.source[inside..]
                .find(['\r', '\n'])
                .map_or(self.source.len(), |at| inside + at);
            if let Some(length) = self.source[inside..line].find("\"\"\"") {
                let mut end = inside + length;
                for _ in 0..2 {
                    if self.source[end + 3..].starts_with('"') {
                        end += 1;
                    }
                }
                self.at = end + 3;
                return Token::Text(self.source[inside..end].to_owned());
            }
            self.at = line;
            self.problem(
                start,
                "\"\"\"",
                "A string that begins with `\"\"\"` is not closed in its line.",
            );
            return Token::Text(self.source[inside..line].to_owned());
        }
        self.at += 1;
        let mut text = String::new();
        loop {
            let from = self.at;
            let mut characters = self.source[self.at..].chars();
            match characters.next() {
                Some('"') => {
                    self.at += 1;
                    return Token::Text(text);
                }
                Some('\\') => {
                    let escaped = characters.next();
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                    match escaped {
                        Some('t') => text.push('\t'),
                        Some('n') => text.push('\n'),
                        Some('r') => text.push('\r'),
                        Some(c @ ('"' | '\\')) => text.push(c),
                        _ => self.problem(
                            from,
                            "\\",
                            "A string has an escape that is none of \\t, \\n, \\r, \\\" and \\\\; write it as \"\"\"...\"\"\" to take it as it is.",
                        ),
                    }
                }
                Some(c) if c != '\n' && c != '\r' => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
                _ => {
                    self.problem(start, "\"", "A string is not closed in its line.");
                    return Token::Text(text);
                }
            }
        }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '@'
}
