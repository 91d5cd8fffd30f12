//! From a query's expression to the filter's program.

mod beside;
pub(crate) mod words;

use crate::kql::{Comparison, Expression, Field, Literal, Span, Test};
use crate::types::{self, FieldType};
use weir_detector::address;
use weir_detector::network::Network;
use weir_detector::program::pattern::Pattern;
use weir_detector::program::value::Type;
use weir_detector::program::{Builder, Constant, Program};
use weir_detector::time;

/// Most constants of one call: the stack is bounded.
const LIST: usize = 40;

/// A problem of a query, at a place of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it can be counted and searched by.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What was not understood, and what would be.
    pub message: String,
}

/// A filter.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its program.
    pub program: Program,
    /// The fields that it asks for values of, in their order.
    pub fields: Vec<String>,
}

/// Lowers an expression.
///
/// # Errors
/// Everything in it that is not understood.
pub fn lower(expression: &Expression) -> Result<Filter, Vec<Problem>> {
    let mut lowering = Lowering::default();
    let builder = lowering.expression(Builder::default(), expression, false);
    let mut problems = lowering.problems;
    // Each value of a list may have the problem of its field.
    problems.dedup_by(|one, other| (one.code, &one.span) == (other.code, &other.span));
    if !problems.is_empty() {
        return Err(problems);
    }
    match builder.build() {
        Ok(program) => Ok(Filter {
            program,
            fields: lowering.fields,
        }),
        Err(problem) => Err(vec![Problem {
            code: "filter-too-large",
            span: 0..0,
            message: format!("the filter is too large: {}", problem.message),
        }]),
    }
}

/// Pushes an expression to a program that is being built; the result is a truth value, never null.
/// Returns the fields that it asks for values of, too, and all that is not understood.
pub(crate) fn lower_into(
    builder: Builder,
    expression: &Expression,
) -> (Builder, Vec<String>, Vec<Problem>) {
    let mut lowering = Lowering::default();
    let builder = lowering.expression(builder, expression, false);
    (builder, lowering.fields, lowering.problems)
}

#[derive(Default)]
struct Lowering {
    problems: Vec<Problem>,
    fields: Vec<String>,
}

impl Lowering {
    fn problem(&mut self, code: &'static str, span: &Span, message: impl Into<String>) {
        self.problems.push(Problem {
            code,
            span: span.clone(),
            message: message.into(),
        });
    }

    fn expression(&mut self, b: Builder, expression: &Expression, negated: bool) -> Builder {
        match expression {
            Expression::All => b.constant(Constant::Boolean(true)),
            Expression::And(all) => {
                self.joined(b, all, false, |l, b, e| l.expression(b, e, negated))
            }
            Expression::Or(all) => self.joined(b, all, true, |l, b, e| l.expression(b, e, negated)),
            Expression::Not(inner) => self.expression(b, inner, !negated).call("not", 1),
            Expression::Test(field, test) => {
                let own = field.name.strip_suffix(CASELESS).unwrap_or(&field.name);
                if !negated && !field.is_pattern && !self.fields.iter().any(|name| name == own) {
                    self.fields.push(own.to_owned());
                }
                if field.name.starts_with('_') {
                    let message = format!("`{}` belongs to an index, not to an event", field.name);
                    self.problem("metadata-field", &field.span, message);
                }
                let kind = kind(field, test);
                self.test(b, field, kind, test)
            }
        }
    }

    /// Several parts, of which the first that is `on` decides.
    fn joined<T>(
        &mut self,
        mut b: Builder,
        all: &[T],
        on: bool,
        mut part: impl FnMut(&mut Self, Builder, &T) -> Builder,
    ) -> Builder {
        for (at, one) in all.iter().enumerate() {
            b = match at {
                0 => part(self, b, one),
                _ => b.decide(on, |b| part(self, b, one)),
            };
        }
        b
    }

