//! What to do next: queries that lead on, and responses that somebody may carry out.

use super::alerts::Found;
use super::html::Html;
use super::overview::more;

/// Queries, by language.
pub(super) fn pivots(html: &mut Html, alert: &Found) {
    if alert.pivots.is_empty() {
        return;
    }
    html.raw("<h4>Queries that lead on</h4>");
    let mut last = None;
    for pivot in &alert.pivots {
        if last != Some(&pivot.language) {
            html.raw("<h5>").value(&pivot.language).raw("</h5>");
            last = Some(&pivot.language);
        }
        html.raw("<p class=\"of\">").value(&pivot.name).raw("</p>");
        let of = format!("{}, {}", pivot.name.text, pivot.language.text);
        html.copyable(&pivot.query, &of);
    }
}

/// Responses; none of them was carried out.
pub(super) fn response(html: &mut Html, alert: &Found) {
    if !alert.response.is_empty() {
        html.raw(
            "<h4>Responses</h4><p>For a person to decide on and to send; nothing was sent.</p>",
        );
    }
    for action in &alert.response {
        html.raw("<div class=\"action\"><h5>")
            .value(&action.name)
            .raw("</h5><p>");
        html.raw(match action.destructive {
            true => "<strong class=\"destructive\">Destructive:</strong> somebody’s work stops, or it is not easily undone.",
            false => "<strong class=\"harmless\">Not destructive.</strong>",
        });
        html.raw("</p>");
        let of = |what: &str| format!("{what} of: {}", action.name.text);
        html.copyable(&action.request, &of("request"));
        if let Some(body) = &action.body {
            html.raw("<p class=\"of\">Body</p>");
            html.copyable(body, &of("body"));
        }
        if let Some(note) = &action.note {
            html.raw("<p class=\"note\">").value(note).raw("</p>");
        }
        html.raw("</div>");
    }
    more(html, alert.more as u64, 0, "queries and responses");
}
