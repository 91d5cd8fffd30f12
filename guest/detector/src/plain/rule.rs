//! A rule on a plain log, built of columns that name the log's fields.

use super::event::PlainEvent;
use super::log::{Plain, PlainLog};
use crate::columns::Columns;
use crate::conditions::Figure;
use crate::config::{ParameterRange, ParameterSpec};
use crate::decimal;
use crate::definition::{AlertField, Clause, Definition, Info, Rule};
use crate::facts::ColumnId;
use crate::hash::Seed;
use crate::judgement::Judgement;
use crate::key::{Keys, Part, PartKind};
use crate::model::{Action, Comparison, Pivot};
use crate::schema::{Column, ColumnKind, Course, KeyColumn};
use crate::single::{Single, SingleKind};
use crate::view::AlertView;
use std::marker::PhantomData;

/// The largest threshold of a count.
const LARGEST: u64 = 1_000_000_000;
/// Most conditions that decide which groups are kept under memory pressure.
const MOST_PROMISES: usize = 2;

/// A field that has a value.
#[derive(Clone, Copy)]
struct Equality {
    field: usize,
    value: &'static str,
}

impl Equality {
    fn holds(self, event: &PlainEvent) -> bool {
        let values = event.values.get(self.field);
        values.is_some_and(|values| values.texts.iter().any(|text| text == self.value))
    }
}

/// A rule on a plain log.
///
/// Each method adds something, and gives the rule back. A name that does not fit, such as a field
/// that the log does not list, makes `describe` fail with a sentence about each.
pub struct PlainRule<L> {
    definition: Definition,
    filters: Vec<Equality>,
    wanted: Option<fn(&PlainEvent) -> bool>,
    /// For each part of the key its field, and whether an event needs a value for it.
    key: Vec<(usize, bool)>,
    flags: Vec<Equality>,
    /// Columns that take the values of a field.
    inputs: Vec<(ColumnId, ColumnKind, usize)>,
    /// The number of what `wanted` counts.
    counting: u64,
    problems: Vec<String>,
    log: PhantomData<fn() -> L>,
}

impl<L: PlainLog> PlainRule<L> {
    /// A rule that takes every event of the log, as one group without columns.
    #[must_use]
    pub fn new(info: Info, judgement: Judgement) -> PlainRule<L> {
        PlainRule {
            definition: Definition {
                info,
                judgement,
                parameters: Vec::new(),
                samples: None,
                exact: None,
                key: Vec::new(),
                columns: Vec::new(),
                conditions: Vec::new(),
                promise: Vec::new(),
                shown: Vec::new(),
                labels: Vec::new(),
                reason: |_| "The conditions of the rule hold".to_owned(),
                response: |_| Vec::new(),
                pivots: |_| Vec::new(),
            },
            filters: Vec::new(),
            wanted: None,
            key: Vec::new(),
            flags: Vec::new(),
            inputs: Vec::new(),
            counting: 0,
            problems: Vec::new(),
            log: PhantomData,
        }
    }

    /// Takes only events of which a field has this value, alone or among others.
    #[must_use]
    pub fn only(mut self, path: &str, value: &'static str) -> Self {
        let field = self.field(path);
        self.filters.push(Equality { field, value });
        self
    }

    /// The version of what the function of [`when`](Self::when) takes: another number where it takes
    /// other events, so that a state of before is not taken over.
    #[must_use]
    pub fn counting(mut self, number: u64) -> Self {
        self.counting = number;
        self
    }

    /// Takes only events for which a function is true, which depends on the event alone.
    #[must_use]
    pub fn when(mut self, wanted: fn(&PlainEvent) -> bool) -> Self {
        if self.wanted.replace(wanted).is_some() {
            self.problems.push("`when` stands twice".to_owned());
        }
        self
    }

    /// Groups events by a field. Those without a value are a group, those with several values are
    /// in the group of each.
    #[must_use]
    pub fn by(self, path: &'static str) -> Self {
        self.by_named(path, path, false)
    }

    /// Groups events by a field, and leaves those without a value out.
    #[must_use]
    pub fn by_known(self, path: &'static str) -> Self {
        self.by_named(path, path, true)
    }

    /// Groups events by a field, under another name in alerts.
    #[must_use]
    pub fn by_named(mut self, name: &str, path: &str, known: bool) -> Self {
        let field = self.field(path);
        self.key.push((field, known));
        self.definition.key.push(KeyColumn {
            name: name.to_owned(),
            kind: PartKind::Text,
        });
        self
    }

