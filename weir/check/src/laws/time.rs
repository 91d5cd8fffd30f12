//! The law of `advance`.

use weir_common::time::iso;
use weir_host::error::Error;
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Random, draw};

use crate::attempt::{Judged, plain, run_or_broken, run_or_unfit};
use crate::compare::{label, of_standing, standing};
use crate::law::{Draw, most};
use crate::subject::Subject;

/// A time before all events, which is never the watermark's.
const LONG_AGO: i64 = -62_135_596_800_000;

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
    let earlier = Call::Advance {
        instance: 0,
        to: Some(LONG_AGO),
        clock: None,
    };
    let mut calls = draw::at_places(pushes, of.round % 4, &mut |n| random.below(n), &earlier);
    calls.push(Call::Advance {
        instance: 0,
        to: Some(to),
        clock: None,
    });
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
    let wanted = run_or_unfit!(subject, &tried.lines, &plain(tried.lines.len()));
    let found = run_or_broken!(subject, tried);
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    // The last calls are told apart by their order alone: time, then alerts, then counters.
    let told = tried
        .schedule
        .calls
        .iter()
        .rev()
        .find_map(|call| match call {
            Call::Advance { to: Some(to), .. } if *to != LONG_AGO => Some(*to),
            _ => None,
        });
    let takes = matches!(
        tried.schedule.calls.last(),
        Some(Call::Counters { .. } | Call::Take { .. })
    );
    let (Some(to), true) = (told, takes) else {
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
        && let Some(watermark) = asked.watermark.filter(|watermark| *watermark < to)
    {
        wrong.push(format!(
            "told by `advance` that it is {}, its watermark is {}",
            iso(to),
            iso(watermark)
        ));
    }
    Ok(Judged::of(wrong))
}
