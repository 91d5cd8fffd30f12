//! A stream's state as bytes, for restarts and for merging.
//!
//! Layout: the eight bytes `WEIRSTAT`, the format version (u16, little endian), the
//! state in postcard's wire format (version 1), and a checksum (u64, little endian)
//! over all before it. Texts, groups, ids and sets are written in ascending order, so
//! that equal states are equal bytes on every host.

use crate::config::Config;
use crate::describe::{RULE_ID, RULE_VERSION};
use crate::distinct::{Distinct, Sketch};
use crate::group::{Capped, Group, LISTS, Sample};
use crate::hash::Seed;
use crate::model::{Counters, MergeError, Phase};
use crate::order;
use crate::rule::Figures;
use crate::stream::{Entry, Revision, Stream};
use crate::strings::{Strings, Symbol};
use crate::window::{Contribution, Ids, Published, Row, Window};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"WEIRSTAT";
/// Version of the layout; any change of the structures below makes a new one.
const FORMAT: u16 = 1;

#[derive(Serialize, Deserialize)]
struct State {
    rule_id: String,
    rule_version: u32,
    /// Every parameter with its value as JSON.
    configuration: Vec<(String, String)>,
    seed: (u64, u64),
    watermark: Option<i64>,
    totals: Counters,
    windows: Vec<StateWindow>,
    revisions: Vec<StateRevision>,
    entries: Vec<StateEntry>,
}

#[derive(Serialize, Deserialize)]
struct StateRevision {
    start: i64,
    number: u32,
    phase: Phase,
    texts: Vec<String>,
    row: StateGroup,
}

#[derive(Serialize, Deserialize)]
struct StateEntry {
    start: i64,
    user: Option<String>,
    asn: Option<i64>,
    figures: (u64, u64, u64),
}

#[derive(Serialize, Deserialize)]
struct StateWindow {
    start: i64,
    fired: bool,
    /// Ascending; the symbols below are positions in it.
    texts: Vec<String>,
    /// Ascending by key.
    groups: Vec<StateGroup>,
    /// Ascending; none when they are no longer remembered.
    ids: Option<Vec<StateId>>,
}

#[derive(Serialize, Deserialize)]
struct StateGroup {
    user: Option<Symbol>,
    asn: Option<i64>,
    total: u32,
    errors: u32,
    first: u32,
    last: u32,
    paths: StatePaths,
    lists: [(Vec<Symbol>, bool); LISTS],
    ips: (Vec<u128>, bool),
    samples: (Vec<(u32, Symbol)>, bool),
    dirty: bool,
    /// Revision, digest, active.
    published: Option<(u32, u64, bool)>,
}

