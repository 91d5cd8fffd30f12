//! A naive evaluator of queries over `serde_json::Value`, compared with the component's own code on
//! random rules and documents. It shares the parser with the compiler, and nothing else.

use crate::support::{alerts, body, header, key, query_rule, specs};
use crate::words::{SCRIPT, has, is_text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use weir_compile::kql::{Comparison, Expression, Field, Literal, Test, parse};

/// A value drawn at random.
type Draw<'a> = &'a dyn Fn(&mut Random) -> Value;
/// An event by its place, with its values of the field whose distinct values are counted.
type Held = (usize, BTreeSet<String>);

/// The scalars of a document's field: nested, dotted and mixed names.
pub(crate) fn values(document: &Value, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    walk(document, path, &mut found);
    found
}

fn walk(value: &Value, path: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| walk(value, path, found)),
        Value::Object(members) if !path.is_empty() => {
            for (name, value) in members {
                match path.strip_prefix(name.as_str()) {
                    Some("") => walk(value, "", found),
                    Some(rest) if rest.starts_with('.') => walk(value, &rest[1..], found),
                    _ => {}
                }
            }
        }
        Value::Object(_) | Value::Null => {}
        scalar if path.is_empty() => found.push(scalar.clone()),
        _ => {}
    }
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn number(value: &Value) -> Option<f64> {
    text(value).parse().ok()
}

/// Whether a text matches a literal with wildcards, by trying everything.
pub(crate) fn like(literal: &Literal, text: &str) -> bool {
    fn rest(pattern: &[(char, bool)], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([(_, true), others @ ..], _) => (0..=text.len()).any(|at| rest(others, &text[at..])),
            ([(c, false), others @ ..], [d, behind @ ..]) => c == d && rest(others, behind),
            _ => false,
        }
    }
    let pattern = literal.text.char_indices();
    let pattern: Vec<_> = pattern
        .map(|(at, c)| (c, literal.wildcards.contains(&at)))
        .collect();
    rest(&pattern, &text.chars().collect::<Vec<_>>())
}

fn in_network(network: &str, address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let Some((base, length)) = network.split_once('/') else {
        return network.parse() == Ok(address);
    };
    let ((base, width), (address, other)) = (bits(base.parse().unwrap()), bits(address));
    let length: u32 = length.parse().unwrap();
    let shift = width - length;
    width == other && (shift >= 128 || base >> shift == address >> shift)
}

fn is(field: &str, literal: &Literal, value: &Value) -> bool {
    match field {
        "source.ip" => text(value)
            .parse()
            .is_ok_and(|address| in_network(&literal.text, address)),
        "process.pid" => number(value).map(f64::trunc) == literal.text.parse().ok(),
        "tls.established" => text(value) == literal.text,
        field if is_text(field) => has(field, literal, &text(value)),
        _ => like(literal, &text(value)),
    }
}

fn compares(comparison: Comparison, literal: &Literal, value: &Value) -> bool {
    let (Some(value), Ok(wanted)) = (number(value), literal.text.parse::<f64>()) else {
        return false;
    };
    match comparison {
        Comparison::Less => value < wanted,
        Comparison::AtMost => value <= wanted,
        Comparison::Greater => value > wanted,
        Comparison::AtLeast => value >= wanted,
    }
}

fn test(field: &Field, test: &Test, document: &Value) -> bool {
    let found = values(document, &field.name);
    fn holds(field: &str, test: &Test, found: &[Value]) -> bool {
        match test {
            Test::Exists => match field {
                "process.pid" => found.iter().any(|value| number(value).is_some()),
                _ => !found.is_empty(),
            },
            Test::Is(literal) => found.iter().any(|value| is(field, literal, value)),
            Test::Any(tests) => tests.iter().any(|test| holds(field, test, found)),
            Test::Every(tests) => tests.iter().all(|test| holds(field, test, found)),
            Test::Not(test) => !holds(field, test, found),
            Test::Compare(how, literal) => found.iter().any(|v| compares(*how, literal, v)),
            Test::Nested(_) | Test::Like(_) | Test::Within(_) => panic!("the generator makes none"),
        }
    }
    holds(&field.name, test, &found)
}

pub(crate) fn evaluate(expression: &Expression, document: &Value) -> bool {
    match expression {
        Expression::All => true,
        Expression::And(all) => all.iter().all(|one| evaluate(one, document)),
        Expression::Or(all) => all.iter().any(|one| evaluate(one, document)),
        Expression::Not(one) => !evaluate(one, document),
        Expression::Test(field, one) => test(field, one, document),
    }
}

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    pub(crate) fn of<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.next(values.len())]
    }
}

const KEYWORDS: [&str; 5] = ["user.name", "event.action", "x", "x.y.z", "host.name"];
const TEXTS: [&str; 9] = ["a", "ab", "b", "A", "é", "7", "true", "a b", "*"];

fn literal(random: &mut Random) -> String {
    match random.next(4) {
        0 => format!("\"{}\"", random.of(&TEXTS)),
        1 => random.of(&["a*", "*b", "*", "a*b", "*é*", "**"]).to_owned(),
        _ => random.of(&["a", "ab", "b", "7", "true", "é"]).to_owned(),
    }
}

