//! Calls of functions: arguments, and types of results.

use super::Checker;
use super::expressions::expression;
use super::literals::{converted, literal};
use crate::functions::{self, Entry, Function, Gives, Takes};
use crate::plan::{Expression, Node};
use crate::problem::{Problem, ProblemKind};
use crate::regex::Dialect;
use crate::span::Span;
use crate::syntax::{Name, Syntax, SyntaxKind};
use crate::types::{Type, Value};

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &Name,
        arguments: &[Syntax],
        at: Span,
    ) -> Option<Expression> {
        let lower = name.text.to_lowercase();
        if let Some(aggregate) = functions::aggregate(&lower) {
            return self.aggregate(aggregate, name, arguments, at);
        }
        if let Some(options) = arguments.iter().find(|a| a.kind == SyntaxKind::Options) {
            let text = format!("Options of `{}` are not supported.", name.text);
            return self.problem(ProblemKind::Unsupported, options.at, "options", text);
        }
        if lower == "tbucket" {
            return self.time_bucket(name, arguments, at);
        }
        let Some(entry) = functions::function(&lower) else {
            return self.other_function(name, &lower);
        };
        if entry.function == Function::Bucket && (3..=4).contains(&arguments.len()) {
            let text =
                "`BUCKET` with a number of buckets and bounds is not supported, with a span it is.";
            return self.problem(ProblemKind::Unsupported, at, "bucket", text);
        }
        if arguments.len() < entry.least || arguments.len() > entry.most {
            return self.wrong_number(name, entry.least, entry.most, arguments.len(), at);
        }
        if entry.function == Function::Match {
            return self.matching(&arguments[0], &arguments[1], at);
        }
        let values: Vec<_> = arguments
            .iter()
            .map(|argument| self.expression(argument))
            .collect();
        let values: Vec<Expression> = values.into_iter().collect::<Option<_>>()?;
        self.checked_call(entry, values, at)
    }

    fn other_function(&mut self, name: &Name, lower: &str) -> Option<Expression> {
        let known = functions::OTHER_FUNCTIONS.contains(&lower)
            || functions::OTHER_AGGREGATES.contains(&lower);
        if known {
            let text = format!("The function `{}` is not supported.", name.text);
            return self.problem(ProblemKind::Unsupported, name.at, lower, text);
        }
        let text = format!("There is no function `{}`.", name.text);
        let problem = Problem::new(ProblemKind::UnknownFunction, name.at, lower, text);
        self.problems.push(problem.near(functions::names()));
        None
    }

    pub(super) fn wrong_number<T>(
        &mut self,
        name: &Name,
        least: usize,
        most: usize,
        found: usize,
        at: Span,
    ) -> Option<T> {
        let takes = match (least, most) {
            (least, most) if least == most => format!("{least}"),
            (least, most) if most >= 1000 => format!("{least} or more"),
            (least, most) => format!("{least} to {most}"),
        };
        let text = format!("`{}` takes {takes} arguments, not {found}.", name.text);
        self.problem(ProblemKind::Arity, at, &name.text.to_lowercase(), text)
    }

    /// `TBUCKET(span)`: the bucket of the event's time.
    fn time_bucket(&mut self, name: &Name, arguments: &[Syntax], at: Span) -> Option<Expression> {
        let [span] = arguments else {
            return self.wrong_number(name, 1, 1, arguments.len(), at);
        };
        let time = Syntax::new(SyntaxKind::Column("@timestamp".to_owned()), at);
        let (time, span) = (self.expression(&time)?, self.expression(span)?);
        self.checked_call(Function::Bucket.entry(), vec![time, span], at)
    }

    fn checked_call(
        &mut self,
        entry: &'static Entry,
        values: Vec<Expression>,
        at: Span,
    ) -> Option<Expression> {
        let function = entry.function;
        let mut fitting = Vec::new();
        if function == Function::Case {
            return self.case(values, at);
        }
        for (index, value) in values.into_iter().enumerate() {
            let takes = entry.takes.get(index).or(entry.takes.last()).copied();
            fitting.push(self.fitting(entry.name, value, takes.unwrap_or(Takes::Any))?);
        }
        let same = entry.takes.contains(&Takes::Same);
        let common = if same || entry.gives == Gives::Common {
            Some(self.common(entry.name, &mut fitting)?)
        } else {
            None
        };
        let first = fitting.first().map_or(Type::Null, |value| value.kind);
        let kind = match entry.gives {
            Gives::Always(kind) => kind,
            Gives::Common => common.unwrap_or(Type::Null),
            Gives::Sum if first == Type::Null => Type::Integer,
            _ if function == Function::Bucket && first.is_number() => Type::Double,
            _ => first.no_text(),
        };
        if entry.name.starts_with("to_") && entry.takes == [Takes::Any] {
            let value = fitting.pop()?;
            return self.conversion(function, value, at);
        }
        self.special(function, &fitting, at)?;
        if matches!(function, Function::ToPeriod | Function::ToDuration) {
            return self.span_literal(entry.name, kind, &fitting, at);
        }
        Some(expression(Node::Call(function, fitting), kind, at))
    }

    fn span_literal(
        &mut self,
        name: &str,
        kind: Type,
        values: &[Expression],
        at: Span,
    ) -> Option<Expression> {
        let [value] = values else { return None };
        if let Some(Value::Text(text)) = value.as_literal()
            && let Some(span) = converted(text, kind)
        {
            return Some(literal(span, kind, at));
        }
        self.wrong_type(name, value, "a literal span of time")
    }

    /// A value as an argument that takes something.
    fn fitting(&mut self, name: &str, value: Expression, takes: Takes) -> Option<Expression> {
        let is_literal = value.as_literal().is_some();
        if takes.fits(value.kind) && (takes != Takes::Literal || is_literal) {
            return Some(value);
        }
        let to = match takes {
            Takes::Date | Takes::DateOrNumber => Type::Date,
            Takes::Ip => Type::Ip,
            Takes::Boolean => Type::Boolean,
            _ => return self.wrong_type(name, &value, takes.name()),
        };
        match self.implicit(value.clone(), to) {
            Some(value) => Some(value),
            None => self.wrong_type(name, &value, takes.name()),
        }
    }

    /// Makes values those of one type.
    fn common(&mut self, name: &str, values: &mut [Expression]) -> Option<Type> {
        let kinds = || {
            values
                .iter()
                .filter(|value| value.as_literal().is_none() || !value.kind.is_text())
        };
        let mut kind = Type::Null;
        let mut bad = None;
        for value in kinds() {
            match kind.common(value.kind) {
                Some(common) => kind = common.no_text(),
                None => bad = bad.or(Some(value.clone())),
            }
        }
        if let Some(value) = bad {
            let takes = format!("a value of type {}", kind.name());
            return self.wrong_type(name, &value, &takes);
        }
        if kind == Type::Null && values.iter().any(|value| value.kind.is_text()) {
            kind = Type::Keyword;
        }
        for value in values {
            let found = value.clone();
            match self.implicit(found, kind) {
                Some(same) => *value = same,
                None => {
                    let takes = format!("a value of type {}", kind.name());
                    let value = value.clone();
                    return self.wrong_type(name, &value, &takes);
                }
            }
        }
        Some(kind)
    }

    fn case(&mut self, values: Vec<Expression>, at: Span) -> Option<Expression> {
        let count = values.len();
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            if index % 2 == 0 && index + 1 < count {
                conditions.push(self.fitting("case", value, Takes::Boolean)?);
            } else {
                results.push(value);
            }
        }
        let kind = self.common("case", &mut results)?;
        let mut arguments = Vec::new();
        let mut conditions = conditions.into_iter();
        for result in results {
            arguments.extend(conditions.next());
            arguments.push(result);
        }
        Some(expression(Node::Call(Function::Case, arguments), kind, at))
    }

    /// A conversion to another type.
    pub(super) fn conversion(
        &mut self,
        function: Function,
        value: Expression,
        at: Span,
    ) -> Option<Expression> {
        let entry = function.entry();
        let Gives::Always(to) = entry.gives else {
            return None;
        };
        let from = value.kind;
        let takes = from == Type::Null
            || from == to
            || from.is_text()
            || match to {
                Type::Keyword => !from.is_span() && from != Type::Source,
                Type::Integer | Type::Long | Type::Double => {
                    from.is_number() || matches!(from, Type::Boolean | Type::Date)
                }
                Type::Boolean => from.is_number(),
                Type::Date => from.is_number(),
                _ => false,
            };
        if !takes {
            return self.wrong_type(entry.name, &value, "a value that it can convert");
        }
        Some(expression(Node::Call(function, vec![value]), to, at))
    }

    /// What some functions ask of their arguments beyond types.
    fn special(&mut self, function: Function, values: &[Expression], at: Span) -> Option<()> {
        match function {
            Function::DateTrunc => self.calendar_span("date_trunc", values.first()?),
            Function::Bucket => {
                let (first, span) = (values.first()?, values.get(1)?);
                if first.kind.is_number() != span.kind.is_number() {
                    return self.wrong_type("bucket", span, "a span of the first argument's kind");
                }
                if span.kind.is_span() {
                    return self.calendar_span("bucket", span);
                }
                let positive = match span.as_literal() {
                    Some(Value::Integer(number)) => *number > 0,
                    Some(Value::Double(number)) => *number > 0.0,
                    _ => false,
                };
                if positive {
                    return Some(());
                }
                self.wrong_type("bucket", span, "a literal number above zero")
            }
            Function::DateDiff => match values.first()?.as_literal() {
                Some(Value::Text(unit)) if difference_unit(unit).is_none() => {
                    let text = format!("There is no unit `{unit}` of time differences.");
                    self.problem(ProblemKind::Value, values.first()?.at, "date_diff", text)
                }
                _ => Some(()),
            },
            Function::Replace => match values.get(1)?.as_literal() {
                Some(Value::Text(pattern)) => {
                    let pattern = pattern.clone();
                    let at = values.get(1)?.at;
                    self.regex(&pattern, Dialect::Java, at, "replace")
                        .map(|_| ())
                }
                _ if values.get(1)?.kind == Type::Null => Some(()),
                _ => {
                    let text = "`REPLACE` with a pattern that is no literal is not supported.";
                    self.problem(ProblemKind::Unsupported, values.get(1)?.at, "replace", text)
                }
            },
            Function::Split => match values.get(1)?.as_literal() {
                Some(Value::Text(separator)) if separator.len() != 1 => {
                    let text = "`SPLIT` takes a separator of one byte.";
                    self.problem(ProblemKind::Value, values.get(1)?.at, "split", text)
                }
                _ => Some(()),
            },
            Function::MvSort => match values.get(1).map(|order| order.as_literal().cloned()) {
                None => Some(()),
                Some(Some(Value::Text(order))) if is_order(&order) => Some(()),
                Some(_) => self.problem(
                    ProblemKind::Value,
                    at,
                    "mv_sort",
                    "`MV_SORT` takes `\"ASC\"` or `\"DESC\"`.",
                ),
            },
            Function::CidrMatch => {
                for network in values.get(1..)? {
                    if let Some(Value::Text(text)) = network.as_literal()
                        && crate::address::Network::parse(text).is_none()
                    {
                        let message = format!("`{text}` is no network such as `10.0.0.0/8`.");
                        return self.problem(ProblemKind::Value, network.at, "cidr_match", message);
                    }
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    /// A literal span that times are cut to.
    fn calendar_span(&mut self, name: &str, span: &Expression) -> Option<()> {
        let good = match span.as_literal() {
            Some(Value::Duration(length)) => *length > 0,
            Some(Value::Period { months: 0, days }) => *days > 0,
            Some(Value::Period { months, days: 0 }) => {
                if *months > 0 && ![1, 3, 12].contains(months) {
                    let text = format!(
                        "`{name}` by {months} months is not supported, by 1, 3 and 12 it is."
                    );
                    return self.problem(ProblemKind::Unsupported, span.at, name, text);
                }
                *months > 0
            }
            _ => false,
        };
        if good {
            return Some(());
        }
        self.wrong_type(name, span, "a literal span of time above zero")
    }
}

/// Whether a text is an order of sorting.
pub(super) fn is_order(text: &str) -> bool {
    text.eq_ignore_ascii_case("asc") || text.eq_ignore_ascii_case("desc")
}

/// A unit of `DATE_DIFF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceUnit {
    /// So many nanoseconds.
    Nanoseconds(i128),
    /// So many months.
    Months(i64),
}

/// The unit of a name or abbreviation.
#[must_use]
pub fn difference_unit(name: &str) -> Option<DifferenceUnit> {
    const MILLISECOND: i128 = 1_000_000;
    const DAY: i128 = 86_400_000 * MILLISECOND;
    Some(match name.to_lowercase().as_str() {
        "nanosecond" | "nanoseconds" | "ns" => DifferenceUnit::Nanoseconds(1),
        "microsecond" | "microseconds" | "mcs" => DifferenceUnit::Nanoseconds(1000),
        "millisecond" | "milliseconds" | "ms" => DifferenceUnit::Nanoseconds(MILLISECOND),
        "second" | "seconds" | "ss" | "s" => DifferenceUnit::Nanoseconds(1000 * MILLISECOND),
        "minute" | "minutes" | "mi" | "n" => DifferenceUnit::Nanoseconds(60_000 * MILLISECOND),
        "hour" | "hours" | "hh" => DifferenceUnit::Nanoseconds(3_600_000 * MILLISECOND),
        "day" | "days" | "dd" | "d" | "dayofyear" | "dy" | "y" | "weekday" | "weekdays" | "dw" => {
            DifferenceUnit::Nanoseconds(DAY)
        }
        "week" | "weeks" | "wk" | "ww" => DifferenceUnit::Nanoseconds(7 * DAY),
        "month" | "months" | "mm" | "m" => DifferenceUnit::Months(1),
        "quarter" | "quarters" | "qq" | "q" => DifferenceUnit::Months(3),
        "year" | "years" | "yyyy" | "yy" => DifferenceUnit::Months(12),
        _ => return None,
    })
}
