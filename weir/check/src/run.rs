//! Makes a schedule's calls to a component, and keeps what it answers.

use weir_host::contract::{Alert, Counters, Counts, Interface, Selection, Verdict, Window};
use weir_host::error::Error;
use weir_host::{Detector, digest};
use weir_schedule::{Call, Driver, Instance, Way};

use crate::subject::Subject;

/// Alerts and verdicts that are asked for at once where all are to be taken.
const TAKE: u32 = 256;

/// The answers to a schedule's calls.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Counts of all pushes by their outcomes.
    pub(crate) counts: Counts,
    /// Documents in the outcome of each push.
    pub(crate) outcomes: Vec<Counts>,
    /// Alerts in the order in which they were taken.
    pub(crate) alerts: Vec<Alert>,
    /// How many of them were taken before the end.
    pub(crate) before_end: usize,
    /// Alerts that were taken after everything had been closed and taken.
    pub(crate) behind_end: usize,
    /// Entries of the ledger in the order in which they were taken.
    pub(crate) verdicts: Vec<Verdict>,
    /// Counters as they were asked for, those of the end last.
    pub(crate) counters: Vec<Counters>,
    /// Parameters that should have been refused and were not, and refusals that do not name them.
    pub(crate) taken_settings: Vec<String>,
    /// Damaged states that were taken in.
    pub(crate) taken_damaged: Vec<String>,
    /// Number of damaged states that were refused.
    pub(crate) refused_damaged: usize,
    /// What of a state was not taken over, and why.
    pub(crate) lost: Vec<String>,
    /// Largest memory of an instance.
    pub(crate) memory: usize,
    /// Digest of the state at the end.
    pub(crate) state: Option<String>,
    /// All answers as text, where they are to be compared word by word.
    pub(crate) words: Vec<String>,
}

impl Run {
    /// The counters at the end.
    pub(crate) fn last(&self) -> Counters {
        self.counters.last().cloned().unwrap_or_default()
    }

    /// Documents that were not taken for their time.
    pub(crate) fn out_of_time(&self) -> u64 {
        let late = self.last().merged_late;
        self.counts.dropped_late + self.counts.refused_future + late
    }

    /// Groups and ids that were given up to stay inside the budget.
    pub(crate) fn given_up(&self) -> u64 {
        self.last()
            .sum(|rule| rule.evicted.saturating_add(rule.ids_forgotten))
    }
}

/// Why a schedule ended early.
pub(crate) enum Failure {
    /// The component failed, or refused what it must take.
    Component(Error),
    /// Anything else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Trapped { .. } => Self::Component(error),
            error => Self::Other(error),
        }
    }
}

/// Where parameters or a state are refused that must be taken.
fn refused(error: Error) -> Failure {
    match error {
        Error::Trapped { .. } | Error::Config(_) => Failure::Component(error),
        error => Failure::Other(error),
    }
}

/// The driver of a schedule.
pub(crate) struct Runner<'r, 's> {
    subject: &'r Subject<'s>,
    verbatim: bool,
    pub(crate) run: Run,
}

impl<'r, 's> Runner<'r, 's> {
    pub(crate) fn new(subject: &'r Subject<'s>, verbatim: bool) -> Self {
        Self {
            subject,
            verbatim,
            run: Run::default(),
        }
    }

    fn note(&mut self, call: &str, answer: impl FnOnce() -> String) {
        if self.verbatim {
            self.run.words.push(format!("{call}: {}", answer()));
        }
    }

    fn push(&mut self, detector: &mut Detector, batch: &[u8]) -> Result<(), Failure> {
        let outcome = detector.push(batch)?;
        self.note("push", || format!("{outcome:?}"));
        self.run.counts += outcome.counts();
        self.run.outcomes.push(outcome.counts());
        self.run.memory = self.run.memory.max(detector.memory_bytes());
        Ok(())
    }

    /// Takes alerts, up to a number or all; returns how many.
    fn take(&mut self, detector: &mut Detector, max: Option<u32>) -> Result<usize, Failure> {
        let mut taken = 0;
        loop {
            let some = detector.take_some(max.unwrap_or(TAKE).into())?;
            self.note("take-alerts", || format!("{some:?}"));
            taken += some.len();
            let is_last = some.is_empty() || max.is_some();
            self.run.alerts.extend(some);
            if is_last {
                return Ok(taken);
            }
        }
    }

    fn take_verdicts(&mut self, detector: &mut Detector, max: Option<u32>) -> Result<(), Failure> {
        loop {
            let some = detector.take_some_verdicts(max.unwrap_or(TAKE).into())?;
            self.note("take-verdicts", || format!("{some:?}"));
            let is_last = some.is_empty() || max.is_some();
            self.run.verdicts.extend(some);
            if is_last {
                return Ok(());
            }
        }
    }

    fn counters(&mut self, detector: &mut Detector) -> Result<(), Failure> {
        let counters = detector.counters()?;
        self.note("counters", || format!("{counters:?}"));
        self.run.counters.push(counters);
        Ok(())
    }

    fn select(&mut self, detector: &mut Detector, batch: &[u8]) -> Result<(), Failure> {
        let any = |rule: &weir_config::configured::ConfiguredRule| Selection {
            rule: rule.rule.id.clone(),
            key: Vec::new(),
            window: Window {
                start: i64::MIN,
                end: i64::MAX,
            },
        };
        let wanted: Vec<Selection> = self.subject.rules.iter().map(any).collect();
        let events = detector.select(batch, &wanted)?;
        self.note("select", || format!("{events:?}"));
        Ok(())
    }

