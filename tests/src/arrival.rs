//! What becomes of events as they arrive, one by one: left out, too late, seen before, or
//! counted. Plain on purpose; what is counted goes to the oracle.

use crate::exception::Exception;
use crate::oracle::Oracle;
use crate::plan::Plan;
use std::collections::HashSet;
use weir_generator::event::{Event, Fingerprint};

/// The stream so far. All times are in milliseconds.
pub struct Arrival {
    /// What was counted.
    pub oracle: Oracle,
    exceptions: Vec<Exception>,
    window: i64,
    behind: i64,
    lateness: i64,
    horizon: i64,
    watermark: Option<i64>,
    seen: HashSet<(i64, Fingerprint)>,
    excluded: u64,
    duplicate: u64,
    dropped_late: u64,
}

impl Arrival {
    /// Before the first event.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let (lateness, horizon) = plan.horizons();
        Arrival {
            oracle: Oracle::new(plan.rule()),
            exceptions: plan.exceptions.clone(),
            window: plan.rule().window,
            behind: 1000 * i64::from(plan.behind),
            lateness: 1000 * i64::from(lateness),
            horizon: 1000 * i64::from(horizon),
            watermark: None,
            seen: HashSet::new(),
            excluded: 0,
            duplicate: 0,
            dropped_late: 0,
        }
    }

    /// The next event.
    pub fn take(&mut self, event: &Event) {
        if self.exceptions.iter().any(|e| e.hides(event)) {
            self.excluded += 1;
            return;
        }
        let start = event.time.div_euclid(self.window) * self.window;
        let end = start + self.window;
        let passed = |time| self.watermark.is_some_and(|watermark| watermark >= time);
        if passed(end + self.lateness) {
            self.dropped_late += 1;
            return;
        }
        if let Some(print) = event.fingerprint() {
            let remembered = !passed(end + self.horizon);
            if !self.seen.insert((start, print)) && remembered {
                self.duplicate += 1;
                return;
            }
        }
        self.oracle.count(event);
        let time = event.time - self.behind;
        self.watermark = Some(self.watermark.map_or(time, |watermark| watermark.max(time)));
    }

    /// The counters, with how many documents were of another data set and malformed.
    #[must_use]
    pub fn counts(&self, others: (u64, u64)) -> [u64; 7] {
        [
            self.oracle.counted,
            self.duplicate,
            self.excluded,
            others.0,
            others.1,
            self.dropped_late,
            0,
        ]
    }
}
