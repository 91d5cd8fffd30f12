//! The identities of a rule's alerts: a card for each value of the key's first part.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use maud::{Markup, Render, html};

use super::advice::response_anchor;
use super::alerts::{Alerts, SOURCE, ShownAlert, texts};
use super::category::StatusClass;
use super::clients::Clients;
use super::detail::Detail;
use super::figures::{figure, grouped, many, times};
use super::labels::{heading, in_text, label};
use super::list::{List, key, link};
use super::markup::{joined, more, time};
use super::series::identity;
use super::summary::EventSummary;
use super::text::{Short, by_address};
use super::totals::total;
use weir_host::contract::Rule;

/// Values that have a card.
const CARDS: usize = 100;
/// Links, addresses, categories, clients and other values that a card shows.
const SHOWN: usize = 8;

/// The alerts of one identity.
struct Card<'a> {
    rule: &'a Rule,
    alerts: Vec<CardAlert<'a>>,
}

/// An alert of a card.
#[derive(Clone, Copy)]
struct CardAlert<'a> {
    /// Place in the list.
    at: usize,
    alert: &'a ShownAlert,
    /// Context of an alert that is shown in detail.
    detail: Option<&'a Detail>,
}

/// The cards, the one with the largest margin first.
pub(super) fn identities(list: &List<'_>, clients: &Clients) -> Markup {
    let rule = list.rule;
    let Some(part) = rule.key.first() else {
        return Markup::default();
    };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut cards: Vec<Card<'_>> = Vec::new();
    for (at, alert) in list.alerts.listed().enumerate() {
        let card = *places.entry(identity(&alert.key)).or_insert(cards.len());
        if card == cards.len() {
            let alerts = Vec::new();
            cards.push(Card { rule, alerts });
        }
        let detail = list.context.details.get(at);
        cards[card].alerts.push(CardAlert { at, alert, detail });
    }
    let all = cards.len();
    html! {
        h3 { (label(rule, &part.name)) }
        p { (many(all as u64, "value has", "values have")) " alerts that are listed here." }
        @for card in cards.iter().take(CARDS) { (card.show(list.alerts, clients)) }
        (more(all as u64, all.min(CARDS), "values, whose alerts are in the list"))
    }
}

impl CardAlert<'_> {
    /// A link to the alert's part of the page, where it has one.
    fn link(&self) -> Markup {
        let name = html! { "alert " (grouped(self.at as u64 + 1)) };
        link(self.alert, self.detail.is_some(), name)
    }
}

