//! A window, or a pane of sliding windows: its groups and the ids of its events.

use crate::columns::{Columns, Context};
use crate::group::Group;
use crate::hash::{BuildPremixedHasher, Seed};
use crate::ids::Ids;
use crate::key::Keys;
use crate::order;
use crate::strings::Strings;
use hashbrown::{HashMap, HashTable};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// Indexes of groups in their window, mostly one.
pub type Groups = SmallVec<[u32; 1]>;

/// An event that is added to its window.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The hash of its identity; None if it has none.
    pub id: Option<u64>,
    /// Flags, a bit for each.
    pub flags: u8,
    /// Milliseconds since the window's start.
    pub offset: u32,
}

/// Bytes held for a published revision.
pub const PUBLISHED: u64 = 40;

/// The last published revision of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of the revision.
    pub revision: u32,
    /// Digest of the revision's row; 0 if two hosts published different rows under one number.
    pub digest: u64,
    /// Whether the alert is active, that is, not retracted.
    pub active: bool,
}

/// A group's aggregate with its texts: the input of an alert.
pub struct Row {
    /// The aggregate.
    pub group: Group,
    /// Its texts.
    pub strings: Strings,
}

/// A window with its state.
#[derive(Debug)]
pub struct Window {
    /// Whether the watermark has passed its end.
    pub fired: bool,
    /// Whether groups were evicted: a new group may lack its first events.
    pub evicted: bool,
    /// Whether groups were split off: its events may be in other states too.
    pub split_off: bool,
    /// Number of events that were counted.
    pub events: u64,
    /// The groups, in order of creation.
    pub groups: Vec<Group>,
    index: HashTable<u32>,
    /// Event ids; None once the de-duplication horizon has passed.
    pub ids: Option<Ids>,
    /// Texts of all groups.
    pub strings: Strings,
    /// Published revisions by group.
    pub published: HashMap<u32, Published, BuildPremixedHasher>,
    /// Published revisions of evicted groups, by the hash of their keys.
    pub evicted_published: HashMap<u64, Published, BuildPremixedHasher>,
    /// Groups that changed since the last evaluation.
    pub dirty: Vec<u32>,
    /// Number of facts of all groups.
    facts: usize,
    /// Bytes that groups hold beside their facts.
    extras_size: usize,
}

impl Window {
    /// A new window; `keep_ids` says whether it stores event ids.
    pub fn new(fired: bool, keep_ids: bool) -> Window {
        Window {
            fired,
            evicted: false,
            split_off: false,
            events: 0,
            groups: Vec::new(),
            index: HashTable::new(),
            ids: keep_ids.then(Ids::default),
            strings: Strings::default(),
            published: HashMap::default(),
            evicted_published: HashMap::default(),
            dirty: Vec::new(),
            facts: 0,
            extras_size: 0,
        }
    }

    /// Adds an event to all its groups and returns them; None for a duplicate. `fill` adds the
    /// event's values to their columns.
    pub fn add(
        &mut self,
        event: &Arrival,
        keys: &Keys,
        fill: &dyn Fn(&mut Columns),
        with: Context,
    ) -> Option<Groups> {
        let known = self.ids.as_ref().zip(event.id);
        if known.is_some_and(|(ids, id)| ids.contains(id)) {
            return None;
        }
        self.events += 1;
        let groups: Groups = keys.iter().map(|key| self.group(key, with.seed)).collect();
        let id = event.id.filter(|_| self.ids.is_some());
        for group in &groups {
            self.update(*group, event.offset, with, |columns| {
                columns.id = id;
                columns.count(event.flags);
                fill(columns);
            });
        }
        if let Some((ids, id)) = self.ids.as_mut().zip(event.id) {
            ids.insert(id, &groups, event.flags);
        }
        self.compact(with);
        Some(groups)
    }

    /// Adds a call to the group of its cached caller; `fill` adds the values that are not the
    /// caller's. False for a duplicate.
    #[inline(always)]
    pub fn add_call(
        &mut self,
        event: &Arrival,
        group: u32,
        fill: impl FnOnce(&mut Columns),
        with: Context,
    ) -> bool {
        if let Some((ids, id)) = self.ids.as_mut().zip(event.id)
            && !ids.add(id, group, event.flags)
        {
            return false;
        }
        self.events += 1;
        let id = event.id.filter(|_| self.ids.is_some());
        self.update(group, event.offset, with, |columns| {
            columns.id = id;
            columns.count(event.flags);
            fill(columns);
        });
        self.compact(with);
        true
    }

