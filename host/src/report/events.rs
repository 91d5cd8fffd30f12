//! The events of an alert, by what they were about and by their columns.

use std::cmp::Reverse;

use super::clients::Clients;
use super::detail::{Answer, Category, Detail, Values};
use super::html::Html;
use super::labels::label;
use super::overview::more;
use super::table::Table;
use super::tally::{Count, Tally};
use super::text::{Short, grouped, many};
use crate::contract::Rule;

/// Values of a column that are shown.
const ROWS: usize = 20;
/// Shortest beginning that paths are shown without.
const BEGINNING: usize = 20;

/// The conditional counts of an alert's rule that its events add to: their places and labels, in the
/// order of the rule.
struct Heads(Vec<(usize, String)>);

impl Heads {
    fn new(rule: &Rule, detail: &Detail) -> Self {
        let order = |name: &String| rule.columns.iter().position(|field| field.name == *name);
        let mut places: Vec<usize> = (0..detail.parts.len()).collect();
        places.sort_by_key(|place| detail.parts.get(*place).and_then(order));
        let name = |place: usize| detail.parts.get(place).map(|name| label(rule, name));
        let heads = places.into_iter().filter_map(|at| Some((at, name(at)?)));
        Self(heads.collect())
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, label)| label.as_str())
    }

    fn cells(&self, table: &mut Table<'_>, count: &Count) {
        for (place, _) in &self.0 {
            table.number(count.part(*place));
        }
    }
}

/// What each kind of thing was, and where events are calls, what was read and what was not.
pub(super) fn categories(html: &mut Html, rule: &Rule, detail: &Detail) {
    let mut categories: Vec<_> = detail.categories.iter().collect();
    let told_apart = categories.iter().any(|(name, _)| name.is_some());
    if !told_apart && detail.paths == 0 {
        return;
    }
    html.element(
        "h4",
        &[],
        match detail.answered {
            true => "What was read, and what was not",
            false => "What it was about",
        },
    );
    let caption = match detail.paths {
        0 => "By category".to_owned(),
        paths => format!(
            "By category: {} in all",
            many(paths, "distinct path", "distinct paths")
        ),
    };
    categories.sort_by_key(|(_, of)| Reverse((of.answered(Answer::Read), of.count.all, of.around)));
    let begin = beginning(detail);
    if !begin.is_empty() {
        html.raw("<p class=\"note\">Paths are shown without what all of them begin with: <code>");
        html.value(&Short::value(&begin)).raw("</code></p>");
    }
    let parts = Heads::new(rule, detail);
    let mut heads = vec!["Category", "Events"];
    match detail.answered {
        true => heads.extend(Answer::ALL.map(Answer::name)),
        false => heads.extend(parts.labels()),
    }
    if detail.paths > 0 {
        heads.push("Distinct paths");
    }
    heads.push("Events around");
    match (detail.paths > 0, detail.answered) {
        (true, true) => heads.extend(["Some that were read", "Some that were not"]),
        (true, false) => heads.push("Some of them"),
        (false, _) => {}
    }
    let mut table = Table::new(html, &caption, &heads, true);
    for (name, of) in categories {
        table.row(|html| {
            match name {
                Some(name) => html.value(&Short::value(name)),
                None => html.raw("<em>other</em>"),
            };
        });
        table.number(of.count.all);
        match detail.answered {
            true => Answer::ALL.into_iter().for_each(|answer| {
                table.number(of.answered(answer));
            }),
            false => parts.cells(&mut table, &of.count),
        }
        if detail.paths > 0 {
            table.number(of.paths);
        }
        table.number(of.around);
        if detail.paths > 0 {
            samples(&mut table, &begin, of, detail.answered);
        }
    }
    table.end();
}

/// Some paths of a category: those that were read, and those that were not.
fn samples(table: &mut Table<'_>, begin: &str, of: &Category, answered: bool) {
    let read = of.read.iter().map(|path| (path, ""));
    let unread = of.unread.iter();
    let unread = unread.map(|(path, status)| (path, if answered { status.as_str() } else { "" }));
    if answered {
        table.long(|html| paths(html, begin, read));
    }
    table.long(|html| paths(html, begin, unread));
}

/// What all paths that are shown begin with, up to a slash, where that is long.
fn beginning(detail: &Detail) -> String {
    let mut all = detail.categories.values().flat_map(|of| {
        let unread = of.unread.iter().map(|(path, _)| path);
        of.read.iter().chain(unread).map(|path| path.text.as_str())
    });
    let first = all.next().unwrap_or_default();
    let common = all.fold(first, |common, path| {
        let same = common.char_indices().zip(path.chars());
        let end = same.take_while(|((_, one), other)| one == other).last();
        let end = end.map_or(0, |((at, one), _)| at + one.len_utf8());
        common.get(..end).unwrap_or_default()
    });
    let whole = common.rfind('/').map_or(0, |slash| slash + 1);
    match common.get(..whole) {
        Some(begin) if begin.len() >= BEGINNING => begin.to_owned(),
        _ => String::new(),
    }
}

/// Paths without their beginning, each with what was answered.
fn paths<'p>(
    html: &mut Html,
    begin: &str,
    paths: impl ExactSizeIterator<Item = (&'p Short, &'p str)>,
) {
    if paths.len() == 0 {
        html.raw("–");
    }
    for (at, (path, status)) in paths.enumerate() {
        let rest = path.text.strip_prefix(begin).unwrap_or(&path.text);
        let rest = Short {
            text: rest.to_owned(),
            whole: path.whole,
        };
        html.raw(if at > 0 { "<br>" } else { "" });
        html.raw("<code>").value(&rest).raw("</code>");
        if !status.is_empty() {
            html.raw(" ").element("span", &[("class", "cut")], status);
        }
    }
}

/// What was answered, where events are calls.
pub(super) fn statuses(html: &mut Html, rule: &Rule, detail: &Detail) {
    if detail.answered {
        html.raw("<h4>Answers</h4>");
        let heads = Heads::new(rule, detail);
        values(
            html,
            ("Status codes", "Status"),
            &heads,
            &detail.statuses,
            |_| None,
        );
    }
}

/// All other columns, with what is known of clients.
pub(super) fn columns(html: &mut Html, rule: &Rule, detail: &Detail, clients: &Clients) {
    let heads = Heads::new(rule, detail);
    for (column, of) in &detail.columns {
        html.element("h4", &[], &label(rule, column));
        let caption = format!("Values of {}", Short::value(column).text);
        values(html, (&caption, "Value"), &heads, of, |value| {
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
    (caption, head): (&str, &str),
    parts: &Heads,
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
    heads.push("Events");
    heads.extend(parts.labels());
    heads.push("Events around");
    let mut table = Table::new(html, caption, &heads, any);
    for ((key, count), name) in rows.iter().zip(&names) {
        table.row(|html| {
            html.value(&key.0);
        });
        if any {
            table.cell(|html| {
                html.text(name.as_ref().map_or("–", |(name, ..)| name));
            });
        }
        table.number(count.all);
        parts.cells(&mut table, count);
        table.number(of.around.of(key).all);
    }
    table.end();
    more(html, ranked.len() as u64, rows.len(), "values");
    rest(html, parts, &of.inside);
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

/// Events with values that there was no room to tell apart.
fn rest(html: &mut Html, parts: &Heads, tally: &Tally) {
    if tally.others.all > 0 {
        let parts = parts.0.iter();
        let parts =
            parts.map(|(at, label)| format!("; {label}: {}", grouped(tally.others.part(*at))));
        let text = format!(
            "{} with further values{}.",
            many(tally.others.all, "event", "events"),
            parts.collect::<String>()
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
