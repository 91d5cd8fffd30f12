//! Queries for the investigation of an alert, in the languages of common log stores.

use crate::event::{CATEGORY, DATASET, ROW_TABLE};
use weir_detector::model::{Pivot, Window};
use weir_detector::text::{self, quoted};

/// A value that all calls of an alert share, besides their user.
#[derive(Clone, Copy)]
pub enum PivotField<'v> {
    /// The number of the network. Raw logs have none, and their queries leave it out.
    Network(Option<i64>),
    /// The tenant.
    Tenant(Option<&'v str>),
    /// The application.
    App(Option<&'v str>),
    /// The user agent.
    Agent(Option<&'v str>),
}

impl PivotField<'_> {
    /// Its field names: in documents, in tables, and in Azure's records for SPL.
    fn names(self) -> [&'static str; 3] {
        match self {
            PivotField::Network(_) => ["source.as.number", "", ""],
            PivotField::Tenant(_) => [
                "azure.tenant_id",
                "AADTenantId",
                "tenantId, 'properties.tenantId'",
            ],
            PivotField::App(_) => [
                "azure.aadgraphactivitylogs.properties.app_id",
                "AppId",
                "'properties.appId'",
            ],
            PivotField::Agent(_) => ["user_agent.original", "UserAgent", "'properties.userAgent'"],
        }
    }

    /// The text, if raw logs have the field.
    fn text(&self) -> Option<Option<&str>> {
        match *self {
            PivotField::Network(_) => None,
            PivotField::Tenant(text) | PivotField::App(text) | PivotField::Agent(text) => {
                Some(text)
            }
        }
    }

    /// The value in the languages of documents.
    fn written(&self) -> Option<String> {
        match *self {
            PivotField::Network(number) => number.map(|number| number.to_string()),
            PivotField::Tenant(text) | PivotField::App(text) | PivotField::Agent(text) => {
                text.map(quoted)
            }
        }
    }
}

/// The queries for the calls of the alert, and for all calls of its user, in each language.
pub fn all(user: Option<&str>, of: &[PivotField], window: Window) -> Vec<Pivot> {
    let pivot = |language: &str, name: &str, query: String| Pivot {
        name: name.to_owned(),
        language: language.to_owned(),
        query,
    };
    let writers: [(&str, QueryWriter); 4] = [
        ("kql", kibana),
        ("esql", esql),
        ("kusto", kusto),
        ("spl", spl),
    ];
    let narrow = AlertScope { of, window };
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

/// A writer of the query for a user, optionally limited to an alert.
type QueryWriter = fn(Option<&str>, Option<AlertScope>) -> String;

/// The limits of the calls of one alert.
#[derive(Clone, Copy)]
struct AlertScope<'n> {
    of: &'n [PivotField<'n>],
    window: Window,
}

impl AlertScope<'_> {
    fn times(self) -> [String; 2] {
        [text::iso(self.window.start), text::iso(self.window.end)]
    }
}

/// Kibana's query language.
fn kibana(user: Option<&str>, narrow: Option<AlertScope>) -> String {
    let field = |name: &str, value: Option<String>| match value {
        Some(value) => format!("{name} : {value}"),
        None => format!("not {name} : *"),
    };
    let user = field("user.id", user.map(quoted));
    let mut query = format!("data_stream.dataset : \"{DATASET}\" and {user}");
    let Some(narrow) = narrow else {
        return query;
    };
    for of in narrow.of {
        let [name, ..] = of.names();
        query += &format!(" and {}", field(name, of.written()));
    }
    let [start, end] = narrow.times();
    format!("{query} and @timestamp >= \"{start}\" and @timestamp < \"{end}\"")
}

fn esql(user: Option<&str>, narrow: Option<AlertScope>) -> String {
    let field = |name: &str, value: Option<String>| match value {
        Some(value) => format!("{name} == {value}"),
        None => format!("{name} IS NULL"),
    };
    let user = field("user.id", user.map(quoted));
    let mut query = format!("FROM logs-{DATASET}-* | WHERE {user}");
    let Some(narrow) = narrow else {
        return query;
    };
    for of in narrow.of {
        let [name, ..] = of.names();
        query += &format!(" AND {}", field(name, of.written()));
    }
    let [start, end] = narrow.times();
    format!("{query} AND @timestamp >= \"{start}\" AND @timestamp < \"{end}\"")
}

