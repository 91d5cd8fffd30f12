//! The section of one alert in detail.

use maud::{Markup, Render, html};

use super::alerts::{ShownAlert, ShownColumn};
use super::bins::length;
use super::clients::Clients;
use super::detail::{Detail, SIDE};
use super::figures::{figure, grouped, many, or_dash, times};
use super::labels::in_text;
use super::list::{List, anchor, key, state};
use super::margin::multiple;
use super::markup::{Table, joined, time};
use super::series::drawn;
use super::text::Short;
use super::{advice, events, timeline, values};
use weir_host::contract::{Clause, Comparison, TruncationKind};

/// One alert and its context.
pub(super) struct Section<'r> {
    pub(super) list: &'r List<'r>,
    /// Number in the list, from 1.
    pub(super) number: usize,
    pub(super) alert: &'r ShownAlert,
    pub(super) detail: &'r Detail,
}

impl Section<'_> {
    /// This part of the page.
    pub(super) fn show(&self, clients: &Clients) -> Markup {
        let (rule, alert, detail) = (self.list.rule, self.alert, self.detail);
        let name = anchor(alert);
        html! {
            section.alert aria-labelledby=(name) {
                h3 id=(name) tabindex="-1" {
                    "Alert " (self.number)
                    @if self.list.several { " of " (rule.short_name) }
                    ": " (time(alert.window.start))
                }
                p.group {
                    (key(&alert.key))
                    @if let Some(mean) = alert.margin.mean { ", " (times(mean)) " the thresholds" }
                }
                p.reason { (alert.reason) }
                (self.facts())
                (self.figures())
                (self.row())
                (self.differences())
                (events::categories(rule, &detail.events))
                (timeline::timeline(rule, detail))
                (values::statuses(rule, &detail.events))
                (values::columns(rule, &detail.events, clients))
                (advice::queries(alert, &detail.events))
                (advice::response(alert))
                p.back { a href="#alerts" { "Back to the list of alerts" } }
            }
        }
    }

    fn facts(&self) -> Markup {
        let alert = self.alert;
        html! {
            dl {
                div {
                    dt { "Window" }
                    dd { (time(alert.window.start)) " to " (time(alert.window.end)) }
                }
                div {
                    dt { "First and last event" }
                    dd { (time(alert.first_seen)) ", " (time(alert.last_seen)) }
                }
                div { dt { "State" } dd { (state(alert)) ", revision " (alert.revision) } }
                div { dt { "Alert id" } dd { code { (Short::value(&alert.id)) } } }
            }
        }
    }

    /// The figures beside the thresholds.
    fn figures(&self) -> Markup {
        let own = self.detail.own();
        let own = own.and_then(|slot| Some((slot, &slot.verdict.as_ref()?.clauses)));
        let Some((slot, clauses)) = own.filter(|(_, clauses)| !clauses.is_empty()) else {
            return Markup::default();
        };
        let comparison = |clause: &Clause| {
            let mut conditions = self.list.rule.conditions.iter();
            let found = conditions.find(|condition| condition.column == clause.name);
            found.map_or(Comparison::AtLeast, |condition| condition.comparison)
        };
        let minimums = clauses
            .iter()
            .all(|clause| comparison(clause) == Comparison::AtLeast);
        let threshold = |clause: &Clause| match minimums {
            true => figure(clause.threshold),
            false => format!(
                "{} {}",
                comparison(clause).words(),
                figure(clause.threshold)
            ),
        };
        let table = Table::plain("Figures and thresholds", clauses)
            .text("Figure", |clause| in_text(self.list.rule, &clause.name))
            .figure("Value", |clause| slot.text(clause))
            .figure(if minimums { "At least" } else { "Threshold" }, |clause| {
                threshold(clause)
            })
            .figure("Over by", |clause| figure(clause.value - clause.threshold))
            .figure("Multiple", |clause| {
                let multiple = multiple(comparison(clause), clause.value, clause.threshold);
                or_dash(multiple.map(times))
            });
        html! {
            h4 { "What made it an alert" }
            (table)
        }
    }

    /// All columns of the alert.
    fn row(&self) -> Markup {
        let table = Table::plain("Columns of the alert", &self.alert.columns)
            .text("Column", |column| html! { code { (column.name) } })
            .text("Value", |column| self.column(column));
        html! { details { summary { "The alert’s row" } (table) } }
    }

    /// The values of a column. A figure of the rule is formatted as one.
    fn column(&self, column: &ShownColumn) -> Markup {
        let mut conditions = self.list.rule.conditions.iter();
        let condition = conditions.position(|condition| condition.column == column.name.raw());
        let own = condition.and_then(|condition| self.alert.margin.figure(condition));
        let values = column.values.iter().map(|value| match own {
            Some((own, _)) => figure(own).render(),
            None => value.render(),
        });
        let more = column.count.saturating_sub(column.values.len());
        html! {
            @if column.mark == Some(TruncationKind::Approximate) { "about " }
            (joined(values, html! { br; }))
            @if more > 0 { br; "and " (grouped(more as u64)) " more" }
            @if column.mark == Some(TruncationKind::Capped) {
                " " span.cut { "(cut by the detector)" }
            }
        }
    }

    /// Notes on events that do not add up to the alert's own figures, and on the windows around.
    fn differences(&self) -> Markup {
        let (rule, detail) = (self.list.rule, self.detail);
        let read = detail.events.count.all;
        let events = many(read, "event", "events");
        let counted = drawn(rule).0.and_then(|name| detail.own()?.clause(name));
        let differs = |clause: &&Clause| (clause.value - read as f64).abs() >= 0.5;
        html! {
            @if detail.events.overflowed {
                p.warning {
                    "There are more paths or events than are told apart here: those below are a "
                    "part."
                }
            }
            @if let Some(clause) = counted.filter(differs) {
                p.warning {
                    "The alert counts " (figure(clause.value)) " " (in_text(rule, &clause.name))
                    "; " (events) " were found by reading its window again. Repetitions that count "
                    "once there may be told apart here."
                }
            }
            p.note {
                "What follows is of the " (events) " of this alert; “around” "
                @if detail.is_moment() {
                    "is what is nearest, " (length(detail.around_length().into())) " in all."
                } @else {
                    "are the " (2 * SIDE) " windows before and after."
                }
            }
        }
    }
}
