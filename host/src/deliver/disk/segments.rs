//! What a queue's folder holds when a run begins.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::Path;

use super::record::{self, Found};
use super::{POSITION, TEMPORARY};
use crate::exclusive::private;

/// A byte of a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} {}", self.segment, self.offset)
    }
}

impl Mark {
    fn read(text: &str) -> Option<Self> {
        let (segment, offset) = text.strip_suffix('\n')?.split_once(' ')?;
        Some(Self {
            segment: segment.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Where it is read on.
    pub(super) read: Mark,
    /// Segments that hold something, each with its length; oldest first.
    pub(super) sealed: VecDeque<(u64, u64)>,
    /// Lines from there on, and their bytes.
    pub(super) lines: u64,
    pub(super) bytes: u64,
    /// The number of the next segment.
    pub(super) next: u64,
}

/// Looks at all segments, removes those that were delivered, and cuts off what is not whole.
pub(super) fn open(folder: &Path, report: &dyn Fn(&str)) -> io::Result<Held> {
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
    let read = position(folder, report)?;
    let newest = numbers.last().copied().unwrap_or_default();
    let mut held = Held {
        read,
        next: newest.max(read.segment) + 1,
        ..Held::default()
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
            from => look(&path, from, number == newest, &mut held, report)?,
        };
        if length <= from {
            fs::remove_file(&path)?;
        } else {
            held.sealed.push_back((number, length));
        }
    }
    Ok(held)
}

/// How many lines wait in a folder, which is left as it is.
pub(in crate::deliver) fn waiting_in(folder: &Path) -> io::Result<u64> {
    let read = position(folder, &|_| {})?;
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
        while let Found::Line(_) = record::next(&mut reader)? {
            lines += 1;
        }
    }
    Ok(lines)
}

fn position(folder: &Path, report: &dyn Fn(&str)) -> io::Result<Mark> {
    let path = folder.join(POSITION);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Mark::default()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        text => text?,
    };
    Ok(Mark::read(&text).unwrap_or_else(|| {
        report(&format!(
            "{}: is damaged; what is in the queue is delivered from its start, some of it again",
            path.display()
        ));
        Mark::default()
    }))
}

/// Counts what a segment holds from a byte on; the answer is its length, without what is not
/// whole.
fn look(
    path: &Path,
    from: u64,
    newest: bool,
    held: &mut Held,
    report: &dyn Fn(&str),
) -> io::Result<u64> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(&file);
    reader.seek(SeekFrom::Start(from))?;
    let mut length = from.min(size);
    let torn = loop {
        match record::next(&mut reader)? {
            Found::Line(line) => {
                length += record::length(&line);
                held.lines += 1;
                held.bytes += line.len() as u64;
            }
            Found::End => return Ok(length),
            Found::Torn => break newest,
            Found::Damaged => break false,
        }
    };
    let (name, cut) = (path.display(), size - length);
    if torn {
        report(&format!(
            "{name}: the last {cut} bytes were not written whole, and are cut off"
        ));
    } else {
        let aside = path.with_extension("damaged");
        keep_aside(&file, length, &aside)?;
        report(&format!(
            "{name}: is damaged at byte {length}; the {cut} bytes from there on are not \
             delivered, and kept in {}",
            aside.display()
        ));
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

/// The name of a segment's file.
pub(super) fn file_name(number: u64) -> String {
    format!("segment-{number:020}.weir")
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("segment-")?.strip_suffix(".weir")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}
