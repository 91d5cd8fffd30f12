//! Supervises a detector: it restarts failed instances and quarantines the documents that break them.
//!
//! When a call fails, its instance is thrown away. A fresh one takes in the last snapshot and
//! everything that was done since then (`Journal`), so that nothing is lost and nothing
//! counts twice, and the call is made again. A batch on which that fails too is halved until
//! the one document is found that does it, which is quarantined; the rest goes on.

mod bisect;
mod delivered;
mod documents;
mod factory;
mod journal;
mod policy;
mod restart;
mod slow;
mod snapshots;
mod spill;
mod stateless;

use std::time::{Duration, Instant};

use crate::Limits;
use crate::contract::{
    Alert, Counters, Counts, DocumentRefusal, Interface, MergeError, Rule, Verdict,
};
use crate::detector::Detector;
use crate::error::Error;
use delivered::Delivered;
pub use documents::{Documents, Reread};
pub use factory::DetectorFactory;
use journal::{Journal, Step};
use policy::RestartPolicy;
use restart::own;
pub use slow::Slow;
use stateless::Stateless;
use weir_common::message::Message;
use weir_common::throttle::Throttle;

/// Result of pushing one batch.
#[derive(Debug)]
pub struct BatchResult {
    /// Counts of the documents on which the component did not fail.
    pub counts: Counts,
    /// Documents that the component refused.
    pub refused: Vec<DocumentRefusal>,
    /// Documents on which the component failed, in the order of their lines.
    pub quarantined: Vec<Quarantined>,
    /// The batch's duration, where it came close to the deadline.
    pub slow: Option<Slow>,
}

/// A document on which the component failed.
#[derive(Debug, Clone)]
pub struct Quarantined {
    /// Line in the batch, from 0.
    pub line: u32,
    /// Offset of its first byte in the batch.
    pub from: usize,
    /// Offset behind its last byte.
    pub to: usize,
    /// The component's failure.
    pub reason: String,
}

/// A detector that outlives its instances: the instance at work, and what it takes to replace it.
pub struct Supervisor {
    factory: DetectorFactory,
    detector: Detector,
    /// Last snapshot; `None` before the first.
    base: Option<Vec<u8>>,
    /// Steps since the last snapshot.
    journal: Journal,
    alerts: Delivered<Alert>,
    verdicts: Delivered<Verdict>,
    policy: RestartPolicy,
    /// Whether the run was to end before all alerts and verdicts were taken.
    left: bool,
    /// Time of the last snapshot, and how long it took.
    snapped: (Instant, Duration),
    messages: Throttle,
    /// Replacement for snapshots where the component has no interface `state`.
    stateless: Option<Stateless>,
}

impl Supervisor {
    /// Opens a detector and supervises it.
    ///
    /// # Errors
    ///
    /// As [`DetectorFactory::open`].
    pub fn new(factory: DetectorFactory) -> Result<Self, Error> {
        let limits = factory.limits();
        let spilled = limits.journal_disk_mib << 20;
        let has_state = factory.interfaces().state;
        let stateless = (!has_state).then(Stateless::default);
        Ok(Self {
            policy: RestartPolicy::new(limits, factory.stop()),
            journal: Journal::new(limits.journal_bytes(), spilled),
            detector: factory.open()?,
            factory,
            base: None,
            alerts: Delivered::new(Detector::take_some),
            verdicts: Delivered::new(Detector::take_some_verdicts),
            left: false,
            snapped: (Instant::now(), Duration::ZERO),
            messages: Throttle::new(),
            stateless,
        })
    }

    /// Opens a detector for a worker. Its journal holds batches in memory without bound, since
    /// their owner holds them too.
    ///
    /// # Errors
    ///
    /// As [`DetectorFactory::open`].
    pub fn worker(factory: DetectorFactory) -> Result<Self, Error> {
        let mut worker = Self::new(factory)?;
        worker.journal = Journal::new(usize::MAX, 0);
        Ok(worker)
    }

    /// SHA-256 of the component, in lower-case hexadecimal.
    pub fn component(&self) -> &str {
        self.factory.component()
    }

    /// Whether the component has an interface.
    pub fn has(&self, interface: Interface) -> bool {
        self.factory.interfaces().has(interface)
    }

    /// The rules that are open, in the order of `describe`.
    pub fn rules(&self) -> Vec<Rule> {
        self.detector.rules()
    }

    /// The limits that its instances are held to.
    pub fn limits(&self) -> &Limits {
        self.factory.limits()
    }

    /// Pushes a batch. Documents on which the component fails are quarantined, and the others count.
    ///
    /// # Errors
    ///
    /// [`Error::GivenUp`] when the component fails for good, [`Error::Broken`] when documents cannot be
    /// read again for a restart.
    pub fn push(&mut self, batch: &Documents) -> Result<BatchResult, Error> {
        let began = Instant::now();
        let taken = match self.detector.push(&batch.bytes) {
            Ok(outcome) => {
                let slow = Slow::of(began.elapsed(), batch.bytes.len(), self.factory.limits());
                self.policy.record_success(outcome.documents());
                self.journal.note(Step::Batch(batch.clone()));
                BatchResult {
                    counts: outcome.counts(),
                    refused: outcome.refused,
                    quarantined: Vec::new(),
                    slow,
                }
            }
            Err(error) => self.push_again(batch, error)?,
        };
        self.snapshot_if_due()?;
        Ok(taken)
    }

    /// Raises the watermark to `to` and tells the wall-clock time, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn advance(&mut self, to: Option<i64>, clock: Option<i64>) -> Result<(), Error> {
        self.retry(|detector| detector.advance(to, clock))?;
        self.journal.note(Step::Advance { to, clock });
        Ok(())
    }

    /// Closes every window.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.retry(Detector::flush)?;
        self.journal.note(Step::Flush);
        Ok(())
    }

    /// Merges a state of the same configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good, or refuses it.
    pub fn merge(&mut self, state: Vec<u8>) -> Result<(), Error> {
        self.retry(|detector| own(detector.merge(&state)))?;
        self.journal.note(Step::Merge(state));
        self.snapshot_if_due()
    }

    /// Merges a state that another host made. The inner error is the component's refusal, which
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn take_in(&mut self, state: Vec<u8>) -> Result<Result<(), MergeError>, Error> {
        let taken = self.retry(|detector| detector.take_in(&state))?;
        if taken.is_ok() {
            self.journal.note(Step::Merge(state));
            self.snapshot_if_due()?;
        }
        Ok(taken)
    }

    /// The component's own counters.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn counters(&mut self) -> Result<Counters, Error> {
        self.retry(Detector::counters)
    }

    /// Memory of the instance, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.detector.memory_bytes() as u64
    }

    /// Whether a restarted instance lacks state of the instance before it.
    #[must_use]
    pub fn lost_state(&self) -> bool {
        self.stateless.as_ref().is_some_and(Stateless::has_lost)
    }

    /// Number of restarts.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.policy.restarts()
    }

    /// Number of messages that were not shown since the last one that was, since there were too
    /// many.
    #[must_use]
    pub fn hidden_messages(&self) -> u64 {
        self.messages.hidden()
    }

    /// Emits a warning, unless there are too many.
    fn warn(&mut self, code: &'static str, text: &str) {
        self.messages.emit(Message::warn(code, text), "failures");
    }
}
