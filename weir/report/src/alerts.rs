//! The alerts that stand: those that are shown, and the start times of the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::LISTED;
use super::figures::grouped_in;
use super::margin::{Margin, Thresholds};
use super::text::{Copyable, Short, by_address};
use weir_host::contract::{Alert, Column, KeyPart, Phase, TruncationKind, Value, Window};

/// Values of a column that are shown.
const VALUES: usize = 5;
/// Columns of an alert that are shown.
const COLUMNS: usize = 64;
/// Response actions and queries of an alert that are shown.
const ADVICE: usize = 24;
/// Source addresses of an alert that are kept.
const SOURCES: usize = 200;
/// The column of source addresses in the Elastic Common Schema.
pub(super) const SOURCE: &str = "source.ip";

/// An alert, shortened to what the page shows.
#[derive(Debug)]
pub(super) struct ShownAlert {
    pub(super) id: String,
    pub(super) revision: u32,
    pub(super) phase: Phase,
    pub(super) window: Window,
    /// Unshortened, since it selects the group's events.
    pub(super) key: Vec<KeyPart>,
    pub(super) first_seen: i64,
    pub(super) last_seen: i64,
    pub(super) columns: Vec<ShownColumn>,
    pub(super) margin: Margin,
    /// Source addresses, ascending.
    pub(super) sources: Vec<IpAddr>,
    /// Whether there are more source addresses.
    pub(super) more_sources: bool,
    pub(super) reason: Short,
    pub(super) complete: bool,
    pub(super) response: Vec<ShownAction>,
    pub(super) queries: Vec<ShownQuery>,
    /// Actions and queries that are not shown.
    pub(super) more: usize,
}

/// A column of an alert.
#[derive(Debug)]
pub(super) struct ShownColumn {
    pub(super) name: Short,
    pub(super) values: Vec<Short>,
    /// Number of its values, shown or not.
    pub(super) count: usize,
    pub(super) mark: Option<TruncationKind>,
}

/// A response action.
#[derive(Debug)]
pub(super) struct ShownAction {
    pub(super) name: Short,
    pub(super) request: Copyable,
    pub(super) body: Option<Copyable>,
    pub(super) note: Option<Short>,
    pub(super) destructive: bool,
}

/// A query that leads on.
#[derive(Debug)]
pub(super) struct ShownQuery {
    pub(super) language: String,
    pub(super) name: Short,
    pub(super) query: Copyable,
}

impl ShownAlert {
    fn new(alert: Alert, thresholds: &Thresholds) -> Self {
        let margin = Margin::new(&alert, thresholds);
        let columns = alert.columns.iter().take(COLUMNS);
        let response = alert
            .response
            .iter()
            .take(ADVICE)
            .map(|action| ShownAction {
                name: Short::value(&action.name),
                request: Copyable::new(&format!("{} {}", action.method, action.url)),
                body: action.body.as_deref().map(Copyable::new),
                note: action.note.as_deref().map(Short::sentence),
                destructive: action.destructive,
            });
        let queries = alert.pivots.iter().take(ADVICE).map(|pivot| ShownQuery {
            language: Short::value(&pivot.language).raw().to_owned(),
            name: Short::value(&pivot.name),
            query: Copyable::new(&pivot.query),
        });
        let past = |count: usize| count.saturating_sub(ADVICE);
        let (sources, more_sources) = sources(&alert);
        Self {
            sources,
            more_sources,
            columns: columns
                .map(|column| ShownColumn::new(column, &alert))
                .collect(),
            response: response.collect(),
            queries: queries.collect(),
            more: past(alert.response.len()) + past(alert.pivots.len()),
            reason: reason(&alert, &margin),
            margin,
            id: alert.id(),
            revision: alert.revision,
            phase: alert.phase,
            window: alert.window,
            first_seen: alert.first_seen,
            last_seen: alert.last_seen,
            complete: alert.complete,
            key: alert.key,
        }
    }
}

impl ShownColumn {
    fn new(column: &Column, alert: &Alert) -> Self {
        let mut values = texts(&column.value);
        let count = values.len();
        values.sort_by(|one, other| by_address(one, other));
        values.truncate(VALUES);
        Self {
            name: Short::value(&column.name),
            values: values.iter().map(|value| Short::value(value)).collect(),
            count,
            mark: mark(alert, &column.name),
        }
    }
}

/// The mark on a column that does not show everything.
fn mark(alert: &Alert, column: &str) -> Option<TruncationKind> {
    let mut marks = alert.truncated.iter();
    let found = marks.find(|mark| mark.column == column);
    found.map(|mark| mark.kind)
}

/// The alert's sentence with the thousands of its own figures marked.
fn reason(alert: &Alert, margin: &Margin) -> Short {
    let key = alert.key.iter().filter_map(|part| part.value.as_ref());
    let key: Vec<String> = key.flat_map(texts).collect();
    // A word of the key is no figure, even if it is a number.
    let in_key = |figure: f64| {
        let mut words = key.iter().flat_map(|text| text.split(' '));
        words.any(|word| word.parse().ok() == Some(figure))
    };
    let own: Vec<f64> = margin.figures().filter(|figure| !in_key(*figure)).collect();
    Short::sentence(&grouped_in(&alert.reason, &own))
}

