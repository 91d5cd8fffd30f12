//! Delivery worker: the thread that sends alerts in order, with retries.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::backoff::Backoff;
use super::disk::DEAD;
use super::{Failure, Queue, Receiver};
use weir_common::message::Level;
use weir_common::numbers::counted;

/// Most alerts in one request.
const MOST: usize = 500;
/// Most bytes of alerts in one request, unless a single one is larger.
const BYTES: usize = 1 << 20;

/// Runs until the queue is closed and empty, or its time is over.
pub(super) fn run(queue: &Queue, mut receiver: Box<dyn Receiver>) {
    let mut worker = DeliveryWorker {
        queue,
        most: MOST,
        backoff: Backoff::new(),
        failing: None,
    };
    while let Some(lines) = queue.first(worker.most, BYTES) {
        let goes_on = match lines {
            Ok(lines) => worker.deliver(&mut *receiver, &lines),
            Err(error) => worker.wait(&format!("cannot read the queue: {error}"), None),
        };
        if !goes_on {
            break;
        }
    }
    drop(receiver);
    queue.end();
}

/// State of the worker between two requests.
struct DeliveryWorker<'a> {
    queue: &'a Queue,
    /// Limit of alerts in the next request: halved after a permanent failure, to isolate its cause.
    most: usize,
    backoff: Backoff,
    /// Reason of the last failed attempt, already reported.
    failing: Option<String>,
}

impl DeliveryWorker<'_> {
    /// Sends lines until they are delivered, dead-lettered, or to be sent in smaller requests.
    /// Returns false when the time to deliver is over.
    fn deliver(&mut self, receiver: &mut dyn Receiver, lines: &[String]) -> bool {
        loop {
            match receiver.send(lines) {
                Ok(()) => {
                    self.delivered(lines);
                    return true;
                }
                Err(Failure::Retryable { why, after }) => {
                    if !self.wait(&why, after) {
                        return false;
                    }
                }
                Err(Failure::Permanent { why, one }) => {
                    self.count_failure();
                    if one && lines.len() > 1 {
                        self.most = lines.len().div_ceil(2);
                        return true;
                    }
                    return self.dead_letter(lines, &why);
                }
            }
        }
    }

    fn delivered(&mut self, lines: &[String]) {
        self.backoff = Backoff::new();
        self.most = (self.most * 2).min(MOST);
        if self.failing.take().is_some() {
            self.queue.tell(
                Level::Info,
                "delivery-resumed",
                "alerts are delivered again",
            );
        }
        if let Err(error) = self.queue.delivered(lines) {
            let text = format!(
                "cannot write in the queue what was delivered: {error}; after a restart it may \
                 be delivered again"
            );
            self.queue.tell(Level::Warn, "queue-failed", &text);
        }
    }

    /// Moves lines that are refused for good to the dead letters. Returns false when the time is
    /// over.
    fn dead_letter(&mut self, lines: &[String], why: &str) -> bool {
        let refused = format!(
            "refused for good ({why}): {}",
            counted(lines.len(), "alert")
        );
        let kept = match self.queue.dead_letter(lines, why) {
            Ok(true) => format!("kept in {DEAD} in the queue's folder"),
            Ok(false) => "lost; --queue DIR keeps them".to_owned(),
            Err(error) => {
                return self.wait(&format!("cannot keep dead letters: {error}"), None);
            }
        };
        let text = format!("{refused}, {kept}");
        self.queue.tell(Level::Error, "alerts-refused", &text);
        true
    }

    fn count_failure(&self) {
        self.queue.meter().failures.fetch_add(1, Relaxed);
    }

    /// Reports a new reason of failure and waits. Returns false when there is no time to try again.
    fn wait(&mut self, why: &str, after: Option<Duration>) -> bool {
        self.count_failure();
        if self.failing.as_deref() != Some(why) {
            let text = format!("{why}; trying again");
            self.queue.tell(Level::Warn, "delivery-failed", &text);
            self.failing = Some(why.to_owned());
        }
        let wait = self.backoff.next(after);
        self.queue.pause(wait, after.is_some())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use super::super::Target;
    use super::super::memory::Memory;
    use weir_sinks::destination::Destination as _;

    use super::*;

    /// Takes nothing that has one of these in it, and the rest only at the second attempt.
    struct Picky {
        refused: [&'static str; 2],
        taken: Arc<Mutex<Vec<String>>>,
        last: Vec<String>,
    }

    impl Receiver for Picky {
        fn send(&mut self, lines: &[String]) -> Result<(), Failure> {
            if lines
                .iter()
                .any(|line| self.refused.contains(&line.as_str()))
            {
                let why = "no".to_owned();
                return Err(Failure::Permanent { why, one: true });
            }
            if lines.len() > 100 && self.last != lines {
                self.last = lines.to_vec();
                return Err(Failure::retryable("not now"));
            }
            self.taken.lock().unwrap().extend_from_slice(lines);
            Ok(())
        }
    }

    #[test]
    fn all_but_those_that_are_refused_are_taken_once_and_in_order() {
        let target = Target::of("tcp://host:1".into()).unwrap();
        let store = Box::new(Memory::default());
        let queue = Queue::new(&target, store, 1 << 20, Arc::default());
        let lines: Vec<String> = (0..1200).map(|n| format!("line-{n}")).collect();
        queue.put(&lines.join("\n")).unwrap();
        let taken = Arc::default();
        let receiver = Picky {
            refused: ["line-77", "line-1199"],
            taken: Arc::clone(&taken),
            last: Vec::new(),
        };
        std::thread::scope(|scope| {
            scope.spawn(|| run(&queue, Box::new(receiver)));
            let rest = queue.close(Instant::now() + Duration::from_secs(600));
            assert_eq!((rest.queued, rest.dead, rest.kept), (0, 2, false));
        });
        let mut expected = lines;
        expected.retain(|line| line != "line-77" && line != "line-1199");
        assert_eq!(*taken.lock().unwrap(), expected);
        let figures = queue.meter().read();
        assert_eq!((figures.delivered, figures.dead), (1198, 2));
        assert!(figures.failures > 2 && !figures.full);
    }
}
