//! The `weir` command: parses and dispatches, no more.
#![forbid(unsafe_code)]
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "doc comments of options are help texts"
)]

mod cli;
mod command;
mod log;
mod progress;
#[cfg(test)]
mod reference;
mod terminal;
mod validate;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nowhere is left to report that even this cannot be written.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 3 } else { 0 });
        }
    };
    log::start(&arguments.messages);
    let done = match arguments.command {
        cli::Command::Run(arguments) => command::run::run(&arguments),
        cli::Command::Serve(arguments) => command::serve::serve(&arguments),
        cli::Command::Report(arguments) => command::report::report(&arguments),
        cli::Command::Explain(arguments) => command::explain::explain(&arguments),
        cli::Command::Tune(arguments) => command::tune::tune(&arguments),
        cli::Command::Inspect(arguments) => command::inspect::inspect(&arguments),
        cli::Command::New(arguments) => command::new::new(&arguments),
        cli::Command::Test(arguments) => command::test::test(&arguments),
        cli::Command::Bench(arguments) => command::bench::bench(&arguments),
        cli::Command::Check(arguments) => command::check::check(&arguments),
        cli::Command::Tap(arguments) => command::tap::tap(&arguments),
        cli::Command::Verify(arguments) => command::verify::verify(&arguments),
        cli::Command::Push(arguments) => command::push::push(&arguments),
        cli::Command::Pull(arguments) => command::pull::pull(&arguments),
        cli::Command::Validate(arguments) => command::validate::validate(&arguments),
        cli::Command::Compile(arguments) => command::compile::compile(&arguments),
        cli::Command::Completions(arguments) => command::completions::completions(&arguments),
        cli::Command::Man(arguments) => command::man::man(&arguments),
    };
    ExitCode::from(command::code(done))
}
