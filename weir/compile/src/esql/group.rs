//! The aggregation: its keys, windows and columns.

use super::expand::mentions;
use super::gate;
use super::having;
use super::lower::{Definition, Lowering, general, milliseconds};
use super::names::Names;
use crate::judge::{self, DAY, Schedule};
use crate::judged::Judged;
use crate::node::Node;
use crate::reason::Reason;
use crate::rule::place;
use weir_compiled::format::{ColumnSpec, FieldSpec, FigureSpec, KeySpec};
use weir_detector::judgement::Judgement;
use weir_detector::key::PartKind;
use weir_detector::program::Builder;
use weir_detector::program::value::Type;
use weir_detector::schema::{ColumnKind, MAX_COLUMNS, MAX_PARTS};
use weir_detector::single::SingleKind;
use weir_esql::functions::{Aggregate, Function};
use weir_esql::plan::{self, Column, Expression, Key, Slot, StageKind};
use weir_esql::shape::{Shape, Windows};
use weir_esql::span::Span;
use weir_esql::types::{Type as Kind, Value};

/// How the groups of an aggregation are judged.
pub(super) fn groups(
    rule: &Node,
    schedule: Schedule,
    lowering: &mut Lowering,
    shape: &Shape,
    reasons: &mut Vec<Reason>,
) -> Option<Judged> {
    let first = *shape.aggregations.first()?;
    let stage = lowering.plan.stages.get(first)?;
    let StageKind::Aggregate { keys, columns } = &stage.kind else {
        return None;
    };
    suppression(rule, schedule, lowering, (shape, keys), reasons);
    let judgement = judgement(rule, schedule, lowering, shape, (keys, stage.at), reasons);
    if alerts_on_nothing(lowering, keys, stage.at) {
        return None;
    }
    let window = match shape.windows {
        Windows::Tumbling { key, .. } => Some(key),
        _ => None,
    };
    let mut names = Names::default();
    let outer = |lowering: &Lowering, slot: Slot| {
        let mut output = lowering.plan.columns();
        let found = output.find(|(_, known)| *known == slot);
        found.map_or_else(
            || lowering.plan.slot(slot).name.clone(),
            |(name, _)| name.to_owned(),
        )
    };
    let mut parts = Vec::new();
    let mut rows = Vec::new();
    let others: Vec<&Key> = { keys.iter().enumerate() }
        .filter(|(at, _)| window != Some(*at))
        .map(|(_, key)| key)
        .collect();
    // As many as fit are parts of their own; the last is of all others.
    let alone = if others.len() > MAX_PARTS {
        MAX_PARTS - 1
    } else {
        others.len()
    };
    let (own, joined) = others.split_at(alone);
    rows.extend(
        window
            .and_then(|at| keys.get(at))
            .map(|key| (key.slot, Definition::Window)),
    );
    if let Some(part) = self::joined(lowering, &mut names, joined, &mut rows) {
        parts.push(part);
    }
    for key in own {
        let name = outer(lowering, key.slot);
        let part = part(lowering, &mut names, key, &name)?;
        rows.push((key.slot, Definition::Field(part.name.clone())));
        parts.push(part);
    }
    let mut kept = Vec::new();
    let mut plain = Vec::new();
    for column in columns {
        let name = outer(lowering, column.slot);
        let is_sorted = is_sorted(column);
        let name = match is_sorted {
            // What it is shown as is made of it.
            true => format!("sorted.{name}"),
            false => name,
        };
        let spec = self::column(lowering, &mut names, (column, keys), &name)?;
        if column.filter.is_none() && column.value.as_ref().is_some_and(|v| is_time(lowering, v)) {
            plain.push(spec.name.clone());
        }
        let definition = match is_sorted {
            true => Definition::Sorted,
            false => Definition::Field,
        };
        rows.push((column.slot, definition(spec.name.clone())));
        kept.push(spec);
    }
    let judged = Judged::new(judgement?, parts, kept);
    // From here on programs are over rows.
    lowering.over_rows = true;
    lowering.slots.fill(Definition::Unknown);
    for (slot, definition) in rows {
        lowering.define(slot, definition);
    }
    let mut judged = having::rows(lowering, shape, first, &mut names, judged);
    times(&plain, &mut judged);
    fit(lowering, &mut judged, stage.at);
    Some(judged)
}

