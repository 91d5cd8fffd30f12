//! Kafka workers: events from a topic, read by any number of workers (`weir run kafka://...`).
//!
//! Those who write the events do not spread them by the keys that the detector groups by, so
//! no worker sees all of a group. There are two phases, with a topic between them:
//!
//! ```text
//!  events            collect                 partial states        decide              alerts
//!  p0 p1 p2  ──>  partial detectors,  ──>  by group: q0 q1 q2  ──>  merge, fire  ──>  by alert id
//!                 one per partition                                     │
//!                                                       state, compacted: checkpoints of q0 q1 q2
//! ```
//!
//! Workers form two consumer groups, one for each phase. The first holds nothing that is not
//! read again after a failure (`collect`). The second keeps checkpoints beside each
//! partition (`decide`), whose one owner is told by the log itself (`owner`).
#![forbid(unsafe_code)]

mod address;
mod chunks;
mod client;
mod collect;
mod decide;
mod event_partition;
mod member;
mod owner;
mod partition;
mod reassembly;
mod record;
mod refusals;
mod release;
mod seed;
mod sender;
mod settings;
mod topic_partition;
mod topics;
mod watermark;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

pub use address::{Address, Role};
pub use collect::Collected;
use collect::Collector;
pub use decide::Decided;
use decide::Decider;
pub use release::{Release, Topic};
use sender::Sender;
pub use settings::Settings;
use topic_partition::TopicPartition;
use topics::Topics;
use weir_host::DetectorFactory;
use weir_host::Limits;
use weir_host::error::Error;
use weir_pipeline::checkpoint::Judged;
use weir_sinks::rejects::Rejects;

fn warn(code: &'static str, text: impl fmt::Display) {
    weir_common::message::Message::warn(code, text).emit();
}

/// Job of a worker.
pub struct Job {
    /// Address of the events.
    pub address: Address,
    /// Settings of the clients.
    pub settings: Settings,
    /// Limits of the component.
    pub limits: Limits,
    /// Silence after which a partition does not hold event time back; none for never.
    pub idle: Option<Duration>,
    /// Whether checkpoints of another component are gone on from.
    pub accepted: bool,
    /// Set when it is to end.
    pub stop: Arc<AtomicBool>,
}

/// A job whose topics are there.
pub struct Prepared {
    job: Job,
    topics: Topics,
    seed: (u64, u64),
}

/// Result of a worker.
#[derive(Debug, Default)]
pub struct WorkerReport {
    /// In the first phase, if it had a part in it.
    pub collected: Option<Collected>,
    /// In the second phase, if it had a part in it.
    pub decided: Option<Decided>,
}

impl Job {
    /// Finds or makes the topics, that of alerts included if there is to be one, and the seed
    /// under which all workers' detectors are opened, each on these rules.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when settings are wrong, topics are missing that it may not make, or the
    /// group's rules are others; [`Error::Input`] when the brokers refuse something else.
    pub fn prepare(self, alerts: Option<&str>, rules: &[Judged]) -> Result<Prepared, Error> {
        let (settings, address) = (&self.settings, &self.address);
        settings.check(address)?;
        let topics = topics::ensure(settings, address, alerts, &self.stop)?;
        let mut sender = Sender::new(settings, address, Arc::clone(&self.stop))?;
        let log = TopicPartition {
            settings,
            address,
            topic: &address.state,
            partition: 0,
            stop: &self.stop,
        };
        let seed = seed::agree(&log, &mut sender, rules)?;
        Ok(Prepared {
            topics,
            seed,
            job: self,
        })
    }

    fn collects(&self) -> bool {
        self.address.role != Role::Decide
    }

    fn decides(&self) -> bool {
        self.address.role != Role::Collect
    }
}

impl Prepared {
    /// The seed of the group's detectors.
    #[must_use]
    pub fn seed(&self) -> (u64, u64) {
        self.seed
    }

    /// Works until it is told to end, or to the end. `whole` opens detectors that decide,
    /// `partial` those that only aggregate.
    ///
    /// # Errors
    ///
    /// The error that ended it; all that was acknowledged is kept, and another worker, or the next
    /// start, goes on from there.
    pub fn run(
        &self,
        whole: DetectorFactory,
        partial: DetectorFactory,
        release: Release,
        rejects: Option<Rejects>,
    ) -> Result<WorkerReport, Error> {
        let job = &self.job;
        let collected = Arc::new(AtomicBool::new(false));
        let collect = || {
            let collector = Collector::join(job, self.topics, partial, rejects);
            let done = collector.and_then(Collector::run);
            collected.store(true, Ordering::Relaxed);
            self.ended(done)
        };
        let decide = || {
            let collected = Arc::clone(&collected);
            let decider = Decider::join(job, self.topics, whole, release, collected);
            self.ended(decider.and_then(Decider::run))
        };
        let (collected, decided) = thread::scope(|scope| {
            let decider = job.decides().then(|| scope.spawn(decide));
            let collected = job.collects().then(collect);
            let decided = decider.map(|decider| {
                let broken = || Error::Broken("deciding broke down (a bug in weir)".to_owned());
                decider.join().unwrap_or_else(|_| Err(broken()))
            });
            (collected, decided)
        });
        Ok(WorkerReport {
            collected: collected.transpose()?,
            decided: decided.transpose()?,
        })
    }

    /// When one phase fails in this process, so does the other: a new process does both.
    fn ended<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        if done.is_err() {
            self.job.stop.store(true, Ordering::Relaxed);
        }
        done
    }
}
