//! Tests of the threshold, the filter, and the parameters.

#[path = "../../testing.rs"]
mod testing;

use crate::{Enumeration, open};
use weir_detector::definition::configuration;
use weir_detector::describe::describe;
use weir_detector::model::Alert;

fn call(path: &str, agent: &str, second: u32) -> String {
    format!(
        "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\
         \"2026-05-19T09:31:{second:02}Z\",\"userId\":\"u\",\"requestUri\":\"{path}\",\"userAgent\":\"{agent}\"}}}}\n"
    )
}

fn alerts(parameters: &str, calls: &[String]) -> Vec<Alert> {
    testing::alerts(|| open(parameters, (1, 2)), calls)
}

/// Calls of these collections, one a second.
fn walk(collections: &[&str], agent: &str) -> Vec<String> {
    let paths = collections.iter().map(|name| format!("/t/{name}?a=1"));
    (0..)
        .zip(paths)
        .map(|(n, path)| call(&path, agent, n))
        .collect()
}

const FIVE: [&str; 5] = ["users", "groups", "devices", "settings", "policies"];

#[test]
fn five_kinds_of_objects_in_a_minute_alert() {
    let found = alerts("{}", &walk(&FIVE, "Python/3.11 AioHTTP/3.9.5"));
    assert_eq!(
        found[0].reason,
        "User u read 5 kinds of objects of Azure AD Graph in 1 minute with \
         Python/3.11 AioHTTP/3.9.5, 5 calls in all."
    );
    assert_eq!(found[0].response.len(), 2);
    assert!(found[0].pivots[0].query.contains("azure.tenant_id : \"t\""));
    assert_eq!(alerts("{}", &walk(&FIVE[1..], "aiohttp")), []);
    // Other collections do not count.
    assert_eq!(
        alerts(
            "{}",
            &walk(
                &["users", "groups", "devices", "settings", "$batch", "me"],
                "aiohttp"
            )
        ),
        []
    );
    assert_eq!(alerts("{}", &walk(&FIVE, "curl/8")), []);
}

#[test]
fn minutes_and_tenants_are_separate() {
    let mut calls = walk(&FIVE, "aiohttp");
    calls[4] = calls[4].replace("09:31", "09:32");
    assert_eq!(alerts("{}", &calls), []);
    let mut calls = walk(&FIVE, "aiohttp");
    calls[4] = calls[4].replace("\"tenantId\":\"t\"", "\"tenantId\":\"s\"");
    assert_eq!(alerts("{}", &calls), []);
}

#[test]
fn the_threshold_and_the_agents_can_be_set() {
    let four = walk(&FIVE[1..], "spider/1");
    let parameters = r#"{"min_distinct_endpoints":4,"agents":"*aiohttp*, spider*"}"#;
    assert_eq!(alerts(parameters, &four).len(), 1);
    for bad in [
        r#"{"min_distinct_endpoints":17}"#,
        r#"{"min_distinct_endpoints":0}"#,
        r#"{"agents":"*"}"#,
        r#"{"agents":["a"]}"#,
    ] {
        assert!(
            configuration(&Enumeration::default(), bad).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn all_alert_fields_have_labels() {
    let rule = describe(&Enumeration::default());
    assert!(!rule.columns.is_empty());
    for field in rule.key.iter().chain(&rule.columns) {
        assert_ne!(field.label, field.name);
    }
}
