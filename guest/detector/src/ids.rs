//! The event ids of a window with the groups of each event, for de-duplication and merging.

use hashbrown::HashTable;
use hashbrown::hash_table;

/// Number of flags of an event that are stored with its id, so that its contribution to the counts
/// of flagged events can be subtracted when states are merged.
pub const FLAGS: u32 = 2;
/// The lowest bit of the flags.
const FLAGS_AT: u32 = u32::BITS - FLAGS;
/// Mark of an event in several groups; the number is that of the list of groups.
const SEVERAL: u32 = 1 << (FLAGS_AT - 1);
const NUMBER: u32 = SEVERAL - 1;

/// The id of an event, a keyed hash, in two halves: as one number it would take four bytes more,
/// and there is one for each event.
#[derive(Clone, Copy, Debug)]
struct IdEntry {
    high: u32,
    low: u32,
    /// The index of a group or of a list of groups, and the marks.
    place: u32,
}

impl IdEntry {
    fn id(&self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// The ids of counted events.
#[derive(Debug, Default)]
pub struct Ids {
    table: HashTable<IdEntry>,
    several: Vec<Vec<u32>>,
    /// Total length of all lists.
    listed: usize,
}

/// The contribution of an event: its groups and its flags.
#[derive(Clone, Copy, Debug)]
pub struct Contribution<'i> {
    /// Indexes of the groups in their window.
    pub groups: &'i [u32],
    /// Flags of the event, a bit for each.
    pub flags: u8,
}

impl Ids {
    /// An empty set with a capacity, which must not exceed what the input can hold.
    pub fn with_room(count: usize) -> Ids {
        Ids {
            table: HashTable::with_capacity(count),
            ..Ids::default()
        }
    }

    /// The number of ids.
    pub fn count(&self) -> usize {
        self.table.len()
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.table.len() * 26 + self.several.len() * 40 + self.listed * 4
    }

    /// Whether it contains an id.
    pub fn contains(&self, id: u64) -> bool {
        self.table.find(id, |entry| entry.id() == id).is_some()
    }

    /// Adds the id of an event in one group, unless it is present; returns whether it was added.
    #[allow(clippy::cast_possible_truncation, reason = "halves are wanted")]
    #[inline(always)]
    pub fn add(&mut self, id: u64, group: u32, flags: u8) -> bool {
        let same = |entry: &IdEntry| entry.id() == id;
        match self.table.entry(id, same, IdEntry::id) {
            hash_table::Entry::Occupied(_) => false,
            hash_table::Entry::Vacant(entry) => {
                entry.insert(IdEntry {
                    high: (id >> 32) as u32,
                    low: id as u32,
                    place: group & NUMBER | u32::from(flags) << FLAGS_AT,
                });
                true
            }
        }
    }

