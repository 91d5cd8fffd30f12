//! Comparison of alerts, in sentences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use weir_common::escape::shorten;
use weir_common::time::iso;
use weir_host::contract::{Alert, Counts, TruncationKind};
use weir_sinks::output::Finals;
use weir_sinks::output::phase;

/// Longest value that is shown, in characters.
const LONGEST: usize = 80;

/// The alerts that stand at the end, by their ids: the last revision of each that is not retracted.
pub(crate) fn standing(alerts: &[Alert]) -> BTreeMap<u128, Alert> {
    let mut finals = Finals::new();
    alerts.iter().for_each(|alert| finals.add(alert.clone()));
    let standing = finals.into_alerts().into_iter();
    standing.map(|alert| (alert.number(), alert)).collect()
}

/// What differs between the alerts that stand, revision numbers and phases apart.
pub(crate) fn of_standing(wanted: &[Alert], found: &[Alert]) -> Vec<String> {
    let (wanted, found) = (standing(wanted), standing(found));
    let mut wrong = Vec::new();
    for (id, want) in &wanted {
        match found.get(id) {
            None => wrong.push(format!("missing: {}", label(want))),
            Some(have) => wrong.extend(of_two(want, have, false)),
        }
    }
    let unexpected = found.iter().filter(|(id, _)| !wanted.contains_key(id));
    wrong.extend(unexpected.map(|(_, alert)| format!("not to be there: {}", label(alert))));
    wrong
}

/// What differs between all revisions of all alerts, in whatever order they came.
pub(crate) fn of_revisions(wanted: &[Alert], found: &[Alert]) -> Vec<String> {
    let by_number = |alerts: &[Alert]| -> BTreeMap<(u128, u32), Alert> {
        let numbered = alerts
            .iter()
            .map(|alert| ((alert.number(), alert.revision), alert.clone()));
        numbered.collect()
    };
    let (wants, haves) = (by_number(wanted), by_number(found));
    let mut wrong = Vec::new();
    for (number, want) in &wants {
        match haves.get(number) {
            None => wrong.push(format!("missing: {}", revision(want))),
            Some(have) => wrong.extend(of_two(want, have, true)),
        }
    }
    let unexpected = haves
        .iter()
        .filter(|(number, _)| !wants.contains_key(number));
    wrong.extend(unexpected.map(|(_, alert)| format!("not to be there: {}", revision(alert))));
    if wrong.is_empty() && wanted.len() != found.len() {
        wrong.push(format!(
            "{} revisions were to come, and {} came",
            wanted.len(),
            found.len()
        ));
    }
    wrong
}

/// Where two sequences of alerts differ first.
pub(crate) fn of_sequence(wanted: &[Alert], found: &[Alert]) -> Vec<String> {
    let same = |(want, have): &(&Alert, &Alert)| {
        want.number() == have.number()
            && want.revision == have.revision
            && of_two(want, have, true).is_empty()
    };
    let equal = wanted.iter().zip(found).take_while(same).count();
    match (wanted.get(equal), found.get(equal)) {
        (None, None) => Vec::new(),
        (Some(want), None) => vec![format!("place {}: missing: {}", equal + 1, revision(want))],
        (None, Some(have)) => vec![format!(
            "place {}: not to be there: {}",
            equal + 1,
            revision(have)
        )],
        (Some(want), Some(have)) if want.number() == have.number() => {
            let mut wrong = of_two(want, have, true);
            if wrong.is_empty() {
                wrong.push(format!(
                    "{} came where {} was to come",
                    revision(have),
                    revision(want)
                ));
            }
            wrong
        }
        (Some(want), Some(have)) => {
            vec![format!(
                "place {}: {} came where {} was to come",
                equal + 1,
                revision(have),
                revision(want)
            )]
        }
    }
}

/// Counts that differ.
pub(crate) fn of_counts(wanted: Counts, found: Counts) -> Vec<String> {
    let both = wanted.named().zip(found.all());
    let differ = both.filter(|((_, want), have)| want != have);
    differ
        .map(|((name, want), have)| format!("{name}: {want} became {have}"))
        .collect()
}

/// What differs between two revisions of one alert.
pub(crate) fn of_two(want: &Alert, have: &Alert, phases: bool) -> Vec<String> {
    let estimated: BTreeSet<&str> = estimates(want).chain(estimates(have)).collect();
    let (wants, haves) = (values(want, &estimated), values(have, &estimated));
    let mut wrong = Vec::new();
    let names: BTreeSet<&String> = wants.keys().chain(haves.keys()).collect();
    let shown = |value: Option<&Json>| match value {
        None => "nothing".to_owned(),
        Some(value) => shorten(&value.to_string(), LONGEST),
    };
    for name in names {
        let (one, other) = (wants.get(name), haves.get(name));
        if one != other {
            wrong.push(format!(
                "{}: {name}: {} became {}",
                label(want),
                shown(one),
                shown(other)
            ));
        }
    }
    if phases && want.phase != have.phase {
        let (one, other) = (phase(want.phase), phase(have.phase));
        wrong.push(format!("{}: phase: {one} became {other}", revision(want)));
    }
    wrong
}

/// Columns that are estimates.
fn estimates(alert: &Alert) -> impl Iterator<Item = &str> {
    let marks = alert.truncated.iter();
    let approximate = marks.filter(|mark| mark.kind == TruncationKind::Approximate);
    approximate.map(|mark| mark.column.as_str())
}

