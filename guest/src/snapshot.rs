//! A stream's state as bytes, for restarts and for merging.
//!
//! Layout: the eight bytes `WEIRSTAT`, the format version (u16, little endian), the
//! state in the alphabet of [`crate::wire`], and a checksum (u64, little endian) over
//! all before it. Texts, groups, ids and sets are written in ascending order, so that
//! equal states are equal bytes on every host.

use crate::config::Config;
use crate::describe::{RULE_ID, RULE_VERSION};
use crate::hash::Seed;
use crate::ids::Ids;
use crate::model::{Counters, MergeError, Phase};
use crate::order;
use crate::rule::Figures;
use crate::snapshot_group::{Texts, read_group, read_texts, write_group};
use crate::stream::{LedgerEntry, Revision, Stream};
use crate::strings::Strings;
use crate::window::{Published, Row, Window};
use crate::wire::{Reader, Writer};

const MAGIC: &[u8; 8] = b"WEIRSTAT";
/// Version of the layout; any change of what is written makes a new one.
const FORMAT: u16 = 5;

/// The state as bytes.
pub(crate) fn encode(stream: &Stream) -> Vec<u8> {
    let mut w = Writer::default();
    w.bytes.extend(MAGIC);
    w.bytes.extend(FORMAT.to_le_bytes());
    w.slice(RULE_ID.as_bytes());
    w.u32(RULE_VERSION);
    write_configuration(&mut w, &stream.config);
    w.u64(stream.seed.0);
    w.u64(stream.seed.1);
    w.option(stream.watermark, Writer::i64);
    w.option(
        (stream.floor > i64::MIN).then_some(stream.floor),
        Writer::i64,
    );
    w.option(
        (stream.sealed > i64::MIN).then_some(stream.sealed),
        Writer::i64,
    );
    w.option(stream.first, Writer::i64);
    w.u32(stream.ahead);
    write_totals(&mut w, &stream.totals);
    w.size(stream.windows.len());
    for (start, window) in &stream.windows {
        w.i64(*start);
        write_window(&mut w, window);
    }
    w.size(stream.revisions.len());
    stream
        .revisions
        .iter()
        .for_each(|r| write_revision(&mut w, r));
    w.size(stream.entries.len());
    stream.entries.iter().for_each(|e| write_entry(&mut w, e));
    let sum = checksum(&w.bytes);
    w.bytes.extend(sum.to_le_bytes());
    w.bytes
}

/// The parameters that two states must share to be merged. The others decide about coming
/// events or about what is handed out: a state means the same under any value of theirs.
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

/// The parameters that are not as they are by default: a group's state is to be small.
fn write_configuration(w: &mut Writer, config: &Config) {
    let mut values = shared(config);
    let defaults = shared(&Config::default());
    values.retain(|value| !defaults.contains(value));
    w.size(values.len());
    for (name, value) in values {
        w.slice(name.as_bytes());
        w.slice(value.as_bytes());
    }
}

/// A hash under a fixed key: it finds damage, not malice.
fn checksum(bytes: &[u8]) -> u64 {
    Seed(0, 0).bytes(bytes)
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
    check_origin(&mut r, config)?;
    // The checksum held, so only a forged state can fail from here on.
    match read_stream(&mut r, config) {
        Some(stream) if r.0.is_empty() => Ok(stream),
        _ => Err(damaged("it contradicts itself")),
    }
}

fn check_origin(r: &mut Reader, config: &Config) -> Result<(), MergeError> {
    let cut = || MergeError::Damaged("it contradicts itself".to_owned());
    let (rule, version) = r.text().zip(r.u32()).ok_or_else(cut)?;
    if rule != RULE_ID || version != RULE_VERSION {
        return Err(MergeError::OtherRule(format!(
            "rule {rule} version {version}; this detector is rule {RULE_ID} version {RULE_VERSION}"
        )));
    }
    let ours = shared(config);
    let mut theirs = shared(&Config::default());
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
        return Ok(());
    }
    Err(MergeError::OtherConfiguration(differ.join(", ")))
}

