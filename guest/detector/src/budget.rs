//! The memory budget of a rule's state: an equal share of the detector's `max_state_mib`.
//!
//! Above the budget, the least useful state is evicted first: fired windows, oldest first, since
//! they only wait for late events (a pane of sliding windows once no later boundary includes it);
//! then, in the open windows, event ids if they are the larger part, otherwise the groups that are
//! furthest from alerting. Nothing is evicted silently: each group is counted and evaluated a last
//! time, and groups that are created again in its window are marked incomplete. As a last resort a
//! window of which only the revision numbers of its alerts are left is closed, and a boundary of
//! sliding windows ended: later events in it are dropped late. Fired ones come first; open ones are
//! closed only where what they cannot evict is most of the budget. Where windows are single events,
//! all fired ones are evicted before any that has not fired.

use crate::conditions::CLASSES;
use crate::group::Group;
use crate::ids::Ids;
use crate::judgement::JudgementKind;
use crate::model::Phase;
use crate::stream::Stream;
use crate::stream::context;
use crate::window::Window;

impl Stream {
    /// Evicts state until it is well inside the budget, if it is above it.
    #[inline(always)]
    pub(crate) fn enforce_budget(&mut self) {
        let budget = (self.settings.max_state_mib << 20) / self.plan.rules;
        if self.size > budget {
            self.evict_until_inside(budget);
        }
    }

    #[cold]
    fn evict_until_inside(&mut self, budget: u64) {
        self.recompute_size();
        self.callers.clear();
        // A little more than needed, so that eviction is not needed again at once.
        let target = budget / 8 * 7;
        let of_events = self.settings.timing.pane == 1;
        if of_events {
            // Expired windows of a millisecond are not dropped at every watermark.
            self.drop_expired();
        }
        // What cannot be evicted must leave room to detect in.
        self.close_open(budget / 4 * 3);
        self.each_fired(target, |stream, start| stream.evict_window(start, true));
        if of_events {
            self.evict_single_events(target);
        }
        if self.episodes.size() > self.size / 2 {
            self.drop_boundaries(target);
        }
        while self.size > target && (self.evict_ids() || self.evict_groups(target)) {}
        self.each_fired(target, |stream, start| stream.evict_window(start, false));
        self.each_fired(target, Stream::close);
        self.drop_boundaries(target);
        self.end_boundaries(target);
        self.recompute_size();
    }

    /// Evicts and closes the oldest open windows until the part of the others that cannot be
    /// evicted is small enough.
    fn close_open(&mut self, most: u64) {
        let open =
            { self.windows.iter() }.filter(|(start, window)| !self.is_finished(**start, window));
        let open: Vec<(i64, u64)> =
            { open.map(|(start, window)| (*start, window.fixed_size())) }.collect();
        let mut fixed: u64 = open.iter().map(|(_, size)| size).sum();
        for (start, size) in open {
            if fixed <= most {
                return;
            }
            self.evict_from(start, Phase::Early, |_, _| false);
            if self.windows.contains_key(&start) {
                self.close(start);
            }
            fixed -= size;
        }
    }

    /// Evicts windows of single events, all of which have fired, and keys that were seen, before
    /// any event that has not fired.
    fn evict_single_events(&mut self, target: u64) {
        self.each_fired(target, |stream, start| stream.evict_window(start, false));
        if self.seen.size() > self.size / 2 {
            self.evict_sessions(target);
        }
        self.each_fired(target, Stream::close);
        self.evict_sessions(target);
    }

    /// The end of the pane that starts at `start`.
    fn end_of(&self, start: i64) -> i64 {
        start + self.settings.timing.pane
    }

    /// Calls `what` with the fired windows, oldest first, while the state is above the target.
    fn each_fired(&mut self, target: u64, mut what: impl FnMut(&mut Stream, i64)) {
        let fired =
            { self.windows.iter() }.filter(|(start, window)| self.is_finished(**start, window));
        for start in fired.map(|(start, _)| *start).collect::<Vec<_>>() {
            if self.size > target {
                what(self, start);
            }
        }
    }

    /// Drops even the published revisions of a window, which takes no more events.
    fn close(&mut self, start: i64) {
        self.miss_sessions(start);
        self.closed_before = self.closed_before.max(self.end_of(start));
        self.evicted_before = self.evicted_before.max(self.end_of(start));
        let gone = self.windows.remove(&start);
        self.size -= gone.map_or(0, |window| window.size());
    }

    /// Evicts the groups of a fired window, except published ones if `keep_published`.
    fn evict_window(&mut self, start: i64, keep_published: bool) {
        let phase = Phase::Late;
        self.evict_from(start, phase, |published, _| keep_published && published);
    }

    /// Removes an empty window; `evicted_before` records that it held state.
    fn remove_empty(&mut self, start: i64) {
        let window = self.windows.get(&start);
        if window.is_some_and(|w| w.groups.is_empty() && w.evicted_published.is_empty()) {
            let gone = self.windows.remove(&start);
            self.size -= gone.map_or(0, |window| window.size());
            self.evicted_before = self.evicted_before.max(self.end_of(start));
        }
    }

