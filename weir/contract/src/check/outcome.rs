//! Checks of a batch's outcome, and of the events read in one.

use std::collections::HashSet;

use super::{Checked, Fault, count, each, ensure, key, names, said, shown, text, within, written};
use crate::Limits;
use crate::{Counters, Event, EventGroup, KeyPart, Outcome, RefusalKind, Selection, Table};

/// Bytes of reasons for each byte of a batch, besides `reasons_kib`: the shortest documents have
/// two bytes.
const REASONS: u64 = 128;

/// Most groups of an event, and columns of one.
const MOST_GROUPS: usize = 1 << 16;
const MOST_COLUMNS: usize = 10_000;
/// Most kinds of documents that documents are taken out of.
const MOST_KINDS: usize = 1000;
/// Longest word for a kind of thing, in bytes.
const LONGEST: usize = 1000;

/// Checks what became of the documents of a batch. The answer is the bytes of its reasons, about.
pub(super) fn check(outcome: &Outcome, batch: &[u8], limits: &Limits) -> Result<u64, Fault> {
    // A document has at least a byte of its own.
    let documents = outcome.documents();
    ensure(documents <= batch.len() as u64, "outcome", || {
        format!("{documents} documents in a batch of {} bytes", batch.len())
    })?;
    let kinds = [
        ("malformed", outcome.malformed, RefusalKind::Malformed),
        (
            "dropped-late",
            outcome.dropped_late,
            RefusalKind::DroppedLate,
        ),
        (
            "refused-future",
            outcome.refused_future,
            RefusalKind::RefusedFuture,
        ),
    ];
    for (name, counted, kind) in kinds {
        let refused = outcome.refused.iter().filter(|it| it.kind == kind).count() as u64;
        ensure(refused == counted, "outcome.refused", || {
            format!("{refused} documents are refused as {name} where {counted} are counted")
        })?;
    }
    if outcome.refused.is_empty() {
        return Ok(0);
    }
    refusals(outcome, batch, limits)
}

/// Checks that refusals are in order, apart, and inside the batch.
fn refusals(outcome: &Outcome, batch: &[u8], limits: &Limits) -> Result<u64, Fault> {
    let lines = memchr::memchr_iter(b'\n', batch).count() as u64;
    let (mut line, mut reached, mut reasons) = (0, 0, 0_u64);
    for (at, refusal) in outcome.refused.iter().enumerate() {
        let from = u64::from(refusal.offset);
        let to = from + u64::from(refusal.length);
        let fault = |why: &str| Fault::new(format!("outcome.refused[{at}]"), why);
        let why = match () {
            () if from == to => Some("is of no bytes"),
            () if to > batch.len() as u64 || u64::from(refusal.line) > lines => {
                Some("is outside of the batch")
            }
            () if from < reached || refusal.line < line => Some("is not behind the one before it"),
            () => None,
        };
        if let Some(why) = why {
            return Err(fault(why));
        }
        text(&refusal.reason, limits)?;
        (line, reached) = (refusal.line, to);
        reasons = reasons.saturating_add(written(&refusal.reason));
    }
    let limit = (limits.reasons_kib << 10).saturating_add(REASONS * batch.len() as u64);
    within("the reasons of a batch", reasons, limit, "reasons_kib")?;
    Ok(reasons)
}

/// Checks what is read in a batch but for the keys' form.
pub(super) fn events(
    events: &[Event],
    batch: &[u8],
    wanted: &[Selection],
    limits: &Limits,
) -> Checked {
    count("events", events.len(), batch.len())?;
    let mut reached = 0;
    for (at, event) in events.iter().enumerate() {
        let fault = |fault: Fault| fault.within(&format!("events[{at}]"));
        let end = u64::from(event.offset) + u64::from(event.length);
        ensure(
            end <= batch.len() as u64,
            "offset",
            || "is outside of the batch",
        )
        .map_err(fault)?;
        let in_order = event.offset >= reached;
        ensure(in_order, "offset", || "is before the event before it").map_err(fault)?;
        reached = event.offset;
        ensure(!event.groups.is_empty(), "groups", || "is in no group").map_err(fault)?;
        key::time("time", event.time).map_err(fault)?;
        count("groups", event.groups.len(), MOST_GROUPS).map_err(fault)?;
        let mut groups = event.groups.iter();
        let asked = groups.all(|group| wanted.iter().any(|one| asks_for(one, event.time, group)));
        ensure(asked, "groups", || "is an event that was not asked for").map_err(fault)?;
        if let Some(category) = &event.category {
            said("category", category, limits).map_err(fault)?;
            count("category", category.len(), LONGEST).map_err(fault)?;
        }
        // Its columns are the log's, under the log's names.
        count("columns", event.columns.len(), MOST_COLUMNS).map_err(fault)?;
        each(&event.columns, "columns", |column| {
            names::identifier("name", &column.name)?;
            key::read(&column.value, limits)
        })
        .map_err(fault)?;
        let columns = event.columns.iter().map(|column| column.name.as_str());
        names::apart("columns", columns).map_err(fault)?;
    }
    Ok(())
}

/// Whether a selection asks for what a group did at a time.
fn asks_for(selection: &Selection, time: i64, group: &EventGroup) -> bool {
    let same = |one: &KeyPart, other: &KeyPart| {
        let equal = match (&one.value, &other.value) {
            (None, None) => true,
            (Some(one), Some(other)) => key::same(one, other),
            _ => false,
        };
        one.name == other.name && equal
    };
    let mut parts = selection.key.iter();
    selection.rule == group.rule
        && (selection.window.start..selection.window.end).contains(&time)
        && parts.all(|part| group.key.iter().any(|own| same(part, own)))
}

/// Checks what it counts: each open rule once, in order.
pub(super) fn counters<'r>(
    counters: &Counters,
    open: impl Iterator<Item = &'r str>,
    tables: &[&Table],
) -> Checked {
    let told = counters.rules.iter().map(|rule| rule.rule.as_str());
    ensure(
        told.eq(open),
        "counters.rules",
        || "are not the open rules, each once in the order of `describe`",
    )?;
    count("counters.opened", counters.opened.len(), MOST_KINDS)?;
    let mut kinds = HashSet::new();
    for (kind, _) in &counters.opened {
        names::identifier("counters.opened", kind)?;
        let new = kinds.insert(kind);
        ensure(new, "counters.opened", || {
            format!("has {} twice", shown(kind))
        })?;
    }
    if let Some(watermark) = counters.watermark {
        key::near("counters.watermark", watermark)?;
    }
    let mut known = HashSet::new();
    for (name, _) in &counters.tables_missed {
        let is_one = tables.iter().any(|table| table.name == *name);
        ensure(
            is_one && known.insert(name),
            "counters.tables-missed",
            || "names a table that there is not, or twice",
        )?;
    }
    Ok(())
}
