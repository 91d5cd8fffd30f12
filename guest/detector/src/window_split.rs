//! Splitting groups off a window.

use crate::columns::Context;
use crate::ids::Ids;
use crate::window::{Row, Window};

impl Window {
    /// Splits off up to `max` groups of wanted keys, in key order, each as a window of its own.
    pub fn split_off_groups(
        &mut self,
        max: usize,
        wanted: &dyn Fn(&str) -> bool,
        with: Context,
    ) -> Vec<Window> {
        let mut places = vec![None; self.groups.len()];
        let mut split = Vec::with_capacity(max.min(self.groups.len()));
        let mut wanted_groups = self.groups_by_key();
        wanted_groups.retain(|group| wanted(self.groups[*group as usize].key(&self.strings)));
        for (place, group) in (0..).zip(wanted_groups.into_iter().take(max)) {
            places[group as usize] = Some(place);
            split.push(self.split_off_group(group, with));
        }
        if let Some(ids) = &self.ids {
            ids.each(|id, contribution| {
                let places = contribution.groups.iter().map(|g| places[*g as usize]);
                for place in places.flatten() {
                    let window: Option<&mut Window> = split.get_mut::<usize>(place);
                    let ids = window.and_then(|window| window.ids.as_mut());
                    ids.map(|ids| ids.add(id, 0, contribution.flags));
                }
            });
        }
        let kept: Vec<bool> = places.iter().map(Option::is_none).collect();
        if kept.contains(&false) {
            self.retain_groups(with, &kept);
            // Events of the remaining groups may be in the others too.
            self.split_off = true;
            let rest = self
                .groups
                .iter()
                .map(|group| u64::from(group.counts[0]))
                .sum();
            self.events = self.events.min(rest);
        }
        split
    }

    /// A window of a single group, without its ids yet.
    fn split_off_group(&self, group: u32, with: Context) -> Window {
        let Row {
            group: row,
            strings,
        } = self.row(group, with);
        let mut window = Window::new(self.fired, false);
        window.ids = self.ids.is_some().then(Ids::default);
        window.evicted = self.evicted;
        window.split_off = true;
        window.events = row.counts[0].into();
        window.strings = strings;
        if row.dirty() {
            window.dirty.push(0);
        }
        if let Some(published) = self.published.get(&group) {
            window.published.insert(0, *published);
        }
        window.insert_group(row, with.seed);
        window
    }
}
