//! The end of a run: windows closed, files written, the summary made.

use super::{Run, unclosed};
use crate::summary::{RuleName, Summary};
use weir_common::message::Message;
use weir_common::numbers::{agree, counted};
use weir_host::Error;
use weir_host::contract::{Counters, Rule};
use weir_sinks::rejects::Rejects;

impl Run<'_> {
    /// Closes every window and writes what is left. When the run was stopped and
    /// makes checkpoints, the windows stay open.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::Output`].
    pub fn finish(&mut self) -> Result<Summary, Error> {
        self.drain()?;
        for message in self.source_table.all_more() {
            message.emit();
        }
        let rules = self.engine.rules();
        let mut pauses = self.stopped && self.checkpointer.is_some();
        if !pauses {
            self.flush(&rules)?;
        }
        if self.engine.left() {
            self.left()?;
            pauses = true;
        }
        let counters: Counters = self.engine.counters()?;
        let checkpointed = self.save_last()?;
        let written = if pauses { self.pause()? } else { self.close()? };
        for text in counters.missed(&rules, "is") {
            Message::warn("table-missing", text).emit();
        }
        self.tell_hidden();
        Ok(Summary {
            rules: rules.iter().map(RuleName::of).collect(),
            totals: self.totals.corrected(&counters),
            before: self.before.clone(),
            resumed: self.resumed,
            counters,
            elapsed: self.started.elapsed(),
            guest_memory: self.engine.memory_bytes(),
            restarts: self.engine.restarts(),
            lost_state: self.engine.lost_state(),
            written,
            checkpointed,
            reasons: self.reasons.all(),
            passed_over: self.progress.passed_over(),
            seen: self.seen.clone(),
        })
    }

    /// Closes every window, and reports those that stay open.
    fn flush(&mut self, rules: &[Rule]) -> Result<(), Error> {
        let before = self.engine.counters()?;
        self.engine.flush()?;
        self.closed = true;
        self.take_alerts()?;
        let replay = self.live.is_none() && self.resumed.is_none();
        let after = self.engine.counters()?;
        if let Some(text) = unclosed(rules, &before, &after, replay) {
            Message::warn("windows-open", text).emit();
        }
        Ok(())
    }

    /// Reports how many messages were throttled.
    fn tell_hidden(&mut self) {
        for (more, what) in [
            (
                self.failures.hidden() + self.engine.hidden_messages(),
                "failures of the component",
            ),
            (
                self.slow.hidden(),
                "batches that took more than half their time",
            ),
        ] {
            if more > 0 {
                let text = format!("and {more} more {what}");
                Message::warn("messages-hidden", text).emit();
            }
        }
    }

    /// Says that the run ends before the detector has handed everything out.
    fn left(&mut self) -> Result<(), Error> {
        let alerts = self.totals.alerts;
        let taken = format!(
            "{} {} taken",
            counted(alerts, "alert"),
            agree(alerts, "was", "were")
        );
        let text = "the run was told to end while the detector had more to hand out";
        if self.checkpointer.is_none() {
            return Err(Error::Broken(format!(
                "{text}: {taken}, more were not; with --checkpoint the next start goes on with them"
            )));
        }
        let text = format!("{text}: {taken}, and the next start goes on with the others");
        Message::info("alerts-left", text).emit();
        Ok(())
    }

    /// Writes all that there is, each file whatever becomes of the others. The answer is the number
    /// of alerts written in all.
    ///
    /// # Errors
    ///
    /// The first [`Error::Output`]; a closed standard output counts only when there is no other.
    pub fn close(&mut self) -> Result<u64, Error> {
        let paused = self.pause();
        let ledger = self.ledger.as_mut().map(|ledger| ledger.finish());
        let written = self.sink.finish();
        let errors = [paused.err(), ledger.and_then(Result::err)];
        ended(errors.into_iter().flatten(), written)
    }

    /// Writes what was found before the run broke off with an error. Beside the error to report is
    /// whether the ledger lacks windows of what was read.
    pub fn rescue(&mut self, error: Error) -> (Error, bool) {
        // The component is sound, and what it has is not to be lost with the output.
        let entered = matches!(error, Error::Output { .. }) && self.take_verdicts().is_ok();
        let lacks = self.ledger.is_some() && !(self.closed && entered);
        let error = match self.close() {
            Err(other) if error.is_broken_pipe() => other,
            Err(other) if !other.is_broken_pipe() && other.to_string() != error.to_string() => {
                Message::error("output-failed", other).emit();
                error
            }
            _ => error,
        };
        (error, lacks)
    }

    /// Writes all that does not wait for the end of the input.
    fn pause(&mut self) -> Result<u64, Error> {
        let rejects = self.rejects.as_mut().map(Rejects::flush);
        let ledger = self.ledger.as_mut().map(|ledger| ledger.flush());
        let held = self
            .checkpointer
            .as_mut()
            .map(|checkpointer| checkpointer.held.take());
        let released = held.map(|held| self.sink.release(held));
        let written = self.sink.pause();
        let errors = [rejects, ledger, released].map(|done| done.and_then(Result::err));
        ended(errors.into_iter().flatten(), written)
    }
}

/// The gravest of some errors, the first where they are alike; else what was written.
fn ended(errors: impl Iterator<Item = Error>, written: Result<u64, Error>) -> Result<u64, Error> {
    let (written, last) = match written {
        Ok(written) => (written, None),
        Err(error) => (0, Some(error)),
    };
    // False comes before true.
    match errors.chain(last).min_by_key(Error::is_broken_pipe) {
        Some(error) => Err(error),
        None => Ok(written),
    }
}
