//! Sink of the verdicts on closed windows.

use weir_host::Error;
use weir_host::contract::Verdict;

/// A sink of verdicts, in the order in which the detector gives them.
pub trait Ledger: Send {
    /// Takes an entry.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when it cannot be written, [`Error::Trapped`] when its key is another one's.
    fn enter(&mut self, verdict: &Verdict) -> Result<(), Error>;

    /// Hands everything on that can be read by now; nothing where nothing is held.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Makes durable what was written to a regular file; its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    fn settle(&mut self) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    /// Writes what there is to write at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] when that fails.
    fn finish(&mut self) -> Result<(), Error> {
        self.flush()
    }
}
