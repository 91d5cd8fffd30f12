//! A group's aggregate as bytes: the part of a snapshot that there is most of.

use crate::facts::{IPS, PATHS, PAYLOAD_BITS, SAMPLES};
use crate::group::{Group, LASTING, LISTS, ip_fact, sample};
use crate::hash::Seed;
use crate::order;
use crate::sketch::Sketch;
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
    w.option(group.user(), |w, user| w.size(texts.place(user)));
    w.option(group.asn(), Writer::i64);
    for n in [group.total, group.errors, group.first, group.last] {
        w.u32(n);
    }
    w.u32(group.lasting_marks().into());
    for kind in LISTS {
        let symbols = group.symbols_of(kind);
        w.size(symbols.len());
        symbols.for_each(|s| w.size(texts.place(s)));
    }
    let ips = group.ips(texts.strings);
    w.size(ips.len());
    ips.for_each(|ip| w.u128(ip));
    w.size(group.symbols_of(SAMPLES).len());
    for ((first, _), symbol) in group.samples(texts.strings).zip(group.symbols_of(SAMPLES)) {
        w.u32(first);
        w.size(texts.place(symbol));
    }
    w.option(group.sketch.as_ref(), |w, s| w.slice(s.registers()));
    w.ascending(group.facts.of(PATHS));
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
    let marks = u16::try_from(r.u32()?).ok();
    group.set_lasting_marks(marks.filter(|m| m & !LASTING == 0)?);
    // Facts are read in the order of their kinds, and must ascend within each.
    for kind in LISTS {
        ascending(r, Reader::size, |place| {
            let symbol = strings.add(seed, texts.get(*place)?);
            group.facts.push(kind, symbol.into());
            Some(())
        })?;
    }
    ascending(r, Reader::u128, |bits| {
        group.facts.push(IPS, ip_fact(*bits, seed, strings));
        Some(())
    })?;
    let read = |r: &mut Reader| Some((r.u32().filter(|n| *n < DAY)?, r.size()?));
    ascending(r, read, |(first, place)| {
        let symbol = strings.add(seed, texts.get(*place)?);
        group.facts.push(SAMPLES, sample(*first, symbol));
        Some(())
    })?;
    let sketch = r.option(|r| Sketch::from_registers(r.slice()?))?;
    group.sketch = sketch.map(Box::new);
    r.ascending(|_, hash| {
        group.facts.push(PATHS, hash);
        (hash >> PAYLOAD_BITS == 0).then_some(())
    })?;
    let estimated = group.sketch.is_none() || group.facts.range(PATHS).is_empty();
    (group.errors <= group.total && estimated).then_some(group)
}

/// Milliseconds of the longest window.
const DAY: u32 = 86_400_000;

/// Reads as many values as are said to follow, each greater than the one before.
fn ascending<'a, T: PartialOrd>(
    r: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
    mut each: impl FnMut(&T) -> Option<()>,
) -> Option<()> {
    let mut last: Option<T> = None;
    r.each(|r| {
        let value = read(r)?;
        if last.as_ref().is_some_and(|last| *last >= value) {
            return None;
        }
        each(&value)?;
        last = Some(value);
        Some(())
    })
}
