//! `weir-fluent-bit FOLDER FILE`: builds the module in a target folder, and writes it to a file.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, file] = arguments.as_slice() else {
        eprintln!("usage: weir-fluent-bit FOLDER FILE");
        return ExitCode::from(3);
    };
    // The build runs in another folder, so a relative path is resolved here.
    let built = std::path::absolute(folder)
        .map_err(Into::into)
        .and_then(|folder| weir_fluent_bit::build(&folder))
        .and_then(|bytes| {
            if let Some(parent) = Path::new(file).parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(file, &bytes)?;
            Ok(bytes.len())
        });
    match built {
        Ok(length) => {
            println!("{file}: {length} bytes, no imports");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: cannot build the module for Fluent Bit: {error}");
            ExitCode::FAILURE
        }
    }
}
