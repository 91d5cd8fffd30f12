//! What there is to say about one alert: its windows before and after, and its calls.

use std::collections::{BTreeMap, HashSet};

use super::alerts::{Found, texts};
use super::tally::{Calls, Tally, hash};
use super::text::Short;
use crate::contract::{Clause, Event, Value, Verdict, Window};

/// Windows on each side of the alert's own.
pub(super) const SIDE: i64 = 15;
/// Paths of a category that are shown.
const SAMPLES: usize = 3;
/// Categories and columns that are told apart; the contract promises few.
const KINDS: usize = 64;
/// Paths and event ids of an alert that are told apart.
const EXACT: usize = 50_000;

/// Columns of the Elastic Common Schema that are looked into.
const STATUS: &str = "http.response.status_code";
const PATH: &str = "url.path";
/// Columns that say nothing about the calls as a whole.
const APART: [&str; 5] = ["@timestamp", "_id", "data_stream.dataset", STATUS, PATH];

/// One window of the timeline.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) start: i64,
    /// What the ledger says; none where the group has no calls.
    pub(super) verdict: Option<(Vec<Clause>, bool)>,
}

/// Calls of one category.
#[derive(Debug, Default)]
pub(super) struct Category {
    pub(super) calls: Calls,
    /// Calls in the other windows.
    pub(super) around: u64,
    pub(super) paths: u64,
    /// Some, and whether each was answered with 4xx: those that were come first.
    pub(super) samples: Vec<(Short, bool)>,
}

/// The values of one column, in the alert's window and in those around it.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) inside: Tally,
    pub(super) around: Tally,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) window: Window,
    pub(super) slots: Vec<Slot>,
    pub(super) calls: Calls,
    /// Calls in the other windows.
    pub(super) around: u64,
    pub(super) paths: u64,
    pub(super) categories: BTreeMap<Option<String>, Category>,
    pub(super) statuses: Values,
    pub(super) columns: Vec<(String, Values)>,
    /// Whether there were too many paths or ids to tell all apart.
    pub(super) overflowed: bool,
    /// Columns that are the same for all calls of the alert.
    key: Vec<String>,
    seen: HashSet<u64>,
    ids: HashSet<u64>,
    seed: (u64, u64),
}

impl Detail {
    pub(super) fn new(alert: &Found, seed: (u64, u64)) -> Self {
        let Window { start, end } = alert.window;
        let length = end.saturating_sub(start).max(1);
        let slots = (-SIDE..=SIDE).filter_map(|at| {
            let start = start.checked_add(at.checked_mul(length)?)?;
            Some(Slot {
                start,
                verdict: None,
            })
        });
        Self {
            window: alert.window,
            slots: slots.collect(),
            calls: Calls::default(),
            around: 0,
            paths: 0,
            categories: BTreeMap::new(),
            statuses: Values::default(),
            columns: Vec::new(),
            overflowed: false,
            key: alert.key.iter().map(|part| part.name.clone()).collect(),
            seen: HashSet::new(),
            ids: HashSet::new(),
            seed,
        }
    }

    /// The time that it is about.
    pub(super) fn span(&self) -> Window {
        let length = self.window.end.saturating_sub(self.window.start).max(1);
        let end = |slot: &Slot| slot.start.saturating_add(length);
        Window {
            start: self.slots.first().map_or(0, |slot| slot.start),
            end: self.slots.last().map_or(0, end),
        }
    }

    /// The slot of the alert's own window.
    pub(super) fn own(&self) -> Option<&Slot> {
        let mut slots = self.slots.iter();
        slots.find(|slot| slot.start == self.window.start)
    }

    /// Takes in an entry of the ledger; the last of a window holds.
    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        let start = verdict.window.start;
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.start == start) {
            slot.verdict = Some((verdict.clauses.clone(), verdict.alerted));
        }
    }

    /// Takes in a call, but the same only once.
    pub(super) fn event(&mut self, event: &Event) {
        let of = |name: &str| {
            let mut columns = event.columns.iter();
            columns
                .find(|column| column.name == name)
                .map(|column| &column.value)
        };
        if let Some(Value::Text(id)) = of("_id") {
            let id = hash(id, self.seed);
            if self.ids.len() >= EXACT {
                self.overflowed = true;
            } else if !self.ids.insert(id) {
                return;
            }
        }
        let status = of(STATUS);
        let error = matches!(status, Some(Value::Integer(status)) if (400..=499).contains(status));
        let inside = (self.window.start..self.window.end).contains(&event.time);
        let status = match status {
            Some(Value::Integer(status)) => status.to_string(),
            Some(_) => "several".to_owned(),
            None => "none".to_owned(),
        };
        self.statuses.add(&status, error, inside, self.seed);
        self.category(event, of(PATH), error, inside);
        for column in &event.columns {
            let name = &column.name;
            if APART.contains(&name.as_str()) || self.key.contains(name) {
                continue;
            }
            let known = self.columns.iter().position(|(known, _)| known == name);
            let at = match known {
                Some(at) => at,
                None if self.columns.len() >= KINDS => continue,
                None => {
                    self.columns.push((name.clone(), Values::default()));
                    self.columns.len() - 1
                }
            };
            let seed = self.seed;
            if let Some((_, values)) = self.columns.get_mut(at) {
                for text in texts(&column.value) {
                    values.add(&text, error, inside, seed);
                }
            }
        }
        match inside {
            true => self.calls.add(error),
            false => self.around += 1,
        }
    }

    fn category(&mut self, event: &Event, path: Option<&Value>, error: bool, inside: bool) {
        let mut name = event
            .category
            .as_deref()
            .map(|name| Short::value(name).text);
        if self.categories.len() >= KINDS && !self.categories.contains_key(&name) {
            name = None;
        }
        let category = self.categories.entry(name).or_default();
        if !inside {
            category.around += 1;
            return;
        }
        category.calls.add(error);
        for path in path.map(texts).unwrap_or_default() {
            let room = self.seen.len() < EXACT;
            self.overflowed |= !room;
            if room && self.seen.insert(hash(&path, self.seed)) {
                self.paths += 1;
                category.paths += 1;
            }
            category.sample(&path, error);
        }
    }
}

impl Category {
    fn sample(&mut self, path: &str, error: bool) {
        let path = Short::value(path);
        if self.samples.iter().any(|(known, _)| *known == path) {
            return;
        }
        if self.samples.len() < SAMPLES {
            self.samples.push((path, error));
        } else if error && let Some(worse) = self.samples.iter().rposition(|(_, error)| !error) {
            self.samples.remove(worse);
            self.samples.push((path, error));
        }
        self.samples.sort_by_key(|(_, error)| !error);
    }
}

impl Values {
    fn add(&mut self, value: &str, error: bool, inside: bool, seed: (u64, u64)) {
        match inside {
            true => self.inside.add(value, error, seed),
            false => self.around.add(value, error, seed),
        }
    }
}
