//! Merging another state of a window.

use crate::columns::Context;
use crate::group::{COUNTS, count_flags};
use crate::hash::Seed;
use crate::window::{Published, Window};
use std::cmp::Ordering;

impl Window {
    /// Merges another state of the same window. Returns the indexes of its groups, and the numbers
    /// of events and of groups that both sides had. `entered` says whether a ledger holds entries
    /// of its groups.
    pub fn merge(&mut self, other: &Window, entered: bool, with: Context) -> (Vec<u32>, u64, u64) {
        let before = self.count();
        let places: Vec<u32> = other
            .groups
            .iter()
            .map(|group| self.group(group.key(&other.strings), with.seed))
            .collect();
        let entered_digests = self.entered_digests(&places, before, entered, with);
        let (events, repeated) = self.merge_ids(other, &places);
        for (at, theirs) in other.groups.iter().enumerate() {
            self.update(places[at], 0, with, |columns| {
                columns.merge(theirs, &repeated[at], &other.strings);
            });
        }
        if self.ids.is_none() {
            // Without ids, addends could not be subtracted consistently with counts.
            self.drop_addends();
        }
        if other.evicted {
            let mut both = vec![false; self.groups.len()];
            places.iter().for_each(|place| both[*place as usize] = true);
            let only_ours = (0..).zip(both).filter(|(_, both)| !both);
            only_ours.for_each(|(group, _)| self.mark_group_incomplete(group));
            self.evicted = true;
        }
        for (group, theirs) in &other.published {
            self.merge_published(places[*group as usize], *theirs);
        }
        self.merge_closed(other, with.seed);
        if other.fired && !self.fired {
            // Ours have not been evaluated yet, and the window will not fire again.
            (0..self.count()).for_each(|group| self.mark_dirty(group));
        }
        self.fired |= other.fired;
        self.events += other.events.saturating_sub(events);
        for (at, (group, look)) in (0..).zip(places.iter().zip(entered_digests)) {
            let as_before = look.is_some_and(|look| look == self.shown_state(*group, with));
            // The other side's ledger entry may be read after ours.
            if !as_before || other.fired || other.published.contains_key(&at) {
                self.mark_dirty(*group);
            }
        }
        self.compact(with);
        let both = u64::from(before) + other.groups.len() as u64 - u64::from(self.count());
        (places, events, both)
    }

    /// The digests of groups whose ledger entries are up to date; None without a ledger, since
    /// unchanged groups are not published again anyway.
    fn entered_digests(
        &self,
        places: &[u32],
        before: u32,
        entered: bool,
        with: Context,
    ) -> Vec<Option<(u64, bool)>> {
        let kept = entered && self.fired;
        let look = |group: &u32| (kept && *group < before).then(|| self.shown_state(*group, with));
        places.iter().map(look).collect()
    }

    /// The digest of a group, and whether it is complete.
    fn shown_state(&self, group: u32, with: Context) -> (u64, bool) {
        let row = &self.groups[group as usize];
        (row.digest(with, &self.strings), row.complete())
    }

    /// Marks that events may be missing in all groups.
    pub fn mark_incomplete(&mut self) {
        self.evicted = true;
        (0..self.count()).for_each(|group| self.mark_group_incomplete(group));
    }

    /// Marks that events may be missing in a group; an active alert is published again with that
    /// mark.
    fn mark_group_incomplete(&mut self, group: u32) {
        self.groups[group as usize].mark_incomplete();
        if let Some(published) = self.published.get_mut(&group) {
            published.digest = 0;
            self.mark_dirty(group);
        }
    }

    /// Merges event ids, as long as both sides store them. Returns the number of events on both
    /// sides, and the counts to subtract for each group of the other side. An id that is in other
    /// groups here counts as new only if the other side was split: then an event's groups come
    /// separately.
    fn merge_ids(&mut self, other: &Window, places: &[u32]) -> (u64, Vec<[u32; COUNTS]>) {
        let mut repeated = vec![[0; COUNTS]; other.groups.len()];
        let mut events = 0;
        let (Some(ours), Some(theirs)) = (&mut self.ids, &other.ids) else {
            self.drop_ids();
            return (0, repeated);
        };
        let mut groups = Vec::new();
        theirs.each(|id, contribution| {
            groups.clear();
            groups.extend(contribution.groups.iter().map(|g| places[*g as usize]));
            let mut had = |at: usize| {
                let counts = &mut repeated[contribution.groups[at] as usize];
                count_flags(counts, contribution.flags);
            };
            let known = match other.split_off || !ours.contains(id) {
                true => ours.add_groups(id, &groups, contribution.flags, had),
                false => {
                    (0..groups.len()).for_each(&mut had);
                    true
                }
            };
            events += u64::from(known);
        });
        (events, repeated)
    }

    fn merge_published(&mut self, group: u32, theirs: Published) {
        let merged = match self.published.get(&group) {
            None => theirs,
            Some(ours) => ours.merged(theirs),
        };
        self.published.insert(group, merged);
    }

    /// Merges the published revisions of groups that the other side has evicted.
    fn merge_closed(&mut self, other: &Window, seed: Seed) {
        if other.evicted_published.is_empty() {
            return;
        }
        let mut evicted_published = other.evicted_published.clone();
        for group in 0..self.count() {
            let key = self.groups[group as usize].key(&self.strings);
            if let Some(theirs) = evicted_published.remove(&seed.text(key)) {
                self.groups[group as usize].detach();
                self.merge_published(group, theirs);
            }
        }
        for (hash, theirs) in evicted_published {
            let ours = self.evicted_published.get(&hash);
            let merged = ours.map_or(theirs, |ours| ours.merged(theirs));
            self.evicted_published.insert(hash, merged);
        }
    }
}

impl Published {
    /// Merges the published revisions of two sides.
    pub(crate) fn merged(self, theirs: Published) -> Published {
        match self.revision.cmp(&theirs.revision) {
            Ordering::Greater => self,
            Ordering::Less => theirs,
            Ordering::Equal if self == theirs => self,
            // Two hosts published different rows under one number: the next evaluation must
            // publish, and does, since no row has this digest. An alert that both retracted is not
            // active.
            Ordering::Equal => Published {
                digest: 0,
                active: self.active || theirs.active,
                ..self
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_retracted_on_both_sides_is_inactive() {
        let published = |digest, active| Published {
            revision: 2,
            digest,
            active,
        };
        for (ours, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
            let merged = published(1, ours).merged(published(2, theirs));
            assert_eq!(merged.active, ours || theirs);
            assert_eq!((merged.revision, merged.digest), (2, 0));
        }
    }
}
