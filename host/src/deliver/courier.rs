//! The thread that sends alerts, in order, until they are taken.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::backoff::Backoff;
use super::disk::DEAD;
use super::{Failure, Queue, Receiver};

/// Most alerts that are sent at once,
const MOST: usize = 500;
/// and their bytes, unless a single one is larger.
const BYTES: usize = 1 << 20;

/// Sends all that comes until the queue is closed and empty, or its time is over.
pub(super) fn run(queue: &Queue, mut receiver: Box<dyn Receiver>) {
    let mut courier = Courier {
        queue,
        most: MOST,
        backoff: Backoff::new(),
        failing: None,
    };
    while let Some(lines) = queue.first(courier.most, BYTES) {
        let goes_on = match lines {
            Ok(lines) => courier.carry(&mut *receiver, &lines),
            Err(error) => courier.wait(&format!("cannot read the queue: {error}"), None),
        };
        if !goes_on {
            break;
        }
    }
    drop(receiver);
    queue.end();
}

struct Courier<'a> {
    queue: &'a Queue,
    /// Alerts that are sent at once: fewer where one of them may not be taken.
    most: usize,
    backoff: Backoff,
    /// Why the last attempt failed.
    failing: Option<String>,
}

impl Courier<'_> {
    /// Sends lines until something has become of them. Whether there is time for more.
    fn carry(&mut self, receiver: &mut dyn Receiver, lines: &[String]) -> bool {
        loop {
            match receiver.send(lines) {
                Ok(()) => {
                    self.delivered(lines);
                    return true;
                }
                Err(Failure::Later { why, after }) => {
                    if !self.wait(&why, after) {
                        return false;
                    }
                }
                Err(Failure::Never { why, one }) => {
                    self.count_failure();
                    if one && lines.len() > 1 {
                        self.most = lines.len().div_ceil(2);
                        return true;
                    }
                    return self.bury(lines, &why);
                }
            }
        }
    }

    fn delivered(&mut self, lines: &[String]) {
        self.backoff = Backoff::new();
        self.most = (self.most * 2).min(MOST);
        if self.failing.take().is_some() {
            self.queue.tell("alerts are delivered again");
        }
        if let Err(error) = self.queue.delivered(lines) {
            self.queue.tell(&format!(
                "cannot write in the queue what was delivered: {error}; after a restart it may \
                 be delivered again"
            ));
        }
    }

    /// Puts lines aside that are never taken.
    fn bury(&mut self, lines: &[String], why: &str) -> bool {
        let number = lines.len();
        match self.queue.bury(lines, why) {
            Ok(true) => self.queue.tell(&format!(
                "{number} alerts are never taken ({why}); they are in {DEAD} in the queue's folder"
            )),
            Ok(false) => self.queue.tell(&format!(
                "{number} alerts are never taken ({why}), and are lost; --queue DIR keeps them"
            )),
            Err(error) => {
                return self.wait(&format!("cannot keep dead letters: {error}"), None);
            }
        }
        true
    }

    fn count_failure(&self) {
        self.queue.meter().failures.fetch_add(1, Relaxed);
    }

    /// Says why it failed, unless that is known, and waits. Whether to try again.
    fn wait(&mut self, why: &str, after: Option<Duration>) -> bool {
        self.count_failure();
        if self.failing.as_deref() != Some(why) {
            self.queue.tell(&format!("{why}; trying again"));
            self.failing = Some(why.to_owned());
        }
        let wait = self.backoff.next(after);
        self.queue.pause(wait, after.is_some())
    }
}
