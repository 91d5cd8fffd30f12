//! `weir run --verdicts`: the ledger of one detector, in one file.

use std::path::Path;

use serde_json::json;
use weir::Error;
use weir::checkpoint::Header;
use weir::config::Config;
use weir::contract::Rule;
use weir::ledger::{Ledger, LineLedger, ParquetLedger, Scheme, VERDICTS, VERDICTS_FLOOR};

use super::Plan;
use super::detectors::Loaded;
use super::kept;
use crate::cli::DetectArgs;

/// What the ledger's rows have in common, if one is to be kept; said before anything is opened.
pub(super) fn scheme(
    arguments: &DetectArgs,
    config: &Config,
    plan: &Plan,
    detectors: &[Loaded],
) -> Result<Option<Scheme>, Error> {
    let Some(path) = &arguments.verdicts else {
        // Nobody would take its entries, and they would fill the memory.
        if detectors
            .iter()
            .any(|detector| is_kept(config, &detector.rule))
        {
            return Err(Error::Config(vec![format!(
                "parameter `{VERDICTS}` keeps a ledger, and no file is named for it: name one with \
                 --verdicts FILE, or set the parameter to false"
            )]));
        }
        return Ok(None);
    };
    let [detector] = detectors else {
        return Err(Error::Config(vec![
            "--verdicts is the ledger of one detector; start a weir for each, with a file of its own"
                .to_owned(),
        ]));
    };
    if is_parquet(path) && (plan.live || arguments.checkpoint.is_some()) {
        return Err(Error::Config(vec![format!(
            "--verdicts {}: a Parquet file can be read only once it is finished, and not be gone on \
             with; with --follow, --checkpoint and `weir serve` write NDJSON (a name that does \
             not end in .parquet)",
            path.display()
        )]));
    }
    Scheme::new(&detector.rule, floor(config, &detector.rule)).map(Some)
}

/// Whether a detector would keep a ledger.
pub(super) fn is_kept(config: &Config, rule: &Rule) -> bool {
    let known = rule.parameters.iter().find(|known| known.name == VERDICTS);
    known.is_some_and(|known| match config.parameters.get(VERDICTS) {
        Some(value) => value == &json!(true),
        None => known.default_value == "true",
    })
}

/// Opens it, where a checkpoint has it if there is one.
pub(super) fn open(
    arguments: &DetectArgs,
    scheme: Scheme,
    header: Option<&Header>,
) -> Result<Option<Box<dyn Ledger>>, Error> {
    let Some(path) = arguments.verdicts.as_deref() else {
        return Ok(None);
    };
    if is_parquet(path) {
        return Ok(Some(Box::new(ParquetLedger::create(path, scheme)?)));
    }
    let extent = header.map(|header| header.ledger.as_ref());
    let place = kept::place(Some(path), extent)?;
    Ok(Some(Box::new(LineLedger::new(scheme, place))))
}

fn is_parquet(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// The floor that the detector is opened with.
pub(crate) fn floor(config: &Config, rule: &Rule) -> f64 {
    let set = config.parameters.get(VERDICTS_FLOOR);
    let default = || {
        let known = rule.parameters.iter().find(|p| p.name == VERDICTS_FLOOR)?;
        known.default_value.parse().ok()
    };
    set.and_then(serde_json::Value::as_f64)
        .or_else(default)
        .unwrap_or(0.0)
}
