//! STATS: keys, aggregates, and expressions over them.

use super::Checker;
use super::expressions::expression;
use super::scope::Scope;
use crate::functions::Aggregate;
use crate::plan::{Column, Expression, Key, Node, Slot, StageKind};
use crate::problem::ProblemKind;
use crate::span::Span;
use crate::syntax::{Aggregation, Assignment, Name, Syntax, SyntaxKind};
use crate::types::{Type, Value};

/// What an expression of STATS may name, and what it has asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Aggregating {
    /// The keys, by the names that expressions over aggregates may use.
    keys: Vec<(String, Slot)>,
    columns: Vec<Column>,
    filter: Option<Expression>,
}

impl Checker<'_> {
    /// Inside of STATS the slot of a key, or a report; None elsewhere.
    pub(super) fn key_slot(&mut self, name: &str, at: Span) -> Option<Option<Slot>> {
        let aggregating = self.aggregating.as_ref()?;
        let found = aggregating.keys.iter().find(|(key, _)| key == name);
        if let Some((_, slot)) = found {
            return Some(Some(*slot));
        }
        let text = format!("`{name}` is neither in an aggregate nor one of the keys after BY.");
        Some(self.problem(ProblemKind::UnknownColumn, at, name, text))
    }

    pub(super) fn stats(
        &mut self,
        inline: bool,
        aggregates: &[Aggregation],
        by: &[Assignment],
        at: Span,
    ) {
        if inline {
            let text = "`INLINE STATS` is not supported.";
            let _: Option<()> = self.problem(ProblemKind::Unsupported, at, "INLINE STATS", text);
        }
        let mut keys = Vec::new();
        let mut named = Vec::new();
        let mut failed = false;
        for key in by {
            let name = self.name_of(key.name.as_ref(), &key.value);
            let Some(value) = self.expression(&key.value) else {
                failed = true;
                continue;
            };
            if value.kind.is_span() || value.kind == Type::Source {
                failed = true;
                let _: Option<()> = self.wrong_type("BY", &value, "a value to group by");
                continue;
            }
            let slot = self.new_slot(&name, value.kind);
            keys.push(Key { slot, value });
            named.push((name, slot));
        }
        let filters: Vec<_> = aggregates
            .iter()
            .map(|aggregation| match &aggregation.filter {
                Some(filter) => self.condition(filter, "WHERE").map(Some),
                None => Some(None),
            })
            .collect();
        self.aggregating = Some(Aggregating {
            keys: named.clone(),
            ..Aggregating::default()
        });
        let mut results = Vec::new();
        for (aggregation, filter) in aggregates.iter().zip(filters) {
            let name = self.name_of(aggregation.name.as_ref(), &aggregation.value);
            failed |= filter.is_none();
            if let Some(aggregating) = &mut self.aggregating {
                aggregating.filter = filter.flatten();
            }
            match self.expression(&aggregation.value) {
                Some(value) => results.push((name, value)),
                None => failed = true,
            }
        }
        let columns = self
            .aggregating
            .take()
            .map(|all| all.columns)
            .unwrap_or_default();
        self.stage(StageKind::Aggregate { keys, columns }, at);
        if !inline {
            self.scope = Scope::default();
        }
        for (name, value) in results {
            let slot = self.named_result(&name, value, at);
            self.scope.define(&name, slot);
        }
        for (name, slot) in named {
            self.scope.define(&name, slot);
        }
        self.lost |= failed;
    }

    /// The slot of a result: the aggregate's own, or one that is computed over aggregates.
    fn named_result(&mut self, name: &str, value: Expression, at: Span) -> Slot {
        if let Node::Slot(slot) = value.node
            && let Some(info) = self.plan.slots.get_mut(slot.0)
            && info.name.is_empty()
        {
            name.clone_into(&mut info.name);
            return slot;
        }
        let slot = self.new_slot(name, value.kind);
        self.stage(StageKind::Compute(slot, value), at);
        slot
    }

    /// The name of a column: as given, or the expression as it is written.
    pub(super) fn name_of(&self, name: Option<&Name>, value: &Syntax) -> String {
        match (name, &value.kind) {
            (Some(name), _) => name.text.clone(),
            (None, SyntaxKind::Column(name)) => name.clone(),
            (None, _) => value.at.text(self.source).to_owned(),
        }
    }

    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        name: &Name,
        arguments: &[Syntax],
        at: Span,
    ) -> Option<Expression> {
        let lower = name.text.to_lowercase();
        let Some(mut aggregating) = self.aggregating.take() else {
            let text = format!(
                "The aggregate `{}` stands outside of STATS, or in another aggregate.",
                name.text
            );
            return self.problem(ProblemKind::Type, name.at, &lower, text);
        };
        let column = self.aggregate_column(function, name, arguments, at);
        let result = column.map(|(mut column, kind)| {
            column.slot = self.new_slot("", kind);
            column.filter.clone_from(&aggregating.filter);
            let slot = column.slot;
            aggregating.columns.push(column);
            expression(Node::Slot(slot), kind, at)
        });
        self.aggregating = Some(aggregating);
        result
    }

    /// An aggregate, without its slot and filter, and the type of its result.
    fn aggregate_column(
        &mut self,
        function: Aggregate,
        name: &Name,
        arguments: &[Syntax],
        at: Span,
    ) -> Option<(Column, Type)> {
        let mut column = Column {
            slot: Slot(0),
            function,
            value: None,
            by: None,
            top: None,
            filter: None,
        };
        if function == Aggregate::Count
            && arguments.iter().all(Syntax::is_star)
            && arguments.len() < 2
        {
            return Some((column, Type::Long));
        }
        let (least, most) = match function {
            Aggregate::CountDistinct => (1, 2),
            Aggregate::First | Aggregate::Last => (2, 2),
            Aggregate::Top => (2, 3),
            _ => (1, 1),
        };
        if arguments.len() < least || arguments.len() > most {
            return self.wrong_number(name, least, most, arguments.len(), at);
        }
        let value = self.expression(&arguments[0])?;
        let kind = self.aggregate_type(function, name, &value)?;
        column.value = Some(value);
        match function {
            Aggregate::First | Aggregate::Last => column.by = Some(self.expression(&arguments[1])?),
            Aggregate::Top => column.top = Some(self.top(name, arguments)?),
            Aggregate::CountDistinct if arguments.len() == 2 => {
                // The precision of an estimate; the count here is exact.
                let precision = self.expression(&arguments[1])?;
                if !matches!(precision.as_literal(), Some(Value::Integer(_))) {
                    return self.wrong_type("count_distinct", &precision, "a literal integer");
                }
            }
            _ => {}
        }
        Some((column, kind))
    }

    fn aggregate_type(
        &mut self,
        function: Aggregate,
        name: &Name,
        value: &Expression,
    ) -> Option<Type> {
        let kind = value.kind;
        let any = !kind.is_span() && kind != Type::Source;
        let (fits, result) = match function {
            Aggregate::Count | Aggregate::CountDistinct => (any, Type::Long),
            Aggregate::Sum => {
                let result = match kind {
                    Type::Null => Type::Null,
                    kind if kind.is_whole() => Type::Long,
                    _ => Type::Double,
                };
                (kind.is_number() || kind == Type::Null, result)
            }
            Aggregate::Avg => (kind.is_number() || kind == Type::Null, Type::Double),
            _ => (any, kind.no_text()),
        };
        if fits {
            return Some(result);
        }
        let takes = match function {
            Aggregate::Sum | Aggregate::Avg => "a number",
            _ => "a value",
        };
        self.wrong_type(&name.text.to_lowercase(), value, takes)
    }

    /// How many values of TOP, and whether the largest.
    fn top(&mut self, name: &Name, arguments: &[Syntax]) -> Option<(usize, bool)> {
        let limit = self.expression(&arguments[1])?;
        let number = match limit.as_literal() {
            Some(Value::Integer(number)) => usize::try_from(*number).ok().filter(|n| *n > 0),
            _ => None,
        };
        let Some(number) = number else {
            return self.wrong_type(
                &name.text.to_lowercase(),
                &limit,
                "a literal number above zero",
            );
        };
        let Some(order) = arguments.get(2) else {
            return Some((number, false));
        };
        let order = self.expression(order)?;
        match order.as_literal() {
            Some(Value::Text(text)) if super::calls::is_order(text) => {
                Some((number, text.eq_ignore_ascii_case("desc")))
            }
            _ => self.wrong_type("top", &order, "`\"asc\"` or `\"desc\"`"),
        }
    }
}
