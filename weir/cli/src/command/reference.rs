//! `weir reference`: docs/reference.md, from the definitions of options, rules, limits and keys.
//!
//! Features of the build change nothing: options of Kafka are in it though `--help` may hide them.

mod commands;
mod configuration;
mod page;
mod rules;

use clap::CommandFactory;
use weir_host::{Error, Limits, Sandbox};
use weir_shipped::COMPONENT;

use super::print;
use crate::cli::Cli;
use page::Page;

/// Runs the command.
pub(crate) fn reference() -> Result<u8, Error> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives the commands below it their full names.
    command.build();
    let rules = Sandbox::new(COMPONENT, &Limits::default())?.describe()?;
    let mut page = Page::default();
    page.heading(1, "Reference");
    page.comment("written by `make reference`");
    commands::write(&mut page, &command);
    rules::write(&mut page, &rules);
    configuration::write(&mut page);
    print(&page.into_text())?;
    Ok(0)
}
