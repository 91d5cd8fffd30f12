//! Checks of contract calls that a plain run does not make.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::trial::{ODD, PARTIAL, Trial};
use super::watched::Watched;
use weir_check::Document;
use weir_common::numbers;
use weir_common::time::iso;
use weir_host::contract::{Alert, Judgement, KeyPart, Selection, Verdict, Window};
use weir_host::error::Error;
use weir_ledger::{keeps_ledger, text};

/// The parameter that keeps the ledger.
pub(super) const VERDICTS: &str = "verdicts";
/// The parameter that leaves out of it what is far from alerting.
const FLOOR: &str = "verdicts_floor";
/// The parameter that is the bound of the clock, in seconds.
pub(super) const FUTURE: &str = "max_future_seconds";
/// Distance of the clock behind that bound, in milliseconds.
const MARGIN: i64 = 3_600_000;
/// The field that names a document's data set.
const DATASET: &str = "data_stream.dataset";

/// The state is taken out after half of the documents, and merged back into what is left.
pub(super) fn taken_out(trial: &Trial<'_>, watched: &mut Watched) -> Result<(), Error> {
    let documents = &trial.material.documents;
    let (before, after) = documents.split_at(documents.len() / 2);
    watched.push(before, ODD)?;
    watched.take()?;
    let state = watched.detector.take_state()?;
    let left = watched.detector.counters()?;
    let counted = left.sum(|rule| rule.counted.saturating_add(rule.duplicate));
    let (windows, groups) = (left.sum(|rule| rule.windows), left.sum(|rule| rule.groups));
    if counted > 0 || windows > 0 || groups > 0 {
        watched.faults.push(format!(
            "behind `take-state` it still counts {} in {}; it must go on as if just opened",
            numbers::counted(counted, "event"),
            numbers::counted(windows, "window")
        ));
        // What is still there would count twice.
        watched.detector = trial.open(&[])?;
    }
    watched.detector.merge(&state)?;
    watched.push(after, ODD)
}

/// Documents are dealt in turn to two workers, whose states are merged. A worker fires nothing,
/// whatever it sees.
pub(super) fn two_workers(trial: &Trial<'_>, watched: &mut Watched) -> Result<(), Error> {
    let documents = &trial.material.documents;
    for worker in 0..2 {
        let share = documents.iter().skip(worker).step_by(2);
        let share: Vec<Document> = share.cloned().collect();
        let mut partial = trial.watched(&[(PARTIAL, true)])?;
        partial.push(&share, ODD)?;
        let state = match worker {
            0 => partial.detector.snapshot()?,
            _ => partial.detector.take_state()?,
        };
        watched.merge(&partial, &state)?;
    }
    let mut alone = trial.watched(&[(PARTIAL, true)])?;
    alone.push(documents, ODD)?;
    alone.detector.flush()?;
    let alerts = alone.detector.take_alerts()?.len();
    let entries = match alone.detector.interfaces().inspection {
        true => alone.detector.take_verdicts()?.len(),
        false => 0,
    };
    if alerts + entries > 0 {
        watched.faults.push(format!(
            "opened with `{PARTIAL}` it hands out {} and {} of the ledger; such a worker fires \
             nothing",
            numbers::counted(alerts, "alert"),
            numbers::counted(entries, "entry")
        ));
    }
    Ok(())
}

/// A worker's groups are taken out one by one, then the rest, and all is merged.
pub(super) fn by_groups(trial: &Trial<'_>, watched: &mut Watched) -> Result<(), Error> {
    /// Groups that are asked for at once.
    const GROUPS: u32 = 64;
    let mut partial = trial.watched(&[(PARTIAL, true)])?;
    partial.push(&trial.material.documents, ODD)?;
    loop {
        let groups = partial.detector.take_groups(GROUPS)?;
        if groups.is_empty() {
            break;
        }
        for group in groups {
            watched.detector.merge(&group.state)?;
        }
    }
    let rest = partial.detector.take_state()?;
    watched.merge(&partial, &rest)
}

