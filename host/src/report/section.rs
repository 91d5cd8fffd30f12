//! One alert in detail.

use super::Report;
use super::alerts::Found;
use super::bins::length;
use super::detail::{Detail, SIDE};
use super::html::Html;
use super::labels::in_text;
use super::list::{anchor, key, state};
use super::over::multiple;
use super::page::time;
use super::table::Table;
use super::text::{Short, figure, grouped, many, times};
use super::{advice, events, timeline};
use crate::contract::{Aggregate, Clause, Comparison, Rule, TruncationKind};
use crate::ledger::Figure;

/// An alert, and what there is to say about it.
pub(super) struct Of<'r> {
    pub(super) report: &'r Report,
    /// Whether the page is of several rules.
    pub(super) several: bool,
    pub(super) rule: &'r Rule,
    pub(super) alert: &'r Found,
    pub(super) detail: &'r Detail,
}

impl Of<'_> {
    /// Its part of the page; it is the so-many-eth.
    pub(super) fn section(&self, html: &mut Html, number: usize) {
        let name = anchor(self.alert);
        html.open("section", &[("class", "alert"), ("aria-labelledby", &name)]);
        html.open("h3", &[("id", &name), ("tabindex", "-1")]);
        match self.several {
            true => html.text(&format!("Alert {number} of {}: ", self.rule.short_name)),
            false => html.text(&format!("Alert {number}: ")),
        };
        time(html, self.alert.window.start);
        html.raw("</h3><p class=\"group\">");
        key(html, &self.alert.key);
        if let Some(mean) = self.alert.over.mean {
            html.text(&format!(", {} the thresholds", times(mean)));
        }
        html.raw("</p><p class=\"reason\">");
        html.value(&self.alert.reason).raw("</p>");
        self.facts(html);
        self.figures(html);
        self.differences(html);
        events::categories(html, self.rule, self.detail);
        timeline::timeline(html, self.rule, self.detail);
        events::statuses(html, self.rule, self.detail);
        events::columns(html, self.rule, self.detail, &self.report.clients);
        advice::pivots(html, self.alert, self.detail);
        advice::response(html, self.alert);
        html.raw(
            "<p class=\"back\"><a href=\"#alerts\">Back to the list of alerts</a></p></section>\n",
        );
    }

    fn facts(&self, html: &mut Html) {
        let alert = self.alert;
        html.raw("<dl><div><dt>Window</dt><dd>");
        time(html, alert.window.start);
        html.raw(" to ");
        time(html, alert.window.end);
        html.raw("</dd></div><div><dt>First and last event</dt><dd>");
        time(html, alert.first_seen);
        html.raw(", ");
        time(html, alert.last_seen);
        html.raw("</dd></div><div><dt>State</dt><dd>");
        html.text(&format!("{}, revision {}", state(alert), alert.revision));
        html.raw("</dd></div><div><dt>Alert id</dt><dd><code>");
        html.value(&Short::value(&alert.id))
            .raw("</code></dd></div></dl>");
    }

    /// The row, and what was asked of it.
    fn figures(&self, html: &mut Html) {
        let own = self.detail.own();
        let judged = own.and_then(|slot| Some((slot, &slot.verdict.as_ref()?.clauses)));
        if let Some((slot, clauses)) = judged.filter(|(_, clauses)| !clauses.is_empty()) {
            html.raw("<h4>What made it an alert</h4>");
            let comparison = |name: &str| {
                let mut conditions = self.rule.conditions.iter();
                let found = conditions.find(|condition| condition.column == name);
                found.map_or(Comparison::AtLeast, |condition| condition.comparison)
            };
            let usual = |clause: &Clause| comparison(&clause.name) == Comparison::AtLeast;
            let minimums = clauses.iter().all(usual);
            let heads = match minimums {
                true => ["Figure", "Value", "At least", "Over by", "Multiple"],
                false => ["Figure", "Value", "Threshold", "Over by", "Multiple"],
            };
            let mut table = Table::new(html, "Figures and thresholds", &heads, false);
            for clause in clauses {
                let comparison = comparison(&clause.name);
                table.row(|html| {
                    html.text(&in_text(self.rule, &clause.name));
                });
                table.figure(&slot.text(clause));
                table.figure(&match minimums {
                    true => figure(clause.threshold),
                    false => format!("{} {}", comparison.words(), figure(clause.threshold)),
                });
                let of = Figure {
                    value: clause.value,
                    comparison,
                    threshold: clause.threshold,
                    estimate: false,
                };
                table.figure(&figure(of.distance()));
                let multiple = multiple(comparison, clause.value, clause.threshold);
                table.figure(&multiple.map_or_else(|| "–".to_owned(), times));
            }
            table.end();
        }
        html.raw("<details><summary>The alert’s row</summary>");
        let heads = ["Column", "Value"];
        let mut table = Table::new(html, "Columns of the alert", &heads, false);
        for column in &self.alert.columns {
            table.row(|html| {
                html.raw("<code>")
                    .value(&Short::value(&column.name))
                    .raw("</code>");
            });
            table.cell(|html| {
                if column.mark == Some(TruncationKind::Approximate) {
                    html.raw("about ");
                }
                for (at, value) in column.values.iter().enumerate() {
                    html.raw(if at > 0 { "<br>" } else { "" });
                    match self.figure_of(&column.name) {
                        Some(value) => html.text(&figure(value)),
                        None => html.value(value),
                    };
                }
                let more = column.count.saturating_sub(column.values.len());
                if more > 0 {
                    html.raw("<br>and ")
                        .text(&grouped(more as u64))
                        .raw(" more");
                }
                if column.mark == Some(TruncationKind::Capped) {
                    html.raw(" <span class=\"cut\">(cut by the detector)</span>");
                }
            });
        }
        table.end();
        html.raw("</details>");
    }

    /// The value of a column that is one of the rule's figures.
    fn figure_of(&self, column: &str) -> Option<f64> {
        let mut conditions = self.rule.conditions.iter();
        let at = conditions.position(|condition| condition.column == column)?;
        self.alert.over.figures.get(at).copied().flatten()
    }

    /// Says so where single events do not add up to the alert's own figures.
    fn differences(&self, html: &mut Html) {
        if self.detail.overflowed {
            html.raw("<p class=\"warning\">There are more paths or events than are told apart here: those below are a part.</p>");
        }
        let own = self.detail.own().and_then(|slot| slot.verdict.as_ref());
        let counted = own.zip(drawn(self.rule).0).and_then(|(verdict, name)| {
            let mut clauses = verdict.clauses.iter();
            let clause = clauses.find(|clause| clause.name == name)?;
            Some((in_text(self.rule, name), clause.value))
        });
        let read = self.detail.events.all;
        if let Some((name, counted)) = counted
            && (counted - read as f64).abs() >= 0.5
        {
            let text = format!(
                "The alert counts {} {name}; {} were found by reading its window again. Repetitions that count once there may be told apart here.",
                figure(counted),
                many(read, "event", "events")
            );
            html.element("p", &[("class", "warning")], &text);
        }
        let around = match self.detail.is_moment() {
            true => format!(
                "is what is nearest, {} in all",
                length(self.detail.around_length().into())
            ),
            false => format!("are the {} windows before and after", 2 * SIDE),
        };
        let around = format!(
            "What follows is of the {} of this alert; “around” {around}.",
            many(read, "event", "events")
        );
        html.element("p", &[("class", "note")], &around);
    }
}

/// The columns that a timeline draws: a whole, and a part of it.
pub(super) fn drawn(rule: &Rule) -> (Option<&str>, Option<&str>) {
    let ratio = rule
        .conditions
        .iter()
        .find_map(|condition| match &condition.aggregate {
            Aggregate::Ratio(ratio) => Some(ratio),
            _ => None,
        });
    if let Some(ratio) = ratio {
        return (Some(&ratio.denominator), Some(&ratio.numerator));
    }
    let mut counts = rule.conditions.iter();
    let count = counts.find(|condition| matches!(condition.aggregate, Aggregate::Count));
    (count.map(|condition| condition.column.as_str()), None)
}
