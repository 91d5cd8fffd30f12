//! Member of a consumer group that gives partitions back only when it is done with them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use super::client::{error_text, failed, is_final, topic_partitions, with_retries};
use weir_host::error::Error;

/// Longest wait for an answer to a question.
const ANSWER: Duration = Duration::from_secs(10);

/// A member of the group that shares out a topic.
pub(super) struct Member {
    consumer: BaseConsumer<Changes>,
    topic: String,
}

/// A change of what a member has to do. It holds once the member says so: until then the group
/// waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// These are its own from now on: see [`Member::take_on`].
    Assigned(Vec<i32>),
    /// These are to be given back: see [`Member::give_back`]. When they are lost, others may
    /// have them already.
    Revoked { partitions: Vec<i32>, lost: bool },
}

/// Event of a poll.
pub(super) enum Event<'m> {
    Message(BorrowedMessage<'m>),
    /// A partition has been read to its end.
    End(i32),
    /// A transient error.
    Trouble(String),
    Nothing,
}

/// Changes that were not handled yet. librdkafka tells of them in the middle of a poll,
/// where no state can be handed over.
#[derive(Default)]
struct Changes {
    queue: Mutex<VecDeque<Change>>,
    closing: AtomicBool,
}

impl ClientContext for Changes {}

impl ConsumerContext for Changes {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        err: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let assigned = matches!(err, RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
        if self.closing.load(Ordering::Relaxed) {
            // A client that has left its group already would wait for the answer without end.
            if !assigned && !consumer.closed() {
                // All was given back in good order before; what fails ends with the client.
                let _ = consumer.incremental_unassign(list);
            }
            return;
        }
        let elements = list.elements();
        let partitions = elements.iter().map(|place| place.partition()).collect();
        let change = if assigned {
            Change::Assigned(partitions)
        } else {
            Change::Revoked {
                partitions,
                lost: consumer.assignment_lost(),
            }
        };
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(change);
    }
}

impl Member {
    /// Joins a group for a topic.
    pub(super) fn join(config: &ClientConfig, topic: &str) -> Result<Self, Error> {
        let consumer: BaseConsumer<Changes> = config
            .create_with_context(Changes::default())
            .map_err(|error| Error::config(error_text(&error)))?;
        consumer
            .subscribe(&[topic])
            .map_err(|error| failed(topic, &error))?;
        Ok(Self {
            consumer,
            topic: topic.to_owned(),
        })
    }

    /// Waits for something, but not longer than that.
    pub(super) fn poll(&self, wait: Duration) -> Result<Event<'_>, Error> {
        let error = match self.consumer.poll(wait) {
            None => return Ok(Event::Nothing),
            Some(Ok(message)) => return Ok(Event::Message(message)),
            Some(Err(error)) => error,
        };
        match error {
            KafkaError::PartitionEOF(partition) => Ok(Event::End(partition)),
            KafkaError::MessageConsumptionFatal(_) => Err(failed(&self.topic, &error)),
            error if error.rdkafka_error_code().is_some_and(is_final) => {
                Err(failed(&self.topic, &error))
            }
            error => Ok(Event::Trouble(error_text(&error))),
        }
    }

    /// The next change that waits for this member.
    pub(super) fn change(&self) -> Option<Change> {
        let queue = &self.consumer.context().queue;
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    /// Begins to read partitions that were assigned, each there.
    pub(super) fn take_on(&self, partitions: &[(i32, Offset)]) -> Result<(), Error> {
        let list = topic_partitions(&self.topic, partitions);
        let done = self.consumer.incremental_assign(&list);
        done.map_err(|error| failed(&self.topic, &error))
    }

    /// Gives partitions back; the answer to it being revoked.
    pub(super) fn give_back(&self, partitions: &[i32]) -> Result<(), Error> {
        let partitions: Vec<_> = partitions
            .iter()
            .map(|one| (*one, Offset::Invalid))
            .collect();
        let list = topic_partitions(&self.topic, &partitions);
        let done = self.consumer.incremental_unassign(&list);
        done.map_err(|error| failed(&self.topic, &error))
    }

    /// Notes with the group how far partitions are done. What goes wrong, in words: others may
    /// have them by now, and nothing rests on it but that less is read again.
    pub(super) fn commit(&self, offsets: &[(i32, i64)]) -> Result<(), String> {
        if offsets.is_empty() {
            return Ok(());
        }
        let offsets: Vec<_> = offsets
            .iter()
            .map(|(partition, offset)| (*partition, Offset::Offset(*offset)))
            .collect();
        let list = topic_partitions(&self.topic, &offsets);
        let done = self.consumer.commit(&list, CommitMode::Sync);
        done.map_err(|error| error_text(&error))
    }

    /// Committed offsets of partitions; none where nothing was committed.
    pub(super) fn committed(&self, partitions: &[i32]) -> Result<Vec<(i32, Option<i64>)>, Error> {
        let partitions: Vec<_> = partitions
            .iter()
            .map(|one| (*one, Offset::Invalid))
            .collect();
        let list = topic_partitions(&self.topic, &partitions);
        let list = with_retries(&self.topic, || {
            self.consumer.committed_offsets(list.clone(), ANSWER)
        })?;
        let place = |place: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let offset = match place.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            };
            (place.partition(), offset)
        };
        Ok(list.elements().iter().map(place).collect())
    }

    /// The first and the next offset of a partition.
    pub(super) fn extent(&self, partition: i32) -> Result<(i64, i64), Error> {
        with_retries(&self.topic, || {
            self.consumer
                .fetch_watermarks(&self.topic, partition, ANSWER)
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.consumer
            .context()
            .closing
            .store(true, Ordering::Relaxed);
        // A change that was not answered would keep the group waiting, and this client with it.
        if let Ok(assigned) = self.consumer.assignment()
            && assigned.count() > 0
        {
            let _ = self.consumer.incremental_unassign(&assigned);
        }
    }
}