/// Every alert that stands must be handed out once event time has passed its window.
pub(super) fn advanced(
    trial: &Trial<'_>,
    watched: &mut Watched,
    standing: &[Alert],
) -> Result<(), Error> {
    watched.push(&trial.material.documents, ODD)?;
    let Some(to) = standing.iter().map(|alert| alert.window.end).max() else {
        return Ok(());
    };
    watched.detector.advance(Some(to), None)?;
    watched.by_events = false;
    watched.take()?;
    let handed: Vec<String> = watched
        .finals
        .all()
        .into_iter()
        .map(|alert| alert.id())
        .collect();
    let missing = standing
        .iter()
        .filter(|alert| !handed.contains(&alert.id()));
    let missing = missing.count();
    if missing > 0 {
        watched.faults.push(format!(
            "told by `advance` that it is {}, it does not hand out {} on windows that end before",
            iso(to),
            numbers::counted(missing, "alert")
        ));
    }
    let watermark = watched.detector.counters()?.watermark;
    if let Some(watermark) = watermark.filter(|watermark| *watermark < to) {
        watched.faults.push(format!(
            "told by `advance` that it is {}, its watermark is {}",
            iso(to),
            iso(watermark)
        ));
    }
    Ok(())
}

/// Opens a detector that keeps the ledger in place of the one that does not.
pub(super) fn ledger(trial: &Trial<'_>, watched: &mut Watched) -> Result<(), Error> {
    watched.detector = trial.open(&[(VERDICTS, true)])?;
    watched.push(&trial.material.documents, ODD)
}

/// Holds the ledger against the alerts: the last entry of a window and group says whether it
/// alerted.
pub(super) fn entries(
    trial: &Trial<'_>,
    watched: &mut Watched,
    standing: &[Alert],
) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    let mut last: BTreeMap<_, Verdict> = BTreeMap::new();
    for verdict in watched.detector.verdicts() {
        let verdict = verdict?;
        last.insert(named(&verdict.rule, verdict.window, &verdict.key), verdict);
    }
    let keeps = |alert: &&Alert| {
        let mut rules = trial.rules.iter();
        rules.any(|one| one.rule.id == alert.rule && keeps_ledger(&one.rule))
    };
    let all = standing
        .iter()
        .filter(keeps)
        .map(|alert| named(&alert.rule, alert.window, &alert.key))
        .collect::<Vec<_>>();
    let alerted = |name| last.get(name).is_some_and(|verdict| verdict.alerted);
    let missing = all.iter().filter(|name| !alerted(*name)).count();
    if missing > 0 {
        faults.push(format!(
            "with `{VERDICTS}` set, {missing} of {} {} no entry in the ledger",
            numbers::counted(all.len(), "alert"),
            numbers::agree(missing, "has", "have")
        ));
    }
    // Windows that follow an alert's in one episode alerted too, and are no alerts of their own.
    let alone = |verdict: &Verdict| {
        let mut rules = trial.rules.iter().map(|one| &one.rule);
        let rule = rules.find(|rule| rule.id == verdict.rule);
        rule.is_some_and(|rule| matches!(rule.judgement, Judgement::Tumbling(_)))
    };
    let alerted = last.iter().filter(|(_, verdict)| verdict.alerted);
    let unknown = alerted.filter(|(name, verdict)| alone(verdict) && !all.contains(name));
    let unknown = unknown.count();
    if unknown > 0 {
        faults.push(format!(
            "{} of the ledger {} alerted, and there is no such alert",
            numbers::counted(unknown, "entry"),
            numbers::agree(unknown, "says that it", "say that they")
        ));
    }
    let counted = watched.detector.counters()?.sum(|rule| rule.counted);
    let may_be_empty = trial.sets(PARTIAL)
        || trial
            .rules
            .iter()
            .any(|one| one.rule.data_sets.is_empty() || one.parameters.contains_key(FLOOR));
    if last.is_empty() && counted > 0 && !may_be_empty {
        faults.push(format!(
            "with `{VERDICTS}` set the ledger is empty, and {} {} counted",
            numbers::counted(counted, "document"),
            numbers::agree(counted, "is", "are")
        ));
    }
    Ok(faults)
}

