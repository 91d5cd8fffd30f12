//! The aggregate of one (user, autonomous system) in one window.
//!
//! Whatever is kept depends on the set of events alone, not on their order: counts,
//! extremes, sets, and of each capped list the smallest values. That is what makes
//! merging two aggregates the same as aggregating both streams.

use crate::address;
use crate::call::Call;
use crate::chunk;
use crate::config::Config;
use crate::event::Event;
use crate::facts::{Facts, IPS, Kind, PATHS, PAYLOAD_BITS, SAMPLES};
use crate::hash::Seed;
use crate::rule::Figures;
use crate::sketch::Sketch;
use crate::strings::{Strings, Symbol};

/// The columns of a group's lists of texts; a column's place is its kind of fact.
pub(crate) const LIST_COLUMNS: [&str; 5] = [
    "Esql.azure_tenants",
    "Esql.api_versions",
    "Esql.app_ids",
    "Esql.source_asn_name",
    "Esql.user_agents",
];
pub(crate) const LISTS: std::ops::Range<Kind> = 0..5;

/// Longest path, in bytes, that is kept as a sample; a longer one is counted all the same.
const LONGEST_SAMPLE: usize = 4096;

/// No user.
const NOBODY: Symbol = Symbol::MAX;

/// It changed since it was last judged.
const DIRTY: u16 = 1 << 8;
/// It has an autonomous system.
const NETWORK: u16 = 1 << 9;
/// A part of its events may be missing: it began after state of its window was given up.
const PARTED: u16 = 1 << 10;
/// What was published of it came from state that was given up.
const SEVERED: u16 = 1 << 11;
/// Marks that a snapshot keeps; the lower ones say which list is truncated, by kind.
pub(crate) const LASTING: u16 = 0xff | PARTED | SEVERED;

/// The aggregate of one group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    user: Symbol,
    marks: u16,
    asn: i64,
    pub(crate) total: u32,
    pub(crate) errors: u32,
    /// Milliseconds since the window's start.
    pub(crate) first: u32,
    /// Milliseconds since the window's start.
    pub(crate) last: u32,
    pub(crate) facts: Facts,
    /// In place of the facts of paths once there are too many to keep.
    pub(crate) sketch: Option<Box<Sketch>>,
}

/// What updating a group needs besides the group.
pub(crate) struct Update<'w> {
    pub(crate) config: &'w Config,
    pub(crate) seed: Seed,
    pub(crate) strings: &'w mut Strings,
}

/// The payload of an address: IPv4 as it is, others as a symbol behind a mark.
const OTHER_IP: u64 = 1 << (PAYLOAD_BITS - 1);
const MAPPED: u128 = 0xffff << 32;

pub(crate) fn ip(payload: u64, strings: &Strings) -> u128 {
    if payload & OTHER_IP == 0 {
        return MAPPED | u128::from(payload);
    }
    // Only canonical texts are ever added.
    address::parse(strings.get(symbol(payload))).unwrap_or_default()
}

/// The payload of an address.
#[allow(clippy::cast_possible_truncation, reason = "what is cut off is known")]
pub(crate) fn ip_fact(bits: u128, seed: Seed, strings: &mut Strings) -> u64 {
    if bits >> 32 == MAPPED >> 32 {
        return bits as u64 & u64::from(u32::MAX);
    }
    OTHER_IP | u64::from(strings.add(seed, &address::render(bits)))
}

/// A sample: milliseconds since the window's start, at most a day, and the path.
pub(crate) fn sample(first: u32, path: Symbol) -> u64 {
    u64::from(first) << 32 | u64::from(path)
}

/// What a sample says.
#[allow(clippy::cast_possible_truncation, reason = "that half is wanted")]
pub(crate) fn sampled(payload: u64) -> (u32, Symbol) {
    ((payload >> 32) as u32, symbol(payload))
}

/// The symbol in a payload: its lower half.
#[allow(clippy::cast_possible_truncation, reason = "that half is wanted")]
pub(crate) fn symbol(payload: u64) -> Symbol {
    payload as u32
}

