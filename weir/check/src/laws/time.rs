//! The laws of `advance`: event time, and the clock.

use serde_json::Value as Json;

use weir_common::time::iso;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, draw};

use crate::attempt::{Judged, run_or_broken, run_or_unfit};
use crate::compare::{label, of_standing, revision, standing};
use crate::law::{Draw, most};
use crate::subject::Subject;

/// How far before the first event of an alert the earlier time is, in milliseconds.
const EARLIER: i64 = 3_600_000;

/// The parameter that is the bound of the clock, in seconds.
const FUTURE: &str = "max_future_seconds";

pub(super) fn left_out(subject: &Subject<'_>) -> Option<String> {
    let without = !subject.has_windows();
    without.then(|| "a rule judges each event for itself, at once".to_owned())
}

pub(super) fn draw(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let standing = standing(&of.events.plain.alerts);
    let Some(to) = standing.values().map(|alert| alert.window.end).max() else {
        return Ok(None);
    };
    let lines = of.events.all.clone();
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(&lines, of.subject.sandbox.limits()).min(50);
    let pushes = draw::batches(0, &all, most, &mut |n| random.below(n));
    let advance = |to| Call::Advance {
        instance: 0,
        to: Some(to),
        clock: None,
    };
    // Behind all documents, so that none is late by it.
    let earlier = standing
        .values()
        .map(|alert| alert.first_seen - EARLIER)
        .min();
    let mut calls = pushes;
    calls.extend(earlier.filter(|_| of.round % 2 == 1).map(advance));
    calls.push(advance(to));
    calls.extend(earlier.filter(|_| !of.round.is_multiple_of(3)).map(advance));
    calls.push(Call::Take {
        instance: 0,
        max: None,
    });
    calls.push(Call::Counters { instance: 0 });
    Ok(Some(Tried {
        lines,
        schedule: calls.into_iter().collect(),
    }))
}

pub(super) fn judge(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Advance { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    let Some((to, asks)) = told(&tried.schedule.calls) else {
        return Ok(Judged::of(wrong));
    };
    let handed = standing(found.alerts.get(..found.before_end).unwrap_or_default());
    let due = standing(&wanted.alerts).into_iter();
    let due = due.filter(|(id, alert)| alert.window.end <= to && !handed.contains_key(id));
    wrong.extend(due.map(|(_, alert)| {
        format!(
            "told by `advance` that it is {}, it does not hand out {}",
            iso(to),
            label(&alert)
        )
    }));
    if let [.., asked, _] = found.counters.as_slice()
        && let Some(watermark) = asked.watermark.filter(|watermark| asks && *watermark < to)
    {
        wrong.push(format!(
            "told by `advance` that it is {}, its watermark is {}",
            iso(to),
            iso(watermark)
        ));
    }
    Ok(Judged::of(wrong))
}

pub(super) fn lacks_bound(subject: &Subject<'_>) -> Option<String> {
    let lacks = !subject.all_have(FUTURE);
    lacks.then(|| format!("not all of its rules have a parameter `{FUTURE}`"))
}

/// The largest of the rules' bounds, in milliseconds.
fn bound(subject: &Subject<'_>) -> i64 {
    let bounds = subject.rules.iter().filter_map(|one| {
        let set = one.parameters.get(FUTURE).and_then(Json::as_i64);
        let mut known = one.rule.parameters.iter();
        let known = known.find(|known| known.name == FUTURE)?;
        set.or_else(|| known.default_value.parse().ok())
    });
    bounds.max().unwrap_or(0).saturating_mul(1000)
}

pub(super) fn draw_clock(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let first = of
        .events
        .plain
        .alerts
        .iter()
        .map(|alert| alert.first_seen)
        .min();
    let Some(first) = first else {
        return Ok(None);
    };
    let lines = of.events.all.clone();
    let all: Vec<usize> = (0..lines.len()).collect();
    let most = most(&lines, of.subject.sandbox.limits()).min(50);
    let pushes = draw::batches(0, &all, most, &mut |n| random.below(n));
    let clock = first
        .saturating_sub(bound(of.subject))
        .saturating_sub(EARLIER);
    let told = Call::Advance {
        instance: 0,
        to: None,
        clock: Some(clock),
    };
    Ok(Some(Tried {
        lines,
        schedule: std::iter::once(told).chain(pushes).collect(),
    }))
}

pub(super) fn judge_clock(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let found = run_or_broken!(subject, tried);
    let Some(Call::Advance {
        clock: Some(clock), ..
    }) = tried.schedule.calls.first()
    else {
        return Ok(Judged::unfit("its first call does not tell the clock"));
    };
    let last = clock.saturating_add(bound(subject));
    let ahead = found.alerts.iter().filter(|alert| alert.first_seen > last);
    let wrong = ahead.map(|alert| {
        format!(
            "told by `advance` that the clock is {}, it takes events of {} all the same: {}",
            iso(*clock),
            iso(alert.first_seen),
            revision(alert)
        )
    });
    Ok(Judged::of(wrong.collect()))
}

/// The latest time that is told behind all documents, where all alerts are taken behind it; and
/// whether the counters are asked for behind it too.
fn told(calls: &[Call]) -> Option<(i64, bool)> {
    let pushed = calls
        .iter()
        .rposition(|call| matches!(call, Call::Push { .. }));
    let behind = calls.get(pushed.map_or(0, |at| at + 1)..)?;
    let times = behind
        .iter()
        .enumerate()
        .filter_map(|(at, call)| match call {
            Call::Advance { to: Some(to), .. } => Some((*to, at)),
            _ => None,
        });
    let (to, at) = times.max_by_key(|(to, at)| (*to, std::cmp::Reverse(*at)))?;
    let behind = behind.get(at..).unwrap_or_default();
    let takes = behind
        .iter()
        .any(|call| matches!(call, Call::Take { max: None, .. }));
    let asks = behind
        .iter()
        .any(|call| matches!(call, Call::Counters { .. }));
    takes.then_some((to, asks))
}
