//! Sessions of events by key: the state of a first-seen rule.
//!
//! A session is a chain of event times at most the history apart, as its first and last time. An
//! event is the first of its key within the history if, and only if, it begins a session. Adding a
//! time merges intervals: the sessions are a function of the set of times, whatever their order and
//! repetitions.

use crate::hash::Seed;
use hashbrown::HashTable;
use smallvec::SmallVec;

/// The first and the last time of a session, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Sessions of one key, ascending; mostly one.
pub(crate) type Sessions = SmallVec<[Session; 1]>;

/// A key with its sessions.
#[derive(Clone, Debug)]
pub(crate) struct KeySessions {
    pub(crate) key: Box<str>,
    pub(crate) sessions: Sessions,
}

/// Starts of sessions that were merged into earlier ones.
pub(crate) type MergedStarts = SmallVec<[i64; 1]>;

/// Bytes of an entry without its key.
const ENTRY: usize = 64;

/// All keys that were seen, with their sessions.
#[derive(Debug)]
pub(crate) struct SeenKeys {
    /// The time of the stream's first event, in milliseconds since 1970.
    pub(crate) stream_start: Option<i64>,
    /// Whether another event is within a jump of it; otherwise its time may be wrong.
    pub(crate) confirmed: bool,
    /// The end of the latest session that was evicted: a key that was seen before it may be
    /// missing.
    pub(crate) evicted_before: i64,
    pub(crate) entries: Vec<KeySessions>,
    index: HashTable<u32>,
    seed: Seed,
    /// Bytes of all keys.
    texts: usize,
    /// Number of sessions besides the first of each key.
    extra_sessions: usize,
}

impl SeenKeys {
    pub(crate) fn new(seed: Seed) -> SeenKeys {
        SeenKeys {
            stream_start: None,
            confirmed: false,
            evicted_before: i64::MIN,
            entries: Vec::new(),
            index: HashTable::new(),
            seed,
            texts: 0,
            extra_sessions: 0,
        }
    }

    /// The index of a key.
    pub(crate) fn find(&self, key: &str) -> Option<u32> {
        let same = |at: &u32| *self.entries[*at as usize].key == *key;
        self.index.find(self.seed.text(key), same).copied()
    }

    /// The index of a key, added if it is new.
    pub(crate) fn insert_key(&mut self, key: &str) -> u32 {
        if let Some(found) = self.find(key) {
            return found;
        }
        // A component's memory holds fewer keys.
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(KeySessions {
            key: key.into(),
            sessions: Sessions::new(),
        });
        self.texts += key.len();
        let (entries, seed) = (&self.entries, self.seed);
        let hash = |at: &u32| seed.text(&entries[*at as usize].key);
        self.index.insert_unique(seed.text(key), place, hash);
        place
    }

    /// Adds a time to a key. Returns whether it begins a session, and the starts that were merged.
    pub(crate) fn add(&mut self, place: u32, time: i64, history: i64) -> (bool, MergedStarts) {
        let session = Session {
            first: time,
            last: time,
        };
        let ended = self.merge_session(place, session, history);
        let sessions = &self.entries[place as usize].sessions;
        (sessions.iter().any(|session| session.first == time), ended)
    }

    /// Adds a session to a key; returns the starts that were merged, of either side.
    pub(crate) fn merge_session(
        &mut self,
        place: u32,
        mut session: Session,
        history: i64,
    ) -> MergedStarts {
        let sessions = &mut self.entries[place as usize].sessions;
        let before = sessions.len();
        let from = sessions.partition_point(|other| other.last < session.first - history);
        let count = sessions[from..]
            .iter()
            .take_while(|other| other.first - history <= session.last)
            .count();
        let mut firsts: MergedStarts = MergedStarts::new();
        firsts.push(session.first);
        for other in &sessions[from..from + count] {
            firsts.push(other.first);
            session = Session {
                first: session.first.min(other.first),
                last: session.last.max(other.last),
            };
        }
        if count == 0 {
            sessions.insert(from, session);
        } else {
            sessions[from] = session;
            sessions.drain(from + 1..from + count);
        }
        // A new entry has no session yet.
        let spare = |sessions: usize| sessions.max(1);
        self.extra_sessions = self.extra_sessions + spare(sessions.len()) - spare(before);
        firsts.retain(|first| *first != session.first);
        firsts
    }

    /// Whether a time only extends a session of a key, or lies within one.
    #[inline(always)]
    pub(crate) fn extends(&self, place: u32, time: i64, history: i64) -> bool {
        let Some(entry) = self.entries.get(place as usize) else {
            return false;
        };
        // Most events are in the last session.
        entry
            .sessions
            .last()
            .is_some_and(|session| session.first < time && time - history <= session.last)
    }