#[allow(clippy::cast_possible_truncation, reason = "the caps' ranges fit")]
impl Update<'_> {
    fn cap(&self, kind: Kind) -> usize {
        match kind {
            SAMPLES => self.config.max_sample_paths as usize,
            _ => self.config.max_values as usize,
        }
    }

    /// Puts a value of a capped list at its place, and drops the last one above the cap.
    fn insert(
        &mut self,
        group: &mut Group,
        kind: Kind,
        at: usize,
        payload: impl FnOnce(&mut Self) -> u64,
    ) {
        let (range, cap) = (group.facts.range(kind), self.cap(kind));
        if at - range.start >= cap {
            group.truncate(kind);
            return;
        }
        let payload = payload(self);
        group.facts.insert(at, kind, payload);
        if range.len() == cap {
            let gone = group.facts.remove(range.end);
            group.truncate(kind);
            if kind != IPS || gone & OTHER_IP != 0 {
                self.strings.release(symbol(gone));
            }
        }
    }

    fn add_text(&mut self, group: &mut Group, kind: Kind, text: &str) {
        // Most lists are short, and most values are there: cheaper than a hash.
        let held = |s| self.strings.get(symbol(s)).as_bytes();
        let same = |s| chunk::same(held(s), text.as_bytes());
        if group.facts.of(kind).take(4).any(same) {
            return;
        }
        let place = |s| self.strings.get(symbol(s)).cmp(text);
        if let Err(at) = group.facts.search(kind, place) {
            let seed = self.seed;
            self.insert(group, kind, at, |with| with.strings.add(seed, text).into());
        }
    }

    fn add_ip(&mut self, group: &mut Group, bits: u128) {
        let place = |payload| ip(payload, self.strings).cmp(&bits);
        if let Err(at) = group.facts.search(IPS, place) {
            let seed = self.seed;
            self.insert(group, IPS, at, |with| ip_fact(bits, seed, with.strings));
        }
    }

    fn add_sample(&mut self, group: &mut Group, first: u32, path: &str) {
        if path.len() > LONGEST_SAMPLE {
            group.truncate(SAMPLES);
            return;
        }
        if let Some(found) = self.strings.find(self.seed, path) {
            let held = |(_, s): &(usize, u64)| symbol(*s) == found;
            let held = group.facts.of(SAMPLES).enumerate().find(held);
            if let Some((at, sample)) = held {
                if sample >> 32 <= u64::from(first) {
                    return;
                }
                group.facts.remove(group.facts.range(SAMPLES).start + at);
                self.strings.release(found);
            }
        }
        let key = (u64::from(first), path);
        let place = |s: u64| (s >> 32, self.strings.get(symbol(s))).cmp(&key);
        if let Err(at) = group.facts.search(SAMPLES, place) {
            let seed = self.seed;
            self.insert(group, SAMPLES, at, |with| {
                sample(first, with.strings.add(seed, path))
            });
        }
    }

    /// Adds a distinct path by its hash.
    fn add_path(&self, group: &mut Group, hash: u64) {
        if let Some(sketch) = &mut group.sketch {
            sketch.insert(hash);
            return;
        }
        if let Err(at) = group.facts.search_number(PATHS, hash) {
            group.facts.insert(at, PATHS, hash);
            let exact = self.config.exact_paths as usize;
            if group.facts.len() > exact && group.facts.range(PATHS).len() > exact {
                group.estimate();
            }
        }
    }
}

impl Group {
    pub(crate) fn new(user: Option<Symbol>, asn: Option<i64>) -> Group {
        Group {
            user: user.unwrap_or(NOBODY),
            marks: if asn.is_some() { NETWORK } else { 0 },
            asn: asn.unwrap_or_default(),
            total: 0,
            errors: 0,
            first: u32::MAX,
            last: 0,
            facts: Facts::default(),
            sketch: None,
        }
    }

    /// Adds one event, `offset` milliseconds after the window's start.
    pub(crate) fn add(&mut self, event: &Event, offset: u32, mut with: Update) {
        self.count(event.error, offset);
        for path in &event.paths {
            with.add_path(self, path_fact(with.seed.text(path)));
            if event.error {
                with.add_sample(self, offset, path);
            }
        }
        let texts = [
            &event.tenants,
            &event.api_versions,
            &event.app_ids,
            &event.asn_names,
            &event.user_agents,
        ];
        for (kind, texts) in LISTS.zip(texts) {
            for text in texts {
                with.add_text(self, kind, text);
            }
        }
        for ip in &event.ips {
            with.add_ip(self, *ip);
        }
    }

    /// Adds a call by a caller of whom the group has learned everything else.
    #[inline(always)]
    pub(crate) fn add_call(&mut self, call: &Call, offset: u32, mut with: Update) {
        self.count(call.error, offset);
        if let Some((path, hash)) = call.path {
            with.add_path(self, path_fact(hash));
            if call.error {
                // It was read as text.
                let path = std::str::from_utf8(path).unwrap_or_default();
                with.add_sample(self, offset, path);
            }
        }
    }

