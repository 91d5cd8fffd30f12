//! What there is to say about one alert: its windows before and after, and its events.

use std::collections::{BTreeMap, HashSet};

use super::alerts::{Found, texts};
use super::tally::{Count, PARTS, Parts, Tally, hash};
use super::text::{Short, estimated};
use crate::contract::{
    Clause, Event, Judgement, Truncation, TruncationKind, Value, Verdict, Window,
};

/// Windows on each side of the alert's own.
pub(super) const SIDE: i64 = 15;
/// How far apart they are for an alert on a moment, in milliseconds.
const MOMENT: i64 = 120_000;
/// Paths of a category that are shown of each: those that were read, and those that were not.
const SAMPLES: usize = 3;
/// Categories and columns that are told apart; the contract promises few.
const KINDS: usize = 64;
/// Paths and event ids of an alert that are told apart.
const EXACT: usize = 50_000;

/// Columns of the Elastic Common Schema that are looked into.
const STATUS: &str = "http.response.status_code";
const PATH: &str = "url.path";
/// Columns that say nothing about the events as a whole.
const APART: [&str; 5] = ["@timestamp", "_id", "data_stream.dataset", STATUS, PATH];

/// One window of the timeline.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) start: i64,
    /// What the ledger says; none where the group has no events.
    pub(super) verdict: Option<Verdict>,
}

impl Slot {
    /// The value of a clause for people.
    pub(super) fn text(&self, clause: &Clause) -> String {
        let mut marks = self.verdict.iter().flat_map(|verdict| &verdict.truncated);
        let is_estimate = |mark: &Truncation| {
            mark.column == clause.name && mark.kind == TruncationKind::Approximate
        };
        estimated(clause.value, marks.any(is_estimate))
    }
}

/// What an answer gave, by its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// What was asked for: 2xx.
    Read,
    /// Nothing, for want of a right to it: 401 and 403.
    Refused,
    /// Nothing, since there is none: 404.
    Missing,
    /// Nothing that is known of.
    Other,
}

impl Answer {
    /// In the order of columns.
    pub(super) const ALL: [Self; 4] = [Self::Read, Self::Refused, Self::Missing, Self::Other];

    fn of(status: Option<i64>) -> Self {
        match status {
            Some(200..=299) => Self::Read,
            Some(401 | 403) => Self::Refused,
            Some(404) => Self::Missing,
            _ => Self::Other,
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "Read (2xx)",
            Self::Refused => "Refused (401, 403)",
            Self::Missing => "Not found (404)",
            Self::Other => "Other answers",
        }
    }
}

/// Events of one category.
#[derive(Debug, Default)]
pub(super) struct Category {
    pub(super) count: Count,
    /// By answer, in the order of [`Answer::ALL`].
    answers: [u64; 4],
    /// Events in the other windows.
    pub(super) around: u64,
    pub(super) paths: u64,
    /// Some that were read.
    pub(super) read: Vec<Short>,
    /// Some that were not, and the status of each.
    pub(super) unread: Vec<(Short, String)>,
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
    pub(super) events: Count,
    /// Events in the other windows.
    pub(super) around: u64,
    /// Columns that are counts of some events only, as far as any event adds to them.
    pub(super) parts: Vec<String>,
    /// Whether any event has the status of an answer.
    pub(super) answered: bool,
    pub(super) paths: u64,
    pub(super) categories: BTreeMap<Option<String>, Category>,
    pub(super) statuses: Values,
    pub(super) columns: Vec<(String, Values)>,
    /// Whether there were too many paths or ids to tell all apart.
    pub(super) overflowed: bool,
    /// Columns that are alike for all events of the alert.
    key: Vec<String>,
    /// How far apart windows are, in milliseconds.
    step: i64,
    seen: HashSet<u64>,
    ids: HashSet<u64>,
    seed: (u64, u64),
}

impl Detail {
    pub(super) fn new(alert: &Found, judgement: Judgement, seed: (u64, u64)) -> Self {
        let Window { start, end } = alert.window;
        let length = end.saturating_sub(start);
        let step = match judgement {
            Judgement::Sliding(sliding) => i64::try_from(sliding.every).unwrap_or(length),
            Judgement::FirstSeen(_) | Judgement::Each(0) => MOMENT,
            Judgement::Tumbling(_) | Judgement::Each(_) => length,
        };
        let step = step.max(1);
        let slots = (-SIDE..=SIDE).filter_map(|at| {
            let start = start.checked_add(at.checked_mul(step)?)?;
            Some(Slot {
                start,
                verdict: None,
            })
        });
        Self {
            window: alert.window,
            slots: slots.collect(),
            events: Count::default(),
            around: 0,
            parts: Vec::new(),
            answered: false,
            paths: 0,
            categories: BTreeMap::new(),
            statuses: Values::default(),
            columns: Vec::new(),
            overflowed: false,
            key: alert.key.iter().map(|part| part.name.clone()).collect(),
            step,
            seen: HashSet::new(),
            ids: HashSet::new(),
            seed,
        }
    }

