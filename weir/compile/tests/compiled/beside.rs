//! A naive evaluator of Kibana's filters, from their JSON, compared with the component's own code on
//! random filters and documents.

use crate::naive::{Random, document, line, number, text, values};
use crate::support::{alerts, key, query_rule, specs};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A filter as TOML writes it.
pub(crate) fn toml(value: &Value) -> String {
    match value {
        Value::Array(all) => format!("[{}]", all.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name:?} = {}", toml(value));
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

fn matches(pattern: &[char], text: &[char], same: fn(char, char) -> bool) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| matches(rest, &text[at..], same)),
        ['?', rest @ ..] => !text.is_empty() && matches(rest, &text[1..], same),
        ['\\', c, rest @ ..] | [c, rest @ ..] => {
            text.first().is_some_and(|first| same(*first, *c)) && matches(rest, &text[1..], same)
        }
    }
}

fn is_like(pattern: &str, text: &str, caseless: bool) -> bool {
    let same: fn(char, char) -> bool = match caseless {
        true => |a, b| a.eq_ignore_ascii_case(&b),
        false => |a, b| a == b,
    };
    let [pattern, text] = [pattern, text].map(|text| text.chars().collect::<Vec<_>>());
    matches(&pattern, &text, same)
}

fn clause(clause: &Value, document: &Value) -> bool {
    let (kind, value) = clause.as_object().unwrap().iter().next().unwrap();
    let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
    if kind == "bool" {
        let all = |name: &str| list(name).iter().all(|one| self::clause(one, document));
        let none = |name: &str| !list(name).iter().any(|one| self::clause(one, document));
        let optional = list("should").is_empty() || !list("must").is_empty();
        return all("must") && none("must_not") && (optional || !none("should"));
    }
    if kind == "exists" {
        return !values(document, value["field"].as_str().unwrap()).is_empty();
    }
    let (field, value) = value.as_object().unwrap().iter().next().unwrap();
    let found = values(document, field);
    let equals = |wanted: &Value| {
        found.iter().any(|found| match field.as_str() {
            "process.pid" => number(found).map(f64::trunc) == number(wanted),
            _ => text(found) == text(wanted),
        })
    };
    let caseless = value["case_insensitive"] == true;
    match kind.as_str() {
        "match_phrase" => equals(value),
        "term" if caseless => {
            { found.iter() }.any(|found| text(found).eq_ignore_ascii_case(&text(&value["value"])))
        }
        "term" => equals(&value["value"]),
        "terms" => value.as_array().unwrap().iter().any(equals),
        "wildcard" | "prefix" => {
            let pattern = text(&value["value"]);
            let pattern = match kind.as_str() {
                "prefix" => pattern.replace('*', "\\*") + "*",
                _ => pattern,
            };
            { found.iter() }.any(|found| is_like(&pattern, &text(found), caseless))
        }
        "range" => found.iter().any(|found| {
            value.as_object().unwrap().iter().all(|(end, wanted)| {
                let order = match number(wanted) {
                    Some(wanted) => number(found).and_then(|n| n.partial_cmp(&wanted)),
                    None => Some(text(found).cmp(&text(wanted))),
                };
                order.is_some_and(|order| match end.as_str() {
                    "gt" => order.is_gt(),
                    "gte" => order.is_ge(),
                    "lt" => order.is_lt(),
                    _ => order.is_le(),
                })
            })
        }),
        _ => panic!("the generator makes none"),
    }
}

fn random_clause(random: &mut Random, depth: usize) -> Value {
    let field = random.of(&["user.name", "event.action", "x", "x.y.z"]);
    let value = random.of(&["a", "ab", "b", "A", "é", "7", "true", "a b", "*"]);
    let caseless = random.next(2) == 0;
    let some = |random: &mut Random| {
        let parts = (0..random.next(3)).map(|_| random_clause(random, depth.saturating_sub(1)));
        parts.collect::<Vec<Value>>()
    };
    match random.next(if depth == 0 { 8 } else { 10 }) {
        0 => json!({"match_phrase": {field: value}}),
        1 => json!({"term": {field: {"value": value, "case_insensitive": caseless}}}),
        2 => json!({"terms": {field: [value, "b", true]}}),
        3 => json!({"exists": {"field": field}}),
        4 => json!({"term": {"process.pid": {"value": 7}}}),
        5 => {
            let (low, high) = (random.of(&["gt", "gte"]), random.of(&["lt", "lte"]));
            match random.next(3) {
                0 => json!({"range": {"process.pid": {low: 5, high: 7}}}),
                1 => json!({"range": {field: {low: "a", high: "b"}}}),
                _ => json!({"range": {"process.pid": {high: "7"}}}),
            }
        }
        6 => json!({"prefix": {field: {"value": value, "case_insensitive": caseless}}}),
        7 => {
            let pattern = random.of(&["A*", "?", "*B", "a?b", "\\*", "É*", "*\\B", "T?UE", "é\\"]);
            json!({"wildcard": {field: {"value": pattern, "case_insensitive": caseless}}})
        }
        8 => json!({"bool": {"must": some(random), "must_not": some(random)}}),
        _ => json!({"bool": {"must": some(random), "should": some(random)}}),
    }
}

#[test]
fn random_filters_match_as_the_naive_evaluator_says() {
    let (mut matched, mut all) = (0, 0);
    for round in 0..30_u64 {
        let mut random = Random(round * 57 + 21);
        let mut filters: Vec<Vec<Value>> = Vec::new();
        for _ in 0..20 {
            let filter = |random: &mut Random| {
                let meta = json!({
                    "negate": random.next(3) == 0, "disabled": random.next(5) == 0,
                    "type": "custom", "alias": "x",
                });
                json!({"meta": meta, "query": random_clause(random, 2)})
            };
            filters.push(
                (0..1 + random.next(2))
                    .map(|_| filter(&mut random))
                    .collect(),
            );
        }
        let rules: Vec<String> = (0..)
            .zip(&filters)
            .map(|(at, filters): (u32, _)| {
                let list = toml(&filters.clone().into());
                query_rule(&format!("r{at}"), "*") + &format!("filters = {list}\n")
            })
            .collect();
        let documents: Vec<Value> = (0..40).map(|_| document(&mut random)).collect();
        let lines: String = { documents.iter().enumerate() }
            .map(|(at, document)| line(document, at, at))
            .collect();
        let mut found: BTreeSet<(String, String)> = BTreeSet::new();
        for alert in alerts(specs(&rules), &lines) {
            found.insert((alert.rule.clone(), key(&alert).concat()));
        }
        for (at, filters) in filters.iter().enumerate() {
            for (id, document) in documents.iter().enumerate() {
                let wanted = filters.iter().all(|filter| {
                    let meta = &filter["meta"];
                    let holds = clause(&filter["query"], document) != (meta["negate"] == true);
                    meta["disabled"] == true || holds
                });
                let has = found.contains(&(format!("r{at}"), format!("{id:04}")));
                assert_eq!(has, wanted, "{filters:?}\non {document}");
                (matched, all) = (matched + u32::from(wanted), all + 1);
            }
        }
    }
    assert!(
        matched > all / 8 && matched < all / 8 * 7,
        "{matched}/{all}"
    );
}
