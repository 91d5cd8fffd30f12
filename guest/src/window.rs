//! One tumbling window: its groups, and the ids of the events that it has counted.

use crate::config::Config;
use crate::event::{Event, Values};
use crate::group::{Group, Update};
use crate::hash::{BuildMixed, Seed};
use crate::order;
use crate::strings::Strings;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashTable};
use std::cmp::Ordering;

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

/// Which groups an event is in, and whether it was an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contribution {
    One(u32),
    OneError(u32),
    /// An event with several keys.
    Several(Box<(Vec<u32>, bool)>),
}

impl Contribution {
    pub(crate) fn new(groups: &[u32], error: bool) -> Contribution {
        match (groups, error) {
            ([group], false) => Contribution::One(*group),
            ([group], true) => Contribution::OneError(*group),
            _ => Contribution::Several(Box::new((groups.to_vec(), error))),
        }
    }

    pub(crate) fn groups(&self) -> &[u32] {
        match self {
            Contribution::One(group) | Contribution::OneError(group) => std::slice::from_ref(group),
            Contribution::Several(several) => &several.0,
        }
    }

    pub(crate) fn error(&self) -> bool {
        match self {
            Contribution::One(_) => false,
            Contribution::OneError(_) => true,
            Contribution::Several(several) => several.1,
        }
    }
}

/// The ids of counted events.
pub(crate) type Ids = HashMap<u64, Contribution, BuildMixed>;

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
    /// How many documents were counted in it.
    pub(crate) events: u64,
    pub(crate) groups: Vec<Group>,
    index: HashTable<u32>,
    /// None once the de-duplication horizon has passed.
    pub(crate) ids: Option<Ids>,
    pub(crate) strings: Strings,
    pub(crate) published: HashMap<u32, Published, BuildMixed>,
    /// Groups that changed since they were last judged.
    pub(crate) dirty: Vec<u32>,
}

