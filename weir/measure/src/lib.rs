//! Measures a detector beside another over the same events: speed, instructions, memory, start, size.
//!
//! Each pass pushes all events into an instance of its own and takes what it finds. Passes of the
//! detectors alternate, so that a machine's changes of speed fall on both, and the figure of a time
//! is the median of its rounds. Instructions are counted by the engine, in a pass that is not timed:
//! they are the same on every machine.
#![forbid(unsafe_code)]

mod events;
mod figures;
mod pass;
mod show;
mod start;
mod subject;

pub use events::Events;
pub use figures::{Comparison, Figures, Spread};
pub use show::{json, table};
pub use subject::Subject;

use weir_host::Error;

/// Most starts that compile, of each detector: they take long and vary little.
const COLD: usize = 3;

/// Measures a detector, and the shipped one beside it, over events in so many rounds.
///
/// # Errors
///
/// [`Error::Input`] when the detector counts none of the events, [`Error::Trapped`] when one fails,
/// and [`Error::Refused`] when a component cannot be compiled so that it counts instructions.
pub fn measure(
    detector: &Subject,
    shipped: &Subject,
    events: &Events,
    rounds: usize,
) -> Result<Comparison, Error> {
    let both = [detector, shipped];
    // The first pass is not timed: it says what the events are to each.
    let mut outcomes = Vec::with_capacity(both.len());
    for subject in both {
        let outcome = pass::pass(subject, subject.sandbox(), events)?.outcome;
        if outcomes.is_empty() && outcome.counts.counted == 0 {
            return Err(events.nothing_counted(&outcome.counts));
        }
        outcomes.push(outcome);
    }
    let mut passes = vec![Vec::new(); both.len()];
    for _ in 0..rounds {
        for (subject, times) in both.iter().zip(&mut passes) {
            times.push(pass::pass(subject, subject.sandbox(), events)?.seconds);
        }
    }
    let mut starts = start::starts(&both, rounds.min(COLD), rounds)?.into_iter();
    let mut measured = outcomes.into_iter().zip(passes);
    let mut of = |subject: &Subject| {
        let (outcome, times) = measured.next().unwrap_or_default();
        let start = starts.next().unwrap_or_default();
        let counted = pass::pass(subject, &subject.counting()?, events)?;
        let passed = (outcome, Spread::of(times));
        Ok::<Figures, Error>(Figures::new(subject, events, passed, start, &counted))
    };
    Ok(Comparison {
        documents: events.documents(),
        bytes: events.bytes(),
        rounds,
        detector: of(detector)?,
        shipped: of(shipped)?,
    })
}
