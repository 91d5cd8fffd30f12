//! Calls that all Kafka clients share: errors, places and patient queries.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{Offset, TopicPartitionList};

use weir_host::error::Error;

/// Longest time for which a query is retried.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// An error in reading from, or asking the brokers for, something.
pub(super) fn failed(name: &str, error: &KafkaError) -> Error {
    Error::input(name, error_text(error))
}

/// Text of an error, without the values of settings: they may be secret.
pub(super) fn error_text(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, why, key, _) => format!("kafka.{key}: {why}"),
        error => match error.rdkafka_error_code() {
            // A topic that is compressed in a way that was not built in.
            Some(code @ (Code::NotImplemented | Code::UnsupportedCompressionType))
                if !cfg!(feature = "zstd") =>
            {
                format!(
                    "{code}; a topic compressed with zstd wants a weir built with the feature \
                     weir/zstd"
                )
            }
            Some(code) => code.to_string(),
            None => error.to_string(),
        },
    }
}

/// Whether retrying is of no use until an operator changes something.
pub(super) fn is_final(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::InvalidTopic
            | Code::MessageSizeTooLarge
            | Code::Fatal
            | Code::AutoOffsetReset
            | Code::UnsupportedFeature
            | Code::NotImplemented
            | Code::UnsupportedCompressionType
    )
}

/// Asks until there is an answer, or an error that does not pass.
pub(super) fn with_retries<T>(
    name: &str,
    mut ask: impl FnMut() -> Result<T, KafkaError>,
) -> Result<T, Error> {
    let since = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) if error.rdkafka_error_code().is_some_and(is_final) => {
                return Err(failed(name, &error));
            }
            Err(error) if since.elapsed() > PATIENCE => return Err(failed(name, &error)),
            Err(_) => sleep(PAUSE),
        }
    }
}

/// A list of places in a topic.
pub(super) fn topic_partitions(topic: &str, places: &[(i32, Offset)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(places.len());
    for (partition, offset) in places {
        // It fails for offsets that no broker can have given.
        let _ = list.add_partition_offset(topic, *partition, *offset);
    }
    list
}
