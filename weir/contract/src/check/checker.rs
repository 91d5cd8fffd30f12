//! The state of one detector that its next answer is checked against.

use std::collections::HashSet;
use std::sync::Arc;

use super::account::Account;
use super::columns::Columns;
use super::groups::Groups;
use super::revisions::{Changes, Revisions};
use super::windows::Windows;
use super::{Checked, Fault, alert, ensure, key, outcome, shown, text, verdict, within};
use crate::Limits;
use crate::error::Error;
use crate::{
    Alert, Configuration, Counters, Event, GroupState, Outcome, Problem, Rule, Selection,
    Succession, Table, Verdict,
};

/// Bytes that some words take besides what they say.
const WORDS: u64 = 16;
/// Most that it may say of what it is given, in KiB.
const SAID_KIB: u64 = 256;

/// Checks the answers of one detector, through all of its instances.
#[derive(Debug)]
pub struct Checker {
    limits: Limits,
    /// The rules that are open, in the order of `describe`.
    open: Vec<Open>,
    revisions: Revisions,
    account: Account,
    groups: Groups,
}

/// Fixed properties of one open rule.
#[derive(Debug)]
struct Open {
    rules: Arc<[Rule]>,
    /// Its place among the rules.
    at: usize,
    windows: Windows,
    /// Bytes that all of its alerts have in common, about.
    common: u64,
    columns: Columns,
}

impl Open {
    fn new(rules: &Arc<[Rule]>, at: usize, parameters: &str) -> Option<Self> {
        let rule = rules.get(at)?;
        Some(Self {
            windows: Windows::of(rule, parameters),
            common: super::description::in_alerts(rule),
            columns: Columns::of(rule),
            rules: Arc::clone(rules),
            at,
        })
    }

    fn rule(&self) -> Option<&Rule> {
        self.rules.get(self.at)
    }

    fn id(&self) -> &str {
        self.rule().map_or("", |rule| rule.id.as_str())
    }
}

impl Checker {
    /// Of a detector that is opened with these configurations.
    pub fn new(rules: Arc<[Rule]>, configurations: &[Configuration], limits: &Limits) -> Self {
        let open = (0..rules.len()).filter_map(|at| {
            let id = &rules.get(at)?.id;
            let set = configurations.iter().find(|one| one.rule == *id)?;
            Open::new(&rules, at, &set.parameters)
        });
        Self {
            limits: limits.clone(),
            open: open.collect(),
            revisions: Revisions::default(),
            account: Account::default(),
            groups: Groups::default(),
        }
    }

    /// The failure that a fault in the answer to a call is, where it is about no rule of several.
    fn failure(&self, call: &'static str) -> impl FnOnce(Fault) -> Error + use<> {
        let only = match self.open.as_slice() {
            [one] => one.id().to_owned(),
            _ => String::new(),
        };
        move |fault| Error::trapped(call, fault.of(&only))
    }

