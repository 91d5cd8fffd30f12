//! A run: the loop from sources to alerts.

mod alerts;
mod checkpointer;
mod complaints;
mod finish;
mod gauges;
mod reasons;
mod refused;
mod reload;
mod seen;
mod source_table;
mod take;
mod totals;
mod unclosed;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::checkpoint::{Checkpoint, CheckpointDir};
use crate::engine::Engine;
use crate::ledger::Ledger;
use crate::live::Live;
use checkpointer::Checkpointer;
pub use gauges::{Gauges, Reading};
pub use reasons::Reason;
use reasons::Reasons;
pub use reload::{Reloader, Successor};
use source_table::SourceTable;
pub use totals::Totals;
pub use unclosed::unclosed;
use weir_common::clock::Clock;
use weir_common::throttle::Throttle;
use weir_host::error::Error;
use weir_sinks::output::Sink;
use weir_sinks::rejects::Rejects;
use weir_sources::progress::Progress;
use weir_sources::reader::{Next, Part, Reader};

/// Longest wait for a part before signals and clocks are looked at.
const WAIT: Duration = Duration::from_millis(50);
/// Longest wait for the next part when the run is to end.
const LAST: Duration = Duration::from_millis(200);
/// Longest time for taking in parts when the run is to end.
const DRAIN: Duration = Duration::from_secs(10);
/// Longest time for which a prompt run lets a batch wait for others.
const PROMPT: Duration = Duration::from_millis(200);

/// Drives one detector, or one with workers, over any number of sources.
pub struct Run<'a> {
    engine: Engine,
    /// Parts in order; `None` marks a batch that is still being processed.
    waiting: VecDeque<Option<Part>>,
    prompt: bool,
    sink: Sink,
    rejects: Option<Rejects>,
    ledger: Option<Box<dyn Ledger + 'a>>,
    stop: Arc<AtomicBool>,
    live: Option<Live>,
    reloader: Option<Reloader<'a>>,
    checkpointer: Option<Checkpointer>,
    source_table: SourceTable,
    progress: Progress,
    reasons: Reasons,
    /// Look of the first document.
    seen: Option<String>,
    totals: Totals,
    /// Totals at this start.
    before: Totals,
    /// Number and time of the checkpoint that this run goes on from.
    resumed: Option<(u64, i64)>,
    started: Instant,
    /// Whether the run was told to end.
    stopped: bool,
    /// Whether every window is closed.
    closed: bool,
    /// Throttle of messages about failures of the component.
    failures: Throttle,
    /// Throttle of messages about what senders send.
    senders: Throttle,
    /// Throttle of messages about slow batches.
    slow: Throttle,
    durable: bool,
    gauges: Option<Gauges>,
}

impl<'a> Run<'a> {
    /// Starts a run.
    pub fn new(engine: Engine, sink: Sink, rejects: Option<Rejects>) -> Self {
        Self {
            engine,
            waiting: VecDeque::new(),
            prompt: false,
            sink,
            rejects,
            ledger: None,
            stop: Arc::default(),
            live: None,
            reloader: None,
            checkpointer: None,
            source_table: SourceTable::default(),
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

    /// Shows the run's progress on gauges.
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

    /// Lets another detector take the place of the one at work when that is asked for.
    #[must_use]
    pub fn reloaded_by(mut self, reloader: Reloader<'a>) -> Self {
        self.reloader = Some(reloader);
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
        folder: CheckpointDir,
        seed: (u64, u64),
        interval: Duration,
        files: [Option<String>; 3],
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, Error> {
        let most_held = self.engine.limits().held_bytes();
        self.checkpointer = Some(Checkpointer::new(folder, seed, interval, files, most_held));
        self.engine.may_leave();
        if let Some(checkpoint) = checkpoint {
            self.resume(checkpoint)?;
        }
        Ok(self)
    }

    /// Takes all that the feed gives, to its end or until the run is stopped. What
    /// is wrong with a source is reported.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`], [`Error::Output`] and [`Error::Broken`]: the run cannot
    /// go on.
    pub fn take(&mut self, mut feed: Reader) -> Result<(), Error> {
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
                Next::Timeout => {
                    if self.prompt {
                        self.drain()?;
                    }
                    self.tell_time()?;
                }
            }
            if self.prompt && self.engine.waits().is_some_and(|waits| waits > PROMPT) {
                self.drain()?;
            }
            self.reload_if_asked()?;
            self.checkpoint_if_due()?;
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
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.changed = true;
        }
        self.take_alerts()?;
        self.sink.flush()
    }
}
