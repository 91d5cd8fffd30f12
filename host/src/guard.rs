//! A detector that outlives its instances.
//!
//! When a call fails, its instance is thrown away. A fresh one takes in the last snapshot and
//! everything that was done since then ([`Journal`]), so that nothing is lost and nothing
//! counts twice, and the call is made again. A batch on which that fails too is halved until
//! the one document is found that does it, which is quarantined; the rest goes on.

mod bisect;
mod journal;
mod opening;
mod slow;
mod stateless;
mod strikes;
mod verdicts;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::contract::{Alert, Counters, Outcome, Rule};
#[cfg(feature = "kafka")]
use crate::contract::{GroupState, MergeError};
use crate::detector::{Detector, TAKE};
use crate::error::{Error, TrapKind};
use crate::feed::Batch;
use crate::sandbox::Limits;
use journal::{Journal, Step};
pub use opening::Opening;
pub(crate) use slow::Slow;
use stateless::Stateless;
use strikes::Strikes;
use verdicts::Told;

/// Between two snapshots lies at least this many times what the last one took,
const SHARE: u32 = 50;
/// and at least this.
const LEAST: Duration = Duration::from_secs(10);
/// Instances that a journal is shared out to when one does not get to its end.
const PARTS: usize = 8;
/// Groups' states that are asked for at once.
#[cfg(feature = "kafka")]
const GROUPS: u32 = 1 << 14;
/// How often a call is made in all before it is given up: twice it may be the state's fault.
const TRIES: u32 = 3;

/// What became of a batch.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) outcome: Outcome,
    /// Documents on which the component failed, by their lines in the batch.
    pub(crate) quarantined: Vec<Quarantined>,
    /// That it took much of the time that it may take.
    pub(crate) slow: Option<Slow>,
}

/// A document on which the component failed.
#[derive(Debug, Clone)]
pub(crate) struct Quarantined {
    pub(crate) line: u32,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) reason: String,
}

/// A detector, and what it takes to have another one like it.
pub(crate) struct Guard {
    opening: Opening,
    detector: Detector,
    /// The last snapshot.
    base: Option<Vec<u8>>,
    journal: Journal,
    /// Alerts taken since the snapshot.
    alerts: u64,
    /// Of these, how many a fresh instance has not yet given again.
    told: u64,
    /// Alerts that are asked for at once.
    take: u64,
    /// Entries of the ledger that were taken, likewise.
    verdicts: Told,
    strikes: Strikes,
    /// That there may be more of both which was not taken, since the run is to end.
    left: bool,
    /// When the snapshot was made, and what that took.
    snapped: (Instant, Duration),
    /// What there is to tell people.
    notes: Vec<String>,
    /// How it is brought back where there are no snapshots.
    stateless: Option<Stateless>,
}

impl Guard {
    pub(crate) fn new(opening: Opening) -> Result<Self, Error> {
        let limits = opening.limits();
        let spilled = limits.journal_disk_mib << 20;
        let has_state = opening.interfaces().state;
        let stateless = (!has_state).then(Stateless::default);
        Ok(Self {
            strikes: Strikes::new(limits, opening.stop()),
            journal: Journal::new(limits.journal_bytes(), spilled),
            detector: opening.open()?,
            opening,
            base: None,
            alerts: 0,
            told: 0,
            take: TAKE.into(),
            verdicts: Told::new(),
            left: false,
            snapped: (Instant::now(), Duration::ZERO),
            notes: Vec::new(),
            stateless,
        })
    }

    /// One whose batches others hold anyway: it keeps them in memory.
    pub(crate) fn worker(opening: Opening) -> Result<Self, Error> {
        let mut worker = Self::new(opening)?;
        worker.journal = Journal::new(usize::MAX, 0);
        Ok(worker)
    }

    /// SHA-256 of its component.
    pub(crate) fn component(&self) -> &str {
        self.opening.component()
    }

