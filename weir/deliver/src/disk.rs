//! Disk queue: alerts in segment files, so that the next run delivers what this one cannot.
//!
//! # Constraints
//!
//! - One process uses a folder at a time; a lock file is held while the run lasts.
//! - One writer appends and one reader consumes, both in order. A record can be read only after
//!   it was synced.
//! - A crash may cut off records that were not synced, and never one that was. It may have
//!   records delivered twice (the position is written after delivery), and none lost.
//! - The bytes of all records that wait are bounded by the queue's limit, which the caller
//!   keeps. A segment ends at 8 MiB or a quarter of that limit, whichever is less.
//! - After a failed write the queue takes no more: a record may be half written, and nothing may
//!   follow it.
//!
//! # Layout
//!
//! ```text
//! queue/
//!   segment-00000000000000000007.weir   closed: read, then removed
//!   segment-00000000000000000008.weir   open: appended to
//!   position                            "7 1234\n": segment and byte that are read next
//!   lock                                held by the process that uses the queue
//!   components                          SHA-256 of each component whose alerts are in here
//!   dead-letters.ndjson                 alerts that the receiver rejected, with the reason
//!   segment-...0006.damaged             bytes from the first damaged record on, set aside
//!
//!       delivered      waiting              waiting    not synced
//!   7: [####|####|##][====|====|===]   8: [====|====]...........
//!                    ^ position                     ^ synced
//!
//!   record:  | length  u32 LE | CRC-32 u32 LE | line, `length` bytes |
//!                                of length and line
//! ```
//!
//! # Start
//!
//! Segments before the position are removed. In each of the others records are read to the first
//! one that is not whole. A record that the end of the newest segment cuts short is a torn write,
//! and is cut off; anything else is damage, and is set aside in a `.damaged` file. Both are
//! reported. Writing goes on in a new segment.

pub(super) mod owner;
mod record;
mod segments;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Store;
pub(super) use segments::waiting_in;
use segments::{Position, file_name};
use weir_common::exclusive::{create, lock, private, sync_folder, write_synced};
use weir_host::error::Error;

const POSITION: &str = "position";
const TEMPORARY: &str = ".position.tmp";
/// File of the alerts that the receiver rejected for good.
pub(super) const DEAD: &str = "dead-letters.ndjson";
/// Size in bytes at which a segment is closed; a small queue has smaller segments.
const SEGMENT: u64 = 8 << 20;

/// Queue in a folder that this run alone uses.
pub(super) struct Disk {
    path: PathBuf,
    /// Lock file, held while the run lasts.
    _lock: File,
    segment_bytes: u64,
    /// Closed segments, each with its length in bytes; oldest first.
    closed: VecDeque<(u64, u64)>,
    writer: BufWriter<File>,
    written: Position,
    synced: Position,
    read: Position,
    /// Open file of the segment that is read, with its number.
    reader: Option<(u64, File)>,
    lines: u64,
    bytes: u64,
    /// First write error, after which nothing is added.
    broken: Option<String>,
}

