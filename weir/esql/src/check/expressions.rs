//! Expressions: types of operators.

use super::literals::converted;
use super::{Checker, literals};
use crate::functions::Function;
use crate::pattern::{self, GlobPart};
use crate::plan::{Expression, Node};
use crate::problem::ProblemKind;
use crate::regex::{Dialect, Regex};
use crate::span::Span;
use crate::syntax::{Comparison, Name, Operation, Syntax, SyntaxKind};
use crate::types::{Type, Value};

pub(super) fn expression(node: Node, kind: Type, at: Span) -> Expression {
    Expression { node, kind, at }
}

impl Checker<'_> {
    pub(super) fn expression(&mut self, syntax: &Syntax) -> Option<Expression> {
        let at = syntax.at;
        match &syntax.kind {
            SyntaxKind::Column(name) => self.column_value(name, at),
            SyntaxKind::Star | SyntaxKind::Options => {
                let subject = at.text(self.source).to_owned();
                self.problem(
                    ProblemKind::Value,
                    at,
                    &subject,
                    format!("`{subject}` is no value here."),
                )
            }
            SyntaxKind::Call(name, arguments) => self.call(name, arguments, at),
            SyntaxKind::Not(inner) => {
                let inner = self.condition(inner, "NOT")?;
                Some(expression(Node::Not(Box::new(inner)), Type::Boolean, at))
            }
            SyntaxKind::And(parts) => {
                let parts = self.conditions(parts, "AND")?;
                Some(expression(Node::And(parts), Type::Boolean, at))
            }
            SyntaxKind::Or(parts) => {
                let parts = self.conditions(parts, "OR")?;
                Some(expression(Node::Or(parts), Type::Boolean, at))
            }
            SyntaxKind::Compare(comparison, left, right) => {
                self.comparison(*comparison, left, right, at)
            }
            SyntaxKind::Arithmetic(operation, left, right) => {
                self.arithmetic(*operation, left, right, at)
            }
            SyntaxKind::Negate(inner) => {
                let inner = self.expression(inner)?;
                let kind = inner.kind;
                if !kind.is_number() && !kind.is_span() && kind != Type::Null {
                    return self.wrong_type("-", &inner, "a number or a span of time");
                }
                Some(expression(Node::Negate(Box::new(inner)), kind, at))
            }
            SyntaxKind::In(value, list) => self.membership(value, list, at),
            SyntaxKind::Like(value, patterns) => self.like(value, patterns, at),
            SyntaxKind::RLike(value, patterns) => self.rlike(value, patterns, at),
            SyntaxKind::IsNull(inner) => {
                let inner = self.expression(inner)?;
                Some(expression(Node::IsNull(Box::new(inner)), Type::Boolean, at))
            }
            SyntaxKind::Match(column, query) => self.matching(column, query, at),
            SyntaxKind::Cast(value, target) => self.cast(value, target, at),
            _ => self.literal(syntax),
        }
    }

    fn column_value(&mut self, name: &str, at: Span) -> Option<Expression> {
        let slot = match self.key_slot(name, at) {
            Some(slot) => slot?,
            None => self.column(name, at)?,
        };
        let kind = self.plan.slot(slot).kind;
        if kind == Type::GeoPoint {
            let text = format!("The column `{name}` is a geo_point, which is not supported.");
            return self.problem(ProblemKind::Unsupported, at, "geo_point", text);
        }
        Some(expression(Node::Slot(slot), kind, at))
    }

    pub(super) fn wrong_type<T>(
        &mut self,
        what: &str,
        value: &Expression,
        takes: &str,
    ) -> Option<T> {
        let found = value.kind.name();
        let text = format!("`{what}` takes {takes} here, not a value of type {found}.");
        self.problem(ProblemKind::Type, value.at, what, text)
    }

    /// An expression that is true or false.
    pub(super) fn condition(&mut self, syntax: &Syntax, what: &str) -> Option<Expression> {
        let value = self.expression(syntax)?;
        match self.implicit(value.clone(), Type::Boolean) {
            Some(value) => Some(value),
            None => self.wrong_type(what, &value, "a boolean"),
        }
    }

    /// Conditions; all of them are looked at, so that all problems are found.
    fn conditions(&mut self, parts: &[Syntax], what: &str) -> Option<Vec<Expression>> {
        let found: Vec<_> = parts
            .iter()
            .map(|part| self.condition(part, what))
            .collect();
        found.into_iter().collect()
    }

    /// Two expressions as operands of one type, or as two numbers.
    fn pair(
        &mut self,
        what: &str,
        left: Expression,
        right: Expression,
    ) -> Option<(Expression, Expression)> {
        if left.kind.is_number() && right.kind.is_number() {
            return Some((left, right));
        }
        if let Some(right) = self.implicit(right.clone(), left.kind) {
            return Some((left, right));
        }
        if let Some(left) = self.implicit(left.clone(), right.kind) {
            return Some((left, right));
        }
        let (one, other) = (left.kind.name(), right.kind.name());
        let text = format!("`{what}` takes values of one type, not of {one} and {other}.");
        self.problem(ProblemKind::Type, left.at.to(right.at), what, text)
    }

    fn comparison(
        &mut self,
        comparison: Comparison,
        left: &Syntax,
        right: &Syntax,
        at: Span,
    ) -> Option<Expression> {
        let (left, right) = (self.expression(left), self.expression(right));
        let (left, right) = self.pair(comparison.sign(), left?, right?)?;
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        for side in [&left, &right] {
            let bad = side.kind == Type::Source
                || side.kind.is_span()
                || ordered && side.kind == Type::Boolean;
            if bad {
                let takes = "a value that can be compared so";
                return self.wrong_type(comparison.sign(), side, takes);
            }
        }
        let node = Node::Compare(comparison, Box::new(left), Box::new(right));
        Some(expression(node, Type::Boolean, at))
    }

    fn arithmetic(
        &mut self,
        operation: Operation,
        left: &Syntax,
        right: &Syntax,
        at: Span,
    ) -> Option<Expression> {
        let (left, right) = (self.expression(left), self.expression(right));
        let (mut left, mut right) = (left?, right?);
        if left.kind.is_span() != right.kind.is_span() {
            let (date, span) = if left.kind.is_span() {
                (&mut right, left.kind)
            } else {
                (&mut left, right.kind)
            };
            if span.is_span()
                && let Some(converted) = self.implicit(date.clone(), Type::Date)
            {
                *date = converted;
            }
        }
        let sums = matches!(operation, Operation::Add | Operation::Subtract);
        let kind = match (left.kind, right.kind) {
            (Type::Null, Type::Null) => Some(Type::Null),
            (Type::Date, Type::Period | Type::Duration) if sums => Some(Type::Date),
            (Type::Period | Type::Duration, Type::Date) if operation == Operation::Add => {
                Some(Type::Date)
            }
            (Type::Period, Type::Period) if sums => Some(Type::Period),
            (Type::Duration, Type::Duration) if sums => Some(Type::Duration),
            (one, other) => one.common(other).filter(|common| common.is_number()),
        };
        let Some(kind) = kind else {
            let (one, other) = (left.kind.name(), right.kind.name());
            let sign = operation.sign();
            let text = format!("`{sign}` does not take values of {one} and {other}.");
            return self.problem(ProblemKind::Type, at, sign, text);
        };
        let node = Node::Arithmetic(operation, Box::new(left), Box::new(right));
        Some(expression(node, kind, at))
    }

    fn membership(&mut self, value: &Syntax, list: &[Syntax], at: Span) -> Option<Expression> {
        let value = self.expression(value);
        let list: Vec<_> = list.iter().map(|item| self.expression(item)).collect();
        let list: Option<Vec<_>> = list.into_iter().collect();
        let (mut value, list) = (value?, list?);
        let mut items = Vec::new();
        for item in list {
            let (left, item) = self.pair("IN", value, item)?;
            value = left;
            items.push(item);
        }
        let node = Node::In(Box::new(value), items);
        Some(expression(node, Type::Boolean, at))
    }

    /// An operand that is a text.
    fn text_operand(&mut self, value: &Syntax, what: &str) -> Option<Expression> {
        let value = self.expression(value)?;
        if value.kind.is_text() || value.kind == Type::Null {
            return Some(value);
        }
        self.wrong_type(what, &value, "a keyword or text")
    }

    fn like(&mut self, value: &Syntax, patterns: &[Name], at: Span) -> Option<Expression> {
        let value = self.text_operand(value, "LIKE");
        let mut read = Vec::new();
        for pattern in patterns {
            match pattern::like(&pattern.text) {
                Ok(parts) => read.push(parts),
                Err(text) => {
                    return self.problem(ProblemKind::Value, pattern.at, "LIKE", text);
                }
            }
        }
        let all = |parts: &Vec<GlobPart>| {
            !parts.is_empty() && parts.iter().all(|part| *part == GlobPart::Any)
        };
        if read.iter().any(all) {
            return Some(is_there(value?, at));
        }
        let node = Node::Like(Box::new(value?), read);
        Some(expression(node, Type::Boolean, at))
    }

    fn rlike(&mut self, value: &Syntax, patterns: &[Name], at: Span) -> Option<Expression> {
        let value = self.text_operand(value, "RLIKE");
        for pattern in patterns {
            self.regex(&pattern.text, Dialect::Lucene, pattern.at, "RLIKE")?;
        }
        let all = |pattern: &Name| {
            let rest = pattern.text.replace(".*", "");
            rest.is_empty() && !pattern.text.is_empty()
        };
        if patterns.iter().any(all) {
            return Some(is_there(value?, at));
        }
        let patterns = patterns
            .iter()
            .map(|pattern| pattern.text.clone())
            .collect();
        let node = Node::RLike(Box::new(value?), patterns);
        Some(expression(node, Type::Boolean, at))
    }

    pub(super) fn regex(
        &mut self,
        pattern: &str,
        dialect: Dialect,
        at: Span,
        what: &str,
    ) -> Option<Regex> {
        match Regex::new(pattern, dialect) {
            Ok(regex) => Some(regex),
            Err(why) => {
                let kind = if why.contains("not supported") {
                    ProblemKind::Unsupported
                } else {
                    ProblemKind::Value
                };
                let text = format!("A regular expression is not understood: {why}.");
                self.problem(kind, at, what, text)
            }
        }
    }

    /// `column : literal`, and the function MATCH.
    pub(super) fn matching(
        &mut self,
        column: &Syntax,
        query: &Syntax,
        at: Span,
    ) -> Option<Expression> {
        let (column, query) = (self.expression(column), self.expression(query));
        let (column, query) = (column?, query?);
        let bare = match &column.node {
            Node::Slot(_) => true,
            Node::Call(Function::ToString, inner) => {
                inner.iter().all(|inner| inner.as_slot().is_some())
            }
            _ => false,
        };
        if !bare {
            return self.wrong_type("MATCH", &column, "a column");
        }
        let Some(value) = query.as_literal() else {
            return self.wrong_type("MATCH", &query, "a literal");
        };
        let found = match value {
            Value::Text(text) if column.kind.is_number() => match column.kind {
                Type::Double => text.parse().ok().map(Value::Double),
                _ => text.parse().ok().map(Value::Integer),
            },
            Value::Text(text) => converted(text, column.kind),
            _ => self
                .implicit(query.clone(), column.kind)
                .and_then(|query| query.as_literal().cloned()),
        };
        match found {
            Some(value) => {
                let node = Node::Match(Box::new(column), value);
                Some(expression(node, Type::Boolean, at))
            }
            None => {
                let takes = format!(
                    "a literal that a column of type {} can be searched for",
                    column.kind.name()
                );
                self.wrong_type("MATCH", &query, &takes)
            }
        }
    }

    fn cast(&mut self, value: &Syntax, target: &Name, at: Span) -> Option<Expression> {
        let Some(kind) = Type::from_name(&target.text) else {
            let text = format!("There is no type `{}`.", target.text);
            return self.problem(ProblemKind::UnknownType, target.at, &target.text, text);
        };
        let value = self.expression(value)?;
        if kind.is_span() {
            let text = match value.as_literal() {
                Some(Value::Text(text)) => converted(text, kind),
                _ if value.kind == kind => return Some(value),
                _ => None,
            };
            return match text {
                Some(span) => Some(literals::literal(span, kind, at)),
                None => self.wrong_type(kind.name(), &value, "a literal span of time"),
            };
        }
        let function = match kind {
            Type::Keyword => Function::ToString,
            Type::Integer => Function::ToInteger,
            Type::Long => Function::ToLong,
            Type::Double => Function::ToDouble,
            Type::Boolean => Function::ToBoolean,
            Type::Date => Function::ToDatetime,
            Type::Ip => Function::ToIp,
            Type::Version => Function::ToVersion,
            _ => {
                let name = kind.name();
                let text = format!("A cast to `{name}` is not supported.");
                return self.problem(ProblemKind::Unsupported, target.at, name, text);
            }
        };
        self.conversion(function, value, at)
    }
}

/// What a pattern that every text matches asks: whether there is a value, be it one or several.
fn is_there(value: Expression, at: Span) -> Expression {
    let missing = expression(Node::IsNull(Box::new(value)), Type::Boolean, at);
    expression(Node::Not(Box::new(missing)), Type::Boolean, at)
}