    /// Whether it is about a moment, and what is around it about a time before and after.
    pub(super) fn is_moment(&self) -> bool {
        self.window.end.saturating_sub(self.window.start) <= 1
    }

    /// How long what is around it is in all, in milliseconds.
    pub(super) fn around_length(&self) -> i64 {
        self.step.saturating_mul(2 * SIDE)
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
            slot.verdict = Some(Verdict {
                // Those of the alert.
                rule: String::new(),
                key: Vec::new(),
                clauses: verdict.clauses.clone(),
                truncated: verdict.truncated.clone(),
                ..*verdict
            });
        }
    }

    /// Takes in an event with the columns that are counts of some events only and that it adds to;
    /// an event that comes again is passed over.
    pub(super) fn event(&mut self, event: &Event, counts_in: &[String]) {
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
        let parts = self.parts(counts_in);
        let (status, number) = match of(STATUS) {
            Some(Value::Integer(status)) => (status.to_string(), Some(*status)),
            Some(_) => ("several".to_owned(), None),
            None => ("none".to_owned(), None),
        };
        self.answered |= of(STATUS).is_some();
        let inside = (self.window.start..self.window.end).contains(&event.time);
        self.statuses.add(&status, parts, inside, self.seed);
        self.category(
            event,
            of(PATH),
            (Answer::of(number), &status),
            parts,
            inside,
        );
        for column in &event.columns {
            let name = &column.name;
            if APART.contains(&name.as_str()) || self.key.contains(name) {
                continue;
            }
            let seed = self.seed;
            if let Some(values) = self.values(name) {
                for text in texts(&column.value) {
                    values.add(&text, parts, inside, seed);
                }
            }
        }
        match inside {
            true => self.events.add(parts),
            false => self.around += 1,
        }
    }

    /// The places of conditional counts; what there is no room for is passed over.
    fn parts(&mut self, counts_in: &[String]) -> Parts {
        let mut parts = Parts::default();
        for name in counts_in {
            let known = self.parts.iter().position(|known| known == name);
            let place = known.or_else(|| {
                let room = self.parts.len() < PARTS;
                room.then(|| {
                    self.parts.push(name.clone());
                    self.parts.len() - 1
                })
            });
            if let Some(place) = place {
                parts.add(place);
            }
        }
        parts
    }

    /// The values of a column; none where there is no room for it.
    fn values(&mut self, name: &str) -> Option<&mut Values> {
        let known = self.columns.iter().position(|(known, _)| known == name);
        let at = match known {
            Some(at) => at,
            None if self.columns.len() >= KINDS => return None,
            None => {
                self.columns.push((name.to_owned(), Values::default()));
                self.columns.len() - 1
            }
        };
        self.columns.get_mut(at).map(|(_, values)| values)
    }

    fn category(
        &mut self,
        event: &Event,
        path: Option<&Value>,
        answer: (Answer, &str),
        parts: Parts,
        inside: bool,
    ) {
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
        category.count.add(parts);
        category.answers[answer.0 as usize] += 1;
        for path in path.map(texts).unwrap_or_default() {
            let room = self.seen.len() < EXACT;
            self.overflowed |= !room;
            if room && self.seen.insert(hash(&path, self.seed)) {
                self.paths += 1;
                category.paths += 1;
            }
            category.sample(&path, answer);
        }
    }
}

impl Category {
    /// Events with such an answer.
    pub(super) fn answered(&self, answer: Answer) -> u64 {
        self.answers[answer as usize]
    }

    fn sample(&mut self, path: &str, (answer, status): (Answer, &str)) {
        let path = Short::value(path);
        match answer {
            Answer::Read if self.read.len() < SAMPLES && !self.read.contains(&path) => {
                self.read.push(path);
            }
            Answer::Read => {}
            _ => {
                let sample = (path, status.to_owned());
                if self.unread.len() < SAMPLES && !self.unread.contains(&sample) {
                    self.unread.push(sample);
                }
            }
        }
    }
}

impl Values {
    fn add(&mut self, value: &str, parts: Parts, inside: bool, seed: (u64, u64)) {
        match inside {
            true => self.inside.add(value, parts, seed),
            false => self.around.add(value, parts, seed),
        }
    }
}
