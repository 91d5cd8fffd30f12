//! The whole path: sources in, alerts out.

mod gauges;
mod keep;
mod progress;
mod reasons;
mod seen;
mod throttle;
mod totals;
mod tracked;
mod unclosed;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::checkpoint::{Checkpoint, Folder};
use crate::contract::{Alert, Counters, Phase};
use crate::engine::{Engine, Failed, Finished};
use crate::error::Error;
use crate::feed::{Batch, Feed, Next, Part};
use crate::frame::Refused;
use crate::guard::Taken;
use crate::ledger::Ledger;
use crate::live::{Clock, Live};
use crate::message::{Level, Message};
use crate::numbers::grouped;
use crate::output::Sink;
use crate::rejects::{Reject, RejectKind, Rejects};
use crate::summary::{RuleName, Summary};
pub use gauges::{Gauges, Reading};
use keep::Keep;
pub(crate) use progress::Counted;
pub use progress::Progress;
pub use reasons::Reason;
use reasons::Reasons;
pub(crate) use throttle::Throttle;
pub use totals::Totals;
use tracked::Tracked;
pub(crate) use unclosed::unclosed;

/// Longest wait for a part before signals and clocks are looked at.
const WAIT: Duration = Duration::from_millis(50);
/// Longest wait for what is still on its way when the run ends.
const LAST: Duration = Duration::from_millis(200);
/// Longest that taking it in takes.
const DRAIN: Duration = Duration::from_secs(10);
/// Longest that a prompt run lets a batch wait for others.
const PROMPT: Duration = Duration::from_millis(200);

/// Drives one detector, or one with workers, over any number of sources.
pub struct Run<'a> {
    engine: Engine,
    /// What waits for batches before it: a part, or none for such a batch.
    waiting: VecDeque<Option<Part>>,
    prompt: bool,
    sink: Sink,
    rejects: Option<Rejects>,
    /// Takes each message for people.
    report: &'a mut dyn FnMut(Message),
    ledger: Option<Box<dyn Ledger + 'a>>,
    stop: Arc<AtomicBool>,
    live: Option<Live>,
    keep: Option<Keep>,
    tracked: Tracked,
    progress: Progress,
    reasons: Reasons,
    /// What the first document looked like.
    seen: Option<String>,
    totals: Totals,
    /// The totals at this start.
    before: Totals,
    /// Number and time of the checkpoint that this run goes on from.
    resumed: Option<(u64, i64)>,
    started: Instant,
    /// Whether it ended because it was told to.
    stopped: bool,
    /// Whether every window is closed.
    closed: bool,
    /// Of the messages about a component that fails.
    failures: Throttle,
    /// Of the messages about what senders send.
    senders: Throttle,
    /// Of the messages about batches that take long.
    slow: Throttle,
    durable: bool,
    gauges: Option<Gauges>,
}

/// What a finished run was.
#[derive(Debug)]
#[non_exhaustive]
pub struct End {
    /// The run in figures.
    pub summary: Summary,
    /// Alerts written since this start.
    pub written: u64,
    /// What went through since the first start.
    pub totals: Totals,
    /// What had gone through before this start.
    pub before: Totals,
    /// Whether the last checkpoint was written, if there was to be one.
    pub kept: bool,
}

impl<'a> Run<'a> {
    /// Starts a run. `report` takes messages for people.
    pub fn new(
        engine: Engine,
        sink: Sink,
        rejects: Option<Rejects>,
        report: &'a mut dyn FnMut(Message),
    ) -> Self {
        Self {
            engine,
            waiting: VecDeque::new(),
            prompt: false,
            sink,
            rejects,
            ledger: None,
            report,
            stop: Arc::default(),
            live: None,
            keep: None,
            tracked: Tracked::default(),
            progress: Progress::default(),
            reasons: Reasons::default(),
            seen: None,
            totals: Totals::default(),
            before: Totals::default(),
            resumed: None,
            started: Instant::now(),
            stopped: false,
            closed: false,
            failures: Throttle::new(),
            senders: Throttle::new(),
            slow: Throttle::new(),
            durable: false,
            gauges: None,
        }
    }

