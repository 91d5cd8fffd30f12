//! Holds the learning reader equal to the plain one on ever new streams, many of them damaged.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use weir_tests::readers::{RULES, Tried, check};

const USAGE: &str = "\
usage: weir-fuzz [SECONDS [SEED]]

Feeds random streams, in which some documents are damaged, to two detectors on one rule or on all
for SECONDS (60): one reads with what it has learned, the other plainly. Whatever they say must be
the same, and so must their states. The first SEED is drawn from the clock, and printed. Exit code 1 at the first difference.";

fn main() -> ExitCode {
    let arguments: Result<Vec<u64>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let Ok(arguments) = arguments else {
        eprintln!("{USAGE}");
        return ExitCode::from(3);
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = arguments.first().copied().unwrap_or(60);
    let first = arguments
        .get(1)
        .copied()
        .unwrap_or_else(|| now.map_or(1, |now| now.as_secs() << 20));
    println!("seed {first}, {seconds} seconds");
    let begin = Instant::now();
    let (mut all, mut streams) = (Tried::default(), 0_u64);
    while begin.elapsed() < Duration::from_secs(seconds) {
        let rules = RULES.chunks(1).chain([&RULES[..]]);
        let rules = { rules.cycle() }.nth((streams % 6) as usize);
        let rarity = [2, 4, 16, 64][(streams / 6 % 4) as usize];
        match check(first + streams, rarity, rules.unwrap_or(&RULES)) {
            Ok(tried) => {
                all.documents += tried.documents;
                all.malformed += tried.malformed;
                all.alerts += tried.alerts;
                all.missed += tried.missed;
            }
            Err(difference) => {
                println!("{difference}");
                return ExitCode::FAILURE;
            }
        }
        streams += 1;
    }
    println!("{streams} streams: {all:?}, no difference");
    ExitCode::SUCCESS
}