/// Leaves out what of a group's columns does not fit, and tells it.
fn fit(lowering: &mut Lowering, judged: &mut Judged, at: Span) {
    let left_out = having::leave_out(judged);
    if !left_out.is_empty() {
        let message = format!(
            "alerts do not show {}: at most {MAX_COLUMNS} columns are kept of a group, first those \
             of conditions",
            left_out.join(", ")
        );
        lowering.note("columns-left-out", at, message);
    }
    if judged.columns.len() > MAX_COLUMNS {
        let message = format!(
            "{} columns: at most {MAX_COLUMNS} are kept of a group",
            judged.columns.len()
        );
        lowering.problem("too-many-columns", at, message);
    }
}

/// Checks suppression: of sliding windows, by all keys, it is what episodes are.
fn suppression(
    rule: &Node,
    schedule: Schedule,
    lowering: &Lowering,
    (shape, keys): (&Shape, &[Key]),
    reasons: &mut Vec<Reason>,
) {
    let Some(node) = rule.get("alert_suppression") else {
        return;
    };
    judge::refuse_alone(node, reasons);
    let spans = { node.get("duration") }.map_or(Some(0), |span| judge::span(span, reasons));
    let group = judge::group_by(node, reasons);
    let slots: Vec<Slot> = { group.iter() }
        .filter_map(|name| {
            let mut output = lowering.plan.columns();
            let (_, slot) = output.find(|(known, _)| name.text() == Some(known))?;
            Some(slot)
        })
        .collect();
    let by_all = keys.iter().all(|key| slots.contains(&key.slot));
    let by_others = slots.len() < group.len() || slots.len() > keys.len();
    let is_longer = spans.is_some_and(|seconds| seconds > schedule.back);
    let slides = shape.windows == Windows::Sliding;
    if !slides || !by_all || by_others || is_longer || keys.is_empty() {
        let message = "suppression of groups is understood where windows slide, it groups by all \
            keys and is no longer than the look-back: they have one alert an episode";
        reasons.push(Reason::new(
            "alert-suppression",
            place(rule, "alert_suppression"),
            message,
        ));
    }
}

/// Whether a rule without keys alerts where nothing happens: its one group is there without events.
fn alerts_on_nothing(lowering: &mut Lowering, keys: &[Key], at: Span) -> bool {
    if !keys.is_empty() {
        return false;
    }
    let rows = weir_esql::evaluate::evaluate(lowering.plan, &[], 0, &|_, _| false);
    let does = !rows.rows.is_empty();
    if does {
        let message = "without keys the rule alerts where there are no events, which a stream does \
            not: conditions that need an event are understood";
        lowering.problem("empty-group", at, message);
    }
    does
}

fn judgement(
    rule: &Node,
    schedule: Schedule,
    lowering: &mut Lowering,
    shape: &Shape,
    (keys, at): (&[Key], Span),
    reasons: &mut Vec<Reason>,
) -> Option<Judgement> {
    if !shape.gates.is_empty() {
        return gate::judgement(lowering, shape, schedule);
    }
    let Windows::Tumbling { length, key } = &shape.windows else {
        judge::check_window(rule, schedule, reasons);
        return Some(Judgement::Sliding {
            length_seconds: schedule.back,
            every_seconds: schedule.every,
        });
    };
    let at = keys.get(*key).map_or(at, |key| key.value.at);
    let seconds = milliseconds(length).filter(|length| length % 1000 == 0);
    let seconds = seconds.and_then(|length| u64::try_from(length / 1000).ok());
    let aligned = !matches!(length, Value::Period { days: 2.., .. });
    match seconds {
        Some(seconds) if (1..=DAY).contains(&seconds) && aligned => {
            Some(Judgement::Tumbling { seconds })
        }
        _ => {
            let message = "the windows are not whole seconds, or longer than a day";
            lowering.problem("window", at, message);
            None
        }
    }
}

fn part(lowering: &mut Lowering, names: &mut Names, key: &Key, name: &str) -> Option<KeySpec> {
    let (kind, wanted) = match general(key.value.kind) {
        Some(Type::Integer) => (PartKind::Integer, Type::Integer),
        Some(Type::Boolean) => (PartKind::Boolean, Type::Boolean),
        _ => (PartKind::Text, Type::Text),
    };
    let program = lowering.program(&key.value, wanted);
    let name = named(lowering, names, name, key.value.at)?;
    Some(KeySpec {
        name,
        kind,
        required: false,
        program: program?,
    })
}

