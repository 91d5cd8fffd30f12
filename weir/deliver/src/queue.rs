//! Bounded queue between the run that finds alerts and the worker that sends them.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Meter, Store, Target, Undelivered};
use weir_common::message::{Level, Message};
use weir_common::numbers::counted;
use weir_common::throttle::Throttle;
use weir_host::error::Error;
use weir_sinks::destination::Destination;

/// Longest wait between two checks of the stop flag.
const LOOK: Duration = Duration::from_millis(50);

/// Longest wait for deliveries once a stop was asked for while closing.
const HASTE: Duration = Duration::from_secs(1);

/// Queue of alerts for one receiver.
pub(crate) struct Queue {
    name: String,
    /// Name in write errors: the folder, if there is one, else the target.
    written: String,
    state: Mutex<State>,
    changed: Condvar,
    meter: Arc<Meter>,
    most: u64,
    /// Set when the run is to end.
    stop: Arc<AtomicBool>,
}

struct State {
    store: Box<dyn Store>,
    /// Deadline of delivery, once the queue is closed.
    closing: Option<Instant>,
    /// Whether sending has ended.
    over: bool,
    said_full: bool,
    throttle: Throttle,
}

impl Destination for Queue {
    fn name(&self) -> &str {
        &self.name
    }

    fn put(&self, text: &str) -> Result<(), Error> {
        let mut state = self.state();
        for line in text.lines() {
            state = self.wait_for_room(state, line.len() as u64)?;
            let added = state.store.append(line);
            self.count(&state);
            added.map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        let synced = self.state().store.sync();
        self.changed.notify_all();
        synced.map_err(|source| self.failed(source))
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Queue").field("name", &self.name).finish()
    }
}

impl Queue {
    pub(super) fn new(
        target: &Target,
        store: Box<dyn Store>,
        most: u64,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let queue = Self {
            name: target.to_string(),
            written: match store.folder() {
                Some(folder) => folder.display().to_string(),
                None => target.to_string(),
            },
            state: Mutex::new(State {
                store,
                closing: None,
                over: false,
                said_full: false,
                throttle: Throttle::new(),
            }),
            changed: Condvar::new(),
            meter: Arc::default(),
            most,
            stop,
        };
        let waiting = queue.count(&queue.state());
        if waiting > 0 {
            let text = format!("{} of earlier runs first", counted(waiting, "alert"));
            queue.message(Level::Info, "queue-waiting", &text).emit();
        }
        queue
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between calls, also where another thread panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, state: &State) -> u64 {
        let (lines, _) = state.store.waiting();
        self.meter.queued.store(lines, Relaxed);
        lines
    }

    fn message(&self, level: Level, code: &'static str, text: &str) -> Message {
        Message::new(level, code, format!("{}: {text}", self.name))
    }

    /// Emits a message, unless there are too many.
    pub(super) fn tell(&self, level: Level, code: &'static str, text: &str) {
        // Whoever reads messages may be slow: the queue is free meanwhile.
        let pass = self.state().throttle.pass();
        if let Some(more) = pass {
            self.message(level, code, text).and(more, "messages").emit();
        }
    }

    fn wait_for_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        more: u64,
    ) -> Result<MutexGuard<'a, State>, Error> {
        let is_full = |state: &State| {
            let (lines, bytes) = state.store.waiting();
            lines > 0 && bytes + more > self.most && !self.stop.load(Relaxed)
        };
        if !is_full(&state) {
            let (_, bytes) = state.store.waiting();
            // So that a queue at its limit does not say so again and again.
            state.said_full &= bytes > self.most / 2;
            return Ok(state);
        }
        // Unsynced lines cannot be delivered and would keep it full for ever.
        state.store.sync().map_err(|source| self.failed(source))?;
        self.changed.notify_all();
        self.meter.waiters.fetch_add(1, Relaxed);
        if !std::mem::replace(&mut state.said_full, true) {
            drop(state);
            let text = format!(
                "the queue is full ({} MiB): nothing more is taken until alerts are delivered",
                self.most >> 20
            );
            self.tell(Level::Warn, "queue-full", &text);
            state = self.state();
        }
        while is_full(&state) {
            let waited = self.changed.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        self.meter.waiters.fetch_sub(1, Relaxed);
        Ok(state)
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::output(&self.written, source)
    }

    /// Waits for the first lines. None when the queue is closed and empty, or its time is over.
    pub(super) fn first(&self, count: usize, bytes: usize) -> Option<io::Result<Vec<String>>> {
        let mut state = self.state();
        loop {
            if state.over {
                return None;
            }
            let read = state.store.first(count, bytes);
            if read.as_ref().map_or(true, |lines| !lines.is_empty()) {
                return Some(read);
            }
            if state.closing.is_some() {
                return None;
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Removes delivered lines.
    pub(super) fn delivered(&self, lines: &[String]) -> io::Result<()> {
        let mut state = self.state();
        let removed = state.store.remove(lines);
        self.meter.delivered.fetch_add(lines.len() as u64, Relaxed);
        self.count(&state);
        self.changed.notify_all();
        removed
    }

    /// Moves lines to the dead letters. Returns whether these are kept.
    pub(super) fn dead_letter(&self, lines: &[String], why: &str) -> io::Result<bool> {
        let mut state = self.state();
        let kept = state.store.dead_letter(lines, why)?;
        self.meter.dead.fetch_add(lines.len() as u64, Relaxed);
        let removed = state.store.remove(lines);
        self.count(&state);
        self.changed.notify_all();
        removed.map(|()| kept)
    }

    /// Waits before a retry. The end of the run cuts the wait short once, unless the receiver
    /// `asked` for it. Returns whether to try again.
    pub(super) fn pause(&self, wait: Duration, asked: bool) -> bool {
        let until = Instant::now() + wait;
        let mut state = self.state();
        let closing = state.closing.is_some();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.over {
                return false;
            }
            if left.is_zero() || !asked && !closing && state.closing.is_some() {
                return true;
            }
            let woken = self.changed.wait_timeout(state, left);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Marks that sending has ended.
    pub(super) fn end(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }

    /// Waits until the queue is empty or the deadline has passed; at most a second more when a stop
    /// is asked for meanwhile. A wait that lasts is reported.
    pub(super) fn close(&self, mut until: Instant) -> Undelivered {
        let mut told = self.stop.load(Relaxed);
        let mut state = self.state();
        // A failure to sync was reported when it happened.
        let _ = state.store.sync();
        state.closing = Some(until);
        self.changed.notify_all();
        let (begun, mut said) = (Instant::now(), false);
        while !state.over {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.changed.wait_timeout(state, left.min(LOOK));
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
            if !std::mem::replace(&mut told, self.stop.load(Relaxed)) && told {
                until = until.min(Instant::now() + HASTE);
            }
            let waiting = self.count(&state);
            if waiting > 0 && begun.elapsed() >= LOOK && !std::mem::replace(&mut said, true) {
                drop(state);
                let left = until.saturating_duration_since(Instant::now());
                let text = format!(
                    "waiting for {} to be delivered, {} s at most; a signal ends the wait",
                    counted(waiting, "alert"),
                    left.as_secs_f64().ceil()
                );
                self.tell(Level::Info, "queue-draining", &text);
                state = self.state();
            }
        }
        state.over = true;
        self.changed.notify_all();
        Undelivered {
            queued: self.count(&state),
            kept: state.store.folder().is_some(),
            dead: self.meter.dead.load(Relaxed),
        }
    }
}