/// Source addresses as far as they are kept, ascending, and whether there are more.
fn sources(alert: &Alert) -> (Vec<IpAddr>, bool) {
    let columns = alert.columns.iter().filter(|column| column.name == SOURCE);
    let texts = columns.flat_map(|column| texts(&column.value));
    let mut sources: Vec<IpAddr> = texts.filter_map(|text| text.parse().ok()).collect();
    sources.sort_unstable();
    let more = sources.len() > SOURCES || mark(alert, SOURCE).is_some();
    sources.truncate(SOURCES);
    (sources, more)
}

/// The texts of a value, one for each element of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::TextList(list) => list.clone(),
        Value::IntegerList(list) => list.iter().map(i64::to_string).collect(),
        one => vec![one.to_string()],
    }
}

/// The order of the page: the largest margin first, then by window and id.
type Order = (Reverse<u64>, i64, i64, u128);

/// All alerts of a rule that stand.
#[derive(Debug)]
pub(super) struct Alerts {
    shown: BTreeMap<Order, ShownAlert>,
    /// Keys of the shown alerts, by id.
    orders: HashMap<u128, Order>,
    /// When the windows of the other alerts start, by id.
    others: HashMap<u128, i64>,
    detailed: usize,
    pub(super) thresholds: Thresholds,
}

impl Alerts {
    /// No alerts yet; `detailed` of those to come are shown in detail.
    pub(super) fn new(detailed: usize, thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            shown: BTreeMap::new(),
            orders: HashMap::new(),
            others: HashMap::new(),
            detailed: detailed.min(LISTED),
        }
    }

    /// Takes in a revision of an alert.
    pub(super) fn add(&mut self, alert: Alert) {
        let id = alert.number();
        self.others.remove(&id);
        if let Some(order) = self.orders.remove(&id) {
            self.shown.remove(&order);
        }
        if alert.phase == Phase::Retracted {
            return;
        }
        let alert = ShownAlert::new(alert, &self.thresholds);
        let Window { start, end } = alert.window;
        let order = (alert.margin.rank(), start, end, id);
        self.orders.insert(id, order);
        self.shown.insert(order, alert);
        if self.shown.len() > LISTED
            && let Some(((_, start, _, id), _)) = self.shown.pop_last()
        {
            self.orders.remove(&id);
            self.others.insert(id, start);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        (self.shown.len() + self.others.len()) as u64
    }

    /// The alerts of the list, in its order.
    pub(super) fn listed(&self) -> impl ExactSizeIterator<Item = &ShownAlert> {
        self.shown.values()
    }

    /// The first alerts of the list, which are shown in detail.
    pub(super) fn detailed(&self) -> impl ExactSizeIterator<Item = &ShownAlert> {
        self.shown.values().take(self.detailed)
    }

    /// When the windows of all alerts start, ascending.
    pub(super) fn starts(&self) -> Vec<i64> {
        let listed = self.shown.keys().map(|(_, start, ..)| *start);
        let mut starts: Vec<i64> = listed.chain(self.others.values().copied()).collect();
        starts.sort_unstable();
        starts
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
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
    fn lists_the_first_and_counts_all() {
        let mut alerts = Alerts::new(3, Thresholds::of(&[]));
        let many = LISTED as u64 + 10;
        // Latest first, so that each of the others was listed before.
        for number in (0..many).rev() {
            alerts.add(alert(number, number as i64, Phase::OnTime));
        }
        assert_eq!((alerts.count(), alerts.listed().len()), (many, LISTED));
        assert_eq!(alerts.starts(), (0..many as i64).collect::<Vec<_>>());
        let detailed: Vec<i64> = alerts.detailed().map(|a| a.window.start).collect();
        assert_eq!(detailed, [0, 1, 2]);
        // A revision replaces the one before; a retraction removes it.
        alerts.add(alert(1, 1, Phase::Late));
        assert_eq!(alerts.count(), many);
        alerts.add(alert(0, 0, Phase::Retracted));
        alerts.add(alert(many - 1, many as i64 - 1, Phase::Retracted));
        assert_eq!(alerts.count(), many - 2);
        assert_eq!(alerts.listed().next().map(|a| a.phase), Some(Phase::Late));
    }

    #[test]
    fn the_largest_margins_are_first_and_kept() {
        let thresholds = Thresholds::of(&[
            ("calls", Some(20.0)),
            ("rate", Some(0.5)),
            ("any", Some(0.0)),
        ]);
        let mut alerts = Alerts::new(3, thresholds);
        let many = LISTED as i64 + 10;
        for number in 0..many {
            let mut alert = alert(number as u64, number, Phase::OnTime);
            let column = |name: &str, value| weir_host::contract::Column {
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
        let first = alerts.detailed().next().unwrap();
        assert_eq!(first.window.start, many - 1);
        let multiple = (20 + many - 1) as f64 / 20.0;
        assert_eq!(first.margin.furthest, Some((0, multiple)));
        assert_eq!(first.margin.mean, Some((multiple * 2.0).powf(0.5)));
        // The weakest ten are counted and not listed.
        let last = alerts.listed().last().map(|alert| alert.window.start);
        assert_eq!(last, Some(10));
    }
}
