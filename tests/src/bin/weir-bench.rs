//! Times the detection natively and as a component, side by side in one process.
//!
//! `weir-bench [EVENTS [ROUNDS]]`: EVENTS (200000) of a tenant's hour in each shape, in
//! batches of 256 KiB; the median of ROUNDS (7) each, taken in turn so that a machine's
//! mood falls on both.
//!
//! `weir-bench newline FILE` counts a file's lines and `weir-bench copy FILE` copies its
//! bytes in memory: what any program would need at least.

use aadgraph_4xx::Detector;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use weir::{Limits, Sandbox};
use weir_tests::floor;
use weir_tests::random::Random;
use weir_tests::render::{SHAPES, Style, document};
use weir_tests::tenant::Tenant;

const BATCH: usize = 256 * 1024;
const SEED: (u64, u64) = (1, 2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let looked = match arguments.as_slice() {
        [what, file] if what == "newline" => Some(floor::newline(Path::new(file))),
        [what, file] if what == "copy" => Some(floor::copy(Path::new(file))),
        _ => None,
    };
    match looked {
        Some(Ok(floor)) => {
            let (bytes, lines, seconds) = (floor.bytes, floor.lines, floor.seconds);
            println!(r#"{{"bytes": {bytes}, "lines": {lines}, "seconds": {seconds}}}"#);
            return ExitCode::SUCCESS;
        }
        Some(Err(error)) => {
            eprintln!("weir-bench: {error}");
            return ExitCode::from(3);
        }
        None => {}
    }
    let mut numbers = arguments.iter().map(|n| n.parse::<usize>());
    let (Ok(events), Ok(rounds)) = (
        numbers.next().unwrap_or(Ok(200_000)),
        numbers.next().unwrap_or(Ok(7)),
    ) else {
        eprintln!("usage: weir-bench [EVENTS [ROUNDS]] | newline FILE | copy FILE");
        return ExitCode::from(3);
    };
    match bench(events, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weir-bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn bench(events: usize, rounds: usize) -> Result<(), weir::Error> {
    let sandbox = Sandbox::embedded(&Limits::default())?;
    println!("{events} events, median of {rounds} rounds\n");
    println!(
        "| shape | bytes an event | native ns | component ns | ratio | component events/s | MB/s |"
    );
    println!("|---|---|---|---|---|---|---|");
    for shape in SHAPES {
        let mut random = Random::new(1);
        let mut text = String::new();
        for event in Tenant::new(events as u64, 1, 1) {
            text.push_str(&document(&event, shape, Style::Plain, &mut random));
            text.push('\n');
        }
        let batches = batches(text.as_bytes());
        let (mut natives, mut components) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            natives.push(native(&batches));
            components.push(component(&sandbox, &batches)?);
        }
        report(
            &format!("{shape:?}"),
            events,
            text.len(),
            median(natives),
            median(components),
        );
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn report(shape: &str, events: usize, bytes: usize, native: f64, component: f64) {
    let events = events as f64;
    println!(
        "| {shape} | {:.0} | {:.0} | {:.0} | {:.2} | {:.0} | {:.0} |",
        bytes as f64 / events,
        native / events * 1e9,
        component / events * 1e9,
        component / native,
        events / component,
        bytes as f64 / component / 1e6,
    );
}

/// Whole lines, about [`BATCH`] bytes at a time.
fn batches(text: &[u8]) -> Vec<&[u8]> {
    let mut batches = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = BATCH.min(rest.len());
        let cut = rest[..end].iter().rposition(|b| *b == b'\n');
        let (batch, after) = rest.split_at(cut.map_or(end, |at| at + 1));
        batches.push(batch);
        rest = after;
    }
    batches
}

/// Seconds.
fn native(batches: &[&[u8]]) -> f64 {
    let mut detector = weir_tests::machine::native("{}");
    let began = Instant::now();
    for batch in batches {
        detector.push(batch);
    }
    Detector::flush(&mut detector);
    detector.take_alerts(u32::MAX);
    began.elapsed().as_secs_f64()
}

/// Seconds; the component is compiled and started before.
fn component(sandbox: &Sandbox, batches: &[&[u8]]) -> Result<f64, weir::Error> {
    let mut detector = sandbox.open("{}", SEED)?;
    let began = Instant::now();
    for batch in batches {
        detector.push(batch)?;
    }
    detector.flush()?;
    detector.take_alerts()?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}
