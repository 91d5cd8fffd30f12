//! What an analyst in a hurry looks for: who it was, what was read, what to ask and to do next.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{details, page, stream};
use crate::support::page::Node;
use crate::support::{Room, burst, burst_documents, burst_rows, lines};

/// Terms of a card of the overview, and what they say.
fn cards(page: &Node) -> Vec<BTreeMap<String, String>> {
    let divs = page.all("div").into_iter();
    let cards = divs.filter(|div| div.get("class") == Some("card"));
    let terms = |card: &Node| {
        let said = card.all("dd");
        let pairs = card.all("dt").into_iter().zip(said);
        let mut terms: BTreeMap<String, String> = pairs
            .map(|(term, said)| (term.text(), said.text()))
            .collect();
        terms.insert("Who".to_owned(), card.all("h4")[0].text());
        terms
    };
    cards.map(terms).collect()
}

#[test]
fn an_overview_of_each_identity_comes_first() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let cards = cards(&page);
    let who = |at: usize| cards[at]["Who"].as_str();
    assert_eq!(
        (cards.len(), who(0), who(1)),
        (2, "user.id one", "user.id two")
    );
    let said = |at: usize, term: &str| cards[at][term].clone();
    // Bursts of 45 and 60 calls of the one, of 50 of the other; 3 of 5 calls are errors.
    assert_eq!(said(0, "Alerts"), "2: alert 1, alert 3");
    assert_eq!(said(1, "Alerts"), "1: alert 2");
    assert_eq!(said(0, "Calls in them"), "105");
    assert_eq!(said(0, "4xx in them"), "63");
    assert_eq!(said(0, "4xx ratio in them"), "0.60");
    assert_eq!(said(0, "Distinct paths in them"), "at least 60");
    assert_eq!(said(1, "Distinct paths in them"), "50");
    assert_eq!(
        said(0, "Furthest over"),
        "distinct paths 60, 4.0 × the threshold of 15 (alert 1)"
    );
    assert_eq!(said(0, "Addresses"), "198.51.100.0, 198.51.100.1");
    assert_eq!(said(0, "Network"), "none");
    assert!(said(0, "Known clients").contains("ROADrecon"), "{cards:?}");
    let span = said(0, "First and last event in them");
    assert_eq!(
        span,
        "2026-03-04 05:10:00 UTC to 2026-03-04 05:12:59.059 UTC"
    );
    // One call in five was read, and of each collection.
    let read = "applications (6 events), groups (5 events), other (5 events), users (5 events)";
    assert_eq!(said(0, "Read (2xx)"), read);
    assert!(
        said(0, "Refused (401, 403)").contains("users (11 events)"),
        "{cards:?}"
    );
    assert!(said(0, "Not found (404)").contains("events)"), "{cards:?}");
    assert_eq!(
        said(0, "First response"),
        "Revoke the user's sign-in sessions"
    );
    // It leads to what it speaks of, and stands before all that is of single alerts.
    let named: Vec<&str> = page
        .all("h4")
        .iter()
        .filter_map(|heading| heading.get("id"))
        .collect();
    let links: Vec<&str> = page.all("a").iter().filter_map(|a| a.get("href")).collect();
    let responses = links.iter().filter(|link| link.starts_with("#response-"));
    assert_eq!(responses.clone().count(), 2);
    assert!(responses.clone().all(|link| named.contains(&&link[1..])));
    let text = room.read("report.html");
    let place = |what: &str| text.find(what).unwrap();
    assert!(place("class=\"card\"") < place("<svg"));
    assert!(place("<svg") < place("All alerts"));
}

#[test]
fn alerts_are_in_the_order_of_how_far_they_lie_above_the_thresholds() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let listed = page.rows("All alerts");
    let said: Vec<&str> = listed.iter().map(|row| row[7].as_str()).collect();
    let measure = |calls: f64| {
        let quotients = [calls / 21.0, calls * 0.6 / 10.0, 0.6 / 0.4, calls / 15.0];
        format!("{:.1} ×", quotients.iter().product::<f64>().powf(0.25))
    };
    assert_eq!(said, [60.0, 50.0, 45.0].map(measure));
    assert!(
        page.text()
            .contains("geometric mean of each figure divided by its threshold")
    );
    let numbers: Vec<&str> = listed.iter().map(|row| row[3].as_str()).collect();
    assert_eq!(numbers, ["60", "50", "45"]);
}

