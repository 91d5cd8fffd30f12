//! The first phase: events in, partial states by group out.
//!
//! Each partition of the events has a partial detector of its own, so that each has a
//! watermark of its own. About once a second all that they hold is taken out, written to the
//! topic of partial states, and only when the brokers have it are the events committed. So a
//! worker holds nothing that is not read again when it is killed, and what comes twice by that
//! is known by its event ids where the states are merged.

use super::warn;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::message::Message;

use super::event_partition::{EventPartition, Pushed};
use super::member::{Change, Event, Member};
use super::partition::wall;
use super::record::{self, MARKS_KEY, Mark};
use super::refusals::Refusals;
use super::sender::Sender;
use super::{Job, Topics};
use weir_common::seed::random_seed;
use weir_common::throttle::Throttle;
use weir_host::DetectorFactory;
use weir_host::error::Error;
use weir_pipeline::run::Totals;
use weir_pipeline::sizes;
use weir_sinks::rejects::{RejectKind, Rejects};
use weir_sources::frame::Sizes;

/// Longest wait for a message before signals and clocks are looked at.
const WAIT: Duration = Duration::from_millis(50);
/// Time between two flushes.
const FLUSH: Duration = Duration::from_secs(1);
/// Bytes of events after which a flush is due earlier.
const FLUSH_BYTES: usize = 32 << 20;

/// A worker that reads events.
pub(super) struct Collector<'a> {
    job: &'a Job,
    topics: Topics,
    /// Opening of partial detectors.
    factory: DetectorFactory,
    member: Member,
    sender: Sender,
    partitions: BTreeMap<i32, EventPartition>,
    /// Offsets at which the partitions are to end; empty when they are not.
    targets: BTreeMap<i32, i64>,
    sizes: Sizes,
    refusals: Refusals<'a>,
    totals: Totals,
    /// Messages, and partial states sent.
    messages: u64,
    states: u64,
    restarts: u64,
    memory: u64,
    /// Numbers that no other worker's states have begin here.
    numbers: (u64, u64),
    flushed: Instant,
    /// Bytes that the detectors have seen since then.
    bytes: usize,
    trouble: Throttle,
}

/// Result of a collector.
#[derive(Debug, Default)]
pub struct Collected {
    /// Counts of the documents by outcome.
    pub totals: Totals,
    /// Messages read.
    pub messages: u64,
    /// Partial states written.
    pub states: u64,
    /// Number of restarts of the component.
    pub restarts: u64,
    /// Most bytes of memory that the instances held together.
    pub memory_bytes: u64,
}

impl<'a> Collector<'a> {
    pub(super) fn join(
        job: &'a Job,
        topics: Topics,
        factory: DetectorFactory,
        rejects: Option<Rejects>,
    ) -> Result<Self, Error> {
        let config = job.settings.consumer(&job.address, &job.address.group);
        let member = Member::join(&config, &job.address.topic)?;
        let sender = Sender::new(&job.settings, &job.address, Arc::clone(&job.stop))?;
        let mut targets = BTreeMap::new();
        if job.address.until_end {
            for source in 0..topics.events {
                targets.insert(source, member.extent(source)?.1);
            }
        }
        Ok(Self {
            job,
            topics,
            factory,
            member,
            sender,
            partitions: BTreeMap::new(),
            targets,
            sizes: sizes(&job.limits),
            refusals: Refusals::new(&job.address.topic, rejects),
            totals: Totals::default(),
            messages: 0,
            states: 0,
            restarts: 0,
            memory: 0,
            numbers: random_seed(),
            flushed: Instant::now(),
            bytes: 0,
            trouble: Throttle::new(),
        })
    }

    /// Reads until it is told to end, or to the end.
    pub(super) fn run(mut self) -> Result<Collected, Error> {
        while !self.job.stop.load(Ordering::Relaxed) {
            self.step()?;
            while let Some(change) = self.member.change() {
                self.change(change)?;
            }
            if self.flushed.elapsed() >= FLUSH || self.bytes >= FLUSH_BYTES {
                self.flush()?;
                if self.job.address.until_end && self.all_ended()? {
                    self.tell_end()?;
                    break;
                }
            }
        }
        self.flush()?;
        Ok(Collected {
            totals: self.totals,
            messages: self.messages,
            states: self.states,
            restarts: self.restarts,
            memory_bytes: self.memory,
        })
    }

