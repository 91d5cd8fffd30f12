//! The tokens of a query.

use super::{Comparison, Span, SyntaxError};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// The kind of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    OpenNested,
    CloseNested,
    Colon,
    Compare(Comparison),
    And,
    Or,
    Not,
    /// A text in quotes, without escapes.
    Quoted(String),
    /// A text up to a blank or special character, without escapes, and the offsets of its wildcards.
    Word(String, Vec<usize>),
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(first) = lexer.peek() {
        let start = lexer.at;
        if first.is_whitespace() {
            lexer.next();
            continue;
        }
        let kind = lexer.token(first)?;
        let span = start..lexer.at;
        tokens.push(Token { kind, span });
    }
    Ok(tokens)
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn token(&mut self, first: char) -> Result<TokenKind, SyntaxError> {
        let single = match first {
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            '{' => TokenKind::OpenNested,
            '}' => TokenKind::CloseNested,
            ':' => TokenKind::Colon,
            '<' | '>' => return Ok(self.comparison(first)),
            '"' => return self.quoted(),
            _ => return self.word(),
        };
        self.next();
        Ok(single)
    }

    fn comparison(&mut self, first: char) -> TokenKind {
        self.next();
        let equal = self.peek() == Some('=');
        if equal {
            self.next();
        }
        TokenKind::Compare(match (first, equal) {
            ('<', false) => Comparison::Less,
            ('<', true) => Comparison::AtMost,
            (_, false) => Comparison::Greater,
            (_, true) => Comparison::AtLeast,
        })
    }

    fn quoted(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(TokenKind::Quoted(text)),
                '\\' => match self.escape() {
                    Some(c) => text.push(c),
                    // Not an escape: the backslash itself.
                    None => text.push('\\'),
                },
                c => text.push(c),
            }
        }
        Err(SyntaxError {
            code: "kql-syntax",
            span: start..self.text.len(),
            message: "the text in quotes has no end: expected `\"`".to_owned(),
        })
    }

    /// What an escape stands for; None, and nothing is read, if it is none.
    fn escape(&mut self) -> Option<char> {
        let before = self.at;
        let c = match self.next()? {
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            'u' => {
                let digits = self.text.get(self.at..self.at + 4);
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let Some(c) = code.and_then(char::from_u32) else {
                    self.at = before;
                    return None;
                };
                self.at += 4;
                return Some(c);
            }
            c if is_special(c) => c,
            _ => {
                self.at = before;
                return None;
            }
        };
        Some(c)
    }

    fn word(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        let (mut text, mut wildcards, mut escaped) = (String::new(), Vec::new(), false);
        while let Some(c) = self.peek() {
            match c {
                '*' => {
                    wildcards.push(text.len());
                    text.push('*');
                    self.next();
                }
                '\\' => {
                    self.next();
                    escaped = true;
                    text.push(match self.escape().or_else(|| self.escaped_keyword()) {
                        Some(c) => c,
                        None => {
                            return Err(SyntaxError {
                                code: "kql-syntax",
                                span: self.at - 1..self.at,
                                message:
                                    "`\\` escapes nothing here: write `\\\\` for a backslash, \
                                    or put the text in quotes"
                                        .to_owned(),
                            });
                        }
                    });
                }
                c if is_special(c) || c.is_whitespace() => break,
                c => {
                    text.push(c);
                    self.next();
                }
            }
        }
        debug_assert!(self.at > start, "every other character begins a token");
        let keyword =
            |word: &str| !escaped && wildcards.is_empty() && text.eq_ignore_ascii_case(word);
        Ok(if keyword("and") {
            TokenKind::And
        } else if keyword("or") {
            TokenKind::Or
        } else if keyword("not") {
            TokenKind::Not
        } else {
            TokenKind::Word(text, wildcards)
        })
    }

    /// The first letter of a keyword behind a backslash.
    fn escaped_keyword(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        let is =
            |word: &&str| { rest.get(..word.len()) }.is_some_and(|w| w.eq_ignore_ascii_case(word));
        ["and", "or", "not"].iter().any(is).then(|| self.next())?
    }
}

fn is_special(c: char) -> bool {
    matches!(
        c,
        '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}'
    )
}
