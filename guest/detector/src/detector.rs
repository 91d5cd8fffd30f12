//! A detector: bytes in, alerts of its rules out.

use crate::batch;
use crate::definition::{Rule, RuleOn};
use crate::fields::{Field, FieldTree};
use crate::hash::Seed;
use crate::ingest::BatchIngest;
use crate::learning_reader::LearningReader;
use crate::log::Log;
use crate::model::{
    Alert, Counters, Event, GroupState, MergeError, Outcome, Problem, RuleConfiguration, Selection,
    Succession, TableError, Verdict,
};
use crate::open_rule::{OpenRule, configured_rules};
use crate::output_order::OutputOrder;
use crate::select::Search;
use crate::snapshot;
use crate::stream::Stream;
use crate::time::Minute;
use crate::totals::{MergeCorrections, SharedCounters, add_named};
use std::sync::Arc;

/// A detector, the contract's resource. See `wit/detection.wit` for each method.
pub struct Detector<L: Log> {
    /// The open rules.
    rules: Vec<OpenRule<L>>,
    log: L,
    seed: Seed,
    tree: Arc<FieldTree>,
    reader: LearningReader,
    minute: Minute,
    shared: SharedCounters,
    /// The order in which alerts, and entries of the ledger, are returned.
    waiting: [OutputOrder; 2],
}

impl<L: Log> Detector<L> {
    /// Opens a detector on the rules that are configured, each with a JSON object of parameters;
    /// `{}` is the rule as published.
    ///
    /// # Errors
    /// Every problem of the configurations, each naming its rule and key.
    pub fn open(
        rules: Vec<Box<RuleOn<L>>>,
        configured: &[RuleConfiguration],
        seed: (u64, u64),
    ) -> Result<Detector<L>, Vec<Problem>> {
        let seed = Seed(seed.0, seed.1);
        let mut open = Vec::new();
        let chosen = configured_rules(rules, configured)?;
        let share = chosen.len() as u64;
        for (mut rule, mut plan) in chosen {
            plan.rules = share;
            rule.configure(&plan.config);
            let stream = Stream::new(Arc::new(plan), seed);
            open.push(OpenRule { rule, stream });
        }
        let asked: Vec<Field> = { open.iter() }
            .flat_map(|running| running.rule.reads().iter().copied())
            .collect();
        let tree = Arc::new(FieldTree::new(L::INFO.fields, &asked));
        let Some(first) = open.first() else {
            return Err(vec![Problem {
                rule: String::new(),
                key: String::new(),
                message: "no rule is named".to_owned(),
            }]);
        };
        Ok(Detector {
            log: L::new(&first.stream.plan.config),
            rules: open,
            seed,
            reader: LearningReader::new(Arc::clone(&tree), seed),
            tree,
            minute: Minute::default(),
            shared: SharedCounters::default(),
            waiting: Default::default(),
        })
    }

    /// Opens a detector on one rule.
    ///
    /// # Errors
    /// Every problem of the configuration, each naming its key.
    pub fn only(
        rule: impl Rule<Log = L>,
        parameters: &str,
        seed: (u64, u64),
    ) -> Result<Detector<L>, Vec<Problem>> {
        let configuration = RuleConfiguration {
            rule: rule.definition().info.id.to_owned(),
            parameters: parameters.to_owned(),
        };
        Detector::open(vec![Box::new(rule)], &[configuration], seed)
    }

    /// Disables the fast reader and the quick path from now on: equal results, slower. For tests
    /// that compare the two.
    #[must_use]
    pub fn plainly(mut self) -> Detector<L> {
        self.reader.enabled = false;
        self
    }

    /// Loads a look-up table, by its name in `describe`.
    ///
    /// # Errors
    /// When there is no table of that name, or the bytes are not in its format.
    pub fn load_table(&mut self, name: &str, data: &[u8]) -> Result<(), TableError> {
        let known = L::INFO.table.map(|table| table.name);
        if known != Some(name) {
            let known = known.into_iter().map(str::to_owned);
            return Err(TableError::Unknown(known.collect()));
        }
        self.log.load(data)?;
        self.streams().for_each(|stream| stream.callers.clear());
        Ok(())
    }

    /// Processes documents: JSON values, one a line.
    pub fn push(&mut self, batch: &[u8]) -> Outcome {
        let mut ingest: BatchIngest<L> = BatchIngest {
            batch,
            tree: &self.tree,
            rules: &mut self.rules,
            log: &self.log,
            seed: self.seed,
            minute: &mut self.minute,
            shared: &mut self.shared,
            outcome: Outcome::default(),
            missed: 0,
        };
        batch::read(batch, &self.tree, &mut self.reader, |place, taken| {
            ingest.ingest(place, taken);
        });
        let (missed, outcome) = (ingest.missed, ingest.outcome);
        if let Some(table) = L::INFO.table {
            add_named(&mut self.shared.tables_missed, table.name, missed);
        }
        self.note_waiting();
        outcome
    }

    /// Raises the watermark to `to` and sets the wall clock, both in milliseconds since 1970.
    pub fn advance(&mut self, to: Option<i64>, clock: Option<i64>) {
        for stream in self.streams() {
            if let Some(now) = clock {
                stream.clock(now);
            }
            if let Some(to) = to {
                stream.advance(to);
            }
        }
        self.note_merged();
    }

    /// Collects the corrections of merges to the counts of documents.
    fn note_merged(&mut self) {
        let merged = self
            .streams()
            .map(|stream| std::mem::take(&mut stream.merged));
        let most = merged.fold(MergeCorrections::default(), MergeCorrections::most);
        self.shared.merged.add(most);
        self.note_waiting();
    }

