//! Runs a folder of csv-spec files, and says what passed, failed and was left out.

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: weir-esql-spec DIR

Runs the tests of DIR/*.csv-spec, the public tests of ES|QL, with their data DIR/NAME.csv or
DIR/data/NAME.csv, through the reference evaluation. Says for each file how many passed, failed and
were left out, and for what. Exit code 1 if a test fails, 3 if DIR holds none or a file is malformed.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(3);
    };
    match weir_esql_spec::run(Path::new(folder)) {
        Ok(report) => {
            print!("{report}");
            match (report.is_malformed(), report.has_failures()) {
                (true, _) => ExitCode::from(3),
                (false, true) => ExitCode::FAILURE,
                (false, false) => ExitCode::SUCCESS,
            }
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
    }
}
