//! First-seen rules: detecting the first event of a key within a history.
//!
//! A pane is a millisecond, and is kept if an event of it begins a session of one of its keys. An
//! event within a session creates no pane and its id is not stored: a second delivery changes
//! nothing, and is counted again.

use crate::callers::{CachedGroup, CallerHash};
use crate::definition::RuleOn;
use crate::hash::Seed;
use crate::judgement::JudgementKind;
use crate::key::Keys;
use crate::log::{Log, LogEvent};
use crate::order::{self, Starts};
use crate::sessions::Session;
use crate::stream::{Disposition, Panes, Placement, Stream, context, milliseconds};

impl Stream {
    /// The history and the warm-up of a first-seen rule, in milliseconds.
    fn history(&self) -> Option<(i64, i64)> {
        match self.settings.timing.kind {
            JudgementKind::FirstSeen { history, warm_up } => Some((history, warm_up)),
            _ => None,
        }
    }

    /// Records an event of the stream, whether the rule takes it or not: the warm-up begins with
    /// the first one. An event with no other event within a jump is not trusted; `confirmed` says that
    /// there is one.
    pub(crate) fn observe(&mut self, time: i64, confirmed: bool) {
        let Some((_, warm_up)) = self.history() else {
            return;
        };
        let jump = milliseconds(self.settings.max_jump_seconds);
        let (confirmed, was_confirmed) = (confirmed || jump == 0, self.seen.confirmed);
        let before = self.seen.stream_start.unwrap_or(time);
        let near = time.abs_diff(before) <= jump.unsigned_abs();
        let begin = match (was_confirmed, confirmed) {
            (true, false) if !near => before,
            (false, true) if !near => time,
            (false, false) if !near => before.max(time),
            _ => before.min(time),
        };
        self.seen.stream_start = Some(begin);
        self.seen.confirmed = was_confirmed || confirmed || near && time != before;
        if begin >= before {
            return;
        }
        // Events that fell into the warm-up may alert now.
        let freed = self.windows.range_mut(begin + warm_up..before + warm_up);
        for (start, window) in freed.filter(|(_, window)| window.fired) {
            (0..window.count()).for_each(|group| window.mark_dirty(group));
            self.pending.insert(*start);
        }
    }

