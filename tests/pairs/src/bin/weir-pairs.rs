//! Random pairs of a rule in ES|QL and a stream, by the number that is asked for.

use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Instant, SystemTime};
use weir_pairs::{Outcome, pair};

const USAGE: &str = "\
usage: weir-pairs [--pairs N] [--seed S] [--first F]

Tries N (10000) random pairs of a rule in ES|QL and a stream: the alerts of the compiled rule have to
equal the rows of the reference evaluation. The pairs follow from S, which is drawn from the clock and
printed when it is not given, and are numbered from F (0) on. Runs a process for every 500 pairs, as
many at a time as there are processors, and says every 20000 how many were tried. Exit code 1 on the
first difference, with the query, the documents and the rows that differ, and where no pair alerts; 3
for wrong options.";

/// Pairs of a process. What their rules are made of stays in its memory.
const CHUNK: u64 = 500;
/// How often the number of pairs is said.
const TOLD: u64 = 20_000;

#[derive(Clone, Copy)]
struct Options {
    pairs: u64,
    seed: u64,
    first: u64,
    /// Whether the pairs are tried in this process.
    here: bool,
}

fn options() -> Option<Options> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut options = Options {
        pairs: 10_000,
        seed: now.map_or(1, |now| u64::from(now.subsec_nanos()) ^ now.as_secs()),
        first: 0,
        here: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--here" {
            options.here = true;
            continue;
        }
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--pairs" => options.pairs = value,
            "--seed" => options.seed = value,
            "--first" => options.first = value,
            _ => return None,
        }
    }
    Some(options)
}

/// How many pairs alert, have rows, and were left out.
type Counts = [u64; 3];

fn here(options: Options) -> Result<Counts, String> {
    let mut counts = [0; 3];
    for number in options.first..options.first.saturating_add(options.pairs) {
        match pair(options.seed, number)? {
            Outcome::Equal(rows) => {
                counts[0] += u64::from(rows > 0);
                counts[1] += rows as u64;
            }
            Outcome::LeftOut(_) => counts[2] += 1,
        }
    }
    Ok(counts)
}

/// Tries pairs in a process of their own.
fn elsewhere(options: Options) -> Result<Counts, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let [pairs, seed, first] =
        [options.pairs, options.seed, options.first].map(|number| number.to_string());
    let output = Command::new(program)
        .args([
            "--here", "--pairs", &pairs, "--seed", &seed, "--first", &first,
        ])
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let counts: Vec<u64> = { said.split_whitespace() }
        .map_while(|word| word.parse().ok())
        .collect();
    match (output.status.success(), <Counts>::try_from(counts)) {
        (true, Ok(counts)) => Ok(counts),
        _ => Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// What all processes have come to.
struct Progress {
    begin: Instant,
    next: AtomicU64,
    failed: AtomicBool,
    counts: Mutex<(u64, Counts)>,
}

impl Progress {
    fn add(&self, pairs: u64, counts: Counts) {
        if let Ok(mut held) = self.counts.lock() {
            let before = held.0 / TOLD;
            held.0 += pairs;
            { held.1.iter_mut() }
                .zip(counts)
                .for_each(|(all, more)| *all += more);
            if held.0 / TOLD > before {
                self.tell(&held);
            }
        }
    }

    fn tell(&self, (pairs, [alerting, rows, left_out]): &(u64, Counts)) {
        let seconds = self.begin.elapsed().as_secs();
        println!("{seconds} s, {pairs} pairs: {alerting} alert, {rows} rows; {left_out} left out");
    }

    /// Takes chunks until there are none, or until one fails.
    fn work(&self, options: Options) {
        let end = options.first.saturating_add(options.pairs);
        while !self.failed.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(CHUNK, Ordering::Relaxed);
            if first >= end {
                return;
            }
            let pairs = CHUNK.min(end - first);
            let chunk = Options {
                first,
                pairs,
                ..options
            };
            match elsewhere(chunk) {
                Ok(counts) => self.add(pairs, counts),
                Err(difference) => {
                    if !self.failed.swap(true, Ordering::Relaxed) {
                        println!("{difference}");
                    }
                }
            }
        }
    }
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(3);
    };
    if options.here {
        return match here(options) {
            Ok([alerting, rows, left_out]) => {
                println!("{alerting} {rows} {left_out}");
                ExitCode::SUCCESS
            }
            Err(difference) => {
                println!("{difference}");
                ExitCode::FAILURE
            }
        };
    }
    println!(
        "seed {}, {} pairs from {} on",
        options.seed, options.pairs, options.first
    );
    let progress = Progress {
        begin: Instant::now(),
        next: AtomicU64::new(options.first),
        failed: AtomicBool::new(false),
        counts: Mutex::default(),
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| progress.work(options));
        }
    });
    // Where nothing alerts, nothing was compared.
    let some = progress.counts.lock().is_ok_and(|held| {
        progress.tell(&held);
        held.1[0] > 0
    });
    match progress.failed.into_inner() || !some {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
