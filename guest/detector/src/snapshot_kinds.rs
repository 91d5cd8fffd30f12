//! The encoding of state besides panes: sessions and published boundaries.

use crate::episodes::Episodes;
use crate::judgement::JudgementKind;
use crate::key;
use crate::order;
use crate::schema::Schema;
use crate::sessions::Session;
use crate::snapshot::time;
use crate::snapshot_window::{read_published, write_published};
use crate::stream::Stream;
use crate::wire::{Reader, Writer};

/// Tags of the kinds of judgement.
const WINDOWS: u32 = 0;
const SLIDING: u32 = 1;
const FIRST_SEEN: u32 = 2;

/// Encodes the state besides panes.
pub(crate) fn write(w: &mut Writer, stream: &Stream) {
    match stream.settings.timing.kind {
        JudgementKind::Windows => w.u32(WINDOWS),
        JudgementKind::Sliding { .. } => {
            w.u32(SLIDING);
            write_episodes(w, &stream.episodes);
        }
        JudgementKind::FirstSeen { .. } => {
            w.u32(FIRST_SEEN);
            write_sessions(w, stream);
        }
    }
}

/// Decodes it into a stream of the same kind.
pub(crate) fn read(r: &mut Reader, stream: &mut Stream) -> Option<()> {
    match (r.u32()?, stream.settings.timing.kind) {
        (WINDOWS, JudgementKind::Windows) => Some(()),
        (SLIDING, JudgementKind::Sliding { every, .. }) => {
            read_episodes(r, every, &stream.plan.schema, &mut stream.episodes)
        }
        (FIRST_SEEN, JudgementKind::FirstSeen { history, .. }) => read_sessions(r, history, stream),
        _ => None,
    }
}

fn write_episodes(w: &mut Writer, episodes: &Episodes) {
    w.option(episodes.fired, Writer::i64);
    w.size(episodes.published.len());
    for (boundary, keys) in &episodes.published {
        w.i64(*boundary);
        w.size(keys.len());
        for (key, published) in keys.iter() {
            w.slice(key.as_bytes());
            write_published(w, *published);
        }
    }
}

fn read_episodes(r: &mut Reader, every: i64, schema: &Schema, to: &mut Episodes) -> Option<()> {
    let boundary = |r: &mut Reader| time(r).filter(|time| time.rem_euclid(every) == 0);
    to.fired = r.option(boundary)?;
    r.each(|r| {
        let at = to.published.entry(boundary(r)?).or_default();
        r.each(|r| {
            let key = key_of(r, schema)?;
            at.insert(key, read_published(r)?).is_none().then_some(())
        })
    })
}

/// Decodes a key of the rule.
pub(crate) fn key_of(r: &mut Reader, schema: &Schema) -> Option<String> {
    let key = { r.text() }.filter(|key| key::is_key(key, schema.key_kinds()))?;
    Some(key.to_owned())
}

/// Encodes the keys ascending, each with its sessions: the first time, then lengths and distances.
fn write_sessions(w: &mut Writer, stream: &Stream) {
    let seen = &stream.seen;
    w.option(seen.stream_start, Writer::i64);
    w.bool(seen.confirmed);
    w.option(
        (seen.evicted_before > i64::MIN).then_some(seen.evicted_before),
        Writer::i64,
    );
    let mut entries: Vec<_> = seen.entries.iter().collect();
    entries.retain(|entry| !entry.sessions.is_empty());
    let key = |i: u32| &*entries[i as usize].key;
    let order = order::positions(entries.len(), &mut |a, b| key(a).cmp(key(b)));
    w.size(entries.len());
    for entry in order.into_iter().map(|i| entries[i as usize]) {
        w.slice(entry.key.as_bytes());
        w.size(entry.sessions.len());
        for session in &entry.sessions {
            w.i64(session.first);
            w.u64((session.last - session.first).unsigned_abs());
        }
    }
}

fn read_sessions(r: &mut Reader, history: i64, stream: &mut Stream) -> Option<()> {
    let seen = &mut stream.seen;
    seen.stream_start = r.option(time)?;
    seen.confirmed = r.bool()?;
    seen.evicted_before = r.option(time)?.unwrap_or(i64::MIN);
    r.each(|r| {
        let key = key_of(r, &stream.plan.schema)?;
        let place = seen.insert_key(&key);
        let mut before = i64::MIN;
        r.each(|r| {
            let first = time(r)?;
            let length = i64::try_from(r.u64()?)
                .ok()
                .filter(|length| *length < FAR)?;
            let session = Session {
                first,
                last: first + length,
            };
            // Otherwise they would be one session, or out of order.
            (first.saturating_sub(history) > before).then_some(())?;
            before = session.last;
            seen.merge_session(place, session, history);
            Some(())
        })?;
        (before > i64::MIN).then_some(())
    })
}

/// A bound above every possible span.
const FAR: i64 = 1 << 56;
