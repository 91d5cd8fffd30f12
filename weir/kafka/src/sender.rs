//! Producer that writes records and waits until the brokers have them.

use super::warn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::client::{error_text, failed, with_retries};
use super::{Address, Settings};
use weir_common::throttle::Throttle;
use weir_host::error::Error;

/// Between two looks at what was acknowledged.
const LOOK: Duration = Duration::from_millis(2);
/// Longest wait for brokers when the run is to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for an answer to a question.
const ANSWER: Duration = Duration::from_secs(10);
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

/// A wait for answers of the brokers.
struct Wait {
    /// Time of the last answer, or of the last message that there is none.
    heard: Instant,
    /// Time of the request to stop.
    ending: Option<Instant>,
    /// Records on their way.
    left: i32,
}

/// Delivery reports since the last wait.
#[derive(Default)]
struct Reports(Mutex<Report>);

#[derive(Default)]
struct Report {
    delivered: Vec<Delivered>,
    /// The first that was refused.
    refused: Option<(String, KafkaError)>,
    /// Last error with all brokers.
    trouble: Option<String>,
}

impl Reports {
    fn with<T>(&self, act: impl FnOnce(&mut Report) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Reports {
    fn error(&self, error: KafkaError, _: &str) {
        self.with(|report| report.trouble = Some(error_text(&error)));
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
            .map_err(|error| Error::config(error_text(&error)))?;
        Ok(Self {
            producer,
            stop,
            throttle: Throttle::new(),
        })
    }

    /// Sends a record; waits while too many are on their way.
    pub(super) fn put(
        &mut self,
        topic: &str,
        partition: Option<i32>,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), Error> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).key(key);
        record.partition = partition;
        record.payload = value;
        let mut wait = self.begin();
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
            self.look(&mut wait)?;
        }
    }

    /// Waits until the brokers have all that was sent. The answer is where they have it.
    pub(super) fn settle(&mut self) -> Result<Vec<Delivered>, Error> {
        let mut wait = self.begin();
        while wait.left > 0 {
            self.look(&mut wait)?;
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

    fn begin(&self) -> Wait {
        Wait {
            heard: Instant::now(),
            ending: None,
            left: self.producer.in_flight_count(),
        }
    }

    /// Waits a moment for answers. Tells people when none come, and gives up when the run is to
    /// end.
    fn look(&mut self, wait: &mut Wait) -> Result<(), Error> {
        self.producer.poll(LOOK);
        let left = self.producer.in_flight_count();
        if left < wait.left {
            wait.heard = Instant::now();
        }
        wait.left = left;
        let trouble = self.producer.context().with(|report| report.trouble.take());
        if wait.heard.elapsed() > SILENCE
            && let Some(_) = self.throttle.pass()
        {
            let why = trouble.map_or_else(String::new, |trouble| format!(" ({trouble})"));
            let text = format!("the brokers do not answer{why}; waiting, nothing is lost");
            warn("brokers-silent", text);
            wait.heard = Instant::now();
        }
        if self.stop.load(Ordering::Relaxed) {
            let since = wait.ending.get_or_insert_with(Instant::now);
            if since.elapsed() > PATIENCE {
                return Err(Error::Broken(
                    "the brokers did not answer before the end; what they did not acknowledge is \
                     read again at the next start"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// The offset behind the last record of a partition.
    pub(super) fn end(&self, topic: &str, partition: i32) -> Result<i64, Error> {
        let client = self.producer.client();
        let (_, end) = with_retries(topic, || client.fetch_watermarks(topic, partition, ANSWER))?;
        Ok(end)
    }
}
