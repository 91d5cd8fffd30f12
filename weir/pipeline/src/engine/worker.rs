//! One worker: a partial detector on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::Failed;
use super::documents;
use weir_host::error::Error;
use weir_host::{BatchResult, Supervisor};
use weir_sources::reader::Batch;

pub(super) enum Order {
    Batch(Arc<Batch>),
    /// The detector's watermark, or the wall-clock time.
    Advance {
        to: Option<i64>,
        clock: Option<i64>,
    },
    /// The round is dealt out: wait for the bound, and give the state away.
    Round,
}

pub(super) enum Answer {
    Finished(Arc<Batch>, BatchResult),
    State(State),
    Failed(Failed, About),
}

/// A worker's answer to its share of a round.
pub(super) struct State {
    pub(super) bytes: Vec<u8>,
    /// Whether nothing of it is too late for the detector any more.
    pub(super) in_time: bool,
    pub(super) about: About,
}

/// Figures of a worker.
#[derive(Default)]
pub(super) struct About {
    /// Bytes of its instance's memory.
    pub(super) memory: u64,
    /// Number of restarts.
    pub(super) restarts: u64,
    /// Number of messages that were not shown.
    pub(super) hidden: u64,
}

pub(super) struct Worker {
    /// None when it is to end.
    orders: Option<Sender<Order>>,
    /// The detector's watermark when it takes the state of a round, if it has one.
    bounds: Option<Sender<Option<i64>>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    /// Its last figures.
    pub(super) about: About,
}

impl Worker {
    pub(super) fn start(detector: Supervisor) -> Result<Self, Error> {
        let (orders, taken) = channel();
        let (bounds, bound) = channel();
        let (given, answers) = channel();
        let span = tracing::Span::current();
        let thread = thread::Builder::new()
            .name("weir-worker".to_owned())
            .spawn(move || span.in_scope(|| work(detector, &taken, &bound, &given)))
            .map_err(|error| Error::Broken(format!("no thread for a worker: {error}")))?;
        Ok(Self {
            orders: Some(orders),
            bounds: Some(bounds),
            answers,
            thread: Some(thread),
            about: About::default(),
        })
    }

    /// A worker that is gone has left an answer that says why.
    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    /// Lets it give its state of the oldest round away.
    pub(super) fn bound(&self, watermark: Option<i64>) {
        if let Some(bounds) = &self.bounds {
            let _ = bounds.send(watermark);
        }
    }

    pub(super) fn answer(&self) -> Answer {
        self.answers.recv().unwrap_or_else(|_| {
            let error = Error::Broken("a worker broke down (a bug in weir)".to_owned());
            Answer::Failed(error.into(), About::default())
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop((self.orders.take(), self.bounds.take()));
        // Without a receiver, it leaves what it has still to do.
        self.answers = channel().1;
        if let Some(thread) = self.thread.take() {
            // Whether it panicked no longer matters.
            let _ = thread.join();
        }
    }
}

/// Carries out orders to their end, or up to the first that fails.
fn work(
    mut detector: Supervisor,
    orders: &Receiver<Order>,
    bounds: &Receiver<Option<i64>>,
    answers: &Sender<Answer>,
) {
    while let Ok(order) = orders.recv() {
        let answer = match order {
            Order::Advance { to, clock } => match detector.advance(to, clock) {
                Ok(()) => continue,
                Err(error) => Err(error.into()),
            },
            Order::Batch(batch) => match detector.push(&documents(&batch)) {
                Ok(taken) => Ok(Answer::Finished(batch, taken)),
                Err(error) => Err(Failed {
                    finished: Vec::new(),
                    batch: Some(batch),
                    error: Box::new(error),
                }),
            },
            Order::Round => {
                let Ok(bound) = bounds.recv() else {
                    return;
                };
                let state = give_away(&mut detector, bound);
                state.map(Answer::State).map_err(Failed::from)
            }
        };
        let last = answer.is_err();
        let answer = answer.unwrap_or_else(|failed| Answer::Failed(failed, about(&detector)));
        if answers.send(answer).is_err() || last {
            return;
        }
    }
}

fn give_away(detector: &mut Supervisor, bound: Option<i64>) -> Result<State, Error> {
    let late = |detector: &mut Supervisor| {
        let counters = detector.counters()?;
        Ok::<_, Error>(counters.sum(|rule| rule.dropped_late))
    };
    let before = late(detector)?;
    detector.advance(bound, None)?;
    // What is held can be too late for the detector only by where that is now.
    let in_time = late(detector)? == before;
    Ok(State {
        bytes: detector.take_state()?,
        in_time,
        about: about(detector),
    })
}

fn about(detector: &Supervisor) -> About {
    About {
        memory: detector.memory_bytes(),
        restarts: detector.restarts(),
        hidden: detector.hidden_messages(),
    }
}
