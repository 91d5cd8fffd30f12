//! The page: what it is, what it may do, and its parts in order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Report;
use super::around::Around;
use super::files::Known;
use super::first::First;
use super::html::Html;
use super::text::{Short, grouped, many};
use super::{list, made, overview, section};
use crate::error::Error;
use crate::output::iso;

const STYLE: &str = include_str!("../../data/report.css");
const SCRIPT: &str = include_str!("../../data/report.js");

/// All of it.
pub(super) fn page(
    report: &Report,
    files: &[Known],
    first: &First,
    around: &Around,
) -> Result<String, Error> {
    let several = report.rules.len() > 1;
    let title = match (&report.title, &report.rules[..]) {
        (Some(title), _) => Short::value(title),
        (None, [only]) => Short::value(&format!("Weir report: {}", only.rule.name)),
        (None, rules) => Short::value(&format!("Weir report: {} rules", rules.len())),
    };
    let mut html = Html::default();
    head(&mut html, &title);
    html.raw("<body>\n<a class=\"skip\" href=\"#alerts\">Skip to the alerts</a>\n<header><h1>");
    html.value(&title).raw("</h1>");
    lead(&mut html, first, around);
    contents(&mut html, several);
    html.raw("</header>\n<main>\n");
    if several {
        list::by_rule(&mut html, report, first);
    }
    let found = first.alerts.iter().map(|of_rule| &of_rule.alerts);
    let rules = report.rules.iter().map(|chosen| &chosen.rule);
    for ((rule, alerts), around) in rules.zip(found).zip(&around.rules) {
        let list = list::List {
            rule,
            alerts,
            around,
            several,
        };
        list.show(&mut html, &report.clients);
        let detailed = alerts.detailed().into_iter().zip(&around.details);
        for (at, (alert, detail)) in detailed.enumerate() {
            let of = section::Of {
                report,
                several,
                rule,
                alert,
                detail,
            };
            of.section(&mut html, at + 1);
        }
    }
    overview::read(&mut html, &report.rules, files, first);
    html.raw("<section aria-labelledby=\"rule\"><h2 id=\"rule\">");
    html.raw(if several { "The rules" } else { "The rule" });
    html.raw("</h2>");
    for chosen in &report.rules {
        overview::rule(&mut html, chosen);
    }
    html.raw("</section>\n");
    made::made(&mut html, report);
    html.raw("</main>\n<p id=\"said\" role=\"status\" class=\"heard\"></p>\n<script>");
    html.raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    Ok(html.into_text())
}

/// Links to the parts of the page.
fn contents(html: &mut Html, several: bool) {
    html.raw("<nav aria-label=\"Parts of this page\"><ul>");
    for (anchor, name) in [
        ("alerts", "Alerts"),
        ("read", "What was read"),
        ("rule", if several { "The rules" } else { "The rule" }),
        ("made", "How this page was made"),
    ] {
        html.raw("<li>");
        html.open("a", &[("href", &format!("#{anchor}"))]);
        html.text(name).raw("</a></li>");
    }
    html.raw("</ul></nav>");
}

fn head(html: &mut Html, title: &Short) {
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.open(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", &policy()),
        ],
    );
    html.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("\n<meta name=\"color-scheme\" content=\"light dark\">");
    html.raw("\n<meta name=\"referrer\" content=\"no-referrer\">");
    // A browser looks for one elsewhere otherwise.
    html.raw("\n<link rel=\"icon\" href=\"data:,\">\n");
    html.element("title", &[], &title.text);
    html.raw("\n<style>").raw(STYLE).raw("</style>\n</head>\n");
}

/// What the page may do: show its own style, run its own script, and nothing else.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn lead(html: &mut Html, first: &First, around: &Around) {
    let alerts = many(first.count(), "alert", "alerts");
    html.raw("<p class=\"lead\"><strong>");
    html.text(&alerts).raw("</strong>");
    let files = first.sources.len() as u64;
    let read = format!(
        " in {} of {}",
        many(first.documents(), "document", "documents"),
        many(files, "file", "files")
    );
    html.text(&read);
    if let Some((start, end)) = around.span {
        html.raw(", with events from ");
        time(html, start);
        html.raw(" to ");
        time(html, end);
    }
    html.raw(".</p>");
    if first.bad_sources > 0 {
        let bad = grouped(first.bad_sources);
        html.raw("<p class=\"warning\"><strong>Not all was read:</strong> ");
        html.text(&bad).raw(" of the sources could not be read, or not to the end. <a href=\"#read\">What was read</a> says which.</p>");
    }
}

/// A moment, in milliseconds since 1970.
pub(super) fn time(html: &mut Html, at: i64) {
    let text = iso(at);
    html.element("time", &[("datetime", &text)], &readable(&text));
}

/// ISO 8601 with spaces, and without milliseconds that are none.
pub(super) fn readable(iso: &str) -> String {
    match iso.strip_suffix('Z') {
        Some(text) => {
            let text = text.strip_suffix(".000").unwrap_or(text);
            format!("{} UTC", text.replacen('T', " ", 1))
        }
        None => iso.to_owned(),
    }
}
