//! Encodings of texts. Bytes that are no UTF-8 become U+FFFD.

use crate::program::function::Meter;
use crate::program::functions::texts::{made, one};
use crate::program::value::Value;

/// Percent-decoded, with a plus sign as a blank; null where a percent sign is not followed by two
/// digits.
pub(crate) fn url_decode<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| {
        decoded(text).map_or(Value::Null, |bytes| lossy(&bytes, meter))
    })
}

fn lossy<'v>(bytes: &[u8], meter: &mut Meter) -> Value<'v> {
    made(String::from_utf8_lossy(bytes).into_owned(), meter)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, later)) = rest.split_first() {
        rest = later;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (code, later) = rest.split_first_chunk::<2>()?;
                let [high, low] = code.map(digit);
                bytes.push(u8::try_from(high? * 16 + low?).ok()?);
                rest = later;
            }
            other => bytes.push(*other),
        }
    }
    Some(bytes)
}

/// An address in its longest form, in which texts sort as addresses do.
pub(crate) fn sorted_address<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    let [Value::Address(address)] = args else {
        return Value::Null;
    };
    let mut text = String::with_capacity(39);
    for (at, digit) in format!("{address:032x}").chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push(':');
        }
        text.push(digit);
    }
    made(text, meter)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Decoded from base 64, with or without padding; null where it is none.
pub(crate) fn from_base64<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| {
        from_digits(text).map_or(Value::Null, |bytes| lossy(&bytes, meter))
    })
}

fn from_digits(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_whole = padding == 0 || padding <= 2 && text.len().is_multiple_of(4);
    if !is_whole || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Encoded to base 64, with padding.
pub(crate) fn to_base64<'v>(args: &mut [Value<'v>], meter: &mut Meter) -> Value<'v> {
    one(args, meter, |text, meter| {
        let mut encoded = String::with_capacity(text.len() * 4 / 3 + 4);
        for chunk in text.as_bytes().chunks(3) {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..4 {
                let digit = usize::try_from(bits >> (18 - 6 * at) & 0x3f).unwrap_or(0);
                let digit = DIGITS.get(digit).map_or('=', |digit| char::from(*digit));
                encoded.push(if at <= chunk.len() { digit } else { '=' });
            }
        }
        made(encoded, meter)
    })
}
