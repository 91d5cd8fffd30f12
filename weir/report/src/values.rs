//! The values of the columns of an alert's events.

use std::collections::BTreeSet;

use maud::{Markup, Render, html};

use super::clients::{Client, Clients};
use super::figures::{grouped, many, or_dash};
use super::labels::label;
use super::markup::{Table, joined, more};
use super::summary::EventSummary;
use super::tally::{Count, Tallies};
use super::text::Short;
use weir_host::contract::Rule;

/// Values of a column that are shown.
const ROWS: usize = 20;

/// The places and labels of the conditional counts that the events of an alert add to, in the order
/// of the rule.
pub(super) fn conditional(rule: &Rule, events: &EventSummary) -> Vec<(usize, String)> {
    let order = |name: &str| rule.columns.iter().position(|field| field.name == name);
    let mut names: Vec<_> = events.conditional.iter().enumerate().collect();
    names.sort_by_key(|(_, name)| order(name));
    let labelled = names.into_iter().map(|(at, name)| (at, label(rule, name)));
    labelled.collect()
}

/// The HTTP statuses of events that are calls.
pub(super) fn statuses(rule: &Rule, events: &EventSummary) -> Markup {
    let counts = conditional(rule, events);
    html! {
        @if events.answered {
            h4 { "Answers" }
            (values(("Status codes", "Status"), &counts, &events.statuses, |_| None))
        }
    }
}

/// The values of all other columns, with the names of known clients.
pub(super) fn columns(rule: &Rule, events: &EventSummary, clients: &Clients) -> Markup {
    let counts = conditional(rule, events);
    html! {
        @for (column, of) in &events.columns {
            @let caption = format!("Values of {}", Short::value(column));
            h4 { (label(rule, column)) }
            (values((&caption, "Value"), &counts, of, |value| clients.find(column, value)))
        }
    }
}

/// A table of the most frequent values, and notes on all others.
fn values<'c>(
    (caption, head): (&str, &str),
    counts: &[(usize, String)],
    of: &Tallies,
    known: impl Fn(&str) -> Option<&'c Client>,
) -> Markup {
    let ranked = of.inside.ranked();
    let shown = ranked.iter().take(ROWS);
    let shown: Vec<_> = shown
        .map(|(key, count)| (*key, *count, known(key.0.raw())))
        .collect();
    let any = shown.iter().any(|(.., client)| client.is_some());
    let clients = shown.iter().filter_map(|(.., client)| *client);
    let sources: BTreeSet<&str> = clients.map(|client| client.source.as_str()).collect();
    let table = if any {
        Table::stack(caption, &shown)
    } else {
        Table::plain(caption, &shown)
    };
    let table = table
        .text(head, |(key, ..)| key.0.render())
        .when(any, |table| {
            table.text("Known as", |(.., client)| {
                or_dash(client.map(|client| format!("{} ({})", client.name, client.kind)))
            })
        })
        .number("Events", |(_, count, _)| count.all)
        .each(counts, |table, (at, label)| {
            table.number(label, |(_, count, _)| count.conditional(*at))
        })
        .number("Events around", |(key, ..)| of.around.of(key).all);
    let around = of.around.ranked();
    let elsewhere = around
        .iter()
        .filter(|(key, _)| of.inside.of(key).all == 0)
        .count();
    html! {
        (table)
        (more(ranked.len() as u64, shown.len(), "values"))
        (others(counts, &of.inside.others))
        @if elsewhere > 0 {
            p.note {
                (many(elsewhere as u64, "value is", "values are")) " only in the windows around."
            }
        }
        @if !sources.is_empty() {
            p.note {
                "A client can send the id or the name of another: a name says which value was "
                "sent, not by what."
            }
            p.cut { "Names are from " (joined(sources, ", ")) }
        }
    }
}

/// A note on events with values for which there was no room.
fn others(counts: &[(usize, String)], others: &Count) -> Markup {
    html! {
        @if others.all > 0 {
            p.note {
                (many(others.all, "event", "events")) " with further values"
                @for (place, label) in counts {
                    "; " (label) ": " (grouped(others.conditional(*place)))
                }
                "."
            }
        }
    }
}
