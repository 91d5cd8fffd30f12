//! Encoding of an answer in msgpack without a zero byte.
//!
//! Fluent Bit reads an answer up to its first zero byte. Most msgpack values contain one: lengths,
//! counts, the number 0. Texts need not, so the answer is a map of one key, `weir`, to a list of
//! texts, whose concatenation is the answer's JSON.

/// Longest piece in bytes: neither byte of its length is zero.
const PIECE: usize = 0xffff;
/// Most pieces of a short list.
const SHORT: usize = 15;
/// The next larger number of pieces without a zero byte.
const LONG: usize = 0x0101;

/// The map of one key, with the JSON in pieces.
pub(crate) fn answer(json: &str) -> Vec<u8> {
    let mut pieces = Vec::new();
    let mut rest = json;
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(rest.floor_char_boundary(PIECE));
        pieces.push(piece);
        rest = left;
    }
    let mut out = b"\x81\xa4weir".to_vec();
    if pieces.len() <= SHORT {
        out.push(0x90 | low(pieces.len()));
    } else {
        let mut count = pieces.len().max(LONG);
        if low(count) == 0 {
            count += 1;
        }
        pieces.resize(count, "");
        out.extend([0xdc, low(count >> 8), low(count)]);
    }
    for piece in pieces {
        text(&mut out, piece);
    }
    out
}

/// Writes a text, padded with blanks until no byte of its length is zero.
fn text(out: &mut Vec<u8>, text: &str) {
    let length = match text.len() {
        0x100 => 0x101,
        length if length > 0xff && low(length) == 0 => length + 1,
        length => length,
    };
    match length {
        0..=0x1f => out.push(0xa0 | low(length)),
        0x20..=0xff => out.extend([0xd9, low(length)]),
        _ => out.extend([0xda, low(length >> 8), low(length)]),
    }
    out.extend(text.bytes());
    out.resize(out.len() + length - text.len(), b' ');
}

/// The lowest byte.
#[allow(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn low(number: usize) -> u8 {
    (number & 0xff) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::json::json;
    use super::*;
    use serde_json::Value;

    #[test]
    fn answers_of_every_length_have_no_zero_byte_and_read_back() {
        let lengths = (0..700).chain(65_000..66_100).chain([
            131_072,
            983_025,
            983_026,
            1_100_000,
            256 * 65_535 + 1,
        ]);
        for length in lengths {
            let wanted = "ü".repeat(length / 2) + &"x".repeat(length % 2);
            let answer = answer(&wanted);
            assert!(!answer.contains(&0), "{length}");
            let back: Value = serde_json::from_slice(&json(&answer).unwrap()).unwrap();
            let pieces = back["weir"].as_array().unwrap();
            let back: String = pieces.iter().map(|piece| piece.as_str().unwrap()).collect();
            // Blanks at the end of JSON are nothing; those between pieces would be.
            assert_eq!(back.trim_end(), wanted, "{length}");
        }
    }
}
