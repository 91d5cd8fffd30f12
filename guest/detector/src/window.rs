//! One window, or one pane of several: its groups, and the ids of the events that it has counted.

use crate::columns::{Columns, Context};
use crate::group::Group;
use crate::hash::{BuildMixed, Seed};
use crate::ids::Ids;
use crate::key::Keys;
use crate::order;
use crate::strings::Strings;
use hashbrown::{HashMap, HashTable};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// Places of groups in their window, mostly one.
pub type Groups = SmallVec<[u32; 1]>;

/// An event as it comes to its window.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Hash of what identifies it; none when nothing does.
    pub id: Option<u64>,
    /// Flags, a bit for each.
    pub flags: u8,
    /// Milliseconds since the window's start.
    pub offset: u32,
}

/// Bytes that are held for a group of which something was published.
pub const PUBLISHED: u64 = 40;

/// What has been published of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The last revision's number.
    pub revision: u32,
    /// The last revision's row; 0 when two hosts published different ones under one number.
    pub digest: u64,
    /// Whether it stands, that is, is not retracted.
    pub active: bool,
}

/// A group's aggregate with the texts that it needs: all that an alert is made of.
pub struct Row {
    /// The aggregate.
    pub group: Group,
    /// Its texts.
    pub strings: Strings,
}

/// A window that holds state.
#[derive(Debug)]
pub struct Window {
    /// Whether the watermark has passed its end.
    pub fired: bool,
    /// Whether groups of it were given up: one that begins now may lack its first events.
    pub gave_up: bool,
    /// Whether it was taken apart: the events of its groups may have gone to others too.
    pub alone: bool,
    /// How many documents were counted in it.
    pub events: u64,
    /// The groups, in the order in which they began.
    pub groups: Vec<Group>,
    index: HashTable<u32>,
    /// None once the de-duplication horizon has passed.
    pub ids: Option<Ids>,
    /// Texts of all groups.
    pub strings: Strings,
    /// What was published, by group.
    pub published: HashMap<u32, Published, BuildMixed>,
    /// The same of groups that were given up, by the hash of their keys.
    pub closed: HashMap<u64, Published, BuildMixed>,
    /// Groups that changed since they were last judged.
    pub dirty: Vec<u32>,
    /// Facts of all groups.
    facts: usize,
    /// Bytes of what groups keep beside their facts.
    more: usize,
}

