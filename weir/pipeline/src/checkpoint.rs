//! A checkpoint: all that a run needs to go on after it was stopped, in one file.
//!
//! A file is the magic `WEIRCKPT`, a version (u16), sections that each have their
//! length before them (u64), and the SHA-256 of all that. Integers are
//! little-endian. The sections are the host's part as JSON and the detector's
//! state.

mod dir;
mod taken;

use serde::{Deserialize, Serialize};

use crate::run::Totals;
pub use dir::CheckpointDir;
pub use taken::{Earlier, take_over};
use weir_common::sealed::{seal, section, unseal};
use weir_host::contract::{Alert, Rule};
use weir_sources::reader::KnownFile;

/// The host's part of a checkpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Header {
    /// When it was made, in milliseconds since 1970; for people.
    pub made: i64,
    /// SHA-256 of the component whose state it is; none of one that an earlier weir made.
    #[serde(default)]
    pub component: Option<String>,
    /// The rules that judged; none of one that an earlier weir made.
    #[serde(default)]
    pub rules: Vec<Judged>,
    /// The seed under which the detector was opened.
    pub seed: (u64, u64),
    /// Totals since the first start.
    pub totals: Totals,
    /// The files that were read, and where they go on.
    pub sources: Vec<KnownFile>,
    /// Alerts that are released by this checkpoint.
    pub held: Vec<Alert>,
    /// The last revisions that wait for the end of the input, with `--final`.
    pub finals: Option<Vec<Alert>>,
    /// Extent of the file of alerts, without those that are held.
    pub output: Option<Extent>,
    /// Extent of the file of refused documents.
    pub rejects: Option<Extent>,
    /// Extent of the ledger.
    #[serde(default)]
    pub ledger: Option<Extent>,
}

/// A rule that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Its short name, for people.
    pub name: String,
}

impl Judged {
    /// The records of several rules.
    #[must_use]
    pub fn all(rules: &[Rule]) -> Vec<Self> {
        let one = |rule: &Rule| Self {
            id: rule.id.clone(),
            name: rule.short_name.clone(),
        };
        rules.iter().map(one).collect()
    }

    /// The names of those in `these` that are not among `others`, with commas between; none when
    /// there is no such rule.
    #[must_use]
    pub fn beside(these: &[Self], others: &[Self]) -> Option<String> {
        let known = |rule: &&Self| !others.iter().any(|other| other.id == rule.id);
        let names: Vec<&str> = { these.iter().filter(known) }
            .map(|rule| rule.name.as_str())
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// A file that was written, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Its path, as it was given.
    pub path: String,
    /// Its length in bytes.
    pub length: u64,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Checkpoint {
    /// Number of the checkpoint, from 1.
    pub sequence: u64,
    /// Its file.
    pub name: String,
    /// The host's part.
    pub header: Header,
    /// The detector's state.
    pub state: Vec<u8>,
}

/// The bytes of a checkpoint.
pub(crate) fn encode(header: &Header, state: &[u8]) -> serde_json::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    Ok(seal(&[&header, state]))
}

/// Host's part and state; else why it is not whole.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Header, Vec<u8>), String> {
    let mut rest = unseal(bytes)?;
    let header = section(&mut rest)?;
    let state = section(&mut rest)?;
    let header =
        serde_json::from_slice(header).map_err(|error| format!("the host's part: {error}"))?;
    Ok((header, state.to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_any_damage_is_seen() {
        let header = Header {
            made: 7,
            ..Header::default()
        };
        let bytes = encode(&header, b"state").unwrap();
        let (read, state) = decode(&bytes).unwrap();
        assert_eq!((read.made, state.as_slice()), (7, &b"state"[..]));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(&damaged).is_err(), "byte {at}");
            assert!(decode(&bytes[..at]).is_err(), "length {at}");
        }
    }
}
