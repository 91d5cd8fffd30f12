//! Errors for `kafka://` where Weir was built without Kafka.

use weir_host::Error;

use crate::cli::RunArgs;

/// Says how to get it.
pub(super) fn run(_: &RunArgs) -> Result<u8, Error> {
    Err(Error::config(
        "this weir was built without Kafka; build one with it: cargo build --release --features \
         weir/kafka (wants make and perl beside a C compiler)",
    ))
}
