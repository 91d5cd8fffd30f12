//! Taking in the state of another stream.

use crate::config::Config;
use crate::hash::Seed;
use crate::model::Phase;
use crate::stream::{Revision, Stream, milliseconds};
use crate::totals::{self, Overlap};
use crate::window::{Published, Window, key_hash};
use std::cmp::Ordering;
use std::collections::btree_map::Entry;
use std::collections::{BTreeSet, VecDeque};

impl Stream {
    /// Takes in the state of another stream under the same configuration and seed, as if
    /// its events had been pushed here: windows that are past the allowed lateness here
    /// are dropped late, and due ones fire when the watermark next passes a window's end.
    pub(crate) fn merge(&mut self, mut other: Stream) {
        self.callers.forget();
        let mut overlap = Overlap::default();
        let mut merged: Vec<(i64, Vec<u32>)> = Vec::new();
        let lateness = milliseconds(self.config.allowed_lateness_seconds);
        // A side that gave a window up whole has no mark of its own on it but its floor.
        let (floor, their_floor) = (self.floor, other.floor);
        for (start, ours) in &mut self.windows {
            if *start < their_floor && !other.windows.contains_key(start) {
                ours.part();
            }
        }
        self.floor = floor.max(their_floor);
        self.sealed = self.sealed.max(other.sealed);
        for (start, mut theirs) in std::mem::take(&mut other.windows) {
            let end = self.span(start).end;
            if start < self.sealed || self.passed(end + lateness) {
                other.totals.counted = other.totals.counted.saturating_sub(theirs.events);
                other.totals.dropped_late += theirs.events;
                continue;
            }
            let fired = self.passed(end) && !theirs.fired && !self.config.partial;
            let events = theirs.events;
            match self.windows.entry(start) {
                Entry::Vacant(entry) => {
                    if start < floor {
                        theirs.part();
                    }
                    theirs.alone = false;
                    merged.push((start, (0..theirs.count()).collect()));
                    entry.insert(theirs);
                    overlap.late += if fired { events } else { 0 };
                }
                Entry::Occupied(mut entry) => {
                    let ours = entry.get_mut();
                    overlap.windows += u64::from(ours.fired && theirs.fired);
                    let fired = ours.fired && !theirs.fired;
                    let (places, repeated, groups) = ours.merge(&theirs, &self.config, self.seed);
                    merged.push((start, places));
                    overlap.events += repeated;
                    overlap.groups += groups;
                    overlap.late += if fired { events - repeated } else { 0 };
                }
            }
        }
        totals::add(&mut self.totals, &other.totals, &overlap);
        self.merge_revisions(other.revisions);
        self.entries.extend(other.entries);
        let (first, their_first) = (self.first, other.first);
        match (self.watermark, other.watermark) {
            (Some(_), Some(theirs)) => self.raise(theirs),
            // A restored state goes on as it was: what was due had fired.
            (None, theirs) => self.watermark = theirs,
            (Some(_), None) => {}
        }
        self.merge_first(first, their_first);
        self.ahead = self.ahead.max(other.ahead);
        if self.config.early && !self.config.partial {
            for (start, groups) in merged {
                if self.windows.get(&start).is_some_and(|window| !window.fired) {
                    self.speak_up(start, &groups, Phase::Early);
                }
            }
        }
        self.weigh();
        self.make_room();
    }

    /// Takes in the first events, where nothing has confirmed them yet.
    fn merge_first(&mut self, ours: Option<i64>, theirs: Option<i64>) {
        let behind = milliseconds(self.config.out_of_orderness_seconds);
        let jump = milliseconds(self.config.max_jump_seconds);
        match (self.watermark, ours, theirs) {
            (None, Some(ours), Some(theirs)) => {
                let confirmed = theirs.abs_diff(ours) <= jump.unsigned_abs();
                self.first = Some(ours.max(theirs));
                if confirmed {
                    self.raise(ours.max(theirs) - behind);
                }
            }
            (None, ours, theirs) => self.first = ours.or(theirs),
            // An event among others that are far behind it stays unbelieved.
            (Some(watermark), _, _) => {
                self.first = None;
                for time in [ours, theirs].into_iter().flatten() {
                    if (time - behind).saturating_sub(watermark) <= jump {
                        self.raise(time - behind);
                    }
                }
            }
        }
    }

