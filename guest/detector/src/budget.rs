//! Staying inside the budget of state, of which each rule of a detector has an equal share.
//!
//! Above the budget, what is of least use goes first: windows that have fired, oldest
//! first, since all they wait for is late events (a pane of sliding windows once no boundary to
//! come looks at it); then, in the open windows, event ids if
//! they are the larger part, else the groups that are furthest from alerting. Nothing goes
//! silently: each group is counted, judged a last time by what it has, and whatever begins
//! again in its window is marked incomplete. At the very end, a fired window of which nothing
//! is left but the numbers of its alerts is sealed: later events of it are dropped late. Where
//! windows are single events, all that have fired go before any that has not.

use crate::conditions::CLASSES;
use crate::group::Group;
use crate::ids::Ids;
use crate::judgement::Kind;
use crate::model::Phase;
use crate::stream::Stream;
use crate::stream::context;
use crate::window::Window;

impl Stream {
    /// Gives up state until it is well inside the budget, if it is above it.
    #[inline(always)]
    pub(crate) fn make_room(&mut self) {
        let budget = (self.settings.max_state_mib << 20) / self.plan.rules;
        // What cannot be given up must leave room to detect in.
        if self.size > budget.max(self.fixed + budget / 4) {
            self.give_up_most(budget);
        }
    }

    #[cold]
    fn give_up_most(&mut self, budget: u64) {
        self.weigh();
        self.callers.forget();
        // A little more than needed, so that it is not needed again at once.
        let target = (budget / 8 * 7).max(self.fixed + budget / 8);
        let of_events = self.settings.timing.pane == 1;
        if of_events {
            // It is not done at every moment.
            self.forget();
        }
        self.each_fired(target, |stream, start| stream.give_up_window(start, true));
        if of_events {
            self.give_up_events(target);
        }
        if self.episodes.size() > self.size / 2 {
            self.forget_boundaries(target);
        }
        while self.size > target && (self.forget_ids() || self.give_up_groups(target)) {}
        self.each_fired(target, |stream, start| stream.give_up_window(start, false));
        self.each_fired(target, Stream::seal);
        self.forget_boundaries(target);
        self.weigh();
    }

    /// Gives up windows of single events, all of which have spoken, and keys that were seen:
    /// before any event that waits to speak.
    fn give_up_events(&mut self, target: u64) {
        self.each_fired(target, |stream, start| stream.give_up_window(start, false));
        if self.seen.size() > self.size / 2 {
            self.give_up_runs(target);
        }
        self.each_fired(target, Stream::seal);
        self.give_up_runs(target);
    }

    /// Where the pane that starts at `start` ends.
    fn end_of(&self, start: i64) -> i64 {
        start + self.settings.timing.pane
    }

    /// Does something to the fired windows, oldest first, while there is too much state.
    fn each_fired(&mut self, target: u64, mut what: impl FnMut(&mut Stream, i64)) {
        let fired = { self.windows.iter() }.filter(|(start, window)| self.rests(**start, window));
        for start in fired.map(|(start, _)| *start).collect::<Vec<_>>() {
            if self.size > target {
                what(self, start);
            }
        }
    }

    /// Forgets even what was published of a fired window: it takes no more events.
    fn seal(&mut self, start: i64) {
        self.sealed = self.sealed.max(self.end_of(start));
        self.floor = self.floor.max(self.end_of(start));
        let gone = self.windows.remove(&start);
        self.size -= gone.map_or(0, |window| window.size());
    }

    /// Gives up what a fired window holds, or all of that of which nothing was published.
    fn give_up_window(&mut self, start: i64, keep_published: bool) {
        let phase = Phase::Late;
        self.give_up(start, phase, |published, _| keep_published && published);
    }

    /// Removes a window that holds nothing; that it gave up what it held is kept otherwise.
    fn remove_empty(&mut self, start: i64) {
        let empty = |window: &Window| window.groups.is_empty() && window.closed.is_empty();
        if self.windows.get(&start).is_some_and(empty) {
            let gone = self.windows.remove(&start);
            self.size -= gone.map_or(0, |window| window.size());
            self.floor = self.floor.max(self.end_of(start));
        }
    }

    /// Forgets the event ids of the oldest window that has any, if ids are the larger part
    /// of the state; else says no.
    fn forget_ids(&mut self) -> bool {
        let ids: u64 = self.windows.values().map(|window| window.ids_size()).sum();
        if ids <= self.size / 2 {
            return false;
        }
        let held = |window: &Window| window.ids.as_ref().map_or(0, Ids::count);
        let stood = self.standing(i64::MIN);
        let Some(window) = self.windows.values_mut().find(|window| held(window) > 0) else {
            return false;
        };
        self.totals.ids_forgotten += held(window) as u64;
        window.forget_ids();
        // A second delivery counts again from now on, in whichever group.
        window.part();
        self.tell_parted(stood);
        self.weigh();
        true
    }

    /// Gives up the groups of least promise in the windows that are open, whole classes of
    /// them at a time, oldest windows first; says no if there are no groups left.
    fn give_up_groups(&mut self, target: u64) -> bool {
        let open =
            || { self.windows.iter() }.filter(|(start, window)| !self.rests(**start, window));
        let mut classes = [0_u64; CLASSES];
        for (_, window) in open() {
            for group in &window.groups {
                classes[self.plan.conditions.promise(&self.plan.schema, group)] += bytes(group);
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
            }
        }
        true
    }

    /// Gives up the groups of a window, but for those that `keep` holds on to by whether
    /// something was published of them and by their promise. Those that alert by now do so
    /// first, as incomplete.
    fn give_up(&mut self, start: i64, phase: Phase, keep: impl Fn(bool, usize) -> bool) {
        let (config, schema, conditions) =
            (&self.settings, &self.plan.schema, &self.plan.conditions);
        let Some(window) = self.windows.get(&start) else {
            return;
        };
        // Settled before anything is judged: that publishes.
        let kept: Vec<bool> = (0..)
            .zip(&window.groups)
            .map(|(at, group)| {
                let promise = conditions.promise(schema, group);
                keep(window.published.contains_key(&at), promise)
            })
            .collect();
        if let Kind::Sliding { .. } = config.timing.kind {
            let going = (0..).zip(&kept).filter(|(_, kept)| !**kept);
            let going: Vec<u32> = going.map(|(at, _)| at).collect();
            let stood = match config.partial {
                true => Vec::new(),
                false => self.speak_last(start, &going),
            };
            self.let_go(start, &kept);
            return self.tell_parted(stood);
        }
        let hold: Vec<bool> = (0..window.count())
            .map(|group| self.holds(start, window, group))
            .collect();
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
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
            if stands && row.dirty() || hold[at as usize] {
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
        self.let_go(start, &kept);
    }

    /// Takes the groups of a window out but for those that are kept, and the window if none is.
    fn let_go(&mut self, start: i64, kept: &[bool]) {
        let Some(window) = self.windows.get_mut(&start) else {
            return;
        };
        let before = window.size();
        let (groups, ids) = window.give_up(context(&self.plan, &self.settings, self.seed), kept);
        self.size = self.size + window.size() - before;
        self.totals.evicted += groups;
        self.totals.ids_forgotten += ids;
        self.remove_empty(start);
    }
}

/// About what a group takes, with its ids and texts.
fn bytes(group: &Group) -> u64 {
    100 + group.facts.count() as u64 * 10 + u64::from(group.counts[0]) * 26
}
