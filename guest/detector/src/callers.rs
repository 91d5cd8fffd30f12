//! Callers that a group has heard of, so that it need not be told again what it has learned.
//!
//! A memory and no state: nothing depends on what is in it, and it may forget at any time.
//! It must, whenever groups change their numbers, lose what they hold, or would learn
//! something else from the same call.

use crate::chunk;
use crate::hash::Seed;

/// All that a group learns from a call but for its path, answer and time.
pub struct Caller<'a> {
    /// What many callers share: tenant, application and its like.
    pub profile: [&'a [u8]; 5],
    /// What few do: user, address, number of the network.
    pub own: [&'a [u8]; 3],
}

/// A caller's hash, and so where it is remembered.
#[derive(Clone, Copy)]
pub struct Seat(u64);

/// The group that a caller's calls go to.
#[derive(Clone, Copy, Default)]
pub struct Known {
    /// Its place in its window.
    pub group: u32,
    /// How many look-ups each call wants of a table that is not there.
    pub missed: u32,
}

impl Known {
    /// Of a caller whose calls the rule is not about.
    pub const UNWANTED: u32 = u32::MAX;

    /// Whether the rule is not about the caller's calls.
    #[inline(always)]
    pub fn is_unwanted(self) -> bool {
        self.group == Known::UNWANTED
    }
}

/// Some texts, one after the other.
#[derive(Clone, Copy)]
struct Texts<const COUNT: usize, const ROOM: usize> {
    lengths: [u16; COUNT],
    bytes: [u8; ROOM],
}

impl<const COUNT: usize, const ROOM: usize> Texts<COUNT, ROOM> {
    const NONE: Self = Texts {
        lengths: [u16::MAX; COUNT],
        bytes: [0; ROOM],
    };

    /// None when they do not fit.
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

/// What is remembered of a caller.
#[derive(Clone, Copy)]
struct Entry {
    caller: u64,
    /// The window's start.
    start: i64,
    /// As of [`Callers`] when it was remembered.
    generation: u32,
    known: Known,
}

/// Profiles that are remembered, a power of two.
const PROFILES: usize = 256;
/// Callers that are remembered, powers of two: at first, and at most.
const FEWEST: usize = 1 << 12;
const MOST: usize = 1 << 16;

/// A profile, and which number it has.
#[derive(Clone, Copy)]
struct Profile {
    number: u32,
    texts: Texts<5, 256>,
}

/// The callers of late.
pub struct Callers {
    seed: Seed,
    /// Compared to the last byte, so their place need not be a good hash: whoever makes two
    /// of them share one makes them slower and nothing else.
    profiles: Vec<Profile>,
    /// Numbers that profiles were given so far.
    numbers: u32,
    entries: Vec<Entry>,
    /// What is remembered of other generations is forgotten.
    generation: u32,
    /// Callers that had to make room for others while they were known.
    crowded: usize,
}

/// Some bits that differ between texts that differ in what most texts of a kind differ in.
#[inline(always)]
fn bits(text: &[u8]) -> u64 {
    let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let ends = word(text.first_chunk()).rotate_left(23) ^ word(text.last_chunk());
    ends ^ text.first().map_or(0, |b| u64::from(*b)) ^ text.len() as u64
}

impl Callers {
    /// Remembers no caller yet.
    pub fn new(seed: Seed) -> Callers {
        Callers {
            seed,
            profiles: Vec::new(),
            numbers: 0,
            entries: Vec::new(),
            generation: 0,
            crowded: 0,
        }
    }

    /// The group in the window from `start` that has learned what there is of a caller; else
    /// where the caller may be [remembered](Self::remember) once one has.
    #[inline(always)]
    pub fn find(&mut self, caller: &Caller, start: i64) -> Result<Known, Option<Seat>> {
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
        let seat = Seat(hash.finish());
        let known = |entry: &Entry| {
            let known = entry.caller == seat.0 && entry.start == start;
            (known && entry.generation == self.generation).then_some(entry.known)
        };
        let pair = self.entries.get(self.pair(seat));
        let found = pair.and_then(|pair| pair.iter().find_map(known));
        found.ok_or(Some(seat))
    }

    /// The two places of a caller.
    #[allow(clippy::cast_possible_truncation, reason = "the lower bits are wanted")]
    #[inline(always)]
    fn pair(&self, seat: Seat) -> std::ops::Range<usize> {
        let first = seat.0 as usize & self.entries.len().saturating_sub(2);
        first..first + 2
    }

    /// The number of a profile; a new one is given one.
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
        let texts = Texts::new(texts)?;
        let none = Profile {
            number: 0,
            texts: Texts::NONE,
        };
        self.profiles.resize(PROFILES, none);
        // Once all numbers were given, nobody new is known any more.
        self.numbers = self.numbers.checked_add(1)?;
        let number = self.numbers;
        self.profiles[place + 1] = self.profiles[place];
        self.profiles[place] = Profile { number, texts };
        Some(number)
    }

    /// Remembers the group of a caller in the window from `start`.
    pub fn remember(&mut self, seat: Seat, start: i64, known: Known) {
        let entry = Entry {
            caller: seat.0,
            start,
            generation: self.generation,
            known,
        };
        let crowded = self.crowded > self.entries.len() / 16 && self.entries.len() < MOST;
        if self.entries.is_empty() || crowded {
            self.grow();
        }
        let pair = self.pair(seat);
        if let Some([first, second]) = self.entries.get_mut(pair) {
            let crowded = second.start == start && second.generation == entry.generation;
            self.crowded += usize::from(crowded);
            (*first, *second) = (entry, *first);
        }
    }

    fn grow(&mut self) {
        let places = (self.entries.len() * 2).clamp(FEWEST, MOST);
        self.crowded = 0;
        let nobody = Entry {
            caller: 0,
            start: i64::MIN,
            generation: self.generation,
            known: Known::default(),
        };
        self.entries.clear();
        self.entries.resize(places, nobody);
    }

    /// Forgets all callers.
    pub fn forget(&mut self) {
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
    fn only_the_very_same_caller_is_known() {
        let mut callers = Callers::new(Seed(1, 2));
        let own: [&[u8]; 3] = [b"alice", b"192.0.2.1", b"64500"];
        let profile: [&[u8]; 5] = [b"tenant", b"app", b"1.6", b"agent/1.0", b""];
        let caller = Caller { profile, own };
        let seat = callers.find(&caller, 0).err().flatten().unwrap();
        let known = Known {
            group: 7,
            missed: 1,
        };
        callers.remember(seat, 0, known);
        assert_eq!(
            callers.find(&caller, 0).map(|known| known.group).ok(),
            Some(7)
        );
        assert!(callers.find(&caller, 120_000).is_err());
        // Each text matters, and where one ends and the next begins.
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
        callers.forget();
        assert!(callers.find(&caller, 0).is_err());
    }

    #[test]
    fn the_memory_grows_with_the_callers() {
        let mut callers = Callers::new(Seed(1, 2));
        let profile: [&[u8]; 5] = [b""; 5];
        let known = |callers: &mut Callers| {
            let users = (0..20_000_u32).map(|i| i.to_string());
            users
                .filter(|user| {
                    let own = [user.as_bytes(), b"", b""];
                    match callers.find(&Caller { profile, own }, 0) {
                        Ok(_) => true,
                        Err(seat) => {
                            callers.remember(seat.unwrap(), 0, Known::default());
                            false
                        }
                    }
                })
                .count()
        };
        assert_eq!(known(&mut callers), 0);
        let found = (0..6).map(|_| known(&mut callers)).last().unwrap();
        assert!(found > 15_000, "{found}");
        assert!(callers.entries.len() <= MOST);
    }

    #[test]
    fn what_does_not_fit_is_never_known() {
        let mut callers = Callers::new(Seed(1, 2));
        let long = [b'x'; 300];
        let caller = Caller {
            profile: [&long, b"", b"", b"", b""],
            own: [b""; 3],
        };
        assert!(matches!(callers.find(&caller, 0), Err(None)));
    }
}
