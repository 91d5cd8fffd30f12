//! The alerts of a rule: an overview of each value of its key, when they were, and a row for each.

use super::Report;
use super::alerts::{Alerts, Found};
use super::around::OfRule;
use super::clients::Clients;
use super::first::First;
use super::html::Html;
use super::labels::label;
use super::overview::{more, severity};
use super::page::time;
use super::table::Table;
use super::text::{Short, grouped, times};
use super::{identities, overtime};
use crate::contract::{KeyPart, Phase, Rule};

/// Columns in the row of an alert whose rule has no figures.
const COLUMNS: usize = 6;

/// The alerts of one rule.
pub(super) struct List<'r> {
    pub(super) rule: &'r Rule,
    pub(super) alerts: &'r Alerts,
    pub(super) around: &'r OfRule,
    /// Whether the page is of several rules.
    pub(super) several: bool,
}

/// How many alerts each rule has, where there are several.
pub(super) fn by_rule(html: &mut Html, report: &Report, first: &First) {
    html.raw("<section aria-labelledby=\"alerts\"><h2 id=\"alerts\" tabindex=\"-1\">Alerts</h2>");
    let heads = ["Rule", "Severity", "Risk score", "Alerts"];
    let mut table = Table::new(html, "Alerts by rule", &heads, true);
    for (chosen, found) in report.rules.iter().zip(&first.alerts) {
        let rule = &chosen.rule;
        table.row(|html| {
            html.open("a", &[("href", &format!("#{}", heading(rule)))]);
            html.value(&Short::value(&rule.name)).raw("</a>");
        });
        table.cell(|html| {
            html.text(severity(rule.severity));
        });
        table.number(rule.risk_score.into());
        table.number(found.alerts.count());
    }
    table.end();
    html.raw("</section>\n");
}

/// The name of a rule's part of the page.
fn heading(rule: &Rule) -> String {
    // The short name was checked to be letters, digits and hyphens.
    format!("alerts-{}", rule.short_name)
}

impl List<'_> {
    /// The overview, a chart over time, and the list.
    pub(super) fn show(&self, html: &mut Html, clients: &Clients) {
        let Self {
            rule,
            alerts,
            around,
            several,
        } = *self;
        let (name, title) = match several {
            true => (heading(rule), Short::value(&rule.name)),
            false => ("alerts".to_owned(), Short::value("Alerts")),
        };
        html.open("section", &[("aria-labelledby", &name)]);
        html.open("h2", &[("id", &name), ("tabindex", "-1")]);
        html.value(&title).raw("</h2>");
        if alerts.count() == 0 {
            html.raw("<p>There are none.</p></section>\n");
            return;
        }
        html.raw("<p>All of them are of severity <strong>");
        html.text(severity(rule.severity))
            .raw("</strong>, risk score ");
        html.text(&rule.risk_score.to_string()).raw(" of 100.</p>");
        identities::identities(html, rule, alerts, around, clients);
        overtime::over_time(html, rule, alerts, around);
        html.raw("<h3>One by one</h3>");
        self.rows(html);
        more(
            html,
            alerts.count(),
            alerts.listed().len(),
            "alerts, which are not listed",
        );
        html.raw("</section>\n");
    }

    fn rows(&self, html: &mut Html) {
        let (rule, alerts) = (self.rule, self.alerts);
        let detailed = alerts.detailed().len();
        let judged = !rule.conditions.is_empty();
        let shown = shown(rule);
        let names: Vec<String> = shown.iter().map(|name| label(rule, name)).collect();
        let mut heads = vec!["Alert", "Window", "Group"];
        heads.extend(names.iter().map(String::as_str));
        if judged {
            heads.push("How far over");
            html.raw(ORDER);
        }
        heads.push("State");
        let caption = match judged {
            true => "All alerts, those furthest above the thresholds first; times are UTC",
            false => "All alerts, in the order of their times, which are UTC",
        };
        let mut table = Table::new(html, caption, &heads, true);
        for (at, alert) in alerts.listed().enumerate() {
            let number = grouped(at as u64 + 1);
            table.row(|html| {
                if at < detailed {
                    html.open("a", &[("href", &format!("#{}", anchor(alert)))]);
                    html.text(&number).raw("</a>");
                } else {
                    html.text(&number);
                }
            });
            table.cell(|html| time(html, alert.window.start));
            table.cell(|html| key(html, &alert.key));
            if judged {
                for condition in 0..alert.over.figures.len() {
                    let text = alert.over.text(condition);
                    table.figure(&text.unwrap_or_else(|| "–".to_owned()));
                }
                table.figure(&alert.over.mean.map_or_else(|| "–".to_owned(), times));
            } else {
                for name in &shown {
                    table.cell(|html| column(html, alert, name));
                }
            }
            table.cell(|html| {
                html.text(state(alert));
            });
        }
        table.end();
        if detailed < alerts.listed().len() {
            html.raw("<p class=\"note\">The first ");
            html.text(&grouped(detailed as u64));
            html.raw(" are shown in detail below; <code>--max-alerts</code> asks for more.</p>");
        }
    }
}

/// What the order of the list is.
const ORDER: &str = "<p class=\"note\">In the order of how far they lie above the thresholds: the geometric mean of each figure divided by its threshold. “2.0 ×” says: on average twice what it takes.</p>";

/// The columns that a row shows: the rule's figures, or else its first columns.
fn shown(rule: &Rule) -> Vec<&str> {
    let figures = rule.conditions.iter().map(|one| one.column.as_str());
    let columns = rule.columns.iter().map(|field| field.name.as_str());
    match rule.conditions.is_empty() {
        true => columns.take(COLUMNS).collect(),
        false => figures.collect(),
    }
}

/// The values of an alert's column, as far as they are shown.
fn column(html: &mut Html, alert: &Found, name: &str) {
    let found = alert.columns.iter().find(|column| column.name == name);
    let Some(column) = found else {
        html.raw("–");
        return;
    };
    for (at, value) in column.values.iter().enumerate() {
        html.raw(if at > 0 { ", " } else { "" }).value(value);
    }
    let more = column.count.saturating_sub(column.values.len());
    if more > 0 {
        html.text(&format!(" and {} more", grouped(more as u64)));
    }
}

/// The name of an alert's part of the page.
pub(super) fn anchor(alert: &Found) -> String {
    // The id was checked to be hexadecimal.
    format!("alert-{}", alert.id)
}

/// Whether a late event changed it, and whether its figures may fall short.
pub(super) fn state(alert: &Found) -> &'static str {
    match (alert.phase, alert.complete) {
        (Phase::Late, true) => "changed by late events",
        (Phase::Late, false) => "changed by late events, incomplete",
        (_, true) => "on time",
        (_, false) => "incomplete",
    }
}

/// A group, or a part of its key.
pub(super) fn key(html: &mut Html, key: &[KeyPart]) {
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            html.raw(", ");
        }
        html.element("span", &[("class", "name")], &Short::value(&part.name).text);
        html.raw(" ");
        match &part.value {
            Some(value) => {
                let text = super::alerts::texts(value).join(", ");
                html.raw("<strong>")
                    .value(&Short::value(&text))
                    .raw("</strong>")
            }
            None => html.raw("<em>none</em>"),
        };
    }
}