    /// A column: the number of events.
    #[must_use]
    pub fn count(mut self, name: &'static str) -> Self {
        self.column(name, ColumnKind::Count);
        self
    }

    /// A column: the number of events of which a field has this value. A rule has two at most.
    #[must_use]
    pub fn count_where(mut self, name: &'static str, path: &str, value: &'static str) -> Self {
        let field = self.field(path);
        let [flag, ..] = self.flags.len().to_le_bytes();
        self.flags.push(Equality { field, value });
        self.column(name, ColumnKind::CountWhere(flag));
        self
    }

    /// A column: the number of distinct values of a field.
    #[must_use]
    pub fn distinct(self, name: &'static str, path: &str) -> Self {
        self.input(name, ColumnKind::Distinct, path)
    }

    /// A column: the distinct values of a field, the smallest of them.
    #[must_use]
    pub fn values(self, name: &'static str, path: &str) -> Self {
        self.input(name, ColumnKind::Values, path)
    }

    /// A column: the distinct addresses of a field, the smallest of them.
    #[must_use]
    pub fn addresses(mut self, name: &'static str, path: &str) -> Self {
        let known = L::FIELDS.iter().find(|known| known.path == path);
        if known.is_some_and(|known| !known.is_address) {
            self.problems
                .push(format!("{name}: {path} is no field of addresses"));
        }
        self.input(name, ColumnKind::Addresses, path)
    }

    /// A column: distinct values of a field, those of the earliest events.
    #[must_use]
    pub fn samples(self, name: &'static str, path: &str) -> Self {
        self.input(name, ColumnKind::Samples, path)
    }

    /// A column: the sum of a field's numbers.
    #[must_use]
    pub fn sum(self, name: &'static str, path: &str) -> Self {
        self.input(name, ColumnKind::Sum(SingleKind::Number), path)
    }

    /// A column: the largest of a field's numbers.
    #[must_use]
    pub fn largest(self, name: &'static str, path: &str) -> Self {
        self.input(name, ColumnKind::Max(SingleKind::Number), path)
    }

    /// A column of any kind over the values of a field.
    #[must_use]
    pub fn input(mut self, name: &'static str, kind: ColumnKind, path: &str) -> Self {
        let field = self.field(path);
        if kind.counts() {
            self.problems
                .push(format!("{name}: it counts events, and takes no field"));
        }
        let column = self.column(name, kind);
        self.inputs.push((column, kind, field));
        self
    }

    /// A condition: a column's number is the threshold or more. The threshold is a parameter, an
    /// integer from 1 on, with its default and a sentence about it.
    #[must_use]
    pub fn at_least(
        self,
        column: &'static str,
        parameter: &'static str,
        default: u64,
        summary: &'static str,
    ) -> Self {
        let spec = ParameterSpec {
            name: parameter,
            range: ParameterRange::Integer(default, 1, LARGEST),
            summary,
        };
        self.condition(column, Comparison::AtLeast, spec)
    }

    /// A condition of any kind, with the parameter that is its threshold.
    #[must_use]
    pub fn condition(
        mut self,
        column: &'static str,
        comparison: Comparison,
        parameter: ParameterSpec,
    ) -> Self {
        let known = { (0..).zip(&self.definition.columns) }.find(|(_, known)| known.name == column);
        let Some((id, kind)) = known.map(|(id, known)| (id, known.kind)) else {
            self.problems.push(format!(
                "{column}: a condition is on a column that stands before it"
            ));
            return self;
        };
        let rises = kind.course() == Course::Rises;
        let is_minimum = matches!(comparison, Comparison::AtLeast | Comparison::MoreThan);
        let definition = &mut self.definition;
        if rises && is_minimum && definition.promise.len() < MOST_PROMISES {
            definition.promise.push(definition.conditions.len());
        }
        definition.conditions.push(Clause {
            column,
            parameter: parameter.name,
            comparison,
            figure: Figure::Of(id),
        });
        definition.parameters.push(parameter);
        self
    }

    /// The label of a column or of a part of the key, in a few words; without one it is its name.
    #[must_use]
    pub fn label(mut self, name: &'static str, label: &'static str) -> Self {
        self.definition.labels.push((name, label));
        self
    }

    /// The reason of an alert: a sentence without its full stop.
    #[must_use]
    pub fn reason(mut self, reason: fn(&AlertView) -> String) -> Self {
        self.definition.reason = reason;
        self
    }