    fn test(&mut self, b: Builder, field: &Field, kind: Option<FieldType>, test: &Test) -> Builder {
        match test {
            Test::Exists => match kind {
                Some(FieldType::Nested) => self.unknown(b, field, FieldType::Nested),
                kind => read(b, field, kind).call("is_not_null", 1),
            },
            Test::Is(literal) => self.is(b, field, kind, literal),
            Test::Any(tests) => self.any(b, field, kind, tests),
            Test::Every(tests) => {
                self.joined(b, tests, false, |l, b, test| l.test(b, field, kind, test))
            }
            Test::Not(test) => self.test(b, field, kind, test).call("not", 1),
            Test::Compare(comparison, literal) => self.compare(b, field, *comparison, literal),
            Test::Nested(_) => self.unknown(b, field, FieldType::Nested),
            Test::Like(wildcard) => self.like(b, field, kind, wildcard),
            Test::Within(ends) => self.within(b, field, ends),
        }
    }

    /// Any of several tests: those for exact values are one call.
    fn any(
        &mut self,
        mut b: Builder,
        field: &Field,
        kind: Option<FieldType>,
        tests: &[Test],
    ) -> Builder {
        let plain =
            |test: &&Test| matches!(test, Test::Is(literal) if literal.wildcards.is_empty());
        let exact: Vec<&Test> = match kind {
            None => tests.iter().filter(plain).collect(),
            Some(_) => Vec::new(),
        };
        let is_words = |test: &Test| kind == Some(FieldType::Text) && matches!(test, Test::Is(_));
        let words: Vec<&Test> = tests.iter().filter(|test| is_words(test)).collect();
        let mut first = true;
        if !words.is_empty() {
            b = self.words(b, field, &words);
            first = false;
        }
        for part in exact.chunks(LIST) {
            let list = |b: Builder| {
                let b = read(b, field, None);
                let b = part.iter().fold(b, |b, test| match test {
                    Test::Is(literal) => b.constant(Constant::Text(keyword_text(field, literal))),
                    _ => b,
                });
                let arguments = u8::try_from(1 + part.len()).unwrap_or(u8::MAX);
                b.call("any_in", arguments)
            };
            for literal in part.iter().filter_map(|test| match test {
                Test::Is(literal) => Some(literal),
                _ => None,
            }) {
                self.check_null(literal);
            }
            b = if first { list(b) } else { b.decide(true, list) };
            first = false;
        }
        let others = { tests.iter() }.filter(|test| kind.is_some() || !plain(test));
        for test in others.filter(|test| !is_words(test)) {
            b = match first {
                true => self.test(b, field, kind, test),
                false => b.decide(true, |b| self.test(b, field, kind, test)),
            };
            first = false;
        }
        b
    }

    /// Placeholder of a part that is not understood; the rule is left out.
    fn unknown(&mut self, b: Builder, field: &Field, kind: FieldType) -> Builder {
        let name = &field.name;
        let (code, message) = match kind {
            FieldType::Nested => (
                "nested-field",
                format!(
                    "objects of `{name}` would have to be tested one by one, which this compiler does not do"
                ),
            ),
            FieldType::Text => (
                "analyzed-text",
                format!(
                    "`{name}` is searched word by word, by an analyzer that is not known here; `{name}: *` is understood"
                ),
            ),
            _ => (
                "field-type",
                format!("`{name}` is of type {kind:?}, which only `{name}: *` is understood of"),
            ),
        };
        self.problem(code, &field.span, message);
        b.constant(Constant::Boolean(false))
    }

    fn check_null(&mut self, literal: &Literal) {
        if !literal.quoted && literal.text == "null" {
            let message = "null is no value: write `not FIELD: *` for a field without a value";
            self.problem("null-value", &literal.span, message);
        }
    }

    fn check_blank(&mut self, literal: &Literal) {
        if literal.text.contains(char::is_whitespace) {
            let message = "a wildcard beside a blank means one thing in Kibana's search bar and \
                another in its rules: this compiler decides for neither";
            self.problem("blank-in-wildcard", &literal.span, message);
        }
    }

