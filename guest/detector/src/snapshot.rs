//! Snapshots: the encoding of state, for restarts and for merging.
//!
//! Layout: the eight bytes `WEIRSTAT`, the format version (u16, little endian), the
//! state in the alphabet of [`crate::wire`] (the seed, the origin of each rule, the state of each
//! rule with its length, counters), and a checksum (u64, little endian) over
//! all before it. Texts, groups, ids and sets are written in ascending order, so that
//! equal states are equal bytes on every host.

use crate::hash::Seed;
use crate::model::{MergeError, Phase, RuleCounters, Succession};
use crate::origin::{self, Differences, Origin};
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
const FORMAT: u16 = 14;

/// A decoded state.
pub(crate) struct DecodedState {
    pub(crate) seed: Seed,
    pub(crate) shared: SharedCounters,
    /// The state of each of our rules, where there is one.
    pub(crate) streams: Vec<Option<Stream>>,
}

/// A decoded state of earlier versions of our rules.
pub(crate) struct EarlierState {
    pub(crate) seed: Seed,
    pub(crate) shared: SharedCounters,
    /// The state of each of our rules, where there is one, and how the rules differ.
    pub(crate) streams: Vec<Option<(Stream, Differences)>>,
}

/// Encodes the state of some rules: a whole one, or that of a group.
pub(crate) fn encode(
    seed: Seed,
    shared: &SharedCounters,
    streams: &[&Stream],
    whole: bool,
) -> Vec<u8> {
    let mut w = Writer::default();
    w.bytes.extend(MAGIC);
    w.bytes.extend(FORMAT.to_le_bytes());
    w.u64(seed.0);
    w.u64(seed.1);
    w.size(streams.len());
    streams
        .iter()
        .for_each(|stream| origin::write(&mut w, &stream.plan, whole));
    for stream in streams {
        // The length in front lets a detector without the rule pass over its state.
        let mut body = Writer::default();
        write_stream(&mut body, stream);
        w.slice(&body.bytes);
    }
    write_shared(&mut w, shared);
    let sum = checksum(&w.bytes);
    w.bytes.extend(sum.to_le_bytes());
    w.bytes
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

/// A hash under a fixed key: it detects damage, not forgery.
fn checksum(bytes: &[u8]) -> u64 {
    Seed(0, 0).bytes(bytes)
}

fn damaged(why: &str) -> MergeError {
    MergeError::Damaged(why.to_owned())
}

/// The checksum matched, so only a forged state contradicts itself.
fn contradicts() -> MergeError {
    damaged("it contradicts itself")
}

/// An encoded state whose checksum matches.
struct Encoded<'a> {
    seed: Seed,
    origins: Vec<Origin<'a>>,
    /// The state of each rule.
    bodies: Vec<&'a [u8]>,
    shared: SharedCounters,
}

/// Reads a state up to the streams of its rules.
fn open(bytes: &[u8]) -> Result<Encoded<'_>, MergeError> {
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
    read_encoded(&mut Reader(body)).ok_or_else(contradicts)
}

fn read_encoded<'a>(r: &mut Reader<'a>) -> Option<Encoded<'a>> {
    let seed = Seed(r.u64()?, r.u64()?);
    let mut origins: Vec<Origin<'a>> = Vec::new();
    r.each(|r| {
        let origin = origin::read(r)?;
        let new = { origins.iter() }.all(|other| other.rule != origin.rule);
        origins.push(origin);
        new.then_some(())
    })?;
    let bodies = origins.iter().map(|_| r.slice()).collect::<Option<_>>()?;
    let shared = read_shared(r)?;
    r.0.is_empty().then_some(Encoded {
        seed,
        origins,
        bodies,
        shared,
    })
}

/// The place of a rule among ours.
fn place(origin: &Origin, ours: &[&Stream]) -> Option<usize> {
    let is_its = |stream: &&Stream| stream.plan.definition.info.id == origin.rule;
    ours.iter().position(is_its)
}

/// Decodes a state that was made under the configurations of some streams, of all of their rules or
/// of some.
///
/// # Errors
/// When it is damaged, or belongs to another rule or configuration.
pub(crate) fn decode(bytes: &[u8], ours: &[&Stream]) -> Result<DecodedState, MergeError> {
    let encoded = open(bytes)?;
    let mut places = Vec::with_capacity(encoded.origins.len());
    for origin in &encoded.origins {
        let Some(at) = place(origin, ours) else {
            let ids = ours.iter().map(|stream| stream.plan.definition.info.id);
            let ids = ids.collect::<Vec<_>>().join(", ");
            return Err(MergeError::OtherRule(format!(
                "rule {} version {}; this detector is rule {ids}",
                origin.rule, origin.version
            )));
        };
        origin.is_of(&ours[at].plan)?;
        places.push(at);
    }
    let mut streams: Vec<Option<Stream>> = ours.iter().map(|_| None).collect();
    for (at, body) in places.into_iter().zip(&encoded.bodies) {
        let conditions = ours[at].plan.conditions.count();
        let stream = decode_stream(body, ours[at], encoded.seed, conditions);
        streams[at] = Some(stream.ok_or_else(contradicts)?);
    }
    Ok(DecodedState {
        seed: encoded.seed,
        shared: encoded.shared,
        streams,
    })
}

