//! A group's aggregate as bytes: the part of a snapshot that there is most of.

use crate::distinct::{Distinct, Sketch};
use crate::group::{Capped, Group, Sample};
use crate::hash::Seed;
use crate::order;
use crate::strings::{Strings, Symbol};
use crate::wire::{Reader, Writer};

/// The texts that some groups use, ascending: a symbol's place among them is its name
/// in the bytes.
pub(crate) struct Texts<'s> {
    strings: &'s Strings,
    ascending: Vec<Symbol>,
}

impl<'s> Texts<'s> {
    pub(crate) fn new<'g>(
        groups: impl IntoIterator<Item = &'g Group>,
        strings: &'s Strings,
    ) -> Texts<'s> {
        let mut ascending = Vec::new();
        for group in groups {
            group.symbols(&mut |symbol| ascending.push(symbol));
        }
        // By symbol first: most stand there many times, and numbers compare faster.
        order::sort(&mut ascending, &mut |a, b| a.cmp(&b));
        ascending.dedup();
        let text = |s| strings.get(s);
        order::sort(&mut ascending, &mut |a, b| text(a).cmp(text(b)));
        Texts { strings, ascending }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.size(self.ascending.len());
        for symbol in &self.ascending {
            w.slice(self.strings.get(*symbol).as_bytes());
        }
    }

    fn place(&self, symbol: Symbol) -> usize {
        let wanted = self.strings.get(symbol);
        let place = self
            .ascending
            .binary_search_by(|s| self.strings.get(*s).cmp(wanted));
        // Every symbol of a group is among those used.
        place.unwrap_or_default()
    }
}

/// Reads what [`Texts::write`] wrote.
pub(crate) fn read_texts<'a>(r: &mut Reader<'a>) -> Option<Vec<&'a str>> {
    let mut texts: Vec<&str> = Vec::new();
    r.each(|r| {
        let text = r.text()?;
        let ascends = texts.last().is_none_or(|last| *last < text);
        texts.push(text);
        ascends.then_some(())
    })?;
    Some(texts)
}

pub(crate) fn write_group(w: &mut Writer, group: &Group, texts: &Texts) {
    w.option(group.user, |w, user| w.size(texts.place(user)));
    w.option(group.asn, Writer::i64);
    for n in [group.total, group.errors, group.first, group.last] {
        w.u32(n);
    }
    match &group.paths {
        Distinct::Sketch(sketch) => {
            w.bool(true);
            w.slice(sketch.registers());
        }
        exact => {
            w.bool(false);
            w.ascending(&exact.hashes().unwrap_or_default());
        }
    }
    for list in &group.lists {
        w.bool(list.truncated);
        w.size(list.values.len());
        list.values.iter().for_each(|s| w.size(texts.place(*s)));
    }
    w.bool(group.ips.truncated);
    w.size(group.ips.values.len());
    group.ips.values.iter().for_each(|ip| w.u128(*ip));
    w.bool(group.samples.truncated);
    w.size(group.samples.values.len());
    for sample in &group.samples.values {
        w.u32(sample.first);
        w.size(texts.place(sample.path));
    }
}

/// Reads a group; its texts are added to `strings`.
pub(crate) fn read_group(
    r: &mut Reader,
    texts: &[&str],
    strings: &mut Strings,
    seed: Seed,
) -> Option<Group> {
    let user = match r.option(Reader::size)? {
        Some(place) => Some(strings.add(seed, texts.get(place)?)),
        None => None,
    };
    let mut group = Group::new(user, r.option(Reader::i64)?);
    group.total = r.u32()?;
    group.errors = r.u32()?;
    group.first = r.u32()?;
    group.last = r.u32()?;
    group.paths = read_paths(r)?;
    for list in &mut group.lists {
        let places = read_capped(r, Reader::size)?;
        ascend(&places.values)?;
        let name = |place: &usize| Some(strings.add(seed, texts.get(*place)?));
        list.values = places.values.iter().map(name).collect::<Option<_>>()?;
        list.truncated = places.truncated;
    }
    group.ips = read_capped(r, Reader::u128)?;
    ascend(&group.ips.values)?;
    let mut symbol = |r: &mut Reader| Some(strings.add(seed, texts.get(r.size()?)?));
    group.samples = read_capped(r, |r| {
        Some(Sample {
            first: r.u32()?,
            path: symbol(r)?,
        })
    })?;
    (group.errors <= group.total).then_some(group)
}

/// None unless the values are strictly ascending.
fn ascend<T: PartialOrd>(values: &[T]) -> Option<()> {
    values.is_sorted_by(|a, b| a < b).then_some(())
}

fn read_capped<'a, T>(
    r: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> Option<Capped<T>> {
    let mut list = Capped {
        values: Vec::new(),
        truncated: r.bool()?,
    };
    r.each(|r| {
        list.values.push(read(r)?);
        Some(())
    })?;
    Some(list)
}

fn read_paths(r: &mut Reader) -> Option<Distinct> {
    if r.bool()? {
        return Sketch::from_registers(r.slice()?).map(|s| Distinct::Sketch(Box::new(s)));
    }
    let mut paths = Distinct::default();
    r.ascending(|_, hash| {
        paths.insert(hash, usize::MAX);
        Some(())
    })?;
    Some(paths)
}
