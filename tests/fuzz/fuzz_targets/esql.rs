//! Queries in ES|QL: any text is planned, or its problems have places in it; what is lowered opens,
//! and is evaluated within its steps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use weir_esql::shape::shape;
use weir_esql::types::Type;
use weir_fuzz_targets::compiled::{evaluate, judge, opened, understood};

fn schema(name: &str) -> Option<Type> {
    (name == "process.pid").then_some(Type::Long)
}

fuzz_target!(|text: &str| {
    match weir_esql::analyse(text, &schema) {
        Ok(plan) => drop(shape(&plan)),
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                let part = problem.at.start..problem.at.end;
                assert!(
                    text.get(part.clone()).is_some(),
                    "{part:?}: {}",
                    problem.text
                );
            }
        }
    }
    let rule = json!({
        "rule_id": "r", "name": "R", "description": "x", "severity": "low", "risk_score": 21,
        "type": "esql", "language": "esql", "query": text, "from": "now-10m", "interval": "5m",
    });
    let specs = understood(&rule.to_string());
    evaluate(&specs, text.as_bytes());
    if specs.is_empty() {
        return;
    }
    if let Some(detector) = opened(specs) {
        judge(&mut detector.expect("what is compiled opens"));
    }
});
