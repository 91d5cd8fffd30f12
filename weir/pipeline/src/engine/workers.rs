//! Several instances over one stream: workers aggregate, one detector decides.
//!
//! A round is a run of batches for each worker, which gives its state away at the end. The
//! states are merged into the detector in the order of the stream, so that it closes windows
//! as if it had read the batches itself, one run at a time. While that goes on, the workers
//! are at the next round already. The worker that gets a batch, and the batch at which a round ends,
//! depend on the batches alone, so a second run repeats them.
//!
//! What depends on order within a run is left to the detector alone: a run with documents that
//! are too far ahead, or too late for where the detector is by then, is pushed to it batch by
//! batch, and what the worker made of it is thrown away. So is all that comes before there is
//! a watermark.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::documents;
use super::worker::{Answer, Order, State, Worker};
use super::{Failed, Finished};
use weir_host::Supervisor;
use weir_host::contract::{Alert, Succession, Verdict};
use weir_host::error::Error;
use weir_sinks::output::AnswerBuffer;
use weir_sources::reader::Batch;

/// Batches of a run: merging costs by groups and windows, so runs are long.
const RUN: usize = 64;
/// Bytes behind which a run ends: all of its batches are held until it is merged.
const RUN_BYTES: usize = 32 << 20;

/// A detector and its workers.
pub(super) struct Workers {
    pub(super) detector: Supervisor,
    workers: Vec<Worker>,
    /// Batches of each run of the round that is being dealt out.
    dealt: Vec<usize>,
    /// Bytes of the last of these runs.
    bytes: usize,
    /// When the first batch was dealt out.
    began: Instant,
    /// Batches of the rounds that the workers have still to answer, oldest first.
    rounds: VecDeque<Vec<usize>>,
    /// The detector's watermark after the last merge.
    watermark: Option<i64>,
    /// Whether the workers were told the wall-clock time.
    clocked: bool,
    /// Alerts that were taken already.
    ready: AnswerBuffer<Alert>,
    /// Verdicts that wait to be taken, if there is a ledger.
    ready_verdicts: AnswerBuffer<Verdict>,
    pub(super) keeps_ledger: bool,
    /// The detector has failed, and answers no more.
    broken: bool,
}

/// A worker's answer to a run.
struct RunResult {
    finished: Vec<Finished>,
    /// None when it failed.
    state: Option<State>,
    failed: Option<Failed>,
}

impl Workers {
    pub(super) fn start(detector: Supervisor, workers: Vec<Supervisor>) -> Result<Self, Error> {
        let workers = workers.into_iter().map(Worker::start);
        let most = detector.limits().held_bytes();
        let mut all = Self {
            workers: workers.collect::<Result<_, _>>()?,
            detector,
            dealt: Vec::new(),
            bytes: 0,
            began: Instant::now(),
            rounds: VecDeque::new(),
            watermark: None,
            clocked: false,
            ready: AnswerBuffer::new(most),
            ready_verdicts: AnswerBuffer::new(most),
            keeps_ledger: false,
            broken: false,
        };
        all.look()?;
        Ok(all)
    }

