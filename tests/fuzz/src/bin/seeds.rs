//! `seeds DIR`: writes the first inputs of the fuzz targets, in a folder for each.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: seeds DIR");
        return ExitCode::from(3);
    };
    match weir_fuzz_targets::seeds::write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seeds: {error}");
            ExitCode::from(3)
        }
    }
}
