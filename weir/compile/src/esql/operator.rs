//! Operators: comparisons, arithmetic, lists, patterns, and queries in KQL.

use super::lower::{Definition, LIST, Lowering, constant, general, glob, milliseconds, narrowed};
use crate::{filter, kql, types};
use weir_detector::program::regex::{Dialect, Regex};
use weir_detector::program::value::Type;
use weir_detector::program::words::Analyzer;
use weir_detector::program::{Builder, Constant};
use weir_esql::pattern::GlobPart;
use weir_esql::plan::{Expression, Origin};
use weir_esql::span::Span;
use weir_esql::syntax::{Comparison, Operation};
use weir_esql::types::{Type as Kind, Value};

impl Lowering<'_> {
    pub(super) fn compare(
        &mut self,
        b: Builder,
        comparison: Comparison,
        left: &Expression,
        right: &Expression,
    ) -> Builder {
        let at = left.at.to(right.at);
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        let kinds = [left.kind, right.kind];
        // Numbers of two types are compared as they are.
        let sides = match self.common(&kinds) {
            Some(Type::Number) => kinds.map(|kind| general(kind).unwrap_or(Type::Number)),
            Some(kind) if !ordered || kind != Type::Boolean => [kind; 2],
            _ => {
                let message = "values of this type are compared, which is not understood";
                return self.refuse(b, Type::Boolean, ("esql-type", at), message);
            }
        };
        let [one, other] = sides;
        let b = self.push_as(b, left, one);
        let b = self.push_as(b, right, other);
        b.call(
            match comparison {
                Comparison::Equal => "equal",
                Comparison::Unequal => "not_equal",
                Comparison::Less => "less",
                Comparison::LessOrEqual => "at_most",
                Comparison::Greater => "greater",
                Comparison::GreaterOrEqual => "at_least",
            },
            2,
        )
    }

    pub(super) fn arithmetic(
        &mut self,
        b: Builder,
        operation: Operation,
        left: &Expression,
        right: &Expression,
        whole: &Expression,
    ) -> Builder {
        let Some(own) = general(whole.kind) else {
            return self.refuse(b, Type::Time, ("esql-type", whole.at), "a span of time");
        };
        if own == Type::Time {
            let (time, span) = match left.kind == Kind::Date {
                true => (left, right),
                false => (right, left),
            };
            let sign = match operation {
                Operation::Subtract => -1,
                _ => 1,
            };
            let length = span.as_literal().and_then(milliseconds);
            let Some(length) = length.and_then(|length| length.checked_mul(sign)) else {
                let message = "months have no fixed length: weeks, days and shorter are understood";
                return self.refuse(b, own, ("span", span.at), message);
            };
            let b = self.push_as(b, time, Type::Time);
            return b.constant(Constant::Integer(length)).call("add_time", 2);
        }
        let b = self.push_as(b, left, own);
        let b = self.push_as(b, right, own);
        let b = b.call(
            match operation {
                Operation::Add => "add",
                Operation::Subtract => "subtract",
                Operation::Multiply => "multiply",
                Operation::Divide => "divide",
                Operation::Remainder => "remainder",
            },
            2,
        );
        narrowed(b, whole.kind)
    }

    pub(super) fn is_in(&mut self, b: Builder, value: &Expression, list: &[Expression]) -> Builder {
        let kinds: Vec<Kind> = { std::iter::once(value).chain(list) }
            .map(|part| part.kind)
            .collect();
        let Some(kind) = self.common(&kinds) else {
            let message = "values of these types are compared, which is not understood";
            return self.refuse(b, Type::Boolean, ("esql-type", value.at), message);
        };
        let mut b = b;
        for (at, part) in list.chunks(LIST).enumerate() {
            let one = |this: &mut Self, b: Builder| {
                let b = this.push_as(b, value, kind);
                let b = { part.iter() }.fold(b, |b, item| this.push_as(b, item, kind));
                b.call("in", u8::try_from(1 + part.len()).unwrap_or(u8::MAX))
            };
            b = match at {
                0 => one(self, b),
                _ => b.decide(true, |b| one(self, b)),
            };
        }
        b
    }

    pub(super) fn like(
        &mut self,
        b: Builder,
        value: &Expression,
        patterns: &[Vec<GlobPart>],
        at: Span,
    ) -> Builder {
        let mut b = b;
        for (place, parts) in patterns.iter().enumerate() {
            let Some(pattern) = glob(parts) else {
                let message = "the pattern is longer than 1024 bytes";
                return self.refuse(b, Type::Boolean, ("pattern-too-long", at), message);
            };
            let one = |this: &mut Self, b: Builder| {
                let b = this.push_as(b, value, Type::Text);
                b.constant(Constant::Pattern(pattern)).call("like", 2)
            };
            b = match place {
                0 => one(self, b),
                _ => b.decide(true, |b| one(self, b)),
            };
        }
        b
    }

    pub(super) fn rlike(
        &mut self,
        b: Builder,
        value: &Expression,
        patterns: &[String],
        at: Span,
    ) -> Builder {
        let mut b = b;
        for (place, pattern) in patterns.iter().enumerate() {
            let Ok(regex) = Regex::new(pattern, Dialect::Lucene) else {
                let message = "the regular expression is not understood";
                return self.refuse(b, Type::Boolean, ("regex", at), message);
            };
            let one = |this: &mut Self, b: Builder| {
                let b = this.push_as(b, value, Type::Text);
                b.constant(Constant::Regex(regex)).call("matches", 2)
            };
            b = match place {
                0 => one(self, b),
                _ => b.decide(true, |b| one(self, b)),
            };
        }
        b
    }

    /// `column : literal`: any value.
    pub(super) fn matched(
        &mut self,
        b: Builder,
        column: &Expression,
        query: &Value,
        at: Span,
    ) -> Builder {
        if column.kind == Kind::Text {
            return self.words(b, column, query, at);
        }
        let (Some(kind), Some(constant)) = (general(column.kind), constant(query)) else {
            return self.refuse(b, Type::Boolean, ("esql-type", at), "a match of this type");
        };
        let b = self.push_as(b, column, kind);
        b.constant(constant).call("any_equal", 2)
    }

    /// `column : literal` of a field that is searched word by word: any word of the literal.
    fn words(&mut self, b: Builder, column: &Expression, query: &Value, at: Span) -> Builder {
        let field = match self
            .resolved(column)
            .as_slot()
            .map(|slot| self.definition(slot))
        {
            Some(Definition::Field(name)) if !self.over_rows => Some(name),
            _ => None,
        };
        let analyzer = field.and_then(|name| types::analyzer(&name));
        let (Some(analyzer), Value::Text(text)) = (analyzer, query) else {
            let message = "a text is searched word by word, which is understood of the fields \
                themselves whose words are known";
            return self.refuse(b, Type::Boolean, ("analyzed-text", at), message);
        };
        if analyzer == Analyzer::Standard && !text.is_ascii() {
            let message = "it is searched word by word, and words with characters outside of \
                ASCII are not understood";
            return self.refuse(b, Type::Boolean, ("analyzed-text", at), message);
        }
        let (phrase, _) = filter::words::functions(analyzer);
        let words = analyzer.words(text).join("\n");
        if words.is_empty() {
            // It is found nowhere.
            return b.constant(Constant::Boolean(false));
        }
        let b = self.push_as(b, column, Type::Text);
        b.constant(Constant::Text(words)).call(phrase, 2)
    }

    /// `JSON_EXTRACT` of the document: the value of a field.
    pub(super) fn of_source(&mut self, b: Builder, parts: &[Expression], at: Span) -> Builder {
        let is_source = { parts.first().and_then(Expression::as_slot) }.is_some_and(|slot| {
            matches!(&self.plan.slot(slot).origin, Origin::Metadata(name) if name == "_source")
        });
        let path = match parts.get(1).and_then(Expression::as_literal) {
            Some(Value::Text(path)) => path.strip_prefix("$.").unwrap_or(path),
            _ => "",
        };
        let is_name = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-@".contains(c);
            !name.is_empty() && name.chars().all(plain)
        };
        if !is_source || self.over_rows || !path.split('.').all(is_name) {
            let message = "JSON_EXTRACT is understood of `_source` and a path of names";
            return self.refuse(b, Type::Text, ("function", at), message);
        }
        if !self.notes.iter().any(|note| note.code == "json-extract") {
            let message = "what JSON_EXTRACT takes of `_source` is the field of that name: a list \
                of several values, and an object, are null here, and JSON as a text there";
            self.note("json-extract", at, message);
        }
        // Several values are null.
        let b = self.field(b, path, Type::Text);
        b.constant(Constant::Text(String::new())).call("concat", 2)
    }

    /// A call of `KQL`.
    pub(super) fn kql(&mut self, b: Builder, query: &str, at: Span) -> Builder {
        if self.over_rows {
            let message = "a query of events, behind an aggregation";
            return self.refuse(b, Type::Boolean, ("kql-of-rows", at), message);
        }
        match kql::parse(query) {
            Err(error) => self.refuse(b, Type::Boolean, (error.code, at), error.message),
            Ok(expression) => {
                let (b, fields, problems) = filter::lower_into(b, &expression);
                for problem in problems {
                    self.problem(problem.code, at, problem.message);
                }
                self.fields.extend(fields);
                b
            }
        }
    }
}
