//! Runs `weir run --final` over large generated files and compares it with the oracle.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use weir_tests::compare::{differences, row_of_document};
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
        for edges in [false, true] {
            match compare(
                &weir,
                &shape,
                &get("--events", "1000000"),
                &get("--seed", "1"),
                &get("--threads", "1"),
                edges,
            ) {
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

/// Generates one file, runs it, and says what differs.
fn compare(
    weir: &Path,
    shape: &str,
    events: &str,
    seed: &str,
    threads: &str,
    edges: bool,
) -> Result<bool, String> {
    let folder = std::env::temp_dir().join(format!("weir-equal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let at = |name: &str| folder.join(name);
    let result = generate(&folder, shape, events, seed, edges).and_then(|()| {
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
        let expected = rows(&at("expected.ndjson"))?;
        let found = rows(&at("alerts.ndjson"))?;
        let differ = differences(&expected, &found);
        let kind = if edges { "at the thresholds" } else { "a tenant's hour" };
        println!(
            "{shape}, {kind}, threads {threads}: {events} events, {} rows expected, {} found, {} differences, {seconds:.1} s",
            expected.len(),
            found.len(),
            differ.len()
        );
        differ.iter().take(20).for_each(|line| println!("  {line}"));
        Ok(differ.is_empty())
    });
    // The folder is ours; what cannot be removed is left to the system.
    let _ = std::fs::remove_dir_all(&folder);
    result
}

/// Runs the generator that lies beside this program.
fn generate(
    folder: &Path,
    shape: &str,
    events: &str,
    seed: &str,
    edges: bool,
) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let generator = own.with_file_name("weir-generate");
    let file = folder.join("events.ndjson");
    let out = std::fs::File::create(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut command = Command::new(&generator);
    command.args(["--shape", shape, "--events", events, "--seed", seed]);
    if edges {
        command.arg("--edges");
    }
    command.arg("--asn-db").arg(folder.join("asn.mmdb"));
    command
        .arg("--expected")
        .arg(folder.join("expected.ndjson"));
    let status = command
        .stdout(out)
        .status()
        .map_err(|e| format!("{}: {e}", generator.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{}: {status}", generator.display()))
    }
}

fn rows(file: &Path) -> Result<Vec<Row>, String> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
    let parse =
        |line: &str| serde_json::from_str::<Value>(line).map_err(|e| format!("{name}: {e}"));
    text.lines()
        .map(|line| parse(line).map(|json| row_of_document(&json)))
        .collect()
}