    /// Offers a damaged copy of the detector's own state.
    fn damage(
        &mut self,
        detector: &mut Detector,
        flip: Option<u64>,
        cut: Option<u64>,
    ) -> Result<(), Failure> {
        let mut state = detector.snapshot()?;
        let length = state.len() as u64;
        if length == 0 {
            return Ok(());
        }
        let place = |at: u64| usize::try_from(at % length).unwrap_or(0);
        if let Some(cut) = cut {
            state.truncate(place(cut));
        }
        if let Some(flip) = flip
            && let Some(byte) = state.get_mut(place(flip / 8))
        {
            *byte ^= 1 << (flip % 8);
        }
        match detector.merge(&state) {
            Ok(()) => {
                let what = match (flip, cut) {
                    (Some(flip), _) => {
                        format!("with bit {} of byte {} changed", flip % 8, place(flip / 8))
                    }
                    (None, Some(cut)) => format!("cut to {} of its {length} bytes", place(cut)),
                    (None, None) => return Ok(()),
                };
                self.run
                    .taken_damaged
                    .push(format!("it takes its own state {what}"));
                Ok(())
            }
            Err(Error::Config(words)) => {
                self.run.refused_damaged += 1;
                self.note("merge", || words.join("; "));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Driver for Runner<'_, '_> {
    type Detector = Detector;
    type Error = Failure;

    fn open(
        &mut self,
        _: Instance,
        set: &[String],
        seed: Option<u64>,
    ) -> Result<Detector, Failure> {
        self.subject.open(set, seed).map_err(refused)
    }

    fn call(&mut self, call: &Call, detector: &mut Detector, batch: &[u8]) -> Result<(), Failure> {
        match call {
            Call::Push { .. } => self.push(detector, batch),
            Call::Advance { to, clock, .. } => Ok(detector.advance(*to, *clock)?),
            Call::Flush { .. } => Ok(detector.flush()?),
            Call::Take { max, .. } => self.take(detector, *max).map(drop),
            Call::TakeVerdicts { max, .. } => self.take_verdicts(detector, *max),
            Call::Counters { .. } => self.counters(detector),
            Call::Select { .. } => self.select(detector, batch),
            Call::Damage { flip, cut, .. } => self.damage(detector, *flip, *cut),
            // These are about more than one detector.
            Call::Open { .. }
            | Call::Misconfigure { .. }
            | Call::Restart { .. }
            | Call::TakeOver { .. }
            | Call::Merge { .. } => Ok(()),
        }
    }

    fn misconfigure(&mut self, set: &[String]) -> Result<(), Failure> {
        let said = self.subject.offer(set)?;
        self.note("open", || format!("{said:?}"));
        for setting in set {
            let name = setting.split('=').next().unwrap_or(setting);
            match &said {
                None => self
                    .run
                    .taken_settings
                    .push(format!("it takes `{setting}`")),
                Some(words) if !words.contains(name) => {
                    self.run.taken_settings.push(format!(
                        "it refuses `{setting}` without naming `{name}`: {words}"
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn state(&mut self, detector: &mut Detector, way: Way) -> Result<Vec<u8>, Failure> {
        let state = match way {
            Way::Snapshot => detector.snapshot()?,
            Way::TakeState | Way::TakeGroups => detector.take_state()?,
        };
        self.note("state", || digest(&state));
        Ok(state)
    }

    fn groups(&mut self, detector: &mut Detector, max: u32) -> Result<Vec<Vec<u8>>, Failure> {
        let groups = detector.take_groups(max)?;
        self.note("take-groups", || {
            groups.iter().map(|group| digest(&group.state)).collect()
        });
        Ok(groups.into_iter().map(|group| group.state).collect())
    }

    fn merge(&mut self, detector: &mut Detector, state: &[u8]) -> Result<(), Failure> {
        detector.merge(state).map_err(refused)
    }

    fn take_over(&mut self, detector: &mut Detector, state: &[u8]) -> Result<(), Failure> {
        let told = detector.take_over(state).map_err(refused)?;
        self.note("take-over", || format!("{told:?}"));
        for rule in &told {
            let lost = rule.lost.iter().map(|why| format!("{}: {why}", rule.rule));
            self.run.lost.extend(lost);
        }
        Ok(())
    }

    fn end(&mut self, detector: &mut Detector) -> Result<(), Failure> {
        self.run.before_end = self.run.alerts.len();
        detector.flush()?;
        self.take(detector, None)?;
        let interfaces = self.subject.sandbox.interfaces();
        if interfaces.has(Interface::Inspection) {
            self.take_verdicts(detector, None)?;
        }
        detector.flush()?;
        let before = self.run.alerts.len();
        self.run.behind_end = self.take(detector, None)?;
        self.run.alerts.truncate(before);
        self.counters(detector)?;
        if interfaces.has(Interface::State) {
            let state = digest(&detector.snapshot()?);
            self.note("state", || state.clone());
            self.run.state = Some(state);
        }
        self.run.memory = self.run.memory.max(detector.memory_bytes());
        Ok(())
    }
}