type Named = (String, i64, i64, Vec<(String, Option<String>)>);

/// A rule, a window and a group, for comparison.
fn named(rule: &str, window: Window, key: &[KeyPart]) -> Named {
    let parts = key
        .iter()
        .map(|part| (part.name.clone(), text(part.value.as_ref())));
    (rule.to_owned(), window.start, window.end, parts.collect())
}

/// Asks for the events of each alert that stands. They are in its window and group, and the
/// documents that they make alert by themselves; asking changes nothing.
pub(super) fn selected(
    trial: &Trial<'_>,
    watched: &mut Watched,
    standing: &[Alert],
) -> Result<(), Error> {
    let mut alone = trial.watched(&[])?;
    let mut silent = 0;
    for alert in standing {
        let wanted = [Selection {
            rule: alert.rule.clone(),
            key: alert.key.clone(),
            window: alert.window,
        }];
        let mut events = 0;
        for batch in &trial.material.batches {
            for event in watched.detector.select(batch, &wanted)? {
                events += 1;
                let document = document(trial, &alert.rule, &event.columns);
                alone.batch(format!("{document}\n").as_bytes())?;
            }
        }
        silent += usize::from(events == 0);
    }
    if silent > 0 {
        watched.faults.push(format!(
            "`select` gives no event of {} that alerted",
            numbers::counted(silent, "group")
        ));
    }
    alone.detector.flush()?;
    alone.take()?;
    let found = alone.finals.into_alerts();
    let again = |alert: &&Alert| found.iter().any(|found| found.number() == alert.number());
    let lost = standing.iter().filter(|alert| !again(alert)).count();
    if lost > silent && trial.case.shuffle {
        watched.faults.push(format!(
            "{} {} not come of the documents that `select` makes of {} events",
            numbers::counted(lost - silent, "alert"),
            numbers::agree(lost - silent, "does", "do"),
            numbers::agree(lost - silent, "its", "their")
        ));
    }
    watched.push(&trial.material.documents, ODD)
}

/// The document that is read as the event again.
fn document(trial: &Trial<'_>, rule: &str, columns: &[weir_host::contract::Column]) -> Json {
    let mut document = Map::new();
    let mut rules = trial.rules.iter().map(|one| &one.rule);
    let rule = rules.find(|known| known.id == rule);
    if let Some(dataset) = rule.and_then(|rule| rule.data_sets.first()) {
        document.insert(DATASET.to_owned(), json!(dataset));
    }
    for column in columns {
        document.insert(column.name.clone(), column.value.json());
    }
    Json::Object(document)
}

/// Tells a time long before the first alert: what comes is too far in the future.
pub(super) fn clocked(trial: &Trial<'_>, standing: &[Alert]) -> Result<Vec<String>, Error> {
    let bounds = trial.rules.iter().filter_map(|one| {
        let set = one.parameters.get(FUTURE).and_then(Json::as_i64);
        let mut known = one.rule.parameters.iter();
        let known = known.find(|known| known.name == FUTURE)?;
        set.or_else(|| known.default_value.parse().ok())
    });
    let first = standing.iter().map(|alert| alert.first_seen).min();
    let (Some(bound), Some(first)) = (bounds.max(), first) else {
        return Ok(Vec::new());
    };
    let now = first
        .saturating_sub(bound.saturating_mul(1000))
        .saturating_sub(MARGIN);
    let mut watched = trial.watched(&[])?;
    watched.detector.advance(None, Some(now))?;
    let mut refused = 0;
    for batch in &trial.material.batches {
        refused += watched.batch(batch)?.refused_future;
    }
    watched.detector.flush()?;
    watched.take()?;
    let alerts = watched.finals.into_alerts();
    let told = standing
        .iter()
        .any(|alert| alerts.iter().any(|other| other.number() == alert.number()));
    if refused > 0 && !told {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "told by `advance` that the clock is {}, it takes events of {} all the same; {FUTURE} is {bound}",
        iso(now),
        iso(first)
    )])
}
