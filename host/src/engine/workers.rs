//! Several instances over one stream: workers aggregate, one detector decides.
//!
//! Batches are dealt out in turn. After a round of them each worker gives its state away.
//! The states are gathered, in the workers' order, into one state of the round, and that
//! is merged into the detector: were they merged one by one, the first would close windows
//! that the next has events of. While that goes on, the workers are at the next round
//! already. Who gets which batch and where rounds end depends on the batches alone, so a
//! second run does the same.
//!
//! What depends on order within a round is left to the detector alone: a round with
//! documents that are too far ahead or too late is pushed to it batch by batch, and what
//! the workers made of it is thrown away. So is all that comes before there is a watermark.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::worker::{Answer, Order, Worker};
use super::{Failed, Finished};
use crate::contract::Alert;
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::Batch;

/// Batches that a worker takes in one round: merging costs by groups, so rounds are long.
const ROUND: usize = 32;

/// A detector and its workers.
pub(super) struct Workers {
    pub(super) detector: Detector,
    /// Takes in the states of a round.
    gatherer: Detector,
    workers: Vec<Worker>,
    /// Batches of the round that is being dealt out.
    dealt: usize,
    /// When the first of them was.
    began: Instant,
    /// Batches of the rounds that the workers have still to answer, oldest first.
    rounds: VecDeque<usize>,
    /// The detector's watermark after the last merge.
    watermark: Option<i64>,
    /// Whether the workers were told the wall-clock time.
    clocked: bool,
    /// Alerts that were taken already.
    ready: Vec<Alert>,
    /// The detector has failed, and answers no more.
    broken: bool,
}

/// What the workers made of a round.
struct Round {
    finished: Vec<Finished>,
    states: Vec<Vec<u8>>,
    failed: Option<Failed>,
}

impl Workers {
    pub(super) fn start(
        detector: Detector,
        gatherer: Detector,
        workers: Vec<Detector>,
    ) -> Result<Self, Error> {
        let workers = workers.into_iter().map(Worker::start);
        let mut all = Self {
            workers: workers.collect::<Result<_, _>>()?,
            detector,
            gatherer,
            dealt: 0,
            began: Instant::now(),
            rounds: VecDeque::new(),
            watermark: None,
            clocked: false,
            ready: Vec::new(),
            broken: false,
        };
        all.look()?;
        Ok(all)
    }

    pub(super) fn push(&mut self, batch: Batch) -> Result<Vec<Finished>, Failed> {
        if self.watermark.is_none() {
            let finished = self.alone(vec![batch])?;
            self.look()?;
            return Ok(finished);
        }
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
            match self.collect() {
                Ok(more) => finished.extend(more),
                Err(mut failed) => {
                    finished.append(&mut failed.finished);
                    return Err(Failed { finished, ..failed });
                }
            }
        }
        Ok(finished)
    }

    pub(super) fn at_round_end(&self) -> bool {
        self.dealt == 0
    }

    pub(super) fn waits(&self) -> Option<Duration> {
        let any = self.dealt > 0 || !self.rounds.is_empty();
        any.then(|| self.began.elapsed())
    }

    pub(super) fn clock(&mut self, now: i64) {
        self.clocked = true;
        for worker in &self.workers {
            worker.order(Order::Clock(now));
        }
    }

    pub(super) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        let mut all = std::mem::take(&mut self.ready);
        if !self.broken {
            all.extend(super::take_alerts(&mut self.detector)?);
        }
        Ok(all)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let workers: u64 = self.workers.iter().map(|worker| worker.memory).sum();
        let ours = self.detector.memory_bytes() + self.gatherer.memory_bytes();
        ours as u64 + workers
    }

    fn end_round(&mut self) {
        for worker in &self.workers {
            worker.order(Order::Round(self.watermark));
        }
        self.rounds.push_back(self.dealt);
        self.dealt = 0;
    }

    /// Looks where the detector is. Workers hear of it as soon as there is a watermark, and
    /// then at the ends of rounds.
    fn look(&mut self) -> Result<(), Error> {
        let before = self.watermark;
        self.watermark = self.detector.counters()?.watermark;
        if let (None, Some(watermark)) = (before, self.watermark) {
            for worker in &self.workers {
                worker.order(Order::Advance(watermark));
            }
        }
        Ok(())
    }

    /// Waits for the oldest round and lets the detector have it.
    fn collect(&mut self) -> Result<Vec<Finished>, Failed> {
        let round = self.answers();
        let finished = match round.failed {
            None if self.gather(&round)? => round.finished,
            None => self.alone(batches(round.finished))?,
            Some(mut failed) => {
                // With what came before it, as if the detector had been alone.
                let mut batches = batches(round.finished);
                batches.extend(failed.batch.as_deref().cloned());
                let mut finished = self.alone(batches)?;
                if failed.batch.is_some() {
                    finished.pop();
                }
                failed.finished = finished;
                return Err(failed);
            }
        };
        self.look()?;
        Ok(finished)
    }

    /// What the workers answer to the oldest round, up to the first that failed.
    fn answers(&mut self) -> Round {
        let batches = self.rounds.pop_front().unwrap_or_default();
        let mut round = Round {
            finished: Vec::with_capacity(batches),
            states: Vec::with_capacity(self.workers.len()),
            failed: None,
        };
        let count = self.workers.len().max(1);
        for at in (0..batches).map(|at| at % count).chain(0..count) {
            let Some(worker) = self.workers.get_mut(at) else {
                break;
            };
            match worker.answer() {
                Answer::Finished(batch, outcome) => round.finished.push((*batch, outcome)),
                Answer::State { state, memory } => {
                    worker.memory = memory;
                    round.states.push(state);
                }
                Answer::Failed(failed) => {
                    round.failed = Some(failed);
                    break;
                }
            }
        }
        round
    }

    /// Merges a round's states. The answer is no, and nothing has changed, when the order
    /// of its documents matters.
    fn gather(&mut self, round: &Round) -> Result<bool, Error> {
        let outcomes = || round.finished.iter().map(|(_, outcome)| outcome);
        // By a clock they are refused one by one, else by those before them.
        let ahead: u64 = outcomes().map(|outcome| outcome.refused_future).sum();
        if ahead > 0 && !self.clocked {
            return Ok(false);
        }
        // The workers may not have known yet how far the detector was.
        if let Some(watermark) = self.detector.counters()?.watermark {
            self.gatherer.advance(watermark)?;
        }
        for state in &round.states {
            self.gatherer.merge(state)?;
        }
        let dropped: u64 = outcomes().map(|outcome| outcome.dropped_late).sum();
        let in_time = self.gatherer.counters()?.dropped_late == dropped;
        let state = self.gatherer.take_state()?;
        if in_time {
            self.detector.merge(&state)?;
        }
        Ok(in_time)
    }

    /// Pushes batches to the detector itself. What it finds is safe when it fails later.
    fn alone(&mut self, batches: Vec<Batch>) -> Result<Vec<Finished>, Failed> {
        let mut finished = Vec::with_capacity(batches.len());
        for batch in batches {
            match self.detector.push(&batch.bytes) {
                Ok(outcome) => {
                    finished.push((batch, outcome));
                    self.ready.extend(super::take_alerts(&mut self.detector)?);
                }
                Err(error) => {
                    self.broken = true;
                    return Err(Failed {
                        finished,
                        batch: Some(Box::new(batch)),
                        error,
                    });
                }
            }
        }
        Ok(finished)
    }
}

fn batches(finished: Vec<Finished>) -> Vec<Batch> {
    finished.into_iter().map(|(batch, _)| batch).collect()
}
