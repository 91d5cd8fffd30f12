//! State that all workers of a group share: one hash seed, and the rules that judge.
//!
//! Whoever finds none in the first partition of the state's topic writes one, under a key that
//! no other worker has, so that compaction keeps it. The one with the lowest offset holds for all.
//! A state does not tell whose events it lacks, so a worker of other rules is refused here.

use rdkafka::message::Message;
use serde::{Deserialize, Serialize};

use super::sender::Sender;
use super::topic_partition::TopicPartition;
use weir_common::seed::random_seed;
use weir_host::error::Error;
use weir_pipeline::checkpoint::Judged;

/// Prefix of the keys of seeds.
const PREFIX: &str = "seed/";

#[derive(Serialize, Deserialize)]
struct Seed {
    seed: (u64, u64),
    /// The rules; none of a group that an earlier weir began.
    #[serde(default)]
    rules: Vec<Judged>,
}

/// The group's seed, for a worker of these rules.
///
/// # Errors
///
/// [`Error::Config`] when the group's rules are others.
pub(super) fn agree(
    log: &TopicPartition<'_>,
    sender: &mut Sender,
    rules: &[Judged],
) -> Result<(u64, u64), Error> {
    let agreed = agreed(log, sender, rules)?;
    match others(rules, &agreed.rules) {
        None => Ok(agreed.seed),
        Some(why) => Err(Error::config(format!("{}: {why}", log.topic))),
    }
}

/// The objection to a worker's rules in a group of those; nothing where it is not known of which.
fn others(own: &[Judged], group: &[Judged]) -> Option<String> {
    let lacks = Judged::beside(group, own);
    let more = Judged::beside(own, group);
    if group.is_empty() || lacks.is_none() && more.is_none() {
        return None;
    }
    let names: Vec<&str> = group.iter().map(|rule| rule.name.as_str()).collect();
    Some(format!(
        "all workers of a group judge by the same rules, and this group's are {}; name these \
         (--rule), or another group",
        names.join(", ")
    ))
}

/// The first that is there, which is this worker's own where there was none.
fn agreed(log: &TopicPartition<'_>, sender: &mut Sender, rules: &[Judged]) -> Result<Seed, Error> {
    let end = log.end()?;
    if end > 0
        && let Some(seed) = first(log, None)?
    {
        return Ok(seed);
    }
    let own = Seed {
        seed: random_seed(),
        rules: rules.to_vec(),
    };
    let (one, other) = random_seed();
    let value = serde_json::to_vec(&own)
        .map_err(|error| Error::Broken(format!("cannot write the seed: {error}")))?;
    let key = format!("{PREFIX}{one:016x}{other:016x}");
    let key = key.as_bytes();
    sender.put(log.topic, Some(log.partition), key, Some(&value))?;
    let delivered = sender.settle()?;
    let at = delivered.last().map(|delivered| delivered.offset);
    Ok(first(log, at)?.unwrap_or(own))
}

/// The first seed up to that offset, which is there, or to the end.
fn first(log: &TopicPartition<'_>, to: Option<i64>) -> Result<Option<Seed>, Error> {
    let mut found = None;
    log.read(None, to, |message| {
        let key = message.key().unwrap_or_default();
        if key.starts_with(PREFIX.as_bytes())
            && let Some(value) = message.payload()
            && let Ok(seed) = serde_json::from_slice::<Seed>(value)
        {
            found = Some(seed);
        }
        found.is_some()
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(names: &[&str]) -> Vec<Judged> {
        let one = |name: &&str| serde_json::json!({"id": format!("id-{name}"), "name": name});
        let all: Vec<_> = names.iter().map(one).collect();
        serde_json::from_value(all.into()).unwrap_or_default()
    }

    #[test]
    fn a_worker_has_the_rules_of_its_group() {
        let group = judged(&["one", "two"]);
        assert_eq!(others(&judged(&["two", "one"]), &group), None);
        assert_eq!(others(&judged(&["one"]), &[]), None);
        for own in [&["one"][..], &["one", "two", "three"], &["other"]] {
            let why = others(&judged(own), &group).unwrap_or_default();
            assert!(
                why.contains("this group's are one, two; name these"),
                "{why}"
            );
        }
    }
}
