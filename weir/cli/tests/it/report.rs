//! The page of `weir report`: what is in it is text, says what `weir run` finds, and is the same
//! each time.

mod analyst;
mod findings;
mod inputs;
mod untrusted;

use serde_json::{Value, json};

use crate::support::page::{Node, hash};
use crate::support::{Room, burst_documents, lines};

/// Event of a user's call in a minute of an hour.
fn call(user: &str, minute: usize, number: usize) -> Value {
    let collections = ["users", "groups", "applications", "somewhere"];
    let status = [403, 404, 200, 403, 503][number % 5];
    let app = ["1b730954-1685-4b74-9bfd-dac224a7b894", "not-known"]
        [usize::from(number.is_multiple_of(3))];
    json!({
        "category": "AzureADGraphActivityLogs",
        "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
        "properties": {
            "timeGenerated": format!("2026-03-04T05:{minute:02}:{:02}.{number:03}Z", number % 60),
            "requestId": format!("{user}-{minute}-{number}"),
            "requestUri": format!("/tenant/{}/{number}?api-version=1.6", collections[number % 4]),
            "httpStatusCode": status,
            "userId": user,
            "appId": app,
            "callerIpAddress": format!("198.51.100.{}", number % 2),
            "userAgent": "Python/3.11 aiohttp/3.9.1",
        },
    })
}

/// Two that alert, one of them twice, and one that does not.
fn stream() -> Vec<Value> {
    let mut calls = Vec::new();
    for (user, minute, count) in [
        ("one", 8, 7),
        ("one", 10, 45),
        ("one", 12, 60),
        ("one", 14, 3),
        ("quiet", 20, 12),
        ("two", 30, 50),
    ] {
        calls.extend((0..count).map(|number| call(user, minute, number)));
    }
    calls
}

#[track_caller]
fn page(room: &Room, arguments: &[&str]) -> Node {
    let mut all = vec!["report", "--output", "report.html"];
    all.extend(arguments);
    room.weir(&all).ends(0);
    Node::read(&room.read("report.html"))
}

/// Which alert a part of the page is about.
#[track_caller]
fn alert_of<'a>(alerts: &'a [Value], detail: &Node) -> &'a Value {
    let text = detail.text();
    let mut all = alerts.iter();
    all.find(|alert| text.contains(alert["weir.alert.id"].as_str().unwrap()))
        .unwrap()
}

fn is_alert(section: &&Node) -> bool {
    section.get("class") == Some("alert")
}

/// The parts of the page that are of single alerts.
fn details(page: &Node) -> Vec<&Node> {
    page.all("section").into_iter().filter(is_alert).collect()
}

#[test]
fn the_page_may_do_nothing_but_show_its_own() {
    let room = Room::new();
    room.write("events.ndjson", lines(&stream()));
    let page = page(&room, &["events.ndjson"]);
    let metas = page.all("meta");
    let named = |meta: &&&Node| meta.get("http-equiv") == Some("Content-Security-Policy");
    let policy = metas.iter().find(named).unwrap().get("content").unwrap();
    let [style, script] = ["style", "script"].map(|name| {
        let all = page.all(name);
        assert_eq!(all.len(), 1, "{name}");
        hash(&all[0].text())
    });
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
        )
    );
    // It names the component that it was made with.
    let said: Value = serde_json::from_str(&room.weir(&["inspect", "--json"]).ends(0).out).unwrap();
    let component = said["sha256"].as_str().unwrap();
    assert!(page.text().contains(&format!("SHA-256 {component}.")));
    // It stands before all that it is about.
    let head = &page.all("head")[0];
    assert!(head.all("meta")[0].get("charset").is_some());
    assert!(
        head.all("meta")[1]
            .get("content")
            .unwrap()
            .starts_with("default-src")
    );
}

/// What tries to be more than text.
const HOSTILE: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<!--<style>*{display:none}",
    "&lt;b&gt; &amp; ]]>",
    "\u{202e}drawkcab\u{202c}\u{2066}\u{200f}",
    "nul\u{0}bell\u{7}escape\u{1b}[31m",
    "</title></textarea></svg>",
];

/// A burst in which all that a sender can write is hostile.
fn hostile() -> Vec<Value> {
    let mut events = Vec::new();
    for (at, text) in HOSTILE.into_iter().enumerate() {
        events.extend(burst_documents().into_iter().enumerate().map(|(number, mut event)| {
            event["user"]["id"] = json!(text);
            event["@timestamp"] = json!(format!("2026-03-04T05:{:02}:{number:02}.123Z", 10 + 2 * at));
            event["http"]["request"]["id"] = json!(format!("{at}-{number}{text}"));
            event["url"]["path"] = json!(format!("/{text}/users/{number}"));
            event["user_agent"]["original"] = json!(if number == 0 { "A".repeat(10_240) } else { format!("{text}{}", "B".repeat(900)) });
            event["azure"] = json!({"tenant_id": text, "aadgraphactivitylogs": {"properties": {"app_id": text, "api_version": text, "session_id": text, "sign_in_activity_id": text}}});
            event["source"]["as"] = json!({"number": 64500, "organization": {"name": text}});
            event
        }));
    }
    events
}
