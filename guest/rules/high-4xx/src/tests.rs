//! Tests of the rule's parameters, warnings and events.

use crate::{High4xx, RULE_ID, advise, describe, open};
use weir_detector::config::Config;
use weir_detector::definition::configuration;
use weir_detector::model::{Problem, Selection, Value, Window};

fn parse(json: &str) -> Result<Config, Vec<Problem>> {
    configuration(&High4xx, json)
}

fn places(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect()
}

#[test]
fn every_problem_names_its_key() {
    let text =
        r#"{"min_error":1,"min_errors":-1,"early":1,"min_error_rate":1.5,"window_seconds":0}"#;
    assert_eq!(
        places(&parse(text).unwrap_err()),
        [
            "min_error",
            "min_errors",
            "early",
            "min_error_rate",
            "window_seconds"
        ]
    );
    assert_eq!(places(&parse("[]").unwrap_err()), [""]);
}

#[test]
fn exceptions_round_trip_among_other_parameters() {
    let text = r#"{"exceptions":[{"reason":"r","asn":1}],"min_errors":-1}"#;
    assert_eq!(places(&parse(text).unwrap_err()), ["min_errors"]);
    let config = parse(&text.replace("-1", "1")).unwrap();
    assert_eq!(config.exceptions.len(), 1);
    let values = config.values();
    let (_, again) = values
        .iter()
        .find(|(name, _)| *name == "exceptions")
        .unwrap();
    let again = format!("{{\"exceptions\":{again},\"min_errors\":1}}");
    assert_eq!(parse(&again), Ok(config));
    let wrong = parse(&text.replace("asn", "as")).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert_eq!(wrong[0].key, "exceptions[0].as");
}

#[test]
fn only_an_explicit_horizon_beyond_the_lateness_is_refused() {
    let shorter = parse(r#"{"allowed_lateness_seconds":60}"#).unwrap();
    let values = shorter.values();
    assert!(values.contains(&("dedup_horizon_seconds", "60".to_owned())));
    let both = r#"{"allowed_lateness_seconds":60,"dedup_horizon_seconds":61}"#;
    assert_eq!(places(&parse(both).unwrap_err()), ["dedup_horizon_seconds"]);
}

#[test]
fn each_parameter_accepts_its_default() {
    let defaults = parse("{}").unwrap();
    let values = defaults.values();
    let described = describe().parameters;
    assert_eq!(values.len(), described.len());
    for (parameter, (name, value)) in described.iter().zip(values) {
        assert_eq!(
            (parameter.name.as_str(), &parameter.default_value),
            (name, &value)
        );
        let text = format!("{{\"{name}\":{value}}}");
        assert_eq!(parse(&text).as_ref(), Ok(&defaults), "{text}");
    }
}

fn keys_of(configuration: &str) -> Vec<String> {
    advise(configuration).into_iter().map(|p| p.key).collect()
}

#[test]
fn the_published_rule_has_no_warnings() {
    assert_eq!(advise("{}"), []);
    assert_eq!(advise(r#"{"min_errors":10,"window_seconds":3600}"#), []);
    assert_eq!(advise(r#"{"min_errors":-1,"window_seconds":7}"#), []);
}

#[test]
fn warnings_name_their_keys() {
    for (configuration, key) in [
        (r#"{"min_errors":22}"#, "min_errors"),
        (r#"{"min_total_calls":14}"#, "min_total_calls"),
        (r#"{"min_error_rate":0.004}"#, "min_error_rate"),
        (r#"{"min_errors":9}"#, "min_errors"),
        (r#"{"min_total_calls":26}"#, "min_total_calls"),
        (r#"{"exact_paths":16,"min_url_paths":17}"#, "min_url_paths"),
        (r#"{"window_seconds":420}"#, "window_seconds"),
        (r#"{"window_seconds":25200}"#, "window_seconds"),
        (
            r#"{"allowed_lateness_seconds":119}"#,
            "allowed_lateness_seconds",
        ),
        (r#"{"dedup_horizon_seconds":60}"#, "dedup_horizon_seconds"),
        (
            r#"{"out_of_orderness_seconds":3601}"#,
            "out_of_orderness_seconds",
        ),
        (r#"{"partial":true}"#, "partial"),
        (r#"{"verdicts_floor":0.5}"#, "verdicts_floor"),
        (
            r#"{"exceptions":[{"reason":"r","source":"0.0.0.0/0"}]}"#,
            "exceptions",
        ),
        (
            r#"{"exceptions":[{"reason":"r","source":["::/0"]}]}"#,
            "exceptions",
        ),
    ] {
        assert!(
            keys_of(configuration).contains(&key.to_owned()),
            "{configuration}: {:?}",
            advise(configuration)
        );
    }
}

#[test]
fn warns_when_the_ratio_implies_a_threshold() {
    // Of 22 calls 9 errors are enough for the ratio, of 23 it takes the 10 of the parameter.
    assert_eq!(keys_of(r#"{"min_total_calls":22}"#), [""; 0]);
    assert_eq!(keys_of(r#"{"min_total_calls":23}"#), ["min_total_calls"]);
}

#[test]
fn a_session_and_a_sign_in_are_read_in_every_shape() {
    let shapes = [
        r#"{"category":"AzureADGraphActivityLogs","properties":{"timeGenerated":"2026-05-19T09:31:07Z","userId":"u","sessionId":"s","signInActivityId":"i=="}}"#,
        r#"{"Type":"AADGraphActivityLogs","TimeGenerated":"2026-05-19T09:31:07Z","UserId":"u","SessionId":"s","SignInActivityId":"i=="}"#,
        r#"{"@timestamp":"2026-05-19T09:31:07Z","data_stream.dataset":"azure.aadgraphactivitylogs","user.id":"u","azure.aadgraphactivitylogs":{"properties":{"session_id":"s","sign_in_activity_id":["i=="]}}}"#,
        // Values of other types do not make the event malformed.
        r#"{"Type":"AADGraphActivityLogs","TimeGenerated":"2026-05-19T09:31:07Z","UserId":"u","SessionId":{"a":1},"SignInActivityId":""}"#,
    ];
    let detector = open("{}", (1, 2)).unwrap_or_else(|e| panic!("{e:?}"));
    let all = Selection {
        rule: RULE_ID.to_owned(),
        key: Vec::new(),
        window: Window {
            start: 0,
            end: i64::MAX,
        },
    };
    let read = shapes.map(|shape| {
        let events = detector.select(shape.as_bytes(), std::slice::from_ref(&all));
        let columns = &events[0].columns;
        ["session_id", "sign_in_activity_id"].map(|name| {
            let name = format!("azure.aadgraphactivitylogs.properties.{name}");
            let mut found = columns.iter().filter(|column| column.name == name);
            found.next().map(|column| column.value.clone())
        })
    });
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let wanted = [text("s"), text("i==")];
    assert_eq!(read, [wanted.clone(), wanted.clone(), wanted, [None, None]]);
}
