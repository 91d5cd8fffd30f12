//! Signals: the first ends the run in good order, the second at once. SIGHUP asks a service to
//! reload.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use weir_host::Error;

/// What SIGHUP asks for.
pub(crate) enum Hangup {
    /// To end, as the end of a terminal does.
    End,
    /// To load the configuration again: the flag is set.
    Reload(Arc<AtomicBool>),
}

impl Hangup {
    /// Of a run that goes on for ever, or not: a service has no terminal that could hang up, and is
    /// asked to reload. From now on that is not lost, however long the start takes.
    pub(crate) fn of(live: bool) -> Result<Self, Error> {
        if !live || has_terminal() {
            return Ok(Self::End);
        }
        let asked: Arc<AtomicBool> = Arc::default();
        if let Some(signal) = hangup() {
            flag::register(signal, Arc::clone(&asked)).map_err(failed)?;
        }
        Ok(Self::Reload(asked))
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::Broken(format!("cannot take signals: {error}"))
}

/// A flag that is set when the run is to end.
pub(crate) fn on_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::default();
    set_on_signals(&stop, &Hangup::End)?;
    Ok(stop)
}

/// Sets the flag when the run is to end. Until then a signal ends the process as it does others.
pub(crate) fn set_on_signals(stop: &Arc<AtomicBool>, hangup: &Hangup) -> Result<(), Error> {
    for signal in [SIGINT, SIGTERM].into_iter().chain(self::hangup()) {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))
            .map_err(failed)?;
        let ends = matches!(hangup, Hangup::End) || [SIGINT, SIGTERM].contains(&signal);
        if ends {
            flag::register(signal, Arc::clone(stop)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether the process has a terminal, whose end is told by SIGHUP.
fn has_terminal() -> bool {
    cfg!(unix) && std::fs::File::open("/dev/tty").is_ok()
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
