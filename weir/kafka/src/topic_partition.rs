//! Reader of one partition as a log, from an offset to another.

use super::warn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{ClientConfig, Offset};

use super::client::{error_text, failed, is_final, topic_partitions, with_retries};
use super::{Address, Settings};
use weir_common::throttle::Throttle;
use weir_host::error::Error;

/// Longest wait for a record before signals are looked at.
const WAIT: Duration = Duration::from_millis(100);
/// Longest wait for an answer of the brokers.
const ANSWER: Duration = Duration::from_secs(10);

/// Longest wait for a record that is there, when the brokers say that nothing more is.
const PATIENCE: Duration = Duration::from_secs(60);

/// One partition of a topic, to be read by itself.
pub(super) struct TopicPartition<'a> {
    pub(super) settings: &'a Settings,
    pub(super) address: &'a Address,
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) stop: &'a AtomicBool,
}

impl TopicPartition<'_> {
    /// Gives all records from an offset to that one, which is there, or to the end; `take` says
    /// when it has seen enough.
    pub(super) fn read(
        &self,
        from: Option<i64>,
        to: Option<i64>,
        mut take: impl FnMut(&BorrowedMessage<'_>) -> bool,
    ) -> Result<(), Error> {
        let consumer = self.consumer()?;
        let from = from.map_or(Offset::Beginning, Offset::Offset);
        consumer
            .assign(&topic_partitions(self.topic, &[(self.partition, from)]))
            .map_err(|error| failed(self.topic, &error))?;
        let mut throttle = Throttle::new();
        let (mut ending, mut missing) = (None, None);
        loop {
            match consumer.poll(WAIT) {
                // The last record is given, too.
                Some(Ok(message)) => {
                    let last = to.is_some_and(|to| message.offset() >= to);
                    if take(&message) || last {
                        return Ok(());
                    }
                    missing = None;
                }
                Some(Err(KafkaError::PartitionEOF(_))) if to.is_none() => return Ok(()),
                // A broker that is behind: what is there comes when it has caught up.
                Some(Err(KafkaError::PartitionEOF(_))) => missing = Some(Instant::now()),
                Some(Err(error)) => {
                    if error.rdkafka_error_code().is_some_and(is_final) {
                        return Err(failed(self.topic, &error));
                    }
                    missing = None;
                    if throttle.pass().is_some() {
                        let text = format!("{}: {}; trying again", self.topic, error_text(&error));
                        warn("brokers-failed", text);
                    }
                }
                None => {}
            }
            if let Some(since) = missing
                && since.elapsed() > PATIENCE
            {
                let place = format!("{}/{}", self.topic, self.partition);
                return Err(Error::input(
                    &place,
                    "ends before a record that was acknowledged; a broker has lost it, or is behind",
                ));
            }
            if self.stop.load(Ordering::Relaxed) {
                let since = ending.get_or_insert_with(Instant::now);
                if since.elapsed() > ANSWER {
                    let topic = self.topic;
                    return Err(Error::input(topic, "the end came while it was being read"));
                }
            }
        }
    }

    /// The offset behind its last record.
    pub(super) fn end(&self) -> Result<i64, Error> {
        let consumer = self.consumer()?;
        let (_, end) = with_retries(self.topic, || {
            consumer.fetch_watermarks(self.topic, self.partition, ANSWER)
        })?;
        Ok(end)
    }

    fn consumer(&self) -> Result<BaseConsumer, Error> {
        // It joins no group, but a client without one is given no partitions.
        let config: ClientConfig = self.settings.consumer(self.address, &self.address.deciders);
        config
            .create()
            .map_err(|error| Error::config(error_text(&error)))
    }
}
