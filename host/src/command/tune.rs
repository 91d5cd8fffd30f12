//! `weir tune`: what other thresholds would give.

use std::io::{self, IsTerminal};

use weir::ledger::{LedgerFile, Scheme};
use weir::tune::{Wanted, json, table, tune as tuned};
use weir::{Error, escape};

use super::{print, sandbox, say};
use crate::cli::{Form, TuneArgs};

/// Runs the command.
pub(crate) fn tune(arguments: &TuneArgs) -> Result<u8, Error> {
    let file = LedgerFile::open(&arguments.ledger)?;
    let config = arguments.component.config()?;
    let component = config.component.as_deref();
    let sandbox = sandbox(component, &config.trust, &config.limits, &config.cache)?;
    let rule = sandbox.describe()?;
    // Each row says its own floor.
    let scheme = Scheme::new(&rule, 0.0)?;
    let mut wanted = Wanted::default();
    wanted.sweeps.clone_from(&arguments.sweeps);
    wanted.grids.clone_from(&arguments.grids);
    wanted.top = arguments.top as usize;
    let tuning = tuned(&file, &rule, &scheme, &wanted)?;
    for note in &tuning.notes {
        say(&escape(note));
    }
    let default = match io::stdout().is_terminal() {
        true => Form::Table,
        false => Form::Json,
    };
    match arguments.format.unwrap_or(default) {
        Form::Table => print(&table(&tuning, &scheme))?,
        Form::Json => print(&json(&tuning, &scheme))?,
    }
    Ok(0)
}
