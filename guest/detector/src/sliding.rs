//! Judging sliding windows: boundaries, the rows behind them, and episodes.
//!
//! State is kept in panes, of which the window of every boundary is made up. A boundary's row is
//! merged when it is judged; what is kept of it is what was published. It alerts where it holds
//! and the boundary before it does not, so a late event changes the boundaries whose windows it
//! is in, and the next one.

use crate::columns::Columns;
use crate::group::{COUNTS, Group};
use crate::judgement::Kind;
use crate::model::Phase;
use crate::stream::{Revision, Stream, context, milliseconds};
use crate::strings::Strings;
use crate::window::{PUBLISHED, Published, Row, Window};
use std::collections::{BTreeMap, BTreeSet};

/// What was published at one boundary, by key.
type AtBoundary = BTreeMap<String, Published>;
/// Keys to judge at boundaries, and whether their rows may have changed.
type Due = BTreeMap<(i64, String), bool>;

/// What is kept of boundaries.
#[derive(Debug, Default)]
pub(crate) struct Episodes {
    /// The last boundary that was judged on time.
    pub(crate) fired: Option<i64>,
    pub(crate) published: BTreeMap<i64, AtBoundary>,
}

impl Episodes {
    pub(crate) fn is_empty(&self) -> bool {
        self.published.is_empty()
    }

    /// What was published of a key at a boundary.
    fn get(&self, boundary: i64, key: &str) -> Option<Published> {
        self.published.get(&boundary)?.get(key).copied()
    }

    /// Forgets boundaries that no event can change that can still come.
    pub(crate) fn forget(&mut self, until: i64) {
        if self
            .published
            .first_key_value()
            .is_some_and(|(b, _)| *b <= until)
        {
            self.published = self.published.split_off(&(until + 1));
        }
    }

    /// All keys of which something was published, some more than once.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.published.values().flat_map(BTreeMap::keys);
        keys.map(String::as_str)
    }

    /// Takes out what was published of a key.
    pub(crate) fn take(&mut self, key: &str) -> Episodes {
        let mut taken = Episodes::default();
        self.published.retain(|boundary, keys| {
            if let Some(published) = keys.remove(key) {
                let at = taken.published.entry(*boundary).or_default();
                at.insert(key.to_owned(), published);
            }
            !keys.is_empty()
        });
        taken
    }

    /// Bytes held, as a window's size is told.
    pub(crate) fn size(&self) -> u64 {
        let keys = self.published.values().flat_map(BTreeMap::keys);
        keys.map(|key| PUBLISHED + key.len() as u64).sum()
    }
}

impl Stream {
    /// From boundary to boundary, and whether each alerts for itself.
    fn steps(&self) -> Option<(i64, bool)> {
        match self.settings.timing.kind {
            Kind::Sliding { every, all } => Some((every, all)),
            _ => None,
        }
    }

    /// Whether it judges overlapping windows.
    pub(crate) fn slides(&self) -> bool {
        self.steps().is_some()
    }

    /// Judges what is due up to a boundary: what late events have changed, and the boundaries
    /// that it is time for; in the order of boundaries and keys.
    pub(crate) fn settle_boundaries(&mut self, until: i64) {
        let due = self.changed();
        self.judge_all(due, Phase::Late);
        let mut next = self.next_boundary(i64::MIN);
        while let Some(boundary) = next.filter(|boundary| *boundary <= until) {
            let due = self.candidates(boundary);
            self.judge_all(due, Phase::OnTime);
            self.episodes.fired = Some(boundary);
            next = self.next_boundary(boundary);
        }
        self.episodes.fired = self.episodes.fired.max(Some(until));
        self.fire_panes(until);
    }

    fn judge_all(&mut self, due: Due, phase: Phase) {
        for ((boundary, key), changed) in due {
            self.judge_boundary(boundary, &key, phase, changed, false);
        }
    }

