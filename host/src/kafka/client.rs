//! What all clients have in common.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::Error;

/// An error in reading from, or asking the brokers for, something.
pub(super) fn failed(name: &str, error: &KafkaError) -> Error {
    Error::input(name, words(error))
}

/// What an error says, without the values of settings: they may be secret.
pub(super) fn words(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, why, key, _) => format!("kafka.{key}: {why}"),
        error => match error.rdkafka_error_code() {
            Some(code) => code.to_string(),
            None => error.to_string(),
        },
    }
}

/// Whether trying again is of no use until somebody changes something.
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
    )
}

/// A list of places in a topic.
pub(super) fn places(topic: &str, places: &[(i32, Offset)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(places.len());
    for (partition, offset) in places {
        // It fails for offsets that no broker can have given.
        let _ = list.add_partition_offset(topic, *partition, *offset);
    }
    list
}
