//! Laws about how documents are delivered and alerts taken.

use weir_host::contract::Interface;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, Schedule, draw};

use crate::attempt::{Judged, plain, run, run_or_broken, run_or_unfit};
use crate::compare::{of_counts, of_sequence, of_standing};
use crate::law::{Draw, most};
use crate::subject::Subject;

/// How far lines go from their places, one width a try; the widest first.
const WIDTHS: [usize; 6] = [usize::MAX, 1000, 100, 16, 4, 2];

/// Pushes of all lines in their order.
fn pushes(lines: &[Vec<u8>], of: &Draw<'_>, random: &mut Random) -> Vec<Call> {
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(lines, of.subject.sandbox.limits());
    // All at once; then small and large batches by turns.
    if of.round == 0 {
        return all
            .chunks(most)
            .map(|some| Call::push(0, some.iter().copied()))
            .collect();
    }
    let most = if of.round % 2 == 1 { most.min(8) } else { most };
    draw::batches(0, &all, most, &mut |n| random.below(n))
}

pub(super) fn draw_batches(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let schedule = pushes(&lines, of, random).into_iter().collect();
    Ok(Some(Tried { lines, schedule }))
}

pub(super) fn judge_batches(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let wanted = run_or_unfit!(subject, &tried.lines, &plain(tried.lines.len()));
    let found = run_or_broken!(subject, tried);
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    wrong.extend(of_counts(wanted.counts, found.counts));
    Ok(Judged::of(wrong))
}

pub(super) fn draw_order(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.clean.clone();
    let width = WIDTHS.get(of.round % WIDTHS.len()).copied().unwrap_or(2);
    let order = draw::order(lines.len(), width, &mut |n| random.below(n));
    let most = most(&lines, of.subject.sandbox.limits()).min(50);
    let schedule = draw::batches(0, &order, most, &mut |n| random.below(n));
    Ok(Some(Tried {
        lines,
        schedule: schedule.into_iter().collect(),
    }))
}

/// The same batches over the lines in their order.
fn in_order(schedule: &Schedule) -> Schedule {
    let mut next = 0;
    let of = |call: &Call| match call {
        Call::Push { instance, lines } => {
            let first = next;
            next += lines.0.len();
            Call::push(*instance, first..next)
        }
        other => other.clone(),
    };
    schedule.calls.iter().map(of).collect()
}

pub(super) fn judge_order(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let wanted = run_or_unfit!(subject, &tried.lines, &in_order(&tried.schedule));
    let found = run_or_broken!(subject, tried);
    for run in [&wanted, &found] {
        if let Some(why) = crate::laws::state::out_of_reach(run) {
            return Ok(Judged::Unfit(why));
        }
    }
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    wrong.extend(of_counts(wanted.counts, found.counts));
    Ok(Judged::of(wrong))
}

pub(super) fn draw_take(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let calls = pushes(&lines, of, random);
    let take = |choose: &mut draw::Choose<'_>| Call::Take {
        instance: 0,
        max: u32::try_from(choose(4)).ok(),
    };
    let calls = draw::among(calls, 1 + of.round % 3, &mut |n| random.below(n), take);
    // The end, and what is left of it in small pieces.
    let mut calls = draw::at_places(
        calls,
        2,
        &mut |n| random.below(n),
        &Call::Take {
            instance: 0,
            max: None,
        },
    );
    calls.push(Call::Flush { instance: 0 });
    let left = 1 + of.events.plain.alerts.len();
    calls.extend((0..left.min(1000)).map(|_| Call::Take {
        instance: 0,
        max: u32::try_from(random.below(4)).ok(),
    }));
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge_take(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut all = tried.schedule.clone();
    all.calls.retain(|call| !matches!(call, Call::Take { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &all);
    let found = run_or_broken!(subject, tried);
    Ok(Judged::of(of_sequence(&wanted.alerts, &found.alerts)))
}

pub(super) fn draw_twice(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let calls = pushes(&lines, of, random);
    let has_state = of.subject.has(Interface::State);
    let more = |choose: &mut draw::Choose<'_>| match choose(4) {
        0 if has_state => Call::Restart { instance: 0 },
        1 => Call::Counters { instance: 0 },
        few => Call::Take {
            instance: 0,
            max: u32::try_from(few * 3).ok(),
        },
    };
    let calls = draw::among(calls, 4, &mut |n| random.below(n), more);
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge_twice(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let of = |schedule: &Schedule| run(subject, &tried.lines, schedule, true);
    let (one, other) = match (of(&tried.schedule)?, of(&tried.schedule)?) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(one), Err(other)) if one == other => {
            return Ok(Judged::unfit("it fails in the same way each time"));
        }
        (Err(fault), _) | (_, Err(fault)) => return Ok(Judged::Broken(fault)),
    };
    let mut both = one.words.iter().zip(&other.words);
    let differ = both.position(|(one, other)| one != other);
    let place = differ
        .or((one.words.len() != other.words.len()).then(|| one.words.len().min(other.words.len())));
    let Some(place) = place else {
        return Ok(Judged::Holds);
    };
    let shown = |words: &[String]| words.get(place).cloned().unwrap_or_default();
    Ok(Judged::of(vec![excerpt(
        place + 1,
        &shown(&one.words),
        &shown(&other.words),
    )]))
}

/// Two answers around the place where they differ.
fn excerpt(number: usize, one: &str, other: &str) -> String {
    const BEFORE: usize = 40;
    const SHOWN: usize = 100;
    let call = one.split(':').next().unwrap_or_default();
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let cut = |text: &str| -> String {
        text.chars()
            .skip(same.saturating_sub(BEFORE))
            .take(SHOWN)
            .collect()
    };
    format!(
        "answer {number} (`{call}`): …{} the first time, …{} the second",
        cut(one),
        cut(other)
    )
}
