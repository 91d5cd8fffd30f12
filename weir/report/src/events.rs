//! The events of an alert by category, with examples of paths.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::category::{Category, StatusClass};
use super::figures::many;
use super::markup::{Table, joined};
use super::summary::EventSummary;
use super::text::Short;
use super::values::conditional;
use weir_host::contract::Rule;

/// Shortest beginning that is left out of paths.
const BEGINNING: usize = 20;

/// Events by category and, where they are calls, by the class of their answers.
pub(super) fn categories(rule: &Rule, events: &EventSummary) -> Markup {
    let mut categories: Vec<_> = events.categories.iter().collect();
    if events.paths == 0 && categories.iter().all(|(name, _)| name.is_none()) {
        return Markup::default();
    }
    categories
        .sort_by_key(|(_, of)| Reverse((of.of_class(StatusClass::Read), of.count.all, of.around)));
    let (answered, paths) = (events.answered, events.paths > 0);
    let beginning = beginning(events);
    let caption = match events.paths {
        0 => "By category".to_owned(),
        paths => format!(
            "By category: {} in all",
            many(paths, "distinct path", "distinct paths")
        ),
    };
    let read = |of: &Category| samples(of.read.iter().map(|path| (path, None)), &beginning);
    let unread = |of: &Category| {
        let status = |status| Some(status).filter(|_| answered);
        let paths = of
            .unread
            .iter()
            .map(|(path, code)| (path, status(code.as_str())));
        samples(paths, &beginning)
    };
    let table = Table::stack(caption, categories)
        .text("Category", |(name, _)| match name {
            Some(name) => html! { (name) },
            None => html! { em { "other" } },
        })
        .number("Events", |(_, of)| of.count.all);
    let table = match answered {
        true => table.each(StatusClass::ALL, |table, (class, name)| {
            table.number(name, move |(_, of)| of.of_class(class))
        }),
        false => table.each(conditional(rule, events), |table, (at, label)| {
            table.number(label, move |(_, of)| of.count.conditional(at))
        }),
    };
    let table = table
        .when(paths, |table| {
            table.number("Distinct paths", |(_, of)| of.paths)
        })
        .number("Events around", |(_, of)| of.around)
        .when(paths && answered, |table| {
            table.long("Some that were read", |(_, of)| read(of))
        })
        .when(paths, |table| {
            let head = if answered {
                "Some that were not"
            } else {
                "Some of them"
            };
            table.long(head, |(_, of)| unread(of))
        });
    html! {
        h4 { @if answered { "What was read, and what was not" } @else { "What it was about" } }
        @if !beginning.is_empty() {
            p.note {
                "Paths are shown without what all of them begin with: "
                code { (Short::value(&beginning)) }
            }
        }
        (table)
    }
}

/// Examples of paths without their beginning, with their statuses.
fn samples<'p>(
    paths: impl ExactSizeIterator<Item = (&'p Short, Option<&'p str>)>,
    beginning: &str,
) -> Markup {
    let none = paths.len() == 0;
    let paths = paths.map(|(path, status)| {
        html! {
            code { (path.without(beginning)) }
            @if let Some(status) = status { " " span.cut { (status) } }
        }
    });
    html! {
        @if none { "–" }
        (joined(paths, html! { br; }))
    }
}

/// The common beginning of all paths that are shown, up to a slash, where it is long.
fn beginning(events: &EventSummary) -> String {
    let mut all = events.categories.values().flat_map(|of| {
        let unread = of.unread.iter().map(|(path, _)| path);
        of.read.iter().chain(unread).map(Short::raw)
    });
    let first = all.next().unwrap_or_default();
    let common = all.fold(first, |common, path| {
        let pairs = common.char_indices().zip(path.chars());
        let differing = pairs.clone().find(|((_, one), other)| one != other);
        let shorter = common.len().min(path.len());
        let end = differing.map_or(shorter, |((at, _), _)| at);
        common.get(..end).unwrap_or_default()
    });
    let whole = common.rfind('/').map_or(0, |slash| slash + 1);
    match common.get(..whole) {
        Some(beginning) if beginning.len() >= BEGINNING => beginning.to_owned(),
        _ => String::new(),
    }
}
