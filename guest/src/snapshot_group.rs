//! A group's aggregate as bytes: the part of a snapshot that there is most of.

use crate::facts::{IPS, PATHS, PAYLOAD_BITS, SAMPLES};
use crate::group::{Group, LASTING, LISTS, ip, ip_fact, sample, sampled, symbol};
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
    /// By symbol.
    places: Vec<u32>,
}

impl<'s> Texts<'s> {
    pub(crate) fn new<'g>(
        groups: impl IntoIterator<Item = &'g Group>,
        strings: &'s Strings,
    ) -> Texts<'s> {
        const UNUSED: u32 = u32::MAX;
        let mut places = vec![UNUSED; strings.len()];
        let mut ascending = Vec::new();
        for group in groups {
            group.symbols(&mut |symbol| {
                let place = &mut places[symbol as usize];
                if *place == UNUSED {
                    *place = 0;
                    ascending.push(symbol);
                }
            });
        }
        // Most texts differ in their first eight bytes, which are compared as one number.
        let mut first = vec![0; strings.len()];
        for symbol in &ascending {
            first[*symbol as usize] = first_word(strings.get(*symbol));
        }
        let text = |s| strings.get(s);
        order::sort(&mut ascending, &mut |a, b| {
            let words = first[a as usize].cmp(&first[b as usize]);
            words.then_with(|| text(a).cmp(text(b)))
        });
        for (place, symbol) in (0..).zip(&ascending) {
            places[*symbol as usize] = place;
        }
        Texts {
            strings,
            ascending,
            places,
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.size(self.ascending.len());
        for symbol in &self.ascending {
            w.slice(self.strings.get(*symbol).as_bytes());
        }
    }

    /// The place of a symbol that a group uses.
    fn place(&self, symbol: Symbol) -> u32 {
        self.places[symbol as usize]
    }

    /// The positions of groups in the order of their keys: null first, as texts sort.
    pub(crate) fn order(&self, groups: &[Group]) -> Vec<u32> {
        let key = |group: u32| {
            let group = &groups[group as usize];
            (group.user().map(|user| self.place(user)), group.asn())
        };
        order::positions(groups.len(), &mut |a, b| key(a).cmp(&key(b)))
    }
}

/// A text's first bytes as a number that sorts as they do.
fn first_word(text: &str) -> u64 {
    let mut word = [0; 8];
    let length = text.len().min(word.len());
    word[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(word)
}

/// Reads what [`Texts::write`] wrote, in place of `strings`. Gives the symbols by place.
pub(crate) fn read_texts(r: &mut Reader, strings: &mut Strings, seed: Seed) -> Option<Vec<Symbol>> {
    let room = r.room()?;
    *strings = Strings::with_room(room);
    let mut symbols = Vec::with_capacity(room);
    let mut last = None;
    r.each(|r| {
        let text = r.text()?;
        symbols.push(strings.enter(seed, text));
        let ascends = last.is_none_or(|last| last < text);
        last = Some(text);
        ascends.then_some(())
    })?;
    Some(symbols)
}

pub(crate) fn write_group(w: &mut Writer, group: &Group, texts: &Texts) {
    w.option(group.user(), |w, user| w.u32(texts.place(user)));
    w.option(group.asn(), Writer::i64);
    for n in [group.total, group.errors, group.first, group.last] {
        w.u32(n);
    }
    w.u32(group.lasting_marks().into());
    let facts = group.facts.runs();
    for kind in LISTS {
        w.size(facts.of(kind).len());
        facts
            .of(kind)
            .for_each(|text| w.u32(texts.place(symbol(text))));
    }
    w.size(facts.of(IPS).len());
    facts
        .of(IPS)
        .for_each(|payload| w.u128(ip(payload, texts.strings)));
    w.size(facts.of(SAMPLES).len());
    for (first, path) in facts.of(SAMPLES).map(sampled) {
        w.u32(first);
        w.u32(texts.place(path));
    }
    w.option(group.sketch.as_ref(), |w, s| w.slice(s.registers()));
    w.ascending(facts.of(PATHS));
}

/// Reads a group whose texts were read before; addresses may add to `strings`.
pub(crate) fn read_group(
    r: &mut Reader,
    symbols: &[Symbol],
    strings: &mut Strings,
    seed: Seed,
) -> Option<Group> {
    let user = match r.option(Reader::size)? {
        // The window that takes the group holds its user.
        Some(place) => Some(*symbols.get(place)?),
        None => None,
    };
    let held = |strings: &mut Strings, place: usize| {
        let symbol = *symbols.get(place)?;
        strings.hold(symbol);
        Some(symbol)
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
            let symbol = held(strings, *place)?;
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
        let symbol = held(strings, *place)?;
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
