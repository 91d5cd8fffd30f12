//! A msgpack reader, which checks every length against the remaining bytes.

/// An item: a scalar, or the head of a list or a map whose items follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'a> {
    Nil,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Number(f64),
    /// Text or bytes, which Fluent Bit does not distinguish either.
    Text(&'a [u8]),
    /// A value of an application's own type.
    Extension,
    List(u32),
    Map(u32),
}

/// The remaining bytes.
pub(crate) struct Items<'a>(pub(crate) &'a [u8]);

impl<'a> Items<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or("the msgpack ends too soon")?;
        self.0 = rest;
        Ok(taken)
    }

    /// A big-endian integer of so many bytes.
    fn unsigned(&mut self, bytes: usize) -> Result<u64, &'static str> {
        let bytes = self.take(bytes)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, bytes: usize) -> Result<u32, &'static str> {
        // At most four bytes are requested.
        Ok(u32::try_from(self.unsigned(bytes)?).unwrap_or(u32::MAX))
    }

    fn text(&mut self, length: u32) -> Result<Item<'a>, &'static str> {
        Ok(Item::Text(self.take(length as usize)?))
    }

    /// Reads an extension: its type, and so many bytes.
    fn extension(&mut self, length: u32) -> Result<Item<'a>, &'static str> {
        self.take(1)?;
        self.take(length as usize)?;
        Ok(Item::Extension)
    }

    /// The next item.
    pub(crate) fn next(&mut self) -> Result<Item<'a>, &'static str> {
        let [first] = self.take(1)? else {
            return Err("the msgpack ends too soon");
        };
        Ok(match *first {
            positive @ 0x00..=0x7f => Item::Unsigned(positive.into()),
            map @ 0x80..=0x8f => Item::Map(u32::from(map & 0x0f)),
            list @ 0x90..=0x9f => Item::List(u32::from(list & 0x0f)),
            text @ 0xa0..=0xbf => self.text(u32::from(text & 0x1f))?,
            0xc0 => Item::Nil,
            0xc1 => return Err("a byte that msgpack never uses"),
            0xc2 => Item::Boolean(false),
            0xc3 => Item::Boolean(true),
            size @ 0xc4..=0xc6 => {
                let length = self.length(1 << (size - 0xc4))?;
                self.text(length)?
            }
            size @ 0xc7..=0xc9 => {
                let length = self.length(1 << (size - 0xc7))?;
                self.extension(length)?
            }
            #[allow(clippy::cast_possible_truncation, reason = "four bytes were asked for")]
            0xca => Item::Number(f32::from_bits(self.unsigned(4)? as u32).into()),
            0xcb => Item::Number(f64::from_bits(self.unsigned(8)?)),
            size @ 0xcc..=0xcf => Item::Unsigned(self.unsigned(1 << (size - 0xcc))?),
            size @ 0xd0..=0xd3 => {
                let bytes = 1 << (size - 0xd0);
                let unused = 64 - 8 * bytes;
                let number = self.unsigned(bytes)?;
                Item::Signed((number << unused).cast_signed() >> unused)
            }
            size @ 0xd4..=0xd8 => self.extension(1 << (size - 0xd4))?,
            size @ 0xd9..=0xdb => {
                let length = self.length(1 << (size - 0xd9))?;
                self.text(length)?
            }
            size @ 0xdc..=0xdd => Item::List(self.length(2 << (size - 0xdc))?),
            size @ 0xde..=0xdf => Item::Map(self.length(2 << (size - 0xde))?),
            negative @ 0xe0..=0xff => Item::Signed(negative.cast_signed().into()),
        })
    }

    /// Skips a whole value. Each item is at least a byte, so this terminates.
    fn skip(&mut self) -> Result<(), &'static str> {
        let mut left = 1_u64;
        while left > 0 {
            left = left - 1
                + match self.next()? {
                    Item::List(length) => length.into(),
                    Item::Map(length) => u64::from(length) * 2,
                    _ => 0,
                };
        }
        Ok(())
    }
}

/// The text under a key of a record, of duplicates the last one; None if there is no text.
pub(crate) fn text<'r>(record: &'r [u8], key: &str) -> Result<Option<&'r [u8]>, &'static str> {
    let mut items = Items(record);
    let Item::Map(length) = items.next()? else {
        return Ok(None);
    };
    let mut found = None;
    for _ in 0..length {
        let before = Items(items.0);
        let name = items.next()?;
        if name != Item::Text(key.as_bytes()) {
            items = before;
            items.skip()?;
            items.skip()?;
            continue;
        }
        let Item::Text(text) = Items(items.0).next()? else {
            return Ok(None);
        };
        items.skip()?;
        found = Some(text);
    }
    Ok(found)
}