impl Card<'_> {
    fn show(&self, alerts: &Alerts, clients: &Clients) -> Markup {
        let links = self.alerts.iter().map(CardAlert::link);
        let all = self.alerts.len();
        let first = self.shown().map(|alert| alert.first_seen).min();
        let last = self.shown().map(|alert| alert.last_seen).max();
        let span = [first, last].map(|at| time(at.unwrap_or_default()));
        let mut entries = vec![
            entry(
                "Alerts",
                html! { (grouped(all as u64)) ": " (some(links, all)) },
            ),
            entry("First and last event in them", joined(span, " to ")),
        ];
        entries.extend(self.totals());
        entries.extend(self.furthest(alerts));
        entries.extend(self.sources());
        entries.extend(self.other_parts());
        entries.extend(self.other_columns());
        entries.extend(self.clients(clients));
        entries.extend(self.answers());
        entries.extend(self.response());
        let top = self.shown().next().and_then(|alert| alert.key.get(..1));
        html! {
            div.card {
                h4 { (key(top.unwrap_or_default())) }
                dl { @for (name, content) in entries { div { dt { (name) } dd { (content) } } } }
            }
        }
    }

    fn shown(&self) -> impl Iterator<Item = &ShownAlert> {
        self.alerts.iter().map(|one| one.alert)
    }

    fn events(&self) -> impl Iterator<Item = &EventSummary> {
        let details = self.alerts.iter().filter_map(|one| one.detail);
        details.map(|detail| &detail.events)
    }

    /// The totals of the rule's figures, as far as they add up.
    fn totals(&self) -> impl Iterator<Item = Entry> {
        let rule = self.rule;
        let margins: Vec<_> = self.shown().map(|alert| &alert.margin).collect();
        rule.conditions.iter().filter_map(move |condition| {
            let name = format!("{} in them", label(rule, &condition.column));
            Some(entry(&name, total(rule, condition, &margins)?))
        })
    }

    /// The figure with the largest multiple of its threshold.
    fn furthest(&self, alerts: &Alerts) -> Option<Entry> {
        let multiples = self.alerts.iter().filter_map(|one| {
            let (condition, multiple) = one.alert.margin.furthest?;
            Some((one, condition, multiple))
        });
        let most = multiples.reduce(|one, other| if other.2 > one.2 { other } else { one });
        let (one, at, multiple) = most?;
        let name = in_text(self.rule, &self.rule.conditions.get(at)?.column);
        let threshold = alerts.thresholds.threshold(at).unwrap_or_default();
        let content = html! {
            (name) " " (one.alert.margin.text(at).unwrap_or_default()) ", " (times(multiple))
            " the threshold of " (figure(threshold)) " (" (one.link()) ")"
        };
        Some(entry("Furthest over", content))
    }

    /// The addresses, where there are any.
    fn sources(&self) -> Option<Entry> {
        let all = self.shown().flat_map(|alert| &alert.sources);
        let all: BTreeSet<&IpAddr> = all.collect();
        let more = self.shown().any(|alert| alert.more_sources);
        let texts = all.iter().map(|address| Short::value(&address.to_string()));
        let values = html! { (some(texts, all.len())) @if more { " or more" } };
        (!all.is_empty()).then(|| entry(&label(self.rule, SOURCE), values))
    }

    /// The other parts of the groups.
    fn other_parts(&self) -> impl Iterator<Item = Entry> {
        let mut parts: Vec<(String, BTreeSet<Short>)> = Vec::new();
        for part in self.shown().flat_map(|alert| alert.key.iter().skip(1)) {
            let name = label(self.rule, &part.name);
            let texts = part.value.as_ref().map(|value| texts(value).join(", "));
            let value = Short::value(texts.as_deref().unwrap_or("none"));
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => drop(values.insert(value)),
                None => parts.push((name, BTreeSet::from([value]))),
            }
        }
        let parts = parts.into_iter();
        parts.map(|(name, all)| entry(&name, some(&all, all.len())))
    }

    /// The columns of a rule without figures. Addresses are shown already.
    fn other_columns(&self) -> impl Iterator<Item = Entry> {
        let is_shown = self.rule.conditions.is_empty();
        let fields = self.rule.columns.iter();
        let fields = fields.filter(move |field| is_shown && field.name != SOURCE);
        fields.filter_map(|field| {
            let columns = self.shown().flat_map(|alert| &alert.columns);
            let own = columns.filter(|column| column.name.raw() == field.name);
            let all: BTreeSet<&Short> = own.flat_map(|column| &column.values).collect();
            let mut all: Vec<&Short> = all.into_iter().collect();
            all.sort_by(|one, other| by_address(one.raw(), other.raw()));
            let name = label(self.rule, &field.name);
            (!all.is_empty()).then(|| entry(&name, some(&all, all.len())))
        })
    }

    /// Known clients.
    fn clients(&self, clients: &Clients) -> Option<Entry> {
        let columns = self.events().flat_map(|events| &events.columns);
        let known = columns.flat_map(|(column, values)| {
            let ranked = values.inside.ranked().into_iter();
            ranked.filter_map(|((value, _), _)| clients.find(column, value.raw()))
        });
        let known: BTreeSet<Short> = known.map(|client| Short::value(&client.name)).collect();
        (!known.is_empty()).then(|| entry("Known clients", some(&known, known.len())))
    }

    /// Categories by the class of their answers, where events are calls.
    fn answers(&self) -> impl Iterator<Item = Entry> {
        let answered = self.events().any(|events| events.answered);
        let classes = StatusClass::ALL.into_iter().filter(move |_| answered);
        let other = Short::value("other");
        classes.filter_map(move |(class, head)| {
            let mut counts: BTreeMap<&Short, u64> = BTreeMap::new();
            for (name, category) in self.events().flat_map(|events| &events.categories) {
                let name = name.as_ref().unwrap_or(&other);
                *counts.entry(name).or_default() += category.of_class(class);
            }
            let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
            counts.sort_by_key(|(_, count)| Reverse(*count));
            let values = counts.iter().map(|(name, count)| {
                html! { (name) " (" (many(*count, "event", "events")) ")" }
            });
            match counts.is_empty() {
                true if class == StatusClass::Other => None,
                true => Some(entry(head, "nothing")),
                false => Some(entry(head, some(values, counts.len()))),
            }
        })
    }

    /// A link to the first response.
    fn response(&self) -> Option<Entry> {
        let mut detailed = self.alerts.iter().filter(|one| one.detail.is_some());
        let (alert, action) =
            detailed.find_map(|one| Some((one.alert, one.alert.response.first()?)))?;
        let content = html! { a href={ "#" (response_anchor(alert)) } { (action.name) } };
        Some(entry("First response", content))
    }
}

/// A term of a card and its description.
type Entry = (String, Markup);

fn entry(name: &str, content: impl Render) -> Entry {
    (heading(name), content.render())
}

/// The first of so many values.
fn some<T: Render>(values: impl IntoIterator<Item = T>, all: usize) -> Markup {
    let left = all.saturating_sub(SHOWN);
    html! {
        (joined(values.into_iter().take(SHOWN), ", "))
        @if left > 0 { " and " (grouped(left as u64)) " more" }
    }
}
