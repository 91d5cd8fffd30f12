//! Tests that hold for every rule.

use crate::rules;
use std::collections::BTreeSet;
use weir_detector::definition::configuration;
use weir_detector::describe::describe;

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

/// A document of Elastic's that all rules take, with so many values of each part of a key.
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
fn each_rule_limits_the_keys_of_an_event() {
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
fn a_record_refused_by_one_rule_reaches_none() {
    let all = ["first-network", "high-4xx", "suspicious-agent"].map(|name| (name, "{}"));
    let mut detector = crate::open(&all, (1, 2)).unwrap();
    let before = detector.snapshot();
    // Only the two rules with networks in their keys would make too many keys of it.
    assert_eq!(detector.push(crowd([17, 16, 1, 1]).as_bytes()).malformed, 1);
    assert_eq!(detector.snapshot(), before);
}

#[test]
fn an_invalid_number_is_malformed_in_both_readers() {
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

#[test]
fn alerts_of_several_rules_are_taken_oldest_first() {
    let call = |agent: &str, time: &str| {
        format!(
            "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\
             \"2026-05-19T09:{time}Z\",\"userId\":\"u\",\"requestUri\":\"/t/users\",\"actorType\":\"User\",\
             \"userAgent\":\"{agent}\"}}}}\n"
        )
    };
    let rules = [
        (
            "enumeration",
            r#"{"early":true,"min_distinct_endpoints":1}"#,
        ),
        ("suspicious-agent", r#"{"early":true}"#),
    ];
    let names = |detector: &mut weir_detector::detector::Detector<_>, max: u32| -> Vec<String> {
        let alerts = detector.take_alerts(max);
        alerts.into_iter().map(|alert| alert.rule).collect()
    };
    let ids: Vec<String> = { crate::configured(&rules).into_iter() }
        .map(|one| one.rule)
        .collect();
    let [walk, agent] = [ids[0].as_str(), ids[1].as_str()];
    let open = || crate::open(&rules, (1, 2)).unwrap_or_else(|e| panic!("{e:?}"));
    let mut detector = open();
    detector.push(call("curl/8.5.0", "31:07").as_bytes());
    detector.push(call("aiohttp/3.9", "31:08").as_bytes());
    assert_eq!(names(&mut detector, 2), [agent, walk]);
    assert_eq!(names(&mut detector, 9), [agent]);
    // A snapshot orders output by rule, and the detector that made it continues in that order too.
    let mut detector = open();
    detector.push(call("curl/8.5.0", "31:07").as_bytes());
    detector.push(call("aiohttp/3.9", "31:08").as_bytes());
    detector.order_as_restored();
    let mut restored = open();
    let merged = restored.merge(&detector.snapshot());
    assert!(merged.is_ok(), "{merged:?}");
    for detector in [&mut detector, &mut restored] {
        detector.push(call("aiohttp/3.9", "32:08").as_bytes());
        assert_eq!(names(detector, 9), [walk, agent, agent, walk]);
    }
}

#[test]
fn all_rules_together_stay_inside_one_budget() {
    let names = [
        "high-4xx",
        "enumeration",
        "suspicious-agent",
        "first-client",
        "first-network",
    ];
    let rules = names.map(|name| (name, r#"{"max_state_mib":4}"#));
    let mut detector = crate::open(&rules, (1, 2)).unwrap_or_else(|e| panic!("{e:?}"));
    let mut most = 0;
    for user in 0..40_000 {
        let call = format!(
            "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\
             \"2026-05-19T09:31:{:02}Z\",\"userId\":\"user-{user}\",\"appId\":\"app-{user}\",\
             \"requestUri\":\"/t/users\",\"actorType\":\"User\",\"userAgent\":\"aiohttp/3.9\"}}}}\n",
            user / 1000
        );
        detector.push(call.as_bytes());
        if user % 100 == 0 {
            let counters = detector.counters();
            most = most.max(counters.rules.iter().map(|rule| rule.state_bytes).sum());
        }
    }
    let counters = detector.counters();
    assert!(counters.rules.iter().any(|rule| rule.evicted > 0));
    // As with a single rule, the state that cannot be evicted goes a little above the budget.
    assert!((3 << 20..5 << 20).contains(&most), "{most}");
}
