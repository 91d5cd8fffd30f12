//! One tumbling window: its groups, and the ids of the events that it has counted.

use crate::call::Call;
use crate::config::Config;
use crate::event::{Event, Values};
use crate::group::{Group, Update};
use crate::hash::{BuildMixed, Seed};
use crate::ids::Ids;
use crate::order;
use crate::rule;
use crate::strings::Strings;
use hashbrown::{HashMap, HashTable};
use std::cmp::Ordering;

/// Bytes that are held for a group of which something was published.
pub(crate) const PUBLISHED: u64 = 40;

/// What has been published of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// The last revision's number.
    pub(crate) revision: u32,
    /// The last revision's row; 0 when two hosts published different ones under one number.
    pub(crate) digest: u64,
    /// Whether it stands, that is, is not retracted.
    pub(crate) active: bool,
}

/// A group's aggregate with the texts that it needs: all that an alert is made of.
pub(crate) struct Row {
    pub(crate) group: Group,
    pub(crate) strings: Strings,
}

/// A window that holds state.
#[derive(Debug)]
pub(crate) struct Window {
    /// Whether the watermark has passed its end.
    pub(crate) fired: bool,
    /// Whether groups of it were given up: one that begins now may lack its first events.
    pub(crate) gave_up: bool,
    /// Whether it was taken apart: its one group's events may have gone to others too.
    pub(crate) alone: bool,
    /// How many documents were counted in it.
    pub(crate) events: u64,
    pub(crate) groups: Vec<Group>,
    index: HashTable<u32>,
    /// None once the de-duplication horizon has passed.
    pub(crate) ids: Option<Ids>,
    pub(crate) strings: Strings,
    pub(crate) published: HashMap<u32, Published, BuildMixed>,
    /// The same of groups that were given up, by the hash of their keys.
    pub(crate) closed: HashMap<u64, Published, BuildMixed>,
    /// Groups that changed since they were last judged.
    pub(crate) dirty: Vec<u32>,
    /// Facts of all groups.
    facts: usize,
    /// Sketches of all groups.
    sketches: usize,
}

impl Window {
    /// A new window; `remember` its event ids or not.
    pub(crate) fn new(fired: bool, remember: bool) -> Window {
        Window {
            fired,
            gave_up: false,
            alone: false,
            events: 0,
            groups: Vec::new(),
            index: HashTable::new(),
            ids: remember.then(Ids::default),
            strings: Strings::default(),
            published: HashMap::default(),
            closed: HashMap::default(),
            dirty: Vec::new(),
            facts: 0,
            sketches: 0,
        }
    }

    /// Adds an event to all its groups and gives them; None for a duplicate.
    pub(crate) fn add(
        &mut self,
        event: &Event,
        offset: u32,
        config: &Config,
        seed: Seed,
    ) -> Option<Values<u32>> {
        let known = self.ids.as_ref().zip(event.id);
        if known.is_some_and(|(ids, id)| ids.contains(id)) {
            return None;
        }
        self.events += 1;
        let groups = self.groups_of(event, seed);
        for group in &groups {
            self.update(*group, config, seed, |group, with| {
                group.add(event, offset, with);
            });
        }
        if let Some((ids, id)) = self.ids.as_mut().zip(event.id) {
            ids.insert(id, &groups, event.error);
        }
        self.tidy(seed);
        Some(groups)
    }

    /// Adds a call to a group that knows its caller; false for a duplicate.
    #[inline(always)]
    pub(crate) fn add_call(
        &mut self,
        call: &Call,
        group: u32,
        offset: u32,
        config: &Config,
        seed: Seed,
    ) -> bool {
        if let Some((ids, id)) = self.ids.as_mut().zip(call.id)
            && !ids.add(id, group, call.error)
        {
            return false;
        }
        self.events += 1;
        self.update(group, config, seed, |group, with| {
            group.add_call(call, offset, with);
        });
        self.tidy(seed);
        true
    }

    /// Changes a group, and keeps count of what it holds.
    #[inline(always)]
    pub(crate) fn update(
        &mut self,
        group: u32,
        config: &Config,
        seed: Seed,
        change: impl FnOnce(&mut Group, Update),
    ) {
        let group = &mut self.groups[group as usize];
        let (facts, sketches) = (group.facts.len(), usize::from(group.sketch.is_some()));
        let strings = &mut self.strings;
        change(
            group,
            Update {
                config,
                seed,
                strings,
            },
        );
        self.facts = self.facts + group.facts.len() - facts;
        self.sketches = self.sketches + usize::from(group.sketch.is_some()) - sketches;
    }

