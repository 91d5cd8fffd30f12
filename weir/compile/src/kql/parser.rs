//! The parser of queries: or, and, not, tests.

use super::lexer::{Token, TokenKind, tokens};
use super::{Expression, Field, Literal, Span, SyntaxError, Test};

/// Deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 60;

/// Parses a query; an empty one stands for every document.
///
/// # Errors
/// The first thing that is no query.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
    };
    if parser.tokens.is_empty() {
        return Ok(Expression::All);
    }
    let expression = parser.or()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(parser.unexpected(token.span.clone(), "`and`, `or` or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, kind: &TokenKind) -> bool {
        self.peek().is_some_and(|token| token.kind == *kind)
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        let found = self.is(kind);
        self.at += usize::from(found);
        found
    }

    /// Where the next token is, or the end.
    fn here(&self) -> Span {
        let end = self.text.trim_end().len();
        self.peek().map_or(end..end, |token| token.span.clone())
    }

    fn unexpected(&self, span: Span, expected: &str) -> SyntaxError {
        let found = match self.text.get(span.clone()) {
            Some(text) if !text.is_empty() => format!("found `{text}`"),
            _ => "the query ends".to_owned(),
        };
        let missing = match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Colon | TokenKind::Compare(_)) if self.at > 0 => {
                "; is an `and` missing before the field?"
            }
            _ => "",
        };
        SyntaxError {
            code: "kql-syntax",
            span,
            message: format!("{found} where {expected} is expected{missing}"),
        }
    }

    fn expect(&mut self, kind: &TokenKind, name: &str) -> Result<(), SyntaxError> {
        match self.take(kind) {
            true => Ok(()),
            false => Err(self.unexpected(self.here(), name)),
        }
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth >= MAX_DEPTH {
            return Err(SyntaxError {
                code: "kql-too-deep",
                span: self.here(),
                message: format!("nested deeper than {MAX_DEPTH} levels"),
            });
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn or(&mut self) -> Result<Expression, SyntaxError> {
        let mut all = vec![self.and()?];
        while self.take(&TokenKind::Or) {
            all.push(self.and()?);
        }
        Ok(several(all, Expression::Or))
    }

    fn and(&mut self) -> Result<Expression, SyntaxError> {
        let mut all = vec![self.not()?];
        while self.take(&TokenKind::And) {
            all.push(self.not()?);
        }
        Ok(several(all, Expression::And))
    }

    fn not(&mut self) -> Result<Expression, SyntaxError> {
        if self.take(&TokenKind::Not) {
            let inner = self.deeper(Self::not)?;
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.take(&TokenKind::Open) {
            let inner = self.deeper(Self::or)?;
            self.expect(&TokenKind::Close, "`)`")?;
            return Ok(inner);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Expression, SyntaxError> {
        let Some(name) = self.literal() else {
            return Err(self.unexpected(self.here(), "a field"));
        };
        let field = Field {
            is_pattern: !name.wildcards.is_empty(),
            name: name.text.clone(),
            span: name.span.clone(),
        };
        if self.take(&TokenKind::Colon) {
            let test = match self.take(&TokenKind::OpenNested) {
                true => {
                    let inner = self.deeper(Self::or)?;
                    self.expect(&TokenKind::CloseNested, "`}`")?;
                    Test::Nested(Box::new(inner))
                }
                false => self.value()?,
            };
            return Ok(match test {
                Test::Exists if field.name == "*" && field.is_pattern => Expression::All,
                test => Expression::Test(field, test),
            });
        }
        if let Some(TokenKind::Compare(comparison)) = self.peek().map(|token| &token.kind) {
            let comparison = *comparison;
            self.at += 1;
            let value = self.literal();
            let value = value.ok_or_else(|| self.unexpected(self.here(), "a value"))?;
            if !value.wildcards.is_empty() {
                return Err(SyntaxError {
                    code: "kql-syntax",
                    span: value.span,
                    message: "a comparison takes no wildcard".to_owned(),
                });
            }
            return Ok(Expression::Test(field, Test::Compare(comparison, value)));
        }
        if name.is_anything() && !name.quoted {
            return Ok(Expression::All);
        }
        Err(SyntaxError {
            code: "kql-no-field",
            span: name.span,
            message: "a value without a field is searched for in all fields, which this compiler \
                does not do: write FIELD:VALUE"
                .to_owned(),
        })
    }

    /// What follows the colon: a value, or a list of values in parentheses.
    fn value(&mut self) -> Result<Test, SyntaxError> {
        if self.take(&TokenKind::Open) {
            let list = self.deeper(Self::any)?;
            self.expect(&TokenKind::Close, "`)`")?;
            return Ok(list);
        }
        match self.literal() {
            Some(literal) if literal.is_anything() && !literal.quoted => Ok(Test::Exists),
            Some(literal) => Ok(Test::Is(literal)),
            None => Err(self.unexpected(self.here(), "a value")),
        }
    }

    fn any(&mut self) -> Result<Test, SyntaxError> {
        let mut all = vec![self.every()?];
        while self.take(&TokenKind::Or) {
            all.push(self.every()?);
        }
        Ok(several(all, Test::Any))
    }

    fn every(&mut self) -> Result<Test, SyntaxError> {
        let mut all = vec![self.negated()?];
        while self.take(&TokenKind::And) {
            all.push(self.negated()?);
        }
        Ok(several(all, Test::Every))
    }

    fn negated(&mut self) -> Result<Test, SyntaxError> {
        match self.take(&TokenKind::Not) {
            true => Ok(Test::Not(Box::new(self.deeper(Self::negated)?))),
            false => self.value(),
        }
    }

    /// A text in quotes, or words up to a keyword or special character.
    fn literal(&mut self) -> Option<Literal> {
        let first = self.peek()?.clone();
        let (text, wildcards, quoted) = match first.kind {
            TokenKind::Quoted(text) => (text, Vec::new(), true),
            TokenKind::Word(text, wildcards) => (text, wildcards, false),
            _ => return None,
        };
        self.at += 1;
        let mut literal = Literal {
            text,
            wildcards,
            quoted,
            span: first.span,
        };
        while !quoted && let Some(next) = self.peek().cloned() {
            let TokenKind::Word(text, wildcards) = next.kind else {
                break;
            };
            let between = self.text.get(literal.span.end..next.span.start);
            literal.text.push_str(between.unwrap_or_default());
            let behind = literal.text.len();
            let places = wildcards.into_iter().map(|at| behind + at);
            literal.wildcards.extend(places);
            literal.text.push_str(&text);
            literal.span.end = next.span.end;
            self.at += 1;
        }
        Some(literal)
    }
}

/// One alone, or several together.
fn several<T>(mut all: Vec<T>, together: fn(Vec<T>) -> T) -> T {
    match all.len() {
        1 => all.swap_remove(0),
        _ => together(all),
    }
}
