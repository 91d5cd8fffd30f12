//! Expressions as instructions of programs, with the values of slots put in their places.

use super::Problem;
use super::expand::Expanded;
use crate::filter;
use crate::kql;
use weir_compiled::format::IDENTITY;
use weir_detector::program::pattern::Pattern;
use weir_detector::program::regex::Regex;
use weir_detector::program::value::Type;
use weir_detector::program::{Builder, Constant, Program};
use weir_esql::dissect::Dissect;
use weir_esql::pattern::GlobPart;
use weir_esql::plan::{Expression, Node, Plan, Slot};
use weir_esql::span::Span;
use weir_esql::types::{Type as Kind, Value};

/// Most constants of one call: the stack is bounded.
pub(super) const LIST: usize = 40;
/// Most calls and values of one program; more would not fit a program.
const MOST: usize = 4000;

/// What a slot is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Definition {
    /// Not known here.
    Unknown,
    /// A field of an event, or of a row, by its name.
    Field(String),
    /// An expression.
    Expression(Expression),
    /// The value of a name in a text that is cut by a pattern.
    Cut(Expression, Dissect, String),
    /// A part of a text of a row: of the field, through so many pairs, the first or the second part.
    Paired(String, usize, bool),
    /// The text of a group of a regular expression's first match.
    Extracted(Expression, Regex, usize),
    /// An address of a row: of the field, which has it as a text that sorts as addresses do.
    Sorted(String),
    /// The start of the window.
    Window,
}

/// The lowering of the expressions of a plan.
pub(super) struct Lowering<'p> {
    pub(super) plan: &'p Plan,
    /// What each slot is.
    pub(super) slots: Vec<Definition>,
    pub(super) problems: Vec<Problem>,
    /// What the reader of alerts has to know.
    pub(super) notes: Vec<Problem>,
    /// Whether programs are over rows.
    pub(super) over_rows: bool,
    /// Fields of events that conditions ask for.
    pub(super) fields: Vec<String>,
    /// Columns that stand for several rows of an event.
    pub(super) expanded: Vec<Expanded>,
    /// Slots that are figures of conditions, and their names in alerts.
    pub(super) figures: Vec<(Slot, String)>,
    /// How far a run looks back, in seconds.
    pub(super) look_back: u64,
    size: usize,
}

/// The type that programs have for a type.
pub(super) fn general(kind: Kind) -> Option<Type> {
    Some(match kind {
        Kind::Keyword | Kind::Text => Type::Text,
        Kind::Integer | Kind::Long => Type::Integer,
        Kind::Double => Type::Number,
        Kind::Boolean => Type::Boolean,
        Kind::Date => Type::Time,
        Kind::Ip => Type::Address,
        _ => return None,
    })
}

