//! Errors for `kafka://` where Weir was built without Kafka.

use weir_host::Error;

use crate::cli::RunArgs;

/// Whether the command is about Kafka.
pub(super) fn is_asked_for(arguments: &RunArgs) -> bool {
    let mut texts = arguments.inputs.iter();
    texts.any(|text| text.starts_with("kafka://")) || !arguments.kafka.is_empty()
}

/// Says how to get it.
pub(super) fn run(_: &RunArgs) -> Result<u8, Error> {
    Err(Error::config(
        "this weir was built without Kafka; build one with it: cargo build --release --features \
         weir/kafka (wants make and perl beside a C compiler)",
    ))
}