impl Disk {
    /// Opens the folder, which is created when it is missing, and recovers its segments. Emits a
    /// message about each torn or damaged one.
    pub(super) fn open(path: &Path, most: u64) -> Result<Self, Error> {
        let failed = |source| Error::output(path.display(), source);
        create(path).map_err(failed)?;
        let lock = lock(path)?;
        let found = segments::open(path).map_err(failed)?;
        let start = Position {
            segment: found.next,
            offset: 0,
        };
        let writer = start_segment(path, start.segment).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            segment_bytes: SEGMENT.min(most / 4),
            read: match found.closed.front() {
                Some((segment, _)) if *segment == found.read.segment => found.read,
                Some((segment, _)) => Position {
                    segment: *segment,
                    offset: 0,
                },
                None => start,
            },
            closed: found.closed,
            writer,
            written: start,
            synced: start,
            reader: None,
            lines: found.lines,
            bytes: found.bytes,
            broken: None,
        })
    }

    /// Records that the queue holds alerts of these components; a queue that holds alerts of others
    /// is refused unless that is accepted.
    pub(super) fn claim(&self, components: &[String], accepted: bool) -> Result<(), Error> {
        owner::claim(&self.path, components, accepted)
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        if self.written.offset >= self.segment_bytes && self.written.offset > 0 {
            self.make_durable()?;
            let next = self.written.segment + 1;
            self.writer = start_segment(&self.path, next)?;
            let Position { segment, offset } = self.written;
            self.closed.push_back((segment, offset));
            self.written = Position {
                segment: next,
                offset: 0,
            };
            self.synced = self.written;
        }
        self.written.offset += record::write(&mut self.writer, line)?;
        self.lines += 1;
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn make_durable(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        if self.synced != self.written {
            self.writer.get_ref().sync_data()?;
            self.synced = self.written;
        }
        Ok(())
    }

    /// Runs a write, unless one failed before: part of a record may be written, and nothing may
    /// follow it.
    fn unless_broken(&mut self, act: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if let Some(why) = &self.broken {
            return Err(io::Error::other(why.clone()));
        }
        let done = act(self);
        if let Err(error) = &done {
            self.broken = Some(error.to_string());
        }
        done
    }

    /// Byte of the segment in reading up to which it may be read.
    fn end(&self) -> u64 {
        match self.closed.front() {
            Some((segment, length)) if *segment == self.read.segment => *length,
            _ if self.read.segment == self.synced.segment => self.synced.offset,
            _ => 0,
        }
    }

    /// Moves the position over segments that were read to their end, and removes these.
    fn advance(&mut self) -> io::Result<()> {
        let mut old = Vec::new();
        while let Some((segment, length)) = self.closed.front().copied() {
            if self.read.segment == segment && self.read.offset < length {
                break;
            }
            old.push(segment);
            self.closed.pop_front();
            let next = self.closed.front().map(|(segment, _)| *segment);
            self.read = Position {
                segment: next.unwrap_or(self.written.segment),
                offset: 0,
            };
        }
        self.keep_position()?;
        for segment in old {
            fs::remove_file(self.path.join(file_name(segment)))?;
        }
        Ok(())
    }

    /// Writes the position. A lost or old one has alerts delivered again, and loses none.
    fn keep_position(&self) -> io::Result<()> {
        let temporary = self.path.join(TEMPORARY);
        write_synced(&temporary, self.read.to_string().as_bytes())?;
        fs::rename(&temporary, self.path.join(POSITION))
    }
}

fn start_segment(folder: &Path, number: u64) -> io::Result<BufWriter<File>> {
    let path = folder.join(file_name(number));
    let file = private().write(true).create_new(true).open(path)?;
    sync_folder(folder)?;
    Ok(BufWriter::with_capacity(64 << 10, file))
}

impl Store for Disk {
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.unless_broken(|disk| disk.write(line))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.unless_broken(Self::make_durable)
    }

    fn first(&mut self, count: usize, bytes: usize) -> io::Result<Vec<String>> {
        if self.read.offset >= self.end() && !self.closed.is_empty() {
            self.advance()?;
        }
        let number = self.read.segment;
        let mut file = match self.reader.take() {
            Some((open, file)) if open == number => file,
            _ => File::open(self.path.join(file_name(number)))?,
        };
        file.seek(SeekFrom::Start(self.read.offset))?;
        let left = self.end().saturating_sub(self.read.offset);
        let lines = record::read(&mut (&mut file).take(left), count, bytes)?;
        self.reader = Some((number, file));
        Ok(lines)
    }

    fn remove(&mut self, lines: &[String]) -> io::Result<()> {
        for line in lines {
            self.read.offset += record::length(line);
            self.lines -= 1;
            self.bytes -= line.len() as u64;
        }
        self.advance()
    }

    fn waiting(&self) -> (u64, u64) {
        (self.lines, self.bytes)
    }

    fn dead_letter(&mut self, lines: &[String], why: &str) -> io::Result<bool> {
        let path = self.path.join(DEAD);
        let mut file = private().append(true).create(true).open(path)?;
        let mut text = String::new();
        for line in lines {
            // An alert is JSON, and is kept to the byte.
            text += &format!("{{\"reason\":{},\"alert\":{line}}}\n", json!(why));
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        Ok(true)
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

#[cfg(test)]
mod tests;
