//! The page's provenance: what it was made with, so that it can be made again.

use maud::{Markup, html};

use super::markup::Table;
use super::text::Short;
use super::{LISTED, Report};
use weir_host::contract::PACKAGE;
use weir_host::digest;

/// Tables that have a row.
const TABLES: usize = 20;

/// The versions and the component, and the bounds of what is shown.
pub(super) fn provenance(report: &Report) -> Markup {
    let tables = report.tables.iter().take(TABLES);
    let tables = Table::stack("Look-up tables", tables)
        .text("Table", |(name, _)| Short::value(name))
        .number("Bytes", |(_, bytes)| bytes.len() as u64)
        .text("SHA-256", |(_, bytes)| html! { code { (digest(bytes)) } });
    html! {
        section aria-labelledby="made" {
            h2 #made { "How this page was made" }
            p {
                "By " code { "weir report" } ", version " (env!("CARGO_PKG_VERSION"))
                ", contract " code { (PACKAGE) }
                ". The detector is the component with the SHA-256 "
                code { (report.sandbox.sha256()) } ". "
                "The same files and settings give the same page, byte for byte."
            }
            @if !report.tables.is_empty() { (tables) }
            p {
                "Nothing here is loaded from elsewhere, and nothing leads there. Values of logs are "
                "shortened to 200 characters; characters that cannot be seen, or that turn the "
                "direction of text, are shown as " span.unseen { "\\u{…}" } ". In detail are the "
                "first " (report.detailed.min(LISTED)) " alerts of a rule at most, in the list the "
                "first " (LISTED) "."
            }
        }
    }
}
