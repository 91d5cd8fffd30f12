//! Records of the topic of partial states.
//!
//! A record's first byte is its kind. A part of a state is keyed by its group and goes to the
//! partition that the group belongs to; marks go to every partition, behind the states that
//! they tell of.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const STATE: u8 = b'S';
const MARKS: u8 = b'M';
/// Version of the format that this host writes and reads.
pub(super) const VERSION: u8 = 1;
/// Largest part of a state: brokers take a megabyte, and key and headers come to it.
pub(super) const LARGEST: usize = 900_000;
/// The key of marks.
pub(super) const MARKS_KEY: &[u8] = b"marks";

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    Part(Part),
    Marks(Vec<Mark>),
}

/// A part of a partial state of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The partition of the events that the state was made of.
    pub(super) source: i32,
    /// Tells the states of a source apart.
    pub(super) number: u64,
    /// Index of the part, from 0.
    pub(super) part: u32,
    /// Number of parts of the state.
    pub(super) parts: u32,
    pub(super) bytes: Vec<u8>,
}

/// Reason for an unreadable record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is none of Weir's, or damaged.
    Wrong(String),
    /// It is of another version's format.
    Version(u8),
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

impl From<&str> for Unread {
    fn from(why: &str) -> Self {
        Self::Wrong(why.to_owned())
    }
}

/// Mark of how far a partition of the events has been read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) source: i32,
    /// The watermark of its events, in milliseconds since 1970; none before the first.
    pub(super) watermark: Option<i64>,
    /// For how long nothing has come, when there is nothing left to read.
    pub(super) quiet_ms: Option<u64>,
    /// Whether it was read to where a run was to end.
    pub(super) ended: bool,
}

/// The records of a state.
pub(super) fn split(source: i32, number: u64, state: &[u8]) -> Vec<Vec<u8>> {
    let parts = state.len().div_ceil(LARGEST).max(1);
    let parts = u32::try_from(parts).unwrap_or(u32::MAX);
    let mut records = Vec::new();
    let mut rest = state;
    for part in 0..parts {
        let (bytes, after) = rest.split_at(rest.len().min(LARGEST));
        rest = after;
        let mut record = vec![STATE, VERSION];
        record.extend(source.to_le_bytes());
        record.extend(number.to_le_bytes());
        record.extend(part.to_le_bytes());
        record.extend(parts.to_le_bytes());
        record.extend(bytes);
        records.push(record);
    }
    records
}

/// The record of marks.
pub(super) fn marks(marks: &[Mark]) -> serde_json::Result<Vec<u8>> {
    let mut record = vec![MARKS, VERSION];
    serde_json::to_writer(&mut record, marks)?;
    Ok(record)
}

/// Reads a record; else what is wrong with it.
pub(super) fn read(record: &[u8]) -> Result<Record, Unread> {
    let (&[kind, version], rest) = record
        .split_first_chunk()
        .ok_or("is no record of Weir's: it is cut short")?;
    // No version is a byte of text.
    if !matches!(kind, STATE | MARKS) || version >= b' ' {
        return Err("is no record of Weir's".into());
    }
    if version != VERSION {
        return Err(Unread::Version(version));
    }
    if kind == MARKS {
        let marks = serde_json::from_slice(rest).map_err(|error| format!("the marks: {error}"))?;
        return Ok(Record::Marks(marks));
    }
    let mut rest = rest;
    let source = i32::from_le_bytes(field(&mut rest)?);
    let number = u64::from_le_bytes(field(&mut rest)?);
    let part = u32::from_le_bytes(field(&mut rest)?);
    let parts = u32::from_le_bytes(field(&mut rest)?);
    if part >= parts {
        return Err(format!("is part {part} of {parts}").into());
    }
    Ok(Record::Part(Part {
        source,
        number,
        part,
        parts,
        bytes: rest.to_vec(),
    }))
}

fn field<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Unread> {
    let (field, after) = rest.split_first_chunk().ok_or("is cut short")?;
    *rest = after;
    Ok(*field)
}

/// The partition that a key belongs to, of so many: the same in every process.
pub(super) fn partition(key: &[u8], partitions: i32) -> i32 {
    let digest = Sha256::digest(key);
    let first = digest.first_chunk().copied().unwrap_or_default();
    let of = u64::try_from(partitions.max(1)).unwrap_or(1);
    i32::try_from(u64::from_le_bytes(first) % of).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_any_length_is_read_as_it_was_split() {
        for length in [0, 1, LARGEST, LARGEST + 1, 2 * LARGEST] {
            let state: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let records = split(3, 7, &state);
            let mut whole = Vec::new();
            for (at, record) in records.iter().enumerate() {
                let Record::Part(part) = read(record).unwrap() else {
                    unreachable!("a part was written");
                };
                assert_eq!((part.source, part.number), (3, 7));
                assert_eq!(part.part as usize, at);
                assert_eq!(part.parts as usize, records.len());
                whole.extend(part.bytes);
            }
            assert!(whole == state, "{length}");
        }
    }

    #[test]
    fn marks_are_read_as_they_were_written() {
        let all = vec![Mark {
            source: 1,
            watermark: Some(-3),
            quiet_ms: None,
            ended: true,
        }];
        assert_eq!(read(&marks(&all).unwrap()).unwrap(), Record::Marks(all));
    }

    #[test]
    fn refuses_malformed_records() {
        let mut other = split(0, 0, b"x").remove(0);
        for at in 0..other.len() - 1 {
            assert!(read(&other[..at]).is_err(), "{at}");
        }
        other[1] = 9;
        assert_eq!(read(&other), Err(Unread::Version(9)));
        for text in [&b"{\"a\": 1}"[..], b"Some text", b"More text"] {
            assert_eq!(read(text), Err("is no record of Weir's".into()));
        }
    }

    #[test]
    fn keys_are_spread_over_all_partitions() {
        let mut seen = [0; 5];
        for key in 0..100u32 {
            seen[partition(&key.to_le_bytes(), 5) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 5), "{seen:?}");
    }
}