    /// Changes a group, and tracks its size.
    #[inline(always)]
    pub(crate) fn update(
        &mut self,
        group: u32,
        offset: u32,
        with: Context,
        change: impl FnOnce(&mut Columns),
    ) {
        let group = &mut self.groups[group as usize];
        let (facts, extras_size) = (group.facts.count(), group.extras_size());
        change(&mut Columns {
            group,
            strings: &mut self.strings,
            with,
            offset,
            id: None,
        });
        self.facts = self.facts + group.facts.count() - facts;
        self.extras_size = self.extras_size + group.extras_size() - extras_size;
    }

    /// The group of a key, if there is one.
    pub fn find(&self, key: &str, seed: Seed) -> Option<u32> {
        self.find_hash(key, seed.text(key))
    }

    #[inline(always)]
    fn find_hash(&self, key: &str, hash: u64) -> Option<u32> {
        let (groups, strings) = (&self.groups, &self.strings);
        let same = |i: &u32| groups[*i as usize].key(strings) == key;
        self.index.find(hash, same).copied()
    }

    /// The group of a key, created if it is new.
    pub fn group(&mut self, key: &str, seed: Seed) -> u32 {
        let hash = seed.text(key);
        if let Some(found) = self.find_hash(key, hash) {
            return found;
        }
        let new = self.count();
        let mut group = Group::new(self.strings.add(seed, key));
        if self.evicted {
            group.mark_incomplete();
        }
        if let Some(published) = self.evicted_published.remove(&hash) {
            group.detach();
            self.published.insert(new, published);
        }
        self.groups.push(group);
        self.index_group(new, hash, seed);
        new
    }

    /// Reserves capacity for groups in a new window.
    pub fn reserve(&mut self, count: usize) {
        self.groups.reserve(count);
        self.index = HashTable::with_capacity(count);
    }

    /// Adds a group to the index under the hash of its key.
    fn index_group(&mut self, group: u32, hash: u64, seed: Seed) {
        let (groups, strings) = (&self.groups, &self.strings);
        self.index
            .insert_unique(hash, group, |i| seed.text(groups[*i as usize].key(strings)));
    }

    /// Replaces the last group, which has the same key, with a decoded one.
    pub fn replace_last_group(&mut self, group: Group) -> Option<()> {
        self.facts += group.facts.count();
        self.extras_size += group.extras_size();
        *self.groups.last_mut()? = group;
        Some(())
    }

    /// Number of groups.
    pub fn count(&self) -> u32 {
        // A component's memory holds fewer groups.
        u32::try_from(self.groups.len()).unwrap_or(u32::MAX)
    }

    /// Marks a group for evaluation.
    pub fn mark_dirty(&mut self, group: u32) {
        if self.groups[group as usize].set_dirty(true) {
            self.dirty.push(group);
        }
    }

    /// The groups to evaluate, in key order: the changed ones, or on firing all that were published
    /// or are `worth` it.
    pub fn due(&mut self, worth: impl Fn(&Group, &Strings) -> bool) -> Vec<u32> {
        let changed = std::mem::take(&mut self.dirty);
        for group in &changed {
            self.groups[*group as usize].set_dirty(false);
        }
        let mut due = changed;
        if !self.fired {
            due = (0..self.count()).collect();
            // Sorting, the expensive part, is left to the few that matter.
            due.retain(|i| {
                let group = &self.groups[*i as usize];
                self.published.contains_key(i) || worth(group, &self.strings)
            });
        }
        order::sort(&mut due, &mut |a, b| self.compare(a, b));
        due
    }

    /// A self-contained copy of a group.
    pub fn row(&self, group: u32, with: Context) -> Row {
        let mut strings = Strings::default();
        let mut group = self.groups[group as usize].clone();
        group.remap_symbols(with.schema, &mut |symbol| {
            strings.add(with.seed, self.strings.get(symbol))
        });
        Row { group, strings }
    }

