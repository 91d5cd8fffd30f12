//! Generates a tenant's logs, the fixtures' inputs and the test's ASN database.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use weir_tests::event::Event;
use weir_tests::oracle::{Oracle, Rule};
use weir_tests::others::{Others, sign_in};
use weir_tests::random::Random;
use weir_tests::render::{SHAPES, Shape, Style, document};
use weir_tests::stream::Endless;
use weir_tests::tenant::Tenant;
use weir_tests::{fixture, mmdb};

const USAGE: &str = "\
usage: weir-generate [--shape event-hub|ecs|log-analytics|mixed] [--events N] [--seed S] [--hours H]
                     [--users U] [--others PERCENT] [--edges] [--all-rules]
                     [--asn-db FILE] [--expected FILE]
                     > file.ndjson
       weir-generate fixtures DIR

Writes N events (100000) of a tenant's hour in one shape (event-hub), in order of time
with a small disorder. --users sets how many users there are beside the attackers.
--others adds records of another data set (sign-ins of 2 to 3 KB, as an Event Hub carries
them) until they are that share of all, 0 to 99. --edges makes groups at every threshold instead;
--all-rules eight days in which every rule on the log finds something (--hours is without effect). --expected
writes the alerts that the rule gives for them, one JSON row a line; --asn-db the
database that the raw shapes need for it. --events 0 writes the database alone.";

/// What the command line asks for.
struct Options {
    shape: Option<Shape>,
    events: u64,
    seed: u64,
    hours: u32,
    users: Option<u64>,
    others: u64,
    edges: bool,
    all_rules: bool,
    asn_db: Option<String>,
    expected: Option<String>,
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
    let mut options = Options {
        shape: Some(Shape::EventHub),
        events: 100_000,
        seed: 1,
        hours: 1,
        users: None,
        others: 0,
        edges: false,
        all_rules: false,
        asn_db: None,
        expected: None,
    };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        if name == "--edges" {
            options.edges = true;
            continue;
        }
        if name == "--all-rules" {
            options.all_rules = true;
            continue;
        }
        let value = rest
            .next()
            .ok_or_else(|| format!("{name} needs a value, or is not known"))?;
        let bad = |_| format!("{name}: {value} is not a number in range");
        match name.as_str() {
            "--shape" if value == "mixed" => options.shape = None,
            "--shape" => {
                let shape = Shape::named(value);
                options.shape =
                    Some(shape.ok_or_else(|| format!("--shape: there is no shape {value}"))?);
            }
            "--events" => options.events = value.parse().map_err(bad)?,
            "--seed" => options.seed = value.parse().map_err(bad)?,
            "--hours" => options.hours = value.parse().map_err(bad)?,
            "--users" => options.users = Some(value.parse().map_err(bad)?),
            "--others" => {
                let share = value.parse().ok().filter(|share| *share < 100);
                options.others = share
                    .ok_or_else(|| format!("--others: {value} is not a percentage below 100"))?;
            }
            "--asn-db" => options.asn_db = Some(value.clone()),
            "--expected" => options.expected = Some(value.clone()),
            _ => return Err(format!("there is no option {name}")),
        }
    }
    Ok(options)
}

fn generate(options: &Options) -> io::Result<()> {
    if let Some(file) = &options.asn_db {
        fs::write(file, mmdb::asn_database())?;
    }
    let mut random = Random::new(options.seed ^ 0x9e37);
    let mut oracle = options
        .expected
        .as_ref()
        .map(|_| Oracle::new(Rule::default()));
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let events: Box<dyn Iterator<Item = Event>> = if options.edges {
        let count = usize::try_from(options.events).unwrap_or(usize::MAX);
        Box::new(Endless::new(options.seed).take(count))
    } else {
        let tenant = match options.all_rules {
            true => Tenant::for_all_rules(options.events, options.seed),
            false => Tenant::new(options.events, options.seed, options.hours),
        };
        Box::new(match options.users {
            Some(users) => tenant.with_users(users),
            None => tenant,
        })
    };
    let style = if options.edges {
        Style::Wild
    } else {
        Style::Plain
    };
    let mut others = Others::new(options.others);
    // Numbers of their own, so that the calls are the same with and without them.
    let mut other_random = Random::new(options.seed ^ 0x51_6e_49_6e);
    for event in events {
        for _ in 0..others.due() {
            out.write_all(sign_in(event.time, &mut other_random).as_bytes())?;
            out.write_all(b"\n")?;
        }
        let shape = options.shape.unwrap_or_else(|| *random.pick(&SHAPES));
        out.write_all(document(&event, shape, style, &mut random).as_bytes())?;
        out.write_all(b"\n")?;
        if let Some(oracle) = &mut oracle {
            oracle.add(&event);
        }
    }
    out.flush()?;
    if let (Some(file), Some(oracle)) = (&options.expected, oracle) {
        let mut out = BufWriter::new(File::create(file)?);
        for row in oracle.rows() {
            writeln!(out, "{}", serde_json::Value::from(row.0))?;
        }
        out.flush()?;
    }
    Ok(())
}
