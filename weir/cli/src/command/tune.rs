//! `weir tune`: alerts at other thresholds.

use weir_common::escape::escape;
use weir_config::configured::only;
use weir_host::Error;
use weir_ledger::tune::{Wanted, json, table, tune as tuned};
use weir_ledger::{LedgerFile, Scheme};

use super::{answer, opening, sandbox, say};
use crate::cli::TuneArgs;

/// Runs the command.
pub(crate) fn tune(arguments: &TuneArgs) -> Result<u8, Error> {
    let file = LedgerFile::open(&arguments.ledger)?;
    let mut config = arguments.component.config()?;
    arguments.rules.set(&mut config);
    let sandbox = sandbox(config.component.as_ref(), &config)?;
    let chosen = opening::chosen(&sandbox, &config)?;
    let rule = only(chosen, |chosen| &chosen.rule, "weir tune")?.rule;
    // Each row says its own floor.
    let scheme = Scheme::new(&rule, 0.0)?;
    let mut wanted = Wanted::default();
    wanted.sweeps.clone_from(&arguments.sweeps);
    wanted.grids.clone_from(&arguments.grids);
    wanted.top = arguments.top as usize;
    let tuning = tuned(&file, &rule, &scheme, &wanted)?;
    for note in &tuning.notes {
        say("tune-note", escape(note));
    }
    answer(
        arguments.format,
        || table(&tuning, &scheme),
        || json(&tuning, &scheme),
    )?;
    Ok(0)
}
