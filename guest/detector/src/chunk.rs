//! Vectorised byte loops: scanning and comparing 16 bytes at a time.
//!
//! In a component each loop iteration and each call checks the epoch, which spills vector registers
//! to memory. So short texts, as most are, are handled without any loop; longer ones by functions
//! of their own. The vectors are those of `wide`: SIMD where the target has it, plain code
//! elsewhere.

use wide::i8x16;

/// Bytes in a chunk.
const WIDTH: usize = 16;
/// Bytes in a block.
pub const BLOCK: usize = 64;

type Chunk = [u8; WIDTH];
/// A zero-padded piece of a text that is compared at once.
pub type Block = [u8; BLOCK];

#[inline(always)]
fn signed(chunk: Chunk) -> i8x16 {
    bytemuck::must_cast(chunk)
}

#[inline(always)]
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// The `N` bytes from an offset on, if there are as many.
#[inline(always)]
fn get<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

/// A bitmap of 32 bytes.
#[inline(always)]
fn marks(bytes: &[u8; 32], mark: impl Fn(i8x16) -> i8x16) -> u32 {
    let [low, high]: [Chunk; 2] = bytemuck::must_cast(*bytes);
    mark(signed(low)).to_bitmask() | mark(signed(high)).to_bitmask() << WIDTH
}

/// Offset, from `at` on, of the first byte that `mark` marks, or the end.
#[inline(always)]
fn first(bytes: &[u8], at: usize, mark: impl Fn(i8x16) -> i8x16 + Copy) -> usize {
    for at in [at, at + 32] {
        let Some(chunk) = get(bytes, at) else {
            return first_slowly(bytes, at, mark);
        };
        let found = marks(chunk, mark);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
    }
    first_slowly(bytes, at + 64, mark)
}

#[cold]
fn first_slowly(bytes: &[u8], mut at: usize, mark: impl Fn(i8x16) -> i8x16) -> usize {
    while let Some(chunk) = get(bytes, at) {
        let found = marks(chunk, &mark);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += 32;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let mut chunk = [0; 32];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    let found = marks(&chunk, mark).trailing_zeros() as usize;
    at + found.min(rest.len())
}

/// Offset, from `at` on, of the first byte that is not plain inside a string: a quote, a backslash,
/// a control character, or one that is not ASCII. The end of the bytes is one too.
#[inline(always)]
pub fn plain(bytes: &[u8], at: usize) -> usize {
    // As signed numbers, non-ASCII bytes are below the space too.
    first(bytes, at, |chunk| {
        chunk.simd_lt(all(b' ')) | chunk.simd_eq(all(b'"')) | chunk.simd_eq(all(b'\\'))
    })
}

/// Offset, from `at` on, of the first byte that is no digit, or the end.
#[inline(always)]
pub fn digits(bytes: &[u8], at: usize) -> usize {
    first(bytes, at, |chunk| {
        chunk.simd_lt(all(b'0')) | all(b'9').simd_lt(chunk)
    })
}

/// Offset of the first of four byte values, or the end.
#[inline(always)]
pub fn find<const A: u8, const B: u8, const C: u8, const D: u8>(bytes: &[u8]) -> usize {
    first(bytes, 0, |chunk| {
        let pair = chunk.simd_eq(all(A)) | chunk.simd_eq(all(B));
        pair | chunk.simd_eq(all(C)) | chunk.simd_eq(all(D))
    })
}

/// Cuts a text into blocks.
pub fn blocks(text: &[u8]) -> Vec<Block> {
    let blocks = text.chunks(BLOCK).map(|piece| {
        let mut block = [0; BLOCK];
        block[..piece.len()].copy_from_slice(piece);
        block
    });
    blocks.collect()
}

/// Whether the bytes from `at` on begin with a text of `length` bytes, at least one, that is stored
/// in blocks.
#[inline(always)]
pub fn begins(bytes: &[u8], at: usize, text: &[Block], length: usize) -> bool {
    match (get(bytes, at), text) {
        (Some(found), [block]) => alike_up_to(found, block, length),
        _ => begins_slowly(bytes, at, text, length),
    }
}

/// Whether the first bytes, at least one, are the same.
#[inline(always)]
fn alike_up_to(a: &Block, b: &Block, length: usize) -> bool {
    let a: [Chunk; 4] = bytemuck::must_cast(*a);
    let b: [Chunk; 4] = bytemuck::must_cast(*b);
    let same = |i: usize| u64::from(signed(a[i]).simd_eq(signed(b[i])).to_bitmask());
    let same = same(0) | same(1) << 16 | same(2) << 32 | same(3) << 48;
    let over = BLOCK - length;
    same << over == u64::MAX << over
}

/// Whether all bytes are the same.
#[inline(always)]
fn alike(a: &Block, b: &Block) -> bool {
    let a: [Chunk; 4] = bytemuck::must_cast(*a);
    let b: [Chunk; 4] = bytemuck::must_cast(*b);
    let same = |i: usize| signed(a[i]).simd_eq(signed(b[i]));
    (same(0) & same(1) & same(2) & same(3)).all()
}

/// [`begins`] for texts longer than a block, and near the end of the bytes.
#[inline(never)]
fn begins_slowly(bytes: &[u8], at: usize, text: &[Block], length: usize) -> bool {
    let Some(found) = bytes.get(at..at + length) else {
        return false;
    };
    let (blocks, rest) = found.as_chunks::<BLOCK>();
    if !blocks.iter().zip(text).all(|(a, b)| alike(a, b)) {
        return false;
    }
    let Some(last) = text.get(blocks.len()) else {
        return true;
    };
    match get(bytes, at + blocks.len() * BLOCK) {
        Some(found) => alike_up_to(found, last, rest.len()),
        None => Some(rest) == last.get(..rest.len()),
    }
}

/// Whether two texts are the same.
#[inline(always)]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0 => true,
        1..8 => a == b,
        8..16 => ends::<8>(a, b, |a, b| a == b),
        16..=32 => ends::<16>(a, b, |a, b| signed(*a).simd_eq(signed(*b)).all()),
        33..=64 => ends::<32>(a, b, |a, b| {
            let a: [Chunk; 2] = bytemuck::must_cast(*a);
            let b: [Chunk; 2] = bytemuck::must_cast(*b);
            let same = |i: usize| signed(a[i]).simd_eq(signed(b[i]));
            (same(0) & same(1)).all()
        }),
        _ => same_slowly(a, b),
    }
}

