//! The parser: tokens to a syntax tree. After an error in a command it goes on with the next one.

mod commands;
mod expressions;

use crate::lexer::{Lexeme, Token, tokens};
use crate::problem::{Problem, ProblemKind};
use crate::span::Span;
use crate::syntax::{Name, Query};

/// Deepest nesting of expressions.
const DEEPEST: usize = 100;
/// Longest text of a query, in bytes.
pub const LONGEST_QUERY: usize = 1 << 20;

/// Reads a query, as far as it can be read, and says what is wrong.
#[must_use]
pub fn parse(source: &str) -> (Query, Vec<Problem>) {
    let mut problems = Vec::new();
    if source.len() > LONGEST_QUERY {
        let at = Span::new(LONGEST_QUERY, source.len());
        let text = format!("The query is longer than {LONGEST_QUERY} bytes.");
        problems.push(Problem::new(ProblemKind::Syntax, at, "length", text));
        return (Query::default(), problems);
    }
    let lexemes = tokens(source, &mut problems);
    let mut parser = Parser {
        source,
        lexemes,
        at: 0,
        depth: 0,
        problems,
    };
    let query = parser.query();
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
    (query, problems)
}

/// An error that has been reported.
#[derive(Debug)]
struct Reported;

type Parsed<T> = Result<T, Reported>;

struct Parser<'a> {
    source: &'a str,
    lexemes: Vec<Lexeme>,
    at: usize,
    depth: usize,
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn lexeme(&self, ahead: usize) -> &Lexeme {
        // The last token is the end, and there is always one.
        &self.lexemes[(self.at + ahead).min(self.lexemes.len() - 1)]
    }

    fn token(&self) -> &Token {
        &self.lexeme(0).token
    }

    fn span(&self) -> Span {
        self.lexeme(0).at
    }

    /// The place of the token before.
    fn before(&self) -> Span {
        self.lexemes[self.at.saturating_sub(1)].at
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.lexemes.len() - 1);
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(found) if *found == sign)
    }

    fn is_sign_at(&self, ahead: usize, sign: &str) -> bool {
        matches!(&self.lexeme(ahead).token, Token::Sign(found) if *found == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(sign);
        if is {
            self.advance();
        }
        is
    }

    fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(self.expected(&format!("`{sign}`")))
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        let lexeme = self.lexeme(ahead);
        lexeme.token == Token::Word && lexeme.at.text(self.source).eq_ignore_ascii_case(word)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        if is {
            self.advance();
        }
        is
    }

    fn report(&mut self, kind: ProblemKind, at: Span, subject: &str, text: String) -> Reported {
        self.problems.push(Problem::new(kind, at, subject, text));
        Reported
    }

    /// Reports what was expected here, and what is here.
    fn expected(&mut self, what: &str) -> Reported {
        let at = self.span();
        let (subject, found) = match self.token() {
            Token::End => ("end", "the end of the query".to_owned()),
            _ => {
                let text = at.text(self.source);
                let short: String = text.chars().take(40).collect();
                (text, format!("`{short}`"))
            }
        };
        let subject = subject.to_owned();
        let text = format!("Expected {what}, found {found}.");
        self.report(ProblemKind::Syntax, at, &subject, text)
    }

    /// Runs a part one level deeper.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        let result = if self.depth > DEEPEST {
            let at = self.span();
            let text = format!("Expressions are nested more than {DEEPEST} deep.");
            Err(self.report(ProblemKind::Unsupported, at, "depth", text))
        } else {
            part(self)
        };
        self.depth -= 1;
        result
    }

    /// A string.
    fn text(&mut self, what: &str) -> Parsed<Name> {
        let at = self.span();
        if let Token::Text(text) = self.token() {
            let text = text.clone();
            self.advance();
            return Ok(Name { text, at });
        }
        Err(self.expected(what))
    }

    /// Items with commas between them.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_sign(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A name: parts with dots between them, each a word or in back quotes.
    fn name(&mut self, what: &str) -> Parsed<Name> {
        let start = self.span();
        let mut text = self.name_part(what)?;
        while self.is_sign(".") && self.touches() {
            self.advance();
            text.push('.');
            text.push_str(&self.name_part("a name after the dot")?);
        }
        let at = start.to(self.before());
        Ok(Name { text, at })
    }

    fn name_part(&mut self, what: &str) -> Parsed<String> {
        let text = match self.token() {
            Token::Word => self.span().text(self.source).to_owned(),
            Token::Quoted(name) => name.clone(),
            _ => return Err(self.expected(what)),
        };
        self.advance();
        Ok(text)
    }

    /// Whether this token follows the one before without a blank.
    fn touches(&self) -> bool {
        self.at > 0 && self.before().end == self.span().start
    }

    /// Skips to the next pipe outside of brackets, or to the end.
    fn recover(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.token() {
                Token::End => return,
                Token::Sign("(" | "[" | "{") => open += 1,
                Token::Sign(")" | "]" | "}") => open = open.saturating_sub(1),
                Token::Sign("|") if open == 0 || self.command_follows() => return,
                _ => {}
            }
            self.advance();
        }
    }
}
