//! Alerts without a sandbox: NDJSON in, one alert a line out.
//!
//! usage: library CONFIGURATION [ASN_DB] < events.ndjson
#![forbid(unsafe_code)]

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::BuildHasher;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

use high_4xx::Detector;
use serde_json::{Value as Json, json};
use weir_detector::model::{
    Action, Alert, Column, KeyPart, Phase, Pivot, Truncation, TruncationKind, Value,
};

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
    let mut detector = high_4xx::open(&configuration, seed).map_err(|problems| {
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
    let (mut batch, mut total) = (Vec::new(), [0; 4]);
    loop {
        batch.clear();
        input.by_ref().take(BATCH).read_to_end(&mut batch)?;
        // A document is never cut.
        input.read_until(b'\n', &mut batch)?;
        if batch.is_empty() {
            break;
        }
        let outcome = detector.push(&batch);
        let counts = [
            outcome.counted,
            outcome.malformed,
            outcome.dropped_late,
            outcome.refused_future,
        ];
        total
            .iter_mut()
            .zip(counts)
            .for_each(|(all, count)| *all += count);
        report(&mut detector)?;
    }
    detector.flush();
    report(&mut detector)?;
    let names = ["counted", "malformed", "dropped-late", "refused-future"];
    for (name, count) in names.iter().zip(total) {
        eprintln!("{name}: {count}");
    }
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

/// An alert as JSON, with the contract's names in order. A field that the contract gains does not
/// compile here until it is written.
fn plain(alert: &Alert) -> Json {
    let Alert {
        rule,
        revision,
        phase,
        window,
        key,
        first_seen,
        last_seen,
        columns,
        reason,
        complete,
        truncated,
        response,
        pivots,
    } = alert;
    json!({
        "columns": list(columns, |Column { name, value }| {
            json!({ "name": name, "value": plain_value(value) })
        }),
        "complete": complete,
        "first-seen": first_seen,
        "key": list(key, |KeyPart { name, value }| {
            json!({ "name": name, "value": value.as_ref().map(plain_value) })
        }),
        "last-seen": last_seen,
        "phase": match phase {
            Phase::Early => "early",
            Phase::OnTime => "on-time",
            Phase::Late => "late",
            Phase::Retracted => "retracted",
        },
        "pivots": list(pivots, |Pivot { name, language, query }| {
            json!({ "language": language, "name": name, "query": query })
        }),
        "reason": reason,
        "response": list(response, |Action { name, method, url, body, note, destructive }| {
            json!({
                "body": body, "destructive": destructive, "method": method,
                "name": name, "note": note, "url": url,
            })
        }),
        "revision": revision,
        "rule": rule,
        "truncated": list(truncated, |Truncation { column, kind }| {
            let capped = *kind == TruncationKind::Capped;
            json!({ "column": column, "kind": if capped { "capped" } else { "approximate" } })
        }),
        "window": { "end": window.end, "start": window.start },
    })
}

fn list<T>(items: &[T], plain: impl Fn(&T) -> Json) -> Json {
    items.iter().map(plain).collect()
}

/// Whole numbers are written without a fraction.
fn plain_value(value: &Value) -> Json {
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
