//! Runs of events by key: what a rule that looks for the first of its kind remembers.
//!
//! A run is a chain of event times that are at most the history apart, as its two ends. An event
//! has none of its key in the history before it if, and only if, it begins a run. Adding a time
//! joins intervals: the runs are a function of the set of times, in whatever order they come, and
//! however often.

use crate::hash::Seed;
use hashbrown::HashTable;
use smallvec::SmallVec;

/// The first and the last time of a run, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Runs of one key, ascending; mostly one.
pub(crate) type Runs = SmallVec<[Run; 1]>;

/// A key with its runs.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Box<str>,
    pub(crate) runs: Runs,
}

/// Beginnings of runs that are none any more.
pub(crate) type Ended = SmallVec<[i64; 1]>;

/// Bytes that an entry takes but for its key.
const ENTRY: usize = 64;

/// All keys that were seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The time of the stream's first event,
    pub(crate) begin: Option<i64>,
    /// and whether another one is within a jump of it: else it may be a wrong time.
    pub(crate) sure: bool,
    /// The end of the latest run that was given up: a key that was seen before it may be unknown.
    pub(crate) floor: i64,
    pub(crate) entries: Vec<Entry>,
    index: HashTable<u32>,
    seed: Seed,
    /// Bytes of all keys, and how many runs there are besides the first of each.
    texts: usize,
    more: usize,
}

impl Seen {
    pub(crate) fn new(seed: Seed) -> Seen {
        Seen {
            begin: None,
            sure: false,
            floor: i64::MIN,
            entries: Vec::new(),
            index: HashTable::new(),
            seed,
            texts: 0,
            more: 0,
        }
    }

    /// The place of a key.
    pub(crate) fn find(&self, key: &str) -> Option<u32> {
        let same = |at: &u32| *self.entries[*at as usize].key == *key;
        self.index.find(self.seed.text(key), same).copied()
    }

