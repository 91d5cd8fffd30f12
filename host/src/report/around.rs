//! The second reading: what the ledger and single events say about the alerts that are shown in
//! detail.

use std::collections::{HashMap, HashSet};

use super::alerts::Found;
use super::detail::Detail;
use super::{ALERTS, VERDICTS, drain, read};
use crate::contract::{KeyPart, Selection, Verdict, Window};
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::{Batch, Part};
use crate::input::Source;
use crate::sandbox::Limits;

/// What the second reading gives.
#[derive(Debug)]
pub(super) struct Around {
    /// For each alert, in their order.
    pub(super) details: Vec<Detail>,
    /// Documents read.
    pub(super) documents: u64,
    /// Event times of the first and the last event of any group, in milliseconds since 1970.
    pub(super) span: Option<(i64, i64)>,
    /// The alerts of a group.
    groups: HashMap<String, Vec<usize>>,
    wanted: Vec<Selection>,
}

impl Around {
    pub(super) fn new(alerts: Vec<&Found>, seed: (u64, u64)) -> Self {
        let mut around = Self {
            details: Vec::new(),
            documents: 0,
            span: None,
            groups: HashMap::new(),
            wanted: Vec::new(),
        };
        for (at, alert) in alerts.into_iter().enumerate() {
            let detail = Detail::new(alert, seed);
            around.wanted.push(Selection {
                key: alert.key.clone(),
                window: detail.span(),
            });
            around.groups.entry(name(&alert.key)).or_default().push(at);
            around.details.push(detail);
        }
        around
    }

    /// Reads all sources.
    pub(super) fn read(
        &mut self,
        detector: &mut Detector,
        sources: &[Source],
        limits: &Limits,
    ) -> Result<(), Error> {
        read(sources, limits, |part| {
            match part {
                Part::Batch(batch) => self.batch(detector, &batch)?,
                Part::Refused { .. } => self.documents += 1,
                // The first reading told.
                _ => {}
            }
            Ok(())
        })?;
        detector.flush()?;
        self.take(detector)
    }

    fn batch(&mut self, detector: &mut Detector, batch: &Batch) -> Result<(), Error> {
        let outcome = detector.push(&batch.bytes)?;
        self.documents = self.documents.saturating_add(outcome.documents());
        self.take(detector)?;
        if self.wanted.is_empty() {
            return Ok(());
        }
        // What came too late is no part of any figure.
        let refused = outcome.refused.iter();
        let refused: HashSet<u32> = refused.map(|refusal| refusal.offset).collect();
        for event in detector.select(&batch.bytes, &self.wanted)? {
            if refused.contains(&event.offset) {
                continue;
            }
            for key in &event.keys {
                for at in self.groups.get(&name(key)).into_iter().flatten() {
                    if let Some(detail) = self.details.get_mut(*at)
                        && contains(detail.span(), event.time)
                    {
                        detail.event(&event);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the ledger's entries, and leaves the alerts, which the first reading has.
    fn take(&mut self, detector: &mut Detector) -> Result<(), Error> {
        drain(ALERTS, || detector.take_alerts(), drop)?;
        drain(
            VERDICTS,
            || detector.take_verdicts(),
            |verdict| self.verdict(&verdict),
        )
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let (first, last) = (verdict.first_seen, verdict.last_seen);
        let (start, end) = self.span.unwrap_or((first, last));
        self.span = Some((start.min(first), end.max(last)));
        for at in self.groups.get(&name(&verdict.key)).into_iter().flatten() {
            if let Some(detail) = self.details.get_mut(*at) {
                detail.verdict(verdict);
            }
        }
    }
}

fn contains(window: Window, time: i64) -> bool {
    (window.start..window.end).contains(&time)
}

/// A key as what tells it from others.
fn name(key: &[KeyPart]) -> String {
    format!("{key:?}")
}
