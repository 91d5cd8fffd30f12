//! Taking a window apart, group by group.

use crate::columns::Context;
use crate::ids::Ids;
use crate::window::{Row, Window};

impl Window {
    /// Takes up to `max` groups of wanted keys out, in key order, each as the window that it would
    /// be without the others.
    pub fn take_apart(
        &mut self,
        max: usize,
        wanted: &dyn Fn(&str) -> bool,
        with: Context,
    ) -> Vec<Window> {
        let mut places = vec![None; self.groups.len()];
        let mut alone = Vec::with_capacity(max.min(self.groups.len()));
        let mut wanted_groups = self.in_order();
        wanted_groups.retain(|group| wanted(self.groups[*group as usize].key(&self.strings)));
        for (place, group) in (0..).zip(wanted_groups.into_iter().take(max)) {
            places[group as usize] = Some(place);
            alone.push(self.alone(group, with));
        }
        if let Some(ids) = &self.ids {
            ids.each(|id, contribution| {
                let places = contribution.groups.iter().map(|g| places[*g as usize]);
                for place in places.flatten() {
                    let window: Option<&mut Window> = alone.get_mut::<usize>(place);
                    let ids = window.and_then(|window| window.ids.as_mut());
                    ids.map(|ids| ids.add(id, 0, contribution.flags));
                }
            });
        }
        let kept: Vec<bool> = places.iter().map(Option::is_none).collect();
        if kept.contains(&false) {
            self.keep(with, &kept);
            // Events of what is left have gone to others too.
            self.alone = true;
            let rest = self
                .groups
                .iter()
                .map(|group| u64::from(group.counts[0]))
                .sum();
            self.events = self.events.min(rest);
        }
        alone
    }

    /// A window of one group alone, without its ids yet.
    fn alone(&self, group: u32, with: Context) -> Window {
        let Row {
            group: row,
            strings,
        } = self.row(group, with);
        let mut window = Window::new(self.fired, false);
        window.ids = self.ids.is_some().then(Ids::default);
        window.gave_up = self.gave_up;
        window.alone = true;
        window.events = row.counts[0].into();
        window.strings = strings;
        if row.dirty() {
            window.dirty.push(0);
        }
        if let Some(published) = self.published.get(&group) {
            window.published.insert(0, *published);
        }
        window.put(row, with.seed);
        window
    }
}
