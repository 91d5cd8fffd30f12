//! Expressions, by precedence: OR, AND, NOT, predicates, sums, products, signs, casts.

use super::{DEEPEST, Parsed, Parser};
use crate::lexer::Token;
use crate::problem::ProblemKind;
use crate::span::Span;
use crate::syntax::{Comparison, Name, Operation, Syntax, SyntaxKind};

/// The smallest long without its sign: as a number of its own it is none.
const SMALLEST: &str = "9223372036854775808";

/// Words that do not begin an operand.
const RESERVED: [&str; 13] = [
    "AND", "OR", "IN", "IS", "LIKE", "RLIKE", "BY", "AS", "ASC", "DESC", "NULLS", "WHERE", "ON",
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Syntax> {
        self.deeper(|parser| {
            let first = parser.conjunction()?;
            if !parser.is_word("OR") {
                return Ok(first);
            }
            let mut parts = vec![first];
            while parser.take_word("OR") {
                parts.push(parser.conjunction()?);
            }
            parser.all_of(parts, SyntaxKind::Or)
        })
    }

    fn all_of(
        &mut self,
        parts: Vec<Syntax>,
        kind: fn(Vec<Syntax>) -> SyntaxKind,
    ) -> Parsed<Syntax> {
        let from = parts.first().map_or(self.span(), |part| part.at);
        let to = parts.last().map_or(self.span(), |part| part.at);
        self.build(kind(parts), from, to)
    }

    /// An expression from one place to another, if it is not too deep.
    fn build(&mut self, kind: SyntaxKind, from: Span, to: Span) -> Parsed<Syntax> {
        let value = Syntax::new(kind, from.to(to));
        if value.height > DEEPEST {
            let text = format!("Expressions are nested more than {DEEPEST} deep.");
            return Err(self.report(ProblemKind::Unsupported, value.at, "depth", text));
        }
        Ok(value)
    }

    fn conjunction(&mut self) -> Parsed<Syntax> {
        let first = self.negation()?;
        if !self.is_word("AND") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_word("AND") {
            parts.push(self.negation()?);
        }
        self.all_of(parts, SyntaxKind::And)
    }

    fn negation(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        if !self.is_word("NOT") {
            return self.predicate();
        }
        self.advance();
        self.deeper(|parser| {
            let inner = parser.negation()?;
            let end = inner.at;
            parser.build(SyntaxKind::Not(Box::new(inner)), at, end)
        })
    }

    fn predicate(&mut self) -> Parsed<Syntax> {
        let left = self.sum()?;
        let start = left.at;
        let mut value = if let Some(comparison) = self.comparison()? {
            let right = self.sum()?;
            let end = right.at;
            let kind = SyntaxKind::Compare(comparison, Box::new(left), Box::new(right));
            self.build(kind, start, end)?
        } else if self.is_sign(":") {
            self.advance();
            let right = self.primary()?;
            let end = right.at;
            let kind = SyntaxKind::Match(Box::new(left), Box::new(right));
            self.build(kind, start, end)?
        } else {
            left
        };
        loop {
            if self.is_word("IS") {
                self.advance();
                let not = self.take_word("NOT");
                if !self.take_word("NULL") {
                    return Err(self.expected("`NULL` or `NOT NULL` after `IS`"));
                }
                let end = self.before();
                value = self.build(SyntaxKind::IsNull(Box::new(value)), start, end)?;
                value = self.negated(not, value)?;
                continue;
            }
            let negative = self.is_word("NOT")
                && ["IN", "LIKE", "RLIKE"]
                    .iter()
                    .any(|word| self.is_word_at(1, word));
            if negative {
                self.advance();
            }
            let kind = if self.take_word("IN") {
                self.expect_sign("(")?;
                let list = self.list(Self::sum)?;
                self.expect_sign(")")?;
                SyntaxKind::In(Box::new(value), list)
            } else if self.take_word("LIKE") {
                SyntaxKind::Like(Box::new(value), self.patterns()?)
            } else if self.take_word("RLIKE") {
                SyntaxKind::RLike(Box::new(value), self.patterns()?)
            } else {
                return Ok(value);
            };
            value = self.build(kind, start, self.before())?;
            value = self.negated(negative, value)?;
        }
    }

    fn negated(&mut self, negative: bool, value: Syntax) -> Parsed<Syntax> {
        let at = value.at;
        if negative {
            self.build(SyntaxKind::Not(Box::new(value)), at, at)
        } else {
            Ok(value)
        }
    }

    /// One pattern, or several in brackets.
    fn patterns(&mut self) -> Parsed<Vec<Name>> {
        if !self.take_sign("(") {
            return Ok(vec![self.text("a pattern in quotes")?]);
        }
        let list = self.list(|parser| parser.text("a pattern in quotes"))?;
        self.expect_sign(")")?;
        Ok(list)
    }

    fn comparison(&mut self) -> Parsed<Option<Comparison>> {
        let Token::Sign(sign) = self.token() else {
            return Ok(None);
        };
        let comparison = match *sign {
            "==" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            "=" => return Err(self.expected("`==` to compare")),
            "=~" => {
                let at = self.span();
                let text = "The operator `=~` is not supported.".to_owned();
                return Err(self.report(ProblemKind::Unsupported, at, "=~", text));
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(comparison))
    }

    fn sum(&mut self) -> Parsed<Syntax> {
        self.chain(
            Self::product,
            &[("+", Operation::Add), ("-", Operation::Subtract)],
        )
    }

    fn product(&mut self) -> Parsed<Syntax> {
        let operations = [
            ("*", Operation::Multiply),
            ("/", Operation::Divide),
            ("%", Operation::Remainder),
        ];
        self.chain(Self::signed, &operations)
    }

    /// Operands with operators of one precedence between them, from the left.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed<Syntax>,
        operations: &[(&str, Operation)],
    ) -> Parsed<Syntax> {
        let mut left = operand(self)?;
        let start = left.at;
        while let Some(&(_, operation)) = operations.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.advance();
            let right = operand(self)?;
            let end = right.at;
            let kind = SyntaxKind::Arithmetic(operation, Box::new(left), Box::new(right));
            left = self.build(kind, start, end)?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        let minus = self.is_sign("-");
        if !minus && !self.is_sign("+") {
            return self.primary();
        }
        self.advance();
        self.deeper(|parser| {
            let value = parser.signed()?;
            let end = value.at;
            let kind = match (minus, value.kind) {
                (false, kind) => kind,
                (true, SyntaxKind::Integer(number)) => match number.checked_neg() {
                    Some(number) => SyntaxKind::Integer(number),
                    None => {
                        SyntaxKind::Negate(Box::new(Syntax::new(SyntaxKind::Integer(number), end)))
                    }
                },
                (true, SyntaxKind::Decimal(_)) if end.text(parser.source) == SMALLEST => {
                    SyntaxKind::Integer(i64::MIN)
                }
                (true, SyntaxKind::Decimal(number)) => SyntaxKind::Decimal(-number),
                (true, SyntaxKind::Span(number, unit)) => {
                    SyntaxKind::Span(number.saturating_neg(), unit)
                }
                (true, kind) => SyntaxKind::Negate(Box::new(Syntax::new(kind, end))),
            };
            parser.build(kind, at, end)
        })
    }

    pub(super) fn primary(&mut self) -> Parsed<Syntax> {
        let mut value = self.operand()?;
        let start = value.at;
        while self.is_sign("::") {
            self.advance();
            let target = self.name("a type")?;
            let end = target.at;
            value = self.build(SyntaxKind::Cast(Box::new(value), target), start, end)?;
        }
        Ok(value)
    }

    fn operand(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        let kind = match self.token().clone() {
            Token::Text(text) => {
                self.advance();
                SyntaxKind::Text(text)
            }
            Token::Integer | Token::Decimal => self.number(),
            Token::Sign("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect_sign(")")?;
                return self.build(inner.kind, at, self.before());
            }
            Token::Sign("[") => {
                self.advance();
                let items = self.list(|parser| parser.deeper(Self::signed))?;
                self.expect_sign("]")?;
                SyntaxKind::List(items)
            }
            Token::Sign("?") => {
                let text = "Parameters of queries (`?`) are not supported.".to_owned();
                return Err(self.report(ProblemKind::Unsupported, at, "?", text));
            }
            Token::Word | Token::Quoted(_) => return self.word(),
            _ => return Err(self.expected("a value, a column or a function")),
        };
        self.build(kind, at, self.before())
    }

    /// A number, or a number and a unit of time.
    fn number(&mut self) -> SyntaxKind {
        let text = self.span().text(self.source).to_owned();
        let whole = *self.token() == Token::Integer;
        self.advance();
        if whole && let Ok(number) = text.parse::<i64>() {
            if *self.token() == Token::Word {
                let unit = self.span().text(self.source).to_lowercase();
                if crate::time::is_unit(&unit) {
                    self.advance();
                    return SyntaxKind::Span(number, unit);
                }
            }
            return SyntaxKind::Integer(number);
        }
        // Digits with a point or an exponent are always a number, an infinite one at worst.
        SyntaxKind::Decimal(text.parse().unwrap_or(f64::INFINITY))
    }

    /// A literal, a column or a call.
    fn word(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        if *self.token() == Token::Word && !self.is_sign_at(1, ".") {
            let word = at.text(self.source).to_uppercase();
            let literal = match word.as_str() {
                "NULL" => Some(SyntaxKind::Null),
                "TRUE" => Some(SyntaxKind::Boolean(true)),
                "FALSE" => Some(SyntaxKind::Boolean(false)),
                reserved if RESERVED.contains(&reserved) => {
                    return Err(self.expected("a value, a column or a function"));
                }
                _ => None,
            };
            if let Some(kind) = literal {
                self.advance();
                return Ok(Syntax::new(kind, at));
            }
        }
        let name = self.name("a column")?;
        if !self.is_sign("(") {
            let at = name.at;
            let kind = SyntaxKind::Column(name.text);
            return Ok(Syntax::new(kind, at));
        }
        self.advance();
        let mut arguments = Vec::new();
        if !self.is_sign(")") {
            arguments = self.list(Self::argument)?;
        }
        self.expect_sign(")")?;
        let kind = SyntaxKind::Call(name, arguments);
        self.build(kind, at, self.before())
    }

    fn argument(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        if self.is_sign("*") && (self.is_sign_at(1, ")") || self.is_sign_at(1, ",")) {
            self.advance();
            let kind = SyntaxKind::Star;
            return Ok(Syntax::new(kind, at));
        }
        if self.is_sign("{") {
            return self.options();
        }
        self.expression()
    }

    /// A map of names in quotes and literals.
    fn options(&mut self) -> Parsed<Syntax> {
        let at = self.span();
        self.expect_sign("{")?;
        if !self.is_sign("}") {
            self.list(|parser| {
                parser.text("the name of an option in quotes")?;
                parser.expect_sign(":")?;
                parser.deeper(Self::signed)
            })?;
        }
        self.expect_sign("}")?;
        self.build(SyntaxKind::Options, at, self.before())
    }
}