fn read_stream(r: &mut Reader, config: &Config) -> Option<Stream> {
    let seed = Seed(r.u64()?, r.u64()?);
    let mut stream = Stream::new(config.clone(), seed);
    stream.watermark = r.option(time)?;
    stream.floor = r.option(time)?.unwrap_or(i64::MIN);
    stream.sealed = r.option(time)?.unwrap_or(i64::MIN);
    stream.first = r.option(time)?;
    stream.ahead = r.u32().filter(|n| *n < u32::MAX / 2)?;
    stream.totals = read_totals(r)?;
    r.each(|r| {
        let start = time(r)?;
        let aligned = start == stream.start(start);
        let new = stream
            .windows
            .insert(start, read_window(r, seed)?)
            .is_none();
        (aligned && new).then_some(())
    })?;
    r.each(|r| {
        stream.revisions.push_back(read_revision(r, seed)?);
        Some(())
    })?;
    r.each(|r| {
        stream.entries.push_back(read_entry(r)?);
        Some(())
    })?;
    stream.weigh();
    Some(stream)
}

/// Beyond any count or time that can be: what is larger is forged, and could overflow.
const FAR: u64 = 1 << 56;

/// Milliseconds since 1970.
fn time(r: &mut Reader) -> Option<i64> {
    r.i64().filter(|ms| ms.unsigned_abs() < FAR)
}

