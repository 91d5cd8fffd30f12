//! The second pass over the sources: the ledger and the single events of the alerts that are shown
//! in detail.

use std::collections::{HashMap, HashSet};

use super::detail::Detail;
use super::first_pass::RuleAlerts;
use super::series::Series;
use super::{ALERTS, VERDICTS, drain, read};
use weir_host::Detector;
use weir_host::Limits;
use weir_host::contract::{KeyPart, Selection, Verdict};
use weir_host::error::Error;
use weir_sources::input::Source;
use weir_sources::reader::{Batch, Part};

/// The results of the second pass.
#[derive(Debug, Default)]
pub(super) struct SecondPass {
    /// In the order of the rules.
    pub(super) rules: Vec<RuleContext>,
    /// Number of documents read.
    pub(super) documents: u64,
    /// Event times of the first and the last event of any group, in milliseconds since 1970.
    pub(super) span: Option<(i64, i64)>,
    /// By rule and key of a group: its alerts, as places of a rule and of a detail.
    groups: HashMap<String, Vec<(usize, usize)>>,
    selections: Vec<Selection>,
}

/// The context of one rule's alerts.
#[derive(Debug)]
pub(super) struct RuleContext {
    /// Id of the rule.
    id: String,
    /// In the order of the alerts.
    pub(super) details: Vec<Detail>,
    /// Ledger of the identities that have alerts.
    pub(super) series: Series,
}

impl SecondPass {
    /// Before anything is read.
    pub(super) fn new(rules: &[RuleAlerts<'_>], seed: (u64, u64)) -> Self {
        let mut second = Self::default();
        for (at, RuleAlerts { rule, alerts }) in rules.iter().enumerate() {
            let mut context = RuleContext {
                id: rule.id.clone(),
                details: Vec::new(),
                series: Series::new(rule, alerts.listed(), seed),
            };
            for alert in alerts.detailed() {
                let detail = Detail::new(alert, rule.judgement, seed);
                second.selections.push(Selection {
                    rule: rule.id.clone(),
                    key: alert.key.clone(),
                    window: detail.span(),
                });
                let group = second.groups.entry(group_name(&rule.id, &alert.key));
                group.or_default().push((at, context.details.len()));
                context.details.push(detail);
            }
            second.rules.push(context);
        }
        second
    }

    /// Reads all sources.
    pub(super) fn read(
        &mut self,
        mut detector: Detector,
        sources: &[Source],
        limits: &Limits,
    ) -> Result<(), Error> {
        read(sources, limits, |part| {
            match part {
                Part::Batch(batch) => self.batch(&mut detector, &batch)?,
                Part::Refused { refused, .. } => self.documents += refused.len() as u64,
                // Reported by the first pass.
                _ => {}
            }
            Ok(())
        })?;
        detector.flush()?;
        self.take(&mut detector)
    }

    fn batch(&mut self, detector: &mut Detector, batch: &Batch) -> Result<(), Error> {
        let outcome = detector.push(&batch.bytes)?;
        self.documents = self.documents.saturating_add(outcome.documents());
        self.take(detector)?;
        if self.selections.is_empty() {
            return Ok(());
        }
        // Refused events, such as late ones, are in no figure.
        let refused = outcome.refused.iter();
        let refused: HashSet<u32> = refused.map(|refusal| refusal.offset).collect();
        for event in detector.select(&batch.bytes, &self.selections)? {
            if refused.contains(&event.offset) {
                continue;
            }
            for group in &event.groups {
                let counts_in = &group.counts_in;
                self.details(&group.rule, &group.key, |detail| {
                    detail.event(&event, counts_in)
                });
            }
        }
        Ok(())
    }

    /// Takes the ledger's entries, and drops the alerts, which the first pass has.
    fn take(&mut self, detector: &mut Detector) -> Result<(), Error> {
        drain(ALERTS, detector.alerts(), drop)?;
        let verdict = |verdict| self.verdict(&verdict);
        drain(VERDICTS, detector.verdicts(), verdict)
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let (first, last) = (verdict.first_seen, verdict.last_seen);
        let (start, end) = self.span.unwrap_or((first, last));
        self.span = Some((start.min(first), end.max(last)));
        let mut rules = self.rules.iter_mut();
        if let Some(rule) = rules.find(|rule| rule.id == verdict.rule) {
            rule.series.verdict(verdict);
        }
        self.details(&verdict.rule, &verdict.key, |detail| {
            detail.verdict(verdict)
        });
    }

    /// Hands over the details of every alert of a group.
    fn details(&mut self, rule: &str, key: &[KeyPart], mut each: impl FnMut(&mut Detail)) {
        let places = self.groups.get(&group_name(rule, key));
        for (rule, at) in places.into_iter().flatten() {
            let rule = self.rules.get_mut(*rule);
            rule.and_then(|rule| rule.details.get_mut(*at))
                .map(&mut each);
        }
    }
}

/// A text that tells a group of a rule from all others.
fn group_name(rule: &str, key: &[KeyPart]) -> String {
    format!("{rule} {key:?}")
}