    #[inline(always)]
    fn count(&mut self, error: bool, offset: u32) {
        self.total = self.total.saturating_add(1);
        self.errors = self.errors.saturating_add(u32::from(error));
        self.first = self.first.min(offset);
        self.last = self.last.max(offset);
    }

    /// Takes in another aggregate of the same group, whose symbols are of `theirs`.
    /// Of its events, `repeated` were counted here already, `repeated_errors` of them errors.
    pub(crate) fn merge(
        &mut self,
        other: &Group,
        (repeated, repeated_errors): (u32, u32),
        theirs: &Strings,
        mut with: Update,
    ) {
        self.total = self
            .total
            .saturating_add(other.total.saturating_sub(repeated));
        self.errors = self
            .errors
            .saturating_add(other.errors.saturating_sub(repeated_errors));
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.marks |= other.marks & LASTING;
        if let Some(theirs) = &other.sketch {
            self.estimate().merge(theirs);
        }
        for (kind, payload) in other.facts.all() {
            match kind {
                PATHS => with.add_path(self, payload),
                IPS => with.add_ip(self, ip(payload, theirs)),
                SAMPLES => {
                    let (first, path) = sampled(payload);
                    with.add_sample(self, first, theirs.get(path));
                }
                list => with.add_text(self, list, theirs.get(symbol(payload))),
            }
        }
    }

    /// Puts the sketch in place of the facts of paths.
    fn estimate(&mut self) -> &mut Sketch {
        self.sketch.get_or_insert_with(|| {
            let mut sketch = Box::new(Sketch::new());
            self.facts.of(PATHS).for_each(|hash| sketch.insert(hash));
            self.facts.remove_all(PATHS);
            sketch
        })
    }

    /// Puts other symbols in place of those of the aggregate.
    pub(crate) fn rename(&mut self, name: &mut dyn FnMut(Symbol) -> Symbol) {
        if self.user != NOBODY {
            self.user = name(self.user);
        }
        for kind in LISTS {
            self.facts.replace(kind, |s| name(symbol(s)).into());
        }
        self.facts.replace(IPS, |ip| match ip & OTHER_IP {
            0 => ip,
            mark => mark | u64::from(name(symbol(ip))),
        });
        let upper = u64::MAX << 32;
        self.facts
            .replace(SAMPLES, |s| s & upper | u64::from(name(symbol(s))));
    }

