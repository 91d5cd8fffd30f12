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
