//! Splitting state into groups, so that each can be sent to the owner of its key.

use crate::judgement::JudgementKind;
use crate::key;
use crate::model::{GroupState, RuleCounters, Window as Span};
use crate::order;
use crate::sessions::Sessions;
use crate::snapshot;
use crate::stream::{Stream, context};
use crate::totals::SharedCounters;
use crate::window::Window;

impl Stream {
    /// Takes out up to `max` groups, oldest windows first and in key order, each as a state of its
    /// own. Their events go with them and leave the totals; the watermark and waiting output stay.
    /// If several panes are evaluated together, a group is all state of a key.
    pub(crate) fn take_groups(&mut self, max: usize) -> Vec<GroupState> {
        self.callers.clear();
        // No watermark: merging a group must not advance another stream.
        let mut carrier = self.fresh();
        (carrier.evicted_before, carrier.closed_before) = (self.evicted_before, self.closed_before);
        (carrier.seen.stream_start, carrier.seen.confirmed) =
            (self.seen.stream_start, self.seen.confirmed);
        carrier.seen.evicted_before = self.seen.evicted_before;
        let taken = match self.settings.timing.kind {
            JudgementKind::Windows => self.take_by_window(max, &mut carrier),
            JudgementKind::Sliding { .. } | JudgementKind::FirstSeen { .. } => {
                self.take_by_key(max, &mut carrier)
            }
        };
        self.recompute_size();
        taken
    }

    /// Takes groups of windows that are evaluated singly.
    fn take_by_window(&mut self, max: usize, carrier: &mut Stream) -> Vec<GroupState> {
        let mut taken = Vec::new();
        let starts: Vec<i64> = self.windows.keys().copied().collect();
        for start in starts {
            for (key, window) in self.take_from(start, max - taken.len(), &|_| true) {
                carrier.windows.insert(start, Box::new(window));
                taken.push(self.carry(carrier, self.span(start), &key));
            }
            if taken.len() == max {
                break;
            }
        }
        taken
    }

    /// Takes all state of the first keys.
    fn take_by_key(&mut self, max: usize, carrier: &mut Stream) -> Vec<GroupState> {
        let keys = self.first_keys(max);
        let place = |key: &str| keys.binary_search_by(|other| other.as_str().cmp(key));
        let span = self.first_span();
        let mut panes: Vec<Vec<(i64, Box<Window>)>> = keys.iter().map(|_| Vec::new()).collect();
        for start in self.windows.keys().copied().collect::<Vec<_>>() {
            for (key, window) in self.take_from(start, usize::MAX, &|key| place(key).is_ok()) {
                if let Ok(at) = place(&key) {
                    panes[at].push((start, Box::new(window)));
                }
            }
        }
        let mut sessions = vec![Sessions::new(); keys.len()];
        for entry in self.seen.take(|key| place(key).is_ok()) {
            if let Ok(at) = place(&entry.key) {
                sessions[at] = entry.sessions;
            }
        }
        let mut taken = Vec::new();
        for (key, (panes, sessions)) in keys.iter().zip(panes.into_iter().zip(sessions)) {
            carrier.windows.extend(panes);
            if !sessions.is_empty() {
                carrier.seen.insert(key, sessions);
            }
            carrier.episodes = self.episodes.take(key);
            taken.push(self.carry(carrier, span, key));
        }
        taken
    }

    /// The first keys of all state, in order.
    fn first_keys(&self, max: usize) -> Vec<String> {
        // As many again are gathered before the smallest are kept.
        let room = max.saturating_mul(2).max(1);
        let mut keys: Vec<&str> = Vec::new();
        let panes = self.windows.values().flat_map(|window| {
            let groups = window.groups.iter();
            groups.map(|group| group.key(&window.strings))
        });
        let seen = self.seen.entries.iter().map(|entry| &*entry.key);
        for key in panes.chain(seen).chain(self.episodes.keys()) {
            keys.push(key);
            if keys.len() >= room {
                keys = order::texts(&keys);
                keys.truncate(max);
            }
        }
        let keys = order::texts(&keys).into_iter().take(max);
        keys.map(str::to_owned).collect()
    }

    /// The window that is reported for all keys: one for each would not ascend with them.
    fn first_span(&self) -> Span {
        let timing = self.settings.timing;
        let first = self.windows.keys().next();
        let start = match (timing.kind, first) {
            (JudgementKind::Sliding { .. }, Some(start)) => timing.due(*start) - timing.window,
            _ => self.seen.stream_start.unwrap_or_default(),
        };
        self.span(start)
    }

    /// Takes groups out of a window, each as a window with its key.
    fn take_from(
        &mut self,
        start: i64,
        max: usize,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, Window)> {
        let with = context(&self.plan, &self.settings, self.seed);
        let Some(window) = self.windows.get_mut(&start) else {
            return Vec::new();
        };
        let split = window.split_off_groups(max, wanted, with);
        if window.is_empty() {
            self.windows.remove(&start);
        }
        let keyed = |window: Window| {
            let key = window.groups.first().map(|g| g.key(&window.strings));
            (key.unwrap_or_default().to_owned(), window)
        };
        split.into_iter().map(keyed).collect()
    }

    /// Encodes the carrier's content as the state of a group, and subtracts it from the totals.
    fn carry(&mut self, carrier: &mut Stream, window: Span, key: &str) -> GroupState {
        let windows = carrier.windows.values();
        carrier.totals = RuleCounters {
            counted: windows.clone().map(|window| window.events).sum(),
            groups_seen: windows.map(|window| window.groups.len() as u64).sum(),
            ..RuleCounters::default()
        };
        let totals = &mut self.totals;
        totals.counted = totals.counted.saturating_sub(carrier.totals.counted);
        totals.groups_seen = totals
            .groups_seen
            .saturating_sub(carrier.totals.groups_seen);
        let state = snapshot::encode(self.seed, &SharedCounters::default(), &[&*carrier], false);
        carrier.windows.clear();
        carrier.seen.take(|_| true);
        GroupState {
            rule: self.plan.definition.info.id.to_owned(),
            window,
            key: key::named(self.plan.schema.key(), key),
            state,
        }
    }
}
