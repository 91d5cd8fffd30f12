//! Snapshots: the encoding of state, for restarts and for merging.
//!
//! Layout: the eight bytes `WEIRSTAT`, the format version (u16, little endian), the
//! state in the alphabet of [`crate::wire`], and a checksum (u64, little endian) over
//! all before it. Texts, groups, ids and sets are written in ascending order, so that
//! equal states are equal bytes on every host.

use crate::conditions::Conditions;
use crate::config::Config;
use crate::definition::Plan;
use crate::hash::Seed;
use crate::model::{MergeError, Phase, RuleCounters};
use crate::schema::Schema;
use crate::snapshot_group::{TextTable, read_group, read_texts, write_group};
use crate::snapshot_kinds::{self, key_of};
use crate::snapshot_window::{read_window, write_window};
use crate::stream::{LedgerEntry, Revision, Stream};
use crate::strings::Strings;
use crate::totals::{SharedCounters, add_named};
use crate::window::Row;
use crate::wire::{Reader, Writer};

const MAGIC: &[u8; 8] = b"WEIRSTAT";
/// Version of the layout; any change of the encoding makes a new one.
const FORMAT: u16 = 12;

/// A decoded state.
pub(crate) struct DecodedState {
    pub(crate) seed: Seed,
    pub(crate) shared: SharedCounters,
    /// The state of each of our rules, where there is one.
    pub(crate) streams: Vec<Option<Stream>>,
}

/// Encodes the state of some rules.
pub(crate) fn encode(seed: Seed, shared: &SharedCounters, streams: &[&Stream]) -> Vec<u8> {
    let mut w = Writer::default();
    w.bytes.extend(MAGIC);
    w.bytes.extend(FORMAT.to_le_bytes());
    w.u64(seed.0);
    w.u64(seed.1);
    w.size(streams.len());
    streams
        .iter()
        .for_each(|stream| write_origin(&mut w, &stream.plan));
    streams
        .iter()
        .for_each(|stream| write_stream(&mut w, stream));
    write_shared(&mut w, shared);
    let sum = checksum(&w.bytes);
    w.bytes.extend(sum.to_le_bytes());
    w.bytes
}

/// Encodes the rule of a state, and its parameters.
fn write_origin(w: &mut Writer, plan: &Plan) {
    w.slice(plan.definition.info.id.as_bytes());
    w.u32(plan.definition.info.version);
    w.u64(plan.schema.fingerprint());
    write_configuration(w, plan);
}

fn write_stream(w: &mut Writer, stream: &Stream) {
    let schema = &stream.plan.schema;
    w.option(stream.watermark, Writer::i64);
    w.option(
        (stream.evicted_before > i64::MIN).then_some(stream.evicted_before),
        Writer::i64,
    );
    w.option(
        (stream.closed_before > i64::MIN).then_some(stream.closed_before),
        Writer::i64,
    );
    w.option(stream.unconfirmed, Writer::i64);
    w.u32(stream.refused_in_a_row);
    write_totals(w, stream);
    snapshot_kinds::write(w, stream);
    w.size(stream.windows.len());
    for (start, window) in &stream.windows {
        w.i64(*start);
        let judged =
            window.fired || stream.episodes.fired >= Some(stream.settings.timing.due(*start));
        write_window(w, window, judged, schema);
    }
    w.size(stream.revisions.len());
    stream
        .revisions
        .iter()
        .for_each(|r| write_revision(w, r, schema));
    w.size(stream.entries.len());
    stream.entries.iter().for_each(|e| write_entry(w, e));
}

/// The parameters that two states must share to be merged. The others affect later events or
/// output: a state means the same under any value of theirs.
fn shared(config: &Config) -> Vec<(&'static str, String)> {
    const OWN: [&str; 7] = [
        "partial",
        "verdicts",
        "verdicts_floor",
        "max_future_seconds",
        "max_jump_seconds",
        "max_state_mib",
        "exceptions",
    ];
    let mut values = config.values();
    values.retain(|(name, _)| !OWN.contains(name));
    values
}

/// Encodes the parameters that differ from their defaults, since a group's state is to be small.
fn write_configuration(w: &mut Writer, plan: &Plan) {
    let mut values = shared(&plan.config);
    let defaults = shared(&plan.parameters.defaults());
    values.retain(|value| !defaults.contains(value));
    w.size(values.len());
    for (name, value) in values {
        w.slice(name.as_bytes());
        w.slice(value.as_bytes());
    }
}

/// A hash under a fixed key: it detects damage, not forgery.
fn checksum(bytes: &[u8]) -> u64 {
    Seed(0, 0).bytes(bytes)
}