/// What an alert says, by name, without its revision, its phase and what is estimated.
fn values(alert: &Alert, estimated: &BTreeSet<&str>) -> Map<String, Json> {
    let mut values = Map::new();
    let columns = alert.columns.iter();
    for column in columns.filter(|column| !estimated.contains(column.name.as_str())) {
        values.insert(column.name.clone(), column.value.json());
    }
    values.insert("first-seen".to_owned(), iso(alert.first_seen).into());
    values.insert("last-seen".to_owned(), iso(alert.last_seen).into());
    values.insert("complete".to_owned(), alert.complete.into());
    if estimated.is_empty() {
        values.insert("reason".to_owned(), alert.reason.clone().into());
    }
    for (name, list) in [
        ("truncated", serde_json::to_value(&alert.truncated)),
        ("response", serde_json::to_value(&alert.response)),
        ("pivots", serde_json::to_value(&alert.pivots)),
    ] {
        values.insert(name.to_owned(), list.unwrap_or_default());
    }
    values
}

/// An alert by its id, key and window.
pub(crate) fn label(alert: &Alert) -> String {
    let part = |part: &weir_host::contract::KeyPart| {
        let value = part
            .value
            .as_ref()
            .map_or("null".to_owned(), ToString::to_string);
        format!("{}={}", part.name, shorten(&value, LONGEST))
    };
    let key: Vec<String> = alert.key.iter().map(part).collect();
    let id: String = alert.id().chars().take(8).collect();
    format!(
        "alert {id} ({} from {})",
        key.join(", "),
        iso(alert.window.start)
    )
}

/// A revision of an alert.
pub(crate) fn revision(alert: &Alert) -> String {
    format!(
        "{} revision {} {}",
        label(alert),
        alert.revision,
        phase(alert.phase)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_host::contract::{Column, KeyPart, Phase, Truncation, Value, Window};

    /// A revision of the alert on a user, with a figure.
    fn alert(user: &str, revision: u32, phase: Phase, figure: i64) -> Alert {
        let text = |value: &str| Value::Text(value.to_owned());
        Alert {
            rule: "rule".to_owned(),
            revision,
            phase,
            window: Window {
                start: 0,
                end: 1000,
            },
            key: vec![KeyPart {
                name: "user".to_owned(),
                value: Some(text(user)),
            }],
            first_seen: 0,
            last_seen: 0,
            columns: vec![Column {
                name: "figure".to_owned(),
                value: Value::Integer(figure),
            }],
            reason: format!("it is {figure}"),
            complete: true,
            truncated: Vec::new(),
            response: Vec::new(),
            pivots: Vec::new(),
        }
    }

    #[test]
    fn what_stands_is_compared_without_revisions_and_phases() {
        let wanted = [alert("a", 1, Phase::OnTime, 7)];
        let late = [
            alert("a", 1, Phase::Early, 5),
            alert("a", 2, Phase::Late, 7),
        ];
        assert_eq!(of_standing(&wanted, &late), [""; 0]);
        let other = of_standing(&wanted, &[alert("a", 1, Phase::OnTime, 8)]);
        assert!(
            other.iter().any(|why| why.contains("figure: 7 became 8")),
            "{other:?}"
        );
        let gone = of_standing(&wanted, &[alert("a", 2, Phase::Retracted, 7)]);
        assert!(
            gone[0].starts_with("missing: alert ") && gone[0].contains("user=a"),
            "{gone:?}"
        );
        let more = of_standing(
            &wanted,
            &[wanted[0].clone(), alert("b", 1, Phase::OnTime, 7)],
        );
        assert!(
            more[0].starts_with("not to be there: ") && more[0].contains("user=b"),
            "{more:?}"
        );
    }

    #[test]
    fn estimates_may_differ_and_all_else_may_not() {
        let estimated = |figure: i64, seen: i64| Alert {
            truncated: vec![Truncation {
                column: "figure".to_owned(),
                kind: TruncationKind::Approximate,
            }],
            last_seen: seen,
            ..alert("a", 1, Phase::OnTime, figure)
        };
        assert_eq!(of_standing(&[estimated(7, 5)], &[estimated(8, 5)]), [""; 0]);
        assert_eq!(of_standing(&[estimated(7, 5)], &[estimated(7, 6)]).len(), 1);
    }

    #[test]
    fn all_revisions_are_compared_whatever_their_order_and_sequences_with_it() {
        let one = [
            alert("a", 1, Phase::OnTime, 7),
            alert("b", 1, Phase::OnTime, 7),
        ];
        let other = [one[1].clone(), one[0].clone()];
        assert_eq!(of_revisions(&one, &other), [""; 0]);
        assert_eq!(of_sequence(&one, &one), [""; 0]);
        assert_eq!(of_sequence(&one, &other).len(), 1);
        assert_eq!(of_sequence(&one, &one[..1]).len(), 1);
        let late = [alert("a", 1, Phase::Late, 7), one[1].clone()];
        assert_eq!(of_revisions(&one, &late).len(), 1);
        let twice = [one[0].clone(), one[1].clone(), one[1].clone()];
        assert_eq!(of_revisions(&one, &twice).len(), 1);
    }
}
