//! Workers over Kafka, against librdkafka's mock cluster and real brokers.

mod broker;
mod rules;
mod vector;
mod workers;
