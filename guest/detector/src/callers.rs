//! A cache from callers to the groups that already contain their attributes.
//!
//! It is a cache and not state: no result depends on its contents, and it may drop entries at any
//! time. It must be cleared whenever groups are renumbered or lose values, or whenever the same
//! call would add something else.

use crate::chunk;
use crate::hash::Seed;

/// The attributes of a call that its group stores, except path, status and time.
pub struct Caller<'a> {
    /// Attributes that many callers share, such as tenant and application.
    pub profile: [&'a [u8]; 5],
    /// Attributes that few callers share: user, address, number of the network.
    pub own: [&'a [u8]; 3],
}

/// The hash of a caller, which selects its cache slots.
#[derive(Clone, Copy)]
pub struct CallerHash(u64);

/// The cached group of a caller.
#[derive(Clone, Copy, Default)]
pub struct CachedGroup {
    /// Its index in its window.
    pub group: u32,
    /// Look-ups of each call in a table that is not loaded.
    pub missed: u32,
}

impl CachedGroup {
    /// The group of a caller that the rule's filter leaves out.
    pub const UNWANTED: u32 = u32::MAX;

    /// Whether the rule's filter leaves the caller out.
    #[inline(always)]
    pub fn is_unwanted(self) -> bool {
        self.group == CachedGroup::UNWANTED
    }
}

/// Several texts in a fixed buffer.
#[derive(Clone, Copy)]
struct InlineTexts<const COUNT: usize, const ROOM: usize> {
    lengths: [u16; COUNT],
    bytes: [u8; ROOM],
}

impl<const COUNT: usize, const ROOM: usize> InlineTexts<COUNT, ROOM> {
    const NONE: Self = InlineTexts {
        lengths: [u16::MAX; COUNT],
        bytes: [0; ROOM],
    };

    /// The texts; None if they do not fit.
    fn new(texts: &[&[u8]; COUNT]) -> Option<Self> {
        let (mut new, mut at) = (Self::NONE, 0);
        for (length, text) in new.lengths.iter_mut().zip(texts) {
            *length = u16::try_from(text.len()).ok()?;
            new.bytes
                .get_mut(at..at + text.len())?
                .copy_from_slice(text);
            at += text.len();
        }
        Some(new)
    }

    #[inline(always)]
    fn are(&self, texts: &[&[u8]; COUNT]) -> bool {
        let mut at = 0;
        for (length, text) in self.lengths.iter().zip(texts) {
            let end = at + usize::from(*length);
            let same = |mine| chunk::same(mine, text);
            if usize::from(*length) != text.len() || !self.bytes.get(at..end).is_some_and(same) {
                return false;
            }
            at = end;
        }
        true
    }
}

/// A cache entry.
#[derive(Clone, Copy)]
struct CacheEntry {
    caller: u64,
    /// The window's start.
    start: i64,
    /// The generation of [`CallerCache`] when it was added.
    generation: u32,
    known: CachedGroup,
}

/// Number of profile slots, a power of two.
const PROFILES: usize = 256;
/// Number of caller slots at first and at most, powers of two.
const MIN_ENTRIES: usize = 1 << 12;
const MAX_ENTRIES: usize = 1 << 16;

/// A profile with its number.
#[derive(Clone, Copy)]
struct Profile {
    number: u32,
    texts: InlineTexts<5, 256>,
}

/// The cache of recent callers.
pub struct CallerCache {
    seed: Seed,
    /// Profiles are compared byte by byte, so a weak hash is enough: a collision costs time and
    /// nothing else.
    profiles: Vec<Profile>,
    /// The last profile number that was assigned.
    numbers: u32,
    entries: Vec<CacheEntry>,
    /// The current generation; entries of other generations are invalid.
    generation: u32,
    /// Number of valid entries that were replaced.
    crowded: usize,
}

/// A cheap hash of a text, from its ends and its length.
#[inline(always)]
fn bits(text: &[u8]) -> u64 {
    let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let ends = word(text.first_chunk()).rotate_left(23) ^ word(text.last_chunk());
    ends ^ text.first().map_or(0, |b| u64::from(*b)) ^ text.len() as u64
}

impl CallerCache {
    /// An empty cache.
    pub fn new(seed: Seed) -> CallerCache {
        CallerCache {
            seed,
            profiles: Vec::new(),
            numbers: 0,
            entries: Vec::new(),
            generation: 0,
            crowded: 0,
        }
    }

    /// The cached group of a caller in the window from `start`; otherwise the hash to
    /// [`insert`](Self::insert) it under, if it can be cached.
    #[inline(always)]
    pub fn find(&mut self, caller: &Caller, start: i64) -> Result<CachedGroup, Option<CallerHash>> {
        let Some(profile) = self.profile(&caller.profile) else {
            return Err(None);
        };
        let mut hash = self.seed.hasher();
        // Eleven bits hold the length of a keyword.
        let lengths = caller
            .own
            .iter()
            .fold(0, |all, text| all << 11 | text.len() as u64);
        hash.number(profile.into());
        hash.number(lengths);
        for text in caller.own {
            hash.words(text);
        }
        let caller_hash = CallerHash(hash.finish());
        let known = |entry: &CacheEntry| {
            let known = entry.caller == caller_hash.0 && entry.start == start;
            (known && entry.generation == self.generation).then_some(entry.known)
        };
        let pair = self.entries.get(self.pair(caller_hash));
        let found = pair.and_then(|pair| pair.iter().find_map(known));
        found.ok_or(Some(caller_hash))
    }

    /// The two slots of a caller.
    #[allow(clippy::cast_possible_truncation, reason = "the lower bits are wanted")]
    #[inline(always)]
    fn pair(&self, caller_hash: CallerHash) -> std::ops::Range<usize> {
        let first = caller_hash.0 as usize & self.entries.len().saturating_sub(2);
        first..first + 2
    }

    /// The number of a profile, assigned if it is new.
    #[inline(always)]
    fn profile(&mut self, texts: &[&[u8]; 5]) -> Option<u32> {
        let mixed = texts.iter().fold(0, |all: u64, text| {
            (all.rotate_left(11) ^ bits(text)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        #[allow(clippy::cast_possible_truncation, reason = "the upper bits are wanted")]
        let place = (mixed >> 32) as usize & (PROFILES - 2);
        if let Some(pair) = self.profiles.get(place..place + 2)
            && let Some(profile) = pair.iter().find(|profile| profile.texts.are(texts))
        {
            return Some(profile.number);
        }
        self.new_profile(texts, place)
    }

    #[inline(never)]
    fn new_profile(&mut self, texts: &[&[u8]; 5], place: usize) -> Option<u32> {
        let texts = InlineTexts::new(texts)?;
        let none = Profile {
            number: 0,
            texts: InlineTexts::NONE,
        };
        self.profiles.resize(PROFILES, none);
        // Once all numbers are assigned, no new caller is cached.
        self.numbers = self.numbers.checked_add(1)?;
        let number = self.numbers;
        self.profiles[place + 1] = self.profiles[place];
        self.profiles[place] = Profile { number, texts };
        Some(number)
    }

    /// Caches the group of a caller in the window from `start`.
    pub fn insert(&mut self, caller_hash: CallerHash, start: i64, known: CachedGroup) {
        let entry = CacheEntry {
            caller: caller_hash.0,
            start,
            generation: self.generation,
            known,
        };
        let crowded = self.crowded > self.entries.len() / 16 && self.entries.len() < MAX_ENTRIES;
        if self.entries.is_empty() || crowded {
            self.grow();
        }
        let pair = self.pair(caller_hash);
        if let Some([first, second]) = self.entries.get_mut(pair) {
            let crowded = second.start == start && second.generation == entry.generation;
            self.crowded += usize::from(crowded);
            (*first, *second) = (entry, *first);
        }
    }

    fn grow(&mut self) {
        let places = (self.entries.len() * 2).clamp(MIN_ENTRIES, MAX_ENTRIES);
        self.crowded = 0;
        let empty = CacheEntry {
            caller: 0,
            start: i64::MIN,
            generation: self.generation,
            known: CachedGroup::default(),
        };
        self.entries.clear();
        self.entries.resize(places, empty);
    }

    /// Invalidates all entries.
    pub fn clear(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.entries.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::array;

    #[test]
    fn only_an_equal_caller_is_found() {
        let mut callers = CallerCache::new(Seed(1, 2));
        let own: [&[u8]; 3] = [b"alice", b"192.0.2.1", b"64500"];
        let profile: [&[u8]; 5] = [b"tenant", b"app", b"1.6", b"agent/1.0", b""];
        let caller = Caller { profile, own };
        let caller_hash = callers.find(&caller, 0).err().flatten().unwrap();
        let known = CachedGroup {
            group: 7,
            missed: 1,
        };
        callers.insert(caller_hash, 0, known);
        assert_eq!(
            callers.find(&caller, 0).map(|known| known.group).ok(),
            Some(7)
        );
        assert!(callers.find(&caller, 120_000).is_err());
        // Each text matters, and so does the boundary between two.
        for i in 0..3 {
            let own = array::from_fn(|j| if i == j { &b"other"[..] } else { own[j] });
            assert!(callers.find(&Caller { profile, own }, 0).is_err());
        }
        for i in 0..5 {
            let profile = array::from_fn(|j| if i == j { &b"other"[..] } else { profile[j] });
            assert!(callers.find(&Caller { profile, own }, 0).is_err());
        }
        let own = [&b"alice1"[..], b"92.0.2.1", b"64500"];
        assert!(callers.find(&Caller { profile, own }, 0).is_err());
        assert!(callers.find(&caller, 0).is_ok());
        callers.clear();
        assert!(callers.find(&caller, 0).is_err());
    }

    #[test]
    fn the_cache_grows_with_the_callers() {
        let mut callers = CallerCache::new(Seed(1, 2));
        let profile: [&[u8]; 5] = [b""; 5];
        let known = |callers: &mut CallerCache| {
            let users = (0..20_000_u32).map(|i| i.to_string());
            users
                .filter(|user| {
                    let own = [user.as_bytes(), b"", b""];
                    match callers.find(&Caller { profile, own }, 0) {
                        Ok(_) => true,
                        Err(caller_hash) => {
                            callers.insert(caller_hash.unwrap(), 0, CachedGroup::default());
                            false
                        }
                    }
                })
                .count()
        };
        assert_eq!(known(&mut callers), 0);
        let found = (0..6).map(|_| known(&mut callers)).last().unwrap();
        assert!(found > 15_000, "{found}");
        assert!(callers.entries.len() <= MAX_ENTRIES);
    }

    #[test]
    fn oversized_callers_are_never_cached() {
        let mut callers = CallerCache::new(Seed(1, 2));
        let long = [b'x'; 300];
        let caller = Caller {
            profile: [&long, b"", b"", b"", b""],
            own: [b""; 3],
        };
        assert!(matches!(callers.find(&caller, 0), Err(None)));
    }
}
