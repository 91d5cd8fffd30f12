//! The page: its head, its policy and its parts in order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::Report;
use super::figures::{grouped, many};
use super::files::InputFile;
use super::first_pass::{FirstPass, RuleAlerts};
use super::list::{self, List};
use super::markup::time;
use super::second_pass::SecondPass;
use super::text::Short;
use super::{inputs, provenance, rules};

const STYLE: &str = include_str!("../data/report.css");
const SCRIPT: &str = include_str!("../data/report.js");

/// The whole page. Each section is rendered by itself and then appended, so that only one of them is
/// in memory twice.
pub(super) fn page(
    report: &Report,
    files: &[InputFile],
    first: &FirstPass<'_>,
    second: &SecondPass,
) -> String {
    let several = report.rules.len() > 1;
    let title = match (&report.title, &report.rules[..]) {
        (Some(title), _) => Short::value(title),
        (None, [only]) => Short::value(&format!("Weir report: {}", only.rule.name)),
        (None, rules) => Short::value(&format!("Weir report: {} rules", rules.len())),
    };
    let lists = first.rules.iter().zip(&second.rules);
    let lists = lists.map(|(RuleAlerts { rule, alerts }, context)| List {
        rule,
        alerts,
        context,
        several,
    });
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title))
            body {
                a.skip href="#alerts" { "Skip to the alerts" }
                header {
                    h1 { (title) }
                    (lead(first, second))
                    (contents(several))
                }
                main {
                    @if several { (list::by_rule(first)) }
                    @for list in lists {
                        (list.section(&report.clients))
                        @for section in list.sections() { (section.show(&report.clients)) }
                    }
                    (inputs::inputs(files, first))
                    (rules::rules(&report.rules))
                    (provenance::provenance(report))
                }
                p #said.heard role="status" {}
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn head(title: &Short) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            // Without one, browsers request an icon.
            link rel="icon" href="data:,";
            title { (title.to_string()) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

/// The content security policy: the page's own style and script, and nothing else.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// How many alerts there are, and in what.
fn lead(first: &FirstPass<'_>, second: &SecondPass) -> Markup {
    html! {
        p.lead {
            strong { (many(first.count(), "alert", "alerts")) }
            " in " (many(first.counts.documents(), "document", "documents"))
            " of " (many(first.sources.len() as u64, "file", "files"))
            @if let Some((start, end)) = second.span {
                ", with events from " (time(start)) " to " (time(end))
            }
            "."
        }
        @if first.bad_sources > 0 {
            p.warning {
                strong { "Not all was read:" }
                " " (grouped(first.bad_sources))
                " of the sources could not be read, or not to the end. "
                a href="#read" { "What was read" } " says which."
            }
        }
    }
}

/// Links to the parts of the page.
fn contents(several: bool) -> Markup {
    let parts = [
        ("#alerts", "Alerts"),
        ("#read", "What was read"),
        ("#rule", rules::title(several)),
        ("#made", "How this page was made"),
    ];
    html! {
        nav aria-label="Parts of this page" {
            ul { @for (anchor, name) in parts { li { a href=(anchor) { (name) } } } }
        }
    }
}