/// Log Analytics.
fn kusto(user: Option<&str>, narrow: Option<AlertScope>) -> String {
    let field = |name: &str, value: Option<&str>| match value {
        Some(value) => format!("{name} == {}", quoted(value)),
        None => format!("isempty({name})"),
    };
    let who = "iff(isnotempty(ServicePrincipalId), ServicePrincipalId, UserId)";
    let mut query = format!("{ROW_TABLE} | where {}", field(who, user));
    let Some(narrow) = narrow else {
        return query;
    };
    for of in narrow.of {
        if let ([_, name, _], Some(text)) = (of.names(), of.text()) {
            query += &format!(" and {}", field(name, text));
        }
    }
    let at = "coalesce(TimeRequested, TimeGenerated)";
    let [start, end] = narrow.times();
    format!("{query} | where {at} >= datetime({start}) and {at} < datetime({end})")
}

/// Splunk, over records as Azure writes them.
fn spl(user: Option<&str>, narrow: Option<AlertScope>) -> String {
    let times = narrow.map_or(String::new(), |AlertScope { window, .. }| {
        // In whole seconds, including that of the last millisecond.
        let (start, last) = (window.start, window.end - 1);
        let [start, end] = [start.div_euclid(1000), last.div_euclid(1000) + 1];
        format!(" earliest={start} latest={end}")
    });
    let [service, person] = ["'properties.servicePrincipalId'", "'properties.userId'"];
    let who = format!("case(len({service})>0, {service}, len({person})>0, {person}, true(), \"\")");
    let user = text::spl_quoted(user.unwrap_or_default());
    let mut query = format!("search index=* category=\"{CATEGORY}\"{times} | where {who}={user}");
    for of in narrow.iter().flat_map(|narrow| narrow.of) {
        if let ([.., names], Some(text)) = (of.names(), of.text()) {
            let text = text::spl_quoted(text.unwrap_or_default());
            query += &format!(" AND coalesce({names}, \"\")={text}");
        }
    }
    query
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
        let pivots = all(Some("u"), &[PivotField::Network(Some(7))], WINDOW);
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
    fn shared_values_narrow_the_queries() {
        let of = [
            PivotField::Tenant(Some("t")),
            PivotField::App(None),
            PivotField::Agent(Some("a")),
        ];
        let moment = Window {
            start: 1_779_183_000_001,
            end: 1_779_183_000_002,
        };
        let pivots = all(Some("u"), &of, moment);
        let queries = [0, 2, 4, 6].map(|at| pivots[at].query.as_str());
        let wanted = [
            "azure.tenant_id : \"t\" and not azure.aadgraphactivitylogs.properties.app_id : * and \
             user_agent.original : \"a\" and @timestamp >= \"2026-05-19T09:30:00.001Z\"",
            "azure.tenant_id == \"t\" AND azure.aadgraphactivitylogs.properties.app_id IS NULL AND \
             user_agent.original == \"a\" AND @timestamp >= ",
            "UserId) == \"u\" and AADTenantId == \"t\" and isempty(AppId) and UserAgent == \"a\" | where",
            "=\"u\" AND coalesce(tenantId, 'properties.tenantId', \"\")=\"t\" AND \
             coalesce('properties.appId', \"\")=\"\" AND coalesce('properties.userAgent', \"\")=\"a\"",
        ];
        for (query, wanted) in queries.into_iter().zip(wanted) {
            assert!(query.contains(wanted), "{query}\n{wanted}");
        }
        assert!(queries[3].contains("earliest=1779183000 latest=1779183001 "));
    }

    #[test]
    fn no_user_breaks_out_of_its_quotes() {
        for pivot in all(
            Some("a\"|`delete`\\\n"),
            &[PivotField::Network(None)],
            WINDOW,
        ) {
            let query = pivot.query;
            let inside = match pivot.language.as_str() {
                "spl" => "urldecode(\"a%22%7C%60delete%60%5C%0A\")",
                _ => "\"a\\\"|`delete`\\\\\\n\"",
            };
            assert!(query.contains(inside), "{query}");
        }
    }
}
