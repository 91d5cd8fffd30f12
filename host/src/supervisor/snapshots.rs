//! Snapshots, from which restarted instances go on.

use std::time::{Duration, Instant};

use super::Supervisor;
use crate::contract::{GroupState, Succession};
use crate::detector::Detector;
use crate::error::Error;

/// Least time between two snapshots, as a multiple of the time that the last one took.
const SHARE: u32 = 50;
/// Least time between two snapshots.
const LEAST: Duration = Duration::from_secs(10);
/// Groups' states asked for in one call.
const GROUPS: u32 = 1 << 14;

impl Supervisor {
    /// Merges a state before anything else was done.
    ///
    /// # Errors
    ///
    /// As [`Detector::merge`].
    pub fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.detector.merge(state)?;
        self.base = Some(state.to_vec());
        Ok(())
    }

    /// Takes over the state of an earlier version, or of other parameters, before anything else was
    /// done; the answer is what became of it, rule by rule. A component that fails at that is not
    /// tried again.
    ///
    /// # Errors
    ///
    /// As [`Detector::take_over`].
    pub fn take_over(&mut self, state: &[u8]) -> Result<Vec<Succession>, Error> {
        let told = self.detector.take_over(state)?;
        // A fresh instance merges only what is of its own version.
        self.base = Some(self.detector.snapshot()?);
        Ok(told)
    }

    /// The whole state, for [`restore`](Self::restore) or [`merge`](Self::merge) elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.save()?;
        Ok(self.base.clone().unwrap_or_default())
    }

    /// Makes a snapshot.
    fn save(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        let state = self.retry(Detector::snapshot)?;
        self.snapped = (Instant::now(), began.elapsed());
        self.saved(state);
        Ok(())
    }

    /// Replaces the last snapshot, and begins the journal anew.
    fn saved(&mut self, state: Vec<u8>) {
        self.base = Some(state);
        self.journal.clear();
        self.forget_delivered();
    }

    /// Takes the whole state out and goes on without any.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn take_state(&mut self) -> Result<Vec<u8>, Error> {
        let state = self.retry(Detector::take_state)?;
        self.emptied();
        Ok(state)
    }

    /// Takes the whole state out, group by group, and goes on without any.
    ///
    /// # Errors
    ///
    /// [`Error::Trapped`] and [`Error::GivenUp`] when the component fails for good.
    pub fn take_groups(&mut self) -> Result<Vec<GroupState>, Error> {
        // When it fails midway, a fresh instance has all of them again.
        let groups = self.retry(|detector| {
            let mut groups = Vec::new();
            loop {
                let some = detector.take_groups(GROUPS)?;
                if some.is_empty() {
                    return Ok(groups);
                }
                groups.extend(some);
            }
        })?;
        self.emptied();
        Ok(groups)
    }

    /// Begins anew after the whole state was taken out.
    fn emptied(&mut self) {
        self.snapped.0 = Instant::now();
        self.journal.restart();
        self.forget_delivered();
        self.base = None;
    }

    /// Makes a snapshot when the journal is full, or when it is time.
    pub(super) fn snapshot_if_due(&mut self) -> Result<(), Error> {
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
        let took = match self.save_if_possible()? {
            true => began.elapsed(),
            // The next try is later.
            false => began.elapsed().max(took * 2).max(LEAST),
        };
        self.snapped = (Instant::now(), took);
        Ok(())
    }

    /// Makes a snapshot; `false` when that fails: the journal holds all that it would have held,
    /// so the run goes on without.
    pub(super) fn save_if_possible(&mut self) -> Result<bool, Error> {
        if self.stateless.is_some() {
            return Ok(false);
        }
        match self.retry_unless(Detector::snapshot, |_| true) {
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
