//! What state costs, in the real component: bytes of a group and of an event id, snapshots,
//! floods, and what de-duplication, early firing, lateness and threads cost in time.
//!
//! `weir-bench-state [FLOOD [ROUNDS]]`: FLOOD (1000000) events in each flood, and the median
//! of ROUNDS (5) for times, taken in turn.

use high_4xx::RULE_ID;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::tenant::Tenant;
use weir_host::Detector;
use weir_host::contract::{Configuration, RuleCounters};
use weir_host::{Limits, Sandbox};

type Failure = Box<dyn std::error::Error>;

const SEED: (u64, u64) = (1, 2);
/// Groups in the measurements of one state.
const GROUPS: u32 = 100_000;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|n| n.parse::<u32>());
    let (Ok(flood), Ok(rounds)) = (
        numbers.next().unwrap_or(Ok(1_000_000)),
        numbers.next().unwrap_or(Ok(5)),
    ) else {
        eprintln!("usage: weir-bench-state [FLOOD [ROUNDS]]");
        return ExitCode::from(3);
    };
    match bench(flood, rounds as usize) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weir-bench-state: {error}");
            ExitCode::from(2)
        }
    }
}

fn bench(flood: u32, rounds: usize) -> Result<(), Failure> {
    let sandbox = Sandbox::new(weir_shipped::COMPONENT, &Limits::default())?;
    groups(&sandbox)?;
    ids(&sandbox)?;
    snapshots(&sandbox, rounds)?;
    floods(&sandbox, flood)?;
    settings(&sandbox, rounds)?;
    threads(rounds)
}

/// A call in the window from 09:30; an empty id is none.
fn call(user: &str, ms: u32, status: u16, path: &str, agent: &str, id: &str) -> String {
    format!(
        "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11\",\
         \"properties\":{{\"timeGenerated\":\"2026-05-19T{:02}:{:02}:{:02}.{:03}0000Z\",\"requestId\":\"{id}\",\
         \"requestUri\":\"/7d0c2d1e/{path}?api-version=1.6\",\"apiVersion\":\"1.6\",\"httpStatusCode\":{status},\
         \"userId\":\"{user}\",\"appId\":\"1b730954-1685-4b74-9bfd-dac224a7b894\",\
         \"callerIpAddress\":\"203.0.113.{}\",\"userAgent\":\"{agent}\"}}}}\n",
        9 + (30 + ms / 60_000) / 60,
        (30 + ms / 60_000) % 60,
        ms / 1000 % 60,
        ms % 1000,
        user.len() % 250,
    )
}

/// A user's id as Azure has them: 36 characters.
fn user(n: u32) -> String {
    format!("{n:08x}-6a0b-4d0e-8f53-0b7c1f2ad9e4")
}

/// Pushes calls in batches.
fn push(
    detector: &mut Detector,
    calls: impl Iterator<Item = String>,
) -> Result<(), weir_host::Error> {
    let mut batch = String::new();
    for call in calls {
        batch.push_str(&call);
        if batch.len() > 256 << 10 {
            detector.push(batch.as_bytes())?;
            batch.clear();
        }
    }
    detector.push(batch.as_bytes()).map(|_| ())
}

/// Open groups of 1 to 9 calls on a few paths, one call in eight refused.
fn many_groups(detector: &mut Detector, identified: bool) -> Result<(), weir_host::Error> {
    let calls = (0..GROUPS * 5).map(|n| {
        // As many calls on average as the first of them says.
        let group = n / 5;
        let calls = 1 + group % 9;
        let id = if identified {
            n.to_string()
        } else {
            String::new()
        };
        let status = if n % 8 == 0 { 403 } else { 200 };
        let path = format!("users/{}", (group + n % 5 % calls) % 40);
        let who = if n % 5 < calls {
            group
        } else {
            group / 9 * 9 + 8
        };
        call(
            &user(who.min(GROUPS - 1)),
            n % 120_000,
            status,
            &path,
            "Mozilla/5.0 (directory tool)",
            &id,
        )
    });
    push(detector, calls)
}

/// What the rule counted.
fn counters(detector: &mut Detector) -> Result<RuleCounters, weir_host::Error> {
    Ok(detector.counters()?.rules.remove(0))
}

