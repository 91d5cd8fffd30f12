//! Sliding windows: boundaries, their rows, and episodes.
//!
//! State is kept in panes; the window of a boundary consists of several panes. A boundary's row is
//! merged when it is evaluated, and only its published revision is stored. A boundary alerts if its
//! row holds and the row of the boundary before it does not, so a late event affects the boundaries
//! whose windows contain it, and the next one.

use crate::columns::Columns;
use crate::group::{COUNTS, Group};
use crate::judgement::JudgementKind;
use crate::model::Phase;
use crate::order;
use crate::stream::{Panes, Revision, Stream, context, milliseconds};
use crate::strings::Strings;
use crate::window::{PUBLISHED, Published, Row, Window};
use std::collections::BTreeMap;

/// Keys to evaluate at boundaries, and whether their rows may have changed.
type Due = BTreeMap<(i64, String), bool>;

impl Stream {
    /// The interval of boundaries in milliseconds, and whether each boundary alerts.
    fn steps(&self) -> Option<(i64, bool)> {
        match self.settings.timing.kind {
            JudgementKind::Sliding { every, all } => Some((every, all)),
            _ => None,
        }
    }

    /// Whether the rule has sliding windows.
    pub(crate) fn slides(&self) -> bool {
        self.steps().is_some()
    }

    /// Evaluates what is due up to a boundary: late changes first, then new boundaries; in the
    /// order of boundaries and keys.
    pub(crate) fn fire_boundaries(&mut self, until: i64) {
        let due = self.changed();
        self.evaluate_all(due, Phase::Late);
        let mut next = self.next_boundary(i64::MIN);
        while let Some(boundary) = next.filter(|boundary| *boundary <= until) {
            let due = self.candidates(boundary);
            self.evaluate_all(due, Phase::OnTime);
            self.episodes.fired = Some(boundary);
            next = self.next_boundary(boundary);
        }
        self.episodes.fired = self.episodes.fired.max(Some(until));
        self.mark_fired(until);
    }

    fn evaluate_all(&mut self, due: Due, phase: Phase) {
        for ((boundary, key), changed) in due {
            self.evaluate_boundary(boundary, &key, phase, changed, false);
        }
    }

    /// Keys that late events have changed, at boundaries that were evaluated before.
    fn changed(&mut self) -> Due {
        let mut due = Due::new();
        let Some((every, _)) = self.steps() else {
            return due;
        };
        let timing = self.settings.timing;
        let fired = self.episodes.fired.unwrap_or(i64::MIN);
        let dropped_until = self.dropped_until();
        for start in self.pending.iter() {
            let Some(window) = self.windows.get_mut(start) else {
                continue;
            };
            for group in std::mem::take(&mut window.dirty) {
                window.groups[group as usize].set_dirty(false);
                let key = window.groups[group as usize].key(&window.strings);
                let last = start + timing.window;
                let mut boundary = timing.due(*start);
                while boundary <= fired && boundary <= last + every {
                    if boundary > dropped_until {
                        *due.entry((boundary, key.to_owned())).or_default() |= boundary <= last;
                    }
                    boundary += every;
                }
            }
        }
        due
    }

    /// The last boundary whose published revisions were dropped.
    fn dropped_until(&self) -> i64 {
        let lateness = milliseconds(self.settings.allowed_lateness_seconds);
        let fired = self.episodes.fired.unwrap_or(i64::MIN);
        fired.saturating_sub(lateness).max(self.closed_before)
    }

    /// The first boundary behind another one, and behind those evaluated on time, whose window
    /// contains a pane.
    fn next_boundary(&self, behind: i64) -> Option<i64> {
        let timing = self.settings.timing;
        let (every, _) = self.steps()?;
        let behind = self
            .episodes
            .fired
            .map_or(behind, |fired| fired.max(behind));
        // The oldest pane in the window of such a boundary.
        let next = behind.saturating_add(every);
        let from = next.saturating_sub(timing.window);
        let (start, _) = self.windows.range(from..).next()?;
        Some(timing.due(*start).max(next))
    }

    /// The keys to evaluate at a boundary.
    fn candidates(&self, boundary: i64) -> Due {
        let (schema, conditions) = (&self.plan.schema, &self.plan.conditions);
        let from = boundary - self.settings.timing.window;
        let (mut keys, mut sums) = (Strings::default(), Vec::<[u32; COUNTS]>::new());
        for window in self.windows.range(from..boundary).map(|(_, window)| window) {
            for group in &window.groups {
                let key = keys.intern(self.seed, group.key(&window.strings));
                sums.resize(keys.count(), [0; COUNTS]);
                for (sum, count) in sums[key as usize].iter_mut().zip(group.counts) {
                    *sum = sum.saturating_add(count);
                }
            }
        }
        let published = self.episodes.published.get(&boundary);
        let published = published.into_iter().flat_map(|keys| keys.keys()).cloned();
        let worth =
            |counts: &[u32; COUNTS]| self.settings.verdicts || conditions.may_hold(schema, counts);
        let worthy = (0..).zip(&sums).filter(|(_, counts)| worth(counts));
        let worthy = worthy.map(|(key, _)| keys.get(key).to_owned());
        let mut due = Due::new();
        due.extend(worthy.chain(published).map(|key| ((boundary, key), true)));
        due
    }

