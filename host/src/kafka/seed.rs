//! One hash seed for all workers of a group.
//!
//! Whoever finds none in the first partition of the state's topic writes one, under a key that
//! nobody else has, so that compaction keeps it. The one with the lowest offset is everybody's.

use rdkafka::message::Message;
use serde::{Deserialize, Serialize};

use super::Say;
use super::log::Log;
use super::sender::Sender;
use crate::error::Error;
use crate::seed::random_seed;

/// What keys of seeds begin with.
const PREFIX: &str = "seed/";

#[derive(Serialize, Deserialize)]
struct Seed {
    seed: (u64, u64),
}

/// The group's seed.
pub(super) fn agree(log: &Log<'_>, sender: &mut Sender, say: Say<'_>) -> Result<(u64, u64), Error> {
    let end = log.end()?;
    if end > 0
        && let Some(seed) = first(log, None)?
    {
        return Ok(seed);
    }
    let own = random_seed();
    let (one, other) = random_seed();
    let value = serde_json::to_vec(&Seed { seed: own })
        .map_err(|error| Error::Broken(format!("cannot write the seed: {error}")))?;
    let key = format!("{PREFIX}{one:016x}{other:016x}");
    let key = key.as_bytes();
    sender.put(log.topic, Some(log.partition), key, Some(&value), say)?;
    let delivered = sender.settle(say)?;
    let at = delivered.last().map(|delivered| delivered.offset);
    Ok(first(log, at)?.unwrap_or(own))
}

/// The first seed up to that offset, which is there, or to the end.
fn first(log: &Log<'_>, to: Option<i64>) -> Result<Option<(u64, u64)>, Error> {
    let mut found = None;
    log.read(None, to, |message| {
        let key = message.key().unwrap_or_default();
        if key.starts_with(PREFIX.as_bytes())
            && let Some(value) = message.payload()
            && let Ok(seed) = serde_json::from_slice::<Seed>(value)
        {
            found = Some(seed.seed);
        }
        found.is_some()
    })?;
    Ok(found)
}