/// The part of a key that is of several: pairs of texts, the second of which may be a pair. Each of
/// the keys is a field of alerts of its own.
fn joined(
    lowering: &mut Lowering,
    names: &mut Names,
    keys: &[&Key],
    rows: &mut Vec<(Slot, Definition)>,
) -> Option<KeySpec> {
    let (last, before) = keys.split_last()?;
    let at = last.value.at;
    let mut b = Builder::default();
    for key in before {
        b = lowering.push_as(b, &key.value, Type::Text);
    }
    b = lowering.push_as(b, &last.value, Type::Text);
    b = before.iter().fold(b, |b, _| b.call("pair", 2));
    let program = lowering.build(b, at);
    let name = named(lowering, names, "keys", at)?;
    for (place, key) in keys.iter().enumerate() {
        let is_first = place + 1 < keys.len();
        let definition = Definition::Paired(name.clone(), place, is_first);
        rows.push((key.slot, definition));
    }
    Some(KeySpec {
        name,
        kind: PartKind::Text,
        required: false,
        program: program?,
    })
}

pub(super) fn named(
    lowering: &mut Lowering,
    names: &mut Names,
    wanted: &str,
    at: Span,
) -> Option<String> {
    let name = names.take(wanted);
    if name.is_none() {
        let message = format!("`{wanted}` is no name that a field of an alert can have");
        lowering.problem("field-name", at, message);
    }
    name
}

fn call(function: Function, parts: Vec<Expression>, kind: Kind, at: Span) -> Expression {
    let node = plan::Node::Call(function, parts);
    Expression { node, kind, at }
}

fn whole(number: i64, at: Span) -> Expression {
    let node = plan::Node::Literal(Value::Integer(number));
    let kind = Kind::Long;
    Expression { node, kind, at }
}

/// A column: its kind, and the program of what an event adds.
fn column(
    lowering: &mut Lowering,
    names: &mut Names,
    (column, keys): (&Column, &[Key]),
    name: &str,
) -> Option<ColumnSpec> {
    let at = { column.value.as_ref().or(column.filter.as_ref()) }
        .map(|value| value.at)
        .or(keys.first().map(|key| key.value.at))
        .unwrap_or_default();
    let rows = rows_of_event(lowering, column, keys, at);
    let kind = column.value.as_ref().map_or(Kind::Long, |value| value.kind);
    let single = match general(kind) {
        Some(Type::Integer) => Some(SingleKind::Integer),
        Some(Type::Number) => Some(SingleKind::Number),
        Some(Type::Text) => Some(SingleKind::Text),
        Some(Type::Boolean) => Some(SingleKind::Boolean),
        Some(Type::Time) => Some(SingleKind::Time),
        _ if is_sorted(column) => Some(SingleKind::Text),
        _ => None,
    };
    let counted = |value: &Expression| {
        let count = call(Function::MvCount, vec![value.clone()], Kind::Integer, at);
        call(
            Function::Coalesce,
            vec![count, whole(0, at)],
            Kind::Long,
            at,
        )
    };
    let sum = ColumnKind::Sum(SingleKind::Integer);
    let added = match (&column.value, rows) {
        (None, None) => whole(1, at),
        (None, Some(rows)) => rows,
        (Some(value), _) if column.function == Aggregate::Count => counted(value),
        (Some(value), _) => value.clone(),
    };
    let kind = match (column.function, single) {
        (Aggregate::Count, _) => match (&column.value, &column.filter, &added.node) {
            (None, None, plan::Node::Literal(_)) => ColumnKind::Count,
            _ => sum,
        },
        (Aggregate::CountDistinct, _) => ColumnKind::Distinct,
        (Aggregate::Values, _) => ColumnKind::Values,
        (Aggregate::Min, Some(single)) => ColumnKind::Min(single),
        (Aggregate::Max, Some(single)) => ColumnKind::Max(single),
        (Aggregate::Sum, Some(single @ (SingleKind::Integer | SingleKind::Number))) => {
            ColumnKind::Sum(single)
        }
        (Aggregate::Avg, Some(single @ (SingleKind::Integer | SingleKind::Number))) => {
            ColumnKind::Average(single)
        }
        (Aggregate::First | Aggregate::Last, Some(single)) if by_time(lowering, column) => {
            match column.function {
                Aggregate::First => ColumnKind::First(single),
                _ => ColumnKind::Last(single),
            }
        }
        (function, _) => {
            let message = format!("{function:?} of these values is not compiled here");
            lowering.problem("aggregate", at, message);
            return None;
        }
    };
    let wanted = match kind.single() {
        Some(SingleKind::Integer) => Type::Integer,
        Some(SingleKind::Number) => Type::Number,
        Some(SingleKind::Boolean) => Type::Boolean,
        Some(SingleKind::Time) => Type::Time,
        _ => Type::Text,
    };
    let program = match (kind, &column.filter) {
        (ColumnKind::Count, _) => None,
        (_, None) if is_sorted(column) => Some(lowering.sorted(&added)?),
        (_, None) => Some(lowering.program(&added, wanted)?),
        (_, Some(filter)) => {
            let mut parts = vec![filter.clone(), added.clone()];
            if column.function == Aggregate::Count {
                parts.push(whole(0, at));
            }
            let case = call(Function::Case, parts, added.kind, at);
            match is_sorted(column) {
                true => Some(lowering.sorted(&case)?),
                false => Some(lowering.program(&case, wanted)?),
            }
        }
    };
    let name = named(lowering, names, name, at)?;
    Some(ColumnSpec {
        name,
        kind,
        program,
        shown: false,
    })
}

