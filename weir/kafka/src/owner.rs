//! Ownership of a partition's state: one process at a time, decided by the log itself.
//!
//! An owner begins with a claim. The offset of the claim is its epoch. As long as no other process
//! writes to the partition, its own records lie one behind the other; a gap means that another
//! did, and when it was a claim, this owner has been superseded: it was taken for dead. Then it
//! releases nothing more, and leaves the partition to the other.

use rdkafka::message::Message;

use super::chunks::{self, CLAIM, Entry, Found, Records};
use super::sender::Sender;
use super::topic_partition::TopicPartition;
use weir_common::seed::random_seed;
use weir_host::error::Error;

/// The owner of a partition of the state's topic.
pub(super) struct Owner {
    topic: String,
    partition: i32,
    epoch: i64,
    /// Number of the last checkpoint.
    pub(super) sequence: u64,
    /// The offset of the last record that is known.
    tail: i64,
    /// Keys of earlier owners, to be removed when there is a checkpoint of this one.
    old: Vec<String>,
    /// Keys that this one wrote last into each slot.
    slots: [Vec<String>; 2],
}

impl Owner {
    /// Claims a partition. The answer's second part is the whole checkpoints in it, newest
    /// first.
    pub(super) fn claim(
        log: &TopicPartition<'_>,
        sender: &mut Sender,
    ) -> Result<(Self, Vec<Found>), Error> {
        let (one, other) = random_seed();
        let name = format!("{one:016x}{other:016x}");
        sender.put(
            log.topic,
            Some(log.partition),
            CLAIM.as_bytes(),
            Some(name.as_bytes()),
        )?;
        let delivered = sender.settle()?;
        let epoch = delivered.last().map(|delivered| delivered.offset);
        let epoch = epoch.ok_or_else(|| {
            Error::Broken(format!(
                "the brokers do not say where in {} a claim is",
                log.topic
            ))
        })?;
        let mut records = Records::default();
        log.read(None, Some(epoch), |message| {
            records.put(message.key().unwrap_or_default(), message.payload());
            false
        })?;
        let found = records.checkpoints();
        let owner = Self {
            topic: log.topic.to_owned(),
            partition: log.partition,
            epoch,
            sequence: found.first().map_or(0, |found| found.sequence),
            tail: epoch,
            old: records.keys(),
            slots: [Vec::new(), Vec::new()],
        };
        Ok((owner, found))
    }

    /// Writes a checkpoint. Whether it counts: no, when another owns the partition by now.
    pub(super) fn write(
        &mut self,
        log: &TopicPartition<'_>,
        sender: &mut Sender,
        bytes: &[u8],
    ) -> Result<bool, Error> {
        let sequence = self.sequence + 1;
        let entries = chunks::entries(self.epoch, sequence, bytes)
            .map_err(|error| Error::Broken(format!("cannot write a checkpoint: {error}")))?;
        let keys: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        if !self.put(log, sender, &entries)? {
            return Ok(false);
        }
        self.sequence = sequence;
        let slot = usize::from(sequence % 2 == 1);
        let mut gone = std::mem::take(&mut self.old);
        if let Some(last) = self.slots.get_mut(slot) {
            gone.extend(last.drain(..).filter(|key| !keys.contains(key)));
            *last = keys;
        }
        let gone: Vec<Entry> = gone
            .into_iter()
            .map(|key| Entry { key, value: None })
            .collect();
        if gone.is_empty() {
            return Ok(true);
        }
        self.put(log, sender, &gone)
    }

    /// Writes records. Whether this is still the owner.
    fn put(
        &mut self,
        log: &TopicPartition<'_>,
        sender: &mut Sender,
        entries: &[Entry],
    ) -> Result<bool, Error> {
        for entry in entries {
            let key = entry.key.as_bytes();
            sender.put(
                &self.topic,
                Some(self.partition),
                key,
                entry.value.as_deref(),
            )?;
        }
        let delivered = sender.settle()?;
        let before = self.tail;
        let mut gap = false;
        for record in delivered {
            gap |= record.offset != self.tail + 1;
            self.tail = self.tail.max(record.offset);
        }
        if !gap {
            return Ok(true);
        }
        Ok(!claimed(log, before + 1, self.tail)?)
    }

    /// Whether this is still the owner: no claim is behind the last record.
    pub(super) fn stands(&self, log: &TopicPartition<'_>, sender: &Sender) -> Result<bool, Error> {
        let last = sender.end(&self.topic, self.partition)? - 1;
        Ok(last <= self.tail || !claimed(log, self.tail + 1, last)?)
    }
}

/// Whether there is a claim in the records from an offset to another, which is there.
fn claimed(log: &TopicPartition<'_>, from: i64, to: i64) -> Result<bool, Error> {
    let mut claimed = false;
    log.read(Some(from), Some(to), |message| {
        claimed |= message.key() == Some(CLAIM.as_bytes());
        claimed
    })?;
    Ok(claimed)
}
