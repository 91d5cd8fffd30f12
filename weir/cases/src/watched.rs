//! A detector whose answers are checked for consistency: its counters against its outcomes and
//! alerts.

use std::collections::BTreeSet;

use weir_check::Document;
use weir_host::Detector;
use weir_host::contract::{Alert, Counters, Counts, Judgement, Outcome, Phase, Rule, RuleCounters};
use weir_host::error::Error;
use weir_pipeline::run::unclosed;
use weir_sinks::output::Finals;

/// A figure of the counters, by its name.
type Figure = (&'static str, fn(&RuleCounters) -> u64);

/// A detector, and all that it has answered; it may be replaced by one that takes its state.
pub(super) struct Watched {
    pub(super) detector: Detector,
    /// Counts of the documents by outcome, as answered.
    pub(super) pushed: Counts,
    /// Counts of revisions: early, on time, late, retracted.
    phases: [u64; 4],
    /// Windows and groups of the revisions.
    windows: BTreeSet<(i64, i64)>,
    groups: BTreeSet<String>,
    pub(super) finals: Finals,
    /// Whether event time advanced by events alone.
    pub(super) by_events: bool,
    /// Breaches of the contract, a sentence each.
    pub(super) faults: Vec<String>,
}

impl Watched {
    pub(super) fn new(detector: Detector) -> Self {
        Self {
            detector,
            pushed: Counts::default(),
            phases: [0; 4],
            windows: BTreeSet::new(),
            groups: BTreeSet::new(),
            finals: Finals::new(),
            by_events: true,
            faults: Vec::new(),
        }
    }

    /// Pushes documents in batches of this many.
    pub(super) fn push(&mut self, documents: &[Document], count: usize) -> Result<(), Error> {
        for chunk in documents.chunks(count) {
            let lines = chunk.iter().map(|document| document.line.as_slice());
            self.batch(&lines.collect::<Vec<_>>().concat())?;
        }
        Ok(())
    }

    pub(super) fn batch(&mut self, batch: &[u8]) -> Result<Outcome, Error> {
        let outcome = self.detector.push(batch)?;
        self.pushed += outcome.counts();
        Ok(outcome)
    }

    /// Takes the alerts that are ready.
    pub(super) fn take(&mut self) -> Result<(), Error> {
        let alerts: Vec<Alert> = self.detector.alerts().collect::<Result<_, _>>()?;
        for alert in alerts {
            self.note(&alert);
            self.finals.add(alert);
        }
        Ok(())
    }

    fn note(&mut self, alert: &Alert) {
        let at = match alert.phase {
            Phase::Early => 0,
            Phase::OnTime => 1,
            Phase::Late => 2,
            Phase::Retracted => 3,
        };
        if let Some(count) = self.phases.get_mut(at) {
            *count += 1;
        }
        if alert.phase != Phase::Early {
            self.windows.insert((alert.window.start, alert.window.end));
        }
        self.groups.insert(alert.id());
    }

    /// Merges a worker's state, with what the worker answered.
    pub(super) fn merge(&mut self, worker: &Watched, state: &[u8]) -> Result<(), Error> {
        self.pushed += worker.pushed;
        self.detector.merge(state)
    }

    /// Closes every window and takes what is left. `ledger` says that a ledger is kept, and
    /// `merged` that documents may count otherwise since states were merged.
    pub(super) fn end(&mut self, ledger: bool, merged: bool) -> Result<Counters, Error> {
        let before = self.detector.counters()?;
        self.detector.flush()?;
        self.take()?;
        let counters = self.detector.counters()?;
        let rules = self.detector.rules();
        self.faults
            .extend(unclosed(&rules, &before, &counters, self.by_events));
        let has_ledger = self.detector.interfaces().inspection;
        if !ledger && has_ledger && !self.detector.take_verdicts()?.is_empty() {
            let why = "it has entries for the ledger though none is kept (`verdicts` is not set)";
            self.faults.push(why.to_owned());
        }
        self.count(&counters, merged);
        Ok(counters)
    }

    /// Compares the counters with the outcomes.
    fn count(&mut self, counters: &Counters, merged: bool) {
        let rules = self.detector.rules();
        if !merged {
            let found = counters.merged_duplicate + counters.merged_late;
            self.same("documents found by merging", found, 0);
        }
        if let ([_], [rule]) = (&rules[..], &counters.rules[..]) {
            // Of several rules each may count others of the documents.
            let counts = counters.corrected(self.pushed);
            for (name, total, pushed) in [
                ("counted", rule.counted, counts.counted),
                ("duplicate", rule.duplicate, counts.duplicate),
                ("excluded", rule.excluded, counts.excluded),
                ("dropped_late", rule.dropped_late, counts.dropped_late),
                ("refused_future", rule.refused_future, counts.refused_future),
            ] {
                self.same(name, total, pushed);
            }
        }
        // A rule that names no data set is a minimal one, and need not keep all figures.
        if rules.iter().any(|rule| rule.data_sets.is_empty()) {
            return;
        }
        let phases: [Figure; 4] = [
            ("alerts_early", |rule| rule.alerts_early),
            ("alerts_on_time", |rule| rule.alerts_on_time),
            ("alerts_late", |rule| rule.alerts_late),
            ("alerts_retracted", |rule| rule.alerts_retracted),
        ];
        for ((name, figure), taken) in phases.into_iter().zip(self.phases) {
            let total = counters.sum(figure);
            if total != taken {
                self.faults.push(format!(
                    "its counters say {total} {name}, and {taken} were handed out"
                ));
            }
        }
        self.at_least(counters, &rules);
    }

    /// Compares the counters with the alerts.
    fn at_least(&mut self, counters: &Counters, rules: &[Rule]) {
        let windowed = rules
            .iter()
            .all(|rule| matches!(rule.judgement, Judgement::Tumbling(_)));
        let counted = counters.sum(|rule| rule.counted);
        for (name, total, least) in [
            (
                "groups_seen",
                counters.sum(|rule| rule.groups_seen),
                self.groups.len(),
            ),
            (
                "windows_fired",
                counters.sum(|rule| rule.windows_fired),
                self.windows.len() * usize::from(windowed),
            ),
            (
                "windows with a watermark",
                u64::from(counters.watermark.is_some()),
                usize::from(windowed && counted > 0),
            ),
        ] {
            if total < least as u64 {
                self.faults.push(format!(
                    "its counters say {total} {name}, and there were at least {least}"
                ));
            }
        }
    }

    fn same(&mut self, name: &str, total: u64, pushed: u64) {
        if total != pushed {
            self.faults.push(format!(
                "its counters say {total} {name}, and the answers to `push` said {pushed}"
            ));
        }
    }
}
