//! One alert in detail.

use super::Report;
use super::alerts::Found;
use super::detail::{Detail, SIDE};
use super::html::Html;
use super::list::{anchor, key, state};
use super::page::time;
use super::table::Table;
use super::text::{Short, figure, grouped, many, words};
use super::{advice, calls, timeline};
use crate::contract::{Aggregate, Rule, TruncationKind};

/// An alert, and what there is to say about it.
pub(super) struct Of<'r> {
    pub(super) report: &'r Report,
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
        html.text(&format!("Alert {number}: "));
        time(html, self.alert.window.start);
        html.raw("</h3><p class=\"group\">");
        key(html, &self.alert.key);
        html.raw("</p><p class=\"reason\">");
        html.value(&self.alert.reason).raw("</p>");
        self.facts(html);
        self.figures(html);
        timeline::timeline(html, self.rule, self.detail);
        self.differences(html);
        calls::categories(html, self.detail);
        calls::statuses(html, self.detail);
        calls::columns(html, self.detail, &self.report.clients);
        advice::pivots(html, self.alert);
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
        html.raw("</dd></div><div><dt>First and last call</dt><dd>");
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
        let own = self.detail.own().and_then(|slot| slot.verdict.as_ref());
        let clauses = own.map_or(&[][..], |(clauses, _)| clauses);
        if !clauses.is_empty() {
            html.raw("<h4>What made it an alert</h4>");
            let heads = ["Figure", "Value", "At least", "Over by"];
            let mut table = Table::new(html, "Figures and thresholds", &heads, false);
            for clause in clauses {
                table.row(|html| {
                    html.text(&words(&clause.name));
                });
                table.figure(&figure(clause.value));
                table.figure(&figure(clause.threshold));
                table.figure(&figure(clause.distance));
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
                for (at, value) in column.values.iter().enumerate() {
                    html.raw(if at > 0 { "<br>" } else { "" }).value(value);
                }
                let more = column.count.saturating_sub(column.values.len());
                if more > 0 {
                    html.raw("<br>and ")
                        .text(&grouped(more as u64))
                        .raw(" more");
                }
                html.raw(match column.mark {
                    Some(TruncationKind::Capped) => {
                        " <span class=\"cut\">(cut by the detector)</span>"
                    }
                    Some(TruncationKind::Approximate) => {
                        " <span class=\"cut\">(an estimate)</span>"
                    }
                    None => "",
                });
            });
        }
        table.end();
        html.raw("</details>");
    }

    /// Says so where single calls do not add up to the alert's own figures.
    fn differences(&self, html: &mut Html) {
        if self.detail.overflowed {
            html.raw("<p class=\"warning\">There are more paths or calls than are told apart here: those below are a part.</p>");
        }
        let own = self.detail.own().and_then(|slot| slot.verdict.as_ref());
        let counted = own
            .zip(drawn(self.rule).0)
            .and_then(|((clauses, _), name)| {
                let mut clauses = clauses.iter();
                clauses
                    .find(|clause| clause.name == name)
                    .map(|clause| clause.value)
            });
        let read = self.detail.calls.all;
        if let Some(counted) = counted
            && (counted - read as f64).abs() >= 0.5
        {
            let text = format!(
                "The alert counts {} calls; {} were found by reading its window again. Repetitions that count once there may be told apart here.",
                figure(counted),
                grouped(read)
            );
            html.element("p", &[("class", "warning")], &text);
        }
        let around = format!(
            "What follows is of the {} of this alert; “around” are the {} windows before and after.",
            many(read, "call", "calls"),
            2 * SIDE
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
