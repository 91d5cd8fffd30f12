//! `weir man`: manual pages, from the same definitions as the help.

use std::fs;
use std::io;

use clap::CommandFactory;
use clap_mangen::{Man, generate_to};
use weir::Error;

use super::{STDOUT, print};
use crate::cli::{Cli, ManArgs};

/// Runs the command.
pub(crate) fn man(arguments: &ManArgs) -> Result<u8, Error> {
    let failed = |name: &str, source: io::Error| Error::Output {
        name: name.to_owned(),
        source,
    };
    let command = Cli::command().disable_help_subcommand(true);
    match &arguments.folder {
        None => {
            let mut page = Vec::new();
            Man::new(command)
                .render(&mut page)
                .map_err(|source| failed(STDOUT, source))?;
            print(&String::from_utf8_lossy(&page))?;
        }
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| generate_to(command, folder))
            .map_err(|source| failed(&folder.display().to_string(), source))?,
    }
    Ok(0)
}