    /// The groups of an event: the cross product of its distinct keys.
    fn groups_of(&mut self, event: &Event, seed: Seed) -> Values<u32> {
        let mut groups = Values::new();
        let mut users: Values<Option<&str>> = event.users.iter().map(|u| Some(&**u)).collect();
        if users.is_empty() {
            users.push(None);
        }
        for user in users {
            if event.asns.is_empty() {
                groups.push(self.group(user, None, seed));
            }
            for asn in &event.asns {
                groups.push(self.group(user, Some(*asn), seed));
            }
        }
        groups
    }

    /// The group of a key, made if it is new.
    pub(crate) fn group(&mut self, user: Option<&str>, asn: Option<i64>, seed: Seed) -> u32 {
        let hash = key_hash(seed, user, asn);
        let (groups, strings) = (&self.groups, &self.strings);
        let same = |i: &u32| groups[*i as usize].key(strings) == (user, asn);
        if let Some(found) = self.index.find(hash, same) {
            return *found;
        }
        let symbol = user.map(|user| self.strings.add(seed, user));
        let new = self.count();
        let mut group = Group::new(symbol, asn);
        if self.gave_up {
            group.part();
        }
        if let Some(published) = self.closed.remove(&hash) {
            group.sever();
            self.published.insert(new, published);
        }
        self.groups.push(group);
        self.enter(new, hash, seed);
        new
    }

    /// Makes room in a new window for so many groups.
    pub(crate) fn make_room(&mut self, count: usize) {
        self.groups.reserve(count);
        self.index = HashTable::with_capacity(count);
    }

    /// Enters a group into the index under the hash of its key.
    fn enter(&mut self, group: u32, hash: u64, seed: Seed) {
        let (groups, strings) = (&self.groups, &self.strings);
        self.index.insert_unique(hash, group, |i| {
            let (user, asn) = groups[*i as usize].key(strings);
            key_hash(seed, user, asn)
        });
    }

    /// Puts a group that was read in the place of the last one, which has its key.
    pub(crate) fn fill_last(&mut self, group: Group) -> Option<()> {
        self.facts += group.facts.len();
        self.sketches += usize::from(group.sketch.is_some());
        *self.groups.last_mut()? = group;
        Some(())
    }

    /// How many groups there are.
    pub(crate) fn count(&self) -> u32 {
        // A window of 2^32 groups does not fit in a component's memory.
        u32::try_from(self.groups.len()).unwrap_or(u32::MAX)
    }

    /// Notes that a group is to be judged again.
    pub(crate) fn touch(&mut self, group: u32) {
        if self.groups[group as usize].set_dirty(true) {
            self.dirty.push(group);
        }
    }

    /// The groups to judge now, in key order: the changed ones, or when it fires all that
    /// there is something to say of.
    pub(crate) fn due(&mut self, config: &Config) -> Vec<u32> {
        let changed = std::mem::take(&mut self.dirty);
        for group in &changed {
            self.groups[*group as usize].set_dirty(false);
        }
        let mut due = changed;
        if !self.fired {
            due = (0..self.count()).collect();
            // The dear part, sorting, is for the few that matter.
            due.retain(|i| {
                let group = &self.groups[*i as usize];
                config.verdicts && rule::is_near(&group.figures(), config)
                    || self.published.contains_key(i)
                    || rule::may_alert(group.total.into(), group.errors.into(), config)
            });
        }
        order::sort(&mut due, &mut |a, b| self.compare(a, b));
        due
    }

    /// A copy of a group that stands for itself.
    pub(crate) fn row(&self, group: u32, seed: Seed) -> Row {
        let mut strings = Strings::default();
        let mut group = self.groups[group as usize].clone();
        group.rename(&mut |symbol| strings.add(seed, self.strings.get(symbol)));
        Row { group, strings }
    }

    /// Compares two groups by key.
    pub(crate) fn compare(&self, a: u32, b: u32) -> Ordering {
        let key = |group: u32| self.groups[group as usize].key(&self.strings);
        key(a).cmp(&key(b))
    }

