//! Alerts without a sandbox: NDJSON in, one alert a line out.
//!
//! usage: library CONFIGURATION [ASN_DB] < events.ndjson
#![forbid(unsafe_code)]

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::BuildHasher;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

use aadgraph_4xx::Detector;
use aadgraph_4xx::model::{Alert, Phase, TruncationKind, Value};
use serde_json::{Value as Json, json};

/// Bytes of log in one call.
const BATCH: u64 = 1 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let configuration = arguments
        .next()
        .ok_or("no configuration: {} is the rule as published")?;
    // Keyed by the system's randomness, which those who write the logs cannot know.
    let seed = (
        RandomState::new().hash_one(1),
        RandomState::new().hash_one(2),
    );
    let mut detector = Detector::open(&configuration, seed).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.key, problem.message))
            .collect();
        lines.join("\n")
    })?;
    for table in arguments {
        let loaded = detector.load_table("asn", &std::fs::read(&table)?);
        loaded.map_err(|error| format!("{table}: {error:?}"))?;
    }
    let mut input = io::stdin().lock();
    let mut batch = Vec::new();
    loop {
        batch.clear();
        input.by_ref().take(BATCH).read_to_end(&mut batch)?;
        // A document is never cut.
        input.read_until(b'\n', &mut batch)?;
        if batch.is_empty() {
            break;
        }
        detector.push(&batch);
        report(&mut detector)?;
    }
    detector.flush();
    report(&mut detector)?;
    let counters = detector.counters();
    eprintln!("counted: {}", counters.counted);
    eprintln!("malformed: {}", counters.malformed);
    eprintln!("dropped-late: {}", counters.dropped_late);
    eprintln!("refused-future: {}", counters.refused_future);
    Ok(())
}

fn report(detector: &mut Detector) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    loop {
        let alerts = detector.take_alerts(256);
        if alerts.is_empty() {
            return Ok(out.flush()?);
        }
        for alert in &alerts {
            writeln!(out, "{}", plain(alert))?;
        }
    }
}

/// An alert as JSON has it, names as in the contract, in order.
fn plain(alert: &Alert) -> Json {
    json!({
        "columns": list(&alert.columns, |c| json!({ "name": c.name, "value": value(&c.value) })),
        "complete": alert.complete,
        "first-seen": alert.first_seen,
        "id": alert.id,
        "key": list(&alert.key, |k| json!({ "name": k.name, "value": k.value.as_ref().map(value) })),
        "last-seen": alert.last_seen,
        "phase": match alert.phase {
            Phase::Early => "early",
            Phase::OnTime => "on-time",
            Phase::Late => "late",
            Phase::Retracted => "retracted",
        },
        "pivots": list(&alert.pivots, |p| {
            json!({ "language": p.language, "name": p.name, "query": p.query })
        }),
        "reason": alert.reason,
        "response": list(&alert.response, |a| {
            json!({ "body": a.body, "method": a.method, "name": a.name, "note": a.note, "url": a.url })
        }),
        "revision": alert.revision,
        "truncated": list(&alert.truncated, |t| {
            let capped = t.kind == TruncationKind::Capped;
            json!({ "column": t.column, "kind": if capped { "capped" } else { "approximate" } })
        }),
        "window": { "end": alert.window.end, "start": alert.window.start },
    })
}

fn list<T>(items: &[T], plain: impl Fn(&T) -> Json) -> Json {
    items.iter().map(plain).collect()
}

/// Whole numbers are written without a fraction.
fn value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Integer(number) | Value::Timestamp(number) => json!(number),
        Value::Number(number) if number.fract() == 0.0 => json!(*number as i64),
        Value::Number(number) => json!(number),
        Value::Boolean(truth) => json!(truth),
        Value::TextList(list) => json!(list),
        Value::IntegerList(list) => json!(list),
    }
}
