//! Tests of new pairs of application and user, and of excluded ones.

#[path = "../../testing.rs"]
mod testing;

use crate::open;
use weir_detector::model::Alert;

fn call(app: &str, actor: &str, time: &str) -> String {
    format!(
        "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\
         \"2026-05-{time}Z\",\"userId\":\"u\",\"appId\":\"{app}\",\"requestUri\":\"/t/users\",\"actorType\":\
         \"{actor}\"}}}}\n"
    )
}

fn alerts(parameters: &str, calls: &[String]) -> Vec<Alert> {
    testing::alerts(|| open(parameters, (1, 2)), calls)
}

#[test]
fn a_pair_that_was_not_seen_for_a_week_alerts() {
    let first = call("a", "User", "01T09:00:00.000");
    let at = |time| [first.clone(), call("a", "User", time)];
    assert_eq!(alerts("{}", &at("08T09:00:00.000")), []);
    let found = alerts("{}", &at("08T09:00:00.001"));
    assert_eq!(
        found[0].reason,
        "User u called Azure AD Graph with application a, which was not seen with this user before."
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].response[2].name.contains("app a"));
    assert!(found[0].pivots[0].query.contains("app_id : \"a\""));
}

#[test]
fn nothing_is_new_during_the_warm_up() {
    let first = call("a", "User", "01T09:00:00.000");
    let at = |time| [first.clone(), call("b", "User", time)];
    assert_eq!(alerts("{}", &at("08T08:59:59.999")), []);
    assert_eq!(alerts("{}", &at("08T09:00:00.000")).len(), 1);
    assert_eq!(
        alerts(r#"{"warm_up_seconds":0}"#, &at("01T09:00:01")).len(),
        2
    );
}

#[test]
fn services_and_excluded_applications_are_never_new() {
    let warm = r#"{"warm_up_seconds":0}"#;
    let excluded = "18ed3507-a475-4ccb-b669-d66bc9f2a36e";
    for (app, actor, is_new) in [
        ("a", "User", true),
        ("a", "Application", false),
        ("", "User", false),
        (excluded, "User", false),
    ] {
        let found = alerts(warm, &[call(app, actor, "01T09:00:00")]);
        assert_eq!(found.len(), usize::from(is_new), "{app} {actor}");
    }
    let own = r#"{"warm_up_seconds":0,"excluded_applications":"a, b"}"#;
    let calls = ["a", "b", excluded].map(|app| call(app, "User", "01T09:00:00"));
    assert_eq!(alerts(own, &calls).len(), 1);
}
