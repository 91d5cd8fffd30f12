//! Parts of the input, taken in their order.

use std::sync::Arc;

use super::Run;
use crate::engine::{Failed, Finished};
use weir_common::message::Message;
use weir_host::{BatchResult, Error};
use weir_sources::reader::{Batch, Part};

impl Run<'_> {
    /// Takes a part, behind the batches that came before it.
    pub(super) fn part(&mut self, part: Part) -> Result<(), Error> {
        if self.waiting.is_empty() || matches!(part, Part::Batch(_)) {
            return self.take_part(part);
        }
        self.waiting.push_back(Some(part));
        Ok(())
    }

    fn take_part(&mut self, part: Part) -> Result<(), Error> {
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.changed |=
                !matches!(part, Part::Note(..) | Part::Bad(_) | Part::Unchanged);
        }
        match part {
            Part::Opened {
                source,
                name,
                identity,
                position,
            } => {
                self.totals.sources += 1;
                self.source_table.open(source, name, identity, position);
            }
            Part::Identified { source, identity } => self.source_table.identify(source, identity),
            Part::Forget { source } => self.source_table.forget(source),
            Part::Batch(batch) => {
                self.tell_time()?;
                self.batch(batch)?;
            }
            Part::Refused {
                source,
                refused,
                position,
            } => {
                self.totals.bytes += self.source_table.reach(source, position);
                for one in refused {
                    self.refused(source, &one)?;
                }
            }
            Part::Ended {
                source,
                position,
                size,
            } => {
                self.totals.bytes += self.source_table.reach(source, position);
                self.source_table.finish(source, size);
                self.more(source);
                if let Some(what) = self.source_table.accepted(source).foreign {
                    self.bad_source(&weir_common::Error::input(
                        self.source_table.name(source),
                        what,
                    ));
                }
            }
            Part::Failed {
                source,
                position,
                error,
                ..
            } => {
                self.totals.bytes += self.source_table.reach(source, position);
                self.more(source);
                self.bad_source(&error);
            }
            Part::Bad(error) => self.bad_source(&error),
            Part::Receipt { source, receipt } => {
                let accepted = self.source_table.accepted(source);
                self.source_table.forget(source);
                match &mut self.checkpointer {
                    Some(checkpointer) if self.durable => {
                        checkpointer.receipts.push((receipt, accepted))
                    }
                    _ => receipt.settle(accepted),
                }
            }
            Part::Note(message) => message.emit(),
            Part::Unchanged => self.totals.unchanged_sources += 1,
            // The feed keeps these to itself.
            Part::End | Part::Broken => {}
        }
        Ok(())
    }

    fn more(&mut self, source: usize) {
        if let Some(message) = self.source_table.more(source) {
            self.complain(message);
        }
    }

    fn batch(&mut self, batch: Arc<Batch>) -> Result<(), Error> {
        self.waiting.push_back(None);
        let finished = self.engine.push(batch);
        self.finished(finished)
    }

    /// Waits until nothing is on its way any more.
    pub(super) fn drain(&mut self) -> Result<(), Error> {
        let finished = self.engine.drain();
        self.finished(finished)
    }

    /// Takes in what became of batches, each with what waited behind it.
    fn finished(&mut self, finished: Result<Vec<Finished>, Failed>) -> Result<(), Error> {
        match finished {
            Ok(finished) => self.answered(finished),
            Err(mut failed) => {
                self.answered(std::mem::take(&mut failed.finished))?;
                Err(self.failed(failed))
            }
        }
    }

    fn answered(&mut self, finished: Vec<Finished>) -> Result<(), Error> {
        if finished.is_empty() {
            return Ok(());
        }
        for (batch, taken) in finished {
            self.waiting.pop_front();
            self.taken(&batch, &taken)?;
            while let Some(Some(_)) = self.waiting.front() {
                if let Some(Some(part)) = self.waiting.pop_front() {
                    self.take_part(part)?;
                }
            }
        }
        self.take_alerts()?;
        self.sink.flush()
    }

    /// Reports where the component failed, and returns why.
    fn failed(&mut self, failed: Failed) -> Error {
        if let Some(batch) = failed.batch {
            // Its source may have been opened behind batches that will not finish.
            for part in std::mem::take(&mut self.waiting).into_iter().flatten() {
                if let Part::Opened {
                    source,
                    name,
                    identity,
                    position,
                } = part
                {
                    self.source_table.open(source, name, identity, position);
                }
            }
            let first = batch.lines.line(0);
            Message::error(
                "batch-failed",
                "the component failed on the batch that starts here",
            )
            .at(&self.source_table.name(batch.source), first)
            .emit();
        }
        *failed.error
    }

    /// Counts a batch that the detector has processed, and reports what is wrong with it.
    fn taken(&mut self, batch: &Batch, taken: &BatchResult) -> Result<(), Error> {
        let counts = taken.counts;
        self.totals.documents += counts;
        self.see(&batch.bytes);
        let quarantined = taken.quarantined.len() as u64;
        let documents = counts.documents() + quarantined;
        let refused = counts.malformed + quarantined;
        self.source_table.read(batch.source, documents, refused);
        if documents > 0 {
            let all = counts.malformed == documents;
            self.source_table.look(batch.source, &batch.bytes, all);
        }
        let bytes = self.source_table.reach(batch.source, batch.position);
        self.totals.bytes += bytes;
        self.progress.add(documents, bytes);
        if let Some(live) = &mut self.live {
            if counts.counted > 0 {
                live.counted();
            } else if counts.other_data_set > 0 {
                let counters = self.engine.counters()?;
                live.left_out(counters.sum(|rule| rule.unwanted));
            }
        }
        self.tell_slow(batch, taken);
        self.reject_all(batch, taken)
    }

    /// Reports a batch that took much of the time that it may take.
    fn tell_slow(&mut self, batch: &Batch, taken: &BatchResult) {
        if let Some(slow) = &taken.slow {
            let name = self.source_table.name(batch.source);
            let message = Message::warn("batch-slow", slow).at(&name, batch.lines.line(0));
            self.slow.emit(message, "batches");
        }
    }
}
