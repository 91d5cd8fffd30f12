//! The alerts that stand: those that are shown, as they are shown, and the number of the others.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::LISTED;
use super::over::{Over, Rank, Thresholds};
use super::text::{Copyable, Short, by_address, grouped_in};
use crate::contract::{Alert, KeyPart, Phase, TruncationKind, Value, Window};
use crate::output::iso;

/// Values of a column that are shown.
const VALUES: usize = 5;
/// Columns of an alert, parts of its key and marks on its columns that are shown.
const COLUMNS: usize = 64;
/// Response actions and queries of an alert that are shown.
const ADVICE: usize = 24;
/// Source addresses of an alert that are kept.
const SOURCES: usize = 200;
/// Where the Elastic Common Schema has them.
const SOURCE: &str = "source.ip";

/// One alert, as far as it is shown.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) revision: u32,
    pub(super) phase: Phase,
    pub(super) window: Window,
    /// As it is, for finding what belongs to it.
    pub(super) key: Vec<KeyPart>,
    pub(super) first_seen: i64,
    pub(super) last_seen: i64,
    pub(super) columns: Vec<Column>,
    pub(super) over: Over,
    /// Source addresses, ascending.
    pub(super) sources: Vec<IpAddr>,
    /// Whether there are more.
    pub(super) more_sources: bool,
    pub(super) reason: Short,
    pub(super) complete: bool,
    pub(super) response: Vec<Action>,
    pub(super) pivots: Vec<Pivot>,
    /// Actions and queries that are not shown.
    pub(super) more: usize,
}

/// One column of its row.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Vec<Short>,
    /// Values that it has.
    pub(super) count: usize,
    pub(super) mark: Option<TruncationKind>,
}

/// One response action.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) name: Short,
    pub(super) request: Copyable,
    pub(super) body: Option<Copyable>,
    pub(super) note: Option<Short>,
    pub(super) destructive: bool,
}

/// One query.
#[derive(Debug)]
pub(super) struct Pivot {
    pub(super) name: Short,
    pub(super) language: Short,
    pub(super) query: Copyable,
}

impl Found {
    fn new(alert: Alert, thresholds: &Thresholds) -> Self {
        let mark = |column: &str| {
            let mut marks = alert.truncated.iter();
            marks
                .find(|mark| mark.column == column)
                .map(|mark| mark.kind)
        };
        let columns = alert.columns.iter().take(COLUMNS).map(|column| {
            let mut values = texts(&column.value);
            let count = values.len();
            values.sort_by(|one, other| by_address(one, other));
            values.truncate(VALUES);
            Column {
                name: Short::value(&column.name).text,
                values: values.iter().map(|value| Short::value(value)).collect(),
                count,
                mark: mark(&column.name),
            }
        });
        let response = alert.response.iter().take(ADVICE).map(|action| Action {
            name: Short::value(&action.name),
            request: Copyable::new(&format!("{} {}", action.method, action.url)),
            body: action.body.as_deref().map(Copyable::new),
            note: action.note.as_deref().map(Short::sentence),
            destructive: action.destructive,
        });
        let pivots = alert.pivots.iter().take(ADVICE).map(|pivot| Pivot {
            name: Short::value(&pivot.name),
            language: Short::value(&pivot.language),
            query: Copyable::new(&pivot.query),
        });
        let past = |count: usize| count.saturating_sub(ADVICE);
        let over = Over::new(&alert, thresholds);
        // What the key says is no figure, whatever it looks like.
        let key: Vec<String> = alert
            .key
            .iter()
            .filter_map(|part| part.value.as_ref())
            .flat_map(texts)
            .collect();
        let own = over.figures.iter().copied().filter(|figure| {
            let mut words = key.iter().flat_map(|text| text.split(' '));
            !words.any(|word| word.parse().ok() == *figure)
        });
        let own: Vec<Option<f64>> = own.collect();
        let mut sources: Vec<IpAddr> = alert
            .columns
            .iter()
            .filter(|column| column.name == SOURCE)
            .flat_map(|column| texts(&column.value))
            .filter_map(|text| text.parse().ok())
            .collect();
        sources.sort_unstable();
        let more_sources = sources.len() > SOURCES || mark(SOURCE).is_some();
        sources.truncate(SOURCES);
        Self {
            sources,
            more_sources,
            columns: columns.collect(),
            response: response.collect(),
            pivots: pivots.collect(),
            more: past(alert.response.len()) + past(alert.pivots.len()),
            reason: Short::sentence(&grouped_in(&alert.reason, &own)),
            over,
            id: alert.id(),
            revision: alert.revision,
            phase: alert.phase,
            window: alert.window,
            key: alert.key,
            first_seen: alert.first_seen,
            last_seen: alert.last_seen,
            complete: alert.complete,
        }
    }
}

/// A value as text, one for each element of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Boolean(flag) => vec![flag.to_string()],
        Value::Timestamp(time) => vec![iso(*time)],
        Value::TextList(list) => list.clone(),
        Value::IntegerList(list) => list.iter().map(i64::to_string).collect(),
    }
}

/// In the order of the page: those furthest above the thresholds first, then by window and id.
type Order = (Rank, i64, i64, String);

