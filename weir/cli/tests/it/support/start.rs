//! Starts of processes, kept apart from steps that they would disturb.

use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock};

/// Held while a process starts: until its program runs, it holds copies of all open sockets, and a
/// port that is closed meanwhile is not free.
static STARTS: RwLock<()> = RwLock::new(());

pub(crate) trait Start {
    /// Starts it.
    fn start(&mut self) -> Child;
}

impl Start for Command {
    #[track_caller]
    fn start(&mut self) -> Child {
        let _start = STARTS.read().unwrap_or_else(PoisonError::into_inner);
        self.spawn().unwrap()
    }
}

/// Acts while no process starts.
#[cfg(feature = "kafka")]
pub(crate) fn between_starts(act: impl FnOnce()) {
    let _none = STARTS.write().unwrap_or_else(PoisonError::into_inner);
    act();
}