    /// Response actions of an alert.
    #[must_use]
    pub fn response(mut self, response: fn(&AlertView) -> Vec<Action>) -> Self {
        self.definition.response = response;
        self
    }

    /// Queries for the investigation of an alert.
    #[must_use]
    pub fn pivots(mut self, pivots: fn(&AlertView) -> Vec<Pivot>) -> Self {
        self.definition.pivots = pivots;
        self
    }

    /// The index of a field of the log.
    fn field(&mut self, path: &str) -> usize {
        let known = { L::FIELDS.iter() }.position(|known| known.path == path);
        known.unwrap_or_else(|| {
            self.problems
                .push(format!("{path}: the log lists no such field"));
            0
        })
    }

    /// Adds a column that alerts show.
    fn column(&mut self, name: &'static str, kind: ColumnKind) -> ColumnId {
        let [column, ..] = self.definition.columns.len().to_le_bytes();
        self.definition.columns.push(Column {
            name: name.to_owned(),
            kind,
        });
        let shown = (name, AlertField::Column(column));
        self.definition.shown.push(shown);
        column
    }
}

/// Adds the values of a field to a column.
fn give(columns: &mut Columns, column: ColumnId, kind: ColumnKind, values: &super::FieldValues) {
    if kind == ColumnKind::Addresses {
        let addresses = values.addresses.iter().flatten();
        addresses.for_each(|bits| columns.address(column, *bits));
        return;
    }
    for text in &values.texts {
        let single = match kind.single() {
            None | Some(SingleKind::Text) => Some(Single::Text(text)),
            Some(SingleKind::Number) => decimal::parse(text).map(Single::Number),
            Some(SingleKind::Integer) => text.parse().ok().map(Single::Integer),
            Some(SingleKind::Boolean) => text.parse().ok().map(Single::Boolean),
            Some(SingleKind::Time) => crate::time::parse(text).map(Single::Time),
        };
        if let Some(single) = single {
            columns.value(column, single);
        }
    }
}

impl<L: PlainLog> Rule for PlainRule<L> {
    type Log = Plain<L>;

    #[allow(
        clippy::panic,
        reason = "its author is to read this, and the contract has no error here"
    )]
    fn definition(&self) -> Definition {
        if !self.problems.is_empty() {
            let id = self.definition.info.id;
            panic!("rule {id}: {}", self.problems.join("; "));
        }
        self.definition.clone()
    }

    /// A hash of all that is data, with the number of what is not.
    fn counting(&self) -> u64 {
        let mut hash = Seed(0, 0).hasher();
        for text in [L::NAME, L::MARK, L::MARK_VALUE, L::TIME, L::ID] {
            hash.text(text.as_bytes());
        }
        let mut field = |at: usize, more: &str| {
            let known = L::FIELDS.get(at);
            hash.text(known.map_or("", |known| known.path).as_bytes());
            hash.number(known.is_some_and(|known| known.is_address).into());
            hash.text(more.as_bytes());
        };
        for one in self.filters.iter().chain(&self.flags) {
            field(one.field, one.value);
        }
        for (at, known) in &self.key {
            field(*at, if *known { "known" } else { "" });
        }
        for (_, _, at) in &self.inputs {
            field(*at, "");
        }
        hash.number(self.filters.len() as u64);
        hash.number(self.wanted.is_some().into());
        hash.number(self.counting);
        hash.finish()
    }

    fn filter(&self, event: &PlainEvent) -> bool {
        let mut filters = self.filters.iter();
        filters.all(|filter| filter.holds(event)) && self.wanted.is_none_or(|wanted| wanted(event))
    }

    fn keys(&self, event: &PlainEvent) -> Keys {
        let mut keys = Keys::default();
        let mut unknown = false;
        for (field, known) in &self.key {
            let texts = event.values.get(*field).map_or(&[][..], |all| &all.texts);
            unknown |= *known && texts.is_empty();
            keys.part(texts.iter().map(|text| Part::text(Some(text))));
        }
        if unknown {
            keys.none();
        }
        keys
    }

    fn flags(&self, event: &PlainEvent) -> u8 {
        let flags = (0..u8::BITS).zip(&self.flags);
        let bit = |(at, flag): (u32, &Equality)| u8::from(flag.holds(event)) << at;
        flags.map(bit).fold(0, |all, bit| all | bit)
    }

    fn fill(&self, event: &PlainEvent, columns: &mut Columns) {
        for (column, kind, field) in &self.inputs {
            if let Some(values) = event.values.get(*field) {
                give(columns, *column, *kind, values);
            }
        }
    }
}
