//! One worker: a partial detector on a thread of its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::Failed;
use crate::contract::Outcome;
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::Batch;

pub(super) enum Order {
    Batch(Box<Batch>),
    /// The wall-clock time.
    Clock(i64),
    /// The detector's watermark.
    Advance(i64),
    /// Give the state away, and go on under the detector's watermark, if it has one.
    Round(Option<i64>),
}

pub(super) enum Answer {
    Finished(Box<Batch>, Outcome),
    State { state: Vec<u8>, memory: u64 },
    Failed(Failed),
}

pub(super) struct Worker {
    /// None when it is to end.
    orders: Option<Sender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    /// Bytes of its instance's memory, as it said last.
    pub(super) memory: u64,
}

impl Worker {
    pub(super) fn start(detector: Detector) -> Result<Self, Error> {
        let (orders, taken) = channel();
        let (given, answers) = channel();
        let thread = thread::Builder::new()
            .name("weir-worker".to_owned())
            .spawn(move || work(detector, &taken, &given))
            .map_err(|error| Error::Broken(format!("no thread for a worker: {error}")))?;
        Ok(Self {
            orders: Some(orders),
            answers,
            thread: Some(thread),
            memory: 0,
        })
    }

    /// A worker that is gone has left an answer that says why.
    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    pub(super) fn answer(&self) -> Answer {
        self.answers.recv().unwrap_or_else(|_| {
            let error = Error::Broken("a worker broke down (a bug in weir)".to_owned());
            Answer::Failed(error.into())
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.orders.take());
        // With nobody to answer, it leaves what it has still to do.
        self.answers = channel().1;
        if let Some(thread) = self.thread.take() {
            // Whether it panicked no longer matters.
            let _ = thread.join();
        }
    }
}

/// Carries out orders to their end, or up to the first that fails.
fn work(mut detector: Detector, orders: &Receiver<Order>, answers: &Sender<Answer>) {
    while let Ok(order) = orders.recv() {
        let answer = match order {
            Order::Clock(now) => match detector.clock(now) {
                Ok(()) => continue,
                Err(error) => Answer::Failed(error.into()),
            },
            Order::Advance(to) => match detector.advance(to) {
                Ok(()) => continue,
                Err(error) => Answer::Failed(error.into()),
            },
            Order::Batch(batch) => match detector.push(&batch.bytes) {
                Ok(outcome) => Answer::Finished(batch, outcome),
                Err(error) => Answer::Failed(Failed {
                    finished: Vec::new(),
                    batch: Some(batch),
                    error,
                }),
            },
            Order::Round(watermark) => match give_away(&mut detector, watermark) {
                Ok(state) => Answer::State {
                    state,
                    memory: detector.memory_bytes() as u64,
                },
                Err(error) => Answer::Failed(error.into()),
            },
        };
        let last = matches!(answer, Answer::Failed(_));
        if answers.send(answer).is_err() || last {
            return;
        }
    }
}

fn give_away(detector: &mut Detector, watermark: Option<i64>) -> Result<Vec<u8>, Error> {
    let state = detector.take_state()?;
    if let Some(watermark) = watermark {
        detector.advance(watermark)?;
    }
    Ok(state)
}