/// Decodes a state that was made under the configurations of some streams, of all of their rules or
/// of some.
///
/// # Errors
/// When it is damaged, or belongs to another rule or configuration.
pub(crate) fn decode(bytes: &[u8], ours: &[&Stream]) -> Result<DecodedState, MergeError> {
    let damaged = |why: &str| MergeError::Damaged(why.to_owned());
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("it does not begin as a state does"))?;
    let (format, body) = body
        .split_first_chunk()
        .ok_or_else(|| damaged("it is cut short"))?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        let message = format!("format version {format}; this detector reads version {FORMAT}");
        return Err(MergeError::OtherRule(message));
    }
    let (body, sum) = body
        .split_last_chunk()
        .ok_or_else(|| damaged("it is cut short"))?;
    if checksum(&bytes[..bytes.len() - sum.len()]) != u64::from_le_bytes(*sum) {
        return Err(damaged("its checksum does not match"));
    }
    let mut r = Reader(body);
    // The checksum matched, so only a forged state contradicts itself.
    let cut = || damaged("it contradicts itself");
    let seed = r.u64().zip(r.u64()).ok_or_else(cut)?;
    let mut rules = Ok(Vec::new());
    let read = r.each(|r| match (origin(r, ours), &mut rules) {
        (Ok(at), Ok(places)) => {
            places.push(at);
            Some(())
        }
        (refused, _) => {
            rules = refused.map(|_| Vec::new());
            None
        }
    });
    let rules = rules?;
    read.ok_or_else(cut)?;
    let state = read_state(&mut r, Seed(seed.0, seed.1), ours, &rules);
    state.filter(|_| r.0.is_empty()).ok_or_else(cut)
}

/// The index of our stream that the next state belongs to.
fn origin(r: &mut Reader, ours: &[&Stream]) -> Result<usize, MergeError> {
    let cut = || MergeError::Damaged("it contradicts itself".to_owned());
    let (rule, version) = r.text().zip(r.u32()).ok_or_else(cut)?;
    let is_its = |stream: &&Stream| stream.plan.definition.info.id == rule;
    let Some(at) = ours.iter().position(is_its) else {
        let ids = ours.iter().map(|stream| stream.plan.definition.info.id);
        let ids = ids.collect::<Vec<_>>().join(", ");
        return Err(MergeError::OtherRule(format!(
            "rule {rule} version {version}; this detector is rule {ids}"
        )));
    };
    let plan = &ours[at].plan;
    let info = &plan.definition.info;
    if version != info.version {
        return Err(MergeError::OtherRule(format!(
            "rule {rule} version {version}; this detector is rule {} version {}",
            info.id, info.version
        )));
    }
    if r.u64().ok_or_else(cut)? != plan.schema.fingerprint() {
        return Err(MergeError::OtherRule(
            "the rule of its name keeps other columns".to_owned(),
        ));
    }
    let ours = shared(&plan.config);
    let mut theirs = shared(&plan.parameters.defaults());
    r.each(|r| {
        let (name, value) = (r.text()?, r.text()?);
        let known = theirs.iter_mut().find(|(known, _)| *known == name)?;
        known.1 = value.to_owned();
        Some(())
    })
    .ok_or_else(cut)?;
    let pairs = ours.iter().zip(&theirs);
    let differ: Vec<&str> = pairs
        .filter(|(ours, theirs)| ours != theirs)
        .map(|((name, _), _)| *name)
        .collect();
    if differ.is_empty() {
        return Ok(at);
    }
    Err(MergeError::OtherConfiguration(differ.join(", ")))
}

fn read_state(
    r: &mut Reader,
    seed: Seed,
    ours: &[&Stream],
    rules: &[usize],
) -> Option<DecodedState> {
    let mut state = DecodedState {
        seed,
        shared: SharedCounters::default(),
        streams: ours.iter().map(|_| None).collect(),
    };
    for at in rules {
        let stream = read_stream(r, ours.get(*at)?, seed)?;
        if state.streams.get_mut(*at)?.replace(stream).is_some() {
            return None;
        }
    }
    state.shared = read_shared(r)?;
    Some(state)
}

fn read_stream(r: &mut Reader, ours: &Stream, seed: Seed) -> Option<Stream> {
    let schema = &ours.plan.schema;
    let mut stream = ours.fresh();
    stream.seed = seed;
    stream.watermark = r.option(time)?;
    stream.evicted_before = r.option(time)?.unwrap_or(i64::MIN);
    stream.closed_before = r.option(time)?.unwrap_or(i64::MIN);
    stream.unconfirmed = r.option(time)?;
    stream.refused_in_a_row = r.u32().filter(|n| *n < u32::MAX / 2)?;
    read_totals(r, &mut stream)?;
    snapshot_kinds::read(r, &mut stream)?;
    r.each(|r| {
        let start = time(r)?;
        let aligned = start == stream.start(start);
        let new = stream
            .windows
            .insert(start, read_window(r, schema, seed)?)
            .is_none();
        (aligned && new).then_some(())
    })?;
    r.each(|r| {
        stream.revisions.push_back(read_revision(r, schema, seed)?);
        Some(())
    })?;
    r.each(|r| {
        stream
            .entries
            .push_back(read_entry(r, schema, &ours.plan.conditions)?);
        Some(())
    })?;
    stream.recompute_size();
    Some(stream)
}

/// A bound above every possible count or time: larger ones are forged, and could overflow.
pub(crate) const FAR: u64 = 1 << 56;

