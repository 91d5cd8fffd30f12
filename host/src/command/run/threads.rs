//! `weir run --threads` and `kafka://`: whether a detector can be split, and how a worker is opened.

use serde_json::json;
use weir::Error;
use weir::chosen::{Chosen, configurations, has_parameter, set};
use weir::contract::Configuration;

/// The parameter that makes a worker, by the contract.
const PARTIAL: &str = "partial";

/// Whether the detector can have workers.
pub(super) fn possible(chosen: &[Chosen]) -> Result<(), Error> {
    let lacking = chosen.iter().find(|one| !has_parameter(&one.rule, PARTIAL));
    let Some(lacking) = lacking else {
        return Ok(());
    };
    let who = match chosen.len() {
        1 => "the detector".to_owned(),
        _ => format!("rule {}", lacking.rule.short_name),
    };
    Err(Error::Config(vec![format!(
        "{who} has no parameter `{PARTIAL}`, so its work cannot be split: neither by --threads \
         nor over Kafka"
    )]))
}

/// What a worker is opened with.
pub(super) fn partial(chosen: &[Chosen]) -> Vec<Configuration> {
    let mut chosen = chosen.to_vec();
    set(&mut chosen, PARTIAL, &json!(true));
    configurations(&chosen)
}
