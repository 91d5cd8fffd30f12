//! The second phase: partial states in, alerts out.
//!
//! Each partition of the partial states has a detector of its own, which merges them. Its
//! checkpoints are in the topic of state, and what it finds is released when one holds it.

use super::warn;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::message::Message;

use super::member::{Change, Event, Member};
use super::partition::{Opened, Partition, Trouble};
use super::release::Release;
use super::sender::Sender;
use super::topic_partition::TopicPartition;
use super::{Job, Topics};
use weir_common::throttle::Throttle;
use weir_host::DetectorFactory;
use weir_host::contract::Counters;
use weir_host::error::Error;

/// Longest wait for a record before signals and clocks are looked at.
const WAIT: Duration = Duration::from_millis(50);
/// Between two looks at time and end.
const LOOK: Duration = Duration::from_millis(500);

/// Checkpoints take at most one part in this many of the time.
const SHARE: u32 = 5;

/// A worker that decides.
pub(super) struct Decider<'a> {
    job: &'a Job,
    topics: Topics,
    factory: DetectorFactory,
    member: Member,
    sender: Sender,
    release: Release,
    partitions: BTreeMap<i32, Partition>,
    /// Whether the group has assigned partitions.
    joined: bool,
    /// Whether nothing more comes from the collector in this process.
    collected: Arc<AtomicBool>,
    done: Decided,
    looked: Instant,
    /// Earliest time of the next checkpoint; records are taken meanwhile.
    rests: Instant,
    /// End offsets of the partitions, once they hold all that this worker waits for.
    targets: Option<Vec<i64>>,
    rejected: Throttle,
    trouble: Throttle,
}

/// Result of a decider.
#[derive(Debug, Default)]
pub struct Decided {
    /// Counters of the detectors, each with those of its partition before; one for each
    /// partition at the end.
    pub counters: Vec<Counters>,
    /// Partial states merged, since the first start.
    pub merged: u64,
    /// Records that were none of Weir's.
    pub rejected: u64,
    /// Revisions released since this start, retractions left out.
    pub alerts: u64,
    /// Bytes of memory that the instances hold together.
    pub memory_bytes: u64,
}

impl<'a> Decider<'a> {
    pub(super) fn join(
        job: &'a Job,
        topics: Topics,
        factory: DetectorFactory,
        release: Release,
        collected: Arc<AtomicBool>,
    ) -> Result<Self, Error> {
        let mut config = job.settings.consumer(&job.address, &job.address.deciders);
        // Where a checkpoint's offset is gone, states are lost, which must not pass unnoticed.
        config.set("auto.offset.reset", "error");
        Ok(Self {
            job,
            topics,
            factory,
            member: Member::join(&config, &job.address.partials)?,
            sender: Sender::new(&job.settings, &job.address, Arc::clone(&job.stop))?,
            release,
            partitions: BTreeMap::new(),
            joined: false,
            collected,
            done: Decided::default(),
            looked: Instant::now(),
            rests: Instant::now(),
            targets: None,
            rejected: Throttle::new(),
            trouble: Throttle::new(),
        })
    }

