//! The alerts of a rule: a card for each identity, a chart over time, and a row for each alert.

use maud::{Markup, html};

use super::alerts::{Alerts, ShownAlert, texts};
use super::clients::Clients;
use super::figures::{grouped, or_dash, times};
use super::first_pass::FirstPass;
use super::labels::label;
use super::markup::{Table, joined, more, time};
use super::second_pass::RuleContext;
use super::section::Section;
use super::text::Short;
use super::{identities, overtime};
use weir_host::contract::{KeyPart, Phase, Rule};

/// Columns in the row of an alert whose rule has no figures.
const COLUMNS: usize = 6;

/// The alerts of one rule.
pub(super) struct List<'r> {
    pub(super) rule: &'r Rule,
    pub(super) alerts: &'r Alerts,
    pub(super) context: &'r RuleContext,
    /// Whether the page is of several rules.
    pub(super) several: bool,
}

/// The number of alerts of each of several rules.
pub(super) fn by_rule(first: &FirstPass<'_>) -> Markup {
    let rules = first.rules.iter().map(|of| (of.rule, of.alerts.count()));
    let table = Table::stack("Alerts by rule", rules)
        .text("Rule", |(rule, _)| {
            html! { a href={ "#" (heading(rule)) } { (Short::value(&rule.name)) } }
        })
        .text("Severity", |(rule, _)| rule.severity.name())
        .number("Risk score", |(rule, _)| rule.risk_score.into())
        .number("Alerts", |(_, alerts)| *alerts);
    html! {
        section aria-labelledby="alerts" {
            h2 #alerts tabindex="-1" { "Alerts" }
            (table)
        }
    }
}

/// The anchor of a rule's part of the page.
fn heading(rule: &Rule) -> String {
    // The short name was checked to be letters, digits and hyphens.
    format!("alerts-{}", rule.short_name)
}

impl List<'_> {
    /// The sections of the alerts that are shown in detail.
    pub(super) fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        let alerts = self.alerts.detailed().zip(&self.context.details);
        alerts.zip(1..).map(|((alert, detail), number)| Section {
            list: self,
            number,
            alert,
            detail,
        })
    }

    /// This part of the page.
    pub(super) fn section(&self, clients: &Clients) -> Markup {
        let (rule, alerts) = (self.rule, self.alerts);
        let (name, title) = match self.several {
            true => (heading(rule), Short::value(&rule.name)),
            false => ("alerts".to_owned(), Short::value("Alerts")),
        };
        html! {
            section aria-labelledby=(name) {
                h2 id=(name) tabindex="-1" { (title) }
                @if alerts.count() == 0 {
                    p { "There are none." }
                } @else {
                    p {
                        "All of them are of severity " strong { (rule.severity.name()) }
                        ", risk score " (rule.risk_score) " of 100."
                    }
                    (identities::identities(self, clients))
                    (overtime::over_time(rule, alerts, self.context))
                    h3 { "One by one" }
                    (self.rows())
                    (more(alerts.count(), alerts.listed().len(), "alerts, which are not listed"))
                }
            }
        }
    }

    /// The table of all alerts.
    fn rows(&self) -> Markup {
        let (rule, alerts) = (self.rule, self.alerts);
        let judged = !rule.conditions.is_empty();
        let caption = match judged {
            true => "All alerts, those furthest above the thresholds first; times are UTC",
            false => "All alerts, in the order of their times, which are UTC",
        };
        let detailed = alerts.detailed().len();
        let conditions = rule.conditions.iter().enumerate();
        let columns = rule.columns.iter().take(if judged { 0 } else { COLUMNS });
        let table = Table::stack(caption, alerts.listed().enumerate())
            .text("Alert", |(at, alert)| {
                link(alert, *at < detailed, html! { (grouped(*at as u64 + 1)) })
            })
            .text("Window", |(_, alert)| time(alert.window.start))
            .text("Group", |(_, alert)| key(&alert.key))
            .each(conditions, |table, (at, condition)| {
                let head = label(rule, &condition.column);
                table.figure(head, move |(_, alert)| or_dash(alert.margin.text(at)))
            })
            .each(columns, |table, field| {
                let head = label(rule, &field.name);
                table.text(head, |(_, alert)| column(alert, &field.name))
            })
            .when(judged, |table| {
                table.figure("How far over", |(_, alert)| {
                    or_dash(alert.margin.mean.map(times))
                })
            })
            .text("State", |(_, alert)| state(alert));
        html! {
            @if judged {
                p.note {
                    "In the order of how far they lie above the thresholds: the geometric mean of "
                    "each figure divided by its threshold. “2.0 ×” says: on average twice what it "
                    "takes."
                }
            }
            (table)
            @if detailed < alerts.listed().len() {
                p.note {
                    "The first " (grouped(detailed as u64)) " are shown in detail below; "
                    code { "--max-alerts" } " asks for more."
                }
            }
        }
    }
}

/// The values of an alert's column, as far as they are shown.
fn column(alert: &ShownAlert, name: &str) -> Markup {
    let mut columns = alert.columns.iter();
    let Some(column) = columns.find(|column| column.name.raw() == name) else {
        return html! { "–" };
    };
    let more = column.count.saturating_sub(column.values.len());
    html! {
        (joined(&column.values, ", "))
        @if more > 0 { " and " (grouped(more as u64)) " more" }
    }
}

/// The anchor of an alert's part of the page.
pub(super) fn anchor(alert: &ShownAlert) -> String {
    format!("alert-{}", alert.id)
}

/// A link to an alert, where it has a part of the page.
pub(super) fn link(alert: &ShownAlert, is_detailed: bool, content: Markup) -> Markup {
    html! {
        @if is_detailed { a href={ "#" (anchor(alert)) } { (content) } } @else { (content) }
    }
}

/// Whether late events changed the alert, and whether its figures may fall short.
pub(super) fn state(alert: &ShownAlert) -> &'static str {
    match (alert.phase, alert.complete) {
        (Phase::Late, true) => "changed by late events",
        (Phase::Late, false) => "changed by late events, incomplete",
        (_, true) => "on time",
        (_, false) => "incomplete",
    }
}

/// A group, or a part of its key.
pub(super) fn key(key: &[KeyPart]) -> Markup {
    let parts = key.iter().map(|part| {
        html! {
            span.name { (Short::value(&part.name).to_string()) } " "
            @match &part.value {
                Some(value) => strong { (Short::value(&texts(value).join(", "))) },
                None => em { "none" },
            }
        }
    });
    joined(parts, ", ")
}
