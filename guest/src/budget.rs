//! Staying inside the budget of state.
//!
//! Above the budget, what is of least use goes first: windows that have fired, oldest
//! first, since all they wait for is late events; then, in the open windows, event ids if
//! they are the larger part, else the groups that are furthest from alerting. Nothing goes
//! silently: each group is counted, judged a last time by what it has, and whatever begins
//! again in its window is marked incomplete.

use crate::config::Config;
use crate::group::Group;
use crate::ids::Ids;
use crate::model::Phase;
use crate::rule;
use crate::stream::Stream;

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
        if self.size <= budget {
            return;
        }
        // A little more than needed, so that it is not needed again at once.
        let target = budget / 8 * 7;
        // Fired windows, first but for what was published of them, then whole.
        for keep_published in [true, false] {
            let fired = self.windows.iter().filter(|(_, window)| window.fired);
            for start in fired.map(|(start, _)| *start).collect::<Vec<_>>() {
                if self.size > target {
                    self.give_up_window(start, keep_published);
                }
            }
            if keep_published {
                while self.size > target && (self.forget_ids() || self.give_up_groups(target)) {}
            }
        }
    }

    /// Gives up what a fired window holds, or all of that of which nothing was published.
    fn give_up_window(&mut self, start: i64, keep_published: bool) {
        let phase = Phase::Late;
        self.give_up(start, phase, |published, _| keep_published && published);
        self.floor = self.floor.max(self.span(start).end);
        let end =
            |window: &crate::window::Window| window.groups.is_empty() && window.closed.is_empty();
        if self.windows.get(&start).is_some_and(end) {
            self.windows.remove(&start);
        }
        self.weigh();
    }

    /// Forgets the event ids of the oldest window that has any, if ids are the larger part
    /// of the state; else says no.
    fn forget_ids(&mut self) -> bool {
        let ids: u64 = self.windows.values().map(|window| window.ids_size()).sum();
        if ids <= self.size / 2 {
            return false;
        }
        let held = |window: &crate::window::Window| window.ids.as_ref().map_or(0, Ids::len);
        let Some(window) = self.windows.values_mut().find(|window| held(window) > 0) else {
            return false;
        };
        self.totals.ids_forgotten += held(window) as u64;
        window.ids = None;
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
        let mut wanted = self.size - target;
        let most = classes.iter().position(|bytes| {
            let enough = *bytes >= wanted;
            wanted = wanted.saturating_sub(*bytes);
            enough
        });
        let last = classes.iter().rposition(|bytes| *bytes > 0);
        let Some(most) = most.or(last) else {
            return false;
        };
        for start in open().map(|(start, _)| *start).collect::<Vec<_>>() {
            if self.size > target {
                self.give_up(start, Phase::Early, |_, promise| promise > most);
                self.weigh();
            }
        }
        true
    }

    /// Gives up the groups of a window, but for those that `keep` holds on to by whether
    /// something was published of them and by their promise. Those that alert by now do so
    /// first, as incomplete.
    fn give_up(&mut self, start: i64, phase: Phase, keep: impl Fn(bool, usize) -> bool) {
        let (config, seed) = (self.config.clone(), self.seed);
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let stays = |window: &crate::window::Window, group: u32| {
            let published = window.published.contains_key(&group);
            keep(published, promise(&window.groups[group as usize], &config))
        };
        let mut alerting = Vec::new();
        for group in 0..window.count() {
            if config.partial || stays(window, group) {
                continue;
            }
            let row = &mut window.groups[group as usize];
            if rule::may_alert(row.total.into(), row.errors.into(), &config)
                && rule::alerts(&row.figures(), &config)
            {
                row.part();
                alerting.push(group);
            }
        }
        // What stays is settled before, while groups still have the same numbers.
        let kept: Vec<bool> = (0..window.count()).map(|g| stays(window, g)).collect();
        for group in alerting {
            self.judge(start, group, phase);
        }
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let (groups, ids) = window.give_up(seed, |_, group| kept[group as usize]);
        self.totals.evicted += groups;
        self.totals.ids_forgotten += ids;
    }
}

/// About what a group takes, with its ids and texts.
fn bytes(group: &Group) -> u64 {
    100 + group.facts.len() as u64 * 10 + u64::from(group.total) * 26
}
