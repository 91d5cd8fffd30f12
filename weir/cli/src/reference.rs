//! docs/reference.md, from the definitions of options, rules, limits, keys and functions.
//!
//! Features of the build change nothing: options of Kafka are in it though `--help` may hide them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod commands;
mod configuration;
mod functions;
mod page;
mod rules;

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use weir_host::{Limits, Sandbox};
use weir_shipped::COMPONENT;

use crate::cli::Cli;
use page::Page;

/// The page as the definitions have it.
fn page() -> String {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives the commands below it their full names.
    command.build();
    let sandbox = Sandbox::new(COMPONENT, &Limits::default()).unwrap();
    let mut page = Page::default();
    page.heading(1, "Reference");
    page.comment("written by `make reference`");
    commands::write(&mut page, &command);
    rules::write(&mut page, &sandbox.describe().unwrap());
    configuration::write(&mut page);
    functions::write(&mut page);
    page.into_text()
}

/// With `WEIR_UPDATE=1` the page is written anew.
#[test]
fn the_reference_is_what_is_defined() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
    let wanted = page();
    if std::env::var_os("WEIR_UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    let mut lines = found.lines().zip(wanted.lines());
    let differs = lines.find(|(one, other)| one != other);
    assert!(
        found == wanted,
        "docs/reference.md is out of date: run `make reference`; the first difference is {differs:#?}"
    );
}
