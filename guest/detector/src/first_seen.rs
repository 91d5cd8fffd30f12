//! Judging the first event of a key: rows of the events that begin runs, and which of them alert.
//!
//! A pane is a millisecond, and is kept where an event of it begins a run of one of its keys. An
//! event within a run costs no pane and is not remembered by its id: a second delivery changes
//! nothing, and is counted again.

use crate::callers::{Known, Seat};
use crate::definition::RuleOn;
use crate::hash::Seed;
use crate::judgement::Kind;
use crate::key::Keys;
use crate::log::{Event, Log};
use crate::order;
use crate::runs::Run;
use crate::stream::{Admitted, Fate, Stream, context, milliseconds};
use crate::window::Window;
use std::collections::{BTreeMap, BTreeSet};

impl Stream {
    /// The history and the warm-up of a rule that looks for the first of its kind.
    fn history(&self) -> Option<(i64, i64)> {
        match self.settings.timing.kind {
            Kind::FirstSeen { history, warm_up } => Some((history, warm_up)),
            _ => None,
        }
    }

    /// Takes note that there was an event in the stream, whether the rule is about it or not:
    /// the warm-up begins with the first. One that no other is near to is not believed where
    /// there are others; `sure` says that one is.
    pub(crate) fn witness(&mut self, time: i64, sure: bool) {
        let Some((_, warm_up)) = self.history() else {
            return;
        };
        let jump = milliseconds(self.settings.max_jump_seconds);
        let (sure, was_sure) = (sure || jump == 0, self.seen.sure);
        let before = self.seen.begin.unwrap_or(time);
        let near = time.abs_diff(before) <= jump.unsigned_abs();
        let begin = match (was_sure, sure) {
            (true, false) if !near => before,
            (false, true) if !near => time,
            (false, false) if !near => before.max(time),
            _ => before.min(time),
        };
        self.seen.begin = Some(begin);
        self.seen.sure = was_sure || sure || near && time != before;
        if begin >= before {
            return;
        }
        // What was too early to alert may no longer be.
        let freed = self.windows.range_mut(begin + warm_up..before + warm_up);
        for (start, window) in freed.filter(|(_, window)| window.fired) {
            (0..window.count()).for_each(|group| window.touch(group));
            self.unsettled.insert(*start);
        }
    }

    /// Takes an event into the runs of its keys, and into its pane where it begins one.
    #[inline(never)]
    pub(crate) fn place_first<L: Log>(
        &mut self,
        rule: &RuleOn<L>,
        event: &L::Event<'_>,
        mut keys: Keys,
        caller: Option<Seat>,
        to: &Admitted,
    ) -> Fate {
        let Some((history, _)) = self.history() else {
            return Fate::Counted;
        };
        self.witness(to.start, false);
        let before = self.seen.size();
        if let (Some(seat), [key]) = (caller, &keys.iter().collect::<Vec<_>>()[..]) {
            let known = Known {
                group: self.seen.enter(key),
                missed: event.missed(),
            };
            self.callers.remember(seat, 0, known);
        }
        keys.retain(|key| {
            let place = self.seen.enter(key);
            let (begins, ended) = self.seen.add(place, to.start, history);
            for first in ended {
                touch(
                    &mut self.windows,
                    &mut self.unsettled,
                    first,
                    key,
                    self.seed,
                );
            }
            begins
        });
        self.size = self.size + self.seen.size() - before;
        if keys.iter().len() == 0 {
            self.totals.late += u64::from(to.fired);
            self.make_room();
            return Fate::Counted;
        }
        self.place(rule, event, &keys, None, to)
    }