    /// The rules that are open, in the order of `describe`.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.detector.rules()
    }

    /// The limits that it is held to.
    pub(crate) fn limits(&self) -> &Limits {
        self.opening.limits()
    }

    /// Takes in a state, as the first thing.
    pub(crate) fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.detector.merge(state)?;
        self.base = Some(state.to_vec());
        Ok(())
    }

    /// Takes a batch.
    pub(crate) fn push(&mut self, batch: &Arc<Batch>) -> Result<Taken, Error> {
        let began = Instant::now();
        let taken = match self.detector.push(&batch.bytes) {
            Ok(outcome) => {
                let slow = Slow::of(began.elapsed(), batch.bytes.len(), self.opening.limits());
                self.strikes.went_well(outcome.documents());
                self.journal.note(Step::Batch(Arc::clone(batch)));
                Taken {
                    outcome,
                    quarantined: Vec::new(),
                    slow,
                }
            }
            Err(error) => self.push_again(batch, error)?,
        };
        self.keep_up()?;
        Ok(taken)
    }

    /// Tells the time.
    pub(crate) fn advance(&mut self, to: Option<i64>, clock: Option<i64>) -> Result<(), Error> {
        self.again(|detector| detector.advance(to, clock))?;
        self.journal.note(Step::Advance { to, clock });
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.again(Detector::flush)?;
        self.journal.note(Step::Flush);
        Ok(())
    }

    pub(crate) fn merge(&mut self, state: Vec<u8>) -> Result<(), Error> {
        self.again(|detector| own(detector.merge(&state)))?;
        self.journal.note(Step::Merge(state));
        self.keep_up()
    }

    /// Takes in a state that another host made; refused, it changes nothing.
    #[cfg(feature = "kafka")]
    pub(crate) fn take_in(&mut self, state: Vec<u8>) -> Result<Result<(), MergeError>, Error> {
        let taken = self.again(|detector| detector.take_in(&state))?;
        if taken.is_ok() {
            self.journal.note(Step::Merge(state));
            self.keep_up()?;
        }
        Ok(taken)
    }

    /// What is not taken before the run ends is in the last snapshot, and need not be waited for.
    pub(crate) fn may_leave(&mut self) {
        self.strikes.leaves();
    }

    /// Whether there may be more than was taken, since the run is to end.
    pub(crate) fn left(&self) -> bool {
        self.left
    }

    /// Whether the run is to end and waits no longer for more.
    fn leaves(&mut self) -> bool {
        self.left |= self.strikes.is_out_of_patience();
        self.left
    }

    /// Some of the alerts that are ready, oldest first; none when there are no more, or when
    /// the run is to end and these would take too long. What was taken is safe when it fails later.
    pub(crate) fn take_alerts(&mut self) -> Result<Vec<Alert>, Error> {
        if self.leaves() {
            return Ok(Vec::new());
        }
        if let Some(found) = self.stateless.as_mut().and_then(Stateless::found) {
            return Ok(found);
        }
        loop {
            let most = self.take;
            let began = Instant::now();
            let take = |detector: &mut Detector| detector.take_some(most);
            let alerts = match self.again_unless(take, |error| too_many(error, most)) {
                // Fewer at once may fit.
                Err(error) if too_many(&error, most) => {
                    self.take = most / 2;
                    self.restart(&error)?;
                    continue;
                }
                done => done?,
            };
            self.alerts += alerts.len() as u64;
            if let Some(stateless) = &mut self.stateless {
                stateless.told(&alerts);
            }
            if !alerts.is_empty() {
                self.strikes.gave(began.elapsed());
            }
            return Ok(alerts);
        }
    }

    pub(crate) fn counters(&mut self) -> Result<Counters, Error> {
        self.again(Detector::counters)
    }

    /// The whole state.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.save()?;
        Ok(self.base.clone().unwrap_or_default())
    }

    /// Makes a snapshot, from which fresh instances go on from now on.
    fn save(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        let state = self.again(Detector::snapshot)?;
        self.snapped = (Instant::now(), began.elapsed());
        self.saved(state);
        Ok(())
    }

    fn saved(&mut self, state: Vec<u8>) {
        self.base = Some(state);
        self.journal.clear();
        self.alerts = 0;
        self.verdicts.forget();
    }

    /// Takes the whole state out; what comes later is counted from none.
    pub(crate) fn take_state(&mut self) -> Result<Vec<u8>, Error> {
        let state = self.again(Detector::take_state)?;
        self.snapped.0 = Instant::now();
        self.journal.restart();
        self.alerts = 0;
        self.verdicts.forget();
        self.base = None;
        Ok(state)
    }

    /// Takes the whole state out, group by group; what comes later is counted from none.
    #[cfg(feature = "kafka")]
    pub(crate) fn take_groups(&mut self) -> Result<Vec<GroupState>, Error> {
        // When it fails midway, a fresh instance has all of them again.
        let groups = self.again(|detector| {
            let mut groups = Vec::new();
            loop {
                let some = detector.take_groups(GROUPS)?;
                if some.is_empty() {
                    return Ok(groups);
                }
                groups.extend(some);
            }
        })?;
        self.snapped.0 = Instant::now();
        self.journal.restart();
        self.alerts = 0;
        self.verdicts.forget();
        self.base = None;
        Ok(groups)
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.detector.memory_bytes() as u64
    }

    /// Whether a fresh instance went on without what the one before it knew.
    pub(crate) fn lost_state(&self) -> bool {
        self.stateless.as_ref().is_some_and(Stateless::has_lost)
    }

    /// How often a fresh instance was needed.
    pub(crate) fn restarts(&self) -> u64 {
        self.strikes.all()
    }

    /// Takes what there is to tell people besides.
    #[cfg(feature = "kafka")]
    pub(crate) fn tell(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What there is to tell people since the last time.
    pub(crate) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Makes a call that changes nothing unless it succeeds; in a fresh instance when it fails.
    fn again<T>(
        &mut self,
        call: impl FnMut(&mut Detector) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.again_unless(call, |_| false)
    }

    /// Makes such a call, but for errors that the caller has another answer to.
    fn again_unless<T>(
        &mut self,
        mut call: impl FnMut(&mut Detector) -> Result<T, Error>,
        answered: impl Fn(&Error) -> bool,
    ) -> Result<T, Error> {
        let mut tries = 1;
        loop {
            match call(&mut self.detector) {
                Err(error) if answered(&error) => return Err(error),
                Err(error @ Error::Trapped { .. }) if tries < TRIES => self.restart(&error)?,
                Err(error @ Error::Trapped { .. }) => {
                    let why = format!("it failed {TRIES} times in the same call");
                    return Err(self.strikes.give_up(why, error));
                }
                done => return done,
            }
            tries += 1;
        }
    }

    /// Throws the instance away after an error, and brings a fresh one to where it was.
    fn restart(&mut self, error: &Error) -> Result<(), Error> {
        // One that leaks would have leaked as much again at the end of the journal.
        let in_parts = is_memory(error) && self.stateless.is_none();
        self.restart_by(error, in_parts)
    }

    fn restart_by(&mut self, error: &Error, mut in_parts: bool) -> Result<(), Error> {
        let mut error = error.again();
        loop {
            let pause = self.strikes.strike(&error)?;
            self.notes.push(format!(
                "{error}; started afresh from {} (restart {})",
                match (&self.base, &self.stateless) {
                    (Some(_), _) => "the last snapshot",
                    (None, Some(stateless)) => stateless.begins(),
                    (None, None) => "the beginning",
                },
                self.strikes.all()
            ));
            std::thread::sleep(pause);
            match self.replay(in_parts) {
                Ok(()) => return Ok(()),
                Err(next @ Error::Trapped { .. }) => error = next,
                Err(other) => return Err(other),
            }
            // Where one way does not lead to the end, the other may.
            in_parts = !in_parts && self.stateless.is_none();
        }
    }

    /// A fresh instance in the state of the old one before the call that failed. In parts, it is
    /// one instance after the other, with snapshots between them.
    fn replay(&mut self, in_parts: bool) -> Result<(), Error> {
        let mut fresh = own(self.opening.open())?;
        fresh.hush(true);
        if let Some(base) = &self.base {
            own(fresh.merge(base))?;
        }
        let part = self.journal.len().div_ceil(PARTS).max(1);
        let mut done = 0;
        while let Some(step) = self.journal.get(done) {
            own(step.take(&mut fresh))?;
            let ends = in_parts && done + 1 >= part && !step.is_clock();
            self.drop_told(&mut fresh, done == 0)?;
            done += 1;
            if ends {
                let state = fresh.snapshot()?;
                fresh = own(self.opening.open())?;
                fresh.hush(true);
                own(fresh.merge(&state))?;
                self.journal.drop_first(done);
                self.base = Some(state);
                self.alerts = self.told;
                self.verdicts.rest();
                done = 0;
            }
        }
        self.drop_told(&mut fresh, done == 0)?;
        fresh.hush(false);
        fresh.succeed(&mut self.detector);
        self.detector = fresh;
        if let Some(stateless) = self.stateless.as_mut().filter(|it| it.is_lossy()) {
            self.detector.lost_state();
            stateless.lose();
        }
        Ok(())
    }

    /// Alerts that were taken since the snapshot were told: they come again, and are dropped. So
    /// are the ledger's entries.
    fn drop_told(&mut self, fresh: &mut Detector, first: bool) -> Result<(), Error> {
        if let Some(stateless) = self.stateless.as_mut().filter(|it| it.is_lossy()) {
            return stateless.take_again(fresh, first);
        }
        self.verdicts.drop_told(fresh, first)?;
        if first {
            self.told = self.alerts;
        }
        while self.told > 0 {
            let again = fresh.take_some(self.told.min(self.take))?.len() as u64;
            if again == 0 {
                break;
            }
            self.told = self.told.saturating_sub(again);
        }
        Ok(())
    }

    /// Makes a snapshot when the journal is full, or when it is time.
    fn keep_up(&mut self) -> Result<(), Error> {
        if self.journal.is_full() {
            return match self.stateless {
                None => self.save(),
                Some(_) => self.forget(),
            };
        }
        if self.stateless.is_some() {
            return Ok(());
        }
        let (at, took) = self.snapped;
        if at.elapsed() < LEAST.max(took * SHARE) {
            return Ok(());
        }
        let began = Instant::now();
        let took = match self.save_if_it_can_be()? {
            true => began.elapsed(),
            // The next try is later.
            false => began.elapsed().max(took * 2).max(LEAST),
        };
        self.snapped = (Instant::now(), took);
        Ok(())
    }

    /// Makes a snapshot; no, when it cannot be made: what it would have held can be done again, so
    /// the run goes on without.
    fn save_if_it_can_be(&mut self) -> Result<bool, Error> {
        if self.stateless.is_some() {
            return Ok(false);
        }
        match self.again_unless(Detector::snapshot, |_| true) {
            Ok(state) => {
                self.saved(state);
                Ok(true)
            }
            Err(error @ Error::Trapped { .. }) => {
                self.restart_by(&error, false)?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// The configuration was taken before, and the state is the component's own: refusing it is a failure.
fn own<T>(done: Result<T, Error>) -> Result<T, Error> {
    done.map_err(|error| match error {
        Error::Config(words) => Error::Trapped {
            call: "merge",
            kind: TrapKind::Answer(format!(
                "it refuses what it took before: {}",
                words.join("; ")
            )),
        },
        other => other,
    })
}

/// Whether so many at once were more than an answer or the memory may hold.
fn too_many(error: &Error, most: u64) -> bool {
    most > 1 && (is_output(error) || is_memory(error))
}

/// Whether an answer was too large.
fn is_output(error: &Error) -> bool {
    matches!(
        error,
        Error::Trapped {
            kind: TrapKind::Output { .. },
            ..
        }
    )
}

/// Whether there was not enough memory.
fn is_memory(error: &Error) -> bool {
    matches!(
        error,
        Error::Trapped {
            kind: TrapKind::Memory { .. },
            ..
        }
    )
}
