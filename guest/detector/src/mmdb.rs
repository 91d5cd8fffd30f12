//! A reader of databases in the MaxMind DB format, version 2.
//!
//! A search tree leads from an address, bit by bit, to a record; records are trees of typed values.
//! Only the fields of an ASN look-up are decoded, everything else is skipped; the crate `maxminddb`
//! would be a third of the whole component, and tests compare the two. Any bytes are safe to read:
//! invalid ones give None.

use std::net::IpAddr;

/// The marker before the metadata, near the end of the file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// Bytes between the search tree and the records.
const GAP: usize = 16;
/// Deepest nesting, and longest chain of pointers that is followed.
const MAX_DEPTH: u32 = 32;
/// Most values of one record: nested pointers to lists could encode any number in a few bytes.
const MAX: u32 = 4096;

/// A database.
pub struct Database {
    bytes: Vec<u8>,
    nodes: usize,
    /// Bits in one half of a node: 24, 28 or 32.
    record_bits: usize,
    /// Whether the tree is one of 128-bit addresses.
    v6: bool,
    /// The node at which 32-bit addresses begin.
    v4: usize,
    /// The offset of the records.
    data: usize,
    /// The type of the database, for example `GeoLite2-ASN`.
    pub kind: String,
}

/// A typed value: the offset and the length of its contents.
#[derive(Clone, Copy)]
struct EncodedValue {
    kind: u8,
    size: usize,
    at: usize,
}

const POINTER: u8 = 1;
const TEXT: u8 = 2;
const MAP: u8 = 7;
const ARRAY: u8 = 11;
const BOOLEAN: u8 = 14;

