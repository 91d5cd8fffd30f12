//! Laws about state: restarts, workers, groups, damage.

use weir_host::error::Error;
use weir_schedule::draw::Workers;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, Way, draw};

use super::settings::PARTIAL;
use crate::attempt::{Judged, plain, run_or_broken, run_or_unfit};
use crate::compare::{of_counts, of_revisions, of_standing};
use crate::law::{Draw, most};
use crate::run::Run;
use crate::subject::Subject;

/// Why a run is no part of what holds within the lateness and the budget.
pub(super) fn out_of_reach(run: &Run) -> Option<String> {
    if run.out_of_time() > 0 {
        return Some("no other order was within its allowed lateness".to_owned());
    }
    if run.given_up() > 0 {
        return Some("its budget of state is too small for the events".to_owned());
    }
    None
}

fn batches(of: &Draw<'_>, lines: &[Vec<u8>], few: usize, random: &mut Random) -> Vec<Call> {
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(lines, of.subject.sandbox.limits()).min(few);
    draw::batches(0, &all, most, &mut |n| random.below(n))
}

pub(super) fn draw_restart(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    Ok(Some(with_places(
        of,
        random,
        &Call::Restart { instance: 0 },
    )))
}

pub(super) fn draw_take_over(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    Ok(Some(with_places(
        of,
        random,
        &Call::TakeOver { instance: 0 },
    )))
}

/// Batches, alerts that are taken now and then, and a call at one to four places.
fn with_places(of: &Draw<'_>, random: &mut Random, call: &Call) -> Tried {
    let lines = of.events.all.clone();
    let calls = batches(of, &lines, 50, random);
    let take = |_: &mut draw::Choose<'_>| Call::Take {
        instance: 0,
        max: None,
    };
    let calls = draw::among(calls, 3, &mut |n| random.below(n), take);
    let count = 1 + random.below(4);
    let calls = draw::at_places(calls, count, &mut |n| random.below(n), call);
    Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }
}

/// Of restarts, and of instances that take over.
pub(super) fn judge_restart(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Restart { .. } | Call::TakeOver { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    let mut wrong = found.lost.clone();
    wrong.extend(of_revisions(&wanted.alerts, &found.alerts));
    wrong.extend(of_counts(wanted.counts, found.counts));
    Ok(Judged::of(wrong))
}

/// Parameters of workers: they only aggregate, or by turns fire as well.
fn on(of: &Draw<'_>) -> &'static [&'static str] {
    match of.subject.all_have(PARTIAL) && of.round.is_multiple_of(2) {
        true => &[PARTIAL],
        false => &[],
    }
}

pub(super) fn draw_merge(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.clean.clone();
    let workers = Workers {
        count: 2 + random.below(3),
        on: on(of),
        batch: most(&lines, of.subject.sandbox.limits()).min(40),
        ways: &[Way::Snapshot, Way::TakeState],
        midway: random.below(2) == 0,
    };
    let calls = draw::workers(lines.len(), workers, &mut |n| random.below(n));
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn draw_groups(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.clean.clone();
    let workers = Workers {
        count: 1 + random.below(2),
        on: on(of),
        batch: most(&lines, of.subject.sandbox.limits()).min(40),
        ways: &[Way::TakeGroups],
        midway: false,
    };
    let calls = draw::workers(lines.len(), workers, &mut |n| random.below(n));
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge_merge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let wanted = run_or_unfit!(subject, &tried.lines, &plain(tried.lines.len()));
    let found = run_or_broken!(subject, tried);
    let duplicates = |run: &Run| run.counts.duplicate + run.last().merged_duplicate;
    for run in [&wanted, &found] {
        if let Some(why) = out_of_reach(run) {
            return Ok(Judged::Unfit(why));
        }
    }
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    if duplicates(&found) > duplicates(&wanted) {
        wrong.push(format!(
            "each document came once, and merging found {} of them to be known",
            duplicates(&found) - duplicates(&wanted)
        ));
    }
    Ok(Judged::of(wrong))
}

pub(super) fn at_least_once(tried: &Tried) -> bool {
    let delivered = tried.schedule.delivered(tried.lines.len());
    delivered.iter().all(|count| *count >= 1)
}

pub(super) fn draw_again(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    // Of a long stream documents are known again in a part only.
    let few = of.events.clean.len() >> (of.round % 6);
    let lines: Vec<Vec<u8>> = of.events.clean.iter().take(few.max(1)).cloned().collect();
    let workers = Workers {
        count: 1 + random.below(3),
        on: on(of),
        batch: most(&lines, of.subject.sandbox.limits()).min(40),
        ways: &[Way::Snapshot],
        midway: false,
    };
    let mut calls = draw::workers(lines.len(), workers, &mut |n| random.below(n));
    // What was merged is merged again, at once or later.
    let merges: Vec<Call> = calls
        .iter()
        .filter(|call| matches!(call, Call::Merge { .. }))
        .cloned()
        .collect();
    if let Some(again) = merges.get(random.below(merges.len())) {
        calls.push(again.clone());
        calls.push(Call::Merge {
            instance: 0,
            from: 1,
            way: Way::Snapshot,
            max: None,
        });
    }
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge_again(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let count = tried.lines.len();
    let wanted = run_or_unfit!(subject, &tried.lines, &plain(count));
    // Whether documents that come twice are known at all.
    let twice = (0..count)
        .chain(0..count)
        .map(|line| Call::push(0, [line]))
        .collect();
    let doubled = run_or_unfit!(subject, &tried.lines, &twice);
    let known = doubled.counts.counted == wanted.counts.counted && wanted.counts.duplicate == 0;
    if !known {
        return Ok(Judged::unfit("documents that come twice are counted twice"));
    }
    let found = run_or_broken!(subject, tried);
    for run in [&wanted, &doubled, &found] {
        if let Some(why) = out_of_reach(run) {
            return Ok(Judged::Unfit(why));
        }
    }
    Ok(Judged::of(of_standing(&wanted.alerts, &found.alerts)))
}

pub(super) fn draw_damaged(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let calls = batches(of, &lines, 50, random);
    let more = |choose: &mut draw::Choose<'_>| {
        let at = 1 + choose(1 << 24) as u64;
        match choose(2) {
            0 => Call::Damage {
                instance: 0,
                flip: Some(at),
                cut: None,
            },
            _ => Call::Damage {
                instance: 0,
                flip: None,
                cut: Some(at),
            },
        }
    };
    let calls = draw::among(calls, 4, &mut |n| random.below(n), more);
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge_damaged(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Damage { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    let mut wrong = found.taken_damaged.clone();
    if wrong.is_empty() {
        wrong.extend(of_revisions(&wanted.alerts, &found.alerts));
        wrong.extend(of_counts(wanted.counts, found.counts));
        if found.refused_damaged > 0 && wanted.state != found.state {
            wrong.push("a state that was refused has left something behind".to_owned());
        }
    }
    Ok(Judged::of(wrong))
}