/// Milliseconds since 1970.
pub(crate) fn time(r: &mut Reader) -> Option<i64> {
    r.i64().filter(|ms| ms.unsigned_abs() < FAR)
}

/// The totals in a snapshot, in their order.
fn totals(c: &mut RuleCounters) -> [&mut u64; 15] {
    [
        &mut c.unwanted,
        &mut c.counted,
        &mut c.duplicate,
        &mut c.excluded,
        &mut c.dropped_late,
        &mut c.refused_future,
        &mut c.late,
        &mut c.windows_fired,
        &mut c.groups_seen,
        &mut c.alerts_early,
        &mut c.alerts_on_time,
        &mut c.alerts_late,
        &mut c.alerts_retracted,
        &mut c.evicted,
        &mut c.ids_forgotten,
    ]
}

fn write_totals(w: &mut Writer, stream: &Stream) {
    let mut counters = stream.totals.clone();
    totals(&mut counters).into_iter().for_each(|n| w.u64(*n));
}

fn read_totals(r: &mut Reader, stream: &mut Stream) -> Option<()> {
    for total in totals(&mut stream.totals) {
        *total = r.u64().filter(|n| *n < FAR)?;
    }
    Some(())
}

fn write_shared(w: &mut Writer, shared: &SharedCounters) {
    for named in [&shared.tables_missed, &shared.opened] {
        w.size(named.len());
        for (name, count) in named {
            w.slice(name.as_bytes());
            w.u64(*count);
        }
    }
    // In the last 16 bytes: the figures of workers with a share of the events differ from those of
    // one with all, and nothing else does.
    for count in [shared.merged.duplicate, shared.merged.late] {
        w.bytes.extend(count.to_le_bytes());
    }
}

fn read_shared(r: &mut Reader) -> Option<SharedCounters> {
    let mut shared = SharedCounters::default();
    for named in [&mut shared.tables_missed, &mut shared.opened] {
        r.each(|r| {
            let (name, count) = (r.text()?, r.u64().filter(|n| *n < FAR)?);
            add_named(named, name, count);
            Some(())
        })?;
    }
    for count in [&mut shared.merged.duplicate, &mut shared.merged.late] {
        let (bytes, rest) = r.0.split_first_chunk()?;
        r.0 = rest;
        *count = Some(u64::from_le_bytes(*bytes)).filter(|n| *n < FAR)?;
    }
    Some(shared)
}

const PHASES: [Phase; 4] = [Phase::Early, Phase::OnTime, Phase::Late, Phase::Retracted];

fn write_revision(w: &mut Writer, revision: &Revision, schema: &Schema) {
    let Row { group, strings } = &revision.row;
    w.i64(revision.start);
    w.u32(revision.number);
    w.size(
        PHASES
            .iter()
            .position(|phase| *phase == revision.phase)
            .unwrap_or_default(),
    );
    let texts = TextTable::new([group], strings, schema);
    texts.write(w);
    write_group(w, group, &texts);
}

fn read_revision(r: &mut Reader, schema: &Schema, seed: Seed) -> Option<Revision> {
    let (start, number) = (time(r)?, r.u32()?);
    let phase = *PHASES.get(r.size()?)?;
    let mut strings = Strings::default();
    let symbols = read_texts(r, &mut strings, seed)?;
    let group = read_group(r, &symbols, &mut strings, schema, seed)?;
    Some(Revision {
        start,
        number,
        phase,
        row: Row { group, strings },
    })
}

fn write_entry(w: &mut Writer, entry: &LedgerEntry) {
    w.i64(entry.start);
    w.slice(entry.key.as_bytes());
    w.size(entry.figures.len());
    entry.figures.iter().for_each(|n| w.u64(n.to_bits()));
    w.u32(entry.first);
    w.u32(entry.last);
    w.bool(entry.complete);
    w.u32(entry.estimates.into());
}

/// Decodes the figures of an entry.
fn figures_of(r: &mut Reader, conditions: &Conditions) -> Option<Vec<f64>> {
    let mut figures = Vec::new();
    r.each(|r| {
        figures.push(f64::from_bits(r.u64()?));
        figures
            .last()
            .filter(|figure| figure.is_finite())
            .map(|_| ())
    })?;
    (figures.len() == conditions.count()).then_some(figures)
}

/// Decodes the bits of an entry's estimated columns.
fn estimates_of(r: &mut Reader, schema: &Schema) -> Option<u16> {
    let bits = u16::try_from(r.u32()?).ok()?;
    let none = u32::from(bits) >> schema.columns().len() == 0;
    none.then_some(bits)
}

fn read_entry(r: &mut Reader, schema: &Schema, conditions: &Conditions) -> Option<LedgerEntry> {
    Some(LedgerEntry {
        start: time(r)?,
        key: key_of(r, schema)?,
        figures: figures_of(r, conditions)?,
        first: r.u32()?,
        last: r.u32()?,
        complete: r.bool()?,
        estimates: estimates_of(r, schema)?,
    })
}