/// Compares the first and the last bytes of two texts, which may overlap.
#[inline(always)]
fn ends<const N: usize>(a: &[u8], b: &[u8], same: impl Fn(&[u8; N], &[u8; N]) -> bool) -> bool {
    let pairs = [
        a.first_chunk().zip(b.first_chunk()),
        a.last_chunk().zip(b.last_chunk()),
    ];
    pairs
        .iter()
        .all(|pair| pair.is_some_and(|(a, b)| same(a, b)))
}

#[inline(never)]
fn same_slowly(a: &[u8], b: &[u8]) -> bool {
    let (blocks, rest) = a.as_chunks::<BLOCK>();
    let (others, other) = b.as_chunks::<BLOCK>();
    let whole = |(a, b)| alike(a, b);
    blocks.iter().zip(others).all(whole) && rest == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_plain_bytes() {
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
    fn compares_every_byte() {
        for length in 1..150_usize {
            let text: Vec<u8> = (0..length).map(|i| i.to_le_bytes()[0]).collect();
            let chunks = blocks(&text);
            let longer = [text.as_slice(), &[7; 70]].concat();
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
                let long = [other.as_slice(), &[7; 64]].concat();
                assert!(!begins(&long, 0, &chunks, length), "{length} {change}");
            }
        }
    }

    #[test]
    fn bytes_are_found() {
        for length in 0..40 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(find::<b'?', b'#', b'%', b'<'>(&bytes), length);
            for byte in *b"?#%<" {
                bytes.extend([byte, b'?']);
                assert_eq!(find::<b'?', b'#', b'%', b'<'>(&bytes), length);
                bytes.truncate(length);
            }
        }
        // Padding zeros are not found.
        assert_eq!(find::<0, 0, 0, 0>(b"abc"), 3);
    }
}