    /// Waits for a message and takes it.
    fn step(&mut self) -> Result<(), Error> {
        let (source, offset, refused) = match self.member.poll(WAIT)? {
            Event::Nothing => return Ok(()),
            Event::Trouble(why) => {
                if self.trouble.pass().is_some() {
                    let text = format!("{}: {why}; going on", self.job.address);
                    warn("brokers-failed", text);
                }
                return Ok(());
            }
            Event::End(source) => {
                if let Some(partition) = self.partitions.get_mut(&source) {
                    partition.at_end();
                }
                return Ok(());
            }
            Event::Message(message) => {
                let (source, offset) = (message.partition(), message.offset());
                // Of a partition that was given back: another reads it.
                let Some(partition) = self.partitions.get_mut(&source) else {
                    return Ok(());
                };
                self.messages += 1;
                self.totals.bytes += message.payload_len() as u64;
                let refused = partition.message(offset, message.payload(), self.sizes);
                (source, offset, refused)
            }
        };
        for refused in refused {
            self.totals.documents.malformed += 1;
            self.totals.refused_here += 1;
            self.refusals.unseen(source, offset, &refused)?;
        }
        let full = |partition: &EventPartition| partition.waiting() >= self.sizes.batch;
        if self.partitions.get(&source).is_some_and(full) {
            self.push(source)?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Assigned(sources) => {
                let committed = self.member.committed(&sources)?;
                let mut places = Vec::new();
                for (source, committed) in committed {
                    let number = self.numbers.0 ^ u64::from(source.unsigned_abs()) << 48;
                    self.numbers.0 = self.numbers.0.wrapping_add(self.numbers.1 | 1);
                    let mut partition = EventPartition::new(source, self.factory.clone(), number)?;
                    partition.clock(wall())?;
                    partition.committed = committed;
                    partition.target = self.targets.get(&source).copied();
                    if committed.is_none() && !self.job.address.from_start {
                        // Now, and not when a message comes: the next flush commits it, so that
                        // whoever has the partition next begins here, too.
                        partition.next = Some(self.member.extent(source)?.1);
                    }
                    let next = committed.or(partition.next);
                    places.push((source, next.map_or(Offset::Invalid, Offset::Offset)));
                    self.partitions.insert(source, partition);
                }
                self.member.take_on(&places)
            }
            Change::Revoked { partitions, lost } => {
                // A lost partition is read again by its new owner, from the committed offset.
                if !lost {
                    self.flush()?;
                }
                for source in &partitions {
                    self.partitions.remove(source);
                }
                self.member.give_back(&partitions)
            }
        }
    }

    /// Lets a detector see what waits for it.
    fn push(&mut self, source: i32) -> Result<(), Error> {
        let Some(partition) = self.partitions.get_mut(&source) else {
            return Ok(());
        };
        let pushed = partition.push()?;
        self.restarts = self.restarts.max(partition.restarts());
        match pushed {
            Some(pushed) => {
                self.bytes += pushed.batch.bytes.len();
                self.taken(source, &pushed)
            }
            None => Ok(()),
        }
    }

    fn taken(&mut self, source: i32, pushed: &Pushed) -> Result<(), Error> {
        let Pushed {
            batch,
            offsets,
            taken,
        } = pushed;
        self.totals.documents += taken.counts;
        self.totals.quarantined += taken.quarantined.len() as u64;
        if let Some(slow) = &taken.slow
            && self.trouble.pass().is_some()
        {
            let (topic, first) = (&self.job.address.topic, offsets.first());
            let at = first.copied().unwrap_or_default();
            warn("batch-slow", format!("{topic}/{source}@{at}: {slow}"));
        }
        let offset = |line: u32| offsets.get(line as usize).copied().unwrap_or_default();
        for document in &taken.quarantined {
            let bytes = batch.bytes.get(document.from..document.to);
            let (at, kind) = (offset(document.line), RejectKind::Quarantined);
            self.refusals
                .document(source, at, kind, &document.reason, bytes)?;
        }
        for refusal in &taken.refused {
            // The offsets are the component's word and may be anything.
            let from = refusal.offset as usize;
            let to = from.saturating_add(refusal.length as usize);
            let (at, kind) = (offset(refusal.line), refusal.kind.into());
            let bytes = batch.bytes.get(from..to);
            self.refusals
                .document(source, at, kind, &refusal.reason, bytes)?;
        }
        Ok(())
    }

