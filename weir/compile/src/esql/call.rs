//! Calls of functions.

use super::lower::{Lowering, constant, general, milliseconds, narrowed};
use weir_detector::network::Network;
use weir_detector::program::regex::{Dialect, Regex};
use weir_detector::program::value::Type;
use weir_detector::program::{Builder, Constant};
use weir_esql::functions::Function;
use weir_esql::plan::Expression;
use weir_esql::types::{Type as Kind, Value};

/// The start of a week: 1970-01-01 was a Thursday, and weeks begin on Mondays.
const MONDAY: i64 = -3 * weir_esql::time::DAY;

/// Functions of texts and numbers that programs have alike: their names, and the types of their
/// arguments.
const ALIKE: &[(Function, &str, &[Type])] = &[
    (Function::ToLower, "lower", &[Type::Text]),
    (Function::ToUpper, "upper", &[Type::Text]),
    (Function::Length, "length", &[Type::Text]),
    (Function::ByteLength, "byte_length", &[Type::Text]),
    (
        Function::StartsWith,
        "starts_with",
        &[Type::Text, Type::Text],
    ),
    (Function::EndsWith, "ends_with", &[Type::Text, Type::Text]),
    (Function::Contains, "contains", &[Type::Text, Type::Text]),
    (Function::Left, "left", &[Type::Text, Type::Integer]),
    (Function::Right, "right", &[Type::Text, Type::Integer]),
    (Function::Trim, "trim", &[Type::Text]),
    (Function::LTrim, "trim_start", &[Type::Text]),
    (Function::RTrim, "trim_end", &[Type::Text]),
    (Function::MvConcat, "mv_concat", &[Type::Text, Type::Text]),
    (Function::UrlDecode, "url_decode", &[Type::Text]),
    (Function::FromBase64, "from_base64", &[Type::Text]),
    (Function::ToBase64, "to_base64", &[Type::Text]),
];

/// Functions of several values of one type.
const LISTS: &[(Function, &str)] = &[
    (Function::MvFirst, "mv_first"),
    (Function::MvLast, "mv_last"),
    (Function::MvMin, "mv_min"),
    (Function::MvMax, "mv_max"),
    (Function::MvCount, "mv_count"),
    (Function::MvSum, "mv_sum"),
    (Function::MvAvg, "mv_average"),
    (Function::MvDedupe, "mv_distinct"),
    (Function::MvAppend, "mv_append"),
    (Function::MvContains, "mv_has_all"),
    (Function::MvIntersection, "mv_intersection"),
];

