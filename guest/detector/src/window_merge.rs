//! Taking in another state of the same window.

use crate::columns::Context;
use crate::group::{COUNTS, tally};
use crate::hash::Seed;
use crate::window::{Published, Window};
use std::cmp::Ordering;

impl Window {
    /// Takes in another state of the same window. Gives the places of its groups, the number
    /// of events that both had counted, and of groups that both had. Where `entered`, a ledger
    /// has said how its groups look.
    pub fn merge(&mut self, other: &Window, entered: bool, with: Context) -> (Vec<u32>, u64, u64) {
        let before = self.count();
        let places: Vec<u32> = other
            .groups
            .iter()
            .map(|group| self.group(group.key(&other.strings), with.seed))
            .collect();
        let judged = self.judged(&places, before, entered, with);
        let (events, repeated) = self.merge_ids(other, &places);
        for (at, theirs) in other.groups.iter().enumerate() {
            self.update(places[at], 0, with, |columns| {
                columns.merge(theirs, &repeated[at], &other.strings);
            });
        }
        if self.ids.is_none() {
            // What they gave to sums would be told apart from what counts were given.
            self.forget_given();
        }
        if other.gave_up {
            let mut both = vec![false; self.groups.len()];
            places.iter().for_each(|place| both[*place as usize] = true);
            let alone = (0..).zip(both).filter(|(_, both)| !both);
            alone.for_each(|(group, _)| self.part_group(group));
            self.gave_up = true;
        }
        for (group, theirs) in &other.published {
            self.merge_published(places[*group as usize], *theirs);
        }
        self.merge_closed(other, with.seed);
        if other.fired && !self.fired {
            // Ours have not been judged at all yet, and the window will not fire again.
            (0..self.count()).for_each(|group| self.touch(group));
        }
        self.fired |= other.fired;
        self.events += other.events.saturating_sub(events);
        for (at, (group, look)) in (0..).zip(places.iter().zip(judged)) {
            let as_before = look.is_some_and(|look| look == self.look(*group, with));
            // What the other side has entered may come after what was entered here.
            if !as_before || other.fired || other.published.contains_key(&at) {
                self.touch(*group);
            }
        }
        self.tidy(with);
        let both = u64::from(before) + other.groups.len() as u64 - u64::from(self.count());
        (places, events, both)
    }

    /// How those of some groups look of which the ledger has said all. Where there is no ledger,
    /// none: then nothing is said of what has not changed anyway.
    fn judged(
        &self,
        places: &[u32],
        before: u32,
        entered: bool,
        with: Context,
    ) -> Vec<Option<(u64, bool)>> {
        let kept = entered && self.fired;
        let look = |group: &u32| (kept && *group < before).then(|| self.look(*group, with));
        places.iter().map(look).collect()
    }

    /// How a group looks, and whether it is complete.
    fn look(&self, group: u32, with: Context) -> (u64, bool) {
        let row = &self.groups[group as usize];
        (row.digest(with, &self.strings), row.complete())
    }

    /// Notes that events of all its groups may be missing.
    pub fn part(&mut self) {
        self.gave_up = true;
        (0..self.count()).for_each(|group| self.part_group(group));
    }

    /// Notes that events of a group may be missing; a standing alert is to say so.
    fn part_group(&mut self, group: u32) {
        self.groups[group as usize].part();
        if let Some(published) = self.published.get_mut(&group) {
            published.digest = 0;
            self.touch(group);
        }
    }

    /// Gives how many events are on both sides, and per group of the other side which counts
    /// that makes. Only as long as both sides remember their ids. What was
    /// seen in other groups here is seen anew only where the other side was taken apart: then
    /// each of an event's groups comes alone.
    fn merge_ids(&mut self, other: &Window, places: &[u32]) -> (u64, Vec<[u32; COUNTS]>) {
        let mut repeated = vec![[0; COUNTS]; other.groups.len()];
        let mut events = 0;
        let (Some(ours), Some(theirs)) = (&mut self.ids, &other.ids) else {
            self.forget_ids();
            return (0, repeated);
        };
        let mut groups = Vec::new();
        theirs.each(|id, contribution| {
            groups.clear();
            groups.extend(contribution.groups.iter().map(|g| places[*g as usize]));
            let mut had = |at: usize| {
                let counts = &mut repeated[contribution.groups[at] as usize];
                tally(counts, contribution.flags);
            };
            let known = match other.alone || !ours.contains(id) {
                true => ours.join(id, &groups, contribution.flags, had),
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

    /// Takes in what was published of groups that the other side has given up.
    fn merge_closed(&mut self, other: &Window, seed: Seed) {
        if other.closed.is_empty() {
            return;
        }
        let mut closed = other.closed.clone();
        for group in 0..self.count() {
            let key = self.groups[group as usize].key(&self.strings);
            if let Some(theirs) = closed.remove(&seed.text(key)) {
                self.groups[group as usize].sever();
                self.merge_published(group, theirs);
            }
        }
        for (hash, theirs) in closed {
            let ours = self.closed.get(&hash);
            let merged = ours.map_or(theirs, |ours| ours.merged(theirs));
            self.closed.insert(hash, merged);
        }
    }
}

impl Published {
    /// What has been published of a group on two sides.
    pub(crate) fn merged(self, theirs: Published) -> Published {
        match self.revision.cmp(&theirs.revision) {
            Ordering::Greater => self,
            Ordering::Less => theirs,
            Ordering::Equal if self == theirs => self,
            // Two hosts said different things under one number: the next judgement
            // must speak, and does, since no row has this digest. What both retracted
            // does not stand.
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
    fn what_was_retracted_on_both_sides_does_not_stand() {
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
