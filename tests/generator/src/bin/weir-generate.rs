//! Generates a tenant's logs, the fixtures' inputs and the test's ASN database.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use weir_generator::log::{Log, Scene};
use weir_generator::{fixture, mmdb};

const USAGE: &str = "\
usage: weir-generate [--shape event-hub|ecs|log-analytics|mixed] [--events N] [--seed S] [--hours H]
                     [--users U] [--others PERCENT] [--edges] [--all-rules]
                     [--asn-db FILE]
                     > file.ndjson
       weir-generate fixtures DIR

Writes N events (100000) of a tenant's hour in one shape (event-hub), in order of time
with a small disorder. --users sets how many users there are beside the attackers.
--others adds records of another data set (sign-ins of 2 to 3 KB, as an Event Hub carries
them) until they are that share of all, 0 to 99. --edges makes groups at every threshold instead;
--all-rules eight days in which every rule on the log finds something (--hours is without effect). --asn-db
writes the database that the raw shapes need for it. --events 0 writes the database alone.";

/// What the command line asks for.
struct Options {
    log: Log,
    asn_db: Option<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [command, folder] if command == "fixtures" => fixture::write(Path::new(folder)),
        [help] if help == "--help" => writeln!(io::stdout(), "{USAGE}"),
        _ => match parse(&arguments) {
            Ok(options) => generate(&options),
            Err(message) => {
                eprintln!("weir-generate: {message}\n{USAGE}");
                return ExitCode::from(3);
            }
        },
    };
    match result {
        // Whoever reads has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("weir-generate: {e}");
            ExitCode::from(3)
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut log = Log::default();
    let (mut asn_db, mut hours, mut edges, mut all_rules) = (None, 1, false, false);
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        if name == "--edges" {
            edges = true;
            continue;
        }
        if name == "--all-rules" {
            all_rules = true;
            continue;
        }
        let value = rest
            .next()
            .ok_or_else(|| format!("{name} needs a value, or is not known"))?;
        let bad = |_| format!("{name}: {value} is not a number in range");
        match name.as_str() {
            "--shape" => {
                let shape = Log::shape(value);
                log.shape = shape.ok_or_else(|| format!("--shape: there is no shape {value}"))?;
            }
            "--events" => log.events = value.parse().map_err(bad)?,
            "--seed" => log.seed = value.parse().map_err(bad)?,
            "--hours" => hours = value.parse().map_err(bad)?,
            "--users" => log.users = Some(value.parse().map_err(bad)?),
            "--others" => {
                let share = value.parse().ok().filter(|share| *share < 100);
                log.others = share
                    .ok_or_else(|| format!("--others: {value} is not a percentage below 100"))?;
            }
            "--asn-db" => asn_db = Some(value.clone()),
            _ => return Err(format!("there is no option {name}")),
        }
    }
    log.scene = match (edges, all_rules) {
        (true, _) => Scene::Edges,
        (_, true) => Scene::AllRules,
        _ => Scene::Hours(hours),
    };
    Ok(Options { log, asn_db })
}

fn generate(options: &Options) -> io::Result<()> {
    if let Some(file) = &options.asn_db {
        std::fs::write(file, mmdb::asn_database())?;
    }
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    options.log.write(&mut out, |_| {})
}
