//! The encoding of groups, the largest part of a snapshot.

use crate::accumulator::Accumulator;
use crate::columns::{ip, ip_fact, sample, sampled, symbol};
use crate::facts::{ColumnId, PAYLOAD_BITS};
use crate::group::{Group, PERSISTENT};
use crate::hash::Seed;
use crate::key;
use crate::order;
use crate::schema::{ColumnKind, Schema};
use crate::sketch::Sketch;
use crate::strings::{Strings, Symbol};
use crate::wire::{Reader, Writer};

/// The texts of some groups in ascending order; a symbol is encoded as its index among them.
pub struct TextTable<'s> {
    strings: &'s Strings,
    schema: &'s Schema,
    ascending: Vec<Symbol>,
    /// Indexes by symbol.
    places: Vec<u32>,
}

impl<'s> TextTable<'s> {
    /// The texts of some groups, out of an interner.
    pub fn new<'g>(
        groups: impl IntoIterator<Item = &'g Group>,
        strings: &'s Strings,
        schema: &'s Schema,
    ) -> TextTable<'s> {
        const UNUSED: u32 = u32::MAX;
        let mut places = vec![UNUSED; strings.count()];
        let mut ascending = Vec::new();
        for group in groups {
            group.symbols(schema, &mut |symbol| {
                let place = &mut places[symbol as usize];
                if *place == UNUSED {
                    *place = 0;
                    ascending.push(symbol);
                }
            });
        }
        // Most texts differ in their first eight bytes, which are compared as one number.
        let mut first = vec![0; strings.count()];
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
        TextTable {
            strings,
            schema,
            ascending,
            places,
        }
    }

    /// Encodes the texts.
    pub fn write(&self, w: &mut Writer) {
        w.size(self.ascending.len());
        for symbol in &self.ascending {
            w.slice(self.strings.get(*symbol).as_bytes());
        }
    }

    /// The index of a symbol that a group uses.
    fn place(&self, symbol: Symbol) -> u32 {
        self.places[symbol as usize]
    }

    /// The positions of groups in the order of their keys.
    pub fn order(&self, groups: &[Group]) -> Vec<u32> {
        let key = |group: u32| self.place(groups[group as usize].key_symbol());
        order::positions(groups.len(), &mut |a, b| key(a).cmp(&key(b)))
    }
}

/// The first bytes of a text as a number of equal order.
fn first_word(text: &str) -> u64 {
    let mut word = [0; 8];
    let length = text.len().min(word.len());
    word[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(word)
}

/// Decodes texts into `strings`, which are replaced. Returns the symbols by index.
pub fn read_texts(r: &mut Reader, strings: &mut Strings, seed: Seed) -> Option<Vec<Symbol>> {
    let room = r.room()?;
    *strings = Strings::with_room(room);
    let mut symbols = Vec::with_capacity(room);
    let mut last = None;
    r.each(|r| {
        let text = r.text()?;
        symbols.push(strings.intern(seed, text));
        let ascends = last.is_none_or(|last| last < text);
        last = Some(text);
        ascends.then_some(())
    })?;
    Some(symbols)
}

/// Encodes a group whose texts are in a [`TextTable`].
pub fn write_group(w: &mut Writer, group: &Group, texts: &TextTable) {
    w.u32(texts.place(group.key_symbol()));
    group.counts.iter().for_each(|n| w.u32(*n));
    w.u32(group.first);
    w.u32(group.last);
    w.u32(group.persistent_marks());
    let facts = group.facts.by_column();
    for (column, kind) in texts.schema.kinds() {
        let facts = facts.of(column);
        match kind {
            ColumnKind::Count | ColumnKind::CountWhere(_) => {}
            ColumnKind::Values => {
                w.size(facts.len());
                facts.for_each(|text| w.u32(texts.place(symbol(text))));
            }
            ColumnKind::Addresses => {
                w.size(facts.len());
                facts.for_each(|payload| w.u128(ip(payload, texts.strings)));
            }
            ColumnKind::Samples => {
                w.size(facts.len());
                for (first, text) in facts.map(sampled) {
                    w.u32(first);
                    w.u32(texts.place(text));
                }
            }
            ColumnKind::Distinct => {
                w.option(group.sketch(column), |w, s| w.slice(s.registers()));
                w.ascending(facts);
            }
            _ => w.option(group.accumulator(column), |w, accumulator| {
                accumulator.write(w, kind, |bits| texts.place(symbol(bits)));
            }),
        }
    }
}

/// Decodes a group whose texts were decoded before; addresses may add to `strings`.
pub fn read_group(
    r: &mut Reader,
    symbols: &[Symbol],
    strings: &mut Strings,
    schema: &Schema,
    seed: Seed,
) -> Option<Group> {
    // The window that takes the group holds its key.
    let key = *symbols.get(r.size()?)?;
    key::is_key(strings.get(key), schema.key_kinds()).then_some(())?;
    let mut group = Group::new(key);
    for count in &mut group.counts {
        *count = r.u32()?;
    }
    group.first = r.u32()?;
    group.last = r.u32()?;
    group.set_persistent_marks(r.u32().filter(|marks| marks & !PERSISTENT == 0)?);
    // Facts are read in the order of their columns, and must ascend within each.
    for (column, kind) in schema.kinds() {
        read_column(r, column, kind, &mut group, symbols, strings, seed)?;
    }
    let [all, flagged @ ..] = group.counts;
    flagged.iter().all(|count| *count <= all).then_some(group)
}

fn read_column(
    r: &mut Reader,
    column: ColumnId,
    kind: ColumnKind,
    group: &mut Group,
    symbols: &[Symbol],
    strings: &mut Strings,
    seed: Seed,
) -> Option<()> {
    let held = |strings: &mut Strings, place: usize| {
        let symbol = *symbols.get(place)?;
        strings.retain(symbol);
        Some(symbol)
    };
    match kind {
        ColumnKind::Count | ColumnKind::CountWhere(_) => Some(()),
        ColumnKind::Values => ascending(r, Reader::size, |place| {
            let symbol = held(strings, *place)?;
            group.facts.push(column, symbol.into());
            Some(())
        }),
        ColumnKind::Addresses => ascending(r, Reader::u128, |bits| {
            group.facts.push(column, ip_fact(*bits, seed, strings));
            Some(())
        }),
        ColumnKind::Samples => {
            let read = |r: &mut Reader| Some((r.u32().filter(|n| *n < DAY)?, r.size()?));
            ascending(r, read, |(first, place)| {
                let symbol = held(strings, *place)?;
                group.facts.push(column, sample(*first, symbol));
                Some(())
            })
        }
        ColumnKind::Distinct => {
            let sketch = r.option(|r| Sketch::from_registers(r.slice()?))?;
            let estimated = sketch.is_some();
            if let Some(sketch) = sketch {
                group.set_sketch(column, sketch);
            }
            r.ascending(|_, hash| {
                group.facts.push(column, hash);
                (hash >> PAYLOAD_BITS == 0 && !estimated).then_some(())
            })
        }
        _ => {
            let symbol = |place| held(strings, place).map(u64::from);
            let read = r.option(|r| Accumulator::read(r, kind, DAY, symbol))?;
            read.into_iter().for_each(|new| {
                group.accumulate(column, || new);
            });
            Some(())
        }
    }
}

/// Milliseconds of the longest window.
const DAY: u32 = 86_400_000;

/// Decodes a counted list of strictly ascending values.
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