    /// Writes out all that the detectors hold, and commits the events when the brokers have it.
    fn flush(&mut self) -> Result<(), Error> {
        let sources: Vec<i32> = self.partitions.keys().copied().collect();
        for source in &sources {
            self.push(*source)?;
        }
        self.bytes = 0;
        let memory = self
            .partitions
            .values()
            .map(EventPartition::memory_bytes)
            .sum();
        self.memory = self.memory.max(memory);
        let partials = &self.job.address.partials;
        for partition in self.partitions.values_mut() {
            partition.clock(wall())?;
            for (number, state) in partition.take()? {
                let key = serde_json::to_vec(&state.key)
                    .map_err(|error| Error::Broken(format!("cannot write a key: {error}")))?;
                let to = record::partition(&key, self.topics.partials);
                for part in record::split(partition.source, number, &state.state) {
                    self.sender.put(partials, Some(to), &key, Some(&part))?;
                }
                self.states += 1;
            }
        }
        let marks: Vec<Mark> = self.partitions.values().map(EventPartition::mark).collect();
        self.tell(&marks)?;
        // Refused documents are not read again once the events are committed.
        self.refusals.flush()?;
        self.commit();
        // At the end: after a slow flush there is as much time to read as after any other.
        self.flushed = Instant::now();
        Ok(())
    }

    /// Commits what the brokers have the states of. While the group rebalances
    /// that fails, and is tried again at the next flush.
    fn commit(&mut self) {
        let read = self
            .partitions
            .values()
            .filter(|partition| partition.next != partition.committed);
        let read: Vec<(i32, i64)> = read
            .filter_map(|partition| Some((partition.source, partition.next?)))
            .collect();
        match self.member.commit(&read) {
            Ok(()) => {
                for partition in self.partitions.values_mut() {
                    partition.committed = partition.next.or(partition.committed);
                }
            }
            Err(why) if self.trouble.pass().is_some() => {
                let topic = &self.job.address.topic;
                let text = format!("{topic}: not committed yet: {why}; going on");
                warn("commit-failed", text);
            }
            Err(_) => {}
        }
    }

    /// Sends marks to all partitions, behind the states that they tell of, and waits until the
    /// brokers have all of it.
    fn tell(&mut self, marks: &[Mark]) -> Result<(), Error> {
        if !marks.is_empty() {
            let record = record::marks(marks)
                .map_err(|error| Error::Broken(format!("cannot write marks: {error}")))?;
            for to in 0..self.topics.partials {
                let partials = &self.job.address.partials;
                self.sender
                    .put(partials, Some(to), MARKS_KEY, Some(&record))?;
            }
        }
        self.sender.settle().map(|_| ())
    }

    /// Whether the group has read all partitions to where they are to end.
    fn all_ended(&mut self) -> Result<bool, Error> {
        if !self.partitions.values().all(EventPartition::ended) {
            return Ok(false);
        }
        let sources: Vec<i32> = self.targets.keys().copied().collect();
        let committed = self.member.committed(&sources)?;
        let ended = |(source, committed): &(i32, Option<i64>)| {
            let target = self.targets.get(source).copied().unwrap_or(0);
            committed.unwrap_or(0) >= target
        };
        Ok(committed.iter().all(ended))
    }

    /// Says of all partitions that they were read to their end, also of those of others.
    fn tell_end(&mut self) -> Result<(), Error> {
        let others = self.targets.keys();
        let others = others.filter(|source| !self.partitions.contains_key(source));
        let marks: Vec<Mark> = others
            .map(|source| Mark {
                source: *source,
                watermark: None,
                quiet_ms: Some(0),
                ended: true,
            })
            .collect();
        self.tell(&marks)
    }
}
