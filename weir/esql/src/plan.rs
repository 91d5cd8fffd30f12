//! The plan of a query: typed stages over numbered slots. It is what a query means, without its
//! spelling: names are resolved, KEEP, DROP and RENAME are gone (they only say which slots the
//! output has), aliases of functions, casts by `::` and literals of other types are calls or
//! literals of the right type.
//!
//! A row has one value for each slot of `Plan::slots`. At the start the slots of fields hold what
//! the document has, and all others null. Each stage takes rows and gives rows:
//!
//! | stage | rows out |
//! |---|---|
//! | `Filter` | those for which the condition is true, not null and not false |
//! | `Compute` | each, with one slot set |
//! | `Expand` | one for each value of a slot, with that value in another slot; one with null for null |
//! | `Dissect`, `Grok` | each, with the slots of the pattern's parts set; all null if it does not match |
//! | `Aggregate` | one for each group: the slots of keys and columns set, all others null |
//! | `Sort` | the same, in another order |
//! | `Limit` | the first ones |
//!
//! The output is `Plan::output`: slots under names, and fields of the document that are passed on
//! without being named.

use crate::functions::{Aggregate, Function};
use crate::pattern::GlobPart;
use crate::span::Span;
use crate::syntax::{Comparison, NamePattern, Operation};
use crate::types::{Type, Value};

/// The number of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub usize);

/// Where a slot's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A field of the document, by its whole name.
    Field(String),
    /// A field of METADATA: `_id`, `_index`, `_version`, `_source`.
    Metadata(String),
    /// A stage, by its index.
    Stage(usize),
}

/// A slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotInfo {
    /// The name that it was defined under; empty for one that the query does not name.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
    /// Where its value comes from.
    pub origin: Origin,
}

/// An expression, its type, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The expression.
    pub node: Node,
    /// The type of its values.
    pub kind: Type,
    /// Where it is in the query.
    pub at: Span,
}

/// An expression. Where nothing else is said, it is null if an operand is null or has several
/// values.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A literal.
    Literal(Value),
    /// A slot's value.
    Slot(Slot),
    /// A call. The time of `now()` is a call, too.
    Call(Function, Vec<Expression>),
    /// Three-valued.
    Not(Box<Expression>),
    /// Three-valued: false if one is false, else null if one is null.
    And(Vec<Expression>),
    /// Three-valued: true if one is true, else null if one is null.
    Or(Vec<Expression>),
    /// Both sides are of one type, or numbers. Whole numbers compare exactly, others as doubles.
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// Of numbers: the result is of the expression's type, null where it overflows, is not finite,
    /// or divides by zero; whole numbers divide towards zero. Of a date and a span: a date. Of two
    /// spans: a span.
    Arithmetic(Operation, Box<Expression>, Box<Expression>),
    /// The negative of a number or span.
    Negate(Box<Expression>),
    /// True if one of the list equals the value, else null if one of the list is null.
    In(Box<Expression>, Vec<Expression>),
    /// Whether one of the patterns stands for the whole text.
    Like(Box<Expression>, Vec<Vec<GlobPart>>),
    /// Whether one of Lucene's regular expressions matches the whole text.
    RLike(Box<Expression>, Vec<String>),
    /// Whether it is null; never null itself. Several values are not null.
    IsNull(Box<Expression>),
    /// Whether one of the column's values equals the literal; of a text column, whether it has one
    /// of the literal's words. False, not null, for null.
    Match(Box<Expression>, Value),
}

/// A key of an aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The slot that it is put in.
    pub slot: Slot,
    /// What is grouped by. Null is a group; several values put the row into the group of each.
    pub value: Expression,
}

/// A column of an aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The slot that it is put in.
    pub slot: Slot,
    /// The aggregate function.
    pub function: Aggregate,
    /// What is aggregated, all values of each row; None for `COUNT(*)`.
    pub value: Option<Expression>,
    /// FIRST and LAST: what decides.
    pub by: Option<Expression>,
    /// TOP: how many values, and whether the largest.
    pub top: Option<(usize, bool)>,
    /// Only rows for which this is true count.
    pub filter: Option<Expression>,
}

/// A part of a pattern of DISSECT or GROK.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name in the pattern.
    pub name: String,
    /// The slot that it is put in.
    pub slot: Slot,
    /// Its type.
    pub kind: Type,
}

/// A stage.
#[derive(Clone, Debug, PartialEq)]
pub enum StageKind {
    /// Rows for which a condition is true.
    Filter(Expression),
    /// A slot set for each row.
    Compute(Slot, Expression),
    /// Rows for each value of the first slot, in the second.
    Expand(Slot, Slot),
    /// A text cut by a pattern.
    Dissect {
        /// The text.
        input: Expression,
        /// The pattern.
        pattern: crate::dissect::Dissect,
        /// Its parts.
        parts: Vec<Part>,
    },
    /// A text matched with patterns, of which the first that matches counts.
    Grok {
        /// The text.
        input: Expression,
        /// The patterns.
        patterns: Vec<crate::grok::Grok>,
        /// Their parts.
        parts: Vec<Part>,
    },
    /// Groups.
    Aggregate {
        /// The keys; none for one group of all rows, which is there without rows, too.
        keys: Vec<Key>,
        /// The columns.
        columns: Vec<Column>,
    },
    /// Rows in order: by each expression, whether descending, whether nulls come first.
    Sort(Vec<(Expression, bool, bool)>),
    /// The first rows.
    Limit(u64),
}

/// A stage, and where its command is.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it does.
    pub kind: StageKind,
    /// Where its command is in the query.
    pub at: Span,
}

/// A part of the output.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A slot under a name.
    Column(String, Slot),
    /// Fields of the document that are passed on, but those that are there as columns.
    Fields {
        /// Patterns that all stand for their names.
        matching: Vec<NamePattern>,
        /// Patterns that do not stand for their names.
        except: Vec<NamePattern>,
    },
}

/// The plan of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The index patterns.
    pub sources: Vec<String>,
    /// The slots.
    pub slots: Vec<SlotInfo>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// What comes out, in order.
    pub output: Vec<Output>,
}

impl Plan {
    /// A slot.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> &SlotInfo {
        &self.slots[slot.0]
    }

    /// The columns of the output that have a slot.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Slot)> {
        self.output.iter().filter_map(|output| match output {
            Output::Column(name, slot) => Some((name.as_str(), *slot)),
            Output::Fields { .. } => None,
        })
    }
}

impl Expression {
    /// The slot, if it is one.
    #[must_use]
    pub fn as_slot(&self) -> Option<Slot> {
        match self.node {
            Node::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    /// The literal, if it is one.
    #[must_use]
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.node {
            Node::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The expressions that it is made of.
    #[must_use]
    pub fn parts(&self) -> Vec<&Expression> {
        match &self.node {
            Node::Literal(_) | Node::Slot(_) => Vec::new(),
            Node::Call(_, parts) | Node::And(parts) | Node::Or(parts) => parts.iter().collect(),
            Node::Not(inner)
            | Node::Negate(inner)
            | Node::IsNull(inner)
            | Node::Like(inner, _)
            | Node::RLike(inner, _)
            | Node::Match(inner, _) => vec![inner],
            Node::Compare(_, left, right) | Node::Arithmetic(_, left, right) => vec![left, right],
            Node::In(value, list) => std::iter::once(&**value).chain(list).collect(),
        }
    }

    /// Whether it, or a part of it, is a call of a function.
    #[must_use]
    pub fn calls(&self, function: Function) -> bool {
        matches!(&self.node, Node::Call(called, _) if *called == function)
            || self.parts().into_iter().any(|part| part.calls(function))
    }
}
