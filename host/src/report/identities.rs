//! A card for each value of the key's first part, with what its alerts come to.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::alerts::{Alerts, Found};
use super::around::OfRule;
use super::clients::Clients;
use super::detail::{Answer, Detail};
use super::html::Html;
use super::labels::{in_text, label};
use super::list::{anchor, key};
use super::overview::more;
use super::page::time;
use super::series::identity;
use super::text::{Short, by_address, estimated, figure, grouped, many, times};
use crate::contract::{Aggregate, KeyPart, Rule};

/// Where the Elastic Common Schema has addresses.
const SOURCE: &str = "source.ip";
/// Values that have a card.
const CARDS: usize = 100;
/// Links, addresses, categories, clients and other values of one that are shown.
const SHOWN: usize = 8;

/// One value's alerts, by their places in the list.
struct Card<'a> {
    rule: &'a Rule,
    alerts: Vec<(usize, &'a Found)>,
    details: Vec<&'a Detail>,
}

/// The cards, those with the alert furthest above the thresholds first.
pub(super) fn identities(
    html: &mut Html,
    rule: &Rule,
    alerts: &Alerts,
    around: &OfRule,
    clients: &Clients,
) {
    let Some(part) = rule.key.first() else {
        return;
    };
    let detailed = around.details.len();
    let mut names: Vec<String> = Vec::new();
    let mut cards: Vec<Card<'_>> = Vec::new();
    for (at, alert) in alerts.listed().enumerate() {
        let name = identity(&alert.key);
        let known = names.iter().position(|known| *known == name);
        let card = known.unwrap_or_else(|| {
            names.push(name);
            cards.push(Card {
                rule,
                alerts: Vec::new(),
                details: Vec::new(),
            });
            cards.len() - 1
        });
        if let Some(card) = cards.get_mut(card) {
            card.alerts.push((at, alert));
            card.details.extend(around.details.get(at));
        }
    }
    html.element("h3", &[], &label(rule, &part.name)).raw("<p>");
    html.text(&many(cards.len() as u64, "value has", "values have"));
    html.raw(" alerts that are listed here.</p>");
    for card in cards.iter().take(CARDS) {
        card.show(html, alerts, detailed, clients);
    }
    more(
        html,
        cards.len() as u64,
        cards.len().min(CARDS),
        "values, whose alerts are in the list",
    );
}

