//! The law of bounds: many keys and ids, made of the events by varying their texts.

use weir_host::contract::Alert;
use weir_host::error::Error;
use weir_host::parameters::has_parameter;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, Schedule, draw};

use super::vary::templates;
use crate::attempt::{Judged, run_or_broken, run_or_unfit};
use crate::compare::{label, of_standing, of_two, standing};
use crate::law::{Draw, most};
use crate::subject::Subject;

/// The parameter that is the budget of state, in MiB.
const BUDGET: &str = "max_state_mib";
/// Differences that are told.
const TOLD: usize = 20;

/// The smallest budget that all rules with one take, in MiB.
fn smallest_budget(subject: &Subject<'_>) -> Option<u64> {
    let rules = subject.rules.iter().map(|one| &one.rule);
    let having = rules.filter(|rule| has_parameter(rule, BUDGET));
    let known = having.flat_map(|rule| rule.parameters.iter().filter(|known| known.name == BUDGET));
    let least = known.map(|known| known.minimum.unwrap_or(1.0).max(1.0));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 up, and MiB"
    )]
    least.map(|least| least as u64).max()
}

pub(super) fn draw(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    // As it is set, and under the smallest budget.
    let budget = smallest_budget(of.subject);
    let open = match (of.round, budget) {
        (0, Some(mib)) => Some(Call::Open {
            instance: 0,
            set: vec![format!("{BUDGET}={mib}")],
            seed: None,
        }),
        (0, None) | (1, Some(_)) => None,
        _ => return Ok(None),
    };
    let templates = templates(of.subject, &of.events.clean)?;
    if templates.is_empty() {
        return Ok(None);
    }
    let mut lines = of.events.clean.clone();
    let variants = (0..of.flood).zip(templates.iter().cycle());
    lines.extend(variants.map(|(number, template)| template.variant(number)));
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(&lines, of.subject.sandbox.limits()).min(200);
    let pushes = draw::batches(0, &all, most, &mut |n| random.below(n));
    let asked = |choose: &mut draw::Choose<'_>| match choose(2) {
        0 => Call::Take {
            instance: 0,
            max: None,
        },
        _ => Call::Counters { instance: 0 },
    };
    let calls = draw::among(pushes, 2, &mut |n| random.below(n), asked);
    Ok(Some(Tried {
        lines,
        schedule: open.into_iter().chain(calls).collect(),
    }))
}

/// The budget that a schedule sets, in bytes.
fn budget_of(schedule: &Schedule) -> Option<u64> {
    let settings = schedule.calls.iter().filter_map(|call| match call {
        Call::Open { set, .. } => Some(set),
        _ => None,
    });
    let values = settings
        .flatten()
        .filter_map(|setting| setting.strip_prefix(BUDGET)?.strip_prefix('='));
    values
        .filter_map(|mib| mib.parse::<u64>().ok())
        .map(|mib| mib << 20)
        .next()
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let found = run_or_broken!(subject, tried);
    let mut wrong = Vec::new();
    let Some(budget) = budget_of(&tried.schedule) else {
        return Ok(Judged::Holds);
    };
    let held = found
        .counters
        .iter()
        .map(|counters| counters.sum(|rule| rule.state_bytes))
        .max();
    if let Some(held) = held.filter(|held| *held > budget) {
        wrong.push(format!(
            "it holds {held} bytes of state, and its budget ({BUDGET}) is {budget}"
        ));
    }
    let mut roomy = tried.schedule.clone();
    roomy
        .calls
        .retain(|call| !matches!(call, Call::Open { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &roomy);
    if found.given_up() == 0 && wanted.given_up() == 0 {
        wrong.extend(of_standing(&wanted.alerts, &found.alerts));
    } else if wanted.given_up() == 0 {
        wrong.extend(complete(&wanted.alerts, &found.alerts));
    }
    wrong.truncate(TOLD);
    Ok(Judged::of(wrong))
}

/// Alerts that say that they are complete, and are not what they are where there is room.
fn complete(wanted: &[Alert], found: &[Alert]) -> Vec<String> {
    let (wanted, found) = (standing(wanted), standing(found));
    let mut wrong = Vec::new();
    for (id, alert) in found.iter().filter(|(_, alert)| alert.complete) {
        match wanted.get(id) {
            None => wrong.push(format!("complete, and not to be there: {}", label(alert))),
            Some(want) => wrong.extend(
                of_two(want, alert, false)
                    .into_iter()
                    .map(|why| format!("complete, and {why}")),
            ),
        }
    }
    wrong
}
