//! Ledgers of several rules in one Parquet file, written and read again.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::{LedgerFile, text};
use weir_host::contract::{
    Aggregate, Clause, Comparison, Condition, Field, Judgement, KeyPart, Parameter, ParameterType,
    Rule, Severity, Value, ValueType, Window,
};

fn rule(id: &str, part: (&str, ValueType), column: (&str, &str)) -> Rule {
    Rule {
        id: id.to_owned(),
        short_name: id.to_owned(),
        name: id.to_owned(),
        version: 1,
        description: String::new(),
        references: Vec::new(),
        severity: Severity::Low,
        risk_score: 0,
        tags: Vec::new(),
        event_category: Vec::new(),
        event_type: Vec::new(),
        threats: Vec::new(),
        judgement: Judgement::Tumbling(1000),
        data_sets: Vec::new(),
        key: vec![Field {
            name: part.0.to_owned(),
            label: part.0.to_owned(),
            kind: part.1,
        }],
        columns: Vec::new(),
        parameters: vec![Parameter {
            name: "verdicts".to_owned(),
            kind: ParameterType::Boolean,
            default_value: "false".to_owned(),
            minimum: None,
            maximum: None,
            summary: String::new(),
        }],
        conditions: vec![Condition {
            column: column.0.to_owned(),
            parameter: column.1.to_owned(),
            comparison: Comparison::AtLeast,
            aggregate: Aggregate::Count,
        }],
        tables: Vec::new(),
    }
}

/// Two rules that share the name of a parameter, and one whose key has a type of its own.
fn schemes() -> Vec<Scheme> {
    [
        rule("one", ("who", ValueType::Integer), ("calls", "minimum")),
        rule("two", ("where", ValueType::Text), ("paths", "minimum")),
    ]
    .iter()
    .map(|rule| Scheme::new(rule, 0.25).unwrap())
    .collect()
}

fn verdict(rule: &str, part: &str, value: Option<Value>, clause: &str, figure: f64) -> Verdict {
    Verdict {
        rule: rule.to_owned(),
        window: Window {
            start: 0,
            end: 1000,
        },
        key: vec![KeyPart {
            name: part.to_owned(),
            value,
        }],
        first_seen: 1,
        last_seen: 2,
        alerted: figure >= 2.0,
        complete: true,
        truncated: Vec::new(),
        clauses: vec![Clause {
            name: clause.to_owned(),
            value: figure,
            threshold: 2.0,
            distance: figure - 2.0,
            holds: figure >= 2.0,
        }],
    }
}

#[test]
fn each_rule_reads_its_own_rows_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.parquet");
    let mut ledger = ParquetLedger::create(&path, schemes()).unwrap();
    for (at, number) in (0..ROWS as i64 + 3).enumerate() {
        let figure = (at % 3) as f64;
        let who = (at % 5 > 0).then_some(Value::Integer(number));
        let mut entry = verdict("one", "who", who, "calls", figure);
        if at % 2 == 1 {
            let place = Value::Text(format!("place {number}"));
            entry = verdict("two", "where", Some(place), "paths", figure);
        }
        ledger.enter(&entry).unwrap();
    }
    let unknown = verdict("three", "who", None, "calls", 1.0);
    ledger.enter(&unknown).unwrap();
    ledger.finish().unwrap();
    let file = LedgerFile::open(&path).unwrap();
    for (which, scheme) in schemes().iter().enumerate() {
        let mut at = which;
        let note = file
            .each(scheme, &mut |row, entry| {
                assert_eq!(row as usize, at / 2);
                let figure = entry.figures[0];
                assert_eq!((figure.value, figure.threshold), ((at % 3) as f64, 2.0));
                assert_eq!((entry.alerted, entry.floor), (at % 3 == 2, 0.25));
                let key = text(entry.key[0].value.as_ref());
                let wanted = match which {
                    0 => (at % 5 > 0).then(|| at.to_string()),
                    _ => Some(format!("place {at}")),
                };
                assert_eq!(key, wanted);
                at += 2;
                Ok(())
            })
            .unwrap();
        assert_eq!((note, at >= ROWS), (None, true));
    }
    let other = rule("three", ("who", ValueType::Integer), ("calls", "minimum"));
    let other = Scheme::new(&other, 0.0).unwrap();
    let error = file
        .each(&other, &mut |_, _| Ok(()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("holds no windows of rule three, and some of one, two"),
        "{error}"
    );
}

#[test]
fn a_column_of_two_types_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut both = schemes();
    let other = rule("two", ("who", ValueType::Text), ("paths", "minimum"));
    both[1] = Scheme::new(&other, 0.0).unwrap();
    let made = ParquetLedger::create(&folder.path().join("l.parquet"), both);
    let words = made.err().unwrap().to_string();
    assert!(
        words.contains("column who is of different types"),
        "{words}"
    );
}
