//! The timeline of an alert: the windows of its group before and after it.

use maud::{Markup, Render, html};

use super::bins::length;
use super::chart::{Bar, Line, chart, swatches, with_figures};
use super::detail::{Detail, SIDE, Slot};
use super::figures::figure;
use super::labels::in_text;
use super::markup::{Table, readable};
use super::series::drawn;
use weir_common::time::iso;
use weir_host::contract::{Clause, Judgement, Rule};

/// Distance of the bars that have their time under them.
const EVERY: usize = 5;
/// In milliseconds.
const DAY: i64 = 86_400_000;

/// A chart of the drawn columns, and all figures in a table.
pub(super) fn timeline(rule: &Rule, detail: &Detail) -> Markup {
    let mut known = detail.slots.iter().filter(|slot| slot.verdict.is_some());
    let Some(first) = known.next() else {
        let tumbling = matches!(rule.judgement, Judgement::Tumbling(_));
        return html! {
            @if tumbling { p { "The detector keeps no ledger of windows." } }
        };
    };
    let (whole, part) = drawn(rule);
    let line = |name: Option<&str>, of_part: bool| {
        let clause = first.clause(name?)?;
        let threshold = figure(clause.threshold);
        Some(Line {
            at: clause.threshold,
            label: format!("{} ≥ {threshold}", in_text(rule, &clause.name)),
            of_part,
        })
    };
    let lines: Vec<Line> = [line(whole, false), line(part, true)]
        .into_iter()
        .flatten()
        .collect();
    let whole_name = in_text(rule, whole.unwrap_or_default());
    let part_name = part.map(|part| in_text(rule, part));
    let caption = html! {
        (swatches(&whole_name, part_name.as_deref()))
        span.swatch.mark {} " the window of this alert. "
        @for line in &lines {
            @if line.of_part { "Dotted" } @else { "Dashed" }
            " line: " (line.label) ". "
        }
        "Times are UTC."
    };
    let window = detail.window.end.saturating_sub(detail.window.start);
    let value = |slot: &Slot, name: Option<&str>| {
        let clause = name.and_then(|name| slot.clause(name));
        clause.map_or(0.0, |clause| clause.value)
    };
    let bars = detail.slots.iter().enumerate().map(|(at, slot)| Bar {
        whole: value(slot, whole),
        part: value(slot, part),
        label: (at % EVERY == 0).then(|| label(slot.start, window)),
        title: title(rule, slot),
        marked: slot.start == detail.window.start,
    });
    let name = format!("The {SIDE} windows before and after the alert’s, which is marked");
    let unit = format!("{whole_name} in {}", length(window.into()));
    let chart = chart(&name, &unit, &bars.collect::<Vec<_>>(), &lines);
    let clauses = first
        .verdict
        .as_ref()
        .map_or(&[][..], |verdict| &verdict.clauses);
    html! {
        h4 { "Before and after" }
        (with_figures(chart, caption, windows(rule, clauses, detail)))
    }
}

/// The time under a bar.
fn label(start: i64, window: i64) -> String {
    let iso = iso(start);
    let part = if window < DAY { 11..16 } else { 5..10 };
    iso.get(part).unwrap_or(&iso).to_owned()
}

/// A window in words.
fn title(rule: &Rule, slot: &Slot) -> String {
    let at = readable(&iso(slot.start));
    let Some(verdict) = &slot.verdict else {
        return format!("{at}: no events");
    };
    let clauses = verdict.clauses.iter();
    let figures =
        clauses.map(|clause| format!("{} {}", in_text(rule, &clause.name), slot.text(clause)));
    let figures: Vec<String> = figures.collect();
    let alert = if verdict.alerted { ", an alert" } else { "" };
    format!("{at}: {}{alert}", figures.join(", "))
}

/// A row for each window.
fn windows(rule: &Rule, clauses: &[Clause], detail: &Detail) -> Markup {
    let own = |slot: &Slot| slot.start == detail.window.start;
    let alerted = |slot: &Slot| slot.verdict.as_ref().is_some_and(|verdict| verdict.alerted);
    Table::stack("The windows of this group", &detail.slots)
        .text("Window", |slot| {
            html! { (readable(&iso(slot.start))) @if own(slot) { " (this alert)" } }
        })
        .each(clauses, |table, known| {
            let name = in_text(rule, &known.name);
            table.figure(format!("{name} (≥ {})", figure(known.threshold)), |slot| {
                let found = slot.clause(&known.name).map(|clause| slot.text(clause));
                found.unwrap_or_else(|| "0".to_owned())
            })
        })
        .text("Alert", |slot| if alerted(slot) { "yes" } else { "no" })
        .render()
}