#[test]
fn the_chart_over_time_is_of_calls_and_errors() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    // Of those who alert: the quiet one's twelve calls are not in it.
    let row = |time: &str, calls: &str, errors: &str, alerts: &str| {
        let start = format!("2026-03-04 05:{time}:00 UTC");
        [start, calls.into(), errors.into(), alerts.into()]
    };
    assert_eq!(
        page.rows("Calls of these groups over time"),
        [
            row("08", "7", "5", "0"),
            row("10", "45", "27", "1"),
            row("12", "60", "36", "1"),
            row("14", "3", "2", "0"),
            row("30", "50", "30", "1"),
        ]
    );
    let chart = page.all("svg")[0];
    let texts: Vec<String> = chart.all("text").iter().map(|text| text.text()).collect();
    assert!(
        texts.contains(&"calls in 2 minutes".to_owned()),
        "{texts:?}"
    );
    let of = |class: &str| {
        let rects = chart.all("rect").into_iter();
        rects
            .filter(|rect| rect.get("class") == Some(class))
            .count()
    };
    assert_eq!((of("part"), of("rest"), of("mark")), (5, 5, 3));
    let titles: Vec<String> = chart
        .all("title")
        .iter()
        .map(|title| title.text())
        .collect();
    let title = "2026-03-04 05:12:00 UTC: 60 calls, 36 4xx, 1 alert";
    assert!(titles.contains(&title.to_owned()), "{titles:?}");
}

/// Bursts in the three shapes, of a user and with a session each.
fn sessions() -> Vec<Value> {
    let shapes = [burst(), burst_rows(), burst_documents()];
    let mut events = Vec::new();
    for (user, (shape, session)) in shapes
        .into_iter()
        .zip(["s-hub", "s-row", "s-ecs"])
        .enumerate()
    {
        for (number, mut event) in shape.into_iter().enumerate() {
            let id = format!("{session}-{number}");
            let name = format!("user-{user}");
            let sign_in = format!("{session}-in==");
            match user {
                0 => {
                    let of = &mut event["properties"];
                    of["requestId"] = json!(id);
                    of["userId"] = json!(name);
                    of["sessionId"] = json!(session);
                    of["signInActivityId"] = json!(sign_in);
                }
                1 => {
                    event["RequestId"] = json!(id);
                    event["UserId"] = json!(name);
                    event["SessionId"] = json!(session);
                    event["SignInActivityId"] = json!(sign_in);
                }
                _ => {
                    event["http"]["request"]["id"] = json!(id);
                    event["user"]["id"] = json!(name);
                    event["azure"]["aadgraphactivitylogs"] = json!({"properties": {"session_id": session, "sign_in_activity_id": sign_in}});
                }
            }
            events.push(event);
        }
    }
    events
}

#[test]
fn sessions_and_sign_ins_are_keys_of_queries() {
    let room = Room::new();
    let mut events = sessions();
    // A value that would break out of its quotes is in no query.
    events[0]["properties"]["sessionId"] = json!("x\" | delete `all` $now$");
    room.write("events.ndjson", lines(&events));
    let page = page(&room, &["events.ndjson"]);
    let details = details(&page);
    assert_eq!(details.len(), 3);
    for session in ["s-hub", "s-row", "s-ecs"] {
        let sign_in = format!("{session}-in");
        let of = |detail: &&&Node| detail.text().contains(session);
        let detail = details.iter().find(of).unwrap();
        let column = "azure.aadgraphactivitylogs.properties.session_id";
        let values = detail.rows(&format!("Values of {column}"));
        assert!(values[0][0] == session, "{values:?}");
        let blocks: Vec<String> = detail.all("code").iter().map(|code| code.text()).collect();
        for query in [
            format!(
                "data_stream.dataset : \"azure.aadgraphactivitylogs\" and {column} : (\"{session}\")"
            ),
            format!(
                "data_stream.dataset : \"azure.signinlogs\" and azure.signinlogs.properties.unique_token_identifier : (\"{sign_in}==\" or \"{sign_in}\")"
            ),
            format!(
                "FROM logs-azure.signinlogs-* | WHERE azure.signinlogs.properties.session_id IN (\"{session}\")"
            ),
            format!(
                "union isfuzzy=true SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs | where UniqueTokenIdentifier in (\"{sign_in}==\", \"{sign_in}\")"
            ),
            format!(
                "search index=* category IN (\"AzureADGraphActivityLogs\", \"MicrosoftGraphActivityLogs\") properties.sessionId IN (\"{session}\")"
            ),
        ] {
            assert!(blocks.contains(&query), "{query}\nis not in {blocks:#?}");
        }
        // Languages have the names that people know, each once.
        let headings: Vec<String> = detail.all("h5").iter().map(|h5| h5.text()).collect();
        assert_eq!(
            headings[..4],
            [
                "KQL of Kibana",
                "ES|QL of Elasticsearch",
                "Kusto, the KQL of Sentinel and Defender",
                "SPL of Splunk"
            ]
        );
        assert!(
            !blocks.iter().any(|block| block.contains("delete")),
            "{blocks:#?}"
        );
    }
    assert!(page.text().contains("(1 of 2 values)"));
}

