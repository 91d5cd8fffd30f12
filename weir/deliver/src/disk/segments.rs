//! Recovery of a queue's segments when a run begins.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use weir_common::message::Message;

use super::record::{self, Record};
use super::{POSITION, TEMPORARY};
use weir_common::exclusive::private;

/// Position in the queue: a segment and a byte in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} {}", self.segment, self.offset)
    }
}

impl Position {
    fn read(text: &str) -> Option<Self> {
        let (segment, offset) = text.strip_suffix('\n')?.split_once(' ')?;
        Some(Self {
            segment: segment.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    }
}

/// Contents of a queue that was opened.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Position of the next record to deliver.
    pub(super) read: Position,
    /// Segments with undelivered records, each with its length in bytes; oldest first.
    pub(super) closed: VecDeque<(u64, u64)>,
    /// Undelivered lines.
    pub(super) lines: u64,
    /// Bytes of the undelivered lines.
    pub(super) bytes: u64,
    /// Number of the next segment to write.
    pub(super) next: u64,
}

/// Scans all segments, removes delivered ones, and cuts off records that are not whole.
pub(super) fn open(folder: &Path) -> io::Result<Contents> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name == TEMPORARY {
            fs::remove_file(folder.join(TEMPORARY))?;
        }
        numbers.extend(number(&name));
    }
    numbers.sort_unstable();
    let read = read_position(folder)?.unwrap_or_else(|path| {
        let text = format!(
            "{}: is damaged; what is in the queue is delivered from its start, some of it again",
            path.display()
        );
        Message::warn("queue-position-lost", text).emit();
        Position::default()
    });
    let newest = numbers.last().copied().unwrap_or_default();
    let mut contents = Contents {
        read,
        next: newest.max(read.segment) + 1,
        ..Contents::default()
    };
    for number in numbers {
        let from = match number {
            number if number < read.segment => u64::MAX,
            number if number == read.segment => read.offset,
            _ => 0,
        };
        let path = folder.join(file_name(number));
        let length = match from {
            u64::MAX => 0,
            from => scan(&path, from, number == newest, &mut contents)?,
        };
        if length <= from {
            fs::remove_file(&path)?;
        } else {
            contents.closed.push_back((number, length));
        }
    }
    Ok(contents)
}

/// Number of lines that wait in a folder, which is left as it is.
pub(crate) fn waiting_in(folder: &Path) -> io::Result<u64> {
    let read = read_position(folder)?.unwrap_or_default();
    let mut lines = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(number) = number(&entry.file_name().to_string_lossy()) else {
            continue;
        };
        let from = match number {
            number if number < read.segment => continue,
            number if number == read.segment => read.offset,
            _ => 0,
        };
        let mut reader = BufReader::new(File::open(entry.path())?);
        reader.seek(SeekFrom::Start(from))?;
        while let Record::Line(_) = record::next(&mut reader)? {
            lines += 1;
        }
    }
    Ok(lines)
}

/// Reads the position; the inner error is the path of a damaged one.
fn read_position(folder: &Path) -> io::Result<Result<Position, PathBuf>> {
    let path = folder.join(POSITION);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Ok(Position::default()));
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        text => text?,
    };
    Ok(Position::read(&text).ok_or(path))
}

/// Counts the records of a segment from a byte on; returns the length of its whole records in
/// bytes.
fn scan(path: &Path, from: u64, newest: bool, contents: &mut Contents) -> io::Result<u64> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(&file);
    reader.seek(SeekFrom::Start(from))?;
    let mut length = from.min(size);
    let torn = loop {
        match record::next(&mut reader)? {
            Record::Line(line) => {
                length += record::length(&line);
                contents.lines += 1;
                contents.bytes += line.len() as u64;
            }
            Record::End => return Ok(length),
            Record::Torn => break newest,
            Record::Damaged => break false,
        }
    };
    let (name, cut) = (path.display(), size - length);
    if torn {
        let text = format!("{name}: the last {cut} bytes were not written whole, and are cut off");
        Message::warn("queue-torn", text).emit();
    } else {
        let aside = path.with_extension("damaged");
        keep_aside(&file, length, &aside)?;
        let text = format!(
            "{name}: is damaged at byte {length}; the {cut} bytes from there on are not \
             delivered, and kept in {}",
            aside.display()
        );
        Message::warn("queue-damaged", text).emit();
    }
    file.set_len(length)?;
    file.sync_all()?;
    Ok(length)
}

fn keep_aside(mut file: &File, from: u64, aside: &Path) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    let mut copy = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(aside)?;
    io::copy(&mut file, &mut copy)?;
    copy.sync_all()
}

/// File name of a segment.
pub(super) fn file_name(number: u64) -> String {
    format!("segment-{number:020}.weir")
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("segment-")?.strip_suffix(".weir")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}