    /// Takes in revisions that were not taken there. One that waits on both sides is the
    /// same, or is followed by one that says what holds of both.
    fn merge_revisions(&mut self, others: VecDeque<Revision>) {
        let name = |r: &Revision| {
            let (user, asn) = r.row.group.key(&r.row.strings);
            (r.start, r.number, user.map(str::to_owned), asn)
        };
        let waiting: BTreeSet<_> = self.revisions.iter().map(name).collect();
        for revision in others {
            if waiting.contains(&name(&revision)) {
                let totals = &mut self.totals;
                let total = match revision.phase {
                    Phase::Early => &mut totals.alerts_early,
                    Phase::OnTime => &mut totals.alerts_on_time,
                    Phase::Late => &mut totals.alerts_late,
                    Phase::Retracted => &mut totals.alerts_retracted,
                };
                *total = total.saturating_sub(1);
            } else {
                self.revisions.push_back(revision);
            }
        }
    }
}

impl Window {
    /// Takes in another state of the same window. Gives the places of its groups, the number
    /// of events that both had counted, and of groups that both had.
    fn merge(&mut self, other: &Window, config: &Config, seed: Seed) -> (Vec<u32>, u64, u64) {
        let before = self.count();
        let places: Vec<u32> = other
            .groups
            .iter()
            .map(|g| {
                let (user, asn) = g.key(&other.strings);
                self.group(user, asn, seed)
            })
            .collect();
        let judged = self.judged(&places, before, config, seed);
        let (events, repeated) = self.merge_ids(other, &places);
        for (at, theirs) in other.groups.iter().enumerate() {
            self.update(places[at], config, seed, |ours, with| {
                ours.merge(theirs, repeated[at], &other.strings, with);
            });
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
        self.merge_closed(other, seed);
        if other.fired && !self.fired {
            // Ours have not been judged at all yet, and the window will not fire again.
            (0..self.count()).for_each(|group| self.touch(group));
        }
        self.fired |= other.fired;
        self.events += other.events.saturating_sub(events);
        for (at, (group, look)) in (0..).zip(places.iter().zip(judged)) {
            let as_before = look.is_some_and(|look| look == self.look(*group, seed));
            // What the other side has entered may come after what was entered here.
            if !as_before || other.fired || other.published.contains_key(&at) {
                self.touch(*group);
            }
        }
        self.tidy(seed);
        let both = u64::from(before) + other.groups.len() as u64 - u64::from(self.count());
        (places, events, both)
    }

    /// How those of some groups look of which the ledger has said all. Where there is no ledger,
    /// none: then nothing is said of what has not changed anyway.
    fn judged(
        &self,
        places: &[u32],
        before: u32,
        config: &Config,
        seed: Seed,
    ) -> Vec<Option<(u64, bool)>> {
        let kept = config.verdicts && self.fired;
        let look = |group: &u32| (kept && *group < before).then(|| self.look(*group, seed));
        places.iter().map(look).collect()
    }

    /// How a group looks, and whether it is complete.
    fn look(&self, group: u32, seed: Seed) -> (u64, bool) {
        let row = &self.groups[group as usize];
        (row.digest(seed, &self.strings), row.complete())
    }

    /// Notes that events of all its groups may be missing.
    pub(crate) fn part(&mut self) {
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

    /// Gives how many events are on both sides, and per group of the other side how many
    /// events and errors that makes. Only as long as both sides remember their ids. What was
    /// seen in other groups here is seen anew only where the other side was taken apart: then
    /// each of an event's groups comes alone.
    fn merge_ids(&mut self, other: &Window, places: &[u32]) -> (u64, Vec<(u32, u32)>) {
        let mut repeated = vec![(0, 0); other.groups.len()];
        let mut events = 0;
        let (Some(ours), Some(theirs)) = (&mut self.ids, &other.ids) else {
            self.ids = None;
            return (0, repeated);
        };
        let mut groups = Vec::new();
        theirs.each(|id, contribution| {
            groups.clear();
            groups.extend(contribution.groups.iter().map(|g| places[*g as usize]));
            let mut had = |at: usize| {
                let (calls, errors) = &mut repeated[contribution.groups[at] as usize];
                *calls += 1;
                *errors += u32::from(contribution.error);
            };
            let known = match other.alone || !ours.contains(id) {
                true => ours.join(id, &groups, contribution.error, had),
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
            let (user, asn) = self.groups[group as usize].key(&self.strings);
            if let Some(theirs) = closed.remove(&key_hash(seed, user, asn)) {
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
    fn merged(self, theirs: Published) -> Published {
        match self.revision.cmp(&theirs.revision) {
            Ordering::Greater => self,
            Ordering::Less => theirs,
            Ordering::Equal if self == theirs => self,
            // Two hosts said different things under one number: the next judgement
            // must speak, and does, since no row has this digest.
            Ordering::Equal => Published {
                digest: 0,
                active: true,
                ..self
            },
        }
    }
}