#[test]
fn numbers_have_their_thousands_marked_and_addresses_their_own_order() {
    let room = Room::new();
    let mut events = Vec::new();
    for number in 0..1500 {
        let mut event = burst().swap_remove(number % 20);
        event["properties"]["requestId"] = json!(format!("many-{number}"));
        event["properties"]["requestUri"] = json!(format!("/tenant/users/{number}"));
        let address = ["2001:db8::1", "198.51.100.10", "198.51.100.9"][number % 3];
        event["properties"]["callerIpAddress"] = json!(address);
        events.push(event);
    }
    room.write("events.ndjson", lines(&events));
    let page = page(&room, &["events.ndjson"]);
    let ordered = ["198.51.100.9", "198.51.100.10", "2001:db8::1"];
    let cards = cards(&page);
    assert_eq!(cards[0]["Addresses"], ordered.join(", "));
    assert_eq!(cards[0]["Calls in them"], "1,500");
    let detail = details(&page)[0];
    let addresses = detail.rows("Values of source.ip");
    let shown: Vec<&str> = addresses.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(shown, ordered);
    let row = detail.rows("Columns of the alert");
    let of = |name: &str| row.iter().find(|row| row[0] == name).unwrap()[1].clone();
    assert_eq!(of("source.ip"), ordered.concat());
    assert_eq!(of("Esql.total_calls"), "1,500");
    // Nowhere does the same number stand in another form.
    let text = page.text();
    assert!(text.contains("made 1,500 calls"), "{text}");
    for name in ["td", "p", "dd", "li", "text", "title", "caption"] {
        for element in page.all(name) {
            let text = element.text();
            let mut words = text.split([' ', '.', ':', '(']);
            assert!(!words.any(|word| word == "1500"), "{text}");
        }
    }
}

#[test]
fn paths_are_shown_without_what_all_begin_with() {
    let room = Room::new();
    let mut events = burst();
    let begin = "/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11/";
    for (number, event) in events.iter_mut().enumerate() {
        let of = ["users", "groups"][number % 2];
        event["properties"]["requestUri"] = json!(format!("{begin}{of}/{number}"));
    }
    room.write("events.ndjson", lines(&events));
    let page = page(&room, &["events.ndjson"]);
    let detail = details(&page)[0];
    assert!(detail.text().contains(&format!("begin with: {begin}")));
    let rows = detail.rows("By category");
    assert_eq!(rows[0][9], "users/0 403users/2 403users/4 403");
    assert_eq!(rows[1][9], "groups/1 403groups/3 403groups/5 403");
}

#[test]
fn an_application_of_microsoft_s_own_has_other_responses() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let divs = details(&page)[0].all("div").into_iter();
    let actions: Vec<String> = divs
        .filter(|div| div.get("class") == Some("action"))
        .map(Node::text)
        .collect();
    let of = |app: &str| {
        let mut all = actions.iter();
        all.find(|text| text.starts_with(&format!("Block app {app}")))
            .unwrap()
    };
    let own = of("1b730954-1685-4b74-9bfd-dac224a7b894");
    for part in [
        "its application object is not in your tenant",
        "PATCH /v1.0/servicePrincipals(appId='1b730954-1685-4b74-9bfd-dac224a7b894') with {\"accountEnabled\": false}",
        "Conditional Access",
        "only Microsoft can end its access",
    ] {
        assert!(own.contains(part), "{own}");
    }
    assert!(of("not-known").contains("GET /v1.0/applications?$filter="));
}

#[test]
fn a_user_who_is_called_like_a_figure_keeps_the_name() {
    let room = Room::new();
    let mut events = Vec::new();
    for number in 0..1500 {
        let mut event = burst().swap_remove(number % 20);
        event["properties"]["requestId"] = json!(format!("many-{number}"));
        event["properties"]["requestUri"] = json!(format!("/tenant/users/{}", number % 1200));
        event["properties"]["userId"] = json!("1500");
        events.push(event);
    }
    room.write("events.ndjson", lines(&events));
    let page = page(&room, &["events.ndjson"]);
    let said = "User 1500 from an unknown network made 1500 calls";
    let text = details(&page)[0].text();
    assert!(
        text.contains(said) && text.contains("on 1,200 distinct"),
        "{text}"
    );
}