    /// Compares two groups by key.
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        let key = |group: u32| self.groups[group as usize].key(&self.strings);
        key(a).cmp(key(b))
    }

    /// Removes unreferenced texts, if there are many.
    #[inline(always)]
    pub fn compact(&mut self, with: Context) {
        // The cost of compaction is in proportion to facts and groups.
        if self
            .strings
            .wants_compaction(self.facts + self.groups.len())
        {
            self.compact_strings(with);
        }
    }

    #[cold]
    fn compact_strings(&mut self, with: Context) {
        let before = std::mem::take(&mut self.strings);
        let strings = &mut self.strings;
        for group in &mut self.groups {
            group.remap_symbols(with.schema, &mut |symbol| {
                strings.add(with.seed, before.get(symbol))
            });
        }
    }

    /// Evicts all groups but those that are `kept`, with the ids of events in no other group.
    /// Returns the numbers of groups and ids.
    pub fn evict(&mut self, with: Context, kept: &[bool]) -> (u64, u64) {
        let ids_before = self.ids.as_ref().map_or(0, Ids::count);
        let gone = kept.iter().zip(0..).filter(|(stays, _)| !**stays);
        for (_, at) in gone.clone() {
            if let Some(published) = self.published.remove(&at) {
                let key = self.groups[at as usize].key(&self.strings);
                self.evicted_published
                    .insert(with.seed.text(key), published);
            }
        }
        self.evicted = true;
        self.retain_groups(with, kept);
        let ids = ids_before - self.ids.as_ref().map_or(0, Ids::count);
        (gone.count() as u64, ids as u64)
    }

    /// Removes all groups but those that are `kept`, and the ids of events in none of them.
    pub fn retain_groups(&mut self, with: Context, kept: &[bool]) {
        let mut old = std::mem::replace(self, Window::new(self.fired, false));
        self.evicted = old.evicted;
        self.split_off = old.split_off;
        self.events = old.events;
        self.evicted_published = std::mem::take(&mut old.evicted_published);
        let mut places = Vec::with_capacity(kept.len());
        for (at, (mut group, stays)) in (0..).zip(old.groups.into_iter().zip(kept)) {
            if !stays {
                places.push(None);
                continue;
            }
            group.remap_symbols(with.schema, &mut |symbol| {
                self.strings.add(with.seed, old.strings.get(symbol))
            });
            let place = self.count();
            self.insert_group(group, with.seed);
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

    /// Adds an absent group whose texts are present.
    pub fn insert_group(&mut self, group: Group, seed: Seed) {
        let (place, hash) = (self.count(), seed.text(group.key(&self.strings)));
        self.facts += group.facts.count();
        self.extras_size += group.extras_size();
        self.groups.push(group);
        self.index_group(place, hash, seed);
    }

    /// Drops the event ids.
    #[inline(always)]
    pub fn drop_ids(&mut self) {
        if self.ids.take().is_some() {
            self.drop_addends();
        }
    }

    /// Drops the addends of single events.
    pub(crate) fn drop_addends(&mut self) {
        self.groups.iter_mut().for_each(Group::drop_ids);
        self.extras_size = self.groups.iter().map(Group::extras_size).sum();
    }

    /// Whether no group and no published revision is left.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.evicted_published.is_empty()
    }

    /// All groups in key order.
    pub fn groups_by_key(&self) -> Vec<u32> {
        order::positions(self.groups.len(), &mut |a, b| self.compare(a, b))
    }

    /// Bytes held, by a formula over the contents and not by the allocator: equal on every host,
    /// and after every restart. The figures were measured in the component.
    #[inline(always)]
    pub fn size(&self) -> u64 {
        let (texts, bytes) = self.strings.referenced();
        let groups = self.groups.len() * 84 + self.facts * 10 + self.extras_size;
        let all = groups + texts * 18 + bytes + self.published.len() * PUBLISHED as usize;
        all as u64 + self.fixed_size() + self.ids_size()
    }

    /// The part of [`size`](Window::size) that stays when all groups are evicted.
    pub fn fixed_size(&self) -> u64 {
        400 + self.evicted_published.len() as u64 * PUBLISHED
    }

    /// The part of [`size`](Window::size) for de-duplication.
    pub fn ids_size(&self) -> u64 {
        self.ids.as_ref().map_or(0, Ids::size) as u64
    }
}