const SENTENCES: [&str; 10] = [
    "a b", "a-B", "b.a", "a:b 1,5", "b_a -a", "é a b", "...", "A b a b", "1.a", "_ b's",
];

/// A value for a text that is searched word by word.
fn phrase(random: &mut Random) -> String {
    match random.next(5) {
        0 => random.of(&["a*", "*B", "*a*b", "b-*", "*_*"]).to_owned(),
        1 => random.of(&["a", "B", "a b", "b.a", "7", "b-a"]).to_owned(),
        _ => format!("\"{}\"", random.of(&SENTENCES).replace('é', "")),
    }
}

fn list(random: &mut Random, value: &dyn Fn(&mut Random) -> String) -> String {
    let joint = random.of(&[" or ", " and ", " OR "]);
    let values: Vec<String> = (0..1 + random.next(4))
        .map(|_| format!("{}{}", random.of(&["", "", "not "]), value(random)))
        .collect();
    format!("({})", values.join(joint))
}

pub(crate) fn query(random: &mut Random, depth: usize) -> String {
    let address = |random: &mut Random| {
        random
            .of(&["10.0.0.1", "10.0.0.0/8", "\"::1\"", "0.0.0.0/0"])
            .to_owned()
    };
    let field = random.of(&["message", "error.message", SCRIPT]);
    match random.next(if depth == 0 { 7 } else { 10 }) {
        0 => format!("source.ip: {}", list(random, &address)),
        1 => format!(
            "process.pid {} {}",
            random.of(&["<", "<=", ">", ">="]),
            random.of(&["5", "7"])
        ),
        2 => format!("process.pid: {}", random.of(&["7", "*", "(5 or 7)"])),
        3 => format!("tls.established: {}", random.of(&["true", "false"])),
        4 => format!("{}: {}", random.of(&KEYWORDS), literal(random)),
        5 => format!("{}: {}", random.of(&KEYWORDS), list(random, &literal)),
        6 => format!("{field}: {}", list(random, &phrase)),
        7 => format!("not {}", query(random, depth - 1)),
        8 => format!(
            "({} and {})",
            query(random, depth - 1),
            query(random, depth - 1)
        ),
        _ => format!(
            "({} or {})",
            query(random, depth - 1),
            query(random, depth - 1)
        ),
    }
}

fn scalar(random: &mut Random) -> Value {
    match random.next(8) {
        0 => Value::Null,
        1 => true.into(),
        2 => 7.into(),
        3 => 5.5.into(),
        _ => random.of(&TEXTS).into(),
    }
}

fn some(random: &mut Random, one: &dyn Fn(&mut Random) -> Value) -> Value {
    match random.next(4) {
        0 => (0..random.next(4))
            .map(|_| one(random))
            .collect::<Vec<_>>()
            .into(),
        _ => one(random),
    }
}

fn put(document: &mut Value, path: &str, value: Value, random: &mut Random) {
    // Dotted, nested, or mixed.
    let at = path
        .match_indices('.')
        .map(|(at, _)| at)
        .collect::<Vec<_>>();
    match at.len() {
        0 => document[path] = value,
        dots if random.next(2) == 0 => {
            let dot = at[random.next(dots)];
            let inner = &mut document[&path[..dot]];
            if !inner.is_object() {
                *inner = serde_json::json!({});
            }
            put(inner, &path[dot + 1..], value, random);
        }
        _ => document[path] = value,
    }
}