#[derive(Serialize, Deserialize)]
enum StatePaths {
    /// The differences between ascending hashes.
    Hashes(Vec<u64>),
    Sketch(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
struct StateId {
    /// The difference to the id before.
    difference: u64,
    error: bool,
    /// Ascending positions of groups; at least one.
    groups: Vec<u32>,
}

/// The state as bytes.
pub(crate) fn encode(stream: &Stream) -> Vec<u8> {
    let state = State {
        rule_id: RULE_ID.to_owned(),
        rule_version: RULE_VERSION,
        configuration: configuration(&stream.config),
        seed: (stream.seed.0, stream.seed.1),
        watermark: stream.watermark,
        totals: stream.totals.clone(),
        windows: stream.windows.iter().map(|(start, w)| encode_window(*start, w)).collect(),
        revisions: stream.revisions.iter().map(encode_revision).collect(),
        entries: stream.entries.iter().map(encode_entry).collect(),
    };
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    // Plain data into memory: nothing in it can fail to be written.
    let mut bytes = postcard::to_extend(&state, bytes).unwrap_or_default();
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

fn configuration(config: &Config) -> Vec<(String, String)> {
    let values = config.values().into_iter();
    values.map(|(name, value)| (name.to_owned(), value.to_string())).collect()
}

/// A hash under a fixed key: it finds damage, not malice.
fn checksum(bytes: &[u8]) -> u64 {
    siphasher::sip::SipHasher13::new_with_keys(0, 0).hash(bytes)
}

fn differences(ascending: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u64> {
    let mut last = 0;
    ascending.into_iter().map(move |n| n - std::mem::replace(&mut last, n))
}

fn encode_revision(revision: &Revision) -> StateRevision {
    let Row { group, strings } = &revision.row;
    let texts = Texts::new([group], strings);
    StateRevision {
        start: revision.start,
        number: revision.number,
        phase: revision.phase,
        row: encode_group(group, None, &texts),
        texts: texts.ascending,
    }
}

fn encode_entry(entry: &Entry) -> StateEntry {
    let Figures { total, errors, url_paths } = entry.figures;
    StateEntry {
        start: entry.start,
        user: entry.user.clone(),
        asn: entry.asn,
        figures: (total, errors, url_paths),
    }
}

/// The texts that some groups use, in ascending order: a symbol's place in the order is
/// its name in a state.
struct Texts<'s> {
    strings: &'s Strings,
    ascending: Vec<String>,
}

impl<'s> Texts<'s> {
    fn new<'g>(groups: impl IntoIterator<Item = &'g Group>, strings: &'s Strings) -> Texts<'s> {
        let mut used: Vec<Symbol> = groups.into_iter().flat_map(symbols).collect();
        let text = |s| strings.get(s);
        order::sort(&mut used, &mut |a, b| text(a).cmp(text(b)));
        used.dedup();
        Texts { strings, ascending: used.iter().map(|s| text(*s).to_owned()).collect() }
    }

    fn place(&self, symbol: Symbol) -> Symbol {
        let wanted = self.strings.get(symbol);
        let place = self.ascending.binary_search_by(|text| text.as_str().cmp(wanted));
        // Every symbol of a group is among those used, and there are fewer than 2^32.
        Symbol::try_from(place.unwrap_or_default()).unwrap_or_default()
    }
}

fn encode_window(start: i64, window: &Window) -> StateWindow {
    let order = order::positions(window.groups.len(), &mut |a, b| window.compare(a, b));
    let mut positions = vec![0_u32; order.len()];
    for (position, group) in (0..).zip(&order) {
        positions[*group as usize] = position;
    }
    let texts = Texts::new(&window.groups, &window.strings);
    let group =
        |i: &u32| encode_group(&window.groups[*i as usize], window.published.get(i), &texts);
    StateWindow {
        start,
        fired: window.fired,
        groups: order.iter().map(group).collect(),
        ids: window.ids.as_ref().map(|ids| encode_ids(ids, &positions)),
        texts: texts.ascending,
    }
}

fn symbols(group: &Group) -> impl Iterator<Item = Symbol> {
    let lists = group.lists.iter().flat_map(|list| list.values.iter().copied());
    let samples = group.samples.values.iter().map(|s| s.path);
    group.user.into_iter().chain(lists).chain(samples)
}

fn encode_group(group: &Group, published: Option<&Published>, texts: &Texts) -> StateGroup {
    let list = |list: &Capped<Symbol>| {
        (list.values.iter().map(|s| texts.place(*s)).collect(), list.truncated)
    };
    StateGroup {
        user: group.user.map(|s| texts.place(s)),
        asn: group.asn,
        total: group.total,
        errors: group.errors,
        first: group.first,
        last: group.last,
        paths: match &group.paths {
            Distinct::Sketch(sketch) => StatePaths::Sketch(sketch.registers().to_vec()),
            exact => {
                StatePaths::Hashes(differences(exact.hashes().unwrap_or_default()).collect())
            }
        },
        lists: std::array::from_fn(|at| list(&group.lists[at])),
        ips: (group.ips.values.clone(), group.ips.truncated),
        samples: (
            group.samples.values.iter().map(|s| (s.first, texts.place(s.path))).collect(),
            group.samples.truncated,
        ),
        dirty: group.dirty,
        published: published.map(|p| (p.revision, p.digest, p.active)),
    }
}

fn encode_ids(ids: &Ids, positions: &[u32]) -> Vec<StateId> {
    let mut all: Vec<u64> = ids.keys().copied().collect();
    all.sort_unstable();
    let contributions = all.iter().filter_map(|id| ids.get(id));
    differences(all.iter().copied())
        .zip(contributions)
        .map(|(difference, contribution)| {
            let groups = contribution.groups().iter();
            let mut groups: Vec<u32> = groups.map(|g| positions[*g as usize]).collect();
            order::sort(&mut groups, &mut |a, b| a.cmp(&b));
            StateId { difference, error: contribution.error(), groups }
        })
        .collect()
}

/// Reads a state that was made under `config`.
///
/// # Errors
/// When it is damaged, or of another rule or configuration.
pub(crate) fn decode(bytes: &[u8], config: &Config) -> Result<Stream, MergeError> {
    let damaged = |why: &str| MergeError::Damaged(why.to_owned());
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("it does not begin as a state does"))?;
    let (format, body) = body.split_first_chunk().ok_or_else(|| damaged("it is cut short"))?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        let message = format!("format version {format}; this detector reads version {FORMAT}");
        return Err(MergeError::OtherRule(message));
    }
    let (body, sum) = body.split_last_chunk().ok_or_else(|| damaged("it is cut short"))?;
    if checksum(&bytes[..bytes.len() - sum.len()]) != u64::from_le_bytes(*sum) {
        return Err(damaged("its checksum does not match"));
    }
    let (state, rest): (State, _) =
        postcard::take_from_bytes(body).map_err(|e| MergeError::Damaged(e.to_string()))?;
    if !rest.is_empty() {
        return Err(damaged("it has bytes left over"));
    }
    check_origin(&state, config)?;
    let mut stream = Stream::new(config.clone(), Seed(state.seed.0, state.seed.1));
    stream.watermark = state.watermark;
    stream.totals = state.totals;
    for revision in &state.revisions {
        let decoded = decode_revision(revision, stream.seed)
            .ok_or_else(|| damaged("it contradicts itself"))?;
        stream.revisions.push_back(decoded);
    }
    stream.entries = state.entries.into_iter().map(decode_entry).collect();
    for window in &state.windows {
        let decoded = decode_window(window, stream.seed)
            .ok_or_else(|| damaged("it contradicts itself"))?;
        stream.windows.insert(window.start, decoded);
    }
    Ok(stream)
}

fn check_origin(state: &State, config: &Config) -> Result<(), MergeError> {
    if state.rule_id != RULE_ID || state.rule_version != RULE_VERSION {
        return Err(MergeError::OtherRule(format!(
            "rule {} version {}; this detector is rule {RULE_ID} version {RULE_VERSION}",
            state.rule_id, state.rule_version
        )));
    }
    let ours = configuration(config);
    let theirs = &state.configuration;
    let differ = ours.iter().filter(|entry| !theirs.contains(entry));
    let unknown = theirs.iter().filter(|(name, _)| ours.iter().all(|(own, _)| own != name));
    let mut keys: Vec<&str> = differ.chain(unknown).map(|(name, _)| name.as_str()).collect();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    Err(MergeError::OtherConfiguration(keys.join(", ")))
}

fn decode_revision(state: &StateRevision, seed: Seed) -> Option<Revision> {
    let mut strings = Strings::default();
    let group = decode_group(&state.row, &state.texts, &mut strings, seed)?;
    let (start, number, phase) = (state.start, state.number, state.phase);
    Some(Revision { start, number, phase, row: Row { group, strings } })
}

fn decode_entry(state: StateEntry) -> Entry {
    let (total, errors, url_paths) = state.figures;
    let figures = Figures { total, errors, url_paths };
    Entry { start: state.start, user: state.user, asn: state.asn, figures }
}

/// None when the parts do not fit each other, which no damage that the checksum misses
/// is likely to bring about, but a forged state may.
fn decode_window(state: &StateWindow, seed: Seed) -> Option<Window> {
    let mut window = Window::new(state.fired, state.ids.is_some());
    let texts = &state.texts;
    for (i, group) in (0..).zip(&state.groups) {
        let decoded = decode_group(group, texts, &mut window.strings, seed)?;
        let user = decoded.user.map(|s| window.strings.get(s).to_owned());
        // A key that stands twice would give an earlier place.
        if window.group(user.as_deref(), decoded.asn, seed) != i {
            return None;
        }
        *window.groups.last_mut()? = decoded;
        if group.dirty {
            window.touch(i);
        }
        if let Some((revision, digest, active)) = group.published {
            window.published.insert(i, Published { revision, digest, active });
        }
    }
    if let (Some(ids), Some(state_ids)) = (&mut window.ids, &state.ids) {
        let mut id = 0_u64;
        for entry in state_ids {
            id = id.checked_add(entry.difference)?;
            let known = |group: &u32| (*group as usize) < state.groups.len();
            if entry.groups.is_empty() || !entry.groups.iter().all(known) {
                return None;
            }
            ids.insert(id, Contribution::new(&entry.groups, entry.error));
        }
    }
    Some(window)
}

fn decode_group(
    state: &StateGroup,
    texts: &[String],
    strings: &mut Strings,
    seed: Seed,
) -> Option<Group> {
    let mut symbol = |s: Symbol| Some(strings.add(seed, texts.get(s as usize)?));
    if state.errors > state.total {
        return None;
    }
    let user = match state.user {
        None => None,
        Some(user) => Some(symbol(user)?),
    };
    let mut lists: [Capped<Symbol>; LISTS] = std::array::from_fn(|_| Capped::default());
    for (list, (symbols, truncated)) in lists.iter_mut().zip(&state.lists) {
        list.values = symbols.iter().map(|s| symbol(*s)).collect::<Option<_>>()?;
        list.truncated = *truncated;
    }
    let samples = state.samples.0.iter();
    let samples = samples.map(|(first, s)| Some(Sample { first: *first, path: symbol(*s)? }));
    Some(Group {
        user,
        asn: state.asn,
        total: state.total,
        errors: state.errors,
        first: state.first,
        last: state.last,
        paths: decode_paths(&state.paths)?,
        lists,
        ips: Capped { values: state.ips.0.clone(), truncated: state.ips.1 },
        samples: Capped { values: samples.collect::<Option<_>>()?, truncated: state.samples.1 },
        dirty: false,
    })
}

fn decode_paths(state: &StatePaths) -> Option<Distinct> {
    match state {
        StatePaths::Sketch(registers) => {
            Sketch::from_registers(registers).map(|s| Distinct::Sketch(Box::new(s)))
        }
        StatePaths::Hashes(differences) => {
            let mut paths = Distinct::default();
            let mut hash = 0_u64;
            for difference in differences {
                hash = hash.checked_add(*difference)?;
                paths.insert(hash, usize::MAX);
            }
            Some(paths)
        }
    }
}