    /// Takes an event that does not begin a run, of a key by its place.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, place: u32, to: &Admitted) -> Fate {
        if let Some((history, _)) = self.history() {
            let before = self.seen.size();
            self.seen.add(place, to.start, history);
            self.size = self.size + self.seen.size() - before;
            self.totals.late += u64::from(to.fired);
        }
        Fate::Counted
    }

    /// Whether an event of a key alerts: it begins a run, and the warm-up is over.
    pub(crate) fn is_first(&self, time: i64, key: &str) -> bool {
        let Some((_, warm_up)) = self.history() else {
            return false;
        };
        let warm = warm_up == 0 || self.seen.begin.is_some_and(|begin| time >= begin + warm_up);
        warm && self.seen.begins(key, time)
    }

    /// Whether a key that was seen in the history before a time may have been given up.
    #[inline(always)]
    pub(crate) fn may_be_forgotten(&self, time: i64) -> bool {
        let history = self.history();
        history.is_some_and(|(history, _)| self.seen.floor >= time - history)
    }

    /// Lets go of runs that no event that can still come is near to, once they are many; says
    /// whether it did.
    pub(crate) fn prune(&mut self, watermark: Option<i64>) -> bool {
        let (Some(watermark), Some((history, _))) = (watermark, self.history()) else {
            return false;
        };
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let oldest = watermark - lateness - history;
        let entries = &self.seen.entries;
        let stale = |runs: &[Run]| runs.last().is_some_and(|run| run.last < oldest);
        let stale = { entries.iter() }
            .filter(|entry| stale(&entry.runs))
            .count();
        // Each time costs as much as there are keys.
        if stale == 0 || stale * 8 < entries.len() {
            return false;
        }
        self.seen.retain(|run| run.last >= oldest);
        true
    }

    /// Gives up the keys that were not seen for longest, until about so much state is left.
    pub(crate) fn give_up_runs(&mut self, target: u64) {
        let (size, count) = (self.seen.size(), self.seen.entries.len());
        if count == 0 || self.size <= target {
            return;
        }
        let each = (size / count as u64).max(1);
        let gone = usize::try_from((self.size - target).div_ceil(each)).unwrap_or(count);
        let last = |i: u32| {
            let runs = &self.seen.entries[i as usize].runs;
            runs.last().map_or(i64::MIN, |run| run.last)
        };
        let oldest = order::positions(count, &mut |a, b| last(a).cmp(&last(b)));
        let floor = last(oldest[gone.clamp(1, count) - 1]);
        self.totals.evicted += self.seen.retain(|run| run.last > floor);
        self.seen.floor = self.seen.floor.max(floor);
        self.size = self.size + self.seen.size() - size;
        self.callers.forget();
    }

    /// Takes in the runs of another stream, before its panes.
    pub(crate) fn merge_runs(&mut self, other: &mut Stream) {
        let Some((history, _)) = self.history() else {
            return;
        };
        let restores = self.seen.is_empty();
        // Of events that are dropped late no run is left, as if they had been pushed.
        let late = |time| time < self.sealed || self.passed(self.closes(time));
        for (start, window) in { other.windows.iter() }.filter(|(_, window)| !window.fired) {
            for group in &window.groups {
                let key = group.key(&window.strings);
                other.seen.drop_run(key, *start, late);
            }
        }
        self.seen.floor = self.seen.floor.max(other.seen.floor);
        if let Some(begin) = other.seen.begin {
            self.witness(begin, other.seen.sure);
        }
        for entry in std::mem::take(&mut other.seen.entries) {
            let place = self.seen.enter(&entry.key);
            for run in entry.runs {
                self.seen.join(place, run, history);
            }
        }
        if !restores {
            self.drop_superseded(other);
        }
    }

    /// Drops what another stream took for the first of its kind, here is none, and was not
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
                window.keep(with, &kept);
            }
            !window.is_spent()
        });
    }

    /// Has the fired panes judged again whose rows are not as they were published, or never were.
    pub(crate) fn touch_changed(&mut self) {
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
                window.touch(group);
            }
        }
    }
}

/// Has the pane of a beginning judged again that is none any more.
fn touch(
    windows: &mut BTreeMap<i64, Window>,
    unsettled: &mut BTreeSet<i64>,
    first: i64,
    key: &str,
    seed: Seed,
) {
    if let Some(window) = windows.get_mut(&first).filter(|window| window.fired)
        && let Some(group) = window.find(key, seed)
    {
        window.touch(group);
        unsettled.insert(first);
    }
}
