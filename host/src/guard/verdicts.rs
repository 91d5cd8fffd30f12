//! The ledger's entries, which outlive instances as alerts do.

use std::time::Instant;

use super::{Guard, too_many};
use crate::contract::Verdict;
use crate::detector::{Detector, TAKE};
use crate::error::Error;

/// What was taken, so that it is not told twice.
pub(super) struct Told {
    /// Taken since the snapshot.
    taken: u64,
    /// Of these, how many a fresh instance has not yet given again.
    again: u64,
    /// How many are asked for at once.
    most: u64,
}

impl Told {
    pub(super) fn new() -> Self {
        Self {
            taken: 0,
            again: 0,
            most: TAKE.into(),
        }
    }

    /// A snapshot was made: what was taken does not come again.
    pub(super) fn forget(&mut self) {
        self.taken = 0;
    }

    /// A snapshot was made midway: of what was taken, this much still comes.
    pub(super) fn rest(&mut self) {
        self.taken = self.again;
    }

    /// Drops what comes again.
    pub(super) fn drop_told(&mut self, fresh: &mut Detector, first: bool) -> Result<(), Error> {
        if first {
            self.again = self.taken;
        }
        while self.again > 0 {
            let most = self.again.min(self.most);
            let again = fresh.take_some_verdicts(most)?.len() as u64;
            if again == 0 {
                break;
            }
            self.again = self.again.saturating_sub(again);
        }
        Ok(())
    }
}

impl Guard {
    /// Some of the ledger's entries that are ready, oldest first; none when there are no more, or
    /// when the run is to end and these would take too long. What was taken is safe when it fails
    /// later.
    pub(crate) fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        if self.leaves() {
            return Ok(Vec::new());
        }
        loop {
            let most = self.verdicts.most;
            let began = Instant::now();
            let take = |detector: &mut Detector| detector.take_some_verdicts(most);
            let verdicts = match self.again_unless(take, |error| too_many(error, most)) {
                // Fewer at once may fit.
                Err(error) if too_many(&error, most) => {
                    self.verdicts.most = most / 2;
                    self.restart(&error)?;
                    continue;
                }
                done => done?,
            };
            self.verdicts.taken += verdicts.len() as u64;
            if !verdicts.is_empty() {
                self.strikes.gave(began.elapsed());
            }
            return Ok(verdicts);
        }
    }
}
