//! Checkpoints as records of a compacted topic.
//!
//! An owner of a partition writes its checkpoints into two slots in turn: chunks below the
//! brokers' limit under `EPOCH/SLOT/INDEX`, then one record under `EPOCH/SLOT/commit` that says
//! how many there are. So one whole checkpoint is always there. The epoch is the place of the
//! owner's claim in the log: no other owner has it, later ones have higher ones, and no one
//! writes over what another wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Largest chunk, in bytes.
pub(super) const LARGEST: usize = 700_000;
const COMMIT: &str = "commit";
/// The key of claims.
pub(super) const CLAIM: &str = "claim";

/// The last record of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Commit {
    sequence: u64,
    chunks: usize,
}

/// A record that is to be written; without a value, an older one is removed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Option<Vec<u8>>,
}

/// The records of a checkpoint, in the order in which they are written.
pub(super) fn entries(epoch: i64, sequence: u64, bytes: &[u8]) -> serde_json::Result<Vec<Entry>> {
    let slot = sequence % 2;
    let mut entries = Vec::new();
    for (at, chunk) in bytes.chunks(LARGEST).enumerate() {
        let mut value = sequence.to_le_bytes().to_vec();
        value.extend(chunk);
        entries.push(Entry {
            key: format!("{epoch}/{slot}/{at}"),
            value: Some(value),
        });
    }
    let commit = Commit {
        sequence,
        chunks: entries.len(),
    };
    entries.push(Entry {
        key: format!("{epoch}/{slot}/{COMMIT}"),
        value: Some(serde_json::to_vec(&commit)?),
    });
    Ok(entries)
}

/// The newest record of each key.
#[derive(Debug, Default)]
pub(super) struct Records {
    all: BTreeMap<String, Vec<u8>>,
}

/// A checkpoint that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) epoch: i64,
    pub(super) sequence: u64,
    pub(super) bytes: Vec<u8>,
}

impl Records {
    /// Takes in a record, after all that came before it.
    pub(super) fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        let Ok(key) = std::str::from_utf8(key) else {
            return;
        };
        match value {
            Some(value) => drop(self.all.insert(key.to_owned(), value.to_vec())),
            None => drop(self.all.remove(key)),
        }
    }

    /// Keys of checkpoints: they can go once there is a newer one of another owner.
    pub(super) fn keys(&self) -> Vec<String> {
        let keys = self.all.keys().filter(|key| parse(key).is_some());
        keys.cloned().collect()
    }

    /// The whole checkpoints, newest first.
    pub(super) fn checkpoints(&self) -> Vec<Found> {
        let mut found: Vec<Found> = self
            .all
            .iter()
            .filter_map(|(key, value)| self.checkpoint(key, value))
            .collect();
        found.sort_by_key(|found| std::cmp::Reverse((found.epoch, found.sequence)));
        found
    }

    fn checkpoint(&self, key: &str, value: &[u8]) -> Option<Found> {
        let (epoch, slot, COMMIT) = parse(key)? else {
            return None;
        };
        let Commit { sequence, chunks } = serde_json::from_slice(value).ok()?;
        let mut bytes = Vec::new();
        for at in 0..chunks {
            let chunk = self.all.get(&format!("{epoch}/{slot}/{at}"))?;
            let (of, chunk) = chunk.split_first_chunk()?;
            if u64::from_le_bytes(*of) != sequence {
                return None;
            }
            bytes.extend(chunk);
        }
        Some(Found {
            epoch,
            sequence,
            bytes,
        })
    }
}

/// Epoch, slot and the rest of a key.
fn parse(key: &str) -> Option<(i64, u8, &str)> {
    let (epoch, rest) = key.split_once('/')?;
    let (slot, last) = rest.split_once('/')?;
    Some((epoch.parse().ok()?, slot.parse().ok()?, last))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn put(records: &mut Records, entries: &[Entry]) {
        for entry in entries {
            records.put(entry.key.as_bytes(), entry.value.as_deref());
        }
    }

    #[test]
    fn finds_the_newest_whole_checkpoint_after_any_interruption() {
        let one = vec![1; 2 * LARGEST + 5];
        let two = vec![2; LARGEST];
        let three = vec![3; LARGEST + 1];
        let mut written = Records::default();
        put(&mut written, &entries(8, 1, &one).unwrap());
        put(&mut written, &entries(8, 2, &two).unwrap());
        let third = entries(8, 3, &three).unwrap();
        for cut in 0..=third.len() {
            let mut records = Records {
                all: written.all.clone(),
            };
            put(&mut records, &third[..cut]);
            let found = records.checkpoints().remove(0);
            let whole = cut == third.len();
            assert_eq!(found.sequence, if whole { 3 } else { 2 }, "cut at {cut}");
            assert_eq!(found.bytes, if whole { &*three } else { &*two });
        }
    }

    #[test]
    fn a_later_owner_wins_over_an_earlier_one_still_writing() {
        let mut records = Records::default();
        put(&mut records, &entries(8, 41, b"old").unwrap());
        put(&mut records, &entries(20, 1, b"new").unwrap());
        put(&mut records, &entries(8, 42, b"from beyond").unwrap());
        assert_eq!(records.checkpoints()[0].bytes, b"new");
        assert_eq!(records.keys().len(), 6);
    }

    #[test]
    fn removed_checkpoints_are_gone_and_other_keys_skipped() {
        let mut records = Records::default();
        put(&mut records, &entries(1, 1, b"x").unwrap());
        records.put(CLAIM.as_bytes(), Some(b"somebody"));
        records.put(b"\xff", Some(b"?"));
        for key in records.keys() {
            records.put(key.as_bytes(), None);
        }
        assert_eq!(records.checkpoints(), []);
        assert_eq!(records.all.len(), 1);
    }
}