    fn is(
        &mut self,
        b: Builder,
        field: &Field,
        kind: Option<FieldType>,
        literal: &Literal,
    ) -> Builder {
        if kind == Some(FieldType::Text) {
            return self.words(b, field, &[&Test::Is(literal.clone())]);
        }
        self.check_null(literal);
        let name = &field.name;
        match kind {
            None | Some(FieldType::Keyword) => self.keyword(b, field, literal),
            Some(kind @ (FieldType::Text | FieldType::Nested | FieldType::Point)) => {
                self.unknown(b, field, kind)
            }
            Some(kind) if !literal.wildcards.is_empty() => {
                let message = format!("`{name}` is of type {kind:?}, which takes no wildcard");
                self.problem("wildcard-on-type", &literal.span, message);
                b.constant(Constant::Boolean(false))
            }
            Some(FieldType::Date) => {
                let message = format!(
                    "`{name}` is a date: equality, which Kibana rounds, is not understood; \
                     comparisons are"
                );
                self.problem("date-equality", &literal.span, message);
                b.constant(Constant::Boolean(false))
            }
            Some(FieldType::Address) if literal.text.contains('/') => {
                match Network::parse(&literal.text) {
                    Ok(network) => b
                        .field(name, Type::Address)
                        .constant(Constant::Network(network))
                        .call("any_in_network", 2),
                    Err(why) => {
                        self.problem("value-type", &literal.span, why);
                        b.constant(Constant::Boolean(false))
                    }
                }
            }
            Some(kind) => match self.constant(field, kind, literal) {
                Some(constant) => b
                    .field(name, general(Some(kind)))
                    .constant(constant)
                    .call("any_equal", 2),
                None => b.constant(Constant::Boolean(false)),
            },
        }
    }

    fn keyword(&mut self, b: Builder, field: &Field, literal: &Literal) -> Builder {
        let b = read(b, field, None);
        if literal.wildcards.is_empty() {
            return b
                .constant(Constant::Text(keyword_text(field, literal)))
                .call("any_equal", 2);
        }
        self.check_blank(literal);
        let Some(pattern) = pattern(field, literal) else {
            self.problem("pattern-too-long", &literal.span, "the pattern is too long");
            return b;
        };
        b.constant(Constant::Pattern(pattern)).call("any_like", 2)
    }

    /// A value of a type that is not a text.
    fn constant(&mut self, field: &Field, kind: FieldType, literal: &Literal) -> Option<Constant> {
        let text = literal.text.trim();
        let constant = match kind {
            FieldType::Integer => text.parse().ok().map(Constant::Integer),
            FieldType::Number => { text.parse().ok() }
                .filter(|number: &f64| number.is_finite())
                .map(Constant::Number),
            FieldType::Boolean => text.parse().ok().map(Constant::Boolean),
            FieldType::Address => address::parse(text).map(Constant::Address),
            // What lacks a part is filled up by Elasticsearch, otherwise for each comparison.
            FieldType::Date => Some(text)
                .filter(|text| text.len() >= "2026-05-19T09:30:00".len())
                .and_then(time::parse)
                .map(Constant::Time),
            _ => Some(Constant::Text(literal.text.clone())),
        };
        if constant.is_none() {
            let name = &field.name;
            let (code, message) = match kind {
                FieldType::Date if text.starts_with("now") => (
                    "date-math",
                    format!(
                        "`{text}` goes by the clock of a scheduled run, which a stream has not"
                    ),
                ),
                FieldType::Date => (
                    "value-type",
                    format!("`{text}` is no whole point in time such as 2026-05-19T09:30:00Z"),
                ),
                kind => (
                    "value-type",
                    format!("`{text}` is no value of `{name}`, which is of type {kind:?}"),
                ),
            };
            self.problem(code, &literal.span, message);
        }
        constant
    }

