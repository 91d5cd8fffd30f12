//! Partition of the events, with its partial detector since the last flush.

use std::io::Cursor;
use std::time::Instant;

use super::record::Mark;
use weir_host::contract::GroupState;
use weir_host::error::Error;
use weir_host::{BatchResult, DetectorFactory, Documents, Supervisor};
use weir_sources::frame::{Framer, Piece, Refused, Sizes};

/// Partition of the events that this worker reads.
pub(super) struct EventPartition {
    pub(super) source: i32,
    supervisor: Supervisor,
    /// Documents that the detector has still to see, one a line.
    lines: Vec<u8>,
    /// Offset of the message of each document.
    offsets: Vec<i64>,
    /// Offset behind the last message that was taken.
    pub(super) next: Option<i64>,
    /// Offset that is committed for the group.
    pub(super) committed: Option<i64>,
    /// Whether the detector has seen anything since the last flush.
    changed: bool,
    watermark: Option<i64>,
    /// Whether there is nothing left to read.
    at_end: bool,
    /// Time at which an event was last counted, or the partition was assigned.
    active: Instant,
    /// Events that no rule wanted.
    unwanted: u64,
    /// Offset at which a run is to end.
    pub(super) target: Option<i64>,
    /// Numbers of states: no other worker's begin alike.
    number: u64,
}

/// Result of a batch.
pub(super) struct Pushed {
    pub(super) batch: Documents,
    /// Offset of the message of each line.
    pub(super) offsets: Vec<i64>,
    pub(super) taken: BatchResult,
}

impl EventPartition {
    pub(super) fn new(source: i32, factory: DetectorFactory, number: u64) -> Result<Self, Error> {
        Ok(Self {
            source,
            supervisor: Supervisor::worker(factory)?,
            lines: Vec::new(),
            offsets: Vec::new(),
            next: None,
            committed: None,
            changed: false,
            watermark: None,
            at_end: false,
            active: Instant::now(),
            unwanted: 0,
            target: None,
            number,
        })
    }

    /// Takes a message; returns its documents that are refused before the detector sees them.
    pub(super) fn message(
        &mut self,
        offset: i64,
        payload: Option<&[u8]>,
        sizes: Sizes,
    ) -> Vec<Refused> {
        self.next = Some(offset + 1);
        self.at_end = false;
        let refused =
            |reason: &str, record: &[u8]| vec![Refused::new(1, reason.to_owned(), record)];
        let Some(payload) = payload else {
            return refused("a message without a value (a tombstone)", b"");
        };
        let text = payload.trim_ascii();
        if text.is_empty() {
            return refused("an empty message", payload);
        }
        if memchr::memchr(b'\n', text).is_none() && text.len() <= sizes.record {
            self.line(offset, text);
            return Vec::new();
        }
        // Several lines, or too long for one document.
        let mut all = Vec::new();
        let mut framer = Framer::new(Cursor::new(text), sizes, true);
        loop {
            match framer.next_piece() {
                Ok(Some(Piece::Batch(batch))) => {
                    let lines = batch.bytes.split(|byte| *byte == b'\n');
                    lines
                        .filter(|line| !line.trim_ascii().is_empty())
                        .for_each(|line| self.line(offset, line));
                }
                Ok(Some(Piece::Refused(refused))) => all.extend(refused),
                Ok(None) => return all,
                // It is something else than JSON.
                Err(error) => {
                    all.push(Refused::new(1, error.to_string(), text));
                    return all;
                }
            }
        }
    }

    fn line(&mut self, offset: i64, line: &[u8]) {
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
        self.offsets.push(offset);
    }

    /// There is nothing left to read for now.
    pub(super) fn at_end(&mut self) {
        self.at_end = true;
        // Control records of the brokers are never seen, and may be the last.
        if let Some(target) = self.target {
            self.next = self.next.max(Some(target));
        }
    }

    /// Bytes of documents that the detector has still to see.
    pub(super) fn waiting(&self) -> usize {
        self.lines.len()
    }

    /// Tells the detector the time.
    pub(super) fn clock(&mut self, now: i64) -> Result<(), Error> {
        self.supervisor.advance(None, Some(now))
    }

    /// Lets the detector see what waits.
    pub(super) fn push(&mut self) -> Result<Option<Pushed>, Error> {
        if self.lines.is_empty() {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.lines);
        self.changed = true;
        let batch = Documents::from(bytes);
        let taken = self.supervisor.push(&batch)?;
        let counts = taken.counts;
        if counts.counted > 0 || counts.other_data_set > 0 && self.has_unwanted()? {
            self.active = Instant::now();
        }
        Ok(Some(Pushed {
            batch,
            offsets: std::mem::take(&mut self.offsets),
            taken,
        }))
    }

    /// Whether there were events that no rule wanted since the last time: they tell the time, too.
    fn has_unwanted(&mut self) -> Result<bool, Error> {
        let unwanted = self.supervisor.counters()?.sum(|rule| rule.unwanted);
        Ok(std::mem::replace(&mut self.unwanted, unwanted) != unwanted)
    }

    /// Takes out what its events amount to, group by group.
    pub(super) fn take(&mut self) -> Result<Vec<(u64, GroupState)>, Error> {
        if !std::mem::take(&mut self.changed) {
            return Ok(Vec::new());
        }
        self.watermark = self.watermark.max(self.supervisor.counters()?.watermark);
        let states = self.supervisor.take_groups()?.into_iter();
        let states = states.map(|state| {
            self.number = self.number.wrapping_add(1);
            (self.number, state)
        });
        Ok(states.collect())
    }

    /// Mark of how far it has been read.
    pub(super) fn mark(&self) -> Mark {
        let quiet = self.active.elapsed().as_millis();
        Mark {
            source: self.source,
            watermark: self.watermark,
            quiet_ms: self
                .at_end
                .then(|| u64::try_from(quiet).unwrap_or(u64::MAX)),
            ended: self.ended(),
        }
    }

    /// Whether it was read to where a run is to end.
    pub(super) fn ended(&self) -> bool {
        let next = self.next.max(self.committed).unwrap_or(0);
        self.target.is_some_and(|target| next >= target)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.supervisor.memory_bytes()
    }

    /// Number of restarts of the component.
    pub(super) fn restarts(&self) -> u64 {
        self.supervisor.restarts()
    }
}
