//! Writes records and waits until the brokers have them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::client::{failed, words};
use super::{Address, Say, Settings};
use crate::error::Error;
use crate::run::Throttle;

/// Between two looks at what was acknowledged.
const LOOK: Duration = Duration::from_millis(2);
/// Longest wait for brokers when the run is to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// After this long without an answer, people are told.
const SILENCE: Duration = Duration::from_secs(5);

/// A producer whose records are waited for.
pub(super) struct Sender {
    producer: BaseProducer<Reports>,
    stop: Arc<AtomicBool>,
    throttle: Throttle,
}

/// A record that the brokers have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// What became of records since the last time that they were waited for.
#[derive(Default)]
struct Reports(Mutex<Report>);

#[derive(Default)]
struct Report {
    delivered: Vec<Delivered>,
    /// The first that was refused.
    refused: Option<(String, KafkaError)>,
    /// What went wrong last with all brokers.
    trouble: Option<String>,
}

impl Reports {
    fn with<T>(&self, act: impl FnOnce(&mut Report) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Reports {
    fn error(&self, error: KafkaError, _: &str) {
        self.with(|report| report.trouble = Some(words(&error)));
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.with(|report| match result {
            Ok(message) => report.delivered.push(Delivered {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
            }),
            Err((error, message)) => {
                let refused = || (message.topic().to_owned(), error.clone());
                report.refused.get_or_insert_with(refused);
            }
        });
    }
}

impl Sender {
    /// A producer that is patient until `stop` is set.
    pub(super) fn new(
        settings: &Settings,
        address: &Address,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, Error> {
        let config = settings.producer(address);
        let producer = config
            .create_with_context(Reports::default())
            .map_err(|error| Error::config(words(&error)))?;
        Ok(Self {
            producer,
            stop,
            throttle: Throttle::new(),
        })
    }

    /// Sends a record; waits while too many are on their way.
    pub(super) fn put(
        &self,
        topic: &str,
        partition: Option<i32>,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), Error> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).key(key);
        record.partition = partition;
        record.payload = value;
        loop {
            let error = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, back)) => {
                    record = back;
                    error
                }
            };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(failed(topic, &error));
            }
            self.producer.poll(LOOK);
        }
    }

    /// Waits until the brokers have all that was sent. The answer is where they have it.
    pub(super) fn settle(&mut self, say: Say<'_>) -> Result<Vec<Delivered>, Error> {
        let mut heard = Instant::now();
        let mut ending = None;
        while self.producer.in_flight_count() > 0 {
            let before = self.producer.in_flight_count();
            self.producer.poll(LOOK);
            if self.producer.in_flight_count() < before {
                heard = Instant::now();
            }
            let trouble = self.producer.context().with(|report| report.trouble.take());
            if heard.elapsed() > SILENCE
                && let Some(_) = self.throttle.pass()
            {
                let why = trouble.map_or_else(String::new, |trouble| format!(" ({trouble})"));
                say(&format!(
                    "the brokers do not answer{why}; waiting, nothing is lost"
                ));
                heard = Instant::now();
            }
            if self.stop.load(Ordering::Relaxed) {
                let since = ending.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(Error::Broken(
                        "the brokers did not answer before the end; what they did not \
                         acknowledge is read again at the next start"
                            .to_owned(),
                    ));
                }
            }
        }
        let report = self.producer.context().with(std::mem::take);
        if let Some((topic, error)) = report.refused {
            return Err(failed(&topic, &error));
        }
        if let Some((code, why)) = self.producer.client().fatal_error() {
            return Err(Error::Broken(format!("the producer failed: {code}: {why}")));
        }
        Ok(report.delivered)
    }
}
