//! `weir-package TARGET WEIR COMPONENT MODULE OUT`: everything that a release consists of, in a
//! folder. Run from the root of the repository; `make package` does.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use weir_package::{Inputs, Source, write};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [target, weir, component, module, out] = arguments.as_slice() else {
        eprintln!("usage: weir-package TARGET WEIR COMPONENT MODULE OUT");
        return ExitCode::from(3);
    };
    let inputs = Inputs {
        root: Path::new("."),
        target,
        weir: Path::new(weir),
        component: Path::new(component),
        module: Path::new(module),
    };
    let done = Source::read(inputs.root)
        .and_then(|source| write(&inputs, &source, Path::new(out)))
        .map(|package| println!("{}", package.folder.display()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot make the package: {error}");
            ExitCode::FAILURE
        }
    }
}
