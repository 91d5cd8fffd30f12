//! Checkpoints of a run, and the alerts that they release.

use std::time::{Duration, Instant, SystemTime};

use super::Run;
use crate::checkpoint::{Checkpoint, CheckpointDir, Extent, Header, Judged};
use weir_common::message::Message;
use weir_common::time::milliseconds;
use weir_host::contract::{Alert, Phase};
use weir_host::error::Error;
use weir_sinks::output::AnswerBuffer;
use weir_sources::reader::{Accepted, Receipt};

/// Senders wait at least this long for a checkpoint, so that one serves many of them.
const RECEIPTS: Duration = Duration::from_millis(20);
/// Alerts wait at least this long for a checkpoint, when the interval is longer.
const ALERTS: Duration = Duration::from_secs(1);
/// A checkpoint is made as soon as so many bytes of alerts wait for it, or a part of what may.
const MANY: u64 = 64 << 20;
/// The part of what may be held at which one is made.
const PART: u64 = 4;
/// Making checkpoints for alerts takes at most one part in this many of the time.
const SHARE: u32 = 5;

/// Checkpoints of a run, and what waits for the next one.
pub(super) struct Checkpointer {
    pub(super) folder: CheckpointDir,
    /// The seed of the detector's hashes, which workers must share.
    seed: (u64, u64),
    pub(super) interval: Duration,
    /// Paths of the files of alerts, of refused documents and of the ledger, as they were given.
    files: [Option<String>; 3],
    /// Alerts that wait for the next checkpoint.
    pub(super) held: AnswerBuffer<Alert>,
    /// Bytes of held alerts at which a checkpoint is made at once.
    many: u64,
    /// Receipts that are settled by the next checkpoint.
    pub(super) receipts: Vec<(Receipt, Accepted)>,
    /// Whether something has changed since the last checkpoint.
    pub(super) changed: bool,
    /// Time of the last checkpoint.
    last: Instant,
    /// Duration of the last checkpoint.
    took: Duration,
    /// Whether the last checkpoint could not be written, and that was reported.
    pub(super) failing: bool,
}

impl Checkpointer {
    pub(super) fn new(
        folder: CheckpointDir,
        seed: (u64, u64),
        interval: Duration,
        files: [Option<String>; 3],
        most_held: u64,
    ) -> Self {
        Self {
            folder,
            seed,
            interval,
            files,
            held: AnswerBuffer::new(most_held),
            many: MANY.min(most_held / PART),
            receipts: Vec::new(),
            changed: false,
            last: Instant::now(),
            took: Duration::ZERO,
            failing: false,
        }
    }

    fn is_due(&self) -> bool {
        let since = self.last.elapsed();
        let early = ALERTS.max(self.took * SHARE).min(self.interval);
        let soon = if self.failing { ALERTS } else { RECEIPTS };
        let soon = soon.max(self.took * SHARE).min(self.interval);
        since >= self.interval && (self.changed || !self.held.is_empty())
            || since >= early && !self.held.is_empty()
            || since >= soon && !self.receipts.is_empty()
    }
}

impl Run<'_> {
    /// Goes on from a checkpoint: what it released is written (again).
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub(super) fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        let header = checkpoint.header;
        self.source_table = super::SourceTable::new(&header.sources);
        self.totals = header.totals;
        let own = Judged::all(&self.engine.rules());
        self.totals.other_rules |= Judged::beside(&header.rules, &own).is_some();
        self.before = self.totals.clone();
        // What is held is written by this run.
        let standing = header.held.iter().filter(|a| a.phase != Phase::Retracted);
        self.before.alerts = self.before.alerts.saturating_sub(standing.count() as u64);
        self.resumed = Some((checkpoint.sequence, header.made));
        let mut held = header.held;
        if self.sink.is_final() {
            for alert in header.finals.unwrap_or_default() {
                self.sink.alert(alert)?;
            }
            for alert in held {
                self.sink.alert(alert)?;
            }
            return Ok(());
        }
        held.extend(header.finals.unwrap_or_default());
        self.sink.release(held)
    }

    /// Makes a checkpoint when many alerts wait for it and the detector is where the sources are.
    pub(super) fn release_many(&mut self) -> Result<(), Error> {
        match &self.checkpointer {
            Some(checkpointer)
                if checkpointer.held.bytes() >= checkpointer.many && self.engine.is_settled() =>
            {
                self.save().map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Makes a checkpoint when one is due.
    pub(super) fn checkpoint_if_due(&mut self) -> Result<(), Error> {
        match &self.checkpointer {
            // In a replay rounds are cut by the input alone, so that revisions are the same
            // at every run, whenever checkpoints are made.
            Some(checkpointer)
                if checkpointer.is_due() && (self.prompt || self.engine.at_round_end()) =>
            {
                self.drain()?;
                self.save().map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Makes a checkpoint and releases the alerts that wait for it. Whether it was
    /// written.
    pub(super) fn save(&mut self) -> Result<bool, Error> {
        let Some(checkpointer) = &mut self.checkpointer else {
            return Ok(true);
        };
        let begun = Instant::now();
        let output = self.sink.settle()?;
        let rejects = match &mut self.rejects {
            Some(rejects) => rejects.settle()?,
            None => None,
        };
        // What no checkpoint holds is cut off again, so its entries need not wait for one.
        let ledger = match &mut self.ledger {
            Some(ledger) => ledger.settle()?,
            None => None,
        };
        let [output_path, rejects_path, ledger_path] = &checkpointer.files;
        let state = self.engine.snapshot()?;
        let header = Header {
            made: milliseconds(SystemTime::now()),
            component: Some(self.engine.component().to_owned()),
            rules: Judged::all(&self.engine.rules()),
            seed: checkpointer.seed,
            totals: self.totals.clone(),
            sources: self.source_table.known(),
            held: checkpointer.held.take(),
            finals: self.sink.finals(),
            output: extent(output_path.as_ref(), output),
            rejects: extent(rejects_path.as_ref(), rejects),
            ledger: extent(ledger_path.as_ref(), ledger),
        };
        let written = checkpointer.folder.write(&header, &state);
        checkpointer.last = Instant::now();
        checkpointer.took = begun.elapsed();
        match &written {
            Ok(()) => {
                checkpointer.changed = false;
                checkpointer.failing = false;
                for (receipt, accepted) in checkpointer.receipts.drain(..) {
                    receipt.settle(accepted);
                }
            }
            Err(error) if !checkpointer.failing => {
                checkpointer.failing = true;
                let folder = checkpointer.folder.path().display().to_string();
                let text = format!(
                    "{folder}: cannot write a checkpoint: {error}; trying again; alerts are \
                     written all the same, and after a crash they may come again in other \
                     revisions"
                );
                Message::warn("checkpoint-failed", text).emit();
            }
            Err(_) => {}
        }
        self.sink.release(header.held)?;
        Ok(written.is_ok())
    }

    /// The last checkpoint of a run. What it releases is not released again at the
    /// next start. Whether it was written.
    pub(super) fn save_last(&mut self) -> Result<bool, Error> {
        let held = self
            .checkpointer
            .as_ref()
            .is_some_and(|checkpointer| !checkpointer.held.is_empty());
        let written = self.save()?;
        if held && written {
            return self.save();
        }
        Ok(written)
    }
}

fn extent(path: Option<&String>, length: Option<u64>) -> Option<Extent> {
    Some(Extent {
        path: path?.clone(),
        length: length?,
    })
}
