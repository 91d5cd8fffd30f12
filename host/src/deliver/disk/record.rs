//! Lines as records that show whether they are whole.

use std::io::{self, Read, Write};

/// Bytes before a line: its length and its checksum.
const HEAD: usize = 8;
/// Longest line, in bytes: no alert comes near it.
const LONGEST: u32 = 256 << 20;

/// Bytes of a line's record.
pub(super) fn length(line: &str) -> u64 {
    (HEAD + line.len()) as u64
}

/// Writes a record; the answer is its bytes.
pub(super) fn write(to: &mut impl Write, line: &str) -> io::Result<u64> {
    let size = u32::try_from(line.len()).ok();
    let size = size.filter(|size| *size <= LONGEST);
    let size = size.ok_or_else(|| io::Error::other("an alert is too long for the queue"))?;
    to.write_all(&size.to_le_bytes())?;
    to.write_all(&sum(size, line.as_bytes()).to_le_bytes())?;
    to.write_all(line.as_bytes())?;
    Ok(length(line))
}

/// The length is in the checksum: a run of zeros is no record.
fn sum(size: u32, line: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&size.to_le_bytes());
    sum.update(line);
    sum.finalize()
}

/// Reads lines to the end, at least one if there is any, then as many as these bounds allow.
pub(super) fn read(from: &mut impl Read, count: usize, bytes: usize) -> io::Result<Vec<String>> {
    let mut from = io::BufReader::new(from);
    let mut lines = Vec::new();
    let mut sum = 0;
    while lines.len() < count && sum < bytes {
        match next(&mut from)? {
            Found::Line(line) if lines.is_empty() || sum + line.len() <= bytes => {
                sum += line.len();
                lines.push(line);
            }
            Found::Line(_) | Found::End => break,
            Found::Torn | Found::Damaged => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a segment of the queue was changed by another",
                ));
            }
        }
    }
    Ok(lines)
}

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Line(String),
    /// Nothing.
    End,
    /// A record that the end cuts short.
    Torn,
    /// No record, though there is more.
    Damaged,
}

/// Reads the next record.
pub(super) fn next(from: &mut impl Read) -> io::Result<Found> {
    let mut head = Vec::with_capacity(HEAD);
    from.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Found::End);
    }
    let Some((size, wanted)) = head.split_first_chunk() else {
        return Ok(Found::Torn);
    };
    let size = u32::from_le_bytes(*size);
    let Ok(wanted) = wanted.try_into().map(u32::from_le_bytes) else {
        return Ok(Found::Torn);
    };
    if size > LONGEST {
        return Ok(Found::Damaged);
    }
    let mut line = Vec::new();
    from.by_ref().take(u64::from(size)).read_to_end(&mut line)?;
    if line.len() < size as usize {
        return Ok(Found::Torn);
    }
    if sum(size, &line) != wanted {
        return Ok(Found::Damaged);
    }
    Ok(String::from_utf8(line).map_or(Found::Damaged, Found::Line))
}