impl Window {
    /// A new window; `remember` its event ids or not.
    pub fn new(fired: bool, remember: bool) -> Window {
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
            more: 0,
        }
    }

    /// Adds an event to all its groups and gives them; None for a duplicate. What it says to
    /// their columns is said by `fill`.
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
        self.tidy(with);
        Some(groups)
    }

    /// Adds an event to a group that has learned all of it but what `fill` says; false for a
    /// duplicate.
    #[inline(always)]
    pub fn add_known(
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
        self.tidy(with);
        true
    }

    /// Changes a group, and keeps count of what it holds.
    #[inline(always)]
    pub(crate) fn update(
        &mut self,
        group: u32,
        offset: u32,
        with: Context,
        change: impl FnOnce(&mut Columns),
    ) {
        let group = &mut self.groups[group as usize];
        let (facts, more) = (group.facts.count(), group.more());
        change(&mut Columns {
            group,
            strings: &mut self.strings,
            with,
            offset,
            id: None,
        });
        self.facts = self.facts + group.facts.count() - facts;
        self.more = self.more + group.more() - more;
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

    /// The group of a key, made if it is new.
    pub fn group(&mut self, key: &str, seed: Seed) -> u32 {
        let hash = seed.text(key);
        if let Some(found) = self.find_hash(key, hash) {
            return found;
        }
        let new = self.count();
        let mut group = Group::new(self.strings.add(seed, key));
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
    pub fn make_room(&mut self, count: usize) {
        self.groups.reserve(count);
        self.index = HashTable::with_capacity(count);
    }

    /// Enters a group into the index under the hash of its key.
    fn enter(&mut self, group: u32, hash: u64, seed: Seed) {
        let (groups, strings) = (&self.groups, &self.strings);
        self.index
            .insert_unique(hash, group, |i| seed.text(groups[*i as usize].key(strings)));
    }

    /// Puts a group that was read in the place of the last one, which has its key.
    pub fn fill_last(&mut self, group: Group) -> Option<()> {
        self.facts += group.facts.count();
        self.more += group.more();
        *self.groups.last_mut()? = group;
        Some(())
    }

    /// How many groups there are.
    pub fn count(&self) -> u32 {
        // A window of 2^32 groups does not fit in a component's memory.
        u32::try_from(self.groups.len()).unwrap_or(u32::MAX)
    }

    /// Notes that a group is to be judged again.
    pub fn touch(&mut self, group: u32) {
        if self.groups[group as usize].set_dirty(true) {
            self.dirty.push(group);
        }
    }

    /// The groups to judge now, in key order: the changed ones, or when it fires all that
    /// there is something to say of: something was published of them, or they are worth it.
    pub fn due(&mut self, worth: impl Fn(&Group) -> bool) -> Vec<u32> {
        let changed = std::mem::take(&mut self.dirty);
        for group in &changed {
            self.groups[*group as usize].set_dirty(false);
        }
        let mut due = changed;
        if !self.fired {
            due = (0..self.count()).collect();
            // The dear part, sorting, is for the few that matter.
            due.retain(|i| self.published.contains_key(i) || worth(&self.groups[*i as usize]));
        }
        order::sort(&mut due, &mut |a, b| self.compare(a, b));
        due
    }

    /// A copy of a group that stands for itself.
    pub fn row(&self, group: u32, with: Context) -> Row {
        let mut strings = Strings::default();
        let mut group = self.groups[group as usize].clone();
        group.rename(with.schema, &mut |symbol| {
            strings.add(with.seed, self.strings.get(symbol))
        });
        Row { group, strings }
    }

    /// Compares two groups by key.
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        let key = |group: u32| self.groups[group as usize].key(&self.strings);
        key(a).cmp(key(b))
    }

    /// Lets go of the texts that no group uses any more, when there are many.
    #[inline(always)]
    pub fn tidy(&mut self, with: Context) {
        // Telling which costs by facts and groups.
        if self.strings.is_littered(self.facts + self.groups.len()) {
            self.drop_litter(with);
        }
    }

    #[cold]
    fn drop_litter(&mut self, with: Context) {
        let before = std::mem::take(&mut self.strings);
        let strings = &mut self.strings;
        for group in &mut self.groups {
            group.rename(with.schema, &mut |symbol| {
                strings.add(with.seed, before.get(symbol))
            });
        }
    }

    /// Gives up all groups but those that are `kept`, with the ids of events that went to no
    /// other. Gives how many groups and ids that were.
    pub fn give_up(&mut self, with: Context, kept: &[bool]) -> (u64, u64) {
        let ids_before = self.ids.as_ref().map_or(0, Ids::count);
        let gone = kept.iter().zip(0..).filter(|(stays, _)| !**stays);
        for (_, at) in gone.clone() {
            if let Some(published) = self.published.remove(&at) {
                let key = self.groups[at as usize].key(&self.strings);
                self.closed.insert(with.seed.text(key), published);
            }
        }
        self.gave_up = true;
        self.keep(with, kept);
        let ids = ids_before - self.ids.as_ref().map_or(0, Ids::count);
        (gone.count() as u64, ids as u64)
    }

    /// Keeps these groups alone, with the ids of events that went to any of them.
    pub fn keep(&mut self, with: Context, kept: &[bool]) {
        let mut old = std::mem::replace(self, Window::new(self.fired, false));
        self.gave_up = old.gave_up;
        self.alone = old.alone;
        self.events = old.events;
        self.closed = std::mem::take(&mut old.closed);
        let mut places = Vec::with_capacity(kept.len());
        for (at, (mut group, stays)) in (0..).zip(old.groups.into_iter().zip(kept)) {
            if !stays {
                places.push(None);
                continue;
            }
            group.rename(with.schema, &mut |symbol| {
                self.strings.add(with.seed, old.strings.get(symbol))
            });
            let place = self.count();
            self.put(group, with.seed);
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
    pub fn put(&mut self, group: Group, seed: Seed) {
        let (place, hash) = (self.count(), seed.text(group.key(&self.strings)));
        self.facts += group.facts.count();
        self.more += group.more();
        self.groups.push(group);
        self.enter(place, hash, seed);
    }

    /// Forgets the ids of its events.
    #[inline(always)]
    pub fn forget_ids(&mut self) {
        if self.ids.take().is_some() {
            self.forget_given();
        }
    }

    /// Forgets what each of them gave to sums.
    pub(crate) fn forget_given(&mut self) {
        self.groups.iter_mut().for_each(Group::forget_ids);
        self.more = self.groups.iter().map(Group::more).sum();
    }

    /// Whether nothing is left in it.
    pub fn is_spent(&self) -> bool {
        self.groups.is_empty() && self.closed.is_empty()
    }

    /// All groups in key order.
    pub fn in_order(&self) -> Vec<u32> {
        order::positions(self.groups.len(), &mut |a, b| self.compare(a, b))
    }

    /// Bytes held, by a formula over what is kept and not by what the allocator gave: the
    /// same on every host, after every restart. The figures were measured in the component.
    #[inline(always)]
    pub fn size(&self) -> u64 {
        let (texts, bytes) = self.strings.held();
        let groups = self.groups.len() * 84 + self.facts * 10 + self.more;
        let all = groups + texts * 18 + bytes + self.published.len() * PUBLISHED as usize;
        all as u64 + self.fixed_size() + self.ids_size()
    }

    /// The part of [`size`](Window::size) that stays when all groups are given up.
    pub fn fixed_size(&self) -> u64 {
        400 + self.closed.len() as u64 * PUBLISHED
    }

    /// The part of [`size`](Window::size) that de-duplication takes.
    pub fn ids_size(&self) -> u64 {
        self.ids.as_ref().map_or(0, Ids::size) as u64
    }
}
