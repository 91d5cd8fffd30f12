//! What was read, and what it was judged by.

use super::files::Known;
use super::first::{EXAMPLES, First};
use super::html::Html;
use super::over::Thresholds;
use super::table::Table;
use super::text::{Short, figure, grouped, many};
use crate::chosen::Chosen;
use crate::contract::{Comparison, Condition, Counters, Severity};

/// Files that have a row.
const FILES: usize = 100;

/// What was read, and what was passed over.
pub(super) fn read(html: &mut Html, rules: &[Chosen], files: &[Known], first: &First) {
    html.raw("<section aria-labelledby=\"read\"><h2 id=\"read\">What was read</h2>");
    counts(html, first);
    if let Some(counters) = &first.counters {
        work(html, counters);
    }
    sources(html, files, first);
    let notes: Vec<Short> = first
        .missed(rules)
        .iter()
        .map(|note| Short::sentence(note))
        .collect();
    if !notes.is_empty() || first.noted > 0 {
        html.raw("<h3>Messages</h3><ul>");
        for note in notes.iter().chain(&first.notes) {
            html.raw("<li>").value(note).raw("</li>");
        }
        html.raw("</ul>");
        more(html, first.noted as u64, first.notes.len(), "messages");
    }
    if !first.refusals.is_empty() {
        refusals(html, first);
    }
    html.raw("</section>\n");
}

const COUNTERS: [(&str, &str); 7] = [
    ("counted", "took part in a window"),
    ("duplicate", "seen before"),
    ("excluded", "left out by an exception"),
    (
        "other data set",
        "not of the logs that the rules read, or not what they look at",
    ),
    ("malformed", "not JSON, or without a field that it takes"),
    ("dropped late", "later than the allowed lateness"),
    ("refused future", "too far ahead of all before them"),
];

fn counts(html: &mut Html, first: &First) {
    let heads = ["Documents", "Why", "How many"];
    let mut table = Table::new(html, "What became of every document", &heads, false);
    for ((name, why), count) in COUNTERS.into_iter().zip(first.counts) {
        table.row(|html| {
            html.text(name);
        });
        table.cell(|html| {
            html.text(why);
        });
        table.number(count);
    }
    table.row(|html| {
        html.text("all");
    });
    table.cell(|_| {}).number(first.documents());
    table.end();
    let counters = first.counters.as_ref();
    if let Some(text) = counters.and_then(|counters| counters.miscounts(first.counts[0])) {
        html.raw("<p class=\"warning\"><strong>Not to be relied on:</strong> ")
            .text(&text)
            .raw("</p>");
    }
}

fn work(html: &mut Html, counters: &Counters) {
    let text = format!(
        "{} closed, {} in them, {} later than that; {} given up early to stay inside the memory budget.",
        many(counters.sum(|rule| rule.windows_fired), "window", "windows"),
        many(counters.sum(|rule| rule.groups_seen), "group", "groups"),
        many(counters.sum(|rule| rule.late), "event", "events"),
        many(
            counters.sum(|rule| rule.evicted),
            "group was",
            "groups were"
        ),
    );
    html.element("p", &[], &text);
}

fn sources(html: &mut Html, files: &[Known], first: &First) {
    let heads = [
        "File",
        "Bytes",
        "Documents",
        "Counted",
        "Malformed",
        "SHA-256",
    ];
    let mut table = Table::new(
        html,
        "The files, in the order in which they were read",
        &heads,
        true,
    );
    for file in files.iter().take(FILES) {
        let stats = first.sources.values().find(|stats| stats.name == file.name);
        table.row(|html| {
            html.value(&Short::value(&file.name));
        });
        table.number(file.bytes);
        for figure in [
            stats.map(|stats| stats.documents),
            stats.map(|stats| stats.counted),
            stats.map(|stats| stats.malformed),
        ] {
            table.figure(&figure.map_or_else(|| "–".to_owned(), grouped));
        }
        table.cell(|html| {
            match &file.sha256 {
                Some(sha256) => html.element("code", &[], sha256),
                None => html.text("could not be read"),
            };
        });
    }
    table.end();
    more(html, files.len() as u64, files.len().min(FILES), "files");
}

