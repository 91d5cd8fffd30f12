//! Runs `weir run --final` over large generated files and compares it with the oracle.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use weir_generator::log::{Log, Scene};
use weir_generator::mmdb::asn_database;
use weir_tests::compare::{differences, row_of_document};
use weir_tests::oracle::{Oracle, Rule};
use weir_tests::row::Row;

const USAGE: &str = "\
usage: weir-equal --weir PATH [--events N] [--seed S] [--shape event-hub|ecs|log-analytics|mixed|all]
                  [--threads N]

Generates N events (1000000) in each shape, a tenant's hours and streams at the
thresholds, runs PATH over them on N threads (1) and compares its alerts with those of the oracle.
Exit code 1 on any difference.";

fn main() -> ExitCode {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let known =
            ["--weir", "--events", "--seed", "--shape", "--threads"].contains(&name.as_str());
        let (true, Some(value)) = (known, arguments.next()) else {
            eprintln!("{USAGE}");
            return ExitCode::from(3);
        };
        options.insert(name, value);
    }
    let get =
        |name: &str, default: &str| options.get(name).map_or(default, String::as_str).to_owned();
    let Some(weir) = options.get("--weir").map(PathBuf::from) else {
        eprintln!("{USAGE}");
        return ExitCode::from(3);
    };
    let shapes = match get("--shape", "all").as_str() {
        "all" => ["event-hub", "ecs", "log-analytics", "mixed"]
            .map(str::to_owned)
            .to_vec(),
        one => vec![one.to_owned()],
    };
    let mut equal = true;
    for shape in shapes {
        for scene in [Scene::Hours(1), Scene::Edges] {
            let log = log(
                &shape,
                &get("--events", "1000000"),
                &get("--seed", "1"),
                scene,
            );
            let same = log.and_then(|log| compare(&weir, &shape, &log, &get("--threads", "1")));
            match same {
                Ok(same) => equal &= same,
                Err(message) => {
                    eprintln!("weir-equal: {message}");
                    return ExitCode::from(3);
                }
            }
        }
    }
    if equal {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The file that is asked for.
fn log(shape: &str, events: &str, seed: &str, scene: Scene) -> Result<Log, String> {
    let number = |text: &str| text.parse().map_err(|e| format!("{text}: {e}"));
    Ok(Log {
        shape: Log::shape(shape).ok_or_else(|| format!("there is no shape {shape}"))?,
        events: number(events)?,
        seed: number(seed)?,
        scene,
        ..Log::default()
    })
}

/// Generates one file, runs it, and says what differs.
fn compare(weir: &Path, shape: &str, log: &Log, threads: &str) -> Result<bool, String> {
    let folder = std::env::temp_dir().join(format!("weir-equal-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let at = |name: &str| folder.join(name);
    let generated = generate(&folder, log).map_err(|e| format!("{}: {e}", folder.display()));
    let result = generated.and_then(|expected| {
        let begin = Instant::now();
        let run = Command::new(weir)
            .args(["run", "--final", "--quiet", "--format", "ecs"])
            .args(["--threads", threads, "--asn-db"])
            .arg(at("asn.mmdb"))
            .arg("--output")
            .arg(at("alerts.ndjson"))
            .arg(at("events.ndjson"))
            .status()
            .map_err(|e| format!("{}: {e}", weir.display()))?;
        let seconds = begin.elapsed().as_secs_f64();
        if !run.success() {
            return Err(format!("{}: {run}", weir.display()));
        }
        let found = rows(&at("alerts.ndjson"))?;
        let differ = differences(&expected, &found);
        let kind = match log.scene {
            Scene::Edges => "at the thresholds",
            _ => "a tenant's hour",
        };
        println!(
            "{shape}, {kind}, threads {threads}: {} events, {} rows expected, {} found, {} differences, {seconds:.1} s",
            log.events,
            expected.len(),
            found.len(),
            differ.len()
        );
        differ.iter().take(20).for_each(|line| println!("  {line}"));
        Ok(differ.is_empty())
    });
    // The folder is ours; what cannot be removed is left to the system.
    let _ = fs::remove_dir_all(&folder);
    result
}

/// Writes the events and the database; the rows that the oracle gives for them.
fn generate(folder: &Path, log: &Log) -> io::Result<Vec<Row>> {
    fs::write(folder.join("asn.mmdb"), asn_database())?;
    let file = File::create(folder.join("events.ndjson"))?;
    let mut oracle = Oracle::new(Rule::default());
    log.write(&mut BufWriter::with_capacity(1 << 20, file), |event| {
        oracle.add(event);
    })?;
    let rows = oracle.rows().into_iter();
    Ok(rows
        .map(|row| row_of_document(&Value::from(row.0)))
        .collect())
}

fn rows(file: &Path) -> Result<Vec<Row>, String> {
    let name = file.display();
    let text = fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
    let parse =
        |line: &str| serde_json::from_str::<Value>(line).map_err(|e| format!("{name}: {e}"));
    text.lines()
        .map(|line| parse(line).map(|json| row_of_document(&json)))
        .collect()
}