    /// Marks the panes that were evaluated on time as fired.
    fn mark_fired(&mut self, until: i64) {
        let timing = self.settings.timing;
        let windows = &mut self.windows;
        let totals = &mut self.totals;
        self.pending.retain(|start| {
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

    /// The row of a key at a boundary, None without events; and whether no event of it can be
    /// missing.
    fn row_at(&self, boundary: i64, key: &str) -> (Option<Row>, bool) {
        let from = boundary - self.settings.timing.window;
        let with = context(&self.plan, &self.settings, self.seed);
        let mut strings = Strings::default();
        let mut group = Group::new(strings.add(self.seed, key));
        let mut incomplete = from < self.evicted_before;
        for (start, pane) in self.windows.range(from..boundary) {
            match pane.find(key, self.seed) {
                None => incomplete |= pane.evicted,
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
        if incomplete {
            group.mark_incomplete();
        }
        let complete = group.complete();
        let row = (group.counts[0] > 0).then_some(Row { group, strings });
        (row, complete)
    }

    /// Whether the conditions hold for a row.
    fn row_holds(&self, row: &Row) -> bool {
        let (conditions, schema) = (&self.plan.conditions, &self.plan.schema);
        conditions.hold(schema, &row.group, &row.strings)
    }

    /// Whether a boundary whose row holds alerts, and whether that is certain: no event is missing
    /// in the row before.
    fn begins_episode(&self, boundary: i64, key: &str) -> (bool, bool) {
        match self.steps() {
            Some((every, false)) => {
                let (before, is_certain) = self.row_at(boundary - every, key);
                (!before.is_some_and(|row| self.row_holds(&row)), is_certain)
            }
            steps => (steps.is_some(), true),
        }
    }

    /// Compares a boundary with its published revision, and publishes a new one if it differs. A
    /// changed row is entered into the ledger. If panes of it are `going` to be evicted, the
    /// revision is the last one until more is known.
    fn evaluate_boundary(
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
        let mut is_complete = row.group.complete();
        if going {
            row.group.mark_incomplete();
        }
        if changed && let Some(entry) = self.ledger_entry(start, &row.group, &row.strings) {
            self.entries.push_back(entry);
        }
        let mut holds = self.row_holds(&row);
        if holds {
            let (begins, is_certain) = self.begins_episode(boundary, key);
            (holds, is_complete) = (begins, is_complete && is_certain);
            if !is_certain {
                row.group.mark_incomplete();
            }
        }
        let last = self.episodes.get(boundary, key);
        let was_active = last.is_some_and(|p| p.active);
        // A revision from evicted state cannot be revised by the remaining events, unless the
        // eviction was elsewhere.
        let detached = !is_complete && last.is_some_and(|p| p.digest != 0);
        if !holds && !was_active || was_active && detached {
            return;
        }
        let with = context(&self.plan, &self.settings, self.seed);
        let digest = row.group.digest(with, &row.strings);
        let confirms = phase == Phase::OnTime;
        if holds && was_active && !confirms && !going && last.is_some_and(|p| p.digest == digest) {
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
        row.group.drop_ids();
        self.publish(Revision {
            start,
            number: published.revision,
            phase: if holds { phase } else { Phase::Retracted },
            row,
        });
    }

    /// Publishes at once if groups of an open pane make the next boundary alert.
    pub(crate) fn fire_early(&mut self, start: i64, groups: &[u32]) {
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
                self.evaluate_boundary(boundary, &key, Phase::Early, false, false);
            }
        }
    }

    /// Evaluates groups of a pane before their eviction, as incomplete. Returns early alerts of
    /// other keys, which may have to be published again afterwards.
    pub(crate) fn fire_before_eviction(
        &mut self,
        start: i64,
        groups: &[u32],
    ) -> Vec<(i64, String)> {
        let due = self.changed();
        self.evaluate_all(due, Phase::Late);
        let Some(((every, _), window)) = self.steps().zip(self.windows.get(&start)) else {
            return Vec::new();
        };
        let timing = self.settings.timing;
        let next = self.episodes.fired.map_or(i64::MIN, |fired| fired + every);
        let boundary = timing.due(start).max(next);
        let key = |group: &u32| window.groups[*group as usize].key(&window.strings);
        let keys: Vec<&str> = groups.iter().map(key).collect();
        let keys: Vec<String> = { order::texts(&keys).into_iter() }
            .map(str::to_owned)
            .collect();
        let within = start + 1..=start + timing.window;
        let was_active = self.active_alerts(self.episodes.fired.unwrap_or(i64::MIN));
        let is_own =
            |(at, key): &(i64, String)| within.contains(at) && keys.binary_search(key).is_ok();
        let (mut own, others): (Vec<_>, Vec<_>) = was_active.into_iter().partition(is_own);
        own.retain(|(at, _)| *at != boundary);
        let first = within.contains(&boundary).then_some(&keys);
        own.extend(
            first
                .into_iter()
                .flatten()
                .map(|key| (boundary, key.clone())),
        );
        for (at, key) in own {
            self.evaluate_boundary(at, &key, Phase::Early, true, true);
        }
        others
    }

    /// Whether a pane had its final evaluation, but for late events.
    pub(crate) fn is_finished(&self, start: i64, window: &Window) -> bool {
        let done = self.settings.timing.final_due(start);
        window.fired && (self.steps().is_none() || self.episodes.fired >= Some(done))
    }

    /// Drops the published revisions of the oldest boundaries until about so much state is left;
    /// these take no more events.
    pub(crate) fn drop_boundaries(&mut self, target: u64) {
        while self.size > target
            && let Some(first) = self.episodes.published.first_entry()
            && self.episodes.fired >= Some(*first.key())
        {
            self.closed_before = self.closed_before.max(*first.key());
            let keys = first.remove();
            self.size -= keys
                .keys()
                .map(|key| PUBLISHED + key.len() as u64)
                .sum::<u64>();
        }
    }

    /// Ends the oldest boundaries before their time until about so much state is left. They take no
    /// more events; no group may be left, so that there is nothing to evaluate at them.
    pub(crate) fn end_boundaries(&mut self, target: u64) {
        while self.size > target
            && let Some((boundary, _)) = self.episodes.published.first_key_value()
        {
            let boundary = *boundary;
            self.episodes.fired = self.episodes.fired.max(Some(boundary));
            self.mark_fired(boundary);
            // A window that contains dropped events is not complete.
            self.evicted_before = self.evicted_before.max(boundary);
            self.drop_boundaries(target);
        }
    }

    /// Whether any state was evicted.
    pub(crate) fn has_evicted(&self) -> bool {
        self.evicted_before > i64::MIN || self.windows.values().any(|window| window.evicted)
    }

    /// Active alerts at boundaries behind another one, with no event missing.
    pub(crate) fn active_alerts(&self, behind: i64) -> Vec<(i64, String)> {
        let all = { self.episodes.published.range(behind.saturating_add(1)..) }
            .flat_map(|(boundary, keys)| keys.iter().map(|(key, p)| (*boundary, key, p)));
        let standing = all.filter(|(boundary, key, p)| p.active && self.is_sure(*boundary, key));
        standing
            .map(|(boundary, key, _)| (boundary, key.clone()))
            .collect()
    }

    /// Whether no event can be missing in the row at a boundary, nor in the one before it.
    fn is_sure(&self, boundary: i64, key: &str) -> bool {
        let (every, all) = self.steps().unwrap_or_default();
        self.row_at(boundary, key).1 && (all || self.row_at(boundary - every, key).1)
    }

    /// Publishes alerts again that were active and complete, and are incomplete by now.
    pub(crate) fn report_incomplete(&mut self, was_active: Vec<(i64, String)>) {
        for (boundary, key) in was_active {
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
                    window.mark_dirty(group);
                }
            }
        }
    }

    /// Merges the published boundaries of another stream, before its panes.
    pub(crate) fn merge_boundaries(&mut self, other: &mut Stream) {
        if self.steps().is_none() {
            return;
        }
        // A boundary that was evaluated on one side has to be evaluated again with the events of
        // both.
        let mark_dirty = |windows: &mut Panes| {
            for window in windows.values_mut() {
                (0..window.count()).for_each(|group| window.mark_dirty(group));
            }
        };
        if !self.windows.is_empty() || self.episodes.fired.is_some() {
            mark_dirty(&mut other.windows);
            if other.episodes.fired > self.episodes.fired {
                mark_dirty(&mut self.windows);
            }
        }
        self.episodes.fired = self.episodes.fired.max(other.episodes.fired);
        for (boundary, theirs) in std::mem::take(&mut other.episodes.published) {
            let ours = self.episodes.published.entry(boundary).or_default();
            for (key, theirs) in *theirs {
                let merged = ours.get(&key).map_or(theirs, |ours| ours.merged(theirs));
                ours.insert(key, merged);
            }
        }
    }
}
