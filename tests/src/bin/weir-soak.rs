//! All laws, native and as the component, on ever new random cases until the time is up.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use weir_generator::random::Random;
use weir_tests::component::Component;
use weir_tests::law::{LAWS, check};
use weir_tests::machine::{Maker, Native};

const USAGE: &str = "\
usage: weir-soak [--seconds N] [--seed S]

Checks all laws in turn, on the native detector and on the component, with random plans
and streams, for N seconds (60). Every twentieth round has streams of up to 20 times the
size. The seeds of the cases follow from S, which is drawn from the clock and printed when
it is not given. Says every minute and at the end how many cases of each law were done. Exit
code 1 on the first failure, with the smallest case of it that was found.";

/// Streams are larger in one of so many rounds.
const LARGE: u64 = 20;

struct Options {
    seconds: u64,
    seed: u64,
}

fn options() -> Option<Options> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut options = Options {
        seconds: 60,
        seed: now.map_or(1, |now| u64::from(now.subsec_nanos()) ^ now.as_secs()),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--seconds" => options.seconds = value,
            "--seed" => options.seed = value,
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(3);
    };
    println!("seed {}, {} seconds", options.seed, options.seconds);
    let makers: [(&str, &dyn Maker); 2] = [("native", &Native), ("component", &Component::new())];
    let mut done = [[0_u64; LAWS.len()]; 2];
    let mut seeds = Random::new(options.seed);
    let begin = Instant::now();
    let mut told = 0;
    for round in 1_u64.. {
        let size = if round % LARGE == 0 {
            1 + seeds.below(LARGE)
        } else {
            1
        };
        for (i, (law, function, identified)) in LAWS.into_iter().enumerate() {
            for (m, (kind, maker)) in makers.iter().enumerate() {
                let seed = seeds.bits();
                if let Err(failure) = check(function, *maker, identified, seed, size) {
                    println!("{law}, {kind}, case {seed}, size {size}: {failure}");
                    tell(begin.elapsed(), &done);
                    return ExitCode::FAILURE;
                }
                done[m][i] += 1;
            }
        }
        let minutes = begin.elapsed().as_secs() / 60;
        if begin.elapsed().as_secs() >= options.seconds {
            break;
        }
        if minutes > told {
            told = minutes;
            tell(begin.elapsed(), &done);
        }
    }
    tell(begin.elapsed(), &done);
    ExitCode::SUCCESS
}

/// How many cases were done of each law.
fn tell(elapsed: Duration, done: &[[u64; LAWS.len()]; 2]) {
    let total: u64 = done.iter().flatten().sum();
    println!("{} s, {total} cases", elapsed.as_secs());
    for (i, (law, ..)) in LAWS.iter().enumerate() {
        let [native, component] = done.map(|of| of[i]);
        println!("  {law:<16}{native:>9} native{component:>9} component");
    }
}
