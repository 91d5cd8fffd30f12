//! The real detector beside hostile ones, for as long as it is asked to: `make soak-hostile`.

use crate::support::start::Start as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::told::told;
use crate::support::zoo::animal;
use crate::support::{Room, weir};

/// A poisoned line among so many.
const RARITY: usize = 5000;

/// MiB that a process holds now.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
    kib / 1024.0
}

/// Feeds a log through a pipe, evenly over the time, to the embedded detector and three animals
/// that fail again and again without end. Its alerts must be those that it has alone, and memory
/// must not grow.
#[test]
#[ignore = "takes an hour"]
fn beside_hostile_components_it_finds_the_same_and_memory_stays_flat() {
    let input = std::env::var("WEIR_SOAK_INPUT").unwrap();
    let seconds: u64 = std::env::var("WEIR_SOAK_SECONDS").unwrap().parse().unwrap();
    let room = Room::new();
    // Both the log's hours and the run are many times what is remembered.
    let config = "[limits]\ndeadline_ms = 100\nmemory_mib = 64\njournal_mib = 8\n\
                  [parameters]\nallowed_lateness_seconds = 600\ndedup_horizon_seconds = 600\n";
    room.write("config.toml", config);
    let animals = ["panic-poison", "spin-poison", "leak"];
    let mut arguments = vec!["run", "--config", "config.toml", "--component", "embedded"];
    for name in animals {
        room.write(name, animal(name));
        arguments.extend(["--component", name]);
    }
    arguments.push("-");
    let lines: Vec<Vec<u8>> = BufReader::new(File::open(&input).unwrap())
        .split(b'\n')
        .map(Result::unwrap)
        .collect();
    let mut child = weir()
        .args(&arguments)
        .env("WEIR_LOG_FORMAT", "json")
        .current_dir(room.folder.path())
        .stdin(Stdio::piped())
        .stdout(File::create(room.path("out")).unwrap())
        .stderr(File::create(room.path("err")).unwrap())
        .start();
    let mut stdin = child.stdin.take().unwrap();
    let (began, mut samples) = (Instant::now(), Vec::new());
    let total = Duration::from_secs(seconds);
    for (at, line) in lines.iter().enumerate() {
        if at % 100 == 0 {
            let due = total.mul_f64(at as f64 / lines.len() as f64);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
        }
        if at % RARITY == RARITY / 2 {
            writeln!(stdin, "{{\"poison\":{at}}}").unwrap();
        }
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        if at % (lines.len() / 60).max(1) == 0 {
            samples.push(resident(child.id()));
        }
    }
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{}", room.read("err"));
    let alone = room.weir(&["run", "--config", "config.toml", &input]);
    let both = room.read("out");
    let own = both.lines().filter(|line| {
        let alert: Value = serde_json::from_str(line).unwrap();
        !alert["rule.id"].as_str().unwrap().starts_with("zoo-")
    });
    let own: String = own.map(|line| format!("{line}\n")).collect();
    assert!(own == alone.ends(0).out, "other alerts than alone");
    let err = room.read("err");
    let summaries = told(&err, "summary");
    let figure = |name: &str, key: &str| {
        let rule = format!("zoo-{name}");
        let mut all = summaries.iter();
        let one = all.find(|one| one["rule"] == *rule).expect(&err);
        one["summary"][key].as_u64().unwrap()
    };
    for name in &animals[..2] {
        assert!(figure(name, "events_quarantined") > 0, "{err}");
    }
    assert!(figure("leak", "component_restarts") > 0, "{err}");
    let most = |samples: &[f64]| samples.iter().copied().fold(0.0, f64::max);
    let (first, second) = samples.split_at(samples.len() / 2);
    println!(
        "{} events, {} alerts, MiB each minute: {samples:.0?}",
        lines.len(),
        own.lines().count()
    );
    for name in animals {
        println!("{name}: {} restarts", figure(name, "component_restarts"));
    }
    assert!(most(second) < most(first) * 1.2, "{samples:?}");
}