    fn compare(
        &mut self,
        b: Builder,
        field: &Field,
        comparison: Comparison,
        literal: &Literal,
    ) -> Builder {
        let Some(kind) = ordered(field, &[literal]) else {
            let kind = types::known(&field.name).unwrap_or(FieldType::Keyword);
            return self.unknown(b, field, kind);
        };
        let Some(constant) = self.constant(field, kind, literal) else {
            return b.constant(Constant::Boolean(false));
        };
        let function = match comparison {
            Comparison::Less => "any_less",
            Comparison::AtMost => "any_at_most",
            Comparison::Greater => "any_greater",
            Comparison::AtLeast => "any_at_least",
        };
        b.field(&field.name, general(Some(kind)))
            .constant(constant)
            .call(function, 2)
    }
}

/// The type that a field is compared as with values; None if it has no order.
fn ordered(field: &Field, literals: &[&Literal]) -> Option<FieldType> {
    let is_number =
        |literal: &&Literal| literal.text.trim().parse::<f64>().is_ok_and(f64::is_finite);
    let bare = |literal: &&Literal| !literal.quoted && is_number(literal);
    let kind = match types::known(&field.name) {
        // Its use says what it is.
        None if literals.iter().all(bare) => FieldType::Number,
        // Fractions count here, and not where a value is equal.
        Some(FieldType::Integer) => FieldType::Number,
        kind => kind.unwrap_or(FieldType::Keyword),
    };
    let has_order = !matches!(
        kind,
        FieldType::Text | FieldType::Nested | FieldType::Point | FieldType::Boolean
    );
    has_order.then_some(kind)
}

/// The type that a program reads a field as.
fn general(kind: Option<FieldType>) -> Type {
    match kind {
        Some(FieldType::Integer) => Type::Integer,
        Some(FieldType::Number) => Type::Number,
        Some(FieldType::Boolean) => Type::Boolean,
        Some(FieldType::Date) => Type::Time,
        Some(FieldType::Address) => Type::Address,
        _ => Type::Text,
    }
}

/// What names a keyword that is indexed in lower case beside the field itself.
const CASELESS: &str = ".caseless";

/// Pushes the values of a field as a type.
fn read(b: Builder, field: &Field, kind: Option<FieldType>) -> Builder {
    match field.name.strip_suffix(CASELESS) {
        Some(own) => b.field(own, Type::Text).call("lower", 1),
        None => b.field(&field.name, general(kind)),
    }
}

/// A value as a keyword of a field.
fn keyword_text(field: &Field, literal: &Literal) -> String {
    match field.name.ends_with(CASELESS) {
        true => literal.text.to_lowercase(),
        false => literal.text.clone(),
    }
}

/// The type of a field: the known one, or that of addresses if it is compared with a network.
fn kind(field: &Field, test: &Test) -> Option<FieldType> {
    fn has_network(test: &Test) -> bool {
        match test {
            Test::Is(literal) => {
                literal.wildcards.is_empty()
                    && literal.text.contains('/')
                    && Network::parse(&literal.text).is_ok()
            }
            Test::Any(tests) | Test::Every(tests) => tests.iter().any(has_network),
            Test::Not(test) => has_network(test),
            _ => false,
        }
    }
    let by_use = || has_network(test).then_some(FieldType::Address);
    types::known(&field.name).or_else(by_use)
}

/// The pattern of a text with wildcards.
fn pattern(field: &Field, literal: &Literal) -> Option<Pattern> {
    let mut text = String::new();
    for (at, c) in literal.text.char_indices() {
        let is_wildcard = literal.wildcards.contains(&at);
        if matches!(c, '\\' | '?') || c == '*' && !is_wildcard {
            text.push('\\');
        }
        text.push(c);
    }
    let folded = field.name.ends_with(CASELESS);
    Pattern::new(&text, folded)
}
