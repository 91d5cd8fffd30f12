//! The first reading: what is found, and what becomes of every document.

use std::collections::BTreeMap;

use super::alerts::Alerts;
use super::text::Short;
use super::{ALERTS, drain, read};
use crate::chosen::Chosen;
use crate::contract::{Alert, Counters, Outcome, Rule};
use crate::detector::Detector;
use crate::error::Error;
use crate::feed::{Batch, Part};
use crate::input::Source;
use crate::message::{Level, Message};
use crate::rejects::RejectKind;
use crate::run::unclosed;
use crate::sandbox::Limits;

/// Documents that were not counted, and messages, that are shown.
pub(super) const EXAMPLES: usize = 20;

/// What became of the documents of one source.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) name: String,
    pub(super) documents: u64,
    pub(super) counted: u64,
    pub(super) malformed: u64,
}

/// A document that was not counted.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) file: Short,
    pub(super) line: u64,
    pub(super) kind: &'static str,
    pub(super) reason: Short,
}

/// What the first reading gives.
#[derive(Debug)]
pub(super) struct First {
    /// Of each rule, in their order.
    pub(super) alerts: Vec<OfRule>,
    /// In the order of the contract's counters.
    pub(super) counts: [u64; 7],
    /// Of these, refused before the detector saw them.
    pub(super) refused_here: u64,
    pub(super) sources: BTreeMap<usize, Stats>,
    pub(super) refusals: Vec<Refusal>,
    /// Messages, as far as they are shown, and how many there are.
    pub(super) notes: Vec<Short>,
    pub(super) noted: usize,
    pub(super) bad_sources: u64,
    pub(super) counters: Option<Counters>,
}

/// The alerts of one rule.
#[derive(Debug)]
pub(super) struct OfRule {
    pub(super) rule: String,
    pub(super) alerts: Alerts,
}

impl First {
    pub(super) fn new(
        errors: Vec<Error>,
        say: &mut dyn FnMut(Message),
        alerts: Vec<OfRule>,
    ) -> Self {
        let mut first = Self {
            alerts,
            counts: [0; 7],
            refused_here: 0,
            sources: BTreeMap::new(),
            refusals: Vec::new(),
            notes: Vec::new(),
            noted: 0,
            bad_sources: 0,
            counters: None,
        };
        for error in errors {
            first.bad(&error, say);
        }
        first
    }

    /// Reads all sources.
    pub(super) fn read(
        &mut self,
        mut detector: Detector,
        sources: &[Source],
        limits: &Limits,
        say: &mut dyn FnMut(Message),
    ) -> Result<(), Error> {
        read(sources, limits, |part| {
            match part {
                Part::Opened { source, name, .. } => self.stats(source).name = name,
                Part::Batch(batch) => {
                    let outcome = detector.push(&batch.bytes)?;
                    self.outcome(&batch, &outcome);
                    self.take(&mut detector)?;
                }
                Part::Refused {
                    source, refused, ..
                } => {
                    let count = refused.len() as u64;
                    let stats = self.stats(source);
                    stats.documents += count;
                    stats.malformed += count;
                    let name = stats.name.clone();
                    self.counts[MALFORMED] += count;
                    self.refused_here += count;
                    for one in refused {
                        self.refused(&name, one.line, RejectKind::Malformed, &one.reason);
                    }
                }
                Part::Failed { error, .. } | Part::Bad(error) => self.bad(&error, say),
                Part::Note(level, note) => self.note(Message::new(level, &note), say),
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
            self.note(Message::new(Level::Warn, &text), say);
        }
        self.counters = Some(counters);
        Ok(())
    }

    fn take(&mut self, detector: &mut Detector) -> Result<(), Error> {
        let alerts = &mut self.alerts;
        let add = |alert: Alert| {
            if let Some(of_rule) = alerts.iter_mut().find(|of| of.rule == alert.rule) {
                of_rule.alerts.add(alert);
            }
        };
        drain(ALERTS, || detector.take_alerts(), add)
    }

    /// The alerts of all rules.
    pub(super) fn count(&self) -> u64 {
        self.alerts
            .iter()
            .map(|of_rule| of_rule.alerts.count())
            .sum()
    }

    fn outcome(&mut self, batch: &Batch, outcome: &Outcome) {
        for (sum, count) in self.counts.iter_mut().zip(outcome.counts()) {
            *sum = sum.saturating_add(count);
        }
        let stats = self.stats(batch.source);
        stats.documents = stats.documents.saturating_add(outcome.documents());
        stats.counted = stats.counted.saturating_add(outcome.counted);
        stats.malformed = stats.malformed.saturating_add(outcome.malformed);
        let name = stats.name.clone();
        for refusal in &outcome.refused {
            let line = batch.lines.line(refusal.line);
            self.refused(&name, line, refusal.kind.into(), &refusal.reason);
        }
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

    fn stats(&mut self, source: usize) -> &mut Stats {
        self.sources.entry(source).or_default()
    }

    /// A source that cannot be read, or not to its end.
    fn bad(&mut self, error: &Error, say: &mut dyn FnMut(Message)) {
        self.bad_sources += 1;
        let message = Message::new(Level::Error, &error.to_string());
        let message = match error {
            Error::Input { name, .. } => message.about(name),
            _ => message,
        };
        self.note(message, say);
    }

    /// Something to tell people now, and on the page.
    pub(super) fn note(&mut self, message: Message, say: &mut dyn FnMut(Message)) {
        self.noted += 1;
        if self.notes.len() < EXAMPLES {
            self.notes.push(Short::sentence(&message.text));
        }
        say(message);
    }

    /// Says what tables the detector missed.
    pub(super) fn missed(&self, rules: &[Chosen]) -> Vec<String> {
        let rules: Vec<Rule> = rules.iter().map(|chosen| chosen.rule.clone()).collect();
        let counters = self.counters.as_ref();
        let missed = counters.map(|counters| counters.missed(&rules, "was"));
        missed.unwrap_or_default()
    }

    /// Documents read.
    pub(super) fn documents(&self) -> u64 {
        self.counts.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }
}

/// Which of the counters is of what is malformed.
const MALFORMED: usize = 4;
