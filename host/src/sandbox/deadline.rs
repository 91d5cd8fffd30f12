//! Deadlines of calls, by the engine's epochs.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

use crate::error::Error;

/// Interval at which the epoch moves. Deadlines are kept to within two of these.
const TICK: Duration = Duration::from_millis(10);

/// Moves an engine's epoch for as long as it lives.
#[derive(Debug)]
pub(super) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> Result<Self, Error> {
        let (stop, stopped) = mpsc::channel::<()>();
        let engine = engine.weak();
        let thread = thread::Builder::new()
            .name("weir-epoch".into())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            })
            .map_err(|error| Error::Engine(format!("no thread for deadlines: {error}")))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The number of ticks that stand for a deadline. One more than the division
    /// gives, because the first may come at once.
    pub(super) fn ticks(milliseconds: u64) -> u64 {
        let tick = u64::try_from(TICK.as_millis()).unwrap_or(1);
        milliseconds.div_ceil(tick).saturating_add(1)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A ticker that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}