fn open(sandbox: &Sandbox, configuration: &str) -> Result<Detector, weir_host::Error> {
    sandbox.open(&[Configuration::of(RULE_ID, configuration)], SEED)
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn each(bytes: u64, count: u64) -> f64 {
    bytes as f64 / count as f64
}

fn groups(sandbox: &Sandbox) -> Result<(), Failure> {
    println!("bytes of an open group ({GROUPS} groups, 5 calls each on average):");
    for (what, identified) in [("without event ids", false), ("with event ids", true)] {
        let mut detector = open(sandbox, "{}")?;
        let before = detector.memory_bytes() as u64;
        many_groups(&mut detector, identified)?;
        let grown = detector.memory_bytes() as u64 - before;
        let counters = counters(&mut detector)?;
        println!(
            "  {what}: {:.0} of the component's memory, {:.0} by its own account ({} groups)",
            each(grown, counters.groups),
            each(counters.state_bytes, counters.groups),
            counters.groups
        );
    }
    Ok(())
}

/// The horizon's hour of calls, in thirty windows.
fn ids(sandbox: &Sandbox) -> Result<(), Failure> {
    const EVENTS: u32 = 3_000_000;
    const HOUR: u32 = 3_600_000;
    let mut grown = [0, 0];
    for (grown, identified) in grown.iter_mut().zip([false, true]) {
        let mut detector = open(sandbox, "{}")?;
        let id = |n: u32| {
            if identified {
                n.to_string()
            } else {
                String::new()
            }
        };
        #[allow(clippy::cast_possible_truncation, reason = "within the hour")]
        let time = |n: u32| (u64::from(n) * u64::from(HOUR) / u64::from(EVENTS)) as u32;
        push(
            &mut detector,
            (0..EVENTS).map(|n| call(&user(n % 100), time(n), 200, "me", "a", &id(n))),
        )?;
        *grown = detector.memory_bytes() as u64;
    }
    println!(
        "bytes of a remembered event id ({EVENTS} in an hour): {:.1}",
        each(grown[1] - grown[0], EVENTS.into())
    );
    Ok(())
}

fn snapshots(sandbox: &Sandbox, rounds: usize) -> Result<(), Failure> {
    let mut detector = open(sandbox, "{}")?;
    many_groups(&mut detector, true)?;
    let (mut out, mut back) = (Vec::new(), Vec::new());
    let mut size = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        let state = detector.snapshot()?;
        out.push(began.elapsed().as_secs_f64());
        size = state.len();
        let mut fresh = open(sandbox, "{}")?;
        let began = Instant::now();
        fresh.merge(&state)?;
        back.push(began.elapsed().as_secs_f64());
    }
    println!(
        "snapshot of {} open groups with their ids: {size} bytes, taken in {:.0} ms, restored in {:.0} ms",
        counters(&mut detector)?.groups,
        median(out) * 1e3,
        median(back) * 1e3
    );
    Ok(())
}