    /// Whether an event of a key begins a session. After eviction of the session that is the
    /// default.
    pub(crate) fn begins(&self, key: &str, time: i64) -> bool {
        let entry = self.find(key).map(|at| &self.entries[at as usize]);
        let mut sessions = entry.into_iter().flat_map(|entry| &entry.sessions);
        let session = sessions.find(|session| (session.first..=session.last).contains(&time));
        session.is_none_or(|session| session.first == time)
    }

    /// Whether no event was seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes held, by a formula like that of a window.
    pub(crate) fn size(&self) -> u64 {
        (self.entries.len() * ENTRY + self.texts + self.extra_sessions * size_of::<Session>())
            as u64
    }

    /// Keeps the sessions that `keep` selects; returns the number of keys that were removed.
    /// Indexes change.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Session) -> bool) -> u64 {
        let before = self.entries.len();
        for at in 0..before {
            let entry = &self.entries[at];
            let kept: Sessions = { entry.sessions.iter().copied() }
                .filter(|session| keep(session))
                .collect();
            self.entries[at].sessions = kept;
        }
        self.entries.retain(|entry| !entry.sessions.is_empty());
        self.rebuild_index();
        (before - self.entries.len()) as u64
    }

    /// Takes out the entries of some keys. Indexes change.
    pub(crate) fn take(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<KeySessions> {
        let (taken, kept) = { std::mem::take(&mut self.entries).into_iter() }
            .partition(|entry: &KeySessions| wanted(&entry.key));
        self.entries = kept;
        self.rebuild_index();
        taken
    }

    /// Drops the session of a key that begins at a time, if its end is `late`.
    pub(crate) fn drop_session(&mut self, key: &str, first: i64, late: impl Fn(i64) -> bool) {
        if let Some(place) = self.find(key) {
            let sessions = &mut self.entries[place as usize].sessions;
            let before = sessions.len().max(1);
            sessions.retain(|session| session.first != first || !late(session.last));
            self.extra_sessions = self.extra_sessions + sessions.len().max(1) - before;
        }
    }

    /// Adds an absent key with its sessions.
    pub(crate) fn insert(&mut self, key: &str, sessions: Sessions) {
        let place = self.insert_key(key);
        self.extra_sessions += sessions.len().saturating_sub(1);
        self.entries[place as usize].sessions = sessions;
    }

    fn rebuild_index(&mut self) {
        self.entries.shrink_to_fit();
        let (entries, seed) = (&self.entries, self.seed);
        let hash = |at: &u32| seed.text(&entries[*at as usize].key);
        self.index.clear();
        self.index.shrink_to(entries.len(), hash);
        for (at, entry) in (0..).zip(entries) {
            self.index.insert_unique(seed.text(&entry.key), at, hash);
        }
        self.texts = entries.iter().map(|entry| entry.key.len()).sum();
        let more = |entry: &KeySessions| entry.sessions.len().saturating_sub(1);
        self.extra_sessions = entries.iter().map(more).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(times: &[i64]) -> Vec<(i64, i64)> {
        let mut seen = SeenKeys::new(Seed(1, 2));
        let place = seen.insert_key("k");
        for time in times {
            seen.add(place, *time, 10);
        }
        let sessions = &seen.entries[0].sessions;
        assert_eq!(seen.extra_sessions, sessions.len() - 1);
        sessions
            .iter()
            .map(|session| (session.first, session.last))
            .collect()
    }

    #[test]
    fn times_at_most_the_history_apart_are_one_session() {
        assert_eq!(sessions(&[0, 10, 20]), [(0, 20)]);
        assert_eq!(sessions(&[0, 11]), [(0, 0), (11, 11)]);
        assert_eq!(sessions(&[11, 0, 5]), [(0, 11)]);
        assert_eq!(sessions(&[30, 0, 15, 15]), [(0, 0), (15, 15), (30, 30)]);
        assert_eq!(sessions(&[30, 0, 15, 22]), [(0, 0), (15, 30)]);
        assert_eq!(sessions(&[30, 0, 15, 22, 7]), [(0, 30)]);
    }

    #[test]
    fn merged_starts_are_reported() {
        let mut seen = SeenKeys::new(Seed(1, 2));
        let place = seen.insert_key("k");
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
        assert!(seen.extends(place, 70, 10) && !seen.extends(place, 71, 10));
        assert!(!seen.extends(place, 30, 10) && seen.extends(place, 31, 10));
        assert!(seen.begins("k", 30) && !seen.begins("k", 45) && seen.begins("k", 90));
    }
}
