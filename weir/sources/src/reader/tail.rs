//! Uncompressed file that may grow while it is read.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::frame::PRINTED;
use crate::input;
use weir_common::positioned::read_at;

/// Handle on a [`Tail`] that its follower keeps.
#[derive(Debug, Clone)]
pub(super) struct Watch(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    file: File,
    /// The end is an end: nothing more will come.
    closing: Cell<bool>,
    /// Bytes of the file that were read, from its start.
    read: Cell<u64>,
    /// The last of them.
    last: RefCell<Vec<u8>>,
    /// Others were found in their place.
    rewritten: Cell<bool>,
}

impl Watch {
    pub(super) fn close(&self) {
        self.0.closing.set(true);
    }

    pub(super) fn read(&self) -> u64 {
        self.0.read.get()
    }

    /// Whether other bytes are now where it was read.
    pub(super) fn is_rewritten(&self) -> bool {
        let last = self.0.last.borrow();
        let from = self.read().saturating_sub(last.len() as u64);
        let mut now = vec![0; last.len()];
        let changed = read_at(&self.0.file, &mut now, from).is_ok() && now != *last;
        self.0.rewritten.set(self.0.rewritten.get() || changed);
        self.0.rewritten.get()
    }
}

/// Reads what is there; at the end, and where what was read is no longer there,
/// [`io::ErrorKind::WouldBlock`].
pub(super) struct Tail(Watch);

impl Tail {
    /// Starts at a byte of the file's text, behind a byte order mark.
    pub(super) fn open(mut file: File, offset: u64) -> io::Result<(Self, Watch)> {
        file.rewind()?;
        let start = input::mark_length(&input::head(&mut file)?) + offset;
        let before = start.saturating_sub(PRINTED as u64);
        file.seek(SeekFrom::Start(before))?;
        let mut last = Vec::new();
        (&mut file).take(start - before).read_to_end(&mut last)?;
        file.seek(SeekFrom::Start(start))?;
        let watch = Watch(Rc::new(Shared {
            file,
            closing: Cell::default(),
            read: Cell::new(start),
            last: RefCell::new(last),
            rewritten: Cell::default(),
        }));
        Ok((Self(watch.clone()), watch))
    }
}

impl Read for Tail {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let shared = &self.0.0;
        if shared.rewritten.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = (&shared.file).read(room)?;
        if count == 0 && !room.is_empty() && !shared.closing.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        // The text before was written before this, and is unchanged: these bytes belong to it.
        if count > 0 && self.0.is_rewritten() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let text = room.get(..count).unwrap_or_default();
        let mut last = shared.last.borrow_mut();
        last.extend_from_slice(
            text.get(count.saturating_sub(PRINTED)..)
                .unwrap_or_default(),
        );
        let surplus = last.len().saturating_sub(PRINTED);
        last.drain(..surplus);
        shared.read.set(shared.read.get() + count as u64);
        Ok(count)
    }
}
