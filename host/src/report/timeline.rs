//! The windows of a group before and after an alert.

use super::chart::{Bar, Line, chart};
use super::detail::{Detail, SIDE, Slot};
use super::html::Html;
use super::page::readable;
use super::section::drawn;
use super::table::Table;
use super::text::{figure, words};
use crate::contract::{Clause, Rule};
use crate::output::iso;

/// A bar under which the time stands.
const EVERY: usize = 5;
const DAY: i64 = 86_400_000;

/// A chart, and the same in a table.
pub(super) fn timeline(html: &mut Html, rule: &Rule, detail: &Detail) {
    html.raw("<h4>Before and after</h4>");
    let known = detail.slots.iter().filter_map(|slot| slot.verdict.as_ref());
    let Some((clauses, _)) = known.into_iter().next() else {
        html.raw("<p>The detector keeps no ledger of windows.</p>");
        return;
    };
    let (whole, part) = drawn(rule);
    let of = |slot: &Slot, name: Option<&str>| {
        let clauses = slot.verdict.as_ref().map(|(clauses, _)| clauses);
        let found = clauses
            .zip(name)
            .and_then(|(clauses, name)| clause(clauses, name));
        found.map_or(0.0, |clause| clause.value)
    };
    let length = detail.window.end.saturating_sub(detail.window.start);
    let bars: Vec<Bar> = detail
        .slots
        .iter()
        .enumerate()
        .map(|(at, slot)| Bar {
            whole: of(slot, whole),
            part: of(slot, part),
            label: (at % EVERY == 0).then(|| label(slot.start, length)),
            title: title(slot),
            marked: slot.start == detail.window.start,
        })
        .collect();
    let lines: Vec<Line> = [(whole, false), (part, true)]
        .into_iter()
        .filter_map(|(name, of_part)| {
            let clause = clause(clauses, name?)?;
            Some(Line {
                at: clause.threshold,
                label: format!("{} ≥ {}", words(&clause.name), figure(clause.threshold)),
                of_part,
            })
        })
        .collect();
    html.raw("<figure>");
    let name = format!("The {SIDE} windows before and after the alert’s, which is marked");
    chart(html, &name, &bars, &lines);
    html.raw("<figcaption>");
    legend(html, whole, part, &lines);
    html.raw("</figcaption><details><summary>The figures of this chart</summary>");
    figures(html, clauses, detail);
    html.raw("</details></figure>");
}

fn clause<'c>(clauses: &'c [Clause], name: &str) -> Option<&'c Clause> {
    clauses.iter().find(|clause| clause.name == name)
}

fn legend(html: &mut Html, whole: Option<&str>, part: Option<&str>, lines: &[Line]) {
    if let Some(part) = part {
        html.raw("<span class=\"swatch part\"></span> ");
        html.text(&words(part)).raw(", ");
        html.raw("<span class=\"swatch rest\"></span> the rest of ");
    } else {
        html.raw("<span class=\"swatch rest\"></span> ");
    }
    html.text(&words(whole.unwrap_or_default())).raw(". ");
    for line in lines {
        html.raw(if line.of_part {
            "Dotted line: "
        } else {
            "Dashed line: "
        });
        html.text(&line.label).raw(". ");
    }
    html.raw("Times are UTC.");
}

fn label(start: i64, length: i64) -> String {
    let iso = iso(start);
    let part = if length < DAY { 11..16 } else { 5..10 };
    iso.get(part).unwrap_or(&iso).to_owned()
}

fn title(slot: &Slot) -> String {
    let at = readable(&iso(slot.start));
    match &slot.verdict {
        None => format!("{at}: no calls"),
        Some((clauses, alerted)) => {
            let figures: Vec<String> = clauses
                .iter()
                .map(|clause| format!("{} {}", words(&clause.name), figure(clause.value)))
                .collect();
            let verdict = if *alerted { ", an alert" } else { "" };
            format!("{at}: {}{verdict}", figures.join(", "))
        }
    }
}

fn figures(html: &mut Html, clauses: &[Clause], detail: &Detail) {
    let least =
        |clause: &Clause| format!("{} (≥ {})", words(&clause.name), figure(clause.threshold));
    let columns: Vec<String> = clauses.iter().map(least).collect();
    let mut heads = vec!["Window"];
    heads.extend(columns.iter().map(String::as_str));
    heads.push("Alert");
    let mut table = Table::new(html, "The windows of this group", &heads, true);
    for slot in &detail.slots {
        let own = slot.start == detail.window.start;
        table.row(|html| {
            html.text(&readable(&iso(slot.start)));
            html.raw(if own { " (this alert)" } else { "" });
        });
        for known in clauses {
            let verdict = slot.verdict.as_ref();
            let found = verdict.and_then(|(clauses, _)| clause(clauses, &known.name));
            table.figure(&found.map_or_else(|| "0".to_owned(), |clause| figure(clause.value)));
        }
        let alerted = slot.verdict.as_ref().is_some_and(|(_, alerted)| *alerted);
        table.cell(|html| {
            html.raw(if alerted { "yes" } else { "no" });
        });
    }
    table.end();
}
