//! `weir completions`: completion scripts for shells.

use clap::CommandFactory;
use clap_complete::generate;
use weir_host::Error;

use super::print;
use crate::cli::{Cli, CompletionsArgs};

/// Runs the command.
pub(crate) fn completions(arguments: &CompletionsArgs) -> Result<u8, Error> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "weir", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