/// Whether a column is the smallest or largest of addresses, which are kept as texts.
fn is_sorted(column: &Column) -> bool {
    let kind = column.value.as_ref().map(|value| value.kind);
    matches!(column.function, Aggregate::Min | Aggregate::Max) && kind == Some(Kind::Ip)
}

/// Makes fields of columns that are the time of a group's first or last event, where nothing else
/// reads them: a group keeps these times anyway.
fn times(plain: &[String], judged: &mut Judged) {
    let programs = having::programs(judged);
    let names: Vec<&str> = { programs.iter() }
        .flat_map(|program| program.fields().iter().map(|field| field.name.as_str()))
        .collect();
    let is_figure = |at: usize| {
        { judged.conditions.iter() }.any(|clause| {
            matches!(clause.figure, FigureSpec::Column(column) if usize::from(column) == at)
        })
    };
    let is_again = |at: usize| {
        { judged.fields.iter() }.any(
            |(_, field)| matches!(field, FieldSpec::Again(column) if usize::from(*column) == at),
        )
    };
    let mut fields = Vec::new();
    for (at, column) in judged.columns.iter().enumerate() {
        let field = match column.kind {
            ColumnKind::Min(SingleKind::Time) => FieldSpec::First,
            ColumnKind::Max(SingleKind::Time) => FieldSpec::Last,
            _ => continue,
        };
        let name = &column.name;
        if plain.contains(name)
            && !names.contains(&name.as_str())
            && !is_figure(at)
            && !is_again(at)
        {
            fields.push((at, name.clone(), field));
        }
    }
    drop(names);
    for (at, name, field) in fields {
        if let Some(column) = judged.columns.get_mut(at) {
            column.shown = false;
        }
        judged.fields.push((name, field));
    }
    having::keep_used(judged);
}

/// Whether a value is the time of the event.
fn is_time(lowering: &Lowering, value: &Expression) -> bool {
    { lowering.resolved(value).as_slot() }.is_some_and(
        |slot| matches!(lowering.definition(slot), Definition::Field(name) if name == "@timestamp"),
    )
}

/// Whether FIRST or LAST goes by the time of events.
fn by_time(lowering: &Lowering, column: &Column) -> bool {
    { column.by.as_ref() }.is_some_and(|by| is_time(lowering, by))
}

/// The number of rows that an event is in a group, where it is not one: of an expanded column that
/// is no key. Aggregates that would count otherwise are a problem.
fn rows_of_event(
    lowering: &mut Lowering,
    column: &Column,
    keys: &[Key],
    at: Span,
) -> Option<Expression> {
    let one = lowering.expanded.first().cloned()?;
    let is_key = |key: &Key| lowering.resolved_to(&key.value) == Some(one.slot);
    let is_grouped = keys.iter().any(is_key);
    let uses = |value: &Expression| mentions(lowering, value, one.slot);
    let odd_key = keys.iter().any(|key| uses(&key.value) && !is_key(key));
    let plain = |value: &Expression| lowering.resolved_to(value) == Some(one.slot);
    let value = column.value.as_ref();
    let odd_value = value.is_some_and(|value| uses(value) && (is_grouped || !plain(value)))
        || column.filter.as_ref().is_some_and(uses);
    let counts = matches!(column.function, Aggregate::Sum | Aggregate::Avg)
        || column.function == Aggregate::Count && value.is_some_and(|value| !plain(value))
        || column.filter.is_some() && value.is_none();
    if odd_key || odd_value || counts && !is_grouped {
        let message = "an aggregate over the rows of an expanded column, which is understood of \
            COUNT(*), and of VALUES, COUNT_DISTINCT, MIN and MAX";
        lowering.problem("mv-expand", at, message);
        return None;
    }
    if is_grouped {
        return None;
    }
    let count = call(
        Function::MvCount,
        vec![one.values.clone()],
        Kind::Integer,
        at,
    );
    let none = whole(i64::from(one.has_null), at);
    Some(call(Function::Coalesce, vec![count, none], Kind::Long, at))
}
