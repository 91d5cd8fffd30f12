//! Laws about parameters that change no alert.

use weir_common::numbers::counted;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, draw};

use crate::attempt::{Judged, run_or_broken, run_or_unfit};
use crate::compare::{of_standing, revision};
use crate::law::{Draw, most};
use crate::subject::Subject;

const EARLY: &str = "early";
/// The parameter that makes a worker which only aggregates.
pub(super) const PARTIAL: &str = "partial";

pub(super) fn lacks_early(subject: &Subject<'_>) -> Option<String> {
    let lacks = !subject.all_have(EARLY);
    lacks.then(|| format!("not all of its rules have a parameter `{EARLY}`"))
}

pub(super) fn lacks_partial(subject: &Subject<'_>) -> Option<String> {
    let lacks = !subject.all_have(PARTIAL);
    lacks.then(|| format!("not all of its rules have a parameter `{PARTIAL}`"))
}

/// All lines in batches, behind a call that opens the instance.
fn opened(of: &Draw<'_>, open: Call, random: &mut Random) -> Tried {
    let lines = of.events.all.clone();
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(&lines, of.subject.sandbox.limits()).min(30);
    let pushes = draw::batches(0, &all, most, &mut |n| random.below(n));
    Tried {
        schedule: std::iter::once(open).chain(pushes).collect(),
        lines,
    }
}

pub(super) fn draw_seed(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let open = Call::Open {
        instance: 0,
        set: Vec::new(),
        seed: Some(random.bits()),
    };
    Ok(Some(opened(of, open, random)))
}

pub(super) fn draw_early(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let tried = opened(of, Call::open_with(0, &[EARLY]), random);
    let take = |_: &mut draw::Choose<'_>| Call::Take {
        instance: 0,
        max: None,
    };
    let calls = draw::among(tried.schedule.calls, 2, &mut |n| random.below(n), take);
    Ok(Some(Tried {
        schedule: calls.into_iter().collect(),
        ..tried
    }))
}

pub(super) fn draw_partial(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let mut tried = opened(of, Call::open_with(0, &[PARTIAL]), random);
    let ends = of.events.plain.alerts.iter().map(|alert| alert.window.end);
    if let Some(to) = ends.max() {
        tried.schedule.calls.push(Call::Advance {
            instance: 0,
            to: Some(to),
            clock: None,
        });
    }
    Ok(Some(tried))
}

pub(super) fn judge_partial(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let first = Call::open_with(0, &[PARTIAL]);
    if tried.schedule.calls.first() != Some(&first) {
        return Ok(Judged::unfit(
            "it is not opened as a worker that only aggregates",
        ));
    }
    let found = run_or_broken!(subject, tried);
    let wrong = found
        .alerts
        .iter()
        .map(|alert| format!("it fires: {}", revision(alert)));
    let mut wrong: Vec<String> = wrong.collect();
    if !found.verdicts.is_empty() {
        let entries = counted(found.verdicts.len(), "entry");
        wrong.push(format!("it hands out {entries} of the ledger"));
    }
    Ok(Judged::of(wrong))
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Open { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    if wanted.given_up() + found.given_up() > 0 {
        return Ok(Judged::unfit(
            "its budget of state is too small for the events",
        ));
    }
    Ok(Judged::of(of_standing(&wanted.alerts, &found.alerts)))
}