    /// What the rule looks at.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            total: u64::from(self.total),
            errors: u64::from(self.errors),
            url_paths: match &self.sketch {
                None => self.facts.range(PATHS).len() as u64,
                Some(sketch) => sketch.estimate(),
            },
        }
    }

    /// The user's symbol.
    pub(crate) fn user(&self) -> Option<Symbol> {
        (self.user != NOBODY).then_some(self.user)
    }

    pub(crate) fn asn(&self) -> Option<i64> {
        (self.marks & NETWORK != 0).then_some(self.asn)
    }

    /// The key as it sorts: null before values.
    pub(crate) fn key<'s>(&self, strings: &'s Strings) -> (Option<&'s str>, Option<i64>) {
        (self.user().map(|symbol| strings.get(symbol)), self.asn())
    }

    /// The texts of a list, in order.
    pub(crate) fn list<'s>(
        &self,
        kind: Kind,
        strings: &'s Strings,
    ) -> impl ExactSizeIterator<Item = &'s str> {
        self.facts.of(kind).map(|s| strings.get(symbol(s)))
    }

    /// Hands each text's symbol that a snapshot names to `each`; some more than once.
    pub(crate) fn symbols(&self, each: &mut dyn FnMut(Symbol)) {
        self.user().into_iter().for_each(&mut *each);
        for (kind, payload) in self.facts.all() {
            if LISTS.contains(&kind) || kind == SAMPLES {
                each(symbol(payload));
            }
        }
    }

    /// The addresses, in order.
    pub(crate) fn ips(&self, strings: &Strings) -> impl ExactSizeIterator<Item = u128> {
        self.facts.of(IPS).map(|payload| ip(payload, strings))
    }

    /// The samples: when each was first seen, and the path.
    pub(crate) fn samples<'s>(
        &self,
        strings: &'s Strings,
    ) -> impl ExactSizeIterator<Item = (u32, &'s str)> {
        self.facts.of(SAMPLES).map(|payload| {
            let (first, path) = sampled(payload);
            (first, strings.get(path))
        })
    }

    fn truncate(&mut self, kind: Kind) {
        self.marks |= 1 << kind;
    }

    /// Whether a list is truncated.
    pub(crate) fn truncated(&self, kind: Kind) -> bool {
        self.marks & 1 << kind != 0
    }

    /// Notes whether it changed since it was last judged; gives whether that is news.
    pub(crate) fn set_dirty(&mut self, dirty: bool) -> bool {
        let before = self.dirty();
        self.marks = self.marks & !DIRTY | if dirty { DIRTY } else { 0 };
        before != dirty
    }

    pub(crate) fn dirty(&self) -> bool {
        self.marks & DIRTY != 0
    }

    /// Notes that events of it may be missing.
    pub(crate) fn part(&mut self) {
        self.marks |= PARTED;
    }

    /// Whether no event of it can be missing.
    pub(crate) fn complete(&self) -> bool {
        self.marks & PARTED == 0
    }

    /// Notes that what was published of it came from state that was given up.
    pub(crate) fn sever(&mut self) {
        self.marks |= SEVERED | PARTED;
    }

    pub(crate) fn severed(&self) -> bool {
        self.marks & SEVERED != 0
    }

    /// The marks that a snapshot keeps.
    pub(crate) fn lasting_marks(&self) -> u16 {
        self.marks & LASTING
    }

    pub(crate) fn set_lasting_marks(&mut self, marks: u16) {
        self.marks |= marks & LASTING;
    }

    /// A hash of the row: two rows that look the same have the same, on every host that
    /// has the same seed.
    pub(crate) fn digest(&self, seed: Seed, strings: &Strings) -> u64 {
        let mut hash = seed.hasher();
        for n in [self.total, self.errors, self.first, self.last] {
            hash.integer(i64::from(n));
        }
        hash.integer(self.figures().url_paths.try_into().unwrap_or(i64::MAX));
        hash.integer(i64::from(self.marks & 0xff));
        let length = |n: usize| n.try_into().unwrap_or(i64::MAX);
        for kind in LISTS {
            hash.integer(length(self.facts.of(kind).len()));
            self.list(kind, strings)
                .for_each(|text| hash.text(text.as_bytes()));
        }
        hash.integer(length(self.facts.of(IPS).len()));
        for ip in self.ips(strings) {
            hash.text(ip.to_string().as_bytes());
        }
        for (_, path) in self.samples(strings) {
            hash.text(path.as_bytes());
        }
        hash.finish()
    }
}

/// What is kept of a path's hash for counting.
fn path_fact(hash: u64) -> u64 {
    hash >> (u64::BITS - PAYLOAD_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(paths: std::ops::Range<u32>) -> Group {
        let (config, mut strings) = (Config::default(), Strings::default());
        let mut group = Group::new(None, None);
        for path in paths {
            let with = Update {
                config: &config,
                seed: Seed(1, 2),
                strings: &mut strings,
            };
            with.add_path(&mut group, path_fact(with.seed.text(&path.to_string())));
        }
        group
    }

    #[test]
    fn a_small_group_is_small() {
        assert!(size_of::<Group>() <= 72, "{}", size_of::<Group>());
    }

    #[test]
    fn paths_are_exact_up_to_the_bound_and_close_above() {
        let count = |n: u32| group(0..n).figures().url_paths;
        assert_eq!((count(0), count(1), count(4096)), (0, 1, 4096));
        assert!(group(0..4097).sketch.is_some());
        assert!(
            (196_000..204_000).contains(&count(200_000)),
            "{}",
            count(200_000)
        );
    }

    #[test]
    fn merging_is_the_union_at_every_size() {
        let (config, theirs) = (Config::default(), Strings::default());
        for (a, b) in [
            (3, 10),
            (40, 10),
            (3000, 3000),
            (100, 90_000),
            (90_000, 100),
            (60_000, 90_000),
        ] {
            let mut strings = Strings::default();
            let with = Update {
                config: &config,
                seed: Seed(1, 2),
                strings: &mut strings,
            };
            // The second half of what one has is in the other too.
            let mut merged = group(0..a);
            merged.merge(&group(a / 2..a / 2 + b), (0, 0), &theirs, with);
            let whole = group(0..a.max(a / 2 + b));
            assert_eq!(merged.figures(), whole.figures());
            assert!(merged.facts.of(PATHS).eq(whole.facts.of(PATHS)));
        }
    }
}
