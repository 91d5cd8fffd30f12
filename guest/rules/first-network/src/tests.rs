//! Tests of new pairs of user and network, and of excluded ones.

#[path = "../../testing.rs"]
mod testing;

use crate::open;
use weir_detector::model::Alert;

fn call(user: &str, networks: &str, time: &str) -> String {
    format!(
        "{{\"data_stream\":{{\"dataset\":\"azure.aadgraphactivitylogs\"}},\"@timestamp\":\"2026-05-{time}Z\",\
         \"user\":{{\"id\":\"{user}\"}},\"source\":{{\"as\":{{\"number\":{networks},\"organization\":{{\"name\":\"Hoster\"}}}}}}}}\n"
    )
}

fn alerts(parameters: &str, calls: &[String]) -> Vec<Alert> {
    testing::alerts(|| open(parameters, (1, 2)), calls)
}

#[test]
fn a_network_that_was_not_seen_for_a_week_alerts() {
    let first = call("u", "7", "01T09:00:00.000");
    let at = |time| [first.clone(), call("u", "7", time)];
    assert_eq!(alerts("{}", &at("08T09:00:00.000")), []);
    let found = alerts("{}", &at("08T09:00:00.001"));
    assert_eq!(
        found[0].reason,
        "User u called Azure AD Graph from AS7 (Hoster), where this user was not seen before."
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].pivots[0].query.contains("source.as.number : 7"));
}

#[test]
fn clouds_and_calls_without_user_or_network_are_never_new() {
    for (user, networks, new) in [
        ("u", "7", 1),
        ("u", "[7, 9]", 2),
        ("u", "8075", 0),
        ("u", "[7, 8075]", 0),
        ("u", "null", 0),
        ("", "7", 0),
    ] {
        let found = alerts(
            r#"{"warm_up_seconds":0}"#,
            &[call(user, networks, "01T09:00:00")],
        );
        assert_eq!(found.len(), new, "{user} {networks}");
    }
    let own = r#"{"warm_up_seconds":0,"excluded_networks":"7 9"}"#;
    let calls = ["7", "9", "8075"].map(|network| call("u", network, "01T09:00:00"));
    assert_eq!(alerts(own, &calls).len(), 1);
}