    /// Drops the event ids of the oldest window that has any, if ids are the larger part of the
    /// state; returns whether it did.
    fn evict_ids(&mut self) -> bool {
        let ids: u64 = self.windows.values().map(|window| window.ids_size()).sum();
        if ids <= self.size / 2 {
            return false;
        }
        let held = |window: &Window| window.ids.as_ref().map_or(0, Ids::count);
        let was_active = self.active_alerts(i64::MIN);
        let Some(window) = self.windows.values_mut().find(|window| held(window) > 0) else {
            return false;
        };
        self.totals.ids_forgotten += held(window) as u64;
        window.drop_ids();
        // From now on a second delivery counts again, in any of its groups.
        window.mark_incomplete();
        self.report_incomplete(was_active);
        self.recompute_size();
        true
    }

    /// Evicts the groups of least promise in the open windows, whole classes at a time, oldest
    /// windows first; returns whether there were any groups.
    fn evict_groups(&mut self, target: u64) -> bool {
        let open =
            || { self.windows.iter() }.filter(|(start, window)| !self.is_finished(**start, window));
        let mut classes = [0_u64; CLASSES];
        for (_, window) in open() {
            for group in &window.groups {
                classes[self.plan.conditions.promise(&self.plan.schema, group)] += bytes(group);
            }
        }
        let Some(last) = classes.iter().rposition(|bytes| *bytes > 0) else {
            return false;
        };
        // The estimate of a class leaves texts out, so the excess is scaled to the same terms.
        let held: u64 = open().map(|(_, window)| window.size()).sum();
        let wanted = u128::from(self.size - target) * u128::from(classes.iter().sum::<u64>());
        let mut wanted = u64::try_from(wanted.div_ceil(held.max(1).into())).unwrap_or(u64::MAX);
        let most = classes.iter().position(|bytes| {
            let enough = *bytes >= wanted;
            wanted = wanted.saturating_sub(*bytes);
            enough
        });
        let most = most.unwrap_or(last);
        for start in open().map(|(start, _)| *start).collect::<Vec<_>>() {
            if self.size > target {
                self.evict_from(start, Phase::Early, |_, promise| promise > most);
            }
        }
        true
    }

    /// Evicts the groups of a window except those that `keep` selects by whether they were
    /// published and by their promise. Groups that alert are published first, as incomplete.
    fn evict_from(&mut self, start: i64, phase: Phase, keep: impl Fn(bool, usize) -> bool) {
        let (config, schema, conditions) =
            (&self.settings, &self.plan.schema, &self.plan.conditions);
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        // Decided before any evaluation, since that publishes.
        let kept: Vec<bool> = (0..)
            .zip(&window.groups)
            .map(|(at, group)| {
                let promise = conditions.promise(schema, group);
                keep(window.published.contains_key(&at), promise)
            })
            .collect();
        if let JudgementKind::Sliding { .. } = config.timing.kind {
            let going = (0..).zip(&kept).filter(|(_, kept)| !**kept);
            let going: Vec<u32> = going.map(|(at, _)| at).collect();
            let was_active = match config.partial {
                true => Vec::new(),
                false => self.fire_before_eviction(start, &going),
            };
            self.remove_groups(start, &kept);
            return self.report_incomplete(was_active);
        }
        let hold: Vec<bool> = (0..window.count())
            .map(|group| self.holds(start, window, group))
            .collect();
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let mut alerting = Vec::new();
        // Groups whose final figures the ledger does not have yet.
        let mut going = Vec::new();
        for (at, row) in (0..).zip(&mut window.groups) {
            if config.partial || kept[at as usize] {
                continue;
            }
            if config.verdicts && (!window.fired || row.dirty()) {
                row.mark_incomplete();
                going.push(at);
            }
            let is_active = window.published.get(&at).is_some_and(|p| p.active);
            // An active alert whose conditions no longer hold is retracted now or never.
            if is_active && row.dirty() || hold[at as usize] {
                row.mark_incomplete();
                alerting.push(at);
            }
        }
        for group in alerting {
            self.evaluate(start, group, phase);
        }
        for group in going {
            self.record_verdict(start, group);
        }
        self.remove_groups(start, &kept);
    }

    /// Removes the groups of a window except those that are kept, and the window if none is.
    fn remove_groups(&mut self, start: i64, kept: &[bool]) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let before = window.size();
        let (groups, ids) = window.evict(context(&self.plan, &self.settings, self.seed), kept);
        self.size = self.size + window.size() - before;
        self.totals.evicted += groups;
        self.totals.ids_forgotten += ids;
        self.remove_empty(start);
    }
}

/// Estimated bytes of a group, with its ids and texts.
fn bytes(group: &Group) -> u64 {
    100 + group.facts.count() as u64 * 10 + u64::from(group.counts[0]) * 26
}
