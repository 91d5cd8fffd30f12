//! The inputs: the files that were read, what became of their documents, and messages.

use maud::{Markup, Render, html};

use super::figures::{grouped, many, or_dash};
use super::files::InputFile;
use super::first_pass::{EXAMPLES, FirstPass, Stats};
use super::markup::{Table, more};
use super::text::Short;
use weir_host::contract::{COUNTS, Counters, Counts};

/// Files that have a row.
const FILES: usize = 100;

/// What the contract's counts count, in their order.
const MEANINGS: [&str; COUNTS.len()] = [
    "took part in a window",
    "seen before",
    "left out by an exception",
    "not of the logs that the rules read, or not what they look at",
    "not JSON, or without a field that it takes",
    "later than the allowed lateness",
    "too far ahead of all before them",
];

/// This part of the page.
pub(super) fn inputs(files: &[InputFile], first: &FirstPass<'_>) -> Markup {
    html! {
        section aria-labelledby="read" {
            h2 #read { "What was read" }
            (documents(first))
            @if let Some(counters) = &first.counters { (work(counters)) }
            (sources(files, first))
            (messages(first))
            @if !first.refusals.is_empty() { (refusals(first)) }
        }
    }
}

/// The outcomes of all documents.
fn documents(first: &FirstPass<'_>) -> Markup {
    let counts = first.counts.named().zip(MEANINGS);
    let counts = counts.chain([(("all", first.counts.documents()), "")]);
    let table = Table::plain("What became of every document", counts)
        .text("Documents", |((name, _), _)| name.replace('_', " "))
        .text("Why", |(_, why)| *why)
        .number("How many", |((_, count), _)| *count);
    let counters = first.counters.as_ref();
    let miscounts = counters.and_then(|counters| counters.miscounts(first.counts.counted));
    html! {
        (table)
        @if let Some(text) = miscounts {
            p.warning { strong { "Not to be relied on:" } " " (text) }
        }
    }
}

/// Windows, groups and late events in numbers.
fn work(counters: &Counters) -> Markup {
    html! {
        p {
            (many(counters.sum(|rule| rule.windows_fired), "window", "windows")) " closed, "
            (many(counters.sum(|rule| rule.groups_seen), "group", "groups")) " in them, "
            (many(counters.sum(|rule| rule.late), "event", "events")) " later than that; "
            (many(counters.sum(|rule| rule.evicted), "group was", "groups were"))
            " given up early to stay inside the memory budget."
        }
    }
}

fn sources(files: &[InputFile], first: &FirstPass<'_>) -> Markup {
    let rows = files.iter().take(FILES).map(|file| {
        let mut sources = first.sources.values();
        (file, sources.find(|stats| stats.name == file.name))
    });
    let count = |of: fn(Counts) -> u64| {
        move |(_, stats): &(_, Option<&Stats>)| {
            or_dash(stats.map(|stats| grouped(of(stats.counts))))
        }
    };
    let table = Table::stack("The files, in the order in which they were read", rows)
        .text("File", |(file, _)| Short::value(&file.name))
        .number("Bytes", |(file, _)| file.bytes)
        .figure("Documents", count(Counts::documents))
        .figure("Counted", count(|counts| counts.counted))
        .figure("Malformed", count(|counts| counts.malformed))
        .text("SHA-256", |(file, _)| match &file.sha256 {
            Some(sha256) => html! { code { (sha256) } },
            None => html! { "could not be read" },
        });
    html! {
        (table)
        (more(files.len() as u64, files.len().min(FILES), "files"))
    }
}

/// Messages of the run, and look-up tables that were missed.
fn messages(first: &FirstPass<'_>) -> Markup {
    let missed = first.missed();
    let missed: Vec<Short> = missed.iter().map(|note| Short::sentence(note)).collect();
    html! {
        @if !missed.is_empty() || first.noted > 0 {
            h3 { "Messages" }
            ul { @for note in missed.iter().chain(&first.notes) { li { (note) } } }
            (more(first.noted as u64, first.notes.len(), "messages"))
        }
    }
}

/// Examples of documents that were not counted.
fn refusals(first: &FirstPass<'_>) -> Markup {
    let caption = format!("The first {EXAMPLES} documents at most that were not counted");
    Table::stack(caption, &first.refusals)
        .text(
            "Where",
            |refusal| html! { (refusal.file) ":" (refusal.line) },
        )
        .text("Why", |refusal| refusal.kind)
        .text("What is wrong", |refusal| refusal.reason.render())
        .render()
}