/// All that stand.
#[derive(Debug)]
pub(super) struct Alerts {
    shown: BTreeMap<Order, Found>,
    orders: HashMap<String, Order>,
    /// The others: when their windows start, by id.
    others: HashMap<u128, i64>,
    detailed: usize,
    pub(super) thresholds: Thresholds,
}

impl Alerts {
    /// None yet; of those to come so many in detail.
    pub(super) fn new(detailed: usize, thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            shown: BTreeMap::new(),
            orders: HashMap::new(),
            others: HashMap::new(),
            detailed: detailed.min(LISTED),
        }
    }

    /// Takes in a revision.
    pub(super) fn add(&mut self, alert: Alert) {
        let number = alert.number();
        self.others.remove(&number);
        if let Some(order) = self.orders.remove(&format!("{number:032x}")) {
            self.shown.remove(&order);
        }
        if alert.phase == Phase::Retracted {
            return;
        }
        let found = Found::new(alert, &self.thresholds);
        let window = found.window;
        let rank = found.over.rank();
        let order = (rank, window.start, window.end, found.id.clone());
        let last = self.shown.last_key_value().map(|(order, _)| order);
        if self.shown.len() >= LISTED && last.is_some_and(|last| *last < order) {
            self.others.insert(number, window.start);
            return;
        }
        self.orders.insert(found.id.clone(), order.clone());
        self.shown.insert(order, found);
        if self.shown.len() > LISTED
            && let Some(((_, start, _, id), _)) = self.shown.pop_last()
        {
            self.orders.remove(&id);
            self.others
                .insert(u128::from_str_radix(&id, 16).unwrap_or(0), start);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        (self.shown.len() + self.others.len()) as u64
    }

    /// Those that are in the list.
    pub(super) fn listed(&self) -> impl ExactSizeIterator<Item = &Found> {
        self.shown.values()
    }

    /// Those that are shown in detail: the first of the list.
    pub(super) fn detailed(&self) -> Vec<&Found> {
        self.shown.values().take(self.detailed).collect()
    }

    /// When the windows of all of them start, ascending.
    pub(super) fn starts(&self) -> Vec<i64> {
        let listed = self.shown.keys().map(|(_, start, ..)| *start);
        let mut starts: Vec<i64> = listed.chain(self.others.values().copied()).collect();
        starts.sort_unstable();
        starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(number: u64, start: i64, phase: Phase) -> Alert {
        Alert {
            rule: number.to_string(),
            revision: 1,
            phase,
            window: Window {
                start,
                end: start + 1,
            },
            key: Vec::new(),
            first_seen: start,
            last_seen: start,
            columns: Vec::new(),
            reason: String::new(),
            complete: true,
            truncated: Vec::new(),
            response: Vec::new(),
            pivots: Vec::new(),
        }
    }

    #[test]
    fn the_first_are_listed_and_all_are_counted() {
        let mut alerts = Alerts::new(3, Thresholds::of(&[]));
        let many = LISTED as u64 + 10;
        // Latest first, so that all that are too many were listed once.
        for number in (0..many).rev() {
            alerts.add(alert(number, number as i64, Phase::OnTime));
        }
        assert_eq!((alerts.count(), alerts.listed().len()), (many, LISTED));
        assert_eq!(alerts.starts(), (0..many as i64).collect::<Vec<_>>());
        let detailed: Vec<i64> = alerts.detailed().iter().map(|a| a.window.start).collect();
        assert_eq!(detailed, [0, 1, 2]);
        // A revision takes the place of the one before; a retraction takes it away.
        alerts.add(alert(1, 1, Phase::Late));
        assert_eq!(alerts.count(), many);
        alerts.add(alert(0, 0, Phase::Retracted));
        alerts.add(alert(many - 1, many as i64 - 1, Phase::Retracted));
        assert_eq!(alerts.count(), many - 2);
        assert_eq!(alerts.listed().next().map(|a| a.phase), Some(Phase::Late));
    }

    #[test]
    fn those_furthest_above_the_thresholds_are_first_and_kept() {
        let thresholds = Thresholds::of(&[
            ("calls", Some(20.0)),
            ("rate", Some(0.5)),
            ("any", Some(0.0)),
        ]);
        let mut alerts = Alerts::new(3, thresholds);
        let many = LISTED as i64 + 10;
        for number in 0..many {
            let mut alert = alert(number as u64, number, Phase::OnTime);
            let column = |name: &str, value| crate::contract::Column {
                name: name.to_owned(),
                value,
            };
            alert.columns = vec![
                column("calls", Value::Integer(20 + number)),
                column("rate", Value::Number(1.0)),
                column("any", Value::Number(f64::NAN)),
            ];
            alerts.add(alert);
        }
        assert_eq!(alerts.count(), many as u64);
        let first = alerts.detailed()[0];
        assert_eq!(first.window.start, many - 1);
        let quotient = (20 + many - 1) as f64 / 20.0;
        assert_eq!(first.over.furthest, Some((0, quotient)));
        assert_eq!(first.over.mean, Some((quotient * 2.0).powf(0.5)));
        // The weakest ten are counted and not listed.
        let last = alerts.listed().last().map(|alert| alert.window.start);
        assert_eq!(last, Some(10));
    }
}
