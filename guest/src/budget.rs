//! Staying inside the budget of state.
//!
//! Above the budget, what is of least use goes first: windows that have fired, oldest
//! first, since all they wait for is late events; then, in the open windows, event ids if
//! they are the larger part, else the groups that are furthest from alerting. Nothing goes
//! silently: each group is counted, judged a last time by what it has, and whatever begins
//! again in its window is marked incomplete. At the very end, a fired window of which nothing
//! is left but the numbers of its alerts is sealed: later events of it are dropped late.

use crate::config::Config;
use crate::group::Group;
use crate::ids::Ids;
use crate::model::Phase;
use crate::rule;
use crate::stream::Stream;
use crate::window::Window;

/// How far a group has come to each of the two counts that an alert needs, in these steps.
const STEPS: u64 = 16;
/// How many classes of promise that makes.
const CLASSES: usize = (STEPS as usize + 1) * (STEPS as usize + 1);

/// A group's class of promise: errors first, then calls.
#[allow(clippy::cast_possible_truncation, reason = "at most STEPS each")]
fn promise(group: &Group, config: &Config) -> usize {
    let steps = |count: u32, wanted: u64| {
        let wanted = wanted.max(1);
        (u64::from(count).min(wanted) * STEPS / wanted) as usize
    };
    steps(group.errors, config.min_errors) * (STEPS as usize + 1)
        + steps(group.total, config.min_total_calls)
}

impl Stream {
    /// Gives up state until it is well inside the budget, if it is above it.
    pub(crate) fn make_room(&mut self) {
        let budget = self.config.max_state_mib << 20;
        // What cannot be given up must leave room to detect in.
        if self.size <= budget.max(self.fixed + budget / 4) {
            return;
        }
        self.weigh();
        self.callers.forget();
        // A little more than needed, so that it is not needed again at once.
        let target = (budget / 8 * 7).max(self.fixed + budget / 8);
        self.each_fired(target, |stream, start| stream.give_up_window(start, true));
        while self.size > target && (self.forget_ids() || self.give_up_groups(target)) {}
        self.each_fired(target, |stream, start| stream.give_up_window(start, false));
        self.each_fired(target, Stream::seal);
        self.weigh();
    }

    /// Does something to the fired windows, oldest first, while there is too much state.
    fn each_fired(&mut self, target: u64, mut what: impl FnMut(&mut Stream, i64)) {
        let fired = self.windows.iter().filter(|(_, window)| window.fired);
        for start in fired.map(|(start, _)| *start).collect::<Vec<_>>() {
            if self.size > target {
                what(self, start);
            }
        }
    }

    /// Forgets even what was published of a fired window: it takes no more events.
    fn seal(&mut self, start: i64) {
        self.sealed = self.sealed.max(self.span(start).end);
        let gone = self.windows.remove(&start);
        self.size -= gone.map_or(0, |window| window.size());
    }

    /// Gives up what a fired window holds, or all of that of which nothing was published.
    fn give_up_window(&mut self, start: i64, keep_published: bool) {
        let phase = Phase::Late;
        self.give_up(start, phase, |published, _| keep_published && published);
        self.remove_empty(start);
    }

    /// Removes a window that holds nothing; that it gave up what it held is kept otherwise.
    fn remove_empty(&mut self, start: i64) {
        let empty = |window: &Window| window.groups.is_empty() && window.closed.is_empty();
        if self.windows.get(&start).is_some_and(empty) {
            let gone = self.windows.remove(&start);
            self.size -= gone.map_or(0, |window| window.size());
            self.floor = self.floor.max(self.span(start).end);
        }
    }

    /// Forgets the event ids of the oldest window that has any, if ids are the larger part
    /// of the state; else says no.
    fn forget_ids(&mut self) -> bool {
        let ids: u64 = self.windows.values().map(|window| window.ids_size()).sum();
        if ids <= self.size / 2 {
            return false;
        }
        let held = |window: &Window| window.ids.as_ref().map_or(0, Ids::len);
        let Some(window) = self.windows.values_mut().find(|window| held(window) > 0) else {
            return false;
        };
        self.totals.ids_forgotten += held(window) as u64;
        window.ids = None;
        // A second delivery counts again from now on, in whichever group.
        window.part();
        self.weigh();
        true
    }

    /// Gives up the groups of least promise in the windows that are open, whole classes of
    /// them at a time, oldest windows first; says no if there are no groups left.
    fn give_up_groups(&mut self, target: u64) -> bool {
        let open = || self.windows.iter().filter(|(_, window)| !window.fired);
        let mut classes = [0_u64; CLASSES];
        for (_, window) in open() {
            for group in &window.groups {
                classes[promise(group, &self.config)] += bytes(group);
            }
        }
        let Some(last) = classes.iter().rposition(|bytes| *bytes > 0) else {
            return false;
        };
        // The estimate knows nothing of texts: what is wanted is put in its terms.
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
                self.give_up(start, Phase::Early, |_, promise| promise > most);
                self.remove_empty(start);
            }
        }
        true
    }

    /// Gives up the groups of a window, but for those that `keep` holds on to by whether
    /// something was published of them and by their promise. Those that alert by now do so
    /// first, as incomplete.
    fn give_up(&mut self, start: i64, phase: Phase, keep: impl Fn(bool, usize) -> bool) {
        let config = &self.config;
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        // Settled before anything is judged: that publishes.
        let kept: Vec<bool> = (0..)
            .zip(&window.groups)
            .map(|(at, group)| keep(window.published.contains_key(&at), promise(group, config)))
            .collect();
        let mut alerting = Vec::new();
        // The last word on them, as far as the ledger has not heard it.
        let mut going = Vec::new();
        for (at, row) in (0..).zip(&mut window.groups) {
            if config.partial || kept[at as usize] {
                continue;
            }
            if config.verdicts && (!window.fired || row.dirty()) {
                row.part();
                going.push(at);
            }
            let stands = window.published.get(&at).is_some_and(|p| p.active);
            // One that stands and no longer holds is retracted now, or never.
            if stands && row.dirty()
                || rule::may_alert(row.total.into(), row.errors.into(), config)
                    && rule::alerts(&row.figures(), config)
            {
                row.part();
                alerting.push(at);
            }
        }
        for group in alerting {
            self.judge(start, group, phase);
        }
        for group in going {
            self.enter_verdict(start, group);
        }
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let before = window.size();
        let (groups, ids) = window.give_up(self.seed, &kept);
        self.size = self.size + window.size() - before;
        self.totals.evicted += groups;
        self.totals.ids_forgotten += ids;
    }
}

/// About what a group takes, with its ids and texts.
fn bytes(group: &Group) -> u64 {
    100 + group.facts.len() as u64 * 10 + u64::from(group.total) * 26
}
