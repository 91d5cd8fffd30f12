//! Several instances over one stream: workers aggregate, one detector decides.
//!
//! Batches are dealt out in turn. After a round of them each worker gives its state away,
//! and the states are merged in the workers' order. While that goes on, the workers are
//! at the next round already. Who gets which batch and where rounds end depends on the
//! batches alone, so a second run does the same.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Failed, Finished};
use crate::contract::Outcome;
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::Batch;

/// Batches that a worker takes in one round: merging costs by groups, so rounds are long.
const ROUND: usize = 32;

enum Order {
    Batch(Box<Batch>),
    /// The wall-clock time.
    Clock(i64),
    /// Give the state away. The watermark is that of the detector, if it has one.
    Round(Option<i64>),
}

enum Answer {
    Finished(Box<Batch>, Outcome),
    State { state: Vec<u8>, memory: u64 },
    Failed(Failed),
}

struct Worker {
    /// None when it is to end.
    orders: Option<Sender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    memory: u64,
}

/// A detector and its workers.
pub(super) struct Workers {
    pub(super) detector: Detector,
    workers: Vec<Worker>,
    /// Batches of the round that is being dealt out.
    dealt: usize,
    /// When the first of them was.
    began: Instant,
    /// Batches of the rounds that the workers have still to answer, oldest first.
    rounds: VecDeque<usize>,
    /// The detector's watermark after the last merge.
    watermark: Option<i64>,
}

impl Workers {
    pub(super) fn start(mut detector: Detector, workers: Vec<Detector>) -> Result<Self, Error> {
        let watermark = detector.counters()?.watermark;
        let workers = workers.into_iter().map(|mut worker| {
            if let Some(watermark) = watermark {
                worker.advance(watermark)?;
            }
            Worker::start(worker)
        });
        Ok(Self {
            workers: workers.collect::<Result<_, _>>()?,
            detector,
            dealt: 0,
            began: Instant::now(),
            rounds: VecDeque::new(),
            watermark,
        })
    }

    pub(super) fn push(&mut self, batch: Batch) -> Result<Vec<Finished>, Failed> {
        if self.dealt == 0 {
            self.began = Instant::now();
        }
        let count = self.workers.len().max(1);
        if let Some(worker) = self.workers.get(self.dealt % count) {
            worker.order(Order::Batch(Box::new(batch)));
        }
        self.dealt += 1;
        if self.dealt < count * ROUND {
            return Ok(Vec::new());
        }
        self.end_round();
        // One round is always on its way while the one before it is merged.
        if self.rounds.len() > 1 {
            return self.collect();
        }
        Ok(Vec::new())
    }

    pub(super) fn drain(&mut self) -> Result<Vec<Finished>, Failed> {
        if self.dealt > 0 {
            self.end_round();
        }
        let mut finished = Vec::new();
        while !self.rounds.is_empty() {
            finished.extend(self.collect()?);
        }
        Ok(finished)
    }

    pub(super) fn waits(&self) -> Option<Duration> {
        let any = self.dealt > 0 || !self.rounds.is_empty();
        any.then(|| self.began.elapsed())
    }

    pub(super) fn clock(&self, now: i64) {
        for worker in &self.workers {
            worker.order(Order::Clock(now));
        }
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let workers: u64 = self.workers.iter().map(|worker| worker.memory).sum();
        self.detector.memory_bytes() as u64 + workers
    }

    fn end_round(&mut self) {
        for worker in &self.workers {
            worker.order(Order::Round(self.watermark));
        }
        self.rounds.push_back(self.dealt);
        self.dealt = 0;
    }

    /// Waits for the oldest round and merges it.
    fn collect(&mut self) -> Result<Vec<Finished>, Failed> {
        let batches = self.rounds.pop_front().unwrap_or_default();
        let mut finished = Vec::with_capacity(batches);
        for worker in self.workers.iter().cycle().take(batches) {
            if let Answer::Finished(batch, outcome) = worker.answer()? {
                finished.push((*batch, outcome));
            }
        }
        for worker in &mut self.workers {
            if let Answer::State { state, memory } = worker.answer()? {
                self.detector.merge(&state)?;
                worker.memory = memory;
            }
        }
        self.watermark = self.detector.counters()?.watermark;
        Ok(finished)
    }
}

impl Worker {
    fn start(detector: Detector) -> Result<Self, Error> {
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
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    fn answer(&self) -> Result<Answer, Failed> {
        match self.answers.recv() {
            Ok(Answer::Failed(failed)) => Err(failed),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Error::Broken("a worker broke down (a bug in weir)".to_owned()).into()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.orders.take());
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
            Order::Batch(batch) => match detector.push(&batch.bytes) {
                Ok(outcome) => Answer::Finished(batch, outcome),
                Err(error) => Answer::Failed(Failed {
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