impl<'p> Lowering<'p> {
    pub(super) fn new(plan: &'p Plan, look_back: u64) -> Lowering<'p> {
        Lowering {
            plan,
            slots: vec![Definition::Unknown; plan.slots.len()],
            problems: Vec::new(),
            notes: Vec::new(),
            over_rows: false,
            fields: Vec::new(),
            expanded: Vec::new(),
            figures: Vec::new(),
            look_back,
            size: 0,
        }
    }

    pub(super) fn define(&mut self, slot: Slot, definition: Definition) {
        if let Some(known) = self.slots.get_mut(slot.0) {
            *known = definition;
        }
    }

    pub(super) fn definition(&self, slot: Slot) -> Definition {
        { self.slots.get(slot.0) }
            .cloned()
            .unwrap_or(Definition::Unknown)
    }

    /// An expression through slots that are other slots: the innermost slot, or what it is.
    pub(super) fn resolved<'e>(&'e self, expression: &'e Expression) -> &'e Expression {
        let mut expression = expression;
        while let Some(slot) = expression.as_slot() {
            match self.slots.get(slot.0) {
                Some(Definition::Expression(inner)) => expression = inner,
                _ => break,
            }
        }
        expression
    }

    /// The slot of an expanded column, or of what a stage gives, that an expression is.
    pub(super) fn resolved_to(&self, expression: &Expression) -> Option<Slot> {
        let mut slot = expression.as_slot()?;
        while !self.expanded.iter().any(|one| one.slot == slot) {
            match self.slots.get(slot.0) {
                Some(Definition::Expression(inner)) => match inner.as_slot() {
                    Some(next) => slot = next,
                    None => break,
                },
                _ => break,
            }
        }
        Some(slot)
    }

    pub(super) fn problem(&mut self, code: &'static str, at: Span, message: impl Into<String>) {
        let message = message.into();
        self.problems.push(Problem { code, at, message });
    }

    pub(super) fn note(&mut self, code: &'static str, at: Span, message: impl Into<String>) {
        let message = message.into();
        self.notes.push(Problem { code, at, message });
    }

    /// A value in place of one that is not lowered; the rule is left out.
    pub(super) fn refuse(
        &mut self,
        b: Builder,
        kind: Type,
        (code, at): (&'static str, Span),
        message: impl Into<String>,
    ) -> Builder {
        self.problem(code, at, message);
        b.constant(Constant::Null(kind))
    }

    /// The program of a builder.
    pub(super) fn build(&mut self, b: Builder, at: Span) -> Option<Program> {
        match b.build() {
            Ok(program) => Some(program),
            // What is not lowered leaves a program that is none.
            Err(_) if !self.problems.is_empty() => None,
            Err(problem) => {
                let message = format!("it is too large for a program: {}", problem.message);
                self.problem("program-too-large", at, message);
                None
            }
        }
    }

    /// The program of an expression, as a type.
    pub(super) fn program(&mut self, expression: &Expression, wanted: Type) -> Option<Program> {
        self.size = 0;
        let b = self.push_as(Builder::default(), expression, wanted);
        self.build(b, expression.at)
    }

    /// The program of addresses as texts that sort as they do.
    pub(super) fn sorted(&mut self, addresses: &Expression) -> Option<Program> {
        self.size = 0;
        let b = self.push_as(Builder::default(), addresses, Type::Address);
        self.build(b.call("sorted_address", 1), addresses.at)
    }

    /// The program of conditions that must all be true; without any it is true.
    pub(super) fn conditions(&mut self, all: &[Expression]) -> Builder {
        self.size = 0;
        let mut parts = all.iter();
        let Some(first) = parts.next() else {
            return Builder::default().constant(Constant::Boolean(true));
        };
        let b = self.push_as(Builder::default(), first, Type::Boolean);
        parts.fold(b, |b, part| {
            b.decide(false, |b| self.push_as(b, part, Type::Boolean))
        })
    }

    /// The program of an event's filter: conditions, and exceptions in KQL.
    pub(super) fn filter(
        &mut self,
        all: &[Expression],
        exceptions: Option<&kql::Expression>,
    ) -> Option<Program> {
        let mut b = self.conditions(all);
        if let Some(exceptions) = exceptions {
            // What is not understood of exceptions has its reason already.
            b = b.decide(false, |b| filter::lower_into(b, exceptions).0);
        }
        self.build(b, Span::default())
    }

    /// Pushes an expression as a type: an integer becomes a number, anything becomes a text.
    pub(super) fn push_as(&mut self, b: Builder, expression: &Expression, wanted: Type) -> Builder {
        if expression.kind == Kind::Null {
            return b.constant(Constant::Null(wanted));
        }
        let Some(own) = general(expression.kind) else {
            let name = expression.kind.name();
            let message = format!("a value of type {name} is not understood here");
            return self.refuse(b, wanted, ("esql-type", expression.at), message);
        };
        let b = self.push(b, expression, own);
        match (own, wanted) {
            _ if own == wanted => b,
            // Values that are told apart by their texts: both zeros are one.
            (Type::Number, Type::Text) => b.call("one_zero", 1).call("to_text", 1),
            (_, Type::Text) => b.call("to_text", 1),
            (Type::Integer, Type::Number) => b.call("to_number", 1),
            _ => {
                let message = format!("{own:?} is taken as {wanted:?}, which is not understood");
                self.refuse(b, wanted, ("esql-type", expression.at), message)
            }
        }
    }

    /// Pushes an expression whose type programs have as `own`.
    fn push(&mut self, b: Builder, expression: &Expression, own: Type) -> Builder {
        self.size += 1;
        if self.size > MOST {
            if self.size == MOST + 1 {
                let message = "with the values that it names it is too large for a program";
                self.problem("program-too-large", expression.at, message);
            }
            return b.constant(Constant::Null(own));
        }
        let at = expression.at;
        match &expression.node {
            Node::Literal(value) => self.literal(b, value, own, at),
            Node::Slot(slot) => self.slot(b, *slot, own, at),
            Node::Call(function, parts) => self.call(b, *function, parts, expression, own),
            Node::Not(inner) => self.push_as(b, inner, Type::Boolean).call("not", 1),
            Node::And(parts) => self.joined(b, parts, false),
            Node::Or(parts) => self.joined(b, parts, true),
            Node::Compare(comparison, left, right) => self.compare(b, *comparison, left, right),
            Node::Arithmetic(operation, left, right) => {
                self.arithmetic(b, *operation, left, right, expression)
            }
            Node::Negate(inner) if expression.kind.is_number() => {
                let b = self.push_as(b, inner, own).call("negate", 1);
                narrowed(b, expression.kind)
            }
            Node::Negate(_) => self.refuse(b, own, ("esql-type", at), "a negative span of time"),
            Node::In(value, list) => self.is_in(b, value, list),
            Node::Like(value, patterns) => self.like(b, value, patterns, at),
            Node::RLike(value, patterns) => self.rlike(b, value, patterns, at),
            Node::IsNull(inner) => match general(inner.kind) {
                Some(kind) => self.push_as(b, inner, kind).call("is_null", 1),
                None => self.push_as(b, inner, Type::Text).call("is_null", 1),
            },
            Node::Match(column, query) => self.matched(b, column, query, at),
        }
    }

    pub(super) fn literal(&mut self, b: Builder, value: &Value, own: Type, at: Span) -> Builder {
        let mut first = true;
        let mut b = b;
        for item in value.items() {
            let Some(constant) = constant(item) else {
                return self.refuse(b, own, ("esql-type", at), "a literal of this type");
            };
            b = b.constant(constant);
            if !first {
                b = b.call("mv_append", 2);
            }
            first = false;
        }
        if first {
            b.constant(Constant::Null(own))
        } else {
            b
        }
    }

    fn slot(&mut self, b: Builder, slot: Slot, own: Type, at: Span) -> Builder {
        match self.definition(slot) {
            Definition::Field(name) => self.field(b, &name, own),
            Definition::Expression(inner) => self.push_as(b, &inner, own),
            Definition::Extracted(input, regex, group) => {
                let b = self.push_as(b, &input, Type::Text);
                let group = i64::try_from(group).unwrap_or(i64::MAX);
                let b = b.constant(Constant::Regex(regex));
                let b = b.constant(Constant::Integer(group)).call("extract", 3);
                converted(b, self.plan.slot(slot).kind)
            }
            Definition::Cut(input, pattern, name) => {
                let b = self.push_as(b, &input, Type::Text);
                [pattern.text(), pattern.separator(), &name]
                    .into_iter()
                    .fold(b, |b, text| b.constant(Constant::Text(text.to_owned())))
                    .call("dissect", 4)
            }
            Definition::Paired(name, seconds, is_first) => {
                let part = |b: Builder, part| b.constant(Constant::Integer(part)).call("unpair", 2);
                let b = (0..seconds).fold(b.field(&name, Type::Text), |b, _| part(b, 1));
                let b = if is_first { part(b, 0) } else { b };
                match own {
                    Type::Text => b,
                    Type::Integer => b.call("to_integer", 1),
                    Type::Number => b.call("to_number", 1),
                    Type::Boolean => b.call("to_boolean", 1),
                    Type::Time => b.call("to_time", 1),
                    _ => b.call("to_address", 1),
                }
            }
            Definition::Sorted(name) => b.field(&name, Type::Text).call("to_address", 1),
            Definition::Window => {
                let message = "the window's start is in alerts and in no condition";
                self.refuse(b, own, ("window-start", at), message)
            }
            Definition::Unknown => {
                let name = &self.plan.slot(slot).name;
                let message = format!("`{name}` is not understood at this place");
                self.refuse(b, own, ("esql-column", at), message)
            }
        }
    }

    /// Pushes a field. One that is indexed again, for its words or without case, has the values of
    /// the field itself, unless a document has it.
    pub(super) fn field(&mut self, b: Builder, name: &str, own: Type) -> Builder {
        if self.over_rows {
            return b.field(name, own);
        }
        let known = |name: &str| self.fields.iter().any(|known| known == name);
        let (whole, is_folded) = match (name.strip_suffix(".text"), name.strip_suffix(".caseless"))
        {
            (Some(whole), _) if own == Type::Text => (whole, false),
            (_, Some(whole)) if own == Type::Text => (whole, true),
            _ => (name, false),
        };
        if whole != IDENTITY && !known(whole) {
            self.fields.push(whole.to_owned());
        }
        let b = match whole == name {
            true => b.field(name, own),
            false => { b.field(name, own).field(whole, own) }.call("coalesce", 2),
        };
        if is_folded { b.call("lower", 1) } else { b }
    }

    fn joined(&mut self, b: Builder, parts: &[Expression], on: bool) -> Builder {
        let mut b = b;
        for (at, part) in parts.iter().enumerate() {
            b = match at {
                0 => self.push_as(b, part, Type::Boolean),
                _ => b.decide(on, |b| self.push_as(b, part, Type::Boolean)),
            };
        }
        b
    }

    /// The type that two sides are compared as.
    pub(super) fn common(&self, kinds: &[Kind]) -> Option<Type> {
        let kind = kinds
            .iter()
            .try_fold(Kind::Null, |one, other| one.common(*other))?;
        if kind == Kind::Null {
            return Some(Type::Text);
        }
        general(kind)
    }
}

/// A span as milliseconds; None for one of the calendar that has no fixed length.
pub(super) fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::Duration(length) => Some(*length),
        Value::Period { months: 0, days } => days.checked_mul(weir_esql::time::DAY),
        _ => None,
    }
}

