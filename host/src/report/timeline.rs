//! The windows of a group before and after an alert.

use super::chart::{Bar, Line, chart};
use super::detail::{Detail, SIDE, Slot};
use super::html::Html;
use super::labels::in_text;
use super::page::readable;
use super::section::drawn;
use super::table::Table;
use super::text::figure;
use crate::contract::{Clause, Judgement, Rule};
use crate::output::iso;

/// A bar under which the time stands.
const EVERY: usize = 5;
const DAY: i64 = 86_400_000;

/// A chart, and the same in a table.
pub(super) fn timeline(html: &mut Html, rule: &Rule, detail: &Detail) {
    let known = detail.slots.iter().filter_map(|slot| slot.verdict.as_ref());
    let Some(first) = known.into_iter().next() else {
        if matches!(rule.judgement, Judgement::Tumbling(_)) {
            html.raw("<p>The detector keeps no ledger of windows.</p>");
        }
        return;
    };
    html.raw("<h4>Before and after</h4>");
    let clauses = &first.clauses;
    let (whole, part) = drawn(rule);
    let of = |slot: &Slot, name: Option<&str>| {
        let verdict = slot.verdict.as_ref();
        let found = verdict
            .zip(name)
            .and_then(|(verdict, name)| clause(&verdict.clauses, name));
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
            title: title(rule, slot),
            marked: slot.start == detail.window.start,
        })
        .collect();
    let lines: Vec<Line> = [(whole, false), (part, true)]
        .into_iter()
        .filter_map(|(name, of_part)| {
            let clause = clause(clauses, name?)?;
            Some(Line {
                at: clause.threshold,
                label: format!(
                    "{} ≥ {}",
                    in_text(rule, &clause.name),
                    figure(clause.threshold)
                ),
                of_part,
            })
        })
        .collect();
    html.raw("<figure>");
    let name = format!("The {SIDE} windows before and after the alert’s, which is marked");
    let unit = format!(
        "{} in {}",
        in_text(rule, whole.unwrap_or_default()),
        super::bins::length(length.into())
    );
    chart(html, &name, &unit, &bars, &lines);
    html.raw("<figcaption>");
    legend(html, rule, whole, part, &lines);
    html.raw("</figcaption><details><summary>The figures of this chart</summary>");
    figures(html, rule, clauses, detail);
    html.raw("</details></figure>");
}

fn clause<'c>(clauses: &'c [Clause], name: &str) -> Option<&'c Clause> {
    clauses.iter().find(|clause| clause.name == name)
}

/// What the colours of a bar are.
pub(super) fn swatches(html: &mut Html, rule: &Rule, whole: &str, part: Option<&str>) {
    match part {
        Some(part) => {
            html.raw("<span class=\"swatch part\"></span> ");
            html.text(&in_text(rule, part));
            html.raw(", <span class=\"swatch rest\"></span> the rest of ")
        }
        None => html.raw("<span class=\"swatch rest\"></span> "),
    };
    html.text(&in_text(rule, whole)).raw(". ");
}

fn legend(html: &mut Html, rule: &Rule, whole: Option<&str>, part: Option<&str>, lines: &[Line]) {
    swatches(html, rule, whole.unwrap_or_default(), part);
    html.raw("<span class=\"swatch mark\"></span> the window of this alert. ");
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

fn title(rule: &Rule, slot: &Slot) -> String {
    let at = readable(&iso(slot.start));
    match &slot.verdict {
        None => format!("{at}: no events"),
        Some(verdict) => {
            let clauses = verdict.clauses.iter();
            let figures: Vec<String> = clauses
                .map(|clause| format!("{} {}", in_text(rule, &clause.name), slot.text(clause)))
                .collect();
            let verdict = if verdict.alerted { ", an alert" } else { "" };
            format!("{at}: {}{verdict}", figures.join(", "))
        }
    }
}

fn figures(html: &mut Html, rule: &Rule, clauses: &[Clause], detail: &Detail) {
    let least = |clause: &Clause| {
        format!(
            "{} (≥ {})",
            in_text(rule, &clause.name),
            figure(clause.threshold)
        )
    };
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
            let found = verdict.and_then(|verdict| clause(&verdict.clauses, &known.name));
            table.figure(&found.map_or_else(|| "0".to_owned(), |clause| slot.text(clause)));
        }
        let alerted = slot.verdict.as_ref().is_some_and(|verdict| verdict.alerted);
        table.cell(|html| {
            html.raw(if alerted { "yes" } else { "no" });
        });
    }
    table.end();
}