fn floods(sandbox: &Sandbox, events: u32) -> Result<(), Failure> {
    println!("floods of {events} calls with an attack of 30 among them (budget 256 MiB):");
    let pairs = |n: u32| call(&user(n), n % 110_000, 403, "me", "app/1", &n.to_string());
    let paths = |n: u32| {
        call(
            "u",
            n % 110_000,
            200,
            &format!("objects/{n}"),
            "app/1",
            &n.to_string(),
        )
    };
    let agents = |n: u32| {
        let agent = format!("{:09}/{}", u32::MAX - n, "x".repeat(200));
        call("u", n % 110_000, 200, "me", &agent, &n.to_string())
    };
    let kinds: [(&str, &dyn Fn(u32) -> String); 3] = [
        ("(user, network) pairs, all refused", &pairs),
        ("paths in one group", &paths),
        ("user agents in one group", &agents),
    ];
    for (what, one) in kinds {
        let mut detector = open(sandbox, "{}")?;
        let every = events / 30;
        let calls = (0..events).map(|n| {
            let mut text = one(n);
            if n % every == every / 2 {
                text += &call(
                    "attacker",
                    n % 110_000,
                    404,
                    &format!("{n}"),
                    "walk",
                    &format!("a{n}"),
                );
            }
            text
        });
        let began = Instant::now();
        push(&mut detector, calls)?;
        let seconds = began.elapsed().as_secs_f64();
        let counters = counters(&mut detector)?;
        detector.flush()?;
        let alerts = detector.alerts().collect::<Result<Vec<_>, _>>()?;
        let of_attacker = |alert: &weir_host::contract::Alert| alert.reason.contains("attacker");
        let mut found = String::new();
        for alert in alerts.iter().filter(|alert| of_attacker(alert)) {
            let _ = write!(found, "{}, complete: {}", alert.reason, alert.complete);
        }
        println!(
            "  {what}: state {} MiB, component's memory {} MiB, {} groups given up, {} ids forgotten, \
             {} counted, {:.1} us an event (making the text included)\n    {}",
            counters.state_bytes >> 20,
            detector.memory_bytes() >> 20,
            counters.evicted,
            counters.ids_forgotten,
            counters.counted,
            seconds / f64::from(events) * 1e6,
            if found.is_empty() { "NO ALERT" } else { &found }
        );
    }
    Ok(())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

/// A tenant's two hours, with or without event ids.
fn tenant(identified: bool) -> Vec<String> {
    let mut random = Random::new(1);
    let mut batches = vec![String::new()];
    for mut event in Tenant::new(200_000, 1, 2) {
        if !identified {
            event.request = None;
        }
        if batches.last().is_some_and(|batch| batch.len() > 256 << 10) {
            batches.push(String::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push_str(&document(
                &event,
                Shape::EventHub,
                Style::Plain,
                &mut random,
            ));
            batch.push('\n');
        }
    }
    batches
}

fn settings(sandbox: &Sandbox, rounds: usize) -> Result<(), Failure> {
    let (with, without) = (tenant(true), tenant(false));
    let ways: [(&str, &str, &[String]); 4] = [
        ("as published", "{}", &with),
        ("no event has an id", "{}", &without),
        ("early firing", "{\"early\":true}", &with),
        ("no lateness", "{\"allowed_lateness_seconds\":0}", &with),
    ];
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for ((_, configuration, batches), times) in ways.iter().zip(&mut times) {
            let mut detector = open(sandbox, configuration)?;
            let began = Instant::now();
            for batch in *batches {
                detector.push(batch.as_bytes())?;
            }
            detector.flush()?;
            detector.take_alerts()?;
            times.push(began.elapsed().as_secs_f64());
        }
    }
    println!("200000 events of a tenant's two hours in the component, median of {rounds}:");
    let base = median(times[0].clone());
    for ((what, ..), times) in ways.iter().zip(times) {
        let time = median(times);
        println!(
            "  {what}: {:.0} ns an event, {:.2} of as published",
            time / 200_000.0 * 1e9,
            time / base
        );
    }
    Ok(())
}

/// Whole runs of the command beside this program, on one thread and on two.
fn threads(rounds: usize) -> Result<(), Failure> {
    let weir = std::env::current_exe()?.with_file_name("weir");
    let file = std::env::temp_dir().join(format!("weir-bench-{}.ndjson", std::process::id()));
    std::fs::write(&file, tenant(true).concat())?;
    let mut times = [Vec::new(), Vec::new()];
    let measured = measure(&weir, &file, rounds, &mut times);
    // The file is ours; what cannot be removed is left to the system.
    let _ = std::fs::remove_file(&file);
    measured?;
    let [one, two] = times.map(median);
    println!(
        "weir run over the same events, median of {rounds}: {:.0} events/s on one thread, {:.0} on two, {:.2} times",
        200_000.0 / one,
        200_000.0 / two,
        one / two
    );
    Ok(())
}

fn measure(
    weir: &Path,
    file: &Path,
    rounds: usize,
    times: &mut [Vec<f64>; 2],
) -> Result<(), Failure> {
    for _ in 0..rounds {
        for (count, times) in ["1", "2"].iter().zip(times.iter_mut()) {
            let began = Instant::now();
            let run = Command::new(weir)
                .args([
                    "run",
                    "--quiet",
                    "--threads",
                    count,
                    "--output",
                    "/dev/null",
                ])
                .arg(file)
                .stderr(std::process::Stdio::null())
                .status()?;
            if !run.success() {
                return Err(format!("weir run: {run}").into());
            }
            times.push(began.elapsed().as_secs_f64());
        }
    }
    Ok(())
}