    /// Takes in a state, as the first thing.
    pub(super) fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.detector.restore(state)?;
        self.look()
    }

    /// Takes over a state, as the first thing.
    pub(super) fn take_over(&mut self, state: &[u8]) -> Result<Vec<Succession>, Error> {
        let told = self.detector.take_over(state)?;
        self.look()?;
        Ok(told)
    }

    pub(super) fn push(&mut self, batch: Arc<Batch>) -> Result<Vec<Finished>, Failed> {
        if self.watermark.is_none() {
            let finished = self.alone(vec![batch])?;
            self.look()?;
            return Ok(finished);
        }
        if self.dealt.is_empty() {
            self.began = Instant::now();
        }
        if self.run_is_full() {
            self.dealt.push(0);
            self.bytes = 0;
        }
        if let Some(run) = self.dealt.last_mut() {
            *run += 1;
        }
        self.bytes = self.bytes.saturating_add(batch.bytes.len());
        if let Some(worker) = self.workers.get(self.dealt.len() - 1) {
            worker.order(Order::Batch(batch));
        }
        if self.dealt.len() < self.workers.len() || !self.run_is_full() {
            return Ok(Vec::new());
        }
        self.end_round();
        // One round is always on its way while the one before it is merged.
        if self.rounds.len() > 1 {
            return self.collect();
        }
        Ok(Vec::new())
    }

    /// Whether the next batch is another worker's.
    fn run_is_full(&self) -> bool {
        let last = self.dealt.last();
        last.is_none_or(|batches| *batches >= RUN) || self.bytes >= RUN_BYTES
    }

    pub(super) fn drain(&mut self) -> Result<Vec<Finished>, Failed> {
        if !self.dealt.is_empty() {
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
        self.dealt.is_empty()
    }

    pub(super) fn is_settled(&self) -> bool {
        let answered = self.dealt.is_empty() && self.rounds.is_empty();
        answered && self.ready.is_empty() && self.ready_verdicts.is_empty()
    }

    pub(super) fn waits(&self) -> Option<Duration> {
        let any = !self.dealt.is_empty() || !self.rounds.is_empty();
        any.then(|| self.began.elapsed())
    }

    pub(super) fn clock(&mut self, now: i64) {
        self.clocked = true;
        for worker in &self.workers {
            worker.order(Order::Advance {
                to: None,
                clock: Some(now),
            });
        }
    }

    pub(super) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        if !self.ready.is_empty() || self.broken {
            return Ok(self.ready.take());
        }
        self.detector.take_alerts()
    }

    pub(super) fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        if !self.ready_verdicts.is_empty() || self.broken {
            return Ok(self.ready_verdicts.take());
        }
        self.detector.take_verdicts()
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let of = |worker: &Worker| worker.about.memory;
        self.detector.memory_bytes() + self.workers.iter().map(of).sum::<u64>()
    }

    pub(super) fn restarts(&self) -> u64 {
        let of = |worker: &Worker| worker.about.restarts;
        self.detector.restarts() + self.workers.iter().map(of).sum::<u64>()
    }

    pub(super) fn hidden_messages(&self) -> u64 {
        let of = |worker: &Worker| worker.about.hidden;
        self.detector.hidden_messages() + self.workers.iter().map(of).sum::<u64>()
    }

    fn end_round(&mut self) {
        for worker in &self.workers {
            worker.order(Order::Round);
        }
        self.rounds.push_back(std::mem::take(&mut self.dealt));
    }

    /// Looks where the detector is. Workers hear of it as soon as there is a watermark, and
    /// then at the ends of rounds.
    fn look(&mut self) -> Result<(), Error> {
        let before = self.watermark;
        self.watermark = self.detector.counters()?.watermark;
        if let (None, Some(watermark)) = (before, self.watermark) {
            for worker in &self.workers {
                worker.order(Order::Advance {
                    to: Some(watermark),
                    clock: None,
                });
            }
        }
        Ok(())
    }

    /// Waits for the oldest round and lets the detector have it, run by run.
    fn collect(&mut self) -> Result<Vec<Finished>, Failed> {
        let runs = self.rounds.pop_front().unwrap_or_default();
        let mut finished = Vec::with_capacity(runs.iter().sum());
        for worker in 0..self.workers.len() {
            // With less than a round there is nothing for the last ones.
            let run = runs.get(worker).copied().unwrap_or_default();
            match self.collect_run(worker, run) {
                Ok(more) => finished.extend(more),
                Err(mut failed) => {
                    finished.append(&mut failed.finished);
                    return Err(Failed { finished, ..failed });
                }
            }
        }
        Ok(finished)
    }

    /// Waits for a worker's run of so many batches and lets the detector have it.
    fn collect_run(&mut self, worker: usize, batches: usize) -> Result<Vec<Finished>, Failed> {
        let Some(worker) = self.workers.get_mut(worker) else {
            return Ok(Vec::new());
        };
        worker.bound(self.watermark);
        let ran = ran(worker, batches);
        let finished = match (ran.state, ran.failed) {
            (_, Some(mut failed)) => {
                // With what came before it, as if the detector had been alone.
                let mut batches = self::batches(ran.finished);
                batches.extend(failed.batch.clone());
                let mut finished = self.alone(batches)?;
                if failed.batch.is_some() {
                    finished.pop();
                }
                failed.finished = finished;
                return Err(failed);
            }
            (Some(state), None) => {
                if self.take_in(&ran.finished, state)? {
                    ran.finished
                } else {
                    self.alone(self::batches(ran.finished))?
                }
            }
            (None, None) => self.alone(self::batches(ran.finished))?,
        };
        self.look()?;
        Ok(finished)
    }

    /// Merges the state of a run. The answer is no, and nothing has changed, when the order
    /// of its documents matters.
    fn take_in(&mut self, finished: &[Finished], state: State) -> Result<bool, Error> {
        let refused = finished
            .iter()
            .map(|(_, taken)| taken.counts.refused_future);
        // By a clock they are refused one by one, else by those before them.
        let ahead: u64 = refused.sum();
        if !state.in_time || ahead > 0 && !self.clocked {
            return Ok(false);
        }
        if !finished.is_empty() {
            self.detector.merge(state.bytes)?;
        }
        Ok(true)
    }

    /// Takes all alerts that the detector has by now, and all of the ledger.
    fn take_ready(&mut self) -> Result<(), Error> {
        loop {
            let alerts = self.detector.take_alerts()?;
            if alerts.is_empty() {
                break;
            }
            self.ready.add(alerts)?;
        }
        while self.keeps_ledger {
            let verdicts = self.detector.take_verdicts()?;
            if verdicts.is_empty() {
                break;
            }
            self.ready_verdicts.add(verdicts)?;
        }
        Ok(())
    }

    /// Pushes batches to the detector itself. What it finds is safe when it fails later.
    fn alone(&mut self, batches: Vec<Arc<Batch>>) -> Result<Vec<Finished>, Failed> {
        let mut finished = Vec::with_capacity(batches.len());
        for batch in batches {
            match self.detector.push(&documents(&batch)) {
                Ok(taken) => {
                    finished.push((batch, taken));
                    self.take_ready()?;
                }
                Err(error) => {
                    self.broken = true;
                    return Err(Failed {
                        finished,
                        batch: Some(batch),
                        error: Box::new(error),
                    });
                }
            }
        }
        Ok(finished)
    }
}

fn batches(finished: Vec<Finished>) -> Vec<Arc<Batch>> {
    finished.into_iter().map(|(batch, _)| batch).collect()
}

/// A worker's answer to a run of so many batches, up to where it failed.
fn ran(worker: &mut Worker, batches: usize) -> RunResult {
    let mut ran = RunResult {
        finished: Vec::with_capacity(batches),
        state: None,
        failed: None,
    };
    while ran.state.is_none() && ran.failed.is_none() {
        match worker.answer() {
            Answer::Finished(batch, taken) => ran.finished.push((batch, taken)),
            Answer::State(mut state) => {
                worker.about = std::mem::take(&mut state.about);
                ran.state = Some(state);
            }
            Answer::Failed(failed, about) => {
                worker.about = about;
                ran.failed = Some(failed);
            }
        }
    }
    ran
}