    /// Adds an event to the sessions of its keys, and to its pane if it begins one.
    #[inline(never)]
    pub(crate) fn add_first_seen<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        mut keys: Keys,
        caller: Option<CallerHash>,
        to: &Placement,
    ) -> Disposition {
        let Some((history, _)) = self.history() else {
            return Disposition::Counted;
        };
        self.observe(to.start, false);
        let before = self.seen.size();
        if let (Some(caller_hash), [key]) = (caller, &keys.iter().collect::<Vec<_>>()[..]) {
            let known = CachedGroup {
                group: self.seen.insert_key(key),
                missed: event.missed(),
            };
            self.callers.insert(caller_hash, 0, known);
        }
        keys.retain(|key| {
            let place = self.seen.insert_key(key);
            let (begins, ended) = self.seen.add(place, to.start, history);
            for first in ended {
                mark_start_dirty(&mut self.windows, &mut self.pending, first, key, self.seed);
            }
            begins
        });
        self.size = self.size + self.seen.size() - before;
        if keys.iter().len() == 0 {
            self.totals.late += u64::from(to.fired);
            self.enforce_budget();
            return Disposition::Counted;
        }
        self.add(rule, event, &keys, None, to)
    }

    /// Extends the session of a key, by the key's index, with an event that does not begin one.
    #[inline(always)]
    pub(crate) fn extend_session(&mut self, place: u32, to: &Placement) -> Disposition {
        if let Some((history, _)) = self.history() {
            let before = self.seen.size();
            self.seen.add(place, to.start, history);
            self.size = self.size + self.seen.size() - before;
            self.totals.late += u64::from(to.fired);
        }
        Disposition::Counted
    }

    /// Whether an event of a key alerts: it begins a session, and the warm-up is over.
    pub(crate) fn is_first(&self, time: i64, key: &str) -> bool {
        let Some((_, warm_up)) = self.history() else {
            return false;
        };
        let warm = warm_up == 0
            || self
                .seen
                .stream_start
                .is_some_and(|begin| time >= begin + warm_up);
        warm && self.seen.begins(key, time)
    }

    /// Whether a key that was seen in the history before a time may have been evicted.
    #[inline(always)]
    pub(crate) fn may_be_evicted(&self, time: i64) -> bool {
        let history = self.history();
        history.is_some_and(|(history, _)| self.seen.evicted_before >= time - history)
    }

    /// Records that events up to a time may be dropped, which would extend or begin sessions.
    pub(crate) fn miss_sessions(&mut self, until: i64) {
        if self.history().is_some() {
            self.seen.evicted_before = self.seen.evicted_before.max(until);
        }
    }

    /// Drops sessions that no later event can extend, once they are many; returns whether it did.
    pub(crate) fn prune(&mut self, watermark: Option<i64>) -> bool {
        let (Some(watermark), Some((history, _))) = (watermark, self.history()) else {
            return false;
        };
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let oldest = watermark - lateness - history;
        let entries = &self.seen.entries;
        let stale =
            |sessions: &[Session]| sessions.last().is_some_and(|session| session.last < oldest);
        let stale = { entries.iter() }
            .filter(|entry| stale(&entry.sessions))
            .count();
        // Each pass visits every key.
        if stale == 0 || stale * 8 < entries.len() {
            return false;
        }
        self.seen.retain(|session| session.last >= oldest);
        true
    }

    /// Evicts the keys that were not seen for longest, until about so much state is left.
    pub(crate) fn evict_sessions(&mut self, target: u64) {
        let (size, count) = (self.seen.size(), self.seen.entries.len());
        if count == 0 || self.size <= target {
            return;
        }
        let each = (size / count as u64).max(1);
        let gone = usize::try_from((self.size - target).div_ceil(each)).unwrap_or(count);
        let last = |i: u32| {
            let sessions = &self.seen.entries[i as usize].sessions;
            sessions.last().map_or(i64::MIN, |session| session.last)
        };
        let oldest = order::positions(count, &mut |a, b| last(a).cmp(&last(b)));
        let evicted_before = last(oldest[gone.clamp(1, count) - 1]);
        self.totals.evicted += self.seen.retain(|session| session.last > evicted_before);
        self.seen.evicted_before = self.seen.evicted_before.max(evicted_before);
        self.size = self.size + self.seen.size() - size;
        self.callers.clear();
    }

    /// Merges the sessions of another stream, before its panes.
    pub(crate) fn merge_sessions(&mut self, other: &mut Stream) {
        let Some((history, _)) = self.history() else {
            return;
        };
        let restores = self.seen.is_empty();
        // Events that are dropped late leave no session, as if they had been pushed.
        let late = |time| time < self.closed_before || self.passed(self.closes_at(time));
        for (start, window) in { other.windows.iter() }.filter(|(_, window)| !window.fired) {
            for group in &window.groups {
                let key = group.key(&window.strings);
                other.seen.drop_session(key, *start, late);
            }
        }
        self.seen.evicted_before = self.seen.evicted_before.max(other.seen.evicted_before);
        if let Some(begin) = other.seen.stream_start {
            self.observe(begin, other.seen.confirmed);
        }
        for entry in std::mem::take(&mut other.seen.entries) {
            let place = self.seen.insert_key(&entry.key);
            for session in entry.sessions {
                self.seen.merge_session(place, session, history);
            }
        }
        if !restores {
            self.drop_superseded(other);
        }
    }

    /// Drops events that were the first of their key in another stream, are not here, and were not
    /// published.
    fn drop_superseded(&self, other: &mut Stream) {
        let with = context(&self.plan, &self.settings, self.seed);
        other.windows.retain(|start, window| {
            let kept: Vec<bool> = { (0..).zip(&window.groups) }
                .map(|(at, group)| {
                    let begins = || self.seen.begins(group.key(&window.strings), *start);
                    window.published.contains_key(&at) || begins()
                })
                .collect();
            if kept.contains(&false) {
                window.retain_groups(with, &kept);
            }
            !window.is_empty()
        });
    }

    /// Marks groups of fired panes as dirty if their rows are not as published, or were never
    /// published.
    pub(crate) fn mark_changed_dirty(&mut self) {
        if self.history().is_none() {
            return;
        }
        let mut changed = Vec::new();
        for (start, window) in self.windows.iter().filter(|(_, window)| window.fired) {
            for group in 0..window.count() {
                let stands = window.published.get(&group).is_some_and(|p| p.active);
                if stands != self.holds(*start, window, group) {
                    changed.push((*start, group));
                }
            }
        }
        for (start, group) in changed {
            if let Some(window) = self.windows.get_mut(&start) {
                window.mark_dirty(group);
            }
        }
    }
}

/// Marks the group of an event that no longer begins a session as dirty.
fn mark_start_dirty(windows: &mut Panes, pending: &mut Starts, first: i64, key: &str, seed: Seed) {
    if let Some(window) = windows.get_mut(&first).filter(|window| window.fired)
        && let Some(group) = window.find(key, seed)
    {
        window.mark_dirty(group);
        pending.insert(first);
    }
}
