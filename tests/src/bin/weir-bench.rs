//! Times the detection natively and as a component, side by side in one process.
//!
//! `weir-bench [EVENTS [ROUNDS]]`: EVENTS (200000) of a tenant's hour in each shape, in
//! batches of 256 KiB; the median of ROUNDS (7) each, taken in turn so that a machine's
//! mood falls on both. Then the stages that the time goes to, and what a call of the component
//! costs. No ASN database on either side.
//!
//! `weir-bench newline FILE` counts a file's lines and `weir-bench copy FILE` copies its
//! bytes in memory: what any program would need at least.

use high_4xx::{Detector, RULE_ID};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document};
use weir_generator::tenant::Tenant;
use weir_host::contract::Configuration;
use weir_host::{Limits, Sandbox};
use weir_tests::floor;

const BATCH: usize = 256 * 1024;
const SEED: (u64, u64) = (1, 2);

/// The rule as it is published.
fn rule() -> [Configuration; 1] {
    [Configuration::of(RULE_ID, "{}")]
}

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

fn bench(events: usize, rounds: usize) -> Result<(), weir_host::Error> {
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default())?;
    println!("{events} events, median of {rounds} rounds\n");
    println!(
        "| shape | bytes an event | native ns | component ns | ratio | component events/s | MB/s |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut stages = Vec::new();
    for shape in SHAPES {
        let mut random = Random::new(1);
        let mut text = String::new();
        for event in Tenant::new(events as u64, 1, 1) {
            text.push_str(&document(&event, shape, Style::Plain, &mut random));
            text.push('\n');
        }
        // The same bytes of a data set that the rule does not read: they are only scanned.
        let others = text.replace("ADGraphActivityLogs", "ADGraphActivityLogx");
        let others = others.replace("aadgraphactivitylogs\"", "aadgraphactivitylogx\"");
        let (mine, others) = (batches(text.as_bytes()), batches(others.as_bytes()));
        let mut natives = vec![Vec::new(); 4];
        let mut components = vec![Vec::new(); 4];
        for _ in 0..rounds {
            keep(&mut natives, native(&mine, &others));
            keep(&mut components, component(&sandbox, &mine, &others)?);
        }
        let [natives, components] =
            [natives, components].map(|of| of.into_iter().map(median).collect::<Vec<_>>());
        report(
            &format!("{shape:?}"),
            events,
            text.len(),
            natives[0],
            components[0],
        );
        stages.push((shape, natives, components));
    }
    println!("\n| shape | stage | native ns | component ns | ratio |\n|---|---|---|---|---|");
    for (shape, natives, components) in stages {
        tell_stages(&format!("{shape:?}"), events, &natives, &components);
    }
    boundary(&sandbox, rounds)
}

fn keep(all: &mut [Vec<f64>], times: [f64; 4]) {
    for (of, time) in all.iter_mut().zip(times) {
        of.push(time);
    }
}

/// From what was timed, all, scanning alone, all again as duplicates, and merging, to stages.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn tell_stages(shape: &str, events: usize, natives: &[f64], components: &[f64]) {
    let stages = |t: &[f64]| {
        [
            ("scan", t[1]),
            ("normalise and recognise a duplicate", t[2] - t[1]),
            ("snapshot and merge", t[3]),
        ]
    };
    for ((stage, native), (_, component)) in stages(natives).iter().zip(stages(components)) {
        let ns = |seconds: f64| seconds / events as f64 * 1e9;
        println!(
            "| {shape} | {stage} | {:.0} | {:.0} | {:.2} |",
            ns(*native),
            ns(component),
            component / native
        );
    }
}

/// What crossing into the component costs.
fn boundary(sandbox: &Sandbox, rounds: usize) -> Result<(), weir_host::Error> {
    const CALLS: u32 = 20_000;
    let mut detector = sandbox.open(&rule(), SEED)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        for _ in 0..CALLS {
            detector.push(b"\n")?;
        }
        times.push(began.elapsed().as_secs_f64() / f64::from(CALLS));
    }
    println!("\nA call that does nothing: {:.0} ns.", median(times) * 1e9);
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

/// Seconds that something takes.
fn seconds(mut what: impl FnMut()) -> f64 {
    let began = Instant::now();
    what();
    began.elapsed().as_secs_f64()
}

/// Seconds of all, of scanning alone, of all again as duplicates, and of merging.
#[allow(clippy::expect_used, reason = "nothing is given that could be refused")]
fn native(mine: &[&[u8]], others: &[&[u8]]) -> [f64; 4] {
    let open = || high_4xx::open("{}", SEED).expect("the default configuration");
    let push = |detector: &mut Detector, batches: &[&[u8]]| {
        for batch in batches {
            detector.push(batch);
        }
    };
    let (mut detector, mut second) = (open(), open());
    let mut copy = open();
    let again = {
        push(&mut second, mine);
        seconds(|| push(&mut second, mine))
    };
    let all = seconds(|| {
        push(&mut detector, mine);
        detector.flush();
        detector.take_alerts(u32::MAX);
    });
    [
        all,
        seconds(|| push(&mut detector, others)),
        again,
        seconds(|| copy.merge(&second.snapshot()).expect("a state of its own")),
    ]
}

/// Seconds in the component, which is compiled and started before: as for the library.
fn component(
    sandbox: &Sandbox,
    mine: &[&[u8]],
    others: &[&[u8]],
) -> Result<[f64; 4], weir_host::Error> {
    let push = |detector: &mut weir_host::Detector, batches: &[&[u8]]| {
        let began = Instant::now();
        for batch in batches {
            detector.push(batch)?;
        }
        Ok::<f64, weir_host::Error>(began.elapsed().as_secs_f64())
    };
    let (mut detector, mut second) = (sandbox.open(&rule(), SEED)?, sandbox.open(&rule(), SEED)?);
    let mut copy = sandbox.open(&rule(), SEED)?;
    push(&mut second, mine)?;
    let again = push(&mut second, mine)?;
    let began = Instant::now();
    push(&mut detector, mine)?;
    detector.flush()?;
    detector.take_alerts()?;
    let all = began.elapsed().as_secs_f64();
    let others = push(&mut detector, others)?;
    let began = Instant::now();
    copy.merge(&second.snapshot()?)?;
    Ok([all, others, again, began.elapsed().as_secs_f64()])
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}
