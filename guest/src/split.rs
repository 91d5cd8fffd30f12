//! Taking the state apart, group by group, so that each can go to where its key belongs.

use crate::alert;
use crate::hash::Seed;
use crate::ids::Ids;
use crate::model::{Counters, GroupState};
use crate::snapshot;
use crate::stream::Stream;
use crate::window::{Row, Window};

impl Stream {
    /// Takes up to `max` groups out, oldest windows first and in key order, each as a state of its own.
    /// Their events go with them, also out of the totals; the time, and what waits to be taken,
    /// stays.
    pub(crate) fn take_groups(&mut self, max: usize) -> Vec<GroupState> {
        self.callers.forget();
        // No watermark: merged, a group is not to tell another stream the time.
        let mut carrier = Stream::new(self.config.clone(), self.seed);
        (carrier.floor, carrier.sealed) = (self.floor, self.sealed);
        let mut taken = Vec::new();
        let starts: Vec<i64> = self.windows.keys().copied().collect();
        for start in starts {
            let Some(window) = self.windows.get_mut(&start) else {
                continue;
            };
            let alone = window.take_apart(max - taken.len(), self.seed);
            if window.is_spent() {
                self.windows.remove(&start);
            }
            for window in alone {
                carrier.totals = Counters {
                    counted: window.events,
                    groups_seen: 1,
                    ..Counters::default()
                };
                let totals = &mut self.totals;
                totals.counted = totals.counted.saturating_sub(window.events);
                totals.groups_seen = totals.groups_seen.saturating_sub(1);
                let key = window.groups.first().map(|g| g.key(&window.strings));
                let (user, asn) = key.unwrap_or_default();
                let key = alert::key(user, asn);
                carrier.windows.insert(start, window);
                taken.push(GroupState {
                    window: self.span(start),
                    key,
                    state: snapshot::encode(&carrier),
                });
                carrier.windows.clear();
            }
            if taken.len() == max {
                break;
            }
        }
        self.weigh();
        taken
    }
}

impl Window {
    /// Takes up to `max` groups out, in key order, each as the window that it would be without the others.
    fn take_apart(&mut self, max: usize, seed: Seed) -> Vec<Window> {
        let mut places = vec![None; self.groups.len()];
        let mut alone = Vec::with_capacity(max.min(self.groups.len()));
        for (place, group) in (0..).zip(self.in_order().into_iter().take(max)) {
            places[group as usize] = Some(place);
            alone.push(self.alone(group, seed));
        }
        if let Some(ids) = &self.ids {
            ids.each(|id, contribution| {
                let places = contribution.groups.iter().map(|g| places[*g as usize]);
                for place in places.flatten() {
                    let window: Option<&mut Window> = alone.get_mut::<usize>(place);
                    let ids = window.and_then(|window| window.ids.as_mut());
                    ids.map(|ids| ids.add(id, 0, contribution.error));
                }
            });
        }
        let kept: Vec<bool> = places.iter().map(Option::is_none).collect();
        if kept.contains(&false) {
            self.keep(seed, &kept);
            let rest = self.groups.iter().map(|group| u64::from(group.total)).sum();
            self.events = self.events.min(rest);
        }
        alone
    }

    /// A window of one group alone, without its ids yet.
    fn alone(&self, group: u32, seed: Seed) -> Window {
        let Row {
            group: row,
            strings,
        } = self.row(group, seed);
        let mut window = Window::new(self.fired, false);
        window.ids = self.ids.is_some().then(Ids::default);
        window.gave_up = self.gave_up;
        window.alone = true;
        window.events = row.total.into();
        window.strings = strings;
        if row.dirty() {
            window.dirty.push(0);
        }
        if let Some(published) = self.published.get(&group) {
            window.published.insert(0, *published);
        }
        window.put(row, seed);
        window
    }
}
