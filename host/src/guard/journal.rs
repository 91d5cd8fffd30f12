//! What was done since the last snapshot.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::detector::Detector;
use crate::error::Error;
use crate::feed::{Batch, Place, Spill};

/// One thing that was done.
pub(super) enum Step {
    Batch(Arc<Batch>),
    /// Some documents of a batch.
    Part(Vec<u8>),
    /// A batch that is where it was read from.
    Read(Place),
    Merge(Vec<u8>),
    /// The watermark was raised, the wall-clock time told, or both.
    Advance {
        to: Option<i64>,
        clock: Option<i64>,
    },
    Flush,
}

impl Step {
    /// Whether it told the wall-clock time.
    pub(super) fn is_clock(&self) -> bool {
        matches!(self, Self::Advance { clock: Some(_), .. })
    }

    /// Does it once more.
    pub(super) fn take(&self, detector: &mut Detector) -> Result<(), Error> {
        match self {
            Self::Batch(batch) => detector.push(&batch.bytes).map(|_| ()),
            Self::Part(bytes) => detector.push(bytes).map(|_| ()),
            Self::Read(place) => detector.push(&place.read()?).map(|_| ()),
            Self::Merge(state) => detector.merge(state),
            Self::Advance { to, clock } => detector.advance(*to, *clock),
            Self::Flush => detector.flush(),
        }
    }
}

/// All of it, in order.
pub(super) struct Journal {
    steps: VecDeque<Step>,
    /// Bytes that the steps hold in memory.
    held: usize,
    most: usize,
    /// Where else documents are kept, and the most bytes there.
    spill: Option<Spill>,
    most_spilled: u64,
    /// The last time that was told, and the last watermark: a detector whose state was taken
    /// still knows them.
    clock: Option<i64>,
    advance: Option<i64>,
}

impl Journal {
    /// Full when it holds so many bytes in memory, or so many in a file: in none when that is 0.
    pub(super) fn new(most: usize, most_spilled: u64) -> Self {
        Self {
            steps: VecDeque::new(),
            held: 0,
            most,
            spill: None,
            most_spilled,
            clock: None,
            advance: None,
        }
    }

    pub(super) fn note(&mut self, step: Step) {
        match &step {
            // Of the time only the last word counts while nothing else happens.
            Step::Advance { to: None, clock } => {
                self.clock = *clock;
                if let Some(Step::Advance {
                    to: None,
                    clock: last,
                }) = self.steps.back_mut()
                {
                    *last = *clock;
                    return;
                }
            }
            Step::Advance { to, clock } => {
                self.advance = self.advance.max(*to);
                self.clock = clock.or(self.clock);
            }
            _ => {}
        }
        // What can be read again need not be held.
        let step = match step {
            Step::Batch(batch) => match batch.place.clone().or_else(|| self.write_down(&batch)) {
                Some(place) => Step::Read(place),
                None => Step::Batch(batch),
            },
            step => step,
        };
        self.held += held(&step, self.steps.back());
        self.steps.push_back(step);
    }

    /// Writes a batch to the file.
    fn write_down(&mut self, batch: &Batch) -> Option<Place> {
        if self.spill.is_none() && self.most_spilled > 0 {
            self.spill = Spill::new();
        }
        self.spill.as_mut()?.put(&batch.bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Step> {
        self.steps.get(at)
    }

    /// Forgets the oldest steps, which a snapshot holds now.
    pub(super) fn drop_first(&mut self, count: usize) {
        let mut gone = self.steps.drain(..count.min(self.steps.len()));
        let clock = gone.rfind(Step::is_clock);
        drop(gone);
        // What comes next came under that time, which no snapshot holds.
        if let Some(Step::Advance { clock, .. }) = clock
            && !self.steps.front().is_some_and(Step::is_clock)
        {
            self.steps.push_front(Step::Advance { to: None, clock });
        }
        let mut before = None;
        self.held = 0;
        for step in &self.steps {
            self.held += held(step, before);
            before = Some(step);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let spilled = self.spill.as_ref().map_or(0, Spill::length);
        self.held > self.most || spilled > self.most_spilled
    }

    /// Begins anew after a snapshot, which does not hold what time the host told.
    pub(super) fn clear(&mut self) {
        self.steps.clear();
        self.held = 0;
        self.spill.as_mut().map(Spill::clear);
        let told = self.clock.map(|now| Step::Advance {
            to: None,
            clock: Some(now),
        });
        self.steps.extend(told);
    }

    /// Begins anew with no state, and with the watermark that an instance has come to by itself.
    pub(super) fn restart_at(&mut self, watermark: Option<i64>) {
        self.advance = self.advance.max(watermark);
        self.restart();
    }

    /// Begins anew with no state.
    pub(super) fn restart(&mut self) {
        self.clear();
        let told = self.advance.map(|to| Step::Advance {
            to: Some(to),
            clock: None,
        });
        self.steps.extend(told);
    }
}

/// What a step takes, given the one before it.
fn held(step: &Step, before: Option<&Step>) -> usize {
    /// Besides its bytes.
    const STEP: usize = 128;
    /// An open file: there are not too many of those either.
    const FILE: usize = 512 << 10;
    let of_same_file =
        |place: &Place| matches!(before, Some(Step::Read(last)) if place.is_in(last));
    STEP + match step {
        Step::Batch(batch) => batch.bytes.len(),
        Step::Part(bytes) | Step::Merge(bytes) => bytes.len(),
        Step::Read(place) if !of_same_file(place) => FILE,
        Step::Read(_) | Step::Advance { .. } | Step::Flush => 0,
    }
}