/// The totals that are kept, in the order in which they are written.
fn totals(c: &mut Counters) -> [&mut u64; 16] {
    [
        &mut c.counted,
        &mut c.duplicate,
        &mut c.excluded,
        &mut c.other_data_set,
        &mut c.malformed,
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

fn write_totals(w: &mut Writer, counters: &Counters) {
    totals(&mut counters.clone())
        .into_iter()
        .for_each(|n| w.u64(*n));
    w.size(counters.tables_missed.len());
    for (table, missed) in &counters.tables_missed {
        w.slice(table.as_bytes());
        w.u64(*missed);
    }
}

fn read_totals(r: &mut Reader) -> Option<Counters> {
    let mut counters = Counters::default();
    for total in totals(&mut counters) {
        *total = r.u64().filter(|n| *n < FAR)?;
    }
    r.each(|r| {
        counters
            .tables_missed
            .push((r.text()?.to_owned(), r.u64().filter(|n| *n < FAR)?));
        Some(())
    })?;
    Some(counters)
}

fn write_window(w: &mut Writer, window: &Window) {
    let texts = Texts::new(window.groups.iter(), &window.strings);
    let order = texts.order(&window.groups);
    w.bool(window.fired);
    w.bool(window.gave_up);
    w.bool(window.alone);
    w.u64(window.events);
    texts.write(w);
    w.size(order.len());
    for group in &order {
        write_group(w, &window.groups[*group as usize], &texts);
        // A window that has not fired will be judged whole.
        w.bool(window.fired && window.groups[*group as usize].dirty());
        let published = window.published.get(group).copied();
        w.option(published, write_published);
    }
    let mut positions = vec![0_u32; order.len()];
    for (position, group) in (0..).zip(&order) {
        positions[*group as usize] = position;
    }
    w.option(window.ids.as_ref(), |w, ids| write_ids(w, ids, &positions));
    let closed = order::ascending(window.closed.keys().copied());
    w.ascending(closed.iter().copied());
    for hash in closed {
        let published = window.closed.get(&hash).copied();
        published.into_iter().for_each(|p| write_published(w, p));
    }
}

fn write_published(w: &mut Writer, published: Published) {
    w.u32(published.revision);
    w.u64(published.digest);
    w.bool(published.active);
}

fn read_published(r: &mut Reader) -> Option<Published> {
    Some(Published {
        revision: r.u32().filter(|n| *n < u32::MAX)?,
        digest: r.u64()?,
        active: r.bool()?,
    })
}

/// Each id as its distance from the one before, and a number: whether it was an error (1),
/// whether it went to several groups (2), and its group or how many groups (from 4 on).
fn write_ids(w: &mut Writer, ids: &Ids, positions: &[u32]) {
    w.size(ids.len());
    let mut last = 0;
    ids.each_ascending(|id, contribution| {
        w.u64(id - last);
        last = id;
        let error = u64::from(contribution.error);
        let position = |group: &u32| u64::from(positions[*group as usize]);
        if let [group] = contribution.groups {
            w.u64(position(group) << 2 | error);
        } else {
            w.u64((contribution.groups.len() as u64) << 2 | 2 | error);
            let groups = order::ascending(contribution.groups.iter().map(position));
            groups.into_iter().for_each(|group| w.u64(group));
        }
    });
}

fn read_window(r: &mut Reader, seed: Seed) -> Option<Window> {
    let mut window = Window::new(r.bool()?, true);
    let gave_up = r.bool()?;
    window.alone = r.bool()?;
    window.events = r.u64().filter(|n| *n < FAR)?;
    let symbols = read_texts(r, &mut window.strings, seed)?;
    let mut at = 0;
    window.make_room(r.room()?);
    r.each(|r| {
        let group = read_group(r, &symbols, &mut window.strings, seed)?;
        let user = group.user().map(|s| window.strings.get(s).to_owned());
        // A key that stands twice would give an earlier place.
        if window.group(user.as_deref(), group.asn(), seed) != at {
            return None;
        }
        window.fill_last(group)?;
        if r.bool()? {
            window.touch(at);
        }
        if let Some(published) = r.option(read_published)? {
            window.published.insert(at, published);
        }
        at += 1;
        Some(())
    })?;
    window.gave_up = gave_up;
    window.ids = r.option(|r| read_ids(r, at))?;
    let mut closed = Vec::new();
    r.ascending(|_, hash| {
        closed.push(hash);
        Some(())
    })?;
    for hash in closed {
        window.closed.insert(hash, read_published(r)?);
    }
    Some(window)
}

fn read_ids(r: &mut Reader, count: u32) -> Option<Ids> {
    let mut ids = Ids::with_room(r.room()?);
    let group = |number: u64| u32::try_from(number).ok().filter(|g| *g < count);
    let mut groups = Vec::new();
    r.ascending(|r, id| {
        let number = r.u64()?;
        groups.clear();
        if number & 2 == 0 {
            groups.push(group(number >> 2)?);
        } else {
            for _ in 0..number >> 2 {
                let next = group(r.u64()?)?;
                if groups.last().is_some_and(|last| *last >= next) {
                    return None;
                }
                groups.push(next);
            }
            if groups.len() < 2 {
                return None;
            }
        }
        ids.insert(id, &groups, number & 1 != 0);
        Some(())
    })?;
    Some(ids)
}

const PHASES: [Phase; 4] = [Phase::Early, Phase::OnTime, Phase::Late, Phase::Retracted];

fn write_revision(w: &mut Writer, revision: &Revision) {
    let Row { group, strings } = &revision.row;
    w.i64(revision.start);
    w.u32(revision.number);
    w.size(
        PHASES
            .iter()
            .position(|phase| *phase == revision.phase)
            .unwrap_or_default(),
    );
    let texts = Texts::new([group], strings);
    texts.write(w);
    write_group(w, group, &texts);
}

fn read_revision(r: &mut Reader, seed: Seed) -> Option<Revision> {
    let (start, number) = (time(r)?, r.u32()?);
    let phase = *PHASES.get(r.size()?)?;
    let mut strings = Strings::default();
    let symbols = read_texts(r, &mut strings, seed)?;
    let group = read_group(r, &symbols, &mut strings, seed)?;
    Some(Revision {
        start,
        number,
        phase,
        row: Row { group, strings },
    })
}

fn write_entry(w: &mut Writer, entry: &LedgerEntry) {
    w.i64(entry.start);
    w.option(entry.user.as_ref(), |w, user| w.slice(user.as_bytes()));
    w.option(entry.asn, Writer::i64);
    let Figures {
        total,
        errors,
        url_paths,
    } = entry.figures;
    [total, errors, url_paths]
        .into_iter()
        .for_each(|n| w.u64(n));
    w.u32(entry.first);
    w.u32(entry.last);
    w.bool(entry.complete);
}

fn read_entry(r: &mut Reader) -> Option<LedgerEntry> {
    Some(LedgerEntry {
        start: time(r)?,
        user: r.option(Reader::text)?.map(str::to_owned),
        asn: r.option(Reader::i64)?,
        figures: Figures {
            total: r.u64()?,
            errors: r.u64()?,
            url_paths: r.u64()?,
        },
        first: r.u32()?,
        last: r.u32()?,
        complete: r.bool()?,
    })
}