fn refusals(html: &mut Html, first: &First) {
    let heads = ["Where", "Why", "What is wrong"];
    let caption = format!("The first {EXAMPLES} documents at most that were not counted");
    let mut table = Table::new(html, &caption, &heads, true);
    for refusal in &first.refusals {
        table.row(|html| {
            html.value(&refusal.file);
            html.text(&format!(":{}", refusal.line));
        });
        table.cell(|html| {
            html.text(refusal.kind);
        });
        table.cell(|html| {
            html.value(&refusal.reason);
        });
    }
    table.end();
}

/// Says how many are not shown.
pub(super) fn more(html: &mut Html, all: u64, shown: usize, what: &str) {
    let left = all.saturating_sub(shown as u64);
    if left > 0 {
        html.raw("<p class=\"note\">And ");
        html.text(&grouped(left))
            .raw(" more ")
            .text(what)
            .raw(".</p>");
    }
}

/// What makes an alert.
pub(super) fn rule(html: &mut Html, chosen: &Chosen) {
    let rule = &chosen.rule;
    html.raw("<p><strong>");
    html.value(&Short::value(&rule.name))
        .raw("</strong>, version ");
    html.text(&rule.version.to_string()).raw(", <code>");
    html.value(&Short::value(&rule.id))
        .raw("</code>. Severity ");
    html.text(severity(rule.severity)).raw(", risk score ");
    html.text(&rule.risk_score.to_string())
        .raw(" of 100.</p><p>");
    html.value(&Short::sentence(&rule.description)).raw("</p>");
    let attacks: Vec<String> = rule
        .threats
        .iter()
        .flat_map(|threat| {
            let below = threat.techniques.iter().chain(&threat.subtechniques);
            std::iter::once(&threat.tactic).chain(below)
        })
        .map(|attack| format!("{} {}", attack.id, attack.name))
        .collect();
    if !attacks.is_empty() {
        html.raw("<p>ATT&amp;CK: ");
        html.value(&Short::sentence(&attacks.join(", ")))
            .raw(".</p>");
    }
    if !rule.conditions.is_empty() {
        thresholds(html, chosen);
    }
    changed(html, chosen);
}

fn thresholds(html: &mut Html, chosen: &Chosen) {
    let rule = &chosen.rule;
    // Mostly there are only minimums.
    let usual = |condition: &Condition| condition.comparison == Comparison::AtLeast;
    let minimums = rule.conditions.iter().all(usual);
    let (heads, what): (&[_], _) = match minimums {
        true => (
            &["Column", "Parameter", "At least"],
            "What a group must reach within a window, all of it",
        ),
        false => (
            &["Column", "Parameter", "Has to be", "Threshold"],
            "What must hold of a group within a window, all of it",
        ),
    };
    let mut table = Table::new(html, what, heads, false);
    let thresholds = Thresholds::new(rule, &chosen.parameters);
    for (at, condition) in rule.conditions.iter().enumerate() {
        let threshold = thresholds.threshold(at);
        for (at, text) in [&condition.column, &condition.parameter]
            .into_iter()
            .enumerate()
        {
            let code = |html: &mut Html| {
                html.raw("<code>").value(&Short::value(text)).raw("</code>");
            };
            match at {
                0 => table.row(code),
                _ => table.cell(code),
            };
        }
        if !minimums {
            table.cell(|html| {
                html.text(condition.comparison.words());
            });
        }
        table.figure(&threshold.map_or_else(|| "–".to_owned(), figure));
    }
    table.end();
}

/// Settings that are not the defaults.
fn changed(html: &mut Html, chosen: &Chosen) {
    let rule = &chosen.rule;
    let default = |name: &str| {
        let mut parameters = rule.parameters.iter();
        parameters
            .find(|known| known.name == name)
            .map(|known| known.default_value.clone())
    };
    let changed: Vec<(&String, String)> = chosen
        .parameters
        .iter()
        .map(|(name, value)| (name, value.to_string()))
        .filter(|(name, value)| default(name).as_ref() != Some(value))
        .collect();
    if changed.is_empty() {
        html.raw("<p>All settings are the rule’s own.</p>");
        return;
    }
    html.raw("<h3>Settings that are not the rule’s own</h3><ul>");
    for (name, value) in &changed {
        html.raw("<li><code>").value(&Short::value(name)).raw(" = ");
        html.value(&Short::sentence(value)).raw("</code></li>");
    }
    html.raw("</ul>");
}

/// A severity's name.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
