//! What the kinds of judgement keep besides panes, as bytes.

use crate::judgement::Kind;
use crate::key;
use crate::order;
use crate::runs::Run;
use crate::schema::Schema;
use crate::sliding::Episodes;
use crate::snapshot::time;
use crate::snapshot_window::{read_published, write_published};
use crate::stream::Stream;
use crate::wire::{Reader, Writer};

/// Which kind it is, so that no state is read as one of another.
const WINDOWS: u32 = 0;
const SLIDING: u32 = 1;
const FIRST_SEEN: u32 = 2;

/// Writes what a stream's kind of judgement keeps.
pub(crate) fn write(w: &mut Writer, stream: &Stream) {
    match stream.settings.timing.kind {
        Kind::Windows => w.u32(WINDOWS),
        Kind::Sliding { .. } => {
            w.u32(SLIDING);
            write_episodes(w, &stream.episodes);
        }
        Kind::FirstSeen { .. } => {
            w.u32(FIRST_SEEN);
            write_runs(w, stream);
        }
    }
}

/// Reads it into a stream of the same kind.
pub(crate) fn read(r: &mut Reader, stream: &mut Stream) -> Option<()> {
    match (r.u32()?, stream.settings.timing.kind) {
        (WINDOWS, Kind::Windows) => Some(()),
        (SLIDING, Kind::Sliding { every, .. }) => {
            read_episodes(r, every, &stream.plan.schema, &mut stream.episodes)
        }
        (FIRST_SEEN, Kind::FirstSeen { history, .. }) => read_runs(r, history, stream),
        _ => None,
    }
}

fn write_episodes(w: &mut Writer, episodes: &Episodes) {
    w.option(episodes.fired, Writer::i64);
    w.size(episodes.published.len());
    for (boundary, keys) in &episodes.published {
        w.i64(*boundary);
        w.size(keys.len());
        for (key, published) in keys {
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

/// A key of the rule.
pub(crate) fn key_of(r: &mut Reader, schema: &Schema) -> Option<String> {
    let key = { r.text() }.filter(|key| key::is_key(key, schema.key_kinds()))?;
    Some(key.to_owned())
}

/// Keys ascending, each with its runs: the first time, then lengths and distances.
fn write_runs(w: &mut Writer, stream: &Stream) {
    let seen = &stream.seen;
    w.option(seen.begin, Writer::i64);
    w.bool(seen.sure);
    w.option((seen.floor > i64::MIN).then_some(seen.floor), Writer::i64);
    let mut entries: Vec<_> = seen.entries.iter().collect();
    entries.retain(|entry| !entry.runs.is_empty());
    let key = |i: u32| &*entries[i as usize].key;
    let order = order::positions(entries.len(), &mut |a, b| key(a).cmp(key(b)));
    w.size(entries.len());
    for entry in order.into_iter().map(|i| entries[i as usize]) {
        w.slice(entry.key.as_bytes());
        w.size(entry.runs.len());
        for run in &entry.runs {
            w.i64(run.first);
            w.u64((run.last - run.first).unsigned_abs());
        }
    }
}

fn read_runs(r: &mut Reader, history: i64, stream: &mut Stream) -> Option<()> {
    let seen = &mut stream.seen;
    seen.begin = r.option(time)?;
    seen.sure = r.bool()?;
    seen.floor = r.option(time)?.unwrap_or(i64::MIN);
    r.each(|r| {
        let key = key_of(r, &stream.plan.schema)?;
        let place = seen.enter(&key);
        let mut before = i64::MIN;
        r.each(|r| {
            let first = time(r)?;
            let length = i64::try_from(r.u64()?)
                .ok()
                .filter(|length| *length < FAR)?;
            let run = Run {
                first,
                last: first + length,
            };
            // Else they would be one run, or not in order.
            (first.saturating_sub(history) > before).then_some(())?;
            before = run.last;
            seen.join(place, run, history);
            Some(())
        })?;
        (before > i64::MIN).then_some(())
    })
}

/// Beyond any span that can be.
const FAR: i64 = 1 << 56;
