//! Queries that lead on from an alert, in the languages of those who keep such logs.

use crate::event::{CATEGORY, DATASET, ROW_TABLE};
use crate::model::{Pivot, Window};
use crate::text::{self, quoted};

/// The calls of the alert, and all that its user did, in each language.
pub(crate) fn all(user: Option<&str>, asn: Option<i64>, window: Window) -> Vec<Pivot> {
    let pivot = |language: &str, name: &str, query: String| Pivot {
        name: name.to_owned(),
        language: language.to_owned(),
        query,
    };
    let writers: [(&str, Writer); 4] = [
        ("kql", kibana),
        ("esql", esql),
        ("kusto", kusto),
        ("spl", spl),
    ];
    let narrow = Narrow { asn, window };
    let both = writers.into_iter().flat_map(|(language, query)| {
        [
            pivot(
                language,
                "The calls of this alert",
                query(user, Some(narrow)),
            ),
            pivot(
                language,
                "All that this user did in the logs",
                query(user, None),
            ),
        ]
    });
    both.collect()
}

/// Writes the query for a user, narrowed down to an alert or not.
type Writer = fn(Option<&str>, Option<Narrow>) -> String;

/// What makes it the calls of one alert. Raw logs know no network: there it is left out.
#[derive(Clone, Copy)]
struct Narrow {
    asn: Option<i64>,
    window: Window,
}

impl Narrow {
    fn times(self) -> [String; 2] {
        [text::iso(self.window.start), text::iso(self.window.end)]
    }
}

/// Kibana's query language.
fn kibana(user: Option<&str>, narrow: Option<Narrow>) -> String {
    let field = |name: &str, value: Option<String>| match value {
        Some(value) => format!("{name} : {value}"),
        None => format!("not {name} : *"),
    };
    let user = field("user.id", user.map(quoted));
    let query = format!("data_stream.dataset : \"{DATASET}\" and {user}");
    let Some(narrow) = narrow else {
        return query;
    };
    let asn = field("source.as.number", narrow.asn.map(|asn| asn.to_string()));
    let [start, end] = narrow.times();
    format!("{query} and {asn} and @timestamp >= \"{start}\" and @timestamp < \"{end}\"")
}

fn esql(user: Option<&str>, narrow: Option<Narrow>) -> String {
    let field = |name: &str, value: Option<String>| match value {
        Some(value) => format!("{name} == {value}"),
        None => format!("{name} IS NULL"),
    };
    let user = field("user.id", user.map(quoted));
    let query = format!("FROM logs-{DATASET}-* | WHERE {user}");
    let Some(narrow) = narrow else {
        return query;
    };
    let asn = field("source.as.number", narrow.asn.map(|asn| asn.to_string()));
    let [start, end] = narrow.times();
    format!("{query} AND {asn} AND @timestamp >= \"{start}\" AND @timestamp < \"{end}\"")
}

/// Log Analytics.
fn kusto(user: Option<&str>, narrow: Option<Narrow>) -> String {
    let who = "iff(isnotempty(ServicePrincipalId), ServicePrincipalId, UserId)";
    let user = match user {
        Some(user) => format!("{who} == {}", quoted(user)),
        None => format!("isempty({who})"),
    };
    let query = format!("{ROW_TABLE} | where {user}");
    let Some(narrow) = narrow else {
        return query;
    };
    let at = "coalesce(TimeRequested, TimeGenerated)";
    let [start, end] = narrow.times();
    format!("{query} | where {at} >= datetime({start}) and {at} < datetime({end})")
}

/// Splunk, over records as Azure writes them.
fn spl(user: Option<&str>, narrow: Option<Narrow>) -> String {
    let times = narrow.map_or(String::new(), |Narrow { window, .. }| {
        let second = |ms: i64| ms.div_euclid(1000);
        format!(
            " earliest={} latest={}",
            second(window.start),
            second(window.end)
        )
    });
    let [service, person] = ["'properties.servicePrincipalId'", "'properties.userId'"];
    let who = format!("case(len({service})>0, {service}, len({person})>0, {person}, true(), \"\")");
    let user = text::spl_quoted(user.unwrap_or_default());
    format!("search index=* category=\"{CATEGORY}\"{times} | where {who}={user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        start: 1_779_183_000_000,
        end: 1_779_183_120_000,
    };

    #[test]
    fn each_language_has_both_queries() {
        let pivots = all(Some("u"), Some(7), WINDOW);
        let languages: Vec<&str> = pivots.iter().map(|p| p.language.as_str()).collect();
        let wanted = ["kql", "kql", "esql", "esql", "kusto", "kusto", "spl", "spl"];
        assert_eq!(languages, wanted);
        assert_eq!(
            pivots[2].query,
            "FROM logs-azure.aadgraphactivitylogs-* | WHERE user.id == \"u\" AND \
             source.as.number == 7 AND @timestamp >= \"2026-05-19T09:30:00.000Z\" AND \
             @timestamp < \"2026-05-19T09:32:00.000Z\""
        );
        assert_eq!(
            pivots[6].query,
            "search index=* category=\"AzureADGraphActivityLogs\" earliest=1779183000 \
             latest=1779183120 | where case(len('properties.servicePrincipalId')>0, \
             'properties.servicePrincipalId', len('properties.userId')>0, \
             'properties.userId', true(), \"\")=\"u\""
        );
    }

    #[test]
    fn no_user_breaks_out_of_its_quotes() {
        for pivot in all(Some("a\"|`delete`\\\n"), None, WINDOW) {
            let query = pivot.query;
            let inside = match pivot.language.as_str() {
                "spl" => "urldecode(\"a%22%7C%60delete%60%5C%0A\")",
                _ => "\"a\\\"|`delete`\\\\\\n\"",
            };
            assert!(query.contains(inside), "{query}");
        }
    }
}