impl Card<'_> {
    fn show(&self, html: &mut Html, alerts: &Alerts, detailed: usize, clients: &Clients) {
        let Some((_, furthest)) = self.alerts.first() else {
            return;
        };
        html.raw("<div class=\"card\"><h4>");
        key(html, furthest.key.get(..1).unwrap_or_default());
        html.raw("</h4><dl>");
        entry(html, "Alerts", |html| self.links(html, detailed));
        let times = self.alerts.iter().map(|(_, alert)| alert);
        let first = times.clone().map(|alert| alert.first_seen).min();
        let last = times.map(|alert| alert.last_seen).max();
        entry(html, "First and last event in them", |html| {
            time(html, first.unwrap_or_default());
            html.raw(" to ");
            time(html, last.unwrap_or_default());
        });
        self.totals(html);
        self.furthest(html, alerts, detailed);
        self.sources(html);
        self.other_parts(html);
        self.other_columns(html);
        self.clients(html, clients);
        self.answers(html);
        self.response(html, detailed);
        html.raw("</dl></div>");
    }

    /// Links to its alerts.
    fn links(&self, html: &mut Html, detailed: usize) {
        html.text(&grouped(self.alerts.len() as u64)).raw(": ");
        let shown = self.alerts.iter().take(SHOWN);
        for (n, (at, alert)) in shown.enumerate() {
            html.raw(if n > 0 { ", " } else { "" });
            link(html, alert, *at < detailed, |html| {
                html.text(&format!("alert {}", grouped(*at as u64 + 1)));
            });
        }
        rest(html, self.alerts.len());
    }

    /// What its alerts come to, as far as figures add up.
    fn totals(&self, html: &mut Html) {
        let rule = self.rule;
        let sum = |column: &str| {
            let at = rule.conditions.iter().position(|c| c.column == column)?;
            let figures = self.alerts.iter();
            let figures = figures.filter_map(|(_, alert)| *alert.over.figures.get(at)?);
            Some(figures.sum::<f64>())
        };
        // The smallest and the largest figure of a condition.
        let range = |at: usize| {
            let figures = self.alerts.iter();
            let figures = figures.filter_map(|(_, alert)| *alert.over.figures.get(at)?);
            figures
                .map(|figure| (figure, figure))
                .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
        };
        for (at, condition) in rule.conditions.iter().enumerate() {
            let figures = self.alerts.iter().filter_map(|(_, alert)| {
                let figure = *alert.over.figures.get(at)?;
                Some((figure?, alert.over.is_estimate(at)))
            });
            let larger = |one: (f64, bool), other: (f64, bool)| match other.0 > one.0 {
                true => other,
                false => one,
            };
            let (most, is_estimate) = figures.fold((0.0, false), larger);
            let text = match &condition.aggregate {
                Aggregate::Count | Aggregate::Sum => sum(&condition.column).map(figure),
                Aggregate::Ratio(ratio) => sum(&ratio.numerator)
                    .zip(sum(&ratio.denominator))
                    .filter(|(_, all)| *all > 0.0)
                    .map(|(part, all)| figure(part / all)),
                Aggregate::Smallest => range(at).map(|(least, _)| figure(least)),
                Aggregate::Largest => range(at).map(|(_, most)| figure(most)),
                Aggregate::Between => range(at).map(|(least, most)| match least == most {
                    true => figure(least),
                    false => format!("{} to {}", figure(least), figure(most)),
                }),
                // The same ones may be in several alerts.
                Aggregate::Distinct if self.alerts.len() > 1 => {
                    Some(format!("at least {}", estimated(most, is_estimate)))
                }
                Aggregate::Distinct => Some(estimated(most, is_estimate)),
            };
            if let Some(text) = text {
                let name = label(rule, &condition.column);
                entry(html, &format!("{name} in them"), |html| {
                    html.text(&text);
                });
            }
        }
    }

    fn furthest(&self, html: &mut Html, alerts: &Alerts, detailed: usize) {
        let rule = self.rule;
        let over = self.alerts.iter().filter_map(|(at, alert)| {
            let (condition, quotient) = alert.over.furthest?;
            Some((*at, *alert, condition, quotient))
        });
        let most = over.reduce(|one, other| if other.3 > one.3 { other } else { one });
        let Some((at, alert, condition, quotient)) = most else {
            return;
        };
        entry(html, "Furthest over", |html| {
            let name = rule.conditions.get(condition);
            let name = name.map(|condition| in_text(rule, &condition.column));
            html.text(&format!(
                "{} {}, {} the threshold of {} (",
                name.unwrap_or_default(),
                alert.over.text(condition).unwrap_or_default(),
                times(quotient),
                figure(alerts.thresholds.threshold(condition).unwrap_or_default()),
            ));
            link(html, alert, at < detailed, |html| {
                html.text(&format!("alert {}", grouped(at as u64 + 1)));
            });
            html.raw(")");
        });
    }

    /// The addresses, where there are any.
    fn sources(&self, html: &mut Html) {
        let all: BTreeSet<IpAddr> = self
            .alerts
            .iter()
            .flat_map(|(_, alert)| alert.sources.iter().copied())
            .collect();
        let texts: Vec<Short> = all
            .iter()
            .take(SHOWN)
            .map(|address| Short::value(&address.to_string()))
            .collect();
        if all.is_empty() {
            return;
        }
        entry(html, &label(self.rule, SOURCE), |html| {
            values(html, texts.iter(), all.len());
            if self.alerts.iter().any(|(_, alert)| alert.more_sources) {
                html.raw(" or more");
            }
        });
    }

    /// The columns of a rule that has no figures, but for addresses.
    fn other_columns(&self, html: &mut Html) {
        if !self.rule.conditions.is_empty() {
            return;
        }
        for field in &self.rule.columns {
            let alerts = self.alerts.iter();
            let columns = alerts.flat_map(|(_, alert)| &alert.columns);
            let own = columns.filter(|column| column.name == field.name && column.name != SOURCE);
            let all: BTreeSet<&Short> = own.flat_map(|column| &column.values).collect();
            if !all.is_empty() {
                let mut all: Vec<&Short> = all.into_iter().collect();
                all.sort_by(|one, other| by_address(&one.text, &other.text));
                entry(html, &label(self.rule, &field.name), |html| {
                    values(html, all.iter().copied().take(SHOWN), all.len());
                });
            }
        }
    }

    /// The other parts of its groups.
    fn other_parts(&self, html: &mut Html) {
        let mut parts: Vec<(String, BTreeSet<Short>)> = Vec::new();
        for (_, alert) in &self.alerts {
            for part in alert.key.iter().skip(1) {
                let name = label(self.rule, &part.name);
                let at = parts.iter().position(|(known, _)| *known == name);
                let at = at.unwrap_or_else(|| {
                    parts.push((name, BTreeSet::new()));
                    parts.len() - 1
                });
                if let Some((_, values)) = parts.get_mut(at) {
                    values.insert(shown(part));
                }
            }
        }
        for (name, all) in parts {
            entry(html, &name, |html| {
                values(html, all.iter().take(SHOWN), all.len());
            });
        }
    }

    /// Clients that are known by what the events say.
    fn clients(&self, html: &mut Html, clients: &Clients) {
        let columns = self.details.iter().flat_map(|detail| &detail.columns);
        let known: BTreeSet<Short> = columns
            .flat_map(|(column, values)| {
                let ranked = values.inside.ranked().into_iter();
                ranked.filter_map(|((value, _), _)| clients.find(column, &value.text))
            })
            .map(|client| Short::value(&client.name))
            .collect();
        if !known.is_empty() {
            entry(html, "Known clients", |html| {
                values(html, known.iter().take(SHOWN), known.len());
            });
        }
    }

    /// What was read, beside what was not, where events are calls.
    fn answers(&self, html: &mut Html) {
        if !self.details.iter().any(|detail| detail.answered) {
            return;
        }
        for answer in Answer::ALL {
            let mut all: Vec<(&str, u64)> = Vec::new();
            for (name, category) in self.details.iter().flat_map(|detail| &detail.categories) {
                let name = name.as_deref().unwrap_or("other");
                let count = category.answered(answer);
                match all.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += count,
                    None => all.push((name, count)),
                }
            }
            all.retain(|(_, count)| *count > 0);
            all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
            if all.is_empty() && answer == Answer::Other {
                continue;
            }
            entry(html, answer.name(), |html| {
                html.raw(if all.is_empty() { "nothing" } else { "" });
                for (at, (name, count)) in all.iter().take(SHOWN).enumerate() {
                    html.raw(if at > 0 { ", " } else { "" });
                    html.value(&Short::value(name));
                    html.text(&format!(" ({})", many(*count, "event", "events")));
                }
                rest(html, all.len());
            });
        }
    }

    /// The first thing that may be done about it.
    fn response(&self, html: &mut Html, detailed: usize) {
        let mut detailed = self.alerts.iter().filter(|(at, _)| *at < detailed);
        let with = detailed.find_map(|(_, alert)| Some((alert, alert.response.first()?)));
        if let Some((alert, action)) = with {
            entry(html, "First response", |html| {
                html.open("a", &[("href", &format!("#{}", response(alert)))]);
                html.value(&action.name).raw("</a>");
            });
        }
    }
}