    /// Decides until it is told to end, or to the end.
    pub(super) fn run(mut self) -> Result<Decided, Error> {
        while !self.job.stop.load(Ordering::Relaxed) {
            self.step()?;
            while let Some(change) = self.member.change() {
                self.change(change)?;
            }
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                let numbers: Vec<i32> = self.partitions.keys().copied().collect();
                for number in numbers {
                    self.settle(number)?;
                }
                self.commit();
                if self.job.address.until_end && self.is_done()? {
                    break;
                }
            }
            self.keep_up()?;
        }
        let numbers: Vec<i32> = self.partitions.keys().copied().collect();
        for number in numbers {
            self.save(number, true)?;
        }
        for partition in self.partitions.values_mut() {
            self.done.counters.push(partition.counters()?);
            self.done.merged += partition.merged;
            self.done.alerts += partition.released;
            self.done.memory_bytes += partition.memory_bytes();
        }
        Ok(self.done)
    }

    fn log(&self, partition: i32) -> TopicPartition<'a> {
        TopicPartition {
            settings: &self.job.settings,
            address: &self.job.address,
            topic: &self.job.address.state,
            partition,
            stop: &self.job.stop,
        }
    }

    /// Waits for a record and takes it.
    fn step(&mut self) -> Result<(), Error> {
        let (number, offset, done) = match self.member.poll(WAIT)? {
            Event::Nothing | Event::End(_) => return Ok(()),
            Event::Trouble(why) => {
                if self.trouble.pass().is_some() {
                    let text = format!("{}: {why}; going on", self.job.address.partials);
                    warn("brokers-failed", text);
                }
                return Ok(());
            }
            Event::Message(message) => {
                let (number, offset) = (message.partition(), message.offset());
                // Of one that was given back, or that another has.
                let Some(partition) = self.partitions.get_mut(&number) else {
                    return Ok(());
                };
                (number, offset, partition.take(offset, message.payload()))
            }
        };
        self.taken(number, Some(offset), done)
    }

    fn settle(&mut self, number: i32) -> Result<(), Error> {
        let Some(partition) = self.partitions.get_mut(&number) else {
            return Ok(());
        };
        let done = partition.settle();
        self.taken(number, None, done)
    }

    /// Tells people what came of it.
    fn taken(
        &mut self,
        number: i32,
        offset: Option<i64>,
        done: Result<(), Trouble>,
    ) -> Result<(), Error> {
        match done {
            Ok(()) => Ok(()),
            Err(Trouble::Failed(error)) => Err(error),
            Err(Trouble::Rejected(why)) => {
                self.done.rejected += 1;
                if self.rejected.pass().is_some() {
                    let at = offset.map_or_else(String::new, |offset| format!("@{offset}"));
                    let place = format!("{}/{number}{at}", self.job.address.partials);
                    let text = format!("{place} {why}; passed over");
                    warn("state-refused", text);
                }
                Ok(())
            }
        }
    }

    fn change(&mut self, change: Change) -> Result<(), Error> {
        self.joined = true;
        match change {
            Change::Assigned(numbers) => {
                let mut places = Vec::new();
                for number in numbers {
                    let opened = Opened {
                        factory: &self.factory,
                        events: usize::try_from(self.topics.events).unwrap_or(0),
                        idle: self.job.idle,
                        accepted: self.job.accepted,
                    };
                    let log = self.log(number);
                    let (sender, release) = (&mut self.sender, &mut self.release);
                    let opened = Partition::open(&opened, &log, sender, release)?;
                    places.push(match opened.next {
                        0 => (number, Offset::Beginning),
                        next => (number, Offset::Offset(next)),
                    });
                    self.partitions.insert(number, opened);
                }
                self.member.take_on(&places)
            }
            Change::Revoked { partitions, lost } => {
                for number in &partitions {
                    if !lost {
                        self.save(*number, true)?;
                    }
                    if let Some(gone) = self.partitions.remove(number) {
                        self.done.alerts += gone.released;
                    }
                }
                self.member.give_back(&partitions)
            }
        }
    }

    /// Makes the checkpoint that has been due for longest, if it is time for one.
    fn keep_up(&mut self) -> Result<(), Error> {
        if Instant::now() < self.rests {
            return Ok(());
        }
        let due = self.partitions.values();
        let due = due
            .filter(|partition| partition.is_due())
            .min_by_key(|partition| partition.last);
        match due.map(|partition| partition.number) {
            Some(number) => self.save(number, false),
            None => Ok(()),
        }
    }

    /// Makes a checkpoint, and lets the group know how far it reaches.
    fn save(&mut self, number: i32, last: bool) -> Result<(), Error> {
        let log = self.log(number);
        let begun = Instant::now();
        let Some(partition) = self.partitions.get_mut(&number) else {
            return Ok(());
        };
        let (sender, release) = (&mut self.sender, &mut self.release);
        let kept = match last {
            true => partition.save_last(&log, sender, release)?,
            false => partition.save(&log, sender, release)?,
        };
        self.rests = Instant::now() + begun.elapsed() * SHARE;
        if !kept {
            let text = format!(
                "{}/{number}: another worker has it by now; leaving it to that one",
                self.job.address.partials
            );
            warn("partition-taken", text);
            if let Some(gone) = self.partitions.remove(&number) {
                self.done.alerts += gone.released;
            }
            return Ok(());
        }
        self.commit();
        Ok(())
    }

    /// Lets the group know how far it is decided: for those who watch the lag, and for workers
    /// that are to end when all is. Where to go on is in the checkpoints.
    fn commit(&mut self) {
        let decided = self.partitions.values();
        let decided: Vec<(i32, i64)> = decided
            .filter_map(|partition| Some((partition.number, partition.uncommitted()?)))
            .collect();
        match self.member.commit(&decided) {
            Ok(()) => self.partitions.values_mut().for_each(Partition::commit),
            Err(why) if self.trouble.pass().is_some() => {
                let partials = &self.job.address.partials;
                let text = format!("{partials}: not committed yet: {why}; going on");
                warn("commit-failed", text);
            }
            Err(_) => {}
        }
    }

    /// Whether all windows are closed, those of others too: of a worker that was killed the
    /// partitions may have no owner for a while.
    fn is_done(&mut self) -> Result<bool, Error> {
        let waits = self.job.collects() && !self.collected.load(Ordering::Relaxed);
        if waits || !self.joined {
            return Ok(false);
        }
        if !self.partitions.values().all(|partition| partition.finished) {
            return Ok(false);
        }
        let all = 0..self.topics.partials;
        let others: Vec<i32> = all
            .clone()
            .filter(|number| !self.partitions.contains_key(number))
            .collect();
        if others.is_empty() {
            return Ok(true);
        }
        let targets = match self.targets.take() {
            Some(targets) => targets,
            None => all
                .map(|number| Ok(self.member.extent(number)?.1))
                .collect::<Result<_, Error>>()?,
        };
        let committed = self.member.committed(&others)?;
        // A collector writes marks to all partitions: an empty one means that no events were read.
        let done = committed.iter().all(|(number, committed)| {
            let target = usize::try_from(*number).ok().and_then(|at| targets.get(at));
            target.is_some_and(|&target| target > 0 && committed.unwrap_or(0) >= target)
        });
        // Once, where it is known that all is in them: while others go on, the ends move.
        let known = self.job.collects() || !self.partitions.is_empty();
        self.targets = known.then_some(targets);
        Ok(done)
    }
}
