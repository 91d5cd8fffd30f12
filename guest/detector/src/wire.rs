//! The encoding of numbers and texts in snapshots.
//!
//! Unsigned numbers are LEB128 (seven bits a byte, lowest first), signed ones zigzag over it, texts
//! their length and bytes. A reader returns None if the bytes end or are invalid; it never reads
//! past them, and never allocates by an unchecked length.

/// An encoder that appends values to a buffer.
#[derive(Default)]
pub struct Writer {
    /// The encoded bytes.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// Writes an unsigned number.
    pub fn u128(&mut self, mut value: u128) {
        while value > 127 {
            self.bytes.push(value.to_le_bytes()[0] | 128);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    /// Writes an unsigned number of 64 bits, without the cost of 128: in a component each wide
    /// shift is a call.
    pub fn u64(&mut self, mut value: u64) {
        while value > 127 {
            self.bytes.push(value.to_le_bytes()[0] | 128);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    /// Writes an unsigned number.
    pub fn u32(&mut self, value: u32) {
        self.u64(value.into());
    }

    /// Writes a length or an index.
    pub fn size(&mut self, value: usize) {
        self.u64(value as u64);
    }

    /// Writes a signed number.
    pub fn i64(&mut self, value: i64) {
        self.u64((value << 1 ^ value >> 63).cast_unsigned());
    }

    /// Writes a byte, 0 or 1.
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(value.into());
    }

    /// Writes a length and as many bytes.
    pub fn slice(&mut self, value: &[u8]) {
        self.size(value.len());
        self.bytes.extend(value);
    }

    /// Writes whether there is a value, and the value.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Writes ascending numbers, as the differences between them.
    pub fn ascending(&mut self, values: impl ExactSizeIterator<Item = u64>) {
        self.size(values.len());
        let mut last = 0;
        for value in values {
            self.u64(value.wrapping_sub(last));
            last = value;
        }
    }
}

/// A decoder of the bytes of a [`Writer`].
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads an unsigned number.
    pub fn u128(&mut self) -> Option<u128> {
        let (mut value, mut shift) = (0_u128, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u128::from(byte & 127);
            // The last byte must neither overflow nor be redundant.
            if shift > 126 || (shift == 126 && bits > 3) || (shift > 0 && *byte == 0) {
                return None;
            }
            value |= bits << shift;
            if byte & 128 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// Reads an unsigned number.
    pub fn u64(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 127);
            if shift > 63 || (shift == 63 && bits > 1) || (shift > 0 && *byte == 0) {
                return None;
            }
            value |= bits << shift;
            if byte & 128 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// Reads an unsigned number.
    pub fn u32(&mut self) -> Option<u32> {
        self.u64()?.try_into().ok()
    }

    /// Reads a length or an index.
    pub fn size(&mut self) -> Option<usize> {
        self.u64()?.try_into().ok()
    }

    /// Reads a signed number.
    pub fn i64(&mut self) -> Option<i64> {
        let value = self.u64()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Reads a byte, 0 or 1.
    pub fn bool(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// Consumes bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads a length and consumes as many bytes.
    pub fn slice(&mut self) -> Option<&'a [u8]> {
        let length = self.size()?;
        self.take(length)
    }

    /// Reads a text.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.slice()?).ok()
    }

    /// Reads whether there is a value, and the value.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.bool()? {
            read(self).map(Some)
        } else {
            Some(None)
        }
    }

    /// The capacity to allocate for the values that [`each`](Reader::each) will read; None if the
    /// remaining bytes cannot hold as many.
    pub fn room(&self) -> Option<usize> {
        Some(Reader(self.0).size()?.min(self.0.len() / 16))
    }

    /// Reads a counted list; each value is at least one byte, so a damaged count soon ends the
    /// reading.
    pub fn each(&mut self, mut read: impl FnMut(&mut Reader<'a>) -> Option<()>) -> Option<()> {
        for _ in 0..self.size()? {
            read(self)?;
        }
        Some(())
    }

    /// Reads strictly ascending numbers.
    pub fn ascending(
        &mut self,
        mut each: impl FnMut(&mut Reader<'a>, u64) -> Option<()>,
    ) -> Option<()> {
        let (mut last, mut first) = (0_u64, true);
        self.each(|reader| {
            let difference = reader.u64()?;
            if difference == 0 && !first {
                return None;
            }
            first = false;
            last = last.checked_add(difference)?;
            each(reader, last)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_values_round_trip() {
        let mut w = Writer::default();
        for n in [0, 1, 127, 128, u64::MAX] {
            w.u64(n);
        }
        for n in [0, -1, 1, i64::MIN, i64::MAX] {
            w.i64(n);
        }
        w.u128(u128::MAX);
        w.slice("aé".as_bytes());
        w.ascending([0, 3, u64::MAX].into_iter());
        let mut r = Reader(&w.bytes);
        assert_eq!(
            [(); 5].map(|()| r.u64().unwrap()),
            [0, 1, 127, 128, u64::MAX]
        );
        assert_eq!(
            [(); 5].map(|()| r.i64().unwrap()),
            [0, -1, 1, i64::MIN, i64::MAX]
        );
        assert_eq!(r.u128(), Some(u128::MAX));
        assert_eq!(r.text(), Some("aé"));
        let mut numbers = Vec::new();
        r.ascending(|_, n| {
            numbers.push(n);
            Some(())
        })
        .unwrap();
        assert_eq!(numbers, [0, 3, u64::MAX]);
        assert!(r.0.is_empty());
    }

    #[test]
    fn invalid_bytes_give_none() {
        assert_eq!(Reader(&[255; 30]).u128(), None);
        assert_eq!(Reader(&[255; 30]).u64(), None);
        assert_eq!(
            Reader(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 2]).u64(),
            None
        );
        assert_eq!(Reader(&[128, 128, 128, 128, 16]).u32(), None);
        assert_eq!(Reader(&[128]).u64(), None);
        assert_eq!(Reader(&[129, 0]).u64(), None);
        assert_eq!(Reader(&[5, b'a']).text(), None);
        assert_eq!(Reader(&[2]).bool(), None);
    }
}