    /// The keys at the boundaries that were judged before and that late events have changed.
    fn changed(&mut self) -> Due {
        let mut due = Due::new();
        let Some((every, _)) = self.steps() else {
            return due;
        };
        let timing = self.settings.timing;
        let fired = self.episodes.fired.unwrap_or(i64::MIN);
        let forgotten = self.forgotten();
        for start in &self.unsettled {
            let Some(window) = self.windows.get_mut(start) else {
                continue;
            };
            for group in std::mem::take(&mut window.dirty) {
                window.groups[group as usize].set_dirty(false);
                let key = window.groups[group as usize].key(&window.strings);
                let last = start + timing.window;
                let mut boundary = timing.due(*start);
                while boundary <= fired && boundary <= last + every {
                    if boundary > forgotten {
                        *due.entry((boundary, key.to_owned())).or_default() |= boundary <= last;
                    }
                    boundary += every;
                }
            }
        }
        due
    }

    /// Up to where nothing is known any more of what was published at boundaries.
    fn forgotten(&self) -> i64 {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let fired = self.episodes.fired.unwrap_or(i64::MIN);
        fired.saturating_sub(lateness).max(self.sealed)
    }

    /// The first boundary behind another one, and behind what was judged on time, that any
    /// pane is in the window of.
    fn next_boundary(&self, behind: i64) -> Option<i64> {
        let timing = self.settings.timing;
        let (every, _) = self.steps()?;
        let behind = self
            .episodes
            .fired
            .map_or(behind, |fired| fired.max(behind));
        // The oldest pane that is in the window of a boundary behind that.
        let next = behind.saturating_add(every);
        let from = next.saturating_sub(timing.window);
        let (start, _) = self.windows.range(from..).next()?;
        Some(timing.due(*start).max(next))
    }

    /// The keys that there is something to say of at a boundary.
    fn candidates(&self, boundary: i64) -> Due {
        let (schema, conditions) = (&self.plan.schema, &self.plan.conditions);
        let from = boundary - self.settings.timing.window;
        let (mut keys, mut sums) = (Strings::default(), Vec::<[u32; COUNTS]>::new());
        for window in self.windows.range(from..boundary).map(|(_, window)| window) {
            for group in &window.groups {
                let key = keys.enter(self.seed, group.key(&window.strings));
                sums.resize(keys.count(), [0; COUNTS]);
                for (sum, count) in sums[key as usize].iter_mut().zip(group.counts) {
                    *sum = sum.saturating_add(count);
                }
            }
        }
        let published = self.episodes.published.get(&boundary);
        let published = published.into_iter().flat_map(BTreeMap::keys).cloned();
        let worth =
            |counts: &[u32; COUNTS]| self.settings.verdicts || conditions.may_hold(schema, counts);
        let worthy = (0..).zip(&sums).filter(|(_, counts)| worth(counts));
        let worthy = worthy.map(|(key, _)| keys.get(key).to_owned());
        let mut due = Due::new();
        due.extend(worthy.chain(published).map(|key| ((boundary, key), true)));
        due
    }

    /// Notes which panes have been judged on time.
    fn fire_panes(&mut self, until: i64) {
        let timing = self.settings.timing;
        let windows = &mut self.windows;
        let totals = &mut self.totals;
        self.unsettled.retain(|start| {
            let Some(window) = windows.get_mut(start) else {
                return false;
            };
            let due = timing.due(*start) <= until;
            if due && !window.fired {
                window.fired = true;
                totals.windows_fired += 1;
            }
            !due
        });
    }

    /// The row of a key at a boundary, none where there is no event; and whether no event of it
    /// can be missing.
    fn row_at(&self, boundary: i64, key: &str) -> (Option<Row>, bool) {
        let from = boundary - self.settings.timing.window;
        let with = context(&self.plan, &self.settings, self.seed);
        let mut strings = Strings::default();
        let mut group = Group::new(strings.add(self.seed, key));
        let mut parted = from < self.floor;
        for (start, pane) in self.windows.range(from..boundary) {
            match pane.find(key, self.seed) {
                None => parted |= pane.gave_up,
                Some(at) => {
                    let mut columns = Columns {
                        group: &mut group,
                        strings: &mut strings,
                        with,
                        // A window is a day at most.
                        offset: u32::try_from(start - from).unwrap_or(u32::MAX),
                        id: None,
                    };
                    let theirs = &pane.groups[at as usize];
                    columns.merge(theirs, &[0; COUNTS], &pane.strings);
                }
            }
        }
        if parted {
            group.part();
        }
        let complete = group.complete();
        let row = (group.counts[0] > 0).then_some(Row { group, strings });
        (row, complete)
    }