impl Database {
    /// Opens a database and checks every node and record.
    ///
    /// # Errors
    /// The reason why the bytes are invalid.
    pub fn open(bytes: Vec<u8>) -> Result<Database, &'static str> {
        let marker =
            memchr::memchr_iter(MARKER[0], &bytes).rfind(|at| bytes[*at..].starts_with(MARKER));
        let meta = marker.ok_or("it has no MaxMind DB metadata")? + MARKER.len();
        let mut database = Database {
            bytes,
            nodes: 0,
            record_bits: 0,
            v6: false,
            v4: 0,
            data: meta,
            kind: String::new(),
        };
        database
            .read_metadata(meta)
            .ok_or("its metadata cannot be read")?;
        if !database.is_sound() {
            return Err("it is damaged: a node or record cannot be read");
        }
        if database.v6 {
            // In a tree of 128 bits, IPv4 is below 96 zero bits.
            database.v4 = database.descend(0, 0, 96).unwrap_or_default();
        }
        Ok(database)
    }

    /// Reads the metadata, whose own pointers count from its start.
    fn read_metadata(&mut self, meta: usize) -> Option<()> {
        let number = |name| self.number(self.field(meta, name)?);
        if number("binary_format_major_version")? != 2 {
            return None;
        }
        let nodes = usize::try_from(number("node_count")?).ok()?;
        let record_bits = usize::try_from(number("record_size")?).ok()?;
        let v6 = number("ip_version")? == 6;
        let kind = self.text(self.field(meta, "database_type")?)?.to_owned();
        let tree = nodes.checked_mul(record_bits / 4)?;
        let data = tree.checked_add(GAP)?;
        if !matches!(record_bits, 24 | 28 | 32) || data > meta - MARKER.len() {
            return None;
        }
        *self = Database {
            nodes,
            record_bits,
            v6,
            v4: 0,
            data,
            kind,
            bytes: std::mem::take(&mut self.bytes),
        };
        Some(())
    }

    /// Whether every node has valid children, and every record can be read.
    fn is_sound(&self) -> bool {
        let leads = |node, bit| {
            self.child(node, bit).is_some_and(|to| {
                to <= self.nodes || self.record(to).is_some_and(|at| self.skip(at).is_some())
            })
        };
        (0..self.nodes).all(|node| leads(node, 0) && leads(node, 1))
    }

    /// One half of a node.
    fn child(&self, node: usize, bit: usize) -> Option<usize> {
        let size = self.record_bits / 4;
        let bytes = self.bytes.get(node * size..(node + 1) * size)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        Some(match (self.record_bits, bit) {
            (28, 0) => number(&bytes[..3]) | usize::from(bytes[3] >> 4) << 24,
            (28, _) => number(&bytes[4..]) | usize::from(bytes[3] & 15) << 24,
            (_, 0) => number(&bytes[..size / 2]),
            (..) => number(&bytes[size / 2..]),
        })
    }

    /// The offset of the record of a leaf.
    fn record(&self, leaf: usize) -> Option<usize> {
        leaf.checked_sub(self.nodes + GAP)?.checked_add(self.data)
    }

    /// The record of the network that contains an address.
    pub fn find(&self, address: IpAddr) -> Option<NetworkRecord<'_>> {
        let node = match address {
            IpAddr::V4(v4) => self.descend(self.v4, v4.to_bits().into(), 32)?,
            IpAddr::V6(v6) if self.v6 => self.descend(0, v6.to_bits(), 128)?,
            IpAddr::V6(_) => return None,
        };
        let at = if node > self.nodes {
            self.record(node)?
        } else {
            return None;
        };
        Some(NetworkRecord { database: self, at })
    }

    /// Follows the lower bits of an address, as far as there are nodes.
    fn descend(&self, mut node: usize, bits: u128, length: u32) -> Option<usize> {
        for shift in (0..length).rev() {
            if node >= self.nodes {
                break;
            }
            node = self.child(node, usize::from(bits >> shift & 1 == 1))?;
        }
        Some(node)
    }

    /// The value at an offset, with pointers followed, and the offset of the next one.
    fn value(&self, at: usize) -> Option<(EncodedValue, usize)> {
        let (value, next) = self.head(at)?;
        if value.kind != POINTER {
            return Some((value, next));
        }
        // A pointer never points to a pointer.
        let (target, _) = self.head(self.data.checked_add(value.size)?)?;
        (target.kind != POINTER).then_some((target, next))
    }

    /// The value at an offset without following pointers, and the offset of the next one; for maps
    /// and arrays that is their first element. The size of a pointer is its target.
    fn head(&self, at: usize) -> Option<(EncodedValue, usize)> {
        let control = *self.bytes.get(at)?;
        let mut at = at + 1;
        let mut take = |n: usize| {
            let bytes = self.bytes.get(at..at.checked_add(n)?)?;
            at += n;
            Some(bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
        };
        let mut kind = control >> 5;
        if kind == POINTER {
            let (n, high) = (usize::from(control >> 3 & 3), usize::from(control & 7));
            let size = match n {
                0 => high << 8 | take(1)?,
                1 => (high << 16 | take(2)?) + 2048,
                2 => (high << 24 | take(3)?) + 526_336,
                _ => take(4)?,
            };
            return Some((EncodedValue { kind, size, at }, at));
        }
        if kind == 0 {
            kind = u8::try_from(take(1)?).ok()?.checked_add(7)?;
        }
        let size = match usize::from(control & 31) {
            29 => 29 + take(1)?,
            30 => 285 + take(2)?,
            31 => 65_821 + take(3)?,
            size => size,
        };
        let length = match kind {
            MAP | ARRAY | BOOLEAN => 0,
            _ => size,
        };
        let next = at
            .checked_add(length)
            .filter(|next| *next <= self.bytes.len())?;
        Some((EncodedValue { kind, size, at }, next))
    }

    /// The offset behind this value; None also if it has too many values.
    fn skip(&self, at: usize) -> Option<usize> {
        let mut left = MAX;
        self.step_over(at, MAX_DEPTH, &mut left)
    }

    fn step_over(&self, at: usize, depth: u32, left: &mut u32) -> Option<usize> {
        *left = left.checked_sub(1)?;
        let (value, mut next) = self.head(at)?;
        let values = match value.kind {
            // Its target must be readable too, but lies elsewhere.
            POINTER => {
                let (target, _) = self.value(at)?;
                if matches!(target.kind, MAP | ARRAY) {
                    self.step_over(self.data + value.size, depth.checked_sub(1)?, left)?;
                }
                return Some(next);
            }
            MAP => value.size.checked_mul(2)?,
            ARRAY => value.size,
            _ => return Some(next),
        };
        let depth = depth.checked_sub(1)?;
        for _ in 0..values {
            next = self.step_over(next, depth, left)?;
        }
        Some(next)
    }

    /// A field of the map at an offset.
    fn field(&self, at: usize, name: &str) -> Option<EncodedValue> {
        let (map, _) = self.value(at)?;
        if map.kind != MAP {
            return None;
        }
        let mut next = map.at;
        for _ in 0..map.size {
            let (key, value_at) = self.value(next)?;
            if self.text(key)? == name {
                return Some(self.value(value_at)?.0);
            }
            next = self.skip(value_at)?;
        }
        None
    }

    fn text(&self, value: EncodedValue) -> Option<&str> {
        let bytes = self.bytes.get(value.at..value.at + value.size)?;
        (value.kind == TEXT).then(|| std::str::from_utf8(bytes).ok())?
    }

    /// An unsigned integer of at most 64 bits.
    fn number(&self, value: EncodedValue) -> Option<u64> {
        let unsigned = matches!(value.kind, 5 | 6 | 9) && value.size <= 8;
        let bytes = self.bytes.get(value.at..value.at + value.size)?;
        unsigned.then(|| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }
}

/// The record of a network.
pub struct NetworkRecord<'d> {
    database: &'d Database,
    at: usize,
}

impl<'d> NetworkRecord<'d> {
    /// An unsigned integer.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.database.number(self.database.field(self.at, name)?)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&'d str> {
        self.database.text(self.database.field(self.at, name)?)
    }
}