    /// Adds an id that is not present.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "halves are wanted, and lists fit in memory"
    )]
    pub fn insert(&mut self, id: u64, groups: &[u32], flags: u8) {
        let place = match groups {
            [group] => *group & NUMBER,
            _ => {
                self.several.push(groups.to_vec());
                self.listed += groups.len();
                SEVERAL | (self.several.len() - 1) as u32 & NUMBER
            }
        };
        let entry = IdEntry {
            high: (id >> 32) as u32,
            low: id as u32,
            place: place | u32::from(flags) << FLAGS_AT,
        };
        // Ids are keyed hashes: they need no further hashing.
        self.table.insert_unique(id, entry, IdEntry::id);
    }

    /// Adds groups of an event to its id, which may be present. Calls `had` with the index of each
    /// group that had the event; returns whether any had.
    #[allow(clippy::cast_possible_truncation, reason = "lists fit in memory")]
    pub fn add_groups(
        &mut self,
        id: u64,
        groups: &[u32],
        flags: u8,
        mut had: impl FnMut(usize),
    ) -> bool {
        let Some(entry) = self.table.find_mut(id, |entry| entry.id() == id) else {
            self.insert(id, groups, flags);
            return false;
        };
        let number = entry.place & NUMBER;
        if entry.place & SEVERAL == 0 {
            if *groups == [number] {
                had(0);
                return true;
            }
            self.several.push(vec![number]);
            self.listed += 1;
            let list = (self.several.len() - 1) as u32 & NUMBER;
            entry.place = entry.place & !(SEVERAL | NUMBER) | SEVERAL | list;
        }
        let list = &mut self.several[(entry.place & NUMBER) as usize];
        let before = list.len();
        for (at, group) in groups.iter().enumerate() {
            if list.contains(group) {
                had(at);
            } else {
                list.push(*group);
            }
        }
        self.listed += list.len() - before;
        list.len() < before + groups.len()
    }

    /// Calls `each` with every id and its contribution, in no order.
    pub fn each(&self, mut each: impl FnMut(u64, Contribution)) {
        for entry in &self.table {
            self.visit(entry, &mut each);
        }
    }

    /// Calls `each` with every id and its contribution, in ascending order of ids.
    pub fn each_ascending(&self, mut each: impl FnMut(u64, Contribution)) {
        let mut entries: Vec<IdEntry> = self.table.iter().copied().collect();
        sort(&mut entries);
        for entry in &entries {
            self.visit(entry, &mut each);
        }
    }

    fn visit(&self, entry: &IdEntry, each: &mut impl FnMut(u64, Contribution)) {
        let number = entry.place & NUMBER;
        let groups = match entry.place & SEVERAL {
            0 => std::slice::from_ref(&number),
            _ => &self.several[number as usize],
        };
        let [flags, ..] = (entry.place >> FLAGS_AT).to_le_bytes();
        each(entry.id(), Contribution { groups, flags });
    }

    /// A copy with renumbered groups, without the ids whose groups are all gone.
    pub fn renumbered(&self, places: &[Option<u32>]) -> Ids {
        let mut ids = Ids::default();
        let mut groups = Vec::new();
        self.each(|id, contribution| {
            groups.clear();
            groups.extend(
                contribution
                    .groups
                    .iter()
                    .filter_map(|g| places[*g as usize]),
            );
            if !groups.is_empty() {
                ids.insert(id, &groups, contribution.flags);
            }
        });
        ids
    }
}

/// Radix sort by id: a comparison sort would cost ten times as much, and there is one id for each
/// event.
fn sort(entries: &mut Vec<IdEntry>) {
    let mut sorted = entries.clone();
    for byte in 0..8 {
        let digit = |entry: &IdEntry| usize::from(entry.id().to_le_bytes()[byte]);
        let mut places = [0_usize; 256];
        entries.iter().for_each(|entry| places[digit(entry)] += 1);
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        for entry in &*entries {
            let place = &mut places[digit(entry)];
            sorted[*place] = *entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut sorted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_ascending() {
        let (mut ids, mut expected) = (Ids::default(), Vec::new());
        for n in 0..2000_u64 {
            // Spread over all bytes, with some that agree in all but the lowest.
            let id = (n / 8).wrapping_mul(0x9e37_79b9_7f4a_7c15) & !255 | n;
            assert!(ids.add(id, 0, 0));
            expected.push(id);
        }
        expected.sort_unstable();
        let mut given = Vec::new();
        ids.each_ascending(|id, _| given.push(id));
        assert_eq!(given, expected);
    }

    #[test]
    fn flags_are_kept_by_event() {
        let mut ids = Ids::default();
        for flags in 0..4 {
            assert!(ids.add(flags, 7, flags.to_le_bytes()[0]));
            ids.insert(flags + 4, &[7, 8], flags.to_le_bytes()[0]);
            ids.add_groups(flags, &[9], 0, |_| ());
        }
        let ids = ids.renumbered(&[const { Some(1) }; 10]);
        let mut given = Vec::new();
        ids.each_ascending(|id, with| given.push((id % 4, u64::from(with.flags))));
        assert_eq!(given.len(), 8);
        assert!(given.iter().all(|(id, flags)| id == flags), "{given:?}");
    }
}
