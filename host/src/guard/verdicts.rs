//! The ledger's entries, which outlive instances as alerts do.

use super::{Guard, is_output};
use crate::contract::Verdict;
use crate::detector::{Detector, TAKE};
use crate::error::{Error, TrapKind};

/// More entries than there is room for in the state of an instance.
const MOST: u64 = 1 << 26;

/// What was taken, so that it is not told twice.
pub(super) struct Told {
    /// Taken since the snapshot.
    taken: u64,
    /// Of these, how many a fresh instance has not yet given again.
    again: u64,
    /// How many are asked for at once.
    most: u64,
    /// Taken since there were last none.
    row: u64,
}

impl Told {
    pub(super) fn new() -> Self {
        Self {
            taken: 0,
            again: 0,
            most: TAKE.into(),
            row: 0,
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
    /// Some of the ledger's entries that are ready, oldest first; none when there are no more.
    /// What was taken is safe when it fails later.
    pub(crate) fn take_verdicts(&mut self) -> Result<Vec<Verdict>, Error> {
        loop {
            let most = self.verdicts.most;
            let take = |detector: &mut Detector| detector.take_some_verdicts(most);
            let verdicts = match self.again_unless(take, is_output) {
                // Fewer at once may fit.
                Err(error) if is_output(&error) && most > 1 => {
                    self.verdicts.most = most / 2;
                    self.restart(&error)?;
                    continue;
                }
                done => done?,
            };
            let told = &mut self.verdicts;
            let taken = verdicts.len() as u64;
            told.taken += taken;
            told.row = if taken == 0 { 0 } else { told.row + taken };
            if told.row > MOST {
                let why = format!("it gives verdicts without end, {} so far", told.row);
                let last = Error::Trapped {
                    call: "take-verdicts",
                    kind: TrapKind::Answer("no end of verdicts".to_owned()),
                };
                return Err(self.strikes.give_up(why, last));
            }
            return Ok(verdicts);
        }
    }
}
