//! The law of ids and revisions, over restarts as within one instance.

use std::collections::HashMap;

use weir_host::contract::{Alert, Interface, Phase};
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, draw};

use crate::attempt::{Judged, run_or_broken};
use crate::compare::{of_two, revision};
use crate::law::Draw;
use crate::subject::Subject;

/// How far lines go from their places: nearly in order, as logs come.
const WIDTHS: [usize; 3] = [1, 30, 300];

pub(super) fn draw(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.clean.clone();
    let width = WIDTHS.get(of.round % WIDTHS.len()).copied().unwrap_or(1);
    let order = draw::order(lines.len(), width, &mut |n| random.below(n));
    let pushes = draw::batches(0, &order, 3, &mut |n| random.below(n));
    let has_state = of.subject.has(Interface::State);
    let mut calls = Vec::new();
    for push in pushes {
        calls.push(push);
        calls.push(Call::Take {
            instance: 0,
            max: None,
        });
        if has_state && random.below(20) == 0 {
            calls.push(Call::Restart { instance: 0 });
        }
    }
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let found = run_or_broken!(subject, tried);
    let mut last: HashMap<u128, &Alert> = HashMap::new();
    let mut wrong = Vec::new();
    for alert in &found.alerts {
        let before = last.insert(alert.number(), alert);
        wrong.extend(step(before, alert));
    }
    Ok(Judged::of(wrong))
}

/// What is wrong with a revision behind the one before it.
fn step(before: Option<&Alert>, alert: &Alert) -> Option<String> {
    let number = alert.revision;
    let Some(before) = before else {
        return match (number, alert.phase) {
            (1, Phase::Retracted) => Some(format!(
                "{}: nothing stands that it could void",
                revision(alert)
            )),
            (1, _) => None,
            _ => Some(format!("{}: the first one is 1", revision(alert))),
        };
    };
    let due = u64::from(before.revision) + 1;
    if u64::from(number) != due {
        return Some(format!("{}: {due} is the next", revision(alert)));
    }
    match (before.phase, alert.phase) {
        (Phase::Retracted, Phase::Retracted) => Some(format!(
            "{}: nothing stands that it could void",
            revision(alert)
        )),
        (Phase::OnTime | Phase::Late, Phase::Early) => {
            Some(format!("{}: the window had closed", revision(alert)))
        }
        (one, other) if one == other && of_two(before, alert, true).is_empty() => Some(format!(
            "{}: it says what the one before it said",
            revision(alert)
        )),
        _ => None,
    }
}