    /// Lets go of the texts that no group uses any more, when there are many.
    pub(crate) fn tidy(&mut self, seed: Seed) {
        // Telling which costs by facts and groups.
        if !self.strings.is_littered(self.facts + self.groups.len()) {
            return;
        }
        let before = std::mem::take(&mut self.strings);
        let strings = &mut self.strings;
        for group in &mut self.groups {
            group.rename(&mut |symbol| strings.add(seed, before.get(symbol)));
        }
    }

    /// Gives up all groups but those that are `kept`, with the ids of events that went to no
    /// other. Gives how many groups and ids that were.
    pub(crate) fn give_up(&mut self, seed: Seed, kept: &[bool]) -> (u64, u64) {
        let ids_before = self.ids.as_ref().map_or(0, Ids::len);
        let gone = kept.iter().zip(0..).filter(|(stays, _)| !**stays);
        for (_, at) in gone.clone() {
            if let Some(published) = self.published.remove(&at) {
                let (user, asn) = self.groups[at as usize].key(&self.strings);
                self.closed.insert(key_hash(seed, user, asn), published);
            }
        }
        self.gave_up = true;
        self.keep(seed, kept);
        let ids = ids_before - self.ids.as_ref().map_or(0, Ids::len);
        (gone.count() as u64, ids as u64)
    }

    /// Keeps these groups alone, with the ids of events that went to any of them.
    pub(crate) fn keep(&mut self, seed: Seed, kept: &[bool]) {
        let mut old = std::mem::replace(self, Window::new(self.fired, false));
        self.gave_up = old.gave_up;
        self.events = old.events;
        self.closed = std::mem::take(&mut old.closed);
        let mut places = Vec::with_capacity(kept.len());
        for (at, (mut group, stays)) in (0..).zip(old.groups.into_iter().zip(kept)) {
            if !stays {
                places.push(None);
                continue;
            }
            group.rename(&mut |symbol| self.strings.add(seed, old.strings.get(symbol)));
            let place = self.count();
            self.put(group, seed);
            if let Some(published) = old.published.get(&at) {
                self.published.insert(place, *published);
            }
            places.push(Some(place));
        }
        self.dirty = old
            .dirty
            .iter()
            .filter_map(|group| places[*group as usize])
            .collect();
        self.ids = old.ids.map(|ids| ids.renumbered(&places));
    }

    /// Puts in a group that is not there, with texts that are.
    pub(crate) fn put(&mut self, group: Group, seed: Seed) {
        let (user, asn) = group.key(&self.strings);
        let (place, hash) = (self.count(), key_hash(seed, user, asn));
        self.facts += group.facts.len();
        self.sketches += usize::from(group.sketch.is_some());
        self.groups.push(group);
        self.enter(place, hash, seed);
    }

    /// Whether nothing is left in it.
    pub(crate) fn is_spent(&self) -> bool {
        self.groups.is_empty() && self.closed.is_empty()
    }

    /// All groups in key order.
    pub(crate) fn in_order(&self) -> Vec<u32> {
        order::positions(self.groups.len(), &mut |a, b| self.compare(a, b))
    }

    /// Bytes held, by a formula over what is kept and not by what the allocator gave: the
    /// same on every host, after every restart. The figures were measured in the component.
    #[inline(always)]
    pub(crate) fn size(&self) -> u64 {
        let (texts, bytes) = self.strings.held();
        let groups = self.groups.len() * 84 + self.facts * 10 + self.sketches * (16 << 10);
        let all = groups + texts * 18 + bytes + self.published.len() * PUBLISHED as usize;
        all as u64 + self.fixed_size() + self.ids_size()
    }

    /// The part of [`size`](Window::size) that stays when all groups are given up.
    pub(crate) fn fixed_size(&self) -> u64 {
        400 + self.closed.len() as u64 * PUBLISHED
    }

    /// The part of [`size`](Window::size) that de-duplication takes.
    pub(crate) fn ids_size(&self) -> u64 {
        self.ids.as_ref().map_or(0, Ids::size) as u64
    }
}

/// The hash of a group's key.
pub(crate) fn key_hash(seed: Seed, user: Option<&str>, asn: Option<i64>) -> u64 {
    let mut hash = seed.hasher();
    // The parts' presence is part of the key: null is not the empty text, nor 0.
    hash.integer(i64::from(user.is_some()) + 2 * i64::from(asn.is_some()));
    hash.text(user.unwrap_or_default().as_bytes());
    hash.integer(asn.unwrap_or_default());
    hash.finish()
}
