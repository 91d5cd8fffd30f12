//! Restarting a failed component: a fresh instance, the last snapshot, and the journal again.

use super::Supervisor;
use crate::detector::Detector;
use crate::error::{Error, TrapKind};

/// Instances that the journal is divided among when one instance cannot replay all of it.
const PARTS: usize = 8;
/// Attempts at one call before the component is given up: two failures may be the state's fault.
const TRIES: u32 = 3;

impl Supervisor {
    /// Makes a call that changes nothing unless it succeeds; in a fresh instance when it fails.
    pub(super) fn retry<T>(
        &mut self,
        call: impl FnMut(&mut Detector) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.retry_unless(call, |_| false)
    }

    /// Makes such a call; errors that `answered` names are the caller's to answer.
    pub(super) fn retry_unless<T>(
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
                    return Err(self.policy.give_up(why, error));
                }
                done => return done,
            }
            tries += 1;
        }
    }

    /// Throws the instance away after an error, and brings a fresh one to where it was.
    pub(super) fn restart(&mut self, error: &Error) -> Result<(), Error> {
        // One that leaks would have leaked as much again at the end of the journal.
        let in_parts = is_memory(error) && self.stateless.is_none();
        self.restart_by(error, in_parts)
    }

    pub(super) fn restart_by(&mut self, error: &Error, mut in_parts: bool) -> Result<(), Error> {
        let mut error = error.copy();
        loop {
            let pause = self.policy.record_failure(&error)?;
            let text = format!(
                "{error}; started afresh from {} (restart {})",
                match (&self.base, &self.stateless) {
                    (Some(_), _) => "the last snapshot",
                    (None, Some(stateless)) => stateless.begins(),
                    (None, None) => "the beginning",
                },
                self.policy.restarts()
            );
            self.warn("detector-restarted", &text);
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

    /// Replaces the instance by a fresh one in the state before the call that failed. In parts,
    /// one instance after the other replays a part of the journal, with snapshots between them.
    fn replay(&mut self, in_parts: bool) -> Result<(), Error> {
        let mut fresh = own(self.factory.open())?;
        fresh.mute(true);
        if let Some(base) = &self.base {
            own(fresh.merge(base))?;
        }
        let part = self.journal.len().div_ceil(PARTS).max(1);
        let mut done = 0;
        while let Some(step) = self.journal.get(done) {
            own(step.take(&mut fresh))?;
            let ends = in_parts && done + 1 >= part && !step.is_clock();
            self.skip_delivered(&mut fresh, done == 0)?;
            done += 1;
            if ends {
                let state = fresh.snapshot()?;
                fresh = own(self.factory.open())?;
                fresh.mute(true);
                own(fresh.merge(&state))?;
                self.journal.drop_first(done);
                self.base = Some(state);
                self.alerts.keep_repeated();
                self.verdicts.keep_repeated();
                done = 0;
            }
        }
        self.skip_delivered(&mut fresh, done == 0)?;
        fresh.mute(false);
        fresh.succeed(&mut self.detector);
        self.detector = fresh;
        if let Some(stateless) = self.stateless.as_mut().filter(|it| it.is_lossy()) {
            self.detector.lost_state();
            stateless.lose();
        }
        Ok(())
    }

    /// Drops the alerts and verdicts that were delivered since the snapshot and that a fresh
    /// instance repeats; `first` says that it has just begun.
    fn skip_delivered(&mut self, fresh: &mut Detector, first: bool) -> Result<(), Error> {
        if let Some(stateless) = self.stateless.as_mut().filter(|it| it.is_lossy()) {
            return stateless.take_again(fresh, first);
        }
        self.verdicts.skip_delivered(fresh, first)?;
        self.alerts.skip_delivered(fresh, first)
    }
}

/// The configuration was taken before, and the state is the component's own: refusing it is a failure.
pub(super) fn own<T>(done: Result<T, Error>) -> Result<T, Error> {
    done.map_err(|error| match error {
        Error::Config(words) => Error::trapped(
            "merge",
            TrapKind::Answer(format!(
                "it refuses what it took before: {}",
                words.join("; ")
            )),
        ),
        other => other,
    })
}

/// Whether so many at once were more than an answer or the memory may hold.
pub(super) fn too_many(error: &Error, most: u64) -> bool {
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