    /// The place of a key, which is new if it has not been seen.
    pub(crate) fn enter(&mut self, key: &str) -> u32 {
        if let Some(found) = self.find(key) {
            return found;
        }
        // So many keys do not fit in a component's memory.
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry {
            key: key.into(),
            runs: Runs::new(),
        });
        self.texts += key.len();
        let (entries, seed) = (&self.entries, self.seed);
        let hash = |at: &u32| seed.text(&entries[*at as usize].key);
        self.index.insert_unique(seed.text(key), place, hash);
        place
    }

    /// Adds a time to a key. Says whether it begins a run, and which beginning is none any more.
    pub(crate) fn add(&mut self, place: u32, time: i64, history: i64) -> (bool, Ended) {
        let run = Run {
            first: time,
            last: time,
        };
        let ended = self.join(place, run, history);
        let runs = &self.entries[place as usize].runs;
        (runs.iter().any(|run| run.first == time), ended)
    }

    /// Adds a run to a key; gives the beginnings that are none any more, of either side.
    pub(crate) fn join(&mut self, place: u32, mut run: Run, history: i64) -> Ended {
        let runs = &mut self.entries[place as usize].runs;
        let before = runs.len();
        let from = runs.partition_point(|other| other.last < run.first - history);
        let count = runs[from..]
            .iter()
            .take_while(|other| other.first - history <= run.last)
            .count();
        let mut firsts: Ended = Ended::new();
        firsts.push(run.first);
        for other in &runs[from..from + count] {
            firsts.push(other.first);
            run = Run {
                first: run.first.min(other.first),
                last: run.last.max(other.last),
            };
        }
        if count == 0 {
            runs.insert(from, run);
        } else {
            runs[from] = run;
            runs.drain(from + 1..from + count);
        }
        // A new entry has no run yet.
        let spare = |runs: usize| runs.max(1);
        self.more = self.more + spare(runs.len()) - spare(before);
        firsts.retain(|first| *first != run.first);
        firsts
    }

    /// Whether a time only lengthens a run of a key, or lies within one.
    #[inline(always)]
    pub(crate) fn goes_on(&self, place: u32, time: i64, history: i64) -> bool {
        let Some(entry) = self.entries.get(place as usize) else {
            return false;
        };
        // Most events are of the last run.
        entry
            .runs
            .last()
            .is_some_and(|run| run.first < time && time - history <= run.last)
    }

    /// Whether an event of a key begins a run. Of one whose run was given up, that is all that
    /// is known of it.
    pub(crate) fn begins(&self, key: &str, time: i64) -> bool {
        let entry = self.find(key).map(|at| &self.entries[at as usize]);
        let mut runs = entry.into_iter().flat_map(|entry| &entry.runs);
        let run = runs.find(|run| (run.first..=run.last).contains(&time));
        run.is_none_or(|run| run.first == time)
    }

    /// Whether nothing was seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes held, as a window's size is told.
    pub(crate) fn size(&self) -> u64 {
        (self.entries.len() * ENTRY + self.texts + self.more * size_of::<Run>()) as u64
    }

    /// Keeps the runs that `keep` wants of each key; gives how many keys went. Places change.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Run) -> bool) -> u64 {
        let before = self.entries.len();
        for at in 0..before {
            let entry = &self.entries[at];
            let kept: Runs = { entry.runs.iter().copied() }
                .filter(|run| keep(run))
                .collect();
            self.entries[at].runs = kept;
        }
        self.entries.retain(|entry| !entry.runs.is_empty());
        self.index_anew();
        (before - self.entries.len()) as u64
    }

    /// Takes out the entries of some keys. Places change.
    pub(crate) fn take(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<Entry> {
        let (taken, kept) = { std::mem::take(&mut self.entries).into_iter() }
            .partition(|entry: &Entry| wanted(&entry.key));
        self.entries = kept;
        self.index_anew();
        taken
    }

    /// Drops the run of a key that begins at a time, if `late` says so of its end.
    pub(crate) fn drop_run(&mut self, key: &str, first: i64, late: impl Fn(i64) -> bool) {
        if let Some(place) = self.find(key) {
            let runs = &mut self.entries[place as usize].runs;
            let before = runs.len().max(1);
            runs.retain(|run| run.first != first || !late(run.last));
            self.more = self.more + runs.len().max(1) - before;
        }
    }

    /// Puts in a key that is not there, with its runs.
    pub(crate) fn put(&mut self, key: &str, runs: Runs) {
        let place = self.enter(key);
        self.more += runs.len().saturating_sub(1);
        self.entries[place as usize].runs = runs;
    }

    fn index_anew(&mut self) {
        self.entries.shrink_to_fit();
        let (entries, seed) = (&self.entries, self.seed);
        let hash = |at: &u32| seed.text(&entries[*at as usize].key);
        self.index.clear();
        self.index.shrink_to(entries.len(), hash);
        for (at, entry) in (0..).zip(entries) {
            self.index.insert_unique(seed.text(&entry.key), at, hash);
        }
        self.texts = entries.iter().map(|entry| entry.key.len()).sum();
        let more = |entry: &Entry| entry.runs.len().saturating_sub(1);
        self.more = entries.iter().map(more).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(times: &[i64]) -> Vec<(i64, i64)> {
        let mut seen = Seen::new(Seed(1, 2));
        let place = seen.enter("k");
        for time in times {
            seen.add(place, *time, 10);
        }
        let runs = &seen.entries[0].runs;
        assert_eq!(seen.more, runs.len() - 1);
        runs.iter().map(|run| (run.first, run.last)).collect()
    }

    #[test]
    fn times_that_are_the_history_apart_are_one_run() {
        assert_eq!(runs(&[0, 10, 20]), [(0, 20)]);
        assert_eq!(runs(&[0, 11]), [(0, 0), (11, 11)]);
        assert_eq!(runs(&[11, 0, 5]), [(0, 11)]);
        assert_eq!(runs(&[30, 0, 15, 15]), [(0, 0), (15, 15), (30, 30)]);
        assert_eq!(runs(&[30, 0, 15, 22]), [(0, 0), (15, 30)]);
        assert_eq!(runs(&[30, 0, 15, 22, 7]), [(0, 30)]);
    }

    #[test]
    fn a_beginning_that_is_none_any_more_is_told() {
        let mut seen = Seen::new(Seed(1, 2));
        let place = seen.enter("k");
        let mut add = |time| {
            let (begins, ended) = seen.add(place, time, 10);
            (begins, ended.to_vec())
        };
        assert_eq!(add(50), (true, vec![]));
        assert_eq!(add(50), (true, vec![]));
        assert_eq!(add(60), (false, vec![60]));
        assert_eq!(add(30), (true, vec![]));
        assert_eq!(add(45), (true, vec![50]));
        assert_eq!(add(38), (false, vec![38, 45]));
        assert!(seen.goes_on(place, 70, 10) && !seen.goes_on(place, 71, 10));
        assert!(!seen.goes_on(place, 30, 10) && seen.goes_on(place, 31, 10));
        assert!(seen.begins("k", 30) && !seen.begins("k", 45) && seen.begins("k", 90));
    }
}
