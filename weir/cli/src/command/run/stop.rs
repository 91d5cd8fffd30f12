//! Signals: the first ends the run in good order, the second at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use weir_host::Error;

/// A flag that is set when the run is to end.
pub(crate) fn on_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::default();
    set_on_signals(&stop)?;
    Ok(stop)
}

/// Sets the flag when the run is to end. Until then a signal ends the process as it does others.
pub(crate) fn set_on_signals(stop: &Arc<AtomicBool>) -> Result<(), Error> {
    for signal in [SIGINT, SIGTERM].into_iter().chain(hangup()) {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))
            .and_then(|_| flag::register(signal, Arc::clone(stop)))
            .map_err(|error| Error::Broken(format!("cannot take signals: {error}")))?;
    }
    Ok(())
}

/// SIGHUP, unless it is ignored, as under nohup.
#[cfg(unix)]
fn hangup() -> Option<i32> {
    use signal_hook::consts::SIGHUP;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    (!is_ignored(SIGHUP, &status)).then_some(SIGHUP)
}

#[cfg(not(unix))]
fn hangup() -> Option<i32> {
    None
}

/// Whether a process of this status, as Linux tells it, ignores a signal.
#[cfg(unix)]
fn is_ignored(signal: i32, status: &str) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
