//! Tests of agents and actors, and of the suppression of further calls.

#[path = "../../testing.rs"]
mod testing;

use crate::open;
use weir_detector::model::{Alert, Value};

fn call(agent: &str, actor: &str, time: &str) -> String {
    format!(
        "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\
         \"2026-05-19T{time}Z\",\"userId\":\"u\",\"appId\":\"app\",\"requestUri\":\"/t/users\",\"userAgent\":\
         \"{agent}\",\"actorType\":{actor}}}}}\n"
    )
}

fn alerts(parameters: &str, calls: &[String]) -> Vec<Alert> {
    testing::alerts(|| open(parameters, (1, 2)), calls)
}

#[test]
fn scripts_and_tools_alert_in_any_case() {
    for (agent, is_suspicious) in [
        ("fasthttp", true),
        ("Python/3.11 aiohttp/3.9.5", true),
        ("azurehound/v2", true),
        ("AADInternals", true),
        ("Go-http-client/2.0", true),
        ("python-requests/2.32", true),
        ("my python", false),
        ("curl/8.5.0", true),
        ("curling", false),
        ("okhttp/4.12", true),
        ("axios/1.7", true),
        ("node-fetch", true),
        ("go-resty/2", true),
        ("BAV2ROPC", true),
        ("undici", true),
        ("Microsoft.OData.Client/7.6.4", false),
        ("", false),
    ] {
        let found = alerts("{}", &[call(agent, "\"User\"", "09:31:07")]);
        assert_eq!(found.len(), usize::from(is_suspicious), "{agent}");
    }
}

#[test]
fn only_a_person_s_calls_alert() {
    for (actor, is_person) in [
        ("\"User\"", true),
        ("[\"User\"]", true),
        ("[\"User\",\"Application\"]", false),
        ("\"Application\"", false),
        ("\"user\"", false),
        ("\"\"", false),
        ("null", false),
        ("{}", false),
    ] {
        let found = alerts("{}", &[call("curl/8", actor, "09:31:07")]);
        assert_eq!(found.len(), usize::from(is_person), "{actor}");
    }
}

#[test]
fn the_next_calls_of_an_hour_are_suppressed() {
    let calls = ["09:00:00.000", "09:59:59.999", "10:00:00.000"]
        .map(|time| call("curl/8", "\"User\"", time));
    let found = alerts("{}", &calls);
    let totals: Vec<_> = { found.iter() }
        .map(|alert| &alert.columns[2].value)
        .collect();
    assert_eq!(totals, [&Value::Integer(2), &Value::Integer(1)]);
    assert_eq!(
        found[0].reason,
        "User u called Azure AD Graph with curl/8, 2 calls."
    );
    assert_eq!(found[0].response.len(), 3);
    assert_eq!(alerts(r#"{"suppress_seconds":0}"#, &calls).len(), 3);
    assert_eq!(alerts(r#"{"agents":"wget*"}"#, &calls), []);
}
