//! Schedules of calls, made to the machines of a maker.

use std::collections::BTreeMap;

use weir_schedule::{Call, Driver, Instance, Schedule, Way, replay};

use crate::compare::Revision;
use crate::machine::{Counts, Machine, Maker};
use crate::plan::Plan;
use crate::verdict::Verdict;

/// The parameter of a machine that only aggregates, as a schedule sets it.
pub(super) const PARTIAL: &str = "partial";

/// A machine's state is merged into another one.
pub(super) fn merge(instance: Instance, from: Instance) -> Call {
    Call::Merge {
        instance,
        from,
        way: Way::Snapshot,
        max: None,
    }
}

/// What a machine was when a schedule asked for its counters.
pub(super) struct Standing {
    /// Its counts.
    pub(super) counts: Counts,
    /// Its state.
    pub(super) state: Vec<u8>,
    /// The revisions that were taken of it.
    pub(super) revisions: Vec<Revision>,
}

/// What the machines of a schedule have answered.
#[derive(Default)]
pub(super) struct Answers {
    /// All revisions, in the order in which they were taken.
    pub(super) revisions: Vec<Revision>,
    /// All entries of the ledger, in the order in which they were taken.
    pub(super) verdicts: Vec<Verdict>,
    /// The machines whose counters were asked for.
    pub(super) standings: BTreeMap<Instance, Standing>,
    /// Counts of the outcomes of all pushes.
    pub(super) told: Counts,
    /// Counts of the last machine at the end.
    pub(super) counts: Counts,
}

/// Makes the calls of a schedule over lines to machines of a plan.
///
/// # Errors
/// A state that is refused, or a partial aggregate that fired.
pub(super) fn scheduled(
    maker: &dyn Maker,
    plan: &Plan,
    lines: &[String],
    schedule: impl IntoIterator<Item = Call>,
) -> Result<Answers, String> {
    let schedule: Schedule = schedule.into_iter().collect();
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
    let mut driver = Machines {
        maker,
        plan,
        answers: Answers::default(),
    };
    replay(&mut driver, &schedule, &lines).map_err(|stopped| {
        format!(
            "call {} of {}: {}",
            stopped.call + 1,
            schedule.calls.len(),
            stopped.error
        )
    })?;
    Ok(driver.answers)
}

struct Machines<'m> {
    maker: &'m dyn Maker,
    plan: &'m Plan,
    answers: Answers,
}

/// A machine, whether it only aggregates, and what was taken of it.
struct One {
    machine: Box<dyn Machine>,
    partial: bool,
    revisions: Vec<Revision>,
}

impl Machines<'_> {
    fn take(&mut self, one: &mut One) -> Result<(), String> {
        let revisions = one.machine.revisions();
        if one.partial && !revisions.is_empty() {
            return Err("a partial aggregate fired".to_owned());
        }
        one.revisions.extend(revisions.iter().cloned());
        self.answers.revisions.extend(revisions);
        Ok(())
    }

    fn take_verdicts(&mut self, one: &mut One) -> Result<(), String> {
        self.answers.verdicts.extend(one.machine.verdicts()?);
        match one.machine.verdicts()?.is_empty() {
            true => Ok(()),
            false => Err("entries are given after all were taken".to_owned()),
        }
    }
}

/// A configuration with further parameters in front.
fn with(configuration: &str, set: &[String]) -> String {
    let pairs = set.iter().filter_map(|setting| setting.split_once('='));
    let more: String = pairs
        .map(|(name, value)| format!("\"{name}\":{value},"))
        .collect();
    configuration.replacen('{', &format!("{{{more}"), 1)
}

impl Driver for Machines<'_> {
    type Detector = One;
    type Error = String;

    fn open(&mut self, _: Instance, set: &[String], _: Option<u64>) -> Result<One, String> {
        let configuration = with(&self.plan.configuration(), set);
        Ok(One {
            machine: self.maker.open(&configuration),
            partial: set.iter().any(|setting| setting == "partial=true"),
            revisions: Vec::new(),
        })
    }

    fn call(&mut self, call: &Call, one: &mut One, batch: &[u8]) -> Result<(), String> {
        match call {
            Call::Push { .. } => {
                // The last line may well have no end.
                let told = one.machine.push(batch.strip_suffix(b"\n").unwrap_or(batch));
                self.answers
                    .told
                    .iter_mut()
                    .zip(told)
                    .for_each(|(all, n)| *all += n);
                Ok(())
            }
            Call::Take { max: None, .. } => self.take(one),
            Call::TakeVerdicts { max: None, .. } => self.take_verdicts(one),
            Call::Counters { instance } => {
                let standing = Standing {
                    counts: one.machine.counts(),
                    state: one.machine.snapshot(),
                    revisions: one.revisions.clone(),
                };
                self.answers.standings.insert(*instance, standing);
                Ok(())
            }
            Call::Flush { .. } => {
                one.machine.flush();
                Ok(())
            }
            Call::Advance { to: Some(to), .. } => {
                one.machine.advance(*to);
                Ok(())
            }
            other => Err(format!("machines know no {other:?}")),
        }
    }

    fn misconfigure(&mut self, set: &[String]) -> Result<(), String> {
        Err(format!("machines are not offered {set:?}"))
    }

    fn state(&mut self, one: &mut One, way: Way) -> Result<Vec<u8>, String> {
        match way {
            Way::Snapshot => Ok(one.machine.snapshot()),
            Way::TakeState | Way::TakeGroups => Err("machines keep their states".to_owned()),
        }
    }

    fn groups(&mut self, one: &mut One, max: u32) -> Result<Vec<Vec<u8>>, String> {
        let groups = one.machine.groups(max).into_iter();
        Ok(groups.map(|(_, state)| state).collect())
    }

    fn merge(&mut self, one: &mut One, state: &[u8]) -> Result<(), String> {
        one.machine.merge(state)
    }

    fn take_over(&mut self, _: &mut One, _: &[u8]) -> Result<(), String> {
        Err("machines take nothing over".to_owned())
    }

    fn end(&mut self, one: &mut One) -> Result<(), String> {
        one.machine.flush();
        self.take(one)?;
        self.take_verdicts(one)?;
        self.answers.counts = one.machine.counts();
        Ok(())
    }
}
