//! What holds for every rule.

use crate::rules;
use std::collections::BTreeSet;
use weir_detector::definition::{configuration, describe};

#[test]
fn every_rule_describes_itself_and_opens_on_its_defaults() {
    let described: Vec<_> = { rules().into_iter() }
        .map(|rule| describe(&*rule))
        .collect();
    for (rule, described) in rules().iter().zip(&described) {
        let name = &described.short_name;
        assert!(configuration(&**rule, "{}").is_ok(), "{name}");
        assert!(!described.columns.is_empty(), "{name}");
        for field in described.key.iter().chain(&described.columns) {
            assert_ne!(field.label, field.name, "{name}");
        }
        for parameter in &described.parameters {
            let given = format!("{{\"{}\":{}}}", parameter.name, parameter.default_value);
            assert!(configuration(&**rule, &given).is_ok(), "{name}: {given}");
        }
        assert!(
            !described.description.is_empty() && !described.threats.is_empty(),
            "{name}"
        );
    }
    let names: BTreeSet<_> = described.iter().map(|rule| &rule.short_name).collect();
    let ids: BTreeSet<_> = described.iter().map(|rule| &rule.id).collect();
    assert_eq!([names.len(), ids.len()], [described.len(); 2]);
}

#[test]
fn a_bad_list_is_a_problem_with_its_key() {
    for (short_name, given, key) in [
        (
            "first-network",
            r#"{"excluded_networks":"8075, AS1"}"#,
            "excluded_networks",
        ),
        ("suspicious-agent", r#"{"agents":"curl, *"}"#, "agents"),
        ("suspicious-agent", r#"{"agents":7}"#, "agents"),
        (
            "enumeration",
            r#"{"min_distinct_endpoints":17}"#,
            "min_distinct_endpoints",
        ),
    ] {
        let problems = crate::open(&[(short_name, given)], (1, 2))
            .err()
            .unwrap_or_default();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        assert_eq!(keys, [key], "{given}");
    }
}

/// A document of Elastic's that all rules are about, with so many values of each part of a key.
fn crowd([users, networks, tenants, apps]: [usize; 4]) -> String {
    let texts = |what: &str, many: usize| -> String {
        let texts: Vec<String> = (0..many).map(|n| format!("\"{what}-{n}\"")).collect();
        format!("[{}]", texts.join(","))
    };
    let numbers: Vec<String> = (0..networks).map(|n| (64_000 + n).to_string()).collect();
    format!(
        r#"{{"@timestamp":"2026-05-19T09:31:07Z","data_stream":{{"dataset":"azure.aadgraphactivitylogs"}},"user":{{"id":{}}},"source":{{"as":{{"number":[{}]}}}},"azure":{{"tenant_id":{},"aadgraphactivitylogs":{{"properties":{{"app_id":{},"actor_type":"User"}}}}}},"user_agent":{{"original":"aiohttp"}},"url":{{"path":"/T/users"}}}}"#,
        texts("u", users),
        numbers.join(","),
        texts("t", tenants),
        texts("a", apps),
    )
}

#[test]
fn each_rule_takes_so_many_keys_of_an_event_and_no_more() {
    let app = "azure.aadgraphactivitylogs.properties.app_id";
    for (rule, most, above, reason) in [
        (
            "high-4xx",
            [16, 16, 20, 20],
            [17, 16, 1, 1],
            "user.id and source.as.number: 272",
        ),
        (
            "enumeration",
            [16, 20, 16, 20],
            [16, 1, 17, 1],
            "user.id and azure.tenant_id: 272",
        ),
        (
            "first-client",
            [16, 20, 20, 16],
            [129, 1, 1, 2],
            &format!("{app} and user.id: 258"),
        ),
        (
            "first-network",
            [16, 16, 20, 20],
            [2, 250, 1, 1],
            "user.id and source.as.number: 500",
        ),
    ] {
        let mut detector = crate::open(&[(rule, "{}")], (1, 2)).unwrap();
        let outcome = detector.push(crowd(most).as_bytes());
        assert_eq!(
            (outcome.counted, outcome.malformed),
            (1, 0),
            "{rule}: {outcome:?}"
        );
        let outcome = detector.push(crowd(above).as_bytes());
        let said: Vec<&str> = { outcome.refused.iter() }
            .map(|r| r.reason.as_str())
            .collect();
        let reason = format!("{reason} group keys, at most 256 are taken");
        assert_eq!(
            (outcome.malformed, said),
            (1, vec![reason.as_str()]),
            "{rule}"
        );
    }
}

#[test]
fn of_a_record_that_one_rule_refuses_no_rule_hears() {
    let all = ["first-network", "high-4xx", "suspicious-agent"].map(|name| (name, "{}"));
    let mut detector = crate::open(&all, (1, 2)).unwrap();
    let before = detector.snapshot();
    // Only the two rules that go by networks would make too many keys of it.
    assert_eq!(detector.push(crowd([17, 16, 1, 1]).as_bytes()).malformed, 1);
    assert_eq!(detector.snapshot(), before);
}

#[test]
fn a_number_that_cannot_be_read_is_malformed_whatever_was_learned() {
    let good = crowd([1, 1, 1, 1]).replace("aiohttp", "Mozilla");
    let good = good.replace(['[', ']'], "");
    for wrong in ["\"abc\"", "true", "{}", "1e99", "12345678901234567890"] {
        let bad = good.replace("64000", wrong);
        assert_ne!(bad, good);
        for rule in [
            "high-4xx",
            "enumeration",
            "suspicious-agent",
            "first-client",
            "first-network",
        ] {
            let mut detector = crate::open(&[(rule, "{}")], (1, 2)).unwrap();
            for _ in 0..4 {
                assert_eq!(detector.push(good.as_bytes()).malformed, 0, "{rule}");
            }
            let before = detector.snapshot();
            assert_eq!(
                detector.push(bad.as_bytes()).malformed,
                1,
                "{rule}: {wrong}"
            );
            assert_eq!(detector.snapshot(), before, "{rule}: {wrong}");
        }
    }
}
