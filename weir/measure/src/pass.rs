//! One pass: all events through a fresh instance, and what it finds taken.

use std::time::Instant;

use weir_host::contract::{Counts, Interface};
use weir_host::{Detector, Error, Sandbox};

use crate::{Events, Subject};

/// What a pass took and gave.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) outcome: Outcome,
    /// Time from the first batch to the last alert.
    pub(crate) seconds: f64,
    /// Instructions in that time, where they are counted.
    pub(crate) instructions: Option<u64>,
    /// Memory of the instance at the end, its most.
    pub(crate) memory: u64,
}

/// What the events were to the detector.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) counts: Counts,
    /// Revisions of alerts.
    pub(crate) alerts: u64,
}

/// Runs the events through a fresh instance.
pub(crate) fn pass(subject: &Subject, sandbox: &Sandbox, events: &Events) -> Result<Pass, Error> {
    let mut detector = subject.open(sandbox)?;
    let mut outcome = Outcome::default();
    let before = detector.instructions();
    let began = Instant::now();
    for batch in events.batches() {
        outcome.counts += detector.push(batch)?.counts();
        take(&mut detector, &mut outcome)?;
    }
    detector.flush()?;
    take(&mut detector, &mut outcome)?;
    Ok(Pass {
        outcome,
        seconds: began.elapsed().as_secs_f64(),
        instructions: detector
            .instructions()
            .zip(before)
            .map(|(now, then)| now - then),
        memory: detector.memory_bytes() as u64,
    })
}

/// Takes all that is ready.
fn take(detector: &mut Detector, outcome: &mut Outcome) -> Result<(), Error> {
    for alert in detector.alerts() {
        alert?;
        outcome.alerts += 1;
    }
    // A ledger that is asked for by a parameter would grow without bound.
    if detector.interfaces().has(Interface::Inspection) {
        for verdict in detector.verdicts() {
            verdict?;
        }
    }
    Ok(())
}