/// Decodes a state that was made by earlier versions of the rules of some streams, or under other
/// parameters. Streams whose rule counts otherwise have their counters and their watermark alone.
/// Besides, returns what became of each rule of the state.
///
/// # Errors
/// When it is damaged, or does not say what was counted.
pub(crate) fn decode_earlier(
    bytes: &[u8],
    ours: &[&Stream],
) -> Result<(EarlierState, Vec<Succession>), MergeError> {
    let encoded = open(bytes)?;
    let mut streams: Vec<Option<(Stream, Differences)>> = ours.iter().map(|_| None).collect();
    let mut told = Vec::with_capacity(encoded.origins.len());
    for (origin, body) in encoded.origins.iter().zip(&encoded.bodies) {
        let mut succession = Succession {
            rule: origin.rule.to_owned(),
            version: origin.version,
            lost: Vec::new(),
            changed: Vec::new(),
        };
        if let Some(at) = place(origin, ours) {
            let differences = origin.differences(&ours[at].plan).ok_or_else(|| {
                MergeError::OtherRule("the state of one group is merged, not taken over".to_owned())
            })?;
            succession.lost.clone_from(&differences.counted);
            succession.changed.clone_from(&differences.judged);
            let (ours, seed) = (ours[at], encoded.seed);
            let stream = match differences.counted.is_empty() {
                true => decode_stream(body, ours, seed, differences.conditions),
                false => read_head(&mut Reader(body), ours, seed),
            };
            streams[at] = Some((stream.ok_or_else(contradicts)?, differences));
        } else {
            let why = "the rule does not judge any more";
            succession.lost.push(why.to_owned());
        }
        told.push(succession);
    }
    let state = EarlierState {
        seed: encoded.seed,
        shared: encoded.shared,
        streams,
    };
    Ok((state, told))
}

fn decode_stream(body: &[u8], ours: &Stream, seed: Seed, conditions: usize) -> Option<Stream> {
    let mut r = Reader(body);
    let stream = read_stream(&mut r, ours, seed, conditions)?;
    r.0.is_empty().then_some(stream)
}

/// Reads the part of a stream that does not depend on its rule.
fn read_head(r: &mut Reader, ours: &Stream, seed: Seed) -> Option<Stream> {
    let mut stream = ours.fresh();
    stream.seed = seed;
    stream.watermark = r.option(time)?;
    stream.evicted_before = r.option(time)?.unwrap_or(i64::MIN);
    stream.closed_before = r.option(time)?.unwrap_or(i64::MIN);
    stream.unconfirmed = r.option(time)?;
    stream.refused_in_a_row = r.u32().filter(|n| *n < u32::MAX / 2)?;
    read_totals(r, &mut stream)?;
    Some(stream)
}

fn read_stream(r: &mut Reader, ours: &Stream, seed: Seed, conditions: usize) -> Option<Stream> {
    let schema = &ours.plan.schema;
    let mut stream = read_head(r, ours, seed)?;
    snapshot_kinds::read(r, &mut stream)?;
    r.each(|r| {
        let start = time(r)?;
        let aligned = start == stream.start(start);
        let new = stream
            .windows
            .insert(start, Box::new(read_window(r, schema, seed)?))
            .is_none();
        (aligned && new).then_some(())
    })?;
    r.each(|r| {
        stream.revisions.push_back(read_revision(r, schema, seed)?);
        Some(())
    })?;
    r.each(|r| {
        stream.entries.push_back(read_entry(r, schema, conditions)?);
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
    w.u32(entry.estimates);
}

/// Decodes the figures of an entry.
fn figures_of(r: &mut Reader, conditions: usize) -> Option<Vec<f64>> {
    let mut figures = Vec::new();
    r.each(|r| {
        figures.push(f64::from_bits(r.u64()?));
        figures
            .last()
            .filter(|figure| figure.is_finite())
            .map(|_| ())
    })?;
    (figures.len() == conditions).then_some(figures)
}

/// Decodes the bits of an entry's estimated columns.
fn estimates_of(r: &mut Reader, schema: &Schema) -> Option<u32> {
    let bits = r.u32()?;
    let none = bits >> schema.columns().len() == 0;
    none.then_some(bits)
}

fn read_entry(r: &mut Reader, schema: &Schema, conditions: usize) -> Option<LedgerEntry> {
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
