//! Laws about the ledger and about looking at documents.

use std::collections::BTreeMap;

use weir_common::numbers::counted;
use weir_host::contract::{Alert, Interface, Judgement, Verdict};
use weir_host::error::Error;
use weir_host::identity::identity;
use weir_ledger::{VERDICTS, keeps_ledger};
use weir_schedule::shrink::Tried;
use weir_schedule::{Call, Lines, Random, draw};

use crate::attempt::{Judged, run_or_broken, run_or_unfit};
use crate::compare::{label, of_counts, of_sequence, of_standing, standing};
use crate::law::{Draw, most};
use crate::subject::Subject;

pub(super) fn lacks_ledger(subject: &Subject<'_>) -> Option<String> {
    let keeps = subject.rules.iter().any(|one| keeps_ledger(&one.rule));
    (!keeps).then(|| "none of its rules keeps a ledger".to_owned())
}

fn batches(of: &Draw<'_>, random: &mut Random) -> Vec<Call> {
    let all: Vec<usize> = (0..of.events.all.len()).collect();
    let most = most(&of.events.all, of.subject.sandbox.limits()).min(30);
    draw::batches(0, &all, most, &mut |n| random.below(n))
}

pub(super) fn draw_ledger(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let calls = batches(of, random);
    let has_state = of.subject.has(Interface::State);
    let more = |choose: &mut draw::Choose<'_>| match choose(6) {
        0 if has_state => Call::Restart { instance: 0 },
        few => Call::TakeVerdicts {
            instance: 0,
            max: u32::try_from(few).ok(),
        },
    };
    let calls = draw::among(calls, 3, &mut |n| random.below(n), more);
    let open = Call::open_with(0, &[VERDICTS]);
    Ok(Some(Tried {
        lines: of.events.all.clone(),
        schedule: std::iter::once(open).chain(calls).collect(),
    }))
}

pub(super) fn judge_ledger(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Open { .. } | Call::TakeVerdicts { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    if wanted.given_up() + found.given_up() > 0 {
        return Ok(Judged::unfit(
            "its budget of state is too small for the events",
        ));
    }
    let mut wrong = of_standing(&wanted.alerts, &found.alerts);
    if !wanted.verdicts.is_empty() {
        wrong.push(format!(
            "it keeps a ledger though `{VERDICTS}` is not set: {}",
            counted(wanted.verdicts.len(), "entry")
        ));
    }
    let judges = |id: &str, is: &dyn Fn(&weir_host::contract::Rule) -> bool| {
        let mut rules = subject.rules.iter().map(|one| &one.rule);
        rules.any(|rule| rule.id == id && keeps_ledger(rule) && is(rule))
    };
    let mut last: BTreeMap<u128, &Verdict> = BTreeMap::new();
    for verdict in &found.verdicts {
        last.insert(
            identity(&verdict.rule, verdict.window, &verdict.key),
            verdict,
        );
    }
    let alerts = standing(&found.alerts);
    for (id, alert) in &alerts {
        let entry = last.get(id).is_some_and(|verdict| verdict.alerted);
        if !entry && judges(&alert.rule, &|_| true) {
            wrong.push(format!(
                "the ledger does not say that it alerted: {}",
                label(alert)
            ));
        }
    }
    // Windows that follow an alert's in one episode alerted too, and are no alerts of their own.
    let alone = |rule: &weir_host::contract::Rule| matches!(rule.judgement, Judgement::Tumbling(_));
    for (id, verdict) in last.iter().filter(|(_, verdict)| verdict.alerted) {
        if !alerts.contains_key(id) && judges(&verdict.rule, &alone) {
            wrong.push(format!(
                "the ledger says that it alerted, and there is no such alert: {}",
                entry(verdict)
            ));
        }
    }
    Ok(Judged::of(wrong))
}

/// A verdict by its window and key, as an alert is.
fn entry(verdict: &Verdict) -> String {
    label(&Alert {
        rule: verdict.rule.clone(),
        revision: 1,
        phase: weir_host::contract::Phase::OnTime,
        window: verdict.window,
        key: verdict.key.clone(),
        first_seen: verdict.first_seen,
        last_seen: verdict.last_seen,
        columns: Vec::new(),
        reason: String::new(),
        complete: verdict.complete,
        truncated: Vec::new(),
        response: Vec::new(),
        pivots: Vec::new(),
    })
}

pub(super) fn draw_select(of: &Draw<'_>, random: &mut Random) -> Result<Option<Tried>, Error> {
    let lines = of.events.all.clone();
    let calls = batches(of, random);
    let looks = |choose: &mut draw::Choose<'_>| {
        let from = choose(lines.len().max(1));
        let to = (from + 1 + choose(20)).min(lines.len());
        Call::Select {
            instance: 0,
            lines: Lines((from..to).collect()),
        }
    };
    let calls = draw::among(calls, 2, &mut |n| random.below(n), looks);
    Ok(Some(Tried {
        schedule: calls.into_iter().collect(),
        lines,
    }))
}

pub(super) fn judge_select(subject: &Subject<'_>, tried: &Tried) -> Result<Judged, Error> {
    let mut without = tried.schedule.clone();
    without
        .calls
        .retain(|call| !matches!(call, Call::Select { .. }));
    let wanted = run_or_unfit!(subject, &tried.lines, &without);
    let found = run_or_broken!(subject, tried);
    let mut wrong = of_sequence(&wanted.alerts, &found.alerts);
    wrong.extend(of_counts(wanted.counts, found.counts));
    if wrong.is_empty() && wanted.state != found.state {
        wrong.push("looking has left something in the state".to_owned());
    }
    Ok(Judged::of(wrong))
}
