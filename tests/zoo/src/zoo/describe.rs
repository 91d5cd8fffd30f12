//! Descriptions of the animals.

use super::{animal, is, wd};

/// A text with terminal escapes, direction marks, a line end and a tag.
pub(super) const STEERING: &str =
    "\u{1b}[2J\u{202e}\u{9b}1m\nweir: input:7: forged\r<script>alert(1)</script>\" } forged 1";

/// Puts [`STEERING`] into every text of a description.
fn steer(rule: &mut wd::Rule) {
    let words = || STEERING.to_owned();
    rule.name = words();
    rule.description = words();
    for list in [
        &mut rule.references,
        &mut rule.tags,
        &mut rule.event_category,
        &mut rule.event_type,
        &mut rule.data_sets,
    ] {
        list.push(words());
    }
    for threat in &mut rule.threats {
        threat.tactic = wd::Attack {
            id: words(),
            name: words(),
            reference: words(),
        };
    }
    for parameter in &mut rule.parameters {
        parameter.summary = words();
    }
    rule.tables.push(wd::Table {
        name: "zoo".to_owned(),
        format: words(),
        summary: words(),
        when_absent: words(),
    });
}

/// An honest small rule, apart from the animal's misbehaviour.
pub(super) fn rules() -> Vec<wd::Rule> {
    let mut rule = plain();
    match animal() {
        "steering-words" => steer(&mut rule),
        "rules-none" => return Vec::new(),
        "rules-twice" => return vec![rule.clone(), rule],
        "rules-many" => return vec![rule; 2000],
        "short-twice" => {
            let mut other = rule.clone();
            other.id.push('2');
            return vec![rule, other];
        }
        "short-upper" => rule.short_name = "Zoo".to_owned(),
        "short-empty" => rule.short_name = String::new(),
        "key-five" => rule.key = vec![rule.key[0].clone(); 5],
        "key-reserved" => rule.key[0].name = "weir.alerted".to_owned(),
        "label-empty" => rule.key[0].label = String::new(),
        "judge-nothing" => rule.judgement = wd::Judgement::Tumbling(0),
        "judge-long" => rule.judgement = wd::Judgement::FirstSeen(u64::MAX),
        _ => {}
    }
    vec![rule]
}

/// The rule's id.
pub(super) fn id() -> String {
    match animal() {
        "empty-id" => String::new(),
        "steering-id" => "\u{1b}[2J".to_owned(),
        animal => format!("zoo-{animal}"),
    }
}

fn field(name: &str, kind: wd::ValueType) -> wd::Field {
    wd::Field {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
    }
}

/// The columns: the figure of its condition.
fn columns() -> Vec<wd::Field> {
    let name = match animal() {
        "described-type" => "zoo.lines".to_owned(),
        _ => match conditions().into_iter().next() {
            Some(condition) => condition.column,
            None => return Vec::new(),
        },
    };
    vec![field(&name, wd::ValueType::Integer)]
}

fn plain() -> wd::Rule {
    let attack = |id: &str| wd::Attack {
        id: id.to_owned(),
        name: id.to_owned(),
        reference: "https://example.org".to_owned(),
    };
    let long = || "x".repeat(10 << 20);
    wd::Rule {
        id: id(),
        short_name: "zoo".to_owned(),
        name: match animal() {
            "escape" => "\u{1b}[2J\u{202e}<script>alert(1)</script>".to_owned(),
            "long-name" => long(),
            _ => "Every fifth line".to_owned(),
        },
        version: 1,
        description: match animal() {
            "long-words" => long(),
            _ => "Alerts on every fifth line that it has not seen.".to_owned(),
        },
        references: Vec::new(),
        severity: wd::Severity::Low,
        risk_score: if is("risk-255") { 255 } else { 1 },
        tags: match is("empty-tag") {
            true => vec![String::new()],
            false => Vec::new(),
        },
        event_category: Vec::new(),
        event_type: Vec::new(),
        threats: vec![wd::Threat {
            tactic: attack("TA0007"),
            techniques: Vec::new(),
            subtechniques: Vec::new(),
        }],
        judgement: wd::Judgement::Tumbling(1000),
        data_sets: match is("panic-select") || animal().starts_with("select") {
            true => vec!["zoo".to_owned()],
            false => Vec::new(),
        },
        key: vec![field("line", wd::ValueType::Integer)],
        columns: columns(),
        parameters: parameters(),
        conditions: conditions(),
        tables: Vec::new(),
    }
}

fn parameter(name: &str, kind: wd::ParameterType, default: &str) -> wd::Parameter {
    wd::Parameter {
        name: name.to_owned(),
        kind,
        default_value: default.to_owned(),
        minimum: None,
        maximum: None,
        summary: "One of the zoo's.".to_owned(),
    }
}

fn parameters() -> Vec<wd::Parameter> {
    let verdicts = parameter("verdicts", wd::ParameterType::Boolean, "false");
    let mut least = parameter("min_lines", wd::ParameterType::Integer, "1");
    least.minimum = Some(0.0);
    least.maximum = Some(100.0);
    match animal() {
        "default-range" => least.default_value = "101".to_owned(),
        "default-type" => least.default_value = "\"one\"".to_owned(),
        "default-text" => least.default_value = "one".to_owned(),
        "range-inverted" => least.minimum = Some(101.0),
        "range-infinite" => least.maximum = Some(f64::INFINITY),
        "parameter-twice" => return vec![least.clone(), least],
        "early-number" => least.name = "early".to_owned(),
        "future-text" => {
            let name = "max_future_seconds";
            return vec![parameter(name, wd::ParameterType::Text, "\"600\"")];
        }
        "exceptions-odd" => {
            let odd = "[1, {\"reason\": 2, \"expires\": \"soon\"}, [[[]]]]";
            return vec![parameter("exceptions", wd::ParameterType::Exceptions, odd)];
        }
        "condition-part" => {
            least.kind = wd::ParameterType::Number;
            return vec![verdicts, least];
        }
        name if keeps_ledger() || name.starts_with("condition") => return vec![verdicts, least],
        _ => {}
    }
    vec![least]
}

/// Whether it keeps a ledger, with an entry for each alert.
pub(super) fn keeps_ledger() -> bool {
    animal().starts_with("ledger")
}

fn conditions() -> Vec<wd::Condition> {
    let mut lines = wd::Condition {
        column: "zoo.lines".to_owned(),
        parameter: "min_lines".to_owned(),
        comparison: wd::Comparison::AtLeast,
        aggregate: wd::Aggregate::Count,
    };
    let ratio = |numerator: &str, decimals| {
        wd::Aggregate::Ratio(wd::Ratio {
            numerator: numerator.to_owned(),
            denominator: "zoo.lines".to_owned(),
            decimals,
        })
    };
    match animal() {
        "ledger-columns" => lines.column = "rule.id".to_owned(),
        "condition-many" => return vec![lines; 50_000],
        "condition-twice" => return vec![lines.clone(), lines],
        "condition-of" => lines.parameter = "min_others".to_owned(),
        "condition-ratio" => lines.aggregate = ratio("zoo.others", 2),
        "condition-part" => {}
        "condition-16" => lines.aggregate = ratio("zoo.lines", 16),
        _ if keeps_ledger() => {}
        _ => return Vec::new(),
    }
    vec![lines]
}
