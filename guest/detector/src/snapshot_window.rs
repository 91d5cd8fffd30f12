//! The encoding of windows: their groups, published revisions, and event ids.

use crate::hash::Seed;
use crate::ids::Ids;
use crate::order;
use crate::schema::Schema;
use crate::snapshot::FAR;
use crate::snapshot_group::{TextTable, read_group, read_texts, write_group};
use crate::window::{Published, Window};
use crate::wire::{Reader, Writer};

pub(crate) fn write_window(w: &mut Writer, window: &Window, judged: bool, schema: &Schema) {
    let texts = TextTable::new(window.groups.iter(), &window.strings, schema);
    let order = texts.order(&window.groups);
    w.bool(window.fired);
    w.bool(window.evicted);
    w.bool(window.split_off);
    w.u64(window.events);
    texts.write(w);
    w.size(order.len());
    for group in &order {
        write_group(w, &window.groups[*group as usize], &texts);
        // A window that has not fired will be evaluated as a whole.
        w.bool(judged && window.groups[*group as usize].dirty());
        let published = window.published.get(group).copied();
        w.option(published, write_published);
    }
    let mut positions = vec![0_u32; order.len()];
    for (position, group) in (0..).zip(&order) {
        positions[*group as usize] = position;
    }
    w.option(window.ids.as_ref(), |w, ids| write_ids(w, ids, &positions));
    let evicted_published = order::ascending(window.evicted_published.keys().copied());
    w.ascending(evicted_published.iter().copied());
    for hash in evicted_published {
        let published = window.evicted_published.get(&hash).copied();
        published.into_iter().for_each(|p| write_published(w, p));
    }
}

pub(crate) fn write_published(w: &mut Writer, published: Published) {
    w.u32(published.revision);
    w.u64(published.digest);
    w.bool(published.active);
}

pub(crate) fn read_published(r: &mut Reader) -> Option<Published> {
    Some(Published {
        revision: r.u32().filter(|n| *n < u32::MAX)?,
        digest: r.u64()?,
        active: r.bool()?,
    })
}

/// Mark of an event in several groups.
const SEVERAL: u64 = 4;

/// Encodes each id as the distance from the one before, and a number: its flags (below 4), whether
/// it is in [`SEVERAL`] groups, and its group or the number of groups (from 8 on).
fn write_ids(w: &mut Writer, ids: &Ids, positions: &[u32]) {
    w.size(ids.count());
    let mut last = 0;
    ids.each_ascending(|id, contribution| {
        w.u64(id - last);
        last = id;
        let flags = u64::from(contribution.flags);
        let position = |group: &u32| u64::from(positions[*group as usize]);
        if let [group] = contribution.groups {
            w.u64(position(group) << 3 | flags);
        } else {
            w.u64((contribution.groups.len() as u64) << 3 | SEVERAL | flags);
            let groups = order::ascending(contribution.groups.iter().map(position));
            groups.into_iter().for_each(|group| w.u64(group));
        }
    });
}

pub(crate) fn read_window(r: &mut Reader, schema: &Schema, seed: Seed) -> Option<Window> {
    let mut window = Window::new(r.bool()?, true);
    let evicted = r.bool()?;
    window.split_off = r.bool()?;
    window.events = r.u64().filter(|n| *n < FAR)?;
    let symbols = read_texts(r, &mut window.strings, seed)?;
    let mut at = 0;
    window.reserve(r.room()?);
    r.each(|r| {
        let group = read_group(r, &symbols, &mut window.strings, schema, seed)?;
        let key = group.key(&window.strings).to_owned();
        // A duplicate key would give an earlier index.
        if window.group(&key, seed) != at {
            return None;
        }
        window.replace_last_group(group)?;
        if r.bool()? {
            window.mark_dirty(at);
        }
        if let Some(published) = r.option(read_published)? {
            window.published.insert(at, published);
        }
        at += 1;
        Some(())
    })?;
    window.evicted = evicted;
    window.ids = r.option(|r| read_ids(r, at))?;
    let mut evicted_published = Vec::new();
    r.ascending(|_, hash| {
        evicted_published.push(hash);
        Some(())
    })?;
    for hash in evicted_published {
        window.evicted_published.insert(hash, read_published(r)?);
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
        if number & SEVERAL == 0 {
            groups.push(group(number >> 3)?);
        } else {
            for _ in 0..number >> 3 {
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
        let [number, ..] = number.to_le_bytes();
        ids.insert(id, &groups, number & 3);
        Some(())
    })?;
    Some(ids)
}
