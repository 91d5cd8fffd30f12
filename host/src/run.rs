//! The whole path: sources in, alerts out.

use std::time::Instant;

use crate::contract::{Alert, Counters, Outcome, Phase, RefusalKind, Rule};
use crate::detector::Detector;
use crate::error::Error;
use crate::escape::escape;
use crate::frame::{Batch, Framer, Piece, Refused, Sizes};
use crate::input::Source;
use crate::output::Sink;
use crate::rejects::{Reject, Rejects};
use crate::sandbox::Limits;
use crate::summary::Summary;

/// Messages about malformed documents that are shown for one source.
const SHOWN: u64 = 10;

/// Drives one detector over any number of sources.
pub struct Run<'a> {
    detector: Detector,
    sizes: Sizes,
    sink: Sink,
    rejects: Option<Rejects>,
    /// Takes each message for people, without the line's end.
    report: &'a mut dyn FnMut(&str),
    totals: Totals,
    started: Instant,
}

/// What has gone through so far.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Totals {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// What the detector answered to all batches together.
    pub counted: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Left out by an exception.
    pub excluded: u64,
    /// Of another data set.
    pub other_data_set: u64,
    /// Malformed, those refused here included.
    pub malformed: u64,
    /// Later than the allowed lateness.
    pub dropped_late: u64,
    /// Too far in the future.
    pub refused_future: u64,
    /// Refused here, before the detector saw them.
    pub refused_here: u64,
    /// Sources that could not be read whole.
    pub bad_sources: u64,
    /// Alert revisions taken, retractions left out.
    pub alerts: u64,
}

/// What a finished run was.
#[derive(Debug)]
#[non_exhaustive]
pub struct End {
    /// The run in figures.
    pub summary: Summary,
    /// Alerts written.
    pub written: u64,
    /// What went through.
    pub totals: Totals,
}

impl Totals {
    /// Documents read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.counted
            + self.duplicate
            + self.excluded
            + self.other_data_set
            + self.malformed
            + self.dropped_late
            + self.refused_future
    }

    fn add(&mut self, outcome: &Outcome) {
        self.counted += outcome.counted;
        self.duplicate += outcome.duplicate;
        self.excluded += outcome.excluded;
        self.other_data_set += outcome.other_data_set;
        self.malformed += outcome.malformed;
        self.dropped_late += outcome.dropped_late;
        self.refused_future += outcome.refused_future;
    }
}

/// Messages of one source, of which only the first are shown.
struct Messages<'a> {
    file: &'a str,
    count: u64,
}

impl<'a> Run<'a> {
    /// Starts a run. `report` takes messages for people, one line each.
    pub fn new(
        detector: Detector,
        limits: &Limits,
        sink: Sink,
        rejects: Option<Rejects>,
        report: &'a mut dyn FnMut(&str),
    ) -> Self {
        Self {
            detector,
            sizes: Sizes {
                batch: limits.batch_bytes(),
                record: limits.record_bytes(),
            },
            sink,
            rejects,
            report,
            totals: Totals::default(),
            started: Instant::now(),
        }
    }

    /// Reports an error of a source; the run goes on with the next.
    pub fn bad_source(&mut self, error: &Error) {
        self.totals.bad_sources += 1;
        (self.report)(&escape(&error.to_string()));
    }

    /// Reads one source to its end. What is wrong with the source is reported.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::Output`]: the run cannot go on.
    pub fn source(&mut self, source: &Source) -> Result<(), Error> {
        let bytes = match source.open() {
            Ok(bytes) => bytes,
            Err(error) => {
                self.bad_source(&error);
                return Ok(());
            }
        };
        let name = source.name();
        let mut messages = Messages {
            file: &name,
            count: 0,
        };
        let mut framer = Framer::new(bytes, self.sizes, !source.is_live());
        let failure = loop {
            match framer.next_piece() {
                Ok(None) => break None,
                Ok(Some(Piece::Batch(batch))) => self.batch(&batch, &mut messages)?,
                Ok(Some(Piece::Refused(refused))) => self.refused(&refused, &mut messages)?,
                Err(error) => break Some(error),
            }
        };
        self.totals.bytes += framer.bytes();
        if messages.count > SHOWN {
            let more = messages.count - SHOWN;
            (self.report)(&format!(
                "{}: and {more} more malformed",
                escape(messages.file)
            ));
        }
        if let Some(error) = failure {
            let line = framer.line();
            let message = format!("at line {line}: {}", crate::input::explain(&error));
            self.bad_source(&Error::input(name, message));
        }
        Ok(())
    }