    /// Whether the conditions hold for a row.
    fn row_holds(&self, row: &Row) -> bool {
        self.plan.conditions.hold(&self.plan.schema, &row.group)
    }

    /// Whether a boundary whose row holds is one that alerts, and whether that is sure: nothing
    /// is missing of the row before.
    fn begins_episode(&self, boundary: i64, key: &str) -> (bool, bool) {
        match self.steps() {
            Some((every, false)) => {
                let (before, sure) = self.row_at(boundary - every, key);
                (!before.is_some_and(|row| self.row_holds(&row)), sure)
            }
            steps => (steps.is_some(), true),
        }
    }

    /// Compares a boundary with what was published of it, and publishes a revision if that is
    /// no longer so. Where its row has changed, the ledger is told.
    /// Where panes of it are `going` to be given up, that is its last word until more is known.
    fn judge_boundary(
        &mut self,
        boundary: i64,
        key: &str,
        phase: Phase,
        changed: bool,
        going: bool,
    ) {
        let (Some(mut row), _) = self.row_at(boundary, key) else {
            return;
        };
        let start = boundary - self.settings.timing.window;
        let mut whole = row.group.complete();
        if going {
            row.group.part();
        }
        if changed && let Some(entry) = self.entry(start, &row.group, &row.strings) {
            self.entries.push_back(entry);
        }
        let mut holds = self.row_holds(&row);
        if holds {
            let (begins, sure) = self.begins_episode(boundary, key);
            (holds, whole) = (begins, whole && sure);
            if !sure {
                row.group.part();
            }
        }
        let last = self.episodes.get(boundary, key);
        let stood = last.is_some_and(|p| p.active);
        // What was said before state was given up cannot be revised by the rest, but where it
        // was given up elsewhere.
        let severed = !whole && last.is_some_and(|p| p.digest != 0);
        if !holds && !stood || stood && severed {
            return;
        }
        let with = context(&self.plan, &self.settings, self.seed);
        let digest = row.group.digest(with, &row.strings);
        let confirms = phase == Phase::OnTime;
        if holds && stood && !confirms && !going && last.is_some_and(|p| p.digest == digest) {
            return;
        }
        let published = Published {
            revision: last.map_or(1, |p| p.revision + 1),
            digest,
            active: holds,
        };
        if last.is_none() {
            self.size += PUBLISHED + key.len() as u64;
        }
        let at = self.episodes.published.entry(boundary).or_default();
        at.insert(key.to_owned(), published);
        row.group.forget_ids();
        self.publish(Revision {
            start,
            number: published.revision,
            phase: if holds { phase } else { Phase::Retracted },
            row,
        });
    }

    /// Alerts at once where groups of an open pane make the next boundary alert.
    pub(crate) fn speak_up_early(&mut self, start: i64, groups: &[u32]) {
        let boundary = self.settings.timing.due(start);
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        let keys: Vec<String> = { groups.iter() }
            .map(|group| {
                window.groups[*group as usize]
                    .key(&window.strings)
                    .to_owned()
            })
            .collect();
        for key in keys {
            if !self.episodes.get(boundary, &key).is_some_and(|p| p.active) {
                self.judge_boundary(boundary, &key, Phase::Early, false, false);
            }
        }
    }

    /// Has groups of a pane that are to be given up judged by what there is, as incomplete. Gives
    /// what was said early of others, which may have to be told again once they are gone.
    pub(crate) fn speak_last(&mut self, start: i64, groups: &[u32]) -> Vec<(i64, String)> {
        let due = self.changed();
        self.judge_all(due, Phase::Late);
        let Some(((every, _), window)) = self.steps().zip(self.windows.get(&start)) else {
            return Vec::new();
        };
        let timing = self.settings.timing;
        let next = self.episodes.fired.map_or(i64::MIN, |fired| fired + every);
        let boundary = timing.due(start).max(next);
        let key = |group: &u32| window.groups[*group as usize].key(&window.strings);
        let keys: BTreeSet<String> = groups.iter().map(key).map(str::to_owned).collect();
        let within = start + 1..=start + timing.window;
        let stood = self.standing(self.episodes.fired.unwrap_or(i64::MIN));
        let is_own = |(at, key): &(i64, String)| within.contains(at) && keys.contains(key);
        let (mut own, others): (Vec<_>, Vec<_>) = stood.into_iter().partition(is_own);
        own.retain(|(at, _)| *at != boundary);
        let first = within.contains(&boundary).then_some(&keys);
        own.extend(
            first
                .into_iter()
                .flatten()
                .map(|key| (boundary, key.clone())),
        );
        for (at, key) in own {
            self.judge_boundary(at, &key, Phase::Early, true, true);
        }
        others
    }

