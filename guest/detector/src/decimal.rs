//! Decimal numbers without the standard library's float parser and printer, whose tables
//! and big-number arithmetic would be a tenth of the component. Tests hold them equal.

/// Parses a number such as `0.4` or `-3`: an optional sign, digits, and optionally a point and more
/// digits, at most 15 in all, so that one division rounds correctly.
pub fn parse(text: &str) -> Option<f64> {
    if let Some(text) = text.strip_prefix('-') {
        // Zero has no sign.
        return parse(text)
            .filter(|_| !text.starts_with('-'))
            .map(|value| 0.0 - value);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() > 15 {
        return None;
    }
    let number = whole.bytes().chain(fraction.bytes());
    let number = number.fold(0, |n, b| n * 10 + u64::from(b - b'0'));
    #[allow(clippy::cast_precision_loss, reason = "15 digits are below 2^53")]
    Some(number as f64 / power_of_ten(fraction.len()))
}

/// Exact up to 10^22.
fn power_of_ten(n: usize) -> f64 {
    (0..n).fold(1.0, |power, _| power * 10.0)
}

/// The shortest text that [`parse`] reads back, for the numbers that it gives.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "not negative, and exactly what it was read from"
)]
pub fn text(value: f64) -> String {
    if value < 0.0 {
        return format!("-{}", text(-value));
    }
    let read_back = |n: &usize| (value * power_of_ten(*n)).round() / power_of_ten(*n) == value;
    let places = (0..15).find(read_back).unwrap_or(15);
    let number = (value * power_of_ten(places)).round() as u64;
    let digits = format!("{number:0width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// The integer part of a JSON number; None if it does not fit.
pub fn truncated(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let point = i64::try_from(whole.len())
        .ok()?
        .checked_add(exponent.parse().ok()?)?;
    let mut digits = whole.bytes().chain(fraction.bytes());
    let mut value = 0_i64;
    for place in 0..point {
        let digit = match digits.next() {
            Some(b) => i64::from(b - b'0'),
            None if value == 0 => break,
            // A number that does not fit overflows within twenty places.
            None => 0,
        };
        let digit = if negative { -digit } else { digit };
        value = value.checked_mul(10)?.checked_add(digit)?;
        if place > i64::from(u16::MAX) {
            return None;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_read_and_written_as_the_standard_library_does() {
        for n in 0..=10_000 {
            let value = f64::from(n) / 10_000.0;
            let shortest = value.to_string();
            assert_eq!(parse(&shortest), Some(value));
            assert_eq!(text(value), shortest);
            if n > 0 {
                assert_eq!(parse(&format!("-{shortest}")), Some(-value));
                assert_eq!(text(-value), format!("-{shortest}"));
            }
        }
        assert_eq!(parse("-0").map(f64::to_bits), Some(0));
        assert_eq!(parse("0.395"), Some(0.395));
        assert_eq!(parse("0.123456789012345"), None);
        for wrong in ["", ".", "1.", ".5", "--1", "-", "1e3", "a", "0.1.2"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn integer_parts_are_those_of_the_double() {
        for text in [
            "0",
            "-0",
            "403",
            "403.0",
            "403.99",
            "4.03e2",
            "4.03E+2",
            "40300e-2",
            "-1.5",
            "0.9",
            "1e18",
            "9223372036854775807",
            "-9223372036854775808",
            "0e99999",
            "0.0001e4",
            "1e-400",
        ] {
            #[allow(clippy::cast_possible_truncation)]
            let wanted = text
                .parse::<i64>()
                .unwrap_or_else(|_| text.parse::<f64>().unwrap() as i64);
            assert_eq!(truncated(text), Some(wanted), "{text}");
        }
        for text in [
            "1e19",
            "9223372036854775808",
            "1e400",
            "1e99999999999",
            "",
            "a",
            "1.2.3",
            "--1",
            "1e",
            "inf",
        ] {
            assert_eq!(truncated(text), None, "{text}");
        }
    }
}
