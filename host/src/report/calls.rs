//! The calls of an alert, by what they were about and by who made them.

use super::clients::Clients;
use super::detail::{Detail, Values};
use super::html::Html;
use super::overview::more;
use super::table::Table;
use super::tally::Tally;
use super::text::{Short, grouped, heading, many, words};

/// Values of a column that are shown.
const ROWS: usize = 20;

/// What columns of the Elastic Common Schema are called.
const TITLES: [(&str, &str); 5] = [
    ("user.id", "Users"),
    ("source.ip", "Source addresses"),
    ("source.as.number", "Networks (AS numbers)"),
    ("source.as.organization.name", "Networks"),
    ("user_agent.original", "User agents"),
];

/// Paths, by the kind of thing that they are about.
pub(super) fn categories(html: &mut Html, detail: &Detail) {
    html.raw("<h4>Paths</h4>");
    let caption = format!(
        "Paths by collection: {} in all",
        many(detail.paths, "distinct path", "distinct paths")
    );
    let heads = [
        "Collection",
        "Calls",
        "4xx",
        "Distinct paths",
        "Calls around",
        "Some of the paths",
    ];
    let mut categories: Vec<_> = detail.categories.iter().collect();
    categories
        .sort_by_key(|(_, category)| std::cmp::Reverse((category.calls.all, category.around)));
    let mut table = Table::new(html, &caption, &heads, true);
    for (name, category) in categories {
        table.row(|html| {
            match name {
                Some(name) => html.value(&Short::value(name)),
                None => html.raw("<em>other</em>"),
            };
        });
        table
            .number(category.calls.all)
            .number(category.calls.errors);
        table.number(category.paths).number(category.around);
        table.cell(|html| {
            for (at, (path, error)) in category.samples.iter().enumerate() {
                html.raw(if at > 0 { "<br>" } else { "" });
                html.raw("<code>").value(path).raw("</code>");
                html.raw(if *error {
                    " <span class=\"cut\">4xx</span>"
                } else {
                    ""
                });
            }
        });
    }
    table.end();
}

/// What was answered.
pub(super) fn statuses(html: &mut Html, detail: &Detail) {
    html.raw("<h4>Answers</h4>");
    values(html, "Status codes", "Status", &detail.statuses, |_| None);
}

/// All other columns, with what is known of clients.
pub(super) fn columns(html: &mut Html, detail: &Detail, clients: &Clients) {
    for (column, of) in &detail.columns {
        let known = TITLES.into_iter().find(|(name, _)| name == column);
        let title = known.map_or_else(|| heading(&words(column)), |(_, title)| title.to_owned());
        html.element("h4", &[], &title);
        let caption = format!("Values of {}", Short::value(column).text);
        values(html, &caption, "Value", of, |value| {
            let client = clients.find(column, value)?;
            Some((
                format!("{} ({})", client.name, client.kind),
                client.source.clone(),
                client.kind.starts_with("first-party"),
            ))
        });
    }
}

/// What is known of a value: a name, where that is written, and whether others can go by it.
type Known = (String, String, bool);

fn values(
    html: &mut Html,
    caption: &str,
    head: &str,
    of: &Values,
    known: impl Fn(&str) -> Option<Known>,
) {
    let ranked = of.inside.ranked();
    let rows: Vec<_> = ranked.iter().take(ROWS).collect();
    let names: Vec<Option<Known>> = rows.iter().map(|((key, _), _)| known(&key.text)).collect();
    let mut heads = vec![head];
    let any = names.iter().any(Option::is_some);
    if any {
        heads.push("Known as");
    }
    heads.extend(["Calls", "4xx", "Calls around"]);
    let mut table = Table::new(html, caption, &heads, any);
    for ((key, calls), name) in rows.iter().zip(&names) {
        table.row(|html| {
            html.value(&key.0);
        });
        if any {
            table.cell(|html| {
                html.text(name.as_ref().map_or("–", |(name, ..)| name));
            });
        }
        table.number(calls.all).number(calls.errors);
        table.number(of.around.of(key).all);
    }
    table.end();
    more(html, ranked.len() as u64, rows.len(), "values");
    rest(html, &of.inside);
    elsewhere(html, of);
    let mut sources: Vec<&str> = names
        .iter()
        .flatten()
        .map(|(_, source, _)| source.as_str())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    if names.iter().flatten().any(|(.., borrowed)| *borrowed) {
        html.raw("<p class=\"note\">A tool can borrow the id of any first-party client: a name says which id was used, not by what.</p>");
    }
    if !sources.is_empty() {
        html.raw("<p class=\"cut\">Names are from ");
        html.text(&sources.join(", ")).raw("</p>");
    }
}

/// Calls with values that there was no room to tell apart.
fn rest(html: &mut Html, tally: &Tally) {
    if tally.others.all > 0 {
        let text = format!(
            "{} with further values, {} of them 4xx.",
            many(tally.others.all, "call", "calls"),
            grouped(tally.others.errors)
        );
        html.element("p", &[("class", "note")], &text);
    }
}

/// Values that only the windows around have.
fn elsewhere(html: &mut Html, of: &Values) {
    let around = of.around.ranked();
    let only = around.iter().filter(|(key, _)| of.inside.of(key).all == 0);
    let count = only.count() as u64;
    if count > 0 {
        let text = format!(
            "{} only in the windows around.",
            many(count, "value is", "values are")
        );
        html.element("p", &[("class", "note")], &text);
    }
}
