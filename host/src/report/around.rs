//! The second reading: what the ledger and single events say about the alerts that are shown in
//! detail.

use std::collections::{HashMap, HashSet};

use super::alerts::Alerts;
use super::detail::Detail;
use super::series::Series;
use super::{ALERTS, VERDICTS, drain, read};
use crate::contract::{KeyPart, Rule, Selection, Verdict, Window};
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::{Batch, Part};
use crate::input::Source;
use crate::sandbox::Limits;

/// What the second reading gives.
#[derive(Debug)]
pub(super) struct Around {
    /// For each rule, in their order.
    pub(super) rules: Vec<OfRule>,
    /// Documents read.
    pub(super) documents: u64,
    /// Event times of the first and the last event of any group, in milliseconds since 1970.
    pub(super) span: Option<(i64, i64)>,
    /// The alerts of a group: rule and place.
    groups: HashMap<String, Vec<(usize, usize)>>,
    wanted: Vec<Selection>,
}

/// What it gives of one rule.
#[derive(Debug)]
pub(super) struct OfRule {
    id: String,
    /// For each alert, in their order.
    pub(super) details: Vec<Detail>,
    /// The ledger of those who alert.
    pub(super) series: Series,
}

impl Around {
    /// Of these alerts of these rules.
    pub(super) fn new(rules: &[(&Rule, &Alerts)], seed: (u64, u64)) -> Self {
        let mut around = Self {
            rules: Vec::new(),
            documents: 0,
            span: None,
            groups: HashMap::new(),
            wanted: Vec::new(),
        };
        for (at, (rule, alerts)) in rules.iter().enumerate() {
            let mut of_rule = OfRule {
                id: rule.id.clone(),
                details: Vec::new(),
                series: Series::new(rule, alerts.listed(), seed),
            };
            for alert in alerts.detailed() {
                let detail = Detail::new(alert, rule.judgement, seed);
                around.wanted.push(Selection {
                    rule: rule.id.clone(),
                    key: alert.key.clone(),
                    window: detail.span(),
                });
                let group = around.groups.entry(name(&rule.id, &alert.key));
                group.or_default().push((at, of_rule.details.len()));
                of_rule.details.push(detail);
            }
            around.rules.push(of_rule);
        }
        around
    }

    fn detail(&mut self, (rule, at): (usize, usize)) -> Option<&mut Detail> {
        self.rules.get_mut(rule)?.details.get_mut(at)
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
                Part::Refused { refused, .. } => self.documents += refused.len() as u64,
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
            for group in &event.groups {
                let of = name(&group.rule, &group.key);
                for place in self.groups.get(&of).cloned().unwrap_or_default() {
                    if let Some(detail) = self.detail(place)
                        && contains(detail.span(), event.time)
                    {
                        detail.event(&event, &group.counts_in);
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
        let mut rules = self.rules.iter_mut();
        if let Some(rule) = rules.find(|rule| rule.id == verdict.rule) {
            rule.series.verdict(verdict);
        }
        let of = name(&verdict.rule, &verdict.key);
        for place in self.groups.get(&of).cloned().unwrap_or_default() {
            if let Some(detail) = self.detail(place) {
                detail.verdict(verdict);
            }
        }
    }
}

fn contains(window: Window, time: i64) -> bool {
    (window.start..window.end).contains(&time)
}

/// A rule and a key as what tells them from others.
fn name(rule: &str, key: &[KeyPart]) -> String {
    format!("{rule} {key:?}")
}
