//! Advice on an alert: queries that lead on, and responses that a person may carry out.

use maud::{Markup, html};

use super::alerts::{ShownAction, ShownAlert, ShownQuery};
use super::figures::grouped;
use super::leads::leads;
use super::markup::more;
use super::summary::EventSummary;
use super::text::{Copyable, Marked, Short};

/// Query languages by the names that people know them by: two of them are called KQL.
const LANGUAGES: [(&str, &str); 4] = [
    ("kql", "KQL of Kibana"),
    ("esql", "ES|QL of Elasticsearch"),
    ("kusto", "Kusto, the KQL of Sentinel and Defender"),
    ("spl", "SPL of Splunk"),
];

/// The name of a language for people.
pub(super) fn language(code: &str) -> &str {
    let known = LANGUAGES.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, name)| name)
}

/// The anchor of an alert's responses.
pub(super) fn response_anchor(alert: &ShownAlert) -> String {
    format!("response-{}", alert.id)
}

/// Queries by language: the detector's own, and the leads of single events.
pub(super) fn queries(alert: &ShownAlert, events: &EventSummary) -> Markup {
    let leads = leads(events);
    let mut languages: Vec<(&str, Vec<&ShownQuery>)> = Vec::new();
    for query in alert.queries.iter().chain(&leads) {
        match languages
            .iter_mut()
            .find(|(known, _)| *known == query.language)
        {
            Some((_, queries)) => queries.push(query),
            None => languages.push((&query.language, vec![query])),
        }
    }
    html! {
        @if !languages.is_empty() { h4 { "Queries that lead on" } }
        @for (group, (code, queries)) in languages.into_iter().enumerate() {
            @let language = Short::value(language(code));
            h5 { (language) }
            @for (at, query) in queries.into_iter().enumerate() {
                @let id = format!("query-{}-{group}-{at}", alert.id);
                p.of { (query.name) }
                (copyable(&query.query, &id, &format!("{}, {language}", query.name)))
            }
        }
    }
}

/// Responses. Nothing of them was sent.
pub(super) fn response(alert: &ShownAlert) -> Markup {
    html! {
        @if !alert.response.is_empty() {
            h4 id=(response_anchor(alert)) { "Responses" }
            p { "For a person to decide on and to send; nothing was sent." }
        }
        @for (at, shown) in alert.response.iter().enumerate() {
            (action(shown, &format!("{}-{at}", alert.id)))
        }
        (more(alert.more as u64, 0, "queries and responses"))
    }
}

fn action(action: &ShownAction, id: &str) -> Markup {
    let part = |part: &str, text: &Copyable| {
        let of = format!("{part} of: {}", action.name);
        copyable(text, &format!("{part}-{id}"), &of)
    };
    html! {
        div.action {
            h5 { (action.name) }
            p {
                @if action.destructive {
                    strong.destructive { "Destructive:" }
                    " somebody’s work stops, or it is not easily undone."
                } @else {
                    strong.harmless { "Not destructive." }
                }
            }
            (part("request", &action.request))
            @if let Some(body) = &action.body { p.of { "Body" } (part("body", body)) }
            @if let Some(note) = &action.note { p.note { (note) } }
        }
    }
}

/// A block with a button that copies it. `id` is unique on the page, `of` says what is copied.
fn copyable(text: &Copyable, id: &str, of: &str) -> Markup {
    html! {
        @match text {
            Copyable::Whole(text) => div.block {
                pre { code id=(id) { (text) } }
                button type="button" data-copy=(id) aria-label={ "Copy: " (of) } hidden="" {
                    "Copy"
                }
            },
            Copyable::Unseen(text) => div.block {
                pre { code { bdi { (Marked(text)) } } }
                p.note {
                    "Not to be copied: it holds characters that cannot be seen, shown here as "
                    "marked."
                }
            },
            Copyable::TooLong(length) => p.note {
                "Too long to be shown (" (grouped(*length as u64)) " characters); "
                code { "weir run" } " gives it."
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_text_has_a_button() {
        let shown = copyable(&Copyable::new("a <b>\n"), "this", "it");
        assert!(
            shown.0.contains("<code id=\"this\">a &lt;b&gt;\n</code>"),
            "{}",
            shown.0
        );
        assert_eq!(shown.0.matches("<button").count(), 1);
        let shown = copyable(&Copyable::new("a\u{200b}"), "that", "it");
        assert_eq!(shown.0.matches("<button").count(), 0);
    }
}