    /// The rules that are open, in the order of `describe`.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.open.iter().filter_map(Open::rule)
    }

    /// The place of an open rule.
    fn place(&self, id: &str) -> Result<usize, Fault> {
        let place = self.open.iter().position(|open| open.id() == id);
        place.ok_or_else(|| Fault::new("rule", format!("`{}` is no open rule", shown(id))))
    }

    fn open(&self, id: &str) -> Result<(&Open, &Rule), Fault> {
        let open = self.open.get(self.place(id)?);
        open.and_then(|open| Some((open, open.rule()?)))
            .ok_or_else(|| Fault::new("rule", "is no open rule"))
    }

    /// Checks the problems of a configuration.
    pub fn problems(&self, call: &'static str, problems: &[Problem]) -> Result<(), Error> {
        let words = problems.iter();
        let words = words.flat_map(|problem| [&problem.key, &problem.message]);
        let of_open = || {
            let mut problems = problems.iter();
            problems.try_for_each(|problem| self.place(&problem.rule).map(drop))
        };
        let said = self.said(words).and_then(|()| of_open());
        said.map_err(|fault| fault.within("problem"))
            .map_err(self.failure(call))
    }

    /// Checks what it says of a configuration, a table or a state: no more than of itself, nor than
    /// a person would read.
    fn said<'w>(&self, words: impl Iterator<Item = &'w String>) -> Checked {
        let mut all = 0_u64;
        for words in words {
            text(words, &self.limits)?;
            all = all.saturating_add(WORDS + words.len() as u64);
        }
        let limit = self.limits.description_kib.min(SAID_KIB) << 10;
        within("what it says is wrong", all, limit, "description_kib")
    }

    /// Checks the outcome of a batch that an instance with so much memory was fed.
    pub fn pushed(&mut self, outcome: &Outcome, batch: &[u8], memory: usize) -> Result<(), Error> {
        self.groups = Groups::default();
        let mut account = self.account;
        account.step(batch.len());
        self.account = outcome::check(outcome, batch, &self.limits)
            .and_then(|reasons| account.with(reasons, memory, &self.limits))
            .map_err(self.failure("push"))?;
        Ok(())
    }

    /// The time was moved, or all was closed.
    pub fn moved(&mut self) {
        self.groups = Groups::default();
        self.account.step(0);
    }

    /// A state was taken in.
    pub fn merged(&mut self, state: &[u8]) {
        self.groups = Groups::default();
        self.account.step(state.len());
        self.revisions.merged();
    }

    /// A fresh instance goes on: it has all groups that were not taken to the last.
    pub fn succeeds(&mut self) {
        self.groups = Groups::default();
    }

    /// Checks what became of a state that was taken over.
    pub fn taken_over(&self, told: &[Succession]) -> Result<(), Error> {
        let words = told.iter().flat_map(|one| {
            let lists = one.lost.iter().chain(&one.changed);
            std::iter::once(&one.rule).chain(lists)
        });
        let mut seen = HashSet::new();
        let doubled = told.iter().find(|one| !seen.insert(one.rule.as_str()));
        let once = || match doubled {
            None => Ok(()),
            Some(one) => {
                let text = format!("`{}` is told of twice", shown(&one.rule));
                Err(Fault::new("succession", text))
            }
        };
        let said = self.said(words).and_then(|()| once());
        said.map_err(self.failure("take-over"))
    }

    /// Words about a table or a state that is refused.
    pub fn words(&self, call: &'static str, words: &[String]) -> Result<(), Error> {
        self.said(words.iter()).map_err(self.failure(call))
    }

    /// The state was given away, or lost.
    pub fn gave_state(&mut self) {
        self.revisions.forget();
    }

    /// Alerts, by an instance with so much memory.
    pub fn alerts(&mut self, alerts: &[Alert], memory: usize) -> Result<(), Error> {
        if alerts.is_empty() {
            return Ok(());
        }
        let call = "take-alerts";
        // Nothing is learnt of an answer that is refused as a whole.
        let mut columns: Vec<Columns> = self.open.iter().map(|one| one.columns.clone()).collect();
        let (mut changes, mut bytes) = (Changes::new(), 0_u64);
        for (at, alert) in alerts.iter().enumerate() {
            match self.alert(alert, &mut columns, &mut changes) {
                Ok(size) => bytes = bytes.saturating_add(size),
                Err(fault) => {
                    let kind = fault.within(&format!("alerts[{at}]")).of(&alert.rule);
                    return Err(Error::trapped(call, kind));
                }
            }
        }
        let account = self.account.with(bytes, memory, &self.limits);
        self.account = account.map_err(self.failure(call))?;
        self.revisions.apply(changes);
        for (open, columns) in self.open.iter_mut().zip(columns) {
            open.columns = columns;
        }
        Ok(())
    }

    /// Checks an alert. The answer is its size, about.
    fn alert(
        &self,
        alert: &Alert,
        columns: &mut [Columns],
        changes: &mut Changes,
    ) -> Result<u64, Fault> {
        let place = self.place(&alert.rule)?;
        let (open, rule) = self.open(&alert.rule)?;
        key::check(&alert.key, &rule.key, &self.limits)?;
        open.windows.check(alert.window)?;
        alert::check(alert, &self.limits)?;
        self.revisions.check(alert.number(), alert, changes)?;
        if let Some(columns) = columns.get_mut(place) {
            columns.check(&alert.columns)?;
        }
        Ok(open.common + alert::size(alert))
    }

    /// Entries of the ledger, by an instance with so much memory.
    pub fn verdicts(&mut self, verdicts: &[Verdict], memory: usize) -> Result<(), Error> {
        let call = "take-verdicts";
        let mut bytes = 0_u64;
        for (at, verdict) in verdicts.iter().enumerate() {
            if let Err(fault) = self.verdict(verdict) {
                let kind = fault.within(&format!("verdicts[{at}]")).of(&verdict.rule);
                return Err(Error::trapped(call, kind));
            }
            bytes = bytes.saturating_add(verdict::size(verdict));
        }
        let account = self.account.with(bytes, memory, &self.limits);
        self.account = account.map_err(self.failure(call))?;
        Ok(())
    }

    fn verdict(&self, verdict: &Verdict) -> Checked {
        let (open, rule) = self.open(&verdict.rule)?;
        key::check(&verdict.key, &rule.key, &self.limits)?;
        open.windows.check(verdict.window)?;
        verdict::check(verdict, &rule.conditions)
    }

    /// Checks the events read in a batch.
    pub fn events(
        &self,
        events: &[Event],
        batch: &[u8],
        wanted: &[Selection],
    ) -> Result<(), Error> {
        let check = || -> Checked {
            outcome::events(events, batch, wanted, &self.limits)?;
            let mut groups = events.iter().flat_map(|event| &event.groups);
            groups.try_for_each(|group| {
                let fault = |fault: Fault| fault.within("events.groups");
                let (_, rule) = self.open(&group.rule).map_err(fault)?;
                key::check(&group.key, &rule.key, &self.limits).map_err(fault)?;
                let mut counts = group.counts_in.iter();
                let known = |name: &String| rule.columns.iter().any(|column| column.name == *name);
                ensure(
                    counts.all(known),
                    "events.groups.counts-in",
                    || "names a column that the rule does not describe",
                )
            })
        };
        check().map_err(self.failure("select"))
    }

    /// States of single groups.
    pub fn groups(&mut self, groups: &[GroupState]) -> Result<(), Error> {
        let call = "take-groups";
        if groups.is_empty() {
            self.groups = Groups::default();
        }
        for (at, group) in groups.iter().enumerate() {
            let checked = self.group(group);
            let place = match checked {
                Ok(place) => self.groups.add(place, group, &self.limits),
                Err(fault) => Err(fault),
            };
            if let Err(fault) = place {
                let kind = fault.within(&format!("groups[{at}]")).of(&group.rule);
                return Err(Error::trapped(call, kind));
            }
        }
        Ok(())
    }

    fn group(&self, group: &GroupState) -> Result<usize, Fault> {
        let (open, rule) = self.open(&group.rule)?;
        key::check(&group.key, &rule.key, &self.limits)?;
        open.windows.check_state(group.window)?;
        self.place(&group.rule)
    }

    /// Checks the detector's counters.
    pub fn counters(&self, counters: &Counters) -> Result<(), Error> {
        let ids = self.open.iter().map(Open::id);
        let tables: Vec<&Table> = self.rules().flat_map(|rule| &rule.tables).collect();
        outcome::counters(counters, ids, &tables).map_err(self.failure("counters"))
    }
}
