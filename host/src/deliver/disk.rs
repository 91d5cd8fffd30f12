//! Alerts that wait on disk, so that the next run delivers what this one cannot.
//!
//! The folder holds segments, which are written to their end and removed when all in them is
//! delivered, and `position`: the segment and the byte in it that is read next. A segment is
//! records: length and CRC-32 of a line (u32 each, little-endian), then the line. What was not
//! written whole when the machine went down was never reported as written, and is cut off.

mod owner;
mod record;
mod segments;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Store;
use crate::error::Error;
use crate::exclusive::{create, lock, private, sync_folder, write_synced};
pub(super) use segments::waiting_in;
use segments::{Mark, file_name};

const POSITION: &str = "position";
const TEMPORARY: &str = ".position.tmp";
/// Where lines are kept that nobody takes.
pub(super) const DEAD: &str = "dead-letters.ndjson";
/// Largest segment, unless a single line is larger; a small queue has smaller ones.
const SEGMENT: u64 = 8 << 20;

/// A queue in a folder that this run alone uses.
pub(super) struct Disk {
    path: PathBuf,
    /// Held while the run lasts.
    _lock: File,
    segment_bytes: u64,
    /// Segments before the one that is written, each with its length; oldest first.
    sealed: VecDeque<(u64, u64)>,
    writer: BufWriter<File>,
    written: Mark,
    synced: Mark,
    read: Mark,
    /// The segment that is read.
    reader: Option<(u64, File)>,
    lines: u64,
    bytes: u64,
    /// Why nothing can be added any more.
    broken: Option<String>,
}

impl Disk {
    /// Takes the folder, which is made when it is not there. `report` takes what is to be told
    /// about what it holds.
    pub(super) fn open(path: &Path, most: u64, report: &dyn Fn(&str)) -> Result<Self, Error> {
        let failed = |source| Error::Output {
            name: path.display().to_string(),
            source,
        };
        create(path).map_err(failed)?;
        let lock = lock(path, failed)?;
        let found = segments::open(path, report).map_err(failed)?;
        let start = Mark {
            segment: found.next,
            offset: 0,
        };
        let writer = start_segment(path, start.segment).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            segment_bytes: SEGMENT.min(most / 4),
            read: match found.sealed.front() {
                Some((segment, _)) if *segment == found.read.segment => found.read,
                Some((segment, _)) => Mark {
                    segment: *segment,
                    offset: 0,
                },
                None => start,
            },
            sealed: found.sealed,
            writer,
            written: start,
            synced: start,
            reader: None,
            lines: found.lines,
            bytes: found.bytes,
            broken: None,
        })
    }

    /// Takes the queue for these components; one that holds alerts of others is refused unless
    /// that is accepted.
    pub(super) fn claim(&self, components: &[String], accepted: bool) -> Result<(), Error> {
        owner::claim(&self.path, components, accepted)
    }

    fn add(&mut self, line: &str) -> io::Result<()> {
        if self.written.offset >= self.segment_bytes && self.written.offset > 0 {
            self.make_durable()?;
            let next = self.written.segment + 1;
            self.writer = start_segment(&self.path, next)?;
            let Mark { segment, offset } = self.written;
            self.sealed.push_back((segment, offset));
            self.written = Mark {
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

    /// After a failure nobody knows how much of a record was written: nothing may follow it.
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

    /// Where the segment that is read ends, as far as it may be read.
    fn end(&self) -> u64 {
        match self.sealed.front() {
            Some((segment, length)) if *segment == self.read.segment => *length,
            _ if self.read.segment == self.synced.segment => self.synced.offset,
            _ => 0,
        }
    }

    /// Goes on to the next segment where one was read to its end, and removes that.
    fn pass_on(&mut self) -> io::Result<()> {
        let mut old = Vec::new();
        while let Some((segment, length)) = self.sealed.front().copied() {
            if self.read.segment == segment && self.read.offset < length {
                break;
            }
            old.push(segment);
            self.sealed.pop_front();
            let next = self.sealed.front().map(|(segment, _)| *segment);
            self.read = Mark {
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

    /// A position that is lost or old has alerts delivered again, and loses none.
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
        self.unless_broken(|disk| disk.add(line))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.unless_broken(Self::make_durable)
    }

    fn first(&mut self, count: usize, bytes: usize) -> io::Result<Vec<String>> {
        if self.read.offset >= self.end() && !self.sealed.is_empty() {
            self.pass_on()?;
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
        self.pass_on()
    }

    fn waiting(&self) -> (u64, u64) {
        (self.lines, self.bytes)
    }

    fn bury(&mut self, lines: &[String], why: &str) -> io::Result<bool> {
        let path = self.path.join(DEAD);
        let mut file = private().append(true).create(true).open(path)?;
        let mut text = String::new();
        for line in lines {
            // An alert is JSON, and stays the same to the byte.
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
