//! What to do next: queries that lead on, and responses that somebody may carry out.

use super::alerts::Found;
use super::detail::Detail;
use super::html::Html;
use super::identities;
use super::leads::leads;
use super::overview::more;
use super::text::{Copyable, Short};

/// Languages, as people know them: two of them are called KQL.
const LANGUAGES: [(&str, &str); 4] = [
    ("kql", "KQL of Kibana"),
    ("esql", "ES|QL of Elasticsearch"),
    ("kusto", "Kusto, the KQL of Sentinel and Defender"),
    ("spl", "SPL of Splunk"),
];

/// What people call a language.
pub(super) fn language(code: &str) -> &str {
    let known = LANGUAGES.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, name)| name)
}

/// Queries, by language: the detector's own, and those that single events lead to.
pub(super) fn pivots(html: &mut Html, alert: &Found, detail: &Detail) {
    let leads = leads(detail);
    let own = alert.pivots.iter();
    let own = own.map(|pivot| (pivot.language.text.as_str(), &pivot.name, &pivot.query));
    let further = leads.iter();
    let further = further.map(|lead| (lead.language, &lead.name, &lead.query));
    let mut all: Vec<(&str, &Short, &Copyable)> = own.chain(further).collect();
    let mut order: Vec<&str> = Vec::new();
    for (language, ..) in &all {
        if !order.contains(language) {
            order.push(language);
        }
    }
    if all.is_empty() {
        return;
    }
    all.sort_by_key(|(language, ..)| order.iter().position(|known| known == language));
    html.raw("<h4>Queries that lead on</h4>");
    let mut last = None;
    for (code, name, query) in all {
        let title = Short::value(language(code));
        if last != Some(code) {
            html.raw("<h5>").value(&title).raw("</h5>");
            last = Some(code);
        }
        html.raw("<p class=\"of\">").value(name).raw("</p>");
        html.copyable(query, &format!("{}, {}", name.text, title.text));
    }
}

/// Responses; none of them was carried out.
pub(super) fn response(html: &mut Html, alert: &Found) {
    if !alert.response.is_empty() {
        html.element("h4", &[("id", &identities::response(alert))], "Responses");
        html.raw("<p>For a person to decide on and to send; nothing was sent.</p>");
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
