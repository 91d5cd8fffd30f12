//! Journal of the calls since the last snapshot, for replay after a restart.

use std::collections::VecDeque;
use std::sync::Arc;

use super::documents::{Documents, Reread};
use super::spill::Spill;
use crate::detector::Detector;
use crate::error::Error;
use weir_common::explain::explain;

/// One call.
pub(super) enum Step {
    Batch(Documents),
    /// Some documents of a batch.
    Part(Vec<u8>),
    /// A batch that is where it was read from.
    Read(Arc<dyn Reread>),
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

    /// Repeats it.
    pub(super) fn take(&self, detector: &mut Detector) -> Result<(), Error> {
        match self {
            Self::Batch(batch) => detector.push(&batch.bytes).map(|_| ()),
            Self::Part(bytes) => detector.push(bytes).map(|_| ()),
            Self::Read(place) => detector.push(&read(place.as_ref())?).map(|_| ()),
            Self::Merge(state) => detector.merge(state),
            Self::Advance { to, clock } => detector.advance(*to, *clock),
            Self::Flush => detector.flush(),
        }
    }
}

/// Calls in their order.
pub(super) struct Journal {
    steps: VecDeque<Step>,
    /// Bytes that the steps hold in memory.
    held: usize,
    /// Most bytes that the steps may hold in memory.
    most: usize,
    /// Temporary file for documents.
    spill: Option<Spill>,
    /// Most bytes in the temporary file.
    most_spilled: u64,
    /// Last wall-clock time, in milliseconds since 1970. A detector whose state was taken keeps it.
    clock: Option<i64>,
    /// Last watermark, likewise kept.
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
            Step::Batch(batch) => match batch.reread.clone().or_else(|| self.write_down(&batch)) {
                Some(place) => Step::Read(place),
                None => Step::Batch(batch),
            },
            step => step,
        };
        self.held += held(&step, self.steps.back());
        self.steps.push_back(step);
    }

    /// Writes a batch to the file.
    fn write_down(&mut self, batch: &Documents) -> Option<Arc<dyn Reread>> {
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

/// Documents that the component had taken, once more.
fn read(place: &dyn Reread) -> Result<Vec<u8>, Error> {
    place.read().map_err(|error| {
        Error::Broken(format!(
            "documents that the component had taken cannot be read again for a fresh start: {}",
            explain(&error)
        ))
    })
}

/// Bytes that a step holds, given the one before it.
fn held(step: &Step, before: Option<&Step>) -> usize {
    /// Besides its bytes.
    const STEP: usize = 128;
    /// An open file: there are not too many of those either.
    const FILE: usize = 512 << 10;
    let of_same_file = |place: &dyn Reread| matches!(before, Some(Step::Read(last)) if place.file() == last.file());
    STEP + match step {
        Step::Batch(batch) => batch.bytes.len(),
        Step::Part(bytes) | Step::Merge(bytes) => bytes.len(),
        Step::Read(place) if !of_same_file(place.as_ref()) => FILE,
        Step::Read(_) | Step::Advance { .. } | Step::Flush => 0,
    }
}
