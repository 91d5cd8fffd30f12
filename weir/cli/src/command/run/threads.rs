//! `weir run --threads` and `kafka://`: configurations of workers, for detectors that can be split.

use serde_json::json;
use weir_config::configured::{ConfiguredRule, configurations, set};
use weir_host::Error;
use weir_host::contract::Configuration;
use weir_host::parameters::has_parameter;

/// The parameter that makes a worker, by the contract.
const PARTIAL: &str = "partial";

/// Whether the detector can have workers.
pub(super) fn possible(chosen: &[ConfiguredRule]) -> Result<(), Error> {
    let lacking = chosen.iter().find(|one| !has_parameter(&one.rule, PARTIAL));
    let Some(lacking) = lacking else {
        return Ok(());
    };
    let who = match chosen.len() {
        1 => "the detector".to_owned(),
        _ => format!("rule {}", lacking.rule.short_name),
    };
    Err(Error::config(format!(
        "{who} has no parameter `{PARTIAL}`, so its work cannot be split: neither by --threads \
         nor over Kafka"
    )))
}

/// Configurations that a worker is opened with.
pub(super) fn partial(chosen: &[ConfiguredRule]) -> Vec<Configuration> {
    let mut chosen = chosen.to_vec();
    set(&mut chosen, PARTIAL, &json!(true));
    configurations(&chosen)
}