impl Window {
    /// A new window; `remember` its event ids or not.
    pub(crate) fn new(fired: bool, remember: bool) -> Window {
        Window {
            fired,
            events: 0,
            groups: Vec::new(),
            index: HashTable::new(),
            ids: remember.then(Ids::default),
            strings: Strings::default(),
            published: HashMap::default(),
            dirty: Vec::new(),
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
        if known.is_some_and(|(ids, id)| ids.contains_key(&id)) {
            return None;
        }
        self.events += 1;
        let groups = self.groups_of(event, seed);
        for group in &groups {
            let with = Update {
                config,
                seed,
                strings: &mut self.strings,
            };
            self.groups[*group as usize].add(event, offset, with);
        }
        if let Some((ids, id)) = self.ids.as_mut().zip(event.id) {
            ids.insert(id, Contribution::new(&groups, event.error));
        }
        Some(groups)
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
        // A window of 2^32 groups does not fit in a component's memory.
        #[allow(clippy::cast_possible_truncation, reason = "see above")]
        let new = self.groups.len() as u32;
        self.groups.push(Group::new(symbol, asn));
        let (groups, strings) = (&self.groups, &self.strings);
        self.index.insert_unique(hash, new, |i| {
            let (user, asn) = groups[*i as usize].key(strings);
            key_hash(seed, user, asn)
        });
        new
    }

    /// How many groups there are.
    pub(crate) fn count(&self) -> u32 {
        // As in `group`: it fits.
        u32::try_from(self.groups.len()).unwrap_or(u32::MAX)
    }

    /// Notes that a group is to be judged again.
    pub(crate) fn touch(&mut self, group: u32) {
        let entry = &mut self.groups[group as usize];
        if !entry.dirty {
            entry.dirty = true;
            self.dirty.push(group);
        }
    }

    /// The groups to judge now, in key order: all when it fires, else the changed ones.
    pub(crate) fn due(&mut self) -> Vec<u32> {
        let changed = std::mem::take(&mut self.dirty);
        let mut due = if self.fired {
            changed
        } else {
            (0..self.count()).collect()
        };
        for group in &due {
            self.groups[*group as usize].dirty = false;
        }
        order::sort(&mut due, &mut |a, b| self.compare(a, b));
        due
    }

    /// A copy of a group that stands for itself.
    pub(crate) fn row(&self, group: u32, seed: Seed) -> Row {
        let mut strings = Strings::default();
        let group = &self.groups[group as usize];
        let group = group.renamed(&mut |symbol| strings.add(seed, self.strings.get(symbol)));
        Row { group, strings }
    }

    /// Compares two groups by key.
    pub(crate) fn compare(&self, a: u32, b: u32) -> Ordering {
        let key = |group: u32| self.groups[group as usize].key(&self.strings);
        key(a).cmp(&key(b))
    }

    /// Takes in another state of the same window. Gives the number of events that both had
    /// counted, and of groups that both had.
    pub(crate) fn merge(&mut self, other: &Window, config: &Config, seed: Seed) -> (u64, u64) {
        let before = self.groups.len();
        let places: Vec<u32> = other
            .groups
            .iter()
            .map(|g| {
                let (user, asn) = g.key(&other.strings);
                self.group(user, asn, seed)
            })
            .collect();
        let (events, repeated) = self.merge_ids(other, &places);
        for (at, theirs) in other.groups.iter().enumerate() {
            let with = Update {
                config,
                seed,
                strings: &mut self.strings,
            };
            let ours = &mut self.groups[places[at] as usize];
            ours.merge(theirs, repeated[at], &other.strings, with);
        }
        for (group, theirs) in &other.published {
            self.merge_published(places[*group as usize], *theirs);
        }
        if other.fired && !self.fired {
            // Ours have not been judged at all yet, and the window will not fire again.
            (0..self.count()).for_each(|group| self.touch(group));
        }
        self.fired |= other.fired;
        self.events += other.events.saturating_sub(events);
        places.iter().for_each(|group| self.touch(*group));
        let both = before + other.groups.len() - self.groups.len();
        (events, both as u64)
    }

    /// Gives how many events are on both sides, and per group of the other side how many
    /// events and errors that makes. Only as long as both sides remember their ids.
    fn merge_ids(&mut self, other: &Window, places: &[u32]) -> (u64, Vec<(u32, u32)>) {
        let mut repeated = vec![(0, 0); other.groups.len()];
        let mut events = 0;
        let (Some(ours), Some(theirs)) = (&mut self.ids, &other.ids) else {
            self.ids = None;
            return (0, repeated);
        };
        for (id, contribution) in theirs {
            match ours.entry(*id) {
                Entry::Occupied(_) => {
                    events += 1;
                    for group in contribution.groups() {
                        let (calls, errors) = &mut repeated[*group as usize];
                        *calls += 1;
                        *errors += u32::from(contribution.error());
                    }
                }
                Entry::Vacant(entry) => {
                    let groups: Vec<u32> = contribution
                        .groups()
                        .iter()
                        .map(|g| places[*g as usize])
                        .collect();
                    entry.insert(Contribution::new(&groups, contribution.error()));
                }
            }
        }
        (events, repeated)
    }

    fn merge_published(&mut self, group: u32, theirs: Published) {
        match self.published.entry(group) {
            Entry::Vacant(entry) => {
                entry.insert(theirs);
            }
            Entry::Occupied(mut entry) => {
                let ours = *entry.get();
                let merged = match ours.revision.cmp(&theirs.revision) {
                    Ordering::Greater => ours,
                    Ordering::Less => theirs,
                    Ordering::Equal if ours == theirs => ours,
                    // Two hosts said different things under one number: the next judgement
                    // must speak, and does, since no row has this digest.
                    Ordering::Equal => Published {
                        digest: 0,
                        active: true,
                        ..ours
                    },
                };
                entry.insert(merged);
            }
        }
    }

    /// An estimate of the bytes held.
    pub(crate) fn size(&self) -> usize {
        size_of::<Window>()
            + self.groups.iter().map(Group::size).sum::<usize>()
            + (self.groups.capacity() - self.groups.len()) * size_of::<Group>()
            + self.index.allocation_size()
            + self.ids.as_ref().map_or(0, HashMap::allocation_size)
            + self.strings.size()
    }
}

fn key_hash(seed: Seed, user: Option<&str>, asn: Option<i64>) -> u64 {
    let mut hash = seed.hasher();
    // The parts' presence is part of the key: null is not the empty text, nor 0.
    hash.integer(i64::from(user.is_some()) + 2 * i64::from(asn.is_some()));
    hash.text(user.unwrap_or_default());
    hash.integer(asn.unwrap_or_default());
    hash.finish()
}
