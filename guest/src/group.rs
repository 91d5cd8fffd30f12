//! The aggregate of one (user, autonomous system) in one window.
//!
//! Whatever is kept depends on the set of events alone, not on their order: counts,
//! extremes, sets, and of each capped list the smallest values. That is what makes
//! merging two aggregates the same as aggregating both streams.

use crate::config::Config;
use crate::distinct::Distinct;
use crate::event::Event;
use crate::hash::Seed;
use crate::rule::Figures;
use crate::strings::{Strings, Symbol};

/// The lists of texts that an alert shows, in the order of [`LIST_COLUMNS`].
pub(crate) const LISTS: usize = 5;

/// The columns of a group's lists of texts.
pub(crate) const LIST_COLUMNS: [&str; LISTS] = [
    "Esql.azure_tenants",
    "Esql.api_versions",
    "Esql.app_ids",
    "Esql.source_asn_name",
    "Esql.user_agents",
];

/// The smallest distinct values, ascending, up to a cap.
#[derive(Clone, Debug)]
pub(crate) struct Capped<T> {
    pub(crate) values: Vec<T>,
    /// Whether there were more values than the cap.
    pub(crate) truncated: bool,
}

impl<T> Default for Capped<T> {
    fn default() -> Self {
        Capped {
            values: Vec::new(),
            truncated: false,
        }
    }
}

impl<T> Capped<T> {
    /// Adds a new value at its place in the order, and drops the last one above the cap.
    fn insert_at(&mut self, at: usize, value: T, cap: usize) {
        self.values.insert(at, value);
        if self.values.len() > cap {
            self.values.pop();
            self.truncated = true;
        }
    }
}

/// A path that was answered with a 4xx, and when it first was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Milliseconds since the window's start.
    pub(crate) first: u32,
    pub(crate) path: Symbol,
}

/// The aggregate of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) user: Option<Symbol>,
    pub(crate) asn: Option<i64>,
    pub(crate) total: u32,
    pub(crate) errors: u32,
    /// Milliseconds since the window's start.
    pub(crate) first: u32,
    /// Milliseconds since the window's start.
    pub(crate) last: u32,
    pub(crate) paths: Distinct,
    pub(crate) lists: [Capped<Symbol>; LISTS],
    pub(crate) ips: Capped<u128>,
    /// Ordered by (first, path), up to the cap.
    pub(crate) samples: Capped<Sample>,
    /// Whether it changed since it was last judged.
    pub(crate) dirty: bool,
}

/// What updating a group needs besides the group.
pub(crate) struct Update<'w> {
    pub(crate) config: &'w Config,
    pub(crate) seed: Seed,
    pub(crate) strings: &'w mut Strings,
}

#[allow(clippy::cast_possible_truncation, reason = "the caps' ranges fit")]
impl Update<'_> {
    fn values_cap(&self) -> usize {
        self.config.max_values as usize
    }

    fn samples_cap(&self) -> usize {
        self.config.max_sample_paths as usize
    }

    fn exact_paths(&self) -> usize {
        self.config.exact_paths as usize
    }

    /// Adds a text to a list that is ordered by text.
    fn add_text(&mut self, list: &mut Capped<Symbol>, text: &str) {
        // Most lists are short, and most values are there: cheaper than a hash.
        if list
            .values
            .iter()
            .take(4)
            .any(|s| self.strings.get(*s) == text)
        {
            return;
        }
        let place = list
            .values
            .binary_search_by(|s| self.strings.get(*s).cmp(text));
        let Err(at) = place else { return };
        if at >= self.values_cap() {
            list.truncated = true;
            return;
        }
        let symbol = self.strings.add(self.seed, text);
        list.insert_at(at, symbol, self.values_cap());
    }

    fn add_ip(&self, list: &mut Capped<u128>, ip: u128) {
        let Err(at) = list.values.binary_search(&ip) else {
            return;
        };
        if at >= self.values_cap() {
            list.truncated = true;
            return;
        }
        list.insert_at(at, ip, self.values_cap());
    }

    fn add_sample(&mut self, samples: &mut Capped<Sample>, first: u32, path: &str) {
        if let Some(symbol) = self.strings.find(self.seed, path)
            && let Some(at) = samples.values.iter().position(|s| s.path == symbol)
        {
            if samples.values[at].first <= first {
                return;
            }
            samples.values.remove(at);
        }
        let at = samples
            .values
            .partition_point(|s| (s.first, self.strings.get(s.path)) < (first, path));
        if at >= self.samples_cap() {
            samples.truncated = true;
            return;
        }
        let sample = Sample {
            first,
            path: self.strings.add(self.seed, path),
        };
        samples.insert_at(at, sample, self.samples_cap());
    }
}

