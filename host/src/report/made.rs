//! How the page was made, so that it can be made again.

use super::html::Html;
use super::table::Table;
use super::text::Short;
use super::{LISTED, Report};
use crate::contract::PACKAGE;
use crate::sandbox::digest;

/// Tables that have a row.
const TABLES: usize = 20;

/// By what, and out of what.
pub(super) fn made(html: &mut Html, report: &Report) {
    html.raw("<section aria-labelledby=\"made\"><h2 id=\"made\">How this page was made</h2>");
    html.raw("<p>By <code>weir report</code>, version ");
    html.text(env!("CARGO_PKG_VERSION"))
        .raw(", contract <code>");
    html.text(PACKAGE)
        .raw("</code>. The detector is the component with the SHA-256 <code>");
    html.text(report.sandbox.sha256()).raw("</code>.");
    html.raw(" The same files and settings give the same page, byte for byte.</p>");
    if !report.tables.is_empty() {
        let heads = ["Table", "Bytes", "SHA-256"];
        let mut table = Table::new(html, "Look-up tables", &heads, true);
        for (name, bytes) in report.tables.iter().take(TABLES) {
            table.row(|html| {
                html.value(&Short::value(name));
            });
            table.number(bytes.len() as u64).cell(|html| {
                html.element("code", &[], &digest(bytes));
            });
        }
        table.end();
    }
    html.raw("<p>Nothing here is loaded from elsewhere, and nothing leads there. Values of logs are shortened to 200 characters; characters that cannot be seen, or that turn the direction of text, are shown as <span class=\"unseen\">\\u{…}</span>. ");
    html.text(&format!(
        "In detail are the first {} alerts of a rule at most, in the list the first {LISTED}.",
        report.detailed.min(LISTED)
    ));
    html.raw("</p></section>\n");
}
