//! The engine of a run, one detector or several workers: batches in, outcomes and alerts out.

mod worker;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use weir_host::Limits;
use weir_host::contract::{Alert, Counters, Interface, Rule, Succession, Verdict};
use weir_host::error::Error;
use weir_host::{BatchResult, DetectorFactory, Documents, Reread, Supervisor};
use weir_sources::reader::Batch;
use workers::Workers;

/// One detector, or one and the threads that work for it.
pub struct Engine {
    kind: Kind,
    /// Figures of the engines whose place it took.
    before: Before,
}

/// Figures of engines that are no more.
#[derive(Default)]
struct Before {
    restarts: u64,
    hidden: u64,
    lost_state: bool,
}

enum Kind {
    One(Box<Supervisor>),
    Many(Box<Workers>),
}

/// A batch and its result.
pub(crate) type Finished = (Arc<Batch>, BatchResult);

/// A batch on which the component failed.
pub(crate) struct Failed {
    /// Batches before it whose results were not returned yet.
    pub(crate) finished: Vec<Finished>,
    pub(crate) batch: Option<Arc<Batch>>,
    pub(crate) error: Box<Error>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            finished: Vec::new(),
            batch: None,
            error: Box::new(error),
        }
    }
}

impl Engine {
    /// A detector alone.
    ///
    /// # Errors
    ///
    /// As [`DetectorFactory::open`].
    pub fn new(factory: DetectorFactory) -> Result<Self, Error> {
        Ok(Self::of(Kind::One(Box::new(Supervisor::new(factory)?))))
    }