    /// Records the output that the last call added.
    fn note_waiting(&mut self) {
        let [alerts, entries] = &mut self.waiting;
        let streams = || self.rules.iter().map(|running| &running.stream);
        alerts.note(streams().map(|stream| stream.revisions.len()));
        entries.note(streams().map(|stream| stream.entries.len()));
    }

    /// Closes every window.
    pub fn flush(&mut self) {
        self.streams().for_each(Stream::flush);
        self.note_waiting();
    }

    /// Takes up to `max` revisions, oldest first; those made in one call by rule.
    pub fn take_alerts(&mut self, max: u32) -> Vec<Alert> {
        self.take_waiting(0, max, Stream::take_alerts)
    }

    /// Takes up to `max` entries of the ledger, oldest first; those made in one call by rule.
    pub fn take_verdicts(&mut self, max: u32) -> Vec<Verdict> {
        self.take_waiting(1, max, Stream::take_verdicts)
    }

    /// The events of a batch's documents that match any of the selections.
    #[must_use]
    pub fn select(&self, batch: &[u8], wanted: &[Selection]) -> Vec<Event> {
        let search: Search<L> = Search {
            wanted,
            rules: &self.rules,
            log: &self.log,
            seed: self.seed,
        };
        search.events(batch)
    }

    /// Counters since `open`.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let streams = || self.rules.iter().map(|running| &running.stream);
        Counters {
            rules: streams().map(Stream::counters).collect(),
            merged_duplicate: self.shared.merged.duplicate,
            merged_late: self.shared.merged.late,
            tables_missed: self.shared.tables_missed.clone(),
            opened: self.shared.opened.clone(),
            watermark: streams().map(|stream| stream.watermark).min().flatten(),
        }
    }

    /// Orders waiting output as a detector would into which the snapshot was merged.
    pub fn order_as_restored(&mut self) {
        self.waiting.iter_mut().for_each(OutputOrder::by_rule);
    }

    /// The whole state, encoded.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let streams: Vec<&Stream> = { self.rules.iter() }.map(|r| &r.stream).collect();
        snapshot::encode(self.seed, &self.shared, &streams, true)
    }

    /// Takes the whole state, encoded, and continues as if just opened, with the tables, the clock
    /// and the watermark that were set by the host.
    pub fn take_state(&mut self) -> Vec<u8> {
        let taken: Vec<Stream> = self.streams().map(Stream::take_all).collect();
        let shared = std::mem::take(&mut self.shared);
        self.waiting = Default::default();
        let taken: Vec<&Stream> = taken.iter().collect();
        snapshot::encode(self.seed, &shared, &taken, true)
    }

    /// Takes out up to `max` groups, oldest windows first and in key order within a rule, each as a
    /// state of its own.
    pub fn take_groups(&mut self, max: u32) -> Vec<GroupState> {
        let mut taken = Vec::new();
        for stream in self.streams() {
            taken.extend(stream.take_groups(max as usize - taken.len()));
        }
        taken
    }

    /// Merges a state as if its documents had been pushed here.
    ///
    /// # Errors
    /// When the state is damaged, or belongs to other rules, another configuration or another seed;
    /// nothing has changed then.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), MergeError> {
        let ours: Vec<&Stream> = { self.rules.iter() }.map(|r| &r.stream).collect();
        let state = snapshot::decode(state, &ours)?;
        let is_empty = state.streams.iter().flatten().all(Stream::is_empty);
        self.share_seed(state.seed, is_empty)?;
        self.shared.add(&state.shared);
        for (stream, theirs) in self.streams().zip(state.streams) {
            if let Some(theirs) = theirs {
                stream.merge(theirs);
            }
        }
        self.note_merged();
        Ok(())
    }

    /// Takes in the state of earlier versions of the rules, or of the rules under other parameters,
    /// and returns what became of it, rule by rule: it is taken where what is counted is equal.
    ///
    /// # Errors
    /// When the state is damaged, or of another seed; nothing has changed then.
    pub fn take_over(&mut self, state: &[u8]) -> Result<Vec<Succession>, MergeError> {
        let ours: Vec<&Stream> = { self.rules.iter() }.map(|r| &r.stream).collect();
        let (state, told) = snapshot::decode_earlier(state, &ours)?;
        let is_empty = { state.streams.iter().flatten() }.all(|(stream, _)| stream.is_empty());
        self.share_seed(state.seed, is_empty)?;
        self.shared.add(&state.shared);
        for (stream, theirs) in self.streams().zip(state.streams) {
            if let Some((theirs, differences)) = theirs {
                stream.take_over(theirs, &differences);
            }
        }
        self.note_merged();
        Ok(told)
    }

    /// Takes over the seed of a state, if there is no state here yet.
    fn share_seed(&mut self, seed: Seed, is_empty: bool) -> Result<(), MergeError> {
        if seed == self.seed {
            return Ok(());
        }
        if self.rules.iter().all(|running| running.stream.is_empty()) {
            self.seed = seed;
            self.streams().for_each(|stream| stream.seed = seed);
        } else if !is_empty {
            return Err(MergeError::OtherSeed);
        }
        Ok(())
    }

    fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.rules.iter_mut().map(|running| &mut running.stream)
    }

    /// Takes up to `max` outputs of one kind.
    fn take_waiting<T>(
        &mut self,
        order: usize,
        max: u32,
        take: fn(&mut Stream, usize) -> Vec<T>,
    ) -> Vec<T> {
        let mut taken = Vec::new();
        while let Some((rule, count)) = self.waiting[order].next(max as usize - taken.len()) {
            taken.extend(take(&mut self.rules[rule].stream, count));
        }
        taken
    }
}

#[cfg(test)]
#[path = "detector_tests.rs"]
mod tests;
