//! The first pass over the sources: alerts, and what becomes of every document.

use std::collections::BTreeMap;

use super::alerts::Alerts;
use super::text::Short;
use super::{ALERTS, drain, read};
use weir_common::message::Message;
use weir_host::Detector;
use weir_host::Limits;
use weir_host::contract::{Alert, Counters, Counts, Outcome, Rule};
use weir_host::error::Error;
use weir_pipeline::run::unclosed;
use weir_sinks::rejects::RejectKind;
use weir_sources::input::Source;
use weir_sources::reader::{Batch, Part};

/// Uncounted documents, and messages, that are shown.
pub(super) const EXAMPLES: usize = 20;

/// A source and the outcome of its documents.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) name: String,
    pub(super) counts: Counts,
}

/// A document that was not counted.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) file: Short,
    pub(super) line: u64,
    pub(super) kind: &'static str,
    pub(super) reason: Short,
}

/// The results of the first pass.
#[derive(Debug, Default)]
pub(super) struct FirstPass<'r> {
    pub(super) rules: Vec<RuleAlerts<'r>>,
    /// Counts of all documents.
    pub(super) counts: Counts,
    /// By their numbers.
    pub(super) sources: BTreeMap<usize, Stats>,
    pub(super) refusals: Vec<Refusal>,
    /// The messages that are shown.
    pub(super) notes: Vec<Short>,
    /// Number of all messages.
    pub(super) noted: usize,
    pub(super) bad_sources: u64,
    pub(super) counters: Option<Counters>,
}

/// The alerts of one rule.
#[derive(Debug)]
pub(super) struct RuleAlerts<'r> {
    pub(super) rule: &'r Rule,
    pub(super) alerts: Alerts,
}

impl<'r> FirstPass<'r> {
    /// Before anything is read; `errors` are of sources that cannot be.
    pub(super) fn new(errors: Vec<weir_common::Error>, rules: Vec<RuleAlerts<'r>>) -> Self {
        let mut first = Self {
            rules,
            ..Self::default()
        };
        for error in errors {
            first.bad(&error);
        }
        first
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
                Part::Opened { source, name, .. } => {
                    self.sources.entry(source).or_default().name = name;
                }
                Part::Batch(batch) => {
                    let outcome = detector.push(&batch.bytes)?;
                    self.outcome(&batch, &outcome);
                    self.take(&mut detector)?;
                }
                Part::Refused {
                    source, refused, ..
                } => {
                    let malformed = refused.len() as u64;
                    let counts = Counts {
                        malformed,
                        ..Counts::default()
                    };
                    let name = self.count_in(source, counts);
                    for one in refused {
                        self.refused(&name, one.line, RejectKind::Malformed, &one.reason);
                    }
                }
                Part::Failed { error, .. } | Part::Bad(error) => self.bad(&error),
                Part::Note(message) => self.note(message),
                _ => {}
            }
            Ok(())
        })?;
        let before = detector.counters()?;
        detector.flush()?;
        self.take(&mut detector)?;
        let counters = detector.counters()?;
        let rules = detector.rules();
        if let Some(text) = unclosed(&rules, &before, &counters, false) {
            self.note(Message::warn("windows-open", text));
        }
        self.counters = Some(counters);
        Ok(())
    }

    fn take(&mut self, detector: &mut Detector) -> Result<(), Error> {
        let rules = &mut self.rules;
        let add = |alert: Alert| {
            if let Some(of_rule) = rules.iter_mut().find(|of| of.rule.id == alert.rule) {
                of_rule.alerts.add(alert);
            }
        };
        drain(ALERTS, detector.alerts(), add)
    }

    /// The number of alerts of all rules.
    pub(super) fn count(&self) -> u64 {
        self.rules.iter().map(|rule| rule.alerts.count()).sum()
    }

    fn outcome(&mut self, batch: &Batch, outcome: &Outcome) {
        let name = self.count_in(batch.source, outcome.counts());
        for refusal in &outcome.refused {
            let line = batch.lines.line(refusal.line);
            self.refused(&name, line, refusal.kind.into(), &refusal.reason);
        }
    }

    /// Adds documents to the counts of their source, and gives its name.
    fn count_in(&mut self, source: usize, counts: Counts) -> String {
        let stats = self.sources.entry(source).or_default();
        stats.counts += counts;
        self.counts += counts;
        stats.name.clone()
    }

    fn refused(&mut self, file: &str, line: u64, kind: RejectKind, reason: &str) {
        if self.refusals.len() < EXAMPLES {
            self.refusals.push(Refusal {
                file: Short::value(file),
                line,
                kind: kind.name(),
                reason: Short::value(reason),
            });
        }
    }

    /// Counts and reports a source that cannot be read to its end.
    fn bad(&mut self, error: &weir_common::Error) {
        self.bad_sources += 1;
        let message = Message::error("source-failed", error);
        let message = match error {
            weir_common::Error::Input { name, .. } => message.about(name),
            _ => message,
        };
        self.note(message);
    }

    /// Emits a message, and keeps it for the page.
    pub(super) fn note(&mut self, message: Message) {
        self.noted += 1;
        if self.notes.len() < EXAMPLES {
            self.notes.push(Short::sentence(&message.text));
        }
        message.emit();
    }

    /// Sentences on the look-up tables that the detector missed.
    pub(super) fn missed(&self) -> Vec<String> {
        let rules: Vec<Rule> = self.rules.iter().map(|of| of.rule.clone()).collect();
        let counters = self.counters.as_ref();
        let missed = counters.map(|counters| counters.missed(&rules, "was"));
        missed.unwrap_or_default()
    }
}
