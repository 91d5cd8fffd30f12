//! Length-prefixed, CRC-checked records.

use std::io::{self, Read, Write};

/// Bytes of the header: length and checksum of the line.
const HEAD: usize = 8;
/// Longest line, in bytes: no alert comes near it.
const LONGEST: u32 = 256 << 20;

/// Bytes of a line's record.
pub(super) fn length(line: &str) -> u64 {
    (HEAD + line.len()) as u64
}

/// Writes a record; returns its length in bytes.
pub(super) fn write(to: &mut impl Write, line: &str) -> io::Result<u64> {
    let size = u32::try_from(line.len()).ok();
    let size = size.filter(|size| *size <= LONGEST);
    let size = size.ok_or_else(|| io::Error::other("an alert is too long for the queue"))?;
    to.write_all(&size.to_le_bytes())?;
    to.write_all(&checksum(size, line.as_bytes()).to_le_bytes())?;
    to.write_all(line.as_bytes())?;
    Ok(length(line))
}

/// CRC-32 of the length and the line: with the length in it, a run of zeros is no record.
fn checksum(size: u32, line: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&size.to_le_bytes());
    hasher.update(line);
    hasher.finalize()
}

/// Reads lines: at least one if there is any, then as many as the bounds allow. Empty at the end.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] at a record that is not whole.
pub(super) fn read(
    from: &mut impl Read,
    most_lines: usize,
    most_bytes: usize,
) -> io::Result<Vec<String>> {
    let mut from = io::BufReader::new(from);
    let mut lines = Vec::new();
    let mut bytes = 0;
    while lines.len() < most_lines && bytes < most_bytes {
        match next(&mut from)? {
            Record::Line(line) if lines.is_empty() || bytes + line.len() <= most_bytes => {
                bytes += line.len();
                lines.push(line);
            }
            Record::Line(_) | Record::End => break,
            Record::Torn | Record::Damaged => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a segment of the queue was changed by another",
                ));
            }
        }
    }
    Ok(lines)
}

/// Next record of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    Line(String),
    /// The segment ends here.
    End,
    /// A record that the end of the file cuts short.
    Torn,
    /// Bytes that are no valid record.
    Damaged,
}

/// Reads the next record; [`Record::End`] at the end of the file.
pub(super) fn next(from: &mut impl Read) -> io::Result<Record> {
    let mut head = Vec::with_capacity(HEAD);
    from.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Record::End);
    }
    let Some((size, wanted)) = head.split_first_chunk() else {
        return Ok(Record::Torn);
    };
    let size = u32::from_le_bytes(*size);
    let Ok(wanted) = wanted.try_into().map(u32::from_le_bytes) else {
        return Ok(Record::Torn);
    };
    if size > LONGEST {
        return Ok(Record::Damaged);
    }
    let mut line = Vec::new();
    from.by_ref().take(u64::from(size)).read_to_end(&mut line)?;
    if line.len() < size as usize {
        return Ok(Record::Torn);
    }
    if checksum(size, &line) != wanted {
        return Ok(Record::Damaged);
    }
    Ok(String::from_utf8(line).map_or(Record::Damaged, Record::Line))
}
