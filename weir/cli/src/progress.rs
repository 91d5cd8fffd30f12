//! Progress line of `weir run` on a terminal.
//!
//! It is drawn from a thread of its own, which looks at a few counters a few times a second, and
//! gives way to all else that is written to the terminal.

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use weir_common::numbers::{counted, grouped, size};
use weir_sources::progress::Progress;

use crate::terminal::moves_cursor;

/// Time between two updates.
const EVERY: Duration = Duration::from_millis(250);
/// Least running time before the remaining time is estimated.
const FOUNDED: Duration = Duration::from_secs(3);

/// The line that is shown now, if one is.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Guard of the progress line, which is removed when the guard is dropped.
pub(crate) struct Shown {
    /// Dropped, it ends the thread.
    end: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Shows it, where standard error is a terminal on which it can be taken away again.
pub(crate) fn show(progress: Progress) -> Option<Shown> {
    if !moves_cursor(&io::stderr()) {
        return None;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{wide_msg}").ok()?);
    *shown() = Some(bar.clone());
    let (end, ended) = channel::<()>();
    let begun = Instant::now();
    let draw = move || {
        loop {
            bar.set_message(line(&progress, begun.elapsed()));
            bar.tick();
            match ended.recv_timeout(EVERY) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return,
            }
        }
    };
    let thread = thread::Builder::new().name("weir-progress".to_owned());
    Some(Shown {
        end: Some(end),
        // Without a thread there is no line, and all else goes on.
        thread: thread.spawn(draw).ok(),
    })
}

/// Does something to the terminal while the line is away.
pub(crate) fn suspended<T>(write: impl FnOnce() -> T) -> T {
    match &*shown() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It only draws.
            let _ = thread.join();
        }
        if let Some(bar) = shown().take() {
            bar.finish_and_clear();
        }
    }
}

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output beside the line, where both are terminals.
pub(crate) struct Beside(io::Stdout);

impl Beside {
    pub(crate) fn stdout() -> Self {
        Self(io::stdout())
    }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        suspended(|| {
            let written = self.0.write(bytes)?;
            // Drawn again, the line must be below it.
            self.0.flush()?;
            Ok(written)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line after a time.
fn line(progress: &Progress, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-3);
    let events = progress.documents();
    let pace = format!(
        "{}, {}/s, {}",
        counted(events, "event"),
        grouped((events as f64 / seconds) as u64),
        clock(elapsed)
    );
    let Some(total) = progress.total() else {
        return format!("read {}, {pace}", size(progress.bytes()));
    };
    // A file may have grown since.
    let done = progress.stored().min(total);
    let percent = (done * 100).checked_div(total).unwrap_or(100);
    let mut line = format!("{} of {} ({percent}%), {pace}", size(done), size(total));
    if let Some(left) = left(progress, total, elapsed) {
        line.push_str(&format!(", about {} left", clock(left)));
    }
    line
}

/// The time that the rest takes, if it is known how fast it goes.
fn left(progress: &Progress, total: u64, elapsed: Duration) -> Option<Duration> {
    let read = progress.stored().saturating_sub(progress.passed());
    if elapsed < FOUNDED || read == 0 {
        return None;
    }
    let rest = total.saturating_sub(progress.stored());
    let seconds = rest as f64 / read as f64 * elapsed.as_secs_f64();
    Duration::try_from_secs_f64(seconds).ok()
}

/// Minutes and seconds, and hours where there are any.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_where_the_total_is_known_and_the_pace_founded() {
        let files = Progress::of(40_000);
        files.add_stored(10_000);
        files.add(10_000, 10_000);
        let says = |seconds| line(&files, Duration::from_secs(seconds));
        assert_eq!(
            says(2),
            "9.8 KiB of 39.1 KiB (25%), 10,000 events, 5,000/s, 0:02"
        );
        assert_eq!(
            says(5),
            "9.8 KiB of 39.1 KiB (25%), 10,000 events, 2,000/s, 0:05, about 0:15 left"
        );
        // What is passed over says nothing of the pace.
        files.pass(20_000);
        assert_eq!(
            says(5),
            "29.3 KiB of 39.1 KiB (75%), 10,000 events, 2,000/s, 0:05, about 0:05 left"
        );
        // Files that grow.
        files.add_stored(50_000);
        assert!(says(5).starts_with("39.1 KiB of 39.1 KiB (100%)"));
        assert!(says(5).ends_with("about 0:00 left"));
        let pipe = Progress::default();
        pipe.add(3, 20_000_000);
        let line = line(&pipe, Duration::from_secs(7200));
        assert_eq!(line, "read 19.1 MiB, 3 events, 0/s, 2:00:00");
    }
}
