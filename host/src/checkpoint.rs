//! What a run needs to go on after it was stopped, in one file.
//!
//! A file is the magic `WEIRCKPT`, a version (u16), sections that each have their
//! length before them (u64), and the SHA-256 of all that. Integers are
//! little-endian. The sections are the host's part as JSON and the detector's
//! state.

mod folder;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::contract::{Alert, Rule};
use crate::feed::Known;
use crate::run::Totals;
pub use folder::Folder;

const MAGIC: &[u8] = b"WEIRCKPT";
/// Version of the format that this host writes and reads.
const VERSION: u16 = 2;
const DIGEST: usize = 32;

/// The host's part of a checkpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// What went through since the first start.
    pub totals: Totals,
    /// The files that were read, and where they go on.
    pub sources: Vec<Known>,
    /// Alerts that are released by this checkpoint.
    pub held: Vec<Alert>,
    /// The last revisions that wait for the end of the input, with `--final`.
    pub finals: Option<Vec<Alert>>,
    /// What the file of alerts was, without those that are held.
    pub output: Option<Extent>,
    /// What the file of refused documents was.
    pub rejects: Option<Extent>,
    /// What the ledger was.
    #[serde(default)]
    pub ledger: Option<Extent>,
}

/// A rule that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Its short name, for people.
    pub name: String,
}

impl Judged {
    /// What is kept of rules.
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
#[non_exhaustive]
pub struct Extent {
    /// Its path, as it was given.
    pub path: String,
    /// Its length in bytes.
    pub length: u64,
}

/// A checkpoint that was read.
#[derive(Debug)]
#[non_exhaustive]
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

/// Sections with magic, version and digest around them.
pub(crate) fn seal(sections: &[&[u8]]) -> Vec<u8> {
    let length: usize = sections.iter().map(|section| section.len() + 8).sum();
    let mut bytes = Vec::with_capacity(length + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    for section in sections {
        bytes.extend_from_slice(&(section.len() as u64).to_le_bytes());
        bytes.extend_from_slice(section);
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// The version of a checkpoint that is whole, and of another one.
pub(crate) fn other_version(bytes: &[u8]) -> Option<u16> {
    let (version, _) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
    let version = u16::from_le_bytes(*version);
    let (body, digest) = bytes.split_last_chunk::<DIGEST>()?;
    (version != VERSION && Sha256::digest(body).as_slice() == digest).then_some(version)
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

/// The sections between magic, version and digest; else why it is not whole.
pub(crate) fn unseal(bytes: &[u8]) -> Result<&[u8], String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is no checkpoint")?;
    let (version, _) = rest.split_first_chunk().ok_or("it is cut short")?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!(
            "it is of format {version}, and this weir reads {VERSION}"
        ));
    }
    let (body, digest) = bytes
        .split_last_chunk::<DIGEST>()
        .ok_or("it is cut short")?;
    if Sha256::digest(body).as_slice() != digest {
        return Err("its checksum is wrong".to_owned());
    }
    Ok(body.get(MAGIC.len() + 2..).unwrap_or_default())
}

/// The next section.
pub(crate) fn section<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let (length, after) = rest.split_first_chunk().ok_or("a section is missing")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let (section, after) = length
        .and_then(|length| after.split_at_checked(length))
        .ok_or("a section is cut short")?;
    *rest = after;
    Ok(section)
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
