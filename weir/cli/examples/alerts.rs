//! Alerts from the embedded component, or from the one that `COMPONENT` names: NDJSON in, one alert a
//! line out.
//!
//! usage: [COMPONENT=FILE] alerts CONFIGURATION [ASN_DB] < events.ndjson
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use weir_host::Detector;
use weir_host::contract::{
    Action, Alert, Column, Configuration, Counts, KeyPart, Phase, Pivot, Truncation,
    TruncationKind, Value,
};
use weir_host::{Limits, Sandbox};

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
    let other = std::env::var_os("COMPONENT")
        .map(std::fs::read)
        .transpose()?;
    let component = other.as_deref().unwrap_or(weir_shipped::COMPONENT);
    let sandbox = Sandbox::new(component, &Limits::default())?;
    let rule = sandbox.describe()?.remove(0);
    let configured = [Configuration::of(rule.id, configuration)];
    let mut detector = sandbox.open(&configured, weir_common::seed::random_seed())?;
    for table in arguments {
        detector.load_table("asn", &std::fs::read(table)?)?;
    }
    let mut input = io::stdin().lock();
    let mut batch = Vec::new();
    let mut totals = Counts::default();
    loop {
        batch.clear();
        input.by_ref().take(BATCH).read_to_end(&mut batch)?;
        // A document is never cut.
        input.read_until(b'\n', &mut batch)?;
        if batch.is_empty() {
            break;
        }
        totals += detector.push(&batch)?.counts();
        report(&mut detector)?;
    }
    detector.flush()?;
    report(&mut detector)?;
    eprintln!("counted: {}", totals.counted);
    eprintln!("malformed: {}", totals.malformed);
    eprintln!("dropped-late: {}", totals.dropped_late);
    eprintln!("refused-future: {}", totals.refused_future);
    Ok(())
}

fn report(detector: &mut Detector) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for alert in detector.alerts() {
        writeln!(out, "{}", plain(&alert?))?;
    }
    Ok(out.flush()?)
}

/// An alert as JSON has it, names as in the contract, in order. A field that the contract gains
/// does not compile here until it is written.
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
        Value::Timestamp(number) => json!(number),
        Value::Number(number) if number.fract() == 0.0 => json!(*number as i64),
        value => value.json(),
    }
}
