//! Holds hosts in several languages to the same alerts, or measures them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weir_tests::hosts::same::Compared;
use weir_tests::hosts::{self, Host, same, speed};

const USAGE: &str = "\
usage: weir-hosts same FIXTURES STREAM TABLE FOLDER --host NAME COMMAND... [--host ...]
       weir-hosts alike CONFIGURATION FILE... --host NAME COMMAND... [--host ...]
       weir-hosts time WEIR STREAM TABLE ROUNDS --host NAME COMMAND... [--host ...]

same: runs all hosts over all cases in FIXTURES, odd input, and STREAM with the ASN database
TABLE; their alerts and counts must be the same bytes, and the alerts those expected. Inputs are
laid in FOLDER. Exit code 1 on any difference.
alike: runs all hosts over each FILE by CONFIGURATION; as above, but for what is expected.
time: runs WEIR and all hosts over STREAM in turn, ROUNDS times, and prints the medians.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let first = arguments.iter().position(|argument| argument == "--host");
    let (own, rest) = arguments.split_at(first.unwrap_or(arguments.len()));
    let result = match (own, hosts::read(rest)) {
        ([command, fixtures, stream, table, folder], Some(hosts)) if command == "same" => {
            compare(&hosts, fixtures, stream, table, folder)
        }
        ([command, configuration, files @ ..], Some(hosts)) if command == "alike" => {
            same::alike(&hosts, configuration, files).map(|compared| tell(&hosts, &compared))
        }
        ([command, weir, stream, table, rounds], Some(hosts)) if command == "time" => {
            measure(&hosts, weir, stream, table, rounds)
        }
        _ => Err(USAGE.to_owned()),
    };
    result.unwrap_or_else(|message| {
        eprintln!("weir-hosts: {message}");
        ExitCode::from(3)
    })
}

fn compare(
    hosts: &[Host],
    fixtures: &str,
    stream: &str,
    table: &str,
    folder: &str,
) -> Result<ExitCode, String> {
    let compared = same::compare(
        hosts,
        Path::new(fixtures),
        &[PathBuf::from(stream)],
        Path::new(table),
        Path::new(folder),
    )?;
    Ok(tell(hosts, &compared))
}

fn tell(hosts: &[Host], compared: &Compared) -> ExitCode {
    compared.wrong.iter().for_each(|line| println!("{line}"));
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let well = compared.wrong.is_empty() && compared.alerts > 0;
    println!(
        "{}: {} inputs answered alike, {} alerts each, {} differences",
        names.join(", "),
        compared.passed,
        compared.alerts,
        compared.wrong.len()
    );
    ExitCode::from(u8::from(!well))
}

fn measure(
    hosts: &[Host],
    weir: &str,
    stream: &str,
    table: &str,
    rounds: &str,
) -> Result<ExitCode, String> {
    let rounds = rounds.parse().map_err(|e| format!("{rounds}: {e}"))?;
    let medians = speed::medians(
        Path::new(weir),
        hosts,
        Path::new(stream),
        Path::new(table),
        rounds,
    )?;
    println!("| host | wall s | to weir run | CPU s | to weir run |\n|---|---|---|---|---|");
    if let Some(first) = medians.first() {
        for taken in &medians {
            println!(
                "| {} | {:.2} | {:.2} | {:.2} | {:.2} |",
                taken.name,
                taken.wall,
                taken.wall / first.wall,
                taken.cpu,
                taken.cpu / first.cpu
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