    /// A detector and workers, each on a thread of its own: they aggregate batches in turn, and
    /// their states are merged into the detector, which decides. The workers are opened as
    /// `partial` says: under the detector's seed and configuration, but as partial ones, and with
    /// its tables.
    ///
    /// The alerts are those of the detector alone, at every run over
    /// the same input. They are found a round of batches at a time, so that revisions in between
    /// may be fewer, and what is late within a round is not.
    ///
    /// # Errors
    ///
    /// As [`DetectorFactory::open`], [`Error::NoInterface`] without `state`, and [`Error::Broken`] when the
    /// system gives no thread.
    pub fn with_workers(
        factory: DetectorFactory,
        partial: &DetectorFactory,
        count: u8,
    ) -> Result<Self, Error> {
        factory.needs(Interface::State, "a detector with workers")?;
        let workers = (0..count).map(|_| Supervisor::worker(partial.clone()));
        let workers = workers.collect::<Result<_, _>>()?;
        let workers = Workers::start(Supervisor::new(factory)?, workers)?;
        Ok(Self::of(Kind::Many(Box::new(workers))))
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            before: Before::default(),
        }
    }

    /// SHA-256 of the component, in lower-case hexadecimal.
    #[must_use]
    pub fn component(&self) -> &str {
        self.supervisor().component()
    }

    /// Takes in a state, as the first thing.
    ///
    /// # Errors
    ///
    /// As [`Detector::merge`](weir_host::Detector::merge).
    pub fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        match &mut self.kind {
            Kind::One(detector) => detector.restore(state),
            Kind::Many(workers) => workers.restore(state),
        }
    }

    /// Takes over the state of an earlier version, or of other parameters, as the first thing. The
    /// answer is what became of it, rule by rule.
    ///
    /// # Errors
    ///
    /// As [`Detector::take_over`](weir_host::Detector::take_over).
    pub fn take_over(&mut self, state: &[u8]) -> Result<Vec<Succession>, Error> {
        match &mut self.kind {
            Kind::One(detector) => detector.take_over(state),
            Kind::Many(workers) => workers.take_over(state),
        }
    }

    /// Takes the place of another engine, whose figures go on.
    pub(crate) fn succeed(&mut self, other: &Self) {
        self.before = Before {
            restarts: other.restarts(),
            hidden: other.hidden_messages(),
            lost_state: other.lost_state(),
        };
    }

    /// Whether the component has an interface.
    pub(crate) fn has(&self, interface: Interface) -> bool {
        self.supervisor().has(interface)
    }

    /// The rules that are open, in the order of `describe`.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.supervisor().rules()
    }

    /// The limits that the component is held to.
    pub(crate) fn limits(&self) -> &Limits {
        self.supervisor().limits()
    }

    fn supervisor(&self) -> &Supervisor {
        match &self.kind {
            Kind::One(detector) => detector,
            Kind::Many(workers) => &workers.detector,
        }
    }

    fn detector(&mut self) -> &mut Supervisor {
        match &mut self.kind {
            Kind::One(detector) => detector,
            Kind::Many(workers) => &mut workers.detector,
        }
    }

    /// Takes a batch. The answer is the batches that are finished now, in the order
    /// in which they were pushed.
    pub(crate) fn push(&mut self, batch: Arc<Batch>) -> Result<Vec<Finished>, Failed> {
        match &mut self.kind {
            Kind::Many(workers) => workers.push(batch),
            Kind::One(detector) => match detector.push(&documents(&batch)) {
                Ok(taken) => Ok(vec![(batch, taken)]),
                Err(error) => Err(Failed {
                    finished: Vec::new(),
                    batch: Some(batch),
                    error: Box::new(error),
                }),
            },
        }
    }

    /// Waits for all batches. Only then do alerts, counters and snapshots tell of them.
    pub(crate) fn drain(&mut self) -> Result<Vec<Finished>, Failed> {
        match &mut self.kind {
            Kind::One(_) => Ok(Vec::new()),
            Kind::Many(workers) => workers.drain(),
        }
    }

    /// Whether no round is cut short by waiting for all batches now.
    pub(crate) fn at_round_end(&self) -> bool {
        match &self.kind {
            Kind::One(_) => true,
            Kind::Many(workers) => workers.at_round_end(),
        }
    }

    /// Whether no batch is on its way and nothing that was taken waits: the state is that
    /// behind all finished batches.
    pub(crate) fn is_settled(&self) -> bool {
        match &self.kind {
            Kind::One(_) => true,
            Kind::Many(workers) => workers.is_settled(),
        }
    }

    /// For how long a batch has been waiting for its round to be full.
    pub(crate) fn waits(&self) -> Option<Duration> {
        match &self.kind {
            Kind::One(_) => None,
            Kind::Many(workers) => workers.waits(),
        }
    }

    /// Tells the time, in milliseconds since 1970: where the watermark is to be, and the wall's.
    pub(crate) fn advance(&mut self, to: Option<i64>, clock: Option<i64>) -> Result<(), Error> {
        if let (Kind::Many(workers), Some(now)) = (&mut self.kind, clock) {
            workers.clock(now);
        }
        self.detector().advance(to, clock)
    }

    /// Closes every window.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.detector().flush()
    }

    /// Some of the alerts that are ready, oldest first; none when there are no more.
    pub(crate) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        match &mut self.kind {
            Kind::One(detector) => detector.take_alerts(),
            Kind::Many(workers) => workers.take_alerts(),
        }
    }

    /// Some of the ledger's entries that are ready, oldest first; none when there are no more.
    pub(crate) fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        match &mut self.kind {
            Kind::One(detector) => detector.take_verdicts(),
            Kind::Many(workers) => workers.take_verdicts(),
        }
    }

    /// Allows the run to end with alerts not taken: the last snapshot holds them.
    pub(crate) fn may_leave(&mut self) {
        self.detector().may_leave();
    }

    /// Whether there may be more alerts or entries than were taken, since the run is to end.
    pub(crate) fn left(&self) -> bool {
        self.supervisor().left()
    }

    /// Says that the ledger is kept, so that it is safe when the detector fails later.
    pub(crate) fn keeps_ledger(&mut self) {
        if let Kind::Many(workers) = &mut self.kind {
            workers.keeps_ledger = true;
        }
    }

    /// The detector's own counters.
    pub(crate) fn counters(&mut self) -> Result<Counters, Error> {
        self.detector().counters()
    }

    /// The whole state.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.detector().snapshot()
    }

    /// Bytes of memory that all instances hold.
    pub(crate) fn memory_bytes(&self) -> u64 {
        match &self.kind {
            Kind::One(detector) => detector.memory_bytes(),
            Kind::Many(workers) => workers.memory_bytes(),
        }
    }

    /// Number of restarts.
    pub(crate) fn restarts(&self) -> u64 {
        let restarts = match &self.kind {
            Kind::One(detector) => detector.restarts(),
            Kind::Many(workers) => workers.restarts(),
        };
        self.before.restarts + restarts
    }

    /// Number of messages about failures that were not shown.
    pub(crate) fn hidden_messages(&self) -> u64 {
        let hidden = match &self.kind {
            Kind::One(detector) => detector.hidden_messages(),
            Kind::Many(workers) => workers.hidden_messages(),
        };
        self.before.hidden + hidden
    }

    /// Whether a fresh instance went on without what the one before it knew.
    pub(crate) fn lost_state(&self) -> bool {
        self.before.lost_state || self.supervisor().lost_state()
    }
}

/// A batch as a supervised detector takes it.
fn documents(batch: &Batch) -> Documents {
    let place = batch.place.clone();
    Documents {
        bytes: batch.bytes.clone(),
        reread: place.map(|place| Arc::new(place) as Arc<dyn Reread>),
    }
}
