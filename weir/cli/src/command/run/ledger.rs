//! `weir run --verdicts`: the ledger of one detector, in one file.

use std::path::Path;

use serde_json::json;
use weir_config::configured::ConfiguredRule;
use weir_host::Error;
use weir_ledger::{NdjsonLedger, ParquetLedger, Scheme, VERDICTS, VERDICTS_FLOOR, keeps_ledger};
use weir_pipeline::checkpoint::Header;
use weir_pipeline::ledger::Ledger;

use super::Plan;
use super::detectors::Loaded;
use super::kept;
use crate::cli::DetectArgs;
use crate::command::say;

/// Schemes of the rules' ledgers, if one is kept; checked before anything is opened.
pub(super) fn schemes(
    arguments: &DetectArgs,
    plan: &Plan,
    detectors: &[Loaded],
) -> Result<Option<Vec<Scheme>>, Error> {
    let Some(path) = &arguments.verdicts else {
        // Its entries would not be taken, and would fill the memory.
        if detectors.iter().any(is_kept) {
            return Err(Error::config(format!(
                "parameter `{VERDICTS}` keeps a ledger, and no file is named for it: name one with \
                 --verdicts FILE, or set the parameter to false"
            )));
        }
        return Ok(None);
    };
    let [detector] = detectors else {
        return Err(Error::config(
            "--verdicts is the ledger of one component; start a weir for each, with a file of its own",
        ));
    };
    if is_parquet(path) && (plan.live || arguments.checkpoint.is_some()) {
        return Err(Error::config(format!(
            "--verdicts {}: a Parquet file can be read only once it is finished, and not be gone on \
             with; with --follow, --checkpoint and `weir serve` write NDJSON (a name that does \
             not end in .parquet)",
            path.display()
        )));
    }
    let chosen = &detector.chosen;
    if let [only] = &chosen[..] {
        return Ok(Some(vec![Scheme::new(&only.rule, floor(only))?]));
    }
    let (keep, others): (Vec<&ConfiguredRule>, Vec<&ConfiguredRule>) =
        chosen.iter().partition(|one| keeps_ledger(&one.rule));
    let names: Vec<&str> = others
        .iter()
        .map(|one| one.rule.short_name.as_str())
        .collect();
    if keep.is_empty() {
        return Err(Error::config(format!(
            "--verdicts: none of the rules keeps a ledger: {}",
            names.join(", ")
        )));
    }
    if !names.is_empty() {
        say(
            "no-ledger-rows",
            format!(
                "the ledger has no rows of rules without conditions or on first events: {}",
                names.join(", ")
            ),
        );
    }
    let schemes = keep.iter().map(|one| Scheme::new(&one.rule, floor(one)));
    schemes.collect::<Result<_, _>>().map(Some)
}

/// Whether a detector would keep a ledger.
pub(super) fn is_kept(detector: &Loaded) -> bool {
    detector.chosen.iter().any(|one| {
        let known = one.rule.parameters.iter();
        let mut known = known.filter(|known| known.name == VERDICTS);
        known.any(|known| match one.parameters.get(VERDICTS) {
            Some(value) => value == &json!(true),
            None => known.default_value == "true",
        })
    })
}

/// Opens it, where a checkpoint has it if there is one.
pub(super) fn open(
    arguments: &DetectArgs,
    schemes: Vec<Scheme>,
    header: Option<&Header>,
) -> Result<Option<Box<dyn Ledger>>, Error> {
    let Some(path) = arguments.verdicts.as_deref() else {
        return Ok(None);
    };
    if is_parquet(path) {
        return Ok(Some(Box::new(ParquetLedger::create(path, schemes)?)));
    }
    let extent = header.map(|header| header.ledger.as_ref());
    let output = kept::output(Some(path), extent)?;
    Ok(Some(Box::new(NdjsonLedger::new(schemes, output))))
}

fn is_parquet(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// The floor that a rule's ledger is kept with.
pub(crate) fn floor(chosen: &ConfiguredRule) -> f64 {
    let set = chosen.parameters.get(VERDICTS_FLOOR);
    let default = || {
        let mut known = chosen.rule.parameters.iter();
        let known = known.find(|known| known.name == VERDICTS_FLOOR)?;
        known.default_value.parse().ok()
    };
    set.and_then(serde_json::Value::as_f64)
        .or_else(default)
        .unwrap_or(0.0)
}
