//! Sixteen bytes at once: what a byte loop would do, in wide steps.
//!
//! Short loops are dear in a component, where each turn looks at the epoch. The vectors
//! are `wide`'s: SIMD where the target has it, plain code elsewhere.

use wide::i8x16;

/// Bytes in a chunk.
pub(crate) const WIDTH: usize = 16;

/// A chunk of bytes.
pub(crate) type Chunk = [u8; WIDTH];

/// The chunk that starts at a place; zeros stand for what is behind the end.
#[inline(always)]
fn load(bytes: &[u8], at: usize) -> i8x16 {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk::<WIDTH>());
    signed(match chunk {
        Some(chunk) => *chunk,
        None => last(bytes, at),
    })
}

#[cold]
fn last(bytes: &[u8], at: usize) -> Chunk {
    let mut chunk = [0; WIDTH];
    let rest = bytes.get(at..).unwrap_or_default();
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    chunk
}

#[inline(always)]
fn signed(chunk: Chunk) -> i8x16 {
    bytemuck::must_cast(chunk)
}

#[inline(always)]
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// Where, from `at` on, the first byte is that ends a plain stretch of a string: a quote, a
/// backslash, a control character, or one that is not ASCII. The end of the bytes is one too.
#[inline(always)]
pub(crate) fn plain(bytes: &[u8], mut at: usize) -> usize {
    // Two chunks a turn.
    while let Some(two) = bytes.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
        let [low, high]: [Chunk; 2] = bytemuck::must_cast(*two);
        let found = special(signed(low)) | special(signed(high)) << WIDTH;
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += 32;
    }
    plain_at_end(bytes, at)
}

/// The same where less than two chunks are left.
#[cold]
fn plain_at_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let special = |b: &u8| !matches!(b, b' '..=b'~' | 0x7f) || matches!(b, b'"' | b'\\');
    at + rest.iter().position(special).unwrap_or(rest.len())
}

/// A bit for each byte of a string that is not plain.
#[inline(always)]
fn special(chunk: i8x16) -> u32 {
    // As signed numbers, what is not ASCII is below the space too.
    let special = chunk.simd_lt(all(b' ')) | chunk.simd_eq(all(b'"')) | chunk.simd_eq(all(b'\\'));
    special.to_bitmask()
}

/// How many of the bytes from `at` on are digits.
#[inline(always)]
pub(crate) fn digits(bytes: &[u8], at: usize) -> usize {
    let mut count = 0;
    loop {
        let chunk = load(bytes, at + count);
        let other = chunk.simd_lt(all(b'0')) | all(b'9').simd_lt(chunk);
        let other = other.to_bitmask();
        if other != 0 {
            return count + other.trailing_zeros() as usize;
        }
        count += WIDTH;
    }
}

/// Whether the bytes from `at` on begin with a text of `length` bytes that is kept in chunks.
#[inline(always)]
pub(crate) fn begins(bytes: &[u8], at: usize, text: &[Chunk], length: usize) -> bool {
    let Some(whole) = bytes.get(at..at + text.len() * WIDTH) else {
        return begins_at_end(bytes, at, text, length);
    };
    let (found, _) = whole.as_chunks::<WIDTH>();
    // What does not count of the last chunk.
    let over = text.len() * WIDTH - length;
    let Some(((last, firsts), (wanted, others))) = found.split_last().zip(text.split_last()) else {
        return true;
    };
    for (chunk, wanted) in firsts.iter().zip(others) {
        if !signed(*chunk).simd_eq(signed(*wanted)).all() {
            return false;
        }
    }
    let same = signed(*last).simd_eq(signed(*wanted)).to_bitmask();
    !same << over & 0xffff == 0
}

/// The same where the bytes end within the last chunk.
#[cold]
fn begins_at_end(bytes: &[u8], at: usize, text: &[Chunk], length: usize) -> bool {
    let text = text.as_flattened().get(..length).unwrap_or_default();
    bytes.get(at..at + length) == Some(text)
}

/// Where the first of up to four kinds of bytes is; the length when there is none.
#[inline(always)]
pub(crate) fn find(bytes: &[u8], wanted: [u8; 4]) -> usize {
    let [a, b, c, d] = wanted.map(all);
    let mut at = 0;
    while at < bytes.len() {
        let chunk = load(bytes, at);
        let found =
            chunk.simd_eq(a) | chunk.simd_eq(b) | chunk.simd_eq(c) | chunk.simd_eq(d);
        let found = found.to_bitmask();
        if found != 0 {
            return (at + found.trailing_zeros() as usize).min(bytes.len());
        }
        at += WIDTH;
    }
    bytes.len()
}

/// Whether two texts are the same.
#[inline(always)]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() < WIDTH {
        return load(a, 0).simd_eq(load(b, 0)).all();
    }
    // The last chunk overlaps the one before it.
    let last = a.len() - WIDTH;
    let mut at = 0;
    while at < last {
        if !load(a, at).simd_eq(load(b, at)).all() {
            return false;
        }
        at += WIDTH;
    }
    load(a, last).simd_eq(load(b, last)).all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_stretches_are_measured_to_the_byte() {
        for length in 0..70 {
            for special in [b'"', b'\\', 0, 31, 0x80, 0xff] {
                let mut bytes = vec![b'a'; length];
                bytes.extend([special, b' ', b'"', 1]);
                assert_eq!(plain(&bytes, 0), length);
                assert_eq!(plain(&bytes, length / 2), length);
            }
            assert_eq!(plain(&vec![b' '; length], 0), length);
            assert_eq!(plain(&vec![0x7f; length], length), length);
        }
    }

    #[test]
    fn digits_are_counted() {
        for length in 0..40 {
            for after in [b'0' - 1, b'9' + 1, 0x80, 0] {
                let mut bytes: Vec<u8> = (b'0'..=b'9').cycle().take(length).collect();
                bytes.extend([after, b'1']);
                assert_eq!(digits(&bytes, 0), length);
            }
        }
    }

    #[test]
    fn texts_are_compared_to_the_byte() {
        for length in 0..50_usize {
            let text: Vec<u8> = (0..length).map(|i| i.to_le_bytes()[0] + 40).collect();
            let mut chunks = vec![[0; WIDTH]; length.div_ceil(WIDTH)];
            for (i, byte) in text.iter().enumerate() {
                chunks[i / WIDTH][i % WIDTH] = *byte;
            }
            let longer = [text.as_slice(), b"xyz"].concat();
            assert!(begins(&text, 0, &chunks, length));
            assert!(begins(&longer, 0, &chunks, length));
            assert!(same(&text, &text.clone()));
            assert!(!same(&text, &longer));
            for change in 0..length {
                let mut other = text.clone();
                other[change] ^= 1;
                assert!(!begins(&other, 0, &chunks, length), "{length} {change}");
                assert!(!same(&text, &other), "{length} {change}");
                assert!(!begins(&text[..change], 0, &chunks, length));
            }
        }
    }

    #[test]
    fn bytes_are_found() {
        for length in 0..40 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(find(&bytes, *b"?#%<"), length);
            for byte in *b"?#%<" {
                bytes.extend([byte, b'?']);
                assert_eq!(find(&bytes, *b"?#%<"), length);
                bytes.truncate(length);
            }
        }
        // Zeros that fill up a chunk are not found.
        assert_eq!(find(b"abc", [0; 4]), 3);
    }
}
