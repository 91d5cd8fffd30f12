//! `weir tune`: alerts at other thresholds.

use serde_json::Value as Json;
use weir_common::escape::escape;
use weir_config::configured::{ConfiguredRule, only};
use weir_host::Error;
use weir_host::contract::Judgement;
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
    let chosen = only(chosen, |chosen| &chosen.rule, "weir tune")?;
    let every = every(&chosen);
    let rule = chosen.rule;
    // Each row says its own floor.
    let scheme = Scheme::new(&rule, 0.0)?;
    let mut wanted = Wanted {
        every,
        ..Wanted::default()
    };
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

/// How far apart windows end, in milliseconds, where those of a run are one alert.
fn every(chosen: &ConfiguredRule) -> Option<i64> {
    let Judgement::Sliding(sliding) = &chosen.rule.judgement else {
        return None;
    };
    let set = |name: &str| chosen.parameters.get(name);
    if set("all_boundaries").and_then(Json::as_bool) == Some(true) {
        return None;
    }
    let seconds = set("every_seconds").and_then(Json::as_i64);
    let set = seconds.and_then(|seconds| seconds.checked_mul(1000));
    set.or_else(|| i64::try_from(sliding.every).ok())
}