    /// Whether a pane was judged for the last time, but for late events.
    pub(crate) fn rests(&self, start: i64, window: &Window) -> bool {
        let done = self.settings.timing.done(start);
        window.fired && (self.steps().is_none() || self.episodes.fired >= Some(done))
    }

    /// Forgets what was published at the oldest boundaries until about so much state is left:
    /// they take no more events.
    pub(crate) fn forget_boundaries(&mut self, target: u64) {
        while self.size > target
            && let Some(first) = self.episodes.published.first_entry()
            && self.episodes.fired >= Some(*first.key())
        {
            self.sealed = self.sealed.max(*first.key());
            let keys = first.remove();
            self.size -= keys
                .keys()
                .map(|key| PUBLISHED + key.len() as u64)
                .sum::<u64>();
        }
    }

    /// Whether any state was given up.
    pub(crate) fn lacks(&self) -> bool {
        self.floor > i64::MIN || self.windows.values().any(|window| window.gave_up)
    }

    /// What stands at boundaries behind another one, where no event is missing of it.
    pub(crate) fn standing(&self, behind: i64) -> Vec<(i64, String)> {
        let all = { self.episodes.published.range(behind.saturating_add(1)..) }
            .flat_map(|(boundary, keys)| keys.iter().map(|(key, p)| (*boundary, key, p)));
        let standing = all.filter(|(boundary, key, p)| p.active && self.is_sure(*boundary, key));
        standing
            .map(|(boundary, key, _)| (boundary, key.clone()))
            .collect()
    }

    /// Whether no event of a row at a boundary can be missing, nor of the one before it.
    fn is_sure(&self, boundary: i64, key: &str) -> bool {
        let (every, all) = self.steps().unwrap_or_default();
        self.row_at(boundary, key).1 && (all || self.row_at(boundary - every, key).1)
    }

    /// Has what stood at boundaries told again where events of it are missing by now.
    pub(crate) fn tell_parted(&mut self, stood: Vec<(i64, String)>) {
        for (boundary, key) in stood {
            if self.is_sure(boundary, &key) {
                continue;
            }
            let at = self.episodes.published.get_mut(&boundary);
            if let Some(published) = at.and_then(|at| at.get_mut(&key)) {
                published.digest = 0;
            }
            let from = boundary - self.settings.timing.window;
            for (_, window) in self.windows.range_mut(from..boundary) {
                if let Some(group) = window.find(&key, self.seed) {
                    window.touch(group);
                }
            }
        }
    }

    /// Takes in what another stream has published at boundaries, before its panes.
    pub(crate) fn merge_boundaries(&mut self, other: &mut Stream) {
        if self.steps().is_none() {
            return;
        }
        // What was judged on one side by its own events alone is to be judged again by all.
        let touch = |windows: &mut BTreeMap<i64, Window>| {
            for window in windows.values_mut() {
                (0..window.count()).for_each(|group| window.touch(group));
            }
        };
        if !self.windows.is_empty() || self.episodes.fired.is_some() {
            touch(&mut other.windows);
            if other.episodes.fired > self.episodes.fired {
                touch(&mut self.windows);
            }
        }
        self.episodes.fired = self.episodes.fired.max(other.episodes.fired);
        for (boundary, theirs) in std::mem::take(&mut other.episodes.published) {
            let ours = self.episodes.published.entry(boundary).or_default();
            for (key, theirs) in theirs {
                let merged = ours.get(&key).map_or(theirs, |ours| ours.merged(theirs));
                ours.insert(key, merged);
            }
        }
    }
}