/// Leaves integers of 32 bits to a result of that type.
pub(super) fn narrowed(b: Builder, kind: Kind) -> Builder {
    match kind {
        Kind::Integer => b.call("narrow", 1),
        _ => b,
    }
}

/// Texts as a type.
fn converted(b: Builder, kind: Kind) -> Builder {
    match kind {
        Kind::Integer => b.call("to_integer", 1).call("narrow", 1),
        Kind::Long => b.call("to_integer", 1),
        Kind::Double => b.call("to_number", 1),
        Kind::Boolean => b.call("to_boolean", 1),
        _ => b,
    }
}

/// A single literal.
pub(super) fn constant(value: &Value) -> Option<Constant> {
    Some(match value {
        Value::Boolean(value) => Constant::Boolean(*value),
        Value::Integer(number) => Constant::Integer(*number),
        Value::Double(number) => Constant::Number(*number),
        Value::Text(text) => Constant::Text(text.clone()),
        Value::Date(time) => Constant::Time(*time),
        Value::Ip(bytes) => Constant::Address(u128::from_be_bytes(*bytes)),
        _ => return None,
    })
}

/// A pattern of LIKE.
pub(super) fn glob(parts: &[GlobPart]) -> Option<Pattern> {
    let mut text = String::new();
    for part in parts {
        match part {
            GlobPart::Any => text.push('*'),
            GlobPart::Each => text.push('?'),
            GlobPart::One(c) => {
                if matches!(c, '*' | '?' | '\\') {
                    text.push('\\');
                }
                text.push(*c);
            }
        }
    }
    Pattern::new(&text, false)
}
