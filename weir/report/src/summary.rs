//! A summary of the events of an alert: numbers by column, by category and by HTTP status.

use std::collections::{BTreeMap, HashSet};

use super::alerts::texts;
use super::category::{Category, StatusClass};
use super::tally::{CONDITIONAL, Count, CountsIn, Tallies, hash};
use super::text::Short;
use weir_host::contract::{Event, KeyPart, Value};

/// Categories and columns that are told apart; the contract promises few.
const KINDS: usize = 64;
/// Paths and event ids of an alert that are told apart.
const EXACT: usize = 50_000;

/// Columns of the Elastic Common Schema with a part of the page of their own.
const STATUS: &str = "http.response.status_code";
const PATH: &str = "url.path";
/// Columns without a table of their values.
const APART: [&str; 5] = ["@timestamp", "_id", "data_stream.dataset", STATUS, PATH];

/// The events of an alert's group, in its window and in those around it.
#[derive(Debug, Default)]
pub(super) struct EventSummary {
    /// Events in the alert's window.
    pub(super) count: Count,
    /// Columns that are counts of some events only, as far as any event adds to them.
    pub(super) conditional: Vec<String>,
    /// Whether any event has an HTTP status.
    pub(super) answered: bool,
    /// Distinct paths.
    pub(super) paths: u64,
    pub(super) categories: BTreeMap<Option<Short>, Category>,
    pub(super) statuses: Tallies,
    pub(super) columns: Vec<(String, Tallies)>,
    /// Whether there were too many paths or ids to tell all apart.
    pub(super) overflowed: bool,
    /// Columns with one value in all events.
    key: Vec<String>,
    /// Hashes of paths.
    seen: HashSet<u64>,
    /// Hashes of event ids.
    ids: HashSet<u64>,
    seed: (u64, u64),
}

impl EventSummary {
    /// A summary without events, of a group with this key.
    pub(super) fn new(key: &[KeyPart], seed: (u64, u64)) -> Self {
        Self {
            key: key.iter().map(|part| part.name.clone()).collect(),
            seed,
            ..Self::default()
        }
    }

    /// Takes in an event, in the alert's window or around it; `counts_in` names the conditional
    /// counts that it adds to. A repeated event is ignored.
    pub(super) fn add(&mut self, event: &Event, inside: bool, counts_in: &[String]) {
        let of = |name: &str| {
            let mut columns = event.columns.iter();
            columns
                .find(|column| column.name == name)
                .map(|column| &column.value)
        };
        if let Some(Value::Text(id)) = of("_id") {
            if self.ids.len() >= EXACT {
                self.overflowed = true;
            } else if !self.ids.insert(hash(id, self.seed)) {
                return;
            }
        }
        let counts_in = self.counts_in(counts_in);
        if inside {
            self.count.add(counts_in);
        }
        let (status, number) = match of(STATUS) {
            Some(Value::Integer(status)) => (status.to_string(), Some(*status)),
            Some(_) => ("several".to_owned(), None),
            None => ("none".to_owned(), None),
        };
        self.answered |= of(STATUS).is_some();
        self.statuses.add(&status, counts_in, inside, self.seed);
        let paths = of(PATH).map(texts).unwrap_or_default();
        let class = StatusClass::of(number);
        self.category(
            event.category.as_deref(),
            inside,
            &paths,
            (class, &status),
            counts_in,
        );
        for column in &event.columns {
            let name = &column.name;
            if APART.contains(&name.as_str()) || self.key.contains(name) {
                continue;
            }
            let seed = self.seed;
            if let Some(tallies) = self.column(name) {
                for text in texts(&column.value) {
                    tallies.add(&text, counts_in, inside, seed);
                }
            }
        }
    }

    /// The places of conditional counts; those for which there is no room are left out.
    fn counts_in(&mut self, names: &[String]) -> CountsIn {
        let mut counts_in = CountsIn::default();
        for name in names {
            let known = self.conditional.iter().position(|known| known == name);
            let place = known.unwrap_or(self.conditional.len());
            if known.is_none() && place < CONDITIONAL {
                self.conditional.push(name.clone());
            }
            counts_in.add(place);
        }
        counts_in
    }

    /// The values of a column; none where there is no room for it.
    fn column(&mut self, name: &str) -> Option<&mut Tallies> {
        let known = self.columns.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or(self.columns.len());
        if known.is_none() && at < KINDS {
            self.columns.push((name.to_owned(), Tallies::default()));
        }
        self.columns.get_mut(at).map(|(_, tallies)| tallies)
    }

    fn category(
        &mut self,
        name: Option<&str>,
        inside: bool,
        paths: &[String],
        (class, status): (StatusClass, &str),
        counts_in: CountsIn,
    ) {
        let mut name = name.map(Short::value);
        if self.categories.len() >= KINDS && !self.categories.contains_key(&name) {
            name = None;
        }
        let category = self.categories.entry(name).or_default();
        if !inside {
            category.around += 1;
            return;
        }
        category.add(class, counts_in);
        for path in paths {
            let room = self.seen.len() < EXACT;
            self.overflowed |= !room;
            if room && self.seen.insert(hash(path, self.seed)) {
                self.paths += 1;
                category.paths += 1;
            }
            category.sample(path, class, status);
        }
    }
}