pub(crate) fn document(random: &mut Random) -> Value {
    let mut document = serde_json::json!({});
    for name in KEYWORDS {
        if random.next(3) > 0 {
            let value = some(random, &scalar);
            put(&mut document, name, value, random);
        }
    }
    let address = |random: &mut Random| {
        random
            .of(&["10.0.0.1", "10.9.9.9", "::1", "1.1.1.1", "x"])
            .into()
    };
    let number = |random: &mut Random| match random.next(4) {
        0 => "7".into(),
        1 => 5.into(),
        2 => 5.5.into(),
        _ => 7.into(),
    };
    let truth = |random: &mut Random| match random.next(3) {
        0 => true.into(),
        1 => false.into(),
        _ => "true".into(),
    };
    let sentence = |random: &mut Random| match random.next(8) {
        0 => scalar(random),
        _ => format!("{} {}", random.of(&SENTENCES), random.of(&SENTENCES)).into(),
    };
    let of: [(&str, Draw<'_>); 6] = [
        ("message", &sentence),
        ("error.message", &sentence),
        (SCRIPT, &sentence),
        ("source.ip", &address),
        ("process.pid", &number),
        ("tls.established", &truth),
    ];
    for (name, one) in of {
        if random.next(3) > 0 {
            let value = some(random, one);
            put(&mut document, name, value, random);
        }
    }
    document
}

/// A line of a document with an identity and a time.
pub(crate) fn line(document: &Value, id: usize, second: usize) -> String {
    let mut whole = document.clone();
    whole["_id"] = format!("{id:04}").into();
    whole["@timestamp"] = format!("2026-05-19T09:{:02}:{:02}Z", second / 60, second % 60).into();
    format!("{whole}\n")
}

#[test]
fn random_rules_match_random_documents_as_the_naive_evaluator_says() {
    let (mut matched, mut all) = (0, 0);
    for round in 0..30_u64 {
        let mut random = Random(round * 77 + 5);
        let queries: Vec<String> = (0..20).map(|_| query(&mut random, 3)).collect();
        let rules: Vec<String> = (0..)
            .zip(&queries)
            .map(|(at, query): (u32, _)| query_rule(&format!("r{at}"), query))
            .collect();
        let documents: Vec<Value> = (0..40).map(|_| document(&mut random)).collect();
        let lines: String = { documents.iter().enumerate() }
            .map(|(at, document)| line(document, at, at))
            .collect();
        let mut found: BTreeSet<(String, String)> = BTreeSet::new();
        for alert in alerts(specs(&rules), &lines) {
            found.insert((alert.rule.clone(), key(&alert).concat()));
        }
        for (at, text) in queries.iter().enumerate() {
            let expression = parse(text).unwrap();
            for (id, document) in documents.iter().enumerate() {
                let wanted = evaluate(&expression, document);
                let has = found.contains(&(format!("r{at}"), format!("{id:04}")));
                assert_eq!(has, wanted, "{text}\non {document}");
                (matched, all) = (matched + u32::from(wanted), all + 1);
            }
        }
    }
    assert!(
        matched > all / 8 && matched < all / 8 * 7,
        "{matched} of {all}"
    );
}

/// The distinct texts of a field.
fn texts(document: &Value, field: &str) -> BTreeSet<String> {
    values(document, field)
        .iter()
        .map(text)
        .filter(|text| !text.is_empty())
        .collect()
}

#[test]
fn thresholds_and_new_terms_alert_as_the_naive_evaluator_says() {
    const LENGTH: usize = 120;
    const EVERY: usize = 60;
    const HISTORY: usize = 100;
    let mut alerting = [0, 0];
    for round in 0..40_u64 {
        let mut random = Random(round * 31 + 9);
        let text = query(&mut random, 1);
        let expression = parse(&text).unwrap();
        let documents: Vec<(usize, Value)> = (0..250)
            .map(|_| (random.next(600), document(&mut random)))
            .collect();
        let lines: String = { documents.iter().enumerate() }
            .map(|(at, (second, document))| line(document, at, *second))
            .collect();
        let taken = { documents.iter() }.filter(|(_, document)| evaluate(&expression, document));
        let mut by_key: BTreeMap<(String, String), Vec<Held>> = BTreeMap::new();
        for (second, document) in taken {
            for user in texts(document, "user.name") {
                for host in texts(document, "host.name") {
                    let more = texts(document, "event.action");
                    by_key
                        .entry((user.clone(), host))
                        .or_default()
                        .push((*second, more));
                }
            }
        }
        let mut wanted = [BTreeSet::new(), BTreeSet::new()];
        for ((user, host), events) in &mut by_key {
            events.sort();
            let holds = |end: usize| {
                let inside = events
                    .iter()
                    .filter(|(at, _)| at + LENGTH >= end && *at < end);
                let inside: Vec<_> = inside.collect();
                let distinct: BTreeSet<_> = inside.iter().flat_map(|(_, more)| more).collect();
                inside.len() >= 2 && distinct.len() >= 2
            };
            for end in (0..900).step_by(EVERY) {
                if holds(end) && (end < EVERY || !holds(end - EVERY)) {
                    wanted[0].insert(format!("{end} {user} {host}"));
                }
            }
            for (at, _) in events.iter() {
                let seen = events
                    .iter()
                    .any(|(other, _)| other < at && other + HISTORY >= *at);
                if !seen {
                    wanted[1].insert(format!("{at} {user} {host}"));
                }
            }
        }
        let threshold = header("t", "threshold")
            + &body(&text)
            + "from = \"now-2m\"\ninterval = \"1m\"\n[rule.threshold]\n\
               field = [\"user.name\", \"host.name\"]\nvalue = 2\n\
               cardinality = [{ field = \"event.action\", value = 2 }]\n";
        let terms = header("n", "new_terms")
            + &body(&text)
            + "new_terms_fields = [\"user.name\", \"host.name\"]\nhistory_window_start = \"now-100s\"\n";
        let start = 1_779_181_200_000_i64;
        for (at, rule) in [threshold, terms].into_iter().enumerate() {
            let given = alerts(specs(&[rule]), &lines);
            let found: BTreeSet<String> = { given.iter() }
                .map(|alert| {
                    let time = if at == 0 {
                        alert.window.end
                    } else {
                        alert.first_seen
                    };
                    format!("{} {}", (time - start) / 1000, key(alert).join(" "))
                })
                .collect();
            alerting[at] += found.len();
            assert_eq!(found, wanted[at], "{text}\n{lines}");
        }
    }
    assert!(alerting.iter().all(|n| *n > 50), "{alerting:?}");
}
