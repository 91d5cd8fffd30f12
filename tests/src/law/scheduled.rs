//! Schedules of calls, made to the machines of a maker.

use weir_schedule::{Call, Driver, Instance, Schedule, Way, replay};

use crate::compare::Revision;
use crate::machine::{Counts, Machine, Maker};
use crate::plan::Plan;

/// The parameter of a machine that only aggregates, as a schedule sets it.
pub(super) const PARTIAL: &str = "partial";

/// What the machines of a schedule have answered.
#[derive(Default)]
pub(super) struct Answers {
    /// All revisions, in the order in which they were taken.
    pub(super) revisions: Vec<Revision>,
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

/// A machine, and whether it only aggregates.
struct One {
    machine: Box<dyn Machine>,
    partial: bool,
}

impl Machines<'_> {
    fn take(&mut self, one: &mut One) -> Result<(), String> {
        let revisions = one.machine.revisions();
        if one.partial && !revisions.is_empty() {
            return Err("a partial aggregate fired".to_owned());
        }
        self.answers.revisions.extend(revisions);
        Ok(())
    }
}

impl Driver for Machines<'_> {
    type Detector = One;
    type Error = String;

    fn open(&mut self, _: Instance, set: &[String], _: Option<u64>) -> Result<One, String> {
        let partial = set.iter().any(|setting| setting == "partial=true");
        let configuration = match partial {
            true => self.plan.partial(),
            false => self.plan.configuration(),
        };
        Ok(One {
            machine: self.maker.open(&configuration),
            partial,
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

    fn end(&mut self, one: &mut One) -> Result<(), String> {
        one.machine.flush();
        self.take(one)?;
        self.answers.counts = one.machine.counts();
        Ok(())
    }
}
