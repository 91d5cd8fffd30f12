//! Destinations over the network, as a sink sees them.

use weir_host::Error;

/// A queue of lines that are sent somewhere.
pub trait Destination: Send + Sync {
    /// Its name in messages.
    fn name(&self) -> &str;

    /// Appends text of whole lines; waits while there is no room.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when the queue cannot be written.
    fn put(&self, text: &str) -> Result<(), Error>;

    /// Makes durable what was appended, where the queue is durable, and lets it be sent.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    fn sync(&self) -> Result<(), Error>;
}

/// Counts of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Alerts that the receiver has taken since this start.
    pub delivered: u64,
    /// Alerts in the queue, those of earlier runs included.
    pub queued: u64,
    /// Alerts that the receiver refused for good since this start.
    pub dead: u64,
    /// Attempts that failed since this start.
    pub failures: u64,
    /// Whether a writer waits for room.
    pub full: bool,
}