impl Lowering<'_> {
    /// Pushes a call whose result programs have as `own`.
    pub(super) fn call(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        whole: &Expression,
        own: Type,
    ) -> Builder {
        if let Some((_, name, kinds)) = ALIKE.iter().find(|(known, ..)| *known == function) {
            let b = { parts.iter().zip(*kinds) }
                .fold(b, |b, (part, kind)| self.push_as(b, part, *kind));
            return b.call(name, u8::try_from(kinds.len()).unwrap_or(u8::MAX));
        }
        if let Some((_, name)) = LISTS.iter().find(|(known, _)| *known == function) {
            return self.list(b, name, parts, whole);
        }
        match function {
            Function::Case => self.case(b, parts, own),
            Function::Coalesce => self.coalesce(b, parts, own),
            Function::Greatest | Function::Least => self.extreme(b, function, parts, own),
            Function::Kql | Function::CidrMatch | Function::Match => {
                self.test(b, function, parts, whole)
            }
            Function::DateTrunc | Function::Bucket | Function::DateDiff => {
                self.time(b, function, parts, whole)
            }
            Function::ToString
            | Function::ToInteger
            | Function::ToLong
            | Function::ToDouble
            | Function::ToBoolean
            | Function::ToDatetime
            | Function::ToIp => self.cast(b, parts, whole, own),
            Function::Concat => self.texts(b, "concat", parts),
            Function::Locate | Function::Substring | Function::Replace | Function::Split => {
                self.text(b, function, parts, whole)
            }
            Function::Round | Function::Abs | Function::Ceil | Function::Floor => {
                self.number(b, function, parts, whole, own)
            }
            Function::JsonExtract => self.of_source(b, parts, whole.at),
            Function::MvSlice | Function::MvSort => self.ordered(b, function, parts, own),
            Function::Space => match parts.first().and_then(Expression::as_literal) {
                Some(Value::Integer(count @ 0..1000)) => {
                    let blanks = " ".repeat(usize::try_from(*count).unwrap_or_default());
                    b.constant(Constant::Text(blanks))
                }
                _ => self.no_function(b, function, whole, own),
            },
            _ => self.no_function(b, function, whole, own),
        }
    }

    fn no_function(
        &mut self,
        b: Builder,
        function: Function,
        whole: &Expression,
        own: Type,
    ) -> Builder {
        if function == Function::Now {
            // Told once, for the whole query; the age of a new group is nothing to a stream.
            return b.constant(Constant::Null(own));
        }
        let name = function.entry().name.to_uppercase();
        let message = format!("`{name}` is not compiled here");
        self.refuse(b, own, ("function", whole.at), message)
    }

    /// Pushes several texts and a call on them, a few at a time.
    fn texts(&mut self, b: Builder, name: &str, parts: &[Expression]) -> Builder {
        let mut b = b;
        for (at, part) in parts.iter().enumerate() {
            b = self.push_as(b, part, Type::Text);
            if at > 0 {
                b = b.call(name, 2);
            }
        }
        b
    }

    fn list(
        &mut self,
        b: Builder,
        name: &str,
        parts: &[Expression],
        whole: &Expression,
    ) -> Builder {
        let kinds: Vec<Kind> = parts.iter().map(|part| part.kind).collect();
        let Some(kind) = self.common(&kinds) else {
            let message = "several values of this type are not understood";
            return self.refuse(b, Type::Text, ("esql-type", whole.at), message);
        };
        if kind == Type::Boolean && matches!(name, "mv_min" | "mv_max") {
            let message = "the smaller of truth values is not understood";
            return self.refuse(b, kind, ("esql-type", whole.at), message);
        }
        let b = { parts.iter() }.fold(b, |b, part| self.push_as(b, part, kind));
        let b = b.call(name, u8::try_from(parts.len()).unwrap_or(u8::MAX));
        narrowed(b, whole.kind)
    }

    /// Most conditions and values of a CASE that are on the stack together.
    const PAIRS: usize = 30;

    fn case(&mut self, b: Builder, parts: &[Expression], own: Type) -> Builder {
        let is_value = |one: &Expression| one.as_literal().is_some_and(|value| !value.is_null());
        if let Some((first, rest)) = parts.split_at_checked(Self::PAIRS)
            && !rest.is_empty()
            && first.iter().skip(1).step_by(2).all(is_value)
        {
            // None of its values is null: a null means that no condition is true.
            let b = self.case(b, first, own);
            return self.case(b, rest, own).call("coalesce", 2);
        }
        // Few values are on the stack at a time: each further pair is the last value of the one
        // before.
        let [condition, value, rest @ ..] = parts else {
            return match parts {
                [last] => self.push_as(b, last, own),
                _ => b.constant(Constant::Null(own)),
            };
        };
        let b = self.push_as(b, condition, Type::Boolean);
        let b = self.push_as(b, value, own);
        if rest.is_empty() {
            return b.call("case", 2);
        }
        self.case(b, rest, own).call("case", 3)
    }

    fn coalesce(&mut self, b: Builder, parts: &[Expression], own: Type) -> Builder {
        let mut b = b;
        for (at, part) in parts.iter().enumerate() {
            b = self.push_as(b, part, own);
            if at > 0 {
                b = b.call("coalesce", 2);
            }
        }
        b
    }

    /// The largest or smallest of all values.
    fn extreme(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        own: Type,
    ) -> Builder {
        if own == Type::Boolean {
            let at = parts.first().map(|part| part.at).unwrap_or_default();
            return self.refuse(b, own, ("esql-type", at), "the larger of truth values");
        }
        let (each, all) = match function {
            Function::Greatest => ("mv_max", "greatest"),
            _ => ("mv_min", "least"),
        };
        let mut b = b;
        for (at, part) in parts.iter().enumerate() {
            b = self.push_as(b, part, own).call(each, 1);
            if at > 0 {
                b = b.call(all, 2);
            }
        }
        b
    }

    fn test(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        whole: &Expression,
    ) -> Builder {
        let literal = parts.get(1).or(parts.first());
        let literal = literal.and_then(Expression::as_literal);
        match (function, parts, literal) {
            (Function::Kql, [_], Some(Value::Text(query))) => self.kql(b, query, whole.at),
            (Function::Match, [column, _], Some(query)) => self.matched(b, column, query, whole.at),
            (Function::CidrMatch, [address, networks @ ..], _) => {
                self.networks(b, address, networks)
            }
            _ => self.no_function(b, function, whole, Type::Boolean),
        }
    }

    fn networks(&mut self, b: Builder, address: &Expression, networks: &[Expression]) -> Builder {
        let mut b = b;
        // Few are on the stack at a time.
        for (at, part) in networks.chunks(40).enumerate() {
            let mut found = Vec::new();
            for network in part {
                let text = match network.as_literal() {
                    Some(Value::Text(text)) => text.as_str(),
                    _ => "",
                };
                match Network::parse(text) {
                    Ok(network) => found.push(network),
                    Err(why) => self.problem("value-type", network.at, why),
                }
            }
            let one = |this: &mut Self, b: Builder| {
                let b = this.push_as(b, address, Type::Address);
                let count = u8::try_from(1 + found.len()).unwrap_or(u8::MAX);
                let push = |b: Builder, network| b.constant(Constant::Network(network));
                found.into_iter().fold(b, push).call("in_network", count)
            };
            b = match at {
                0 => one(self, b),
                _ => b.decide(true, |b| one(self, b)),
            };
        }
        b
    }

    fn time(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        whole: &Expression,
    ) -> Builder {
        let at = whole.at;
        match (function, parts) {
            (Function::DateTrunc, [span, time]) | (Function::Bucket, [time, span])
                if time.kind == Kind::Date =>
            {
                let b = self.push_as(b, time, Type::Time);
                match span.as_literal() {
                    Some(Value::Period { months, days: 0 }) if 12 % (*months).max(1) == 0 => b
                        .constant(Constant::Integer(*months))
                        .call("truncate_months", 2),
                    Some(value) if milliseconds(value).is_some_and(|length| length > 0) => {
                        let origin = match value {
                            Value::Period { days: 7, .. } => MONDAY,
                            _ => 0,
                        };
                        let length = milliseconds(value).unwrap_or_default();
                        let b = b.constant(Constant::Integer(length));
                        b.constant(Constant::Time(origin)).call("truncate_time", 3)
                    }
                    _ => self.refuse(
                        Builder::default(),
                        Type::Time,
                        ("span", at),
                        "this span of time",
                    ),
                }
            }
            (Function::Bucket, [number, size]) => {
                let b = self.push_as(b, number, Type::Number);
                self.push_as(b, size, Type::Number).call("bucket", 2)
            }
            (Function::DateDiff, [unit, from, to]) => {
                use weir_esql::check::{DifferenceUnit, difference_unit};
                let unit = match unit.as_literal() {
                    Some(Value::Text(unit)) => difference_unit(unit),
                    _ => None,
                };
                let Some(DifferenceUnit::Nanoseconds(each)) = unit else {
                    let message =
                        "months have no fixed length: weeks, days and shorter are understood";
                    return self.refuse(b, Type::Integer, ("span", at), message);
                };
                let each = i64::try_from(each).unwrap_or(i64::MAX);
                let b = self.push_as(b, from, Type::Time);
                let b = self.push_as(b, to, Type::Time).call("time_between", 2);
                let b = match each / 1_000_000 {
                    0 => b
                        .constant(Constant::Integer(1_000_000 / each.max(1)))
                        .call("multiply", 2),
                    each => b.constant(Constant::Integer(each)).call("divide", 2),
                };
                narrowed(b, Kind::Integer)
            }
            _ => self.no_function(b, function, whole, Type::Time),
        }
    }

    fn cast(&mut self, b: Builder, parts: &[Expression], whole: &Expression, own: Type) -> Builder {
        let Some(value) = parts.first() else {
            return b.constant(Constant::Null(own));
        };
        if value.kind == Kind::Null {
            return b.constant(Constant::Null(own));
        }
        let Some(from) = general(value.kind) else {
            return self.push_as(b, value, own);
        };
        let odd = match own {
            Type::Time => matches!(from, Type::Number | Type::Boolean | Type::Address),
            Type::Address => !matches!(from, Type::Text | Type::Address),
            Type::Integer | Type::Number | Type::Boolean => from == Type::Address,
            _ => false,
        };
        if odd {
            let message = format!("{from:?} as {own:?} is not understood");
            return self.refuse(b, own, ("esql-type", whole.at), message);
        }
        let b = self.push_as(b, value, from);
        let b = match own {
            _ if from == own => b,
            Type::Text => b.call("to_text", 1),
            Type::Integer => b.call("to_integer", 1),
            Type::Number => b.call("to_number", 1),
            Type::Boolean => b.call("to_boolean", 1),
            Type::Time => b.call("to_time", 1),
            _ => b.call("to_address", 1),
        };
        narrowed(b, whole.kind)
    }

    fn text(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        whole: &Expression,
    ) -> Builder {
        let literal = |at: usize| match parts.get(at).and_then(Expression::as_literal) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        match (function, parts) {
            (Function::Locate, [text, other]) => {
                let b = self.push_as(b, text, Type::Text);
                self.push_as(b, other, Type::Text).call("locate", 2)
            }
            (Function::Substring, [text, start, rest @ ..]) => {
                let b = self.push_as(b, text, Type::Text);
                let b = self.push_as(b, start, Type::Integer);
                let b = match rest {
                    [length, ..] => self.push_as(b, length, Type::Integer),
                    [] => b.constant(Constant::Integer(i64::MAX)),
                };
                b.call("substring", 3)
            }
            (Function::Replace, [text, _, with]) if literal(1).is_some() => {
                let pattern = literal(1).unwrap_or_default();
                let Ok(regex) = Regex::new(pattern, Dialect::Java) else {
                    let message = "the regular expression is not understood";
                    return self.refuse(b, Type::Text, ("regex", whole.at), message);
                };
                let b = self.push_as(b, text, Type::Text);
                let b = b.constant(Constant::Regex(regex));
                self.push_as(b, with, Type::Text).call("replace", 3)
            }
            (Function::Split, [text, separator]) if literal(1).is_some_and(|by| by.len() == 1) => {
                let b = self.push_as(b, text, Type::Text);
                self.push_as(b, separator, Type::Text).call("split", 2)
            }
            _ => self.no_function(b, function, whole, Type::Text),
        }
    }

    fn number(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        whole: &Expression,
        own: Type,
    ) -> Builder {
        let Some(value) = parts.first() else {
            return b.constant(Constant::Null(own));
        };
        let b = self.push_as(b, value, own);
        let b = match (function, parts.get(1)) {
            (Function::Round, Some(decimals)) => {
                self.push_as(b, decimals, Type::Integer).call("round", 2)
            }
            (Function::Round, None) => b.constant(Constant::Integer(0)).call("round", 2),
            (Function::Abs, _) => b.call("absolute", 1),
            (Function::Ceil, _) => b.call("ceil", 1),
            _ => b.call("floor", 1),
        };
        narrowed(b, whole.kind)
    }

    fn ordered(
        &mut self,
        b: Builder,
        function: Function,
        parts: &[Expression],
        own: Type,
    ) -> Builder {
        let Some(value) = parts.first() else {
            return b.constant(Constant::Null(own));
        };
        if own == Type::Boolean {
            return self.refuse(b, own, ("esql-type", value.at), "truth values in an order");
        }
        let b = self.push_as(b, value, own);
        match (function, parts) {
            (Function::MvSlice, [_, start, rest @ ..]) => {
                let b = self.push_as(b, start, Type::Integer);
                let end = rest.first().unwrap_or(start);
                self.push_as(b, end, Type::Integer).call("mv_slice", 3)
            }
            (_, [_, order, ..]) => {
                let constant = order.as_literal().and_then(constant);
                let by = constant.unwrap_or(Constant::Text(String::new()));
                b.constant(by).call("mv_sort", 2)
            }
            _ => b
                .constant(Constant::Text("asc".to_owned()))
                .call("mv_sort", 2),
        }
    }
}