    fn batch(&mut self, batch: &Batch<'_>, messages: &mut Messages<'_>) -> Result<(), Error> {
        let outcome = self.detector.push(batch.bytes).inspect_err(|_| {
            let first = batch.line(0);
            (self.report)(&format!(
                "{}:{first}: the component failed on the batch that starts here",
                escape(messages.file)
            ));
        })?;
        self.totals.add(&outcome);
        for refusal in &outcome.refused {
            // The offsets are the component's word and may be anything.
            let from = refusal.offset as usize;
            let to = from.saturating_add(refusal.length as usize);
            let reject = Reject {
                file: messages.file,
                line: batch.line(refusal.line),
                kind: refusal.kind,
                reason: &refusal.reason,
                record: batch.bytes.get(from..to).unwrap_or_default(),
                cut: false,
            };
            self.reject(&reject, &mut messages.count)?;
        }
        self.take_alerts()?;
        self.sink.flush()
    }

    fn refused(&mut self, refused: &Refused, messages: &mut Messages<'_>) -> Result<(), Error> {
        self.totals.malformed += 1;
        self.totals.refused_here += 1;
        let reject = Reject {
            file: messages.file,
            line: refused.line,
            kind: RefusalKind::Malformed,
            reason: &refused.reason,
            record: &refused.record,
            cut: refused.cut,
        };
        self.reject(&reject, &mut messages.count)
    }

    fn reject(&mut self, reject: &Reject<'_>, count: &mut u64) -> Result<(), Error> {
        if reject.kind == RefusalKind::Malformed {
            *count += 1;
            if *count <= SHOWN {
                (self.report)(&format!(
                    "{}:{}: malformed: {}",
                    escape(reject.file),
                    reject.line,
                    escape(reject.reason)
                ));
            }
        }
        match &mut self.rejects {
            Some(rejects) => rejects.write(reject),
            None => Ok(()),
        }
    }

    fn take_alerts(&mut self) -> Result<(), Error> {
        loop {
            let alerts: Vec<Alert> = self.detector.take_alerts()?;
            if alerts.is_empty() {
                return Ok(());
            }
            for alert in alerts {
                if alert.phase != Phase::Retracted {
                    self.totals.alerts += 1;
                }
                self.sink.alert(alert)?;
            }
        }
    }

    /// Closes every window and writes what is left.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::Output`].
    pub fn finish(&mut self, rule: &Rule) -> Result<End, Error> {
        self.detector.flush()?;
        self.take_alerts()?;
        let counters: Counters = self.detector.counters()?;
        let written = self.close()?;
        for table in &rule.tables {
            let missed = counters
                .tables_missed
                .iter()
                .find(|(name, _)| *name == table.name);
            if let Some((_, times)) = missed {
                (self.report)(&escape(&format!(
                    "table `{}` is not loaded ({times} look-ups wanted it): {}",
                    table.name, table.when_absent
                )));
            }
        }
        let summary = Summary {
            totals: self.totals.clone(),
            counters,
            elapsed: self.started.elapsed(),
            guest_memory: self.detector.memory_bytes() as u64,
        };
        Ok(End {
            summary,
            written,
            totals: self.totals.clone(),
        })
    }

    /// Writes the alerts that were taken before the component failed.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn close(&mut self) -> Result<u64, Error> {
        if let Some(rejects) = &mut self.rejects {
            rejects.flush()?;
        }
        self.sink.finish()
    }
}