impl Group {
    pub(crate) fn new(user: Option<Symbol>, asn: Option<i64>) -> Group {
        Group {
            user,
            asn,
            first: u32::MAX,
            ..Group::default()
        }
    }

    /// Adds one event, `offset` milliseconds after the window's start.
    pub(crate) fn add(&mut self, event: &Event, offset: u32, mut with: Update) {
        self.total = self.total.saturating_add(1);
        self.errors = self.errors.saturating_add(u32::from(event.error));
        self.first = self.first.min(offset);
        self.last = self.last.max(offset);
        for path in &event.paths {
            self.paths.insert(with.seed.text(path), with.exact_paths());
            if event.error {
                with.add_sample(&mut self.samples, offset, path);
            }
        }
        let texts = [
            &event.tenants,
            &event.api_versions,
            &event.app_ids,
            &event.asn_names,
            &event.user_agents,
        ];
        for (list, texts) in self.lists.iter_mut().zip(texts) {
            for text in texts {
                with.add_text(list, text);
            }
        }
        for ip in &event.ips {
            with.add_ip(&mut self.ips, *ip);
        }
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
        self.paths.merge(&other.paths, with.exact_paths());
        for (ours, list) in self.lists.iter_mut().zip(&other.lists) {
            ours.truncated |= list.truncated;
            for symbol in &list.values {
                with.add_text(ours, theirs.get(*symbol));
            }
        }
        self.ips.truncated |= other.ips.truncated;
        for ip in &other.ips.values {
            with.add_ip(&mut self.ips, *ip);
        }
        self.samples.truncated |= other.samples.truncated;
        for sample in &other.samples.values {
            with.add_sample(&mut self.samples, sample.first, theirs.get(sample.path));
        }
    }

    /// Hands each symbol of the aggregate to `each`; some more than once.
    pub(crate) fn symbols(&self, each: &mut dyn FnMut(Symbol)) {
        self.user.into_iter().for_each(&mut *each);
        self.lists
            .iter()
            .flat_map(|list| &list.values)
            .for_each(|s| each(*s));
        self.samples.values.iter().for_each(|s| each(s.path));
    }

    /// The same aggregate with other symbols for its texts.
    pub(crate) fn renamed(&self, name: &mut dyn FnMut(Symbol) -> Symbol) -> Group {
        let mut renamed = self.clone();
        if let Some(user) = &mut renamed.user {
            *user = name(*user);
        }
        for symbol in renamed.lists.iter_mut().flat_map(|list| &mut list.values) {
            *symbol = name(*symbol);
        }
        for sample in &mut renamed.samples.values {
            sample.path = name(sample.path);
        }
        renamed
    }

    /// What the rule looks at.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            total: u64::from(self.total),
            errors: u64::from(self.errors),
            url_paths: self.paths.count(),
        }
    }

    /// The key as it sorts: null before values.
    pub(crate) fn key<'s>(&self, strings: &'s Strings) -> (Option<&'s str>, Option<i64>) {
        (self.user.map(|symbol| strings.get(symbol)), self.asn)
    }

    /// A hash of the row: two rows that look the same have the same, on every host that
    /// has the same seed.
    pub(crate) fn digest(&self, seed: Seed, strings: &Strings) -> u64 {
        let mut hash = seed.hasher();
        for n in [self.total, self.errors, self.first, self.last] {
            hash.integer(i64::from(n));
        }
        hash.integer(self.paths.count().try_into().unwrap_or(i64::MAX));
        for list in &self.lists {
            hash.integer(list.values.len().try_into().unwrap_or(i64::MAX));
            list.values.iter().for_each(|s| hash.text(strings.get(*s)));
            hash.integer(i64::from(list.truncated));
        }
        self.ips
            .values
            .iter()
            .for_each(|ip| hash.text(&ip.to_string()));
        hash.integer(i64::from(self.ips.truncated));
        self.samples
            .values
            .iter()
            .for_each(|s| hash.text(strings.get(s.path)));
        hash.integer(i64::from(self.samples.truncated));
        hash.finish()
    }

    /// Bytes of this group, its heap included.
    pub(crate) fn size(&self) -> usize {
        size_of::<Group>()
            + self.paths.bytes()
            + self
                .lists
                .iter()
                .map(|l| l.values.capacity() * 4)
                .sum::<usize>()
            + self.ips.values.capacity() * 16
            + self.samples.values.capacity() * size_of::<Sample>()
    }
}
