//! `weir man`: manual pages, from the same definitions as the help.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use weir_host::Error;

use super::{STDOUT, print};
use crate::cli::{Cli, ManArgs};

/// Runs the command.
pub(crate) fn man(arguments: &ManArgs) -> Result<u8, Error> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives the commands below it their full names.
    command.build();
    let failed = |name: &str, source: io::Error| Error::output(name, source);
    match &arguments.folder {
        None => {
            let page = page(command).map_err(|source| failed(STDOUT, source))?;
            print(&String::from_utf8_lossy(&page))?;
        }
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| write(command, folder))
            .map_err(|source| failed(&folder.display().to_string(), source))?,
    }
    Ok(0)
}

/// Writes the page of a command, and of each below it.
fn write(command: Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands() {
        write(below.clone(), folder)?;
    }
    let name = Man::new(command.clone()).get_filename();
    fs::write(folder.join(name), page(command)?)
}

/// The page of a command. What stands after the help's options has its lines where they are.
fn page(command: Command) -> io::Result<Vec<u8>> {
    let notes = command.get_after_help().map(ToString::to_string);
    let mut page = Vec::new();
    Man::new(command.after_help(None)).render(&mut page)?;
    if let Some(notes) = notes {
        let mut roff = Roff::new();
        roff.control("SH", ["NOTES"]).control("nf", []);
        for line in notes.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        roff.to_writer(&mut page)?;
    }
    Ok(page)
}
