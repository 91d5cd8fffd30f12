//! `weir run --threads` and `kafka://`: whether a detector can be split, and how a worker is opened.

use serde_json::{Map, Value as Json, json};
use weir::contract::Rule;
use weir::{Error, parameters};

/// The parameter that makes a worker, by the contract.
const PARTIAL: &str = "partial";

/// Whether the detector can have workers.
pub(super) fn possible(rule: &Rule) -> Result<(), Error> {
    let known = rule.parameters.iter().any(|known| known.name == PARTIAL);
    if known {
        return Ok(());
    }
    Err(Error::Config(vec![format!(
        "the detector has no parameter `{PARTIAL}`, so its work cannot be split: neither by --threads \
         nor over Kafka"
    )]))
}

/// The configuration of a worker.
pub(super) fn partial(parameters: &Map<String, Json>, rule: &Rule) -> Result<String, Error> {
    let mut parameters = parameters.clone();
    parameters.insert(PARTIAL.to_owned(), json!(true));
    parameters::configuration(&parameters, rule)
}
