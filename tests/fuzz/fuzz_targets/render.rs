//! Alerts of a hostile component: the ECS document is one line of JSON that says what it
//! should, and a table steers no terminal.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use weir_host::contract::{
    Action, Aggregate, Alert, Attack, Column, Comparison, Condition, Field, Judgement, KeyPart,
    Phase, Pivot, Ratio, Rule, Severity, Threat, Truncation, TruncationKind, Value, ValueType,
    Window,
};
use weir_sinks::output::{EcsRenderer, TableRenderer};

fuzz_target!(|data: &[u8]| {
    let mut source = Unstructured::new(data);
    let Ok((rule, alerts, width)) = made(&mut source) else {
        return;
    };
    let ecs = EcsRenderer::new(&rule);
    let mut table = TableRenderer::new(usize::from(width), &[], false);
    for alert in &alerts {
        let line = ecs.line(alert);
        assert!(!line.contains(|c: char| c < ' '), "{line:?}");
        let read: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
        assert_eq!(read, serde_json::Value::Object(ecs.document(alert)));
        assert!(table.add(alert).is_none());
    }
    let shown = table.take().unwrap_or_default();
    assert!(
        !shown.contains(|c: char| c.is_control() && c != '\n'),
        "{shown:?}"
    );
});

fn made(source: &mut Unstructured) -> Result<(Rule, Vec<Alert>, u8)> {
    let rule = rule(source)?;
    let alerts = several(source, alert)?;
    Ok((rule, alerts, source.arbitrary()?))
}

/// Up to three.
fn several<'a, T>(
    source: &mut Unstructured<'a>,
    make: impl Fn(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    (0..source.int_in_range(0..=3)?)
        .map(|_| make(source))
        .collect()
}

fn texts(source: &mut Unstructured) -> Result<Vec<String>> {
    several(source, String::arbitrary)
}

fn attack(source: &mut Unstructured) -> Result<Attack> {
    let [id, name, reference] = source.arbitrary()?;
    Ok(Attack {
        id,
        name,
        reference,
    })
}

fn rule(source: &mut Unstructured) -> Result<Rule> {
    let [id, short_name, name, description] = source.arbitrary()?;
    let severity = [
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    Ok(Rule {
        id,
        short_name,
        name,
        version: source.arbitrary()?,
        description,
        references: texts(source)?,
        severity: *source.choose(&severity)?,
        risk_score: source.arbitrary()?,
        tags: texts(source)?,
        event_category: texts(source)?,
        event_type: texts(source)?,
        threats: several(source, |source| {
            Ok(Threat {
                tactic: attack(source)?,
                techniques: several(source, attack)?,
                subtechniques: several(source, attack)?,
            })
        })?,
        judgement: Judgement::Each(source.arbitrary()?),
        data_sets: texts(source)?,
        key: several(source, field)?,
        columns: several(source, field)?,
        parameters: Vec::new(),
        conditions: several(source, condition)?,
        tables: Vec::new(),
    })
}

fn field(source: &mut Unstructured) -> Result<Field> {
    let [name, label] = source.arbitrary()?;
    let kinds = [ValueType::Text, ValueType::Integer, ValueType::TextList];
    Ok(Field {
        name,
        label,
        kind: *source.choose(&kinds)?,
    })
}

fn condition(source: &mut Unstructured) -> Result<Condition> {
    let [column, parameter] = source.arbitrary()?;
    let aggregate = match source.int_in_range(0..=6)? {
        0 => Aggregate::Count,
        1 => Aggregate::Distinct,
        2 => Aggregate::Sum,
        3 => Aggregate::Smallest,
        4 => Aggregate::Largest,
        5 => Aggregate::Between,
        _ => {
            let [numerator, denominator] = source.arbitrary()?;
            Aggregate::Ratio(Ratio {
                numerator,
                denominator,
                decimals: source.arbitrary()?,
            })
        }
    };
    let comparisons = [
        Comparison::AtLeast,
        Comparison::MoreThan,
        Comparison::AtMost,
        Comparison::LessThan,
        Comparison::Equal,
        Comparison::Unequal,
    ];
    Ok(Condition {
        column,
        parameter,
        comparison: *source.choose(&comparisons)?,
        aggregate,
    })
}

fn value(source: &mut Unstructured) -> Result<Value> {
    Ok(match source.int_in_range(0..=6)? {
        0 => Value::Text(source.arbitrary()?),
        1 => Value::Integer(source.arbitrary()?),
        2 => Value::Number(source.arbitrary()?),
        3 => Value::Boolean(source.arbitrary()?),
        4 => Value::Timestamp(source.arbitrary()?),
        5 => Value::TextList(texts(source)?),
        _ => Value::IntegerList(several(source, i64::arbitrary)?),
    })
}

fn alert(source: &mut Unstructured) -> Result<Alert> {
    let phases = [Phase::Early, Phase::OnTime, Phase::Late, Phase::Retracted];
    Ok(Alert {
        rule: source.arbitrary()?,
        revision: source.arbitrary()?,
        phase: *source.choose(&phases)?,
        window: Window {
            start: source.arbitrary()?,
            end: source.arbitrary()?,
        },
        key: several(source, |source| {
            Ok(KeyPart {
                name: source.arbitrary()?,
                value: match source.arbitrary()? {
                    true => Some(value(source)?),
                    false => None,
                },
            })
        })?,
        first_seen: source.arbitrary()?,
        last_seen: source.arbitrary()?,
        columns: several(source, |source| {
            Ok(Column {
                name: source.arbitrary()?,
                value: value(source)?,
            })
        })?,
        reason: source.arbitrary()?,
        complete: source.arbitrary()?,
        truncated: several(source, |source| {
            let kinds = [TruncationKind::Capped, TruncationKind::Approximate];
            Ok(Truncation {
                column: source.arbitrary()?,
                kind: *source.choose(&kinds)?,
            })
        })?,
        response: several(source, |source| {
            let [name, method, url] = source.arbitrary()?;
            Ok(Action {
                name,
                method,
                url,
                body: source.arbitrary()?,
                note: source.arbitrary()?,
                destructive: source.arbitrary()?,
            })
        })?,
        pivots: several(source, |source| {
            let [name, language, query] = source.arbitrary()?;
            Ok(Pivot {
                name,
                language,
                query,
            })
        })?,
    })
}