    /// Ends early, as at the end of the input, when `stop` is set. With checkpoints,
    /// windows are left open: the next start goes on with them.
    #[must_use]
    pub fn stop_on(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = stop;
        self
    }

    /// Lets no batch wait for others: for sources that give little at a time. Where
    /// workers' states are merged then depends on when the batches came.
    #[must_use]
    pub fn prompt(mut self, prompt: bool) -> Self {
        self.prompt = prompt;
        self
    }

    /// Tells senders that theirs is safe only when it is in a checkpoint, not as soon as the
    /// detector has it.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Shows how it is going there.
    #[must_use]
    pub fn shown_on(mut self, gauges: Gauges) -> Self {
        self.gauges = Some(gauges);
        self
    }

    /// Enters each closed window there; the detector must be one that keeps verdicts.
    #[must_use]
    pub fn ledger(mut self, ledger: Box<dyn Ledger + 'a>) -> Self {
        self.engine.keeps_ledger();
        self.ledger = Some(ledger);
        self
    }

    /// Tells the detector the time. After silence of `idle` the watermark goes on
    /// by the clock; none for never.
    #[must_use]
    pub fn live(mut self, clock: Box<dyn Clock>, idle: Option<Duration>) -> Self {
        self.live = Some(Live::new(clock, idle));
        self
    }