/// The name of the responses of an alert, on the page.
pub(super) fn response(alert: &Found) -> String {
    // The id was checked to be hexadecimal.
    format!("response-{}", alert.id)
}

fn entry(html: &mut Html, name: &str, content: impl FnOnce(&mut Html)) {
    html.raw("<div>");
    html.element("dt", &[], &super::text::heading(name))
        .raw("<dd>");
    content(html);
    html.raw("</dd></div>");
}

fn link(html: &mut Html, alert: &Found, leads: bool, content: impl FnOnce(&mut Html)) {
    if leads {
        html.open("a", &[("href", &format!("#{}", anchor(alert)))]);
    }
    content(html);
    html.raw(if leads { "</a>" } else { "" });
}

fn values<'s>(html: &mut Html, shown: impl Iterator<Item = &'s Short>, all: usize) {
    html.raw(if all == 0 { "none" } else { "" });
    for (at, value) in shown.enumerate() {
        html.raw(if at > 0 { ", " } else { "" }).value(value);
    }
    rest(html, all);
}

/// Says how many of all are not shown.
fn rest(html: &mut Html, all: usize) {
    if all > SHOWN {
        let left = grouped((all - SHOWN) as u64);
        html.text(&format!(" and {left} more"));
    }
}

fn shown(part: &KeyPart) -> Short {
    match &part.value {
        Some(value) => Short::value(&super::alerts::texts(value).join(", ")),
        None => Short::value("none"),
    }
}
