//! A plain file that may grow while it is read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::input;

/// The handle that its follower keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    /// The end is an end: nothing more will come.
    closing: Rc<Cell<bool>>,
    /// Bytes of the file that were read, from its start.
    read: Rc<Cell<u64>>,
}

impl Watch {
    pub(super) fn close(&self) {
        self.closing.set(true);
    }

    pub(super) fn read(&self) -> u64 {
        self.read.get()
    }
}

/// Reads what is there; at the end, [`io::ErrorKind::WouldBlock`].
pub(super) struct Tail {
    file: File,
    watch: Watch,
}

impl Tail {
    /// Starts at a byte of the file's text, behind a byte order mark.
    pub(super) fn open(mut file: File, offset: u64) -> io::Result<(Self, Watch)> {
        file.rewind()?;
        let start = input::mark_length(&input::head(&mut file)?) + offset;
        file.seek(SeekFrom::Start(start))?;
        let watch = Watch::default();
        watch.read.set(start);
        let tail = Self {
            file,
            watch: watch.clone(),
        };
        Ok((tail, watch))
    }
}

impl Read for Tail {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(room)?;
        if count == 0 && !room.is_empty() && !self.watch.closing.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.watch.read.set(self.watch.read.get() + count as u64);
        Ok(count)
    }
}