    /// Makes checkpoints, and releases alerts only when they are in one. `files`
    /// are the paths of the files of alerts, of refused documents and of the ledger, as far as
    /// there are any; `seed` is the one that the detector was opened with. Goes on from `checkpoint`, whose state the detector must have
    /// taken already.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when the alerts that it released cannot be written.
    pub fn checkpoints(
        mut self,
        folder: Folder,
        seed: (u64, u64),
        interval: Duration,
        files: [Option<String>; 3],
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, Error> {
        let most_held = self.engine.limits().held_bytes();
        self.keep = Some(Keep::new(folder, seed, interval, files, most_held));
        self.engine.may_leave();
        if let Some(checkpoint) = checkpoint {
            self.resume(checkpoint)?;
        }
        Ok(self)
    }

    /// Reports an error of a source; the run goes on with the next.
    pub fn bad_source(&mut self, error: &Error) {
        self.totals.bad_sources += 1;
        // What senders do wrong is theirs, and ends nothing here.
        let level = match self.gauges {
            Some(_) => Level::Warn,
            None => Level::Error,
        };
        let message = Message::new(level, &error.to_string());
        self.complain(match error {
            Error::Input { name, .. } => message.about(name),
            _ => message,
        });
    }

    /// Tells people what is wrong with a source. Where each request is one of its own, there
    /// may be too many to tell of all.
    fn complain(&mut self, message: Message) {
        let gauges = self.gauges.as_ref();
        if let Some(more) = gauges.map_or(Some(0), |_| self.senders.pass()) {
            (self.report)(message.and(more, "more like it"));
        }
    }

    /// Takes all that the feed gives, to its end or until the run is stopped. What
    /// is wrong with a source is reported.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`], [`Error::Output`] and [`Error::Broken`]: the run cannot
    /// go on.
    pub fn take(&mut self, mut feed: Feed) -> Result<(), Error> {
        self.progress = feed.progress();
        if self.resumed.is_some() {
            // What the last run left with the detector.
            self.take_alerts()?;
            self.sink.flush()?;
        }
        while !self.stop.load(Ordering::Relaxed) {
            match feed.next(WAIT)? {
                Next::End => return Ok(()),
                Next::Part(part) => self.part(part)?,
                Next::Nothing => {
                    if self.prompt {
                        self.drain()?;
                    }
                    self.tell_time()?;
                }
            }
            if self.prompt && self.engine.waits().is_some_and(|waits| waits > PROMPT) {
                self.drain()?;
            }
            self.keep_up()?;
            self.show()?;
        }
        self.stopped = true;
        // What was let in already has been read, perhaps from where it cannot be read again.
        feed.close();
        let until = Instant::now() + DRAIN;
        while Instant::now() < until
            && let Next::Part(part) = feed.next(LAST)?
        {
            self.part(part)?;
        }
        Ok(())
    }

    /// Takes a part, behind the batches that came before it.
    fn part(&mut self, part: Part) -> Result<(), Error> {
        if self.waiting.is_empty() || matches!(part, Part::Batch(_)) {
            return self.take_part(part);
        }
        self.waiting.push_back(Some(part));
        Ok(())
    }

    fn take_part(&mut self, part: Part) -> Result<(), Error> {
        if let Some(keep) = &mut self.keep {
            keep.changed |= !matches!(part, Part::Note(..) | Part::Bad(_) | Part::Unchanged);
        }
        match part {
            Part::Opened {
                source,
                name,
                identity,
                position,
            } => {
                self.totals.sources += 1;
                self.tracked.open(source, name, identity, position);
            }
            Part::Identified { source, identity } => self.tracked.identify(source, identity),
            Part::Forget { source } => self.tracked.forget(source),
            Part::Batch(batch) => {
                self.tell_time()?;
                self.batch(batch)?;
            }
            Part::Refused {
                source,
                refused,
                position,
            } => {
                self.totals.bytes += self.tracked.reach(source, position);
                for one in refused {
                    self.refused(source, &one)?;
                }
            }
            Part::Ended {
                source,
                position,
                size,
            } => {
                self.totals.bytes += self.tracked.reach(source, position);
                self.tracked.finish(source, size);
                self.more(source);
                if let Some(what) = self.tracked.accepted(source).foreign {
                    self.bad_source(&Error::input(self.tracked.name(source), what));
                }
            }
            Part::Failed {
                source,
                position,
                error,
                ..
            } => {
                self.totals.bytes += self.tracked.reach(source, position);
                self.more(source);
                self.bad_source(&error);
            }
            Part::Bad(error) => self.bad_source(&error),
            Part::Receipt { source, receipt } => {
                let accepted = self.tracked.accepted(source);
                self.tracked.forget(source);
                match &mut self.keep {
                    Some(keep) if self.durable => keep.receipts.push((receipt, accepted)),
                    _ => receipt.settle(accepted),
                }
            }
            Part::Note(level, text) => (self.report)(Message::new(level, &text)),
            Part::Unchanged => self.totals.unchanged_sources += 1,
            // The feed keeps these to itself.
            Part::End | Part::Broken => {}
        }
        Ok(())
    }

    fn more(&mut self, source: usize) {
        if let Some(message) = self.tracked.more(source) {
            self.complain(message);
        }
    }

    /// In a live run, tells the detector how late it is.
    fn tell_time(&mut self) -> Result<(), Error> {
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        let engine = &mut self.engine;
        if let Some(now) = live.wall() {
            engine.advance(None, Some(now))?;
        }
        let to = live.advance(|| engine.counters().map(|counters| counters.watermark))?;
        let Some(to) = to else {
            return Ok(());
        };
        self.drain()?;
        self.engine.advance(Some(to), None)?;
        if let Some(keep) = &mut self.keep {
            keep.changed = true;
        }
        self.take_alerts()?;
        self.sink.flush()
    }

    fn batch(&mut self, batch: Arc<Batch>) -> Result<(), Error> {
        self.waiting.push_back(None);
        let finished = self.engine.push(batch);
        self.finished(finished)
    }

    /// Waits until nothing is on its way any more.
    fn drain(&mut self) -> Result<(), Error> {
        let finished = self.engine.drain();
        self.finished(finished)
    }

    /// Takes in what became of batches, each with what waited behind it.
    fn finished(&mut self, finished: Result<Vec<Finished>, Failed>) -> Result<(), Error> {
        self.pass_on();
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

    /// Tells people what the engine has to say.
    fn pass_on(&mut self) {
        for note in self.engine.notes() {
            self.failure(Message::new(Level::Warn, &note));
        }
    }

    /// Tells people of a failure of the component's, unless there are too many.
    fn failure(&mut self, message: Message) {
        if let Some(more) = self.failures.pass() {
            (self.report)(message.and(more, "more failures"));
        }
    }

    /// Says where the component failed.
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
                    self.tracked.open(source, name, identity, position);
                }
            }
            let first = batch.lines.line(0);
            (self.report)(Message::at(
                Level::Error,
                &self.tracked.name(batch.source),
                first,
                "the component failed on the batch that starts here",
            ));
        }
        failed.error
    }

    fn taken(&mut self, batch: &Batch, taken: &Taken) -> Result<(), Error> {
        let outcome = &taken.outcome;
        self.totals.add(outcome);
        self.see(&batch.bytes);
        let quarantined = taken.quarantined.len() as u64;
        let documents = outcome.documents() + quarantined;
        let refused = outcome.malformed + quarantined;
        self.tracked.read(batch.source, documents, refused);
        if documents > 0 {
            let all = outcome.malformed == documents;
            self.tracked.look(batch.source, &batch.bytes, all);
        }
        let bytes = self.tracked.reach(batch.source, batch.position);
        self.totals.bytes += bytes;
        self.progress.add(documents, bytes);
        if let Some(live) = &mut self.live {
            if outcome.counted > 0 {
                live.counted();
            } else if outcome.other_data_set > 0 {
                let counters = self.engine.counters()?;
                live.left_out(counters.sum(|rule| rule.unwanted));
            }
        }
        if let Some(slow) = &taken.slow {
            let name = self.tracked.name(batch.source);
            let message = Message::at(Level::Warn, &name, batch.lines.line(0), &slow.to_string());
            if let Some(more) = self.slow.pass() {
                (self.report)(message.and(more, "more batches"));
            }
        }
        if outcome.refused.is_empty() && taken.quarantined.is_empty() {
            return Ok(());
        }
        let name = self.tracked.name(batch.source);
        for document in &taken.quarantined {
            self.totals.quarantined += 1;
            let line = batch.lines.line(document.line);
            let text = format!("quarantined: {}", document.reason);
            self.failure(Message::at(Level::Warn, &name, line, &text));
            let reject = Reject {
                file: &name,
                line,
                kind: RejectKind::Quarantined,
                reason: &document.reason,
                record: batch
                    .bytes
                    .get(document.from..document.to)
                    .unwrap_or_default(),
                cut: false,
            };
            self.reject(batch.source, &reject)?;
        }
        for refusal in &outcome.refused {
            // The offsets are the component's word and may be anything.
            let from = refusal.offset as usize;
            let to = from.saturating_add(refusal.length as usize);
            let reject = Reject {
                file: &name,
                line: batch.lines.line(refusal.line),
                kind: refusal.kind.into(),
                reason: &refusal.reason,
                record: batch.bytes.get(from..to).unwrap_or_default(),
                cut: false,
            };
            self.reject(batch.source, &reject)?;
        }
        Ok(())
    }

    /// Takes a document that was refused before the detector saw it.
    fn refused(&mut self, source: usize, refused: &Refused) -> Result<(), Error> {
        self.totals.malformed += 1;
        self.totals.refused_here += 1;
        self.tracked.read(source, 1, 1);
        let name = self.tracked.name(source);
        self.see(&refused.record);
        self.tracked.look(source, &refused.record, true);
        if let Some(to) = refused.given_up {
            let lines = match to == refused.line {
                true => format!("line {to} was"),
                false => format!("lines {} to {to} were", refused.line),
            };
            let why = format!(
                "{lines} given up: {}, and where the next record begins cannot be told; \
                 what comes before was read",
                refused.reason
            );
            self.bad_source(&Error::input(name.clone(), why));
        }
        let reject = Reject {
            file: &name,
            line: refused.line,
            kind: RejectKind::Malformed,
            reason: &refused.reason,
            record: &refused.record,
            cut: refused.cut,
        };
        self.reject(source, &reject)
    }

    fn reject(&mut self, source: usize, reject: &Reject<'_>) -> Result<(), Error> {
        if matches!(reject.kind, RejectKind::Malformed | RejectKind::Quarantined) {
            self.reasons.count(reject.kind, reject.reason);
        }
        if reject.kind == RejectKind::Malformed && self.tracked.malformed(source) {
            let text = format!("malformed: {}", reject.reason);
            self.complain(Message::at(Level::Warn, reject.file, reject.line, &text));
        }
        match &mut self.rejects {
            Some(rejects) => rejects.write(reject),
            None => Ok(()),
        }
    }

    fn take_alerts(&mut self) -> Result<(), Error> {
        loop {
            let alerts: Vec<Alert> = self.engine.take_alerts()?;
            if alerts.is_empty() {
                return self.take_verdicts();
            }
            let standing = alerts
                .iter()
                .filter(|alert| alert.phase != Phase::Retracted);
            self.totals.alerts += standing.count() as u64;
            match &mut self.keep {
                Some(keep) if !self.sink.is_final() => {
                    keep.held.add(alerts)?;
                    self.release_many()?;
                }
                _ => {
                    for alert in alerts {
                        self.sink.alert(alert)?;
                    }
                }
            }
        }
    }

    /// Enters what the ledger has by now, some at a time.
    fn take_verdicts(&mut self) -> Result<(), Error> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        let mut any = false;
        loop {
            let verdicts = self.engine.take_verdicts()?;
            if verdicts.is_empty() {
                break;
            }
            any = true;
            for verdict in &verdicts {
                ledger.enter(verdict)?;
            }
        }
        match any && self.prompt {
            true => ledger.flush(),
            false => Ok(()),
        }
    }

    /// Closes every window and writes what is left. When the run was stopped and
    /// makes checkpoints, the windows stay open.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::Output`].
    pub fn finish(&mut self) -> Result<End, Error> {
        self.drain()?;
        for message in self.tracked.all_more() {
            (self.report)(message);
        }
        let rules = self.engine.rules();
        let mut pauses = self.stopped && self.keep.is_some();
        let mut open = None;
        if !pauses {
            let before = self.engine.counters()?;
            self.engine.flush()?;
            self.closed = true;
            self.take_alerts()?;
            let replay = self.live.is_none() && self.resumed.is_none();
            open = unclosed(&rules, &before, &self.engine.counters()?, replay);
        }
        if let Some(text) = open {
            (self.report)(Message::new(Level::Warn, &text));
        }
        if self.engine.left() {
            self.left()?;
            pauses = true;
        }
        let counters: Counters = self.engine.counters()?;
        let kept = self.save_last()?;
        let written = if pauses { self.pause()? } else { self.close()? };
        for text in counters.missed(&rules, "is") {
            (self.report)(Message::new(Level::Warn, &text));
        }
        self.pass_on();
        let more = self.failures.hidden();
        if more > 0 {
            let text = format!("and {more} more failures of the component");
            (self.report)(Message::new(Level::Warn, &text));
        }
        let more = self.slow.hidden();
        if more > 0 {
            let text = format!("and {more} more batches that took more than half their time");
            (self.report)(Message::new(Level::Warn, &text));
        }
        let summary = Summary {
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
            reasons: self.reasons.all(),
            passed_over: self.progress.passed_over(),
            seen: self.seen.clone(),
        };
        Ok(End {
            summary,
            written,
            totals: self.totals.clone(),
            before: self.before.clone(),
            kept,
        })
    }

    /// Says that the run ends before the detector has handed everything out.
    fn left(&mut self) -> Result<(), Error> {
        let taken = match self.totals.alerts {
            1 => "1 alert was taken".to_owned(),
            alerts => format!("{} alerts were taken", grouped(alerts)),
        };
        let text = "the run was told to end while the detector had more to hand out";
        if self.keep.is_none() {
            return Err(Error::Broken(format!(
                "{text}: {taken}, more were not; with --checkpoint the next start goes on with them"
            )));
        }
        let text = format!("{text}: {taken}, and the next start goes on with the others");
        (self.report)(Message::new(Level::Info, &text));
        Ok(())
    }

    /// Writes all that there is, each file whatever becomes of the others. The answer is the number
    /// of alerts written in all.
    ///
    /// # Errors
    ///
    /// The first [`Error::Output`]; that nobody reads standard output only when there is no other.
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
                (self.report)(Message::new(Level::Error, &other.to_string()));
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
        let held = self.keep.as_mut().map(|keep| keep.held.take());
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
