//! Quoting of values from logs in query languages.

use crate::program::value::MAX_TEXT_LENGTH;
use std::fmt::Write as _;

/// A text, cut to the longest that is kept.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_LENGTH)]
}

/// A value inside double quotes, for the Kibana query language, ES|QL and Kusto.
pub fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A value as an expression of SPL. SPL expands macros and dashboard tokens even between quotes, so
/// values with more than letters and digits are decoded by a function.
pub fn spl_quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._@ ".contains(c);
    match value.chars().all(plain) {
        true => format!("\"{value}\""),
        false => format!("urldecode(\"{}\")", uri_component(value)),
    }
}

/// A value as one component of a URI: all but unreserved characters are percent-encoded.
pub fn uri_component(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A span of milliseconds in words, by its largest whole unit.
pub fn duration(ms: i64) -> String {
    let seconds = ms / 1000;
    let (n, unit) = match seconds {
        s if s % 3600 == 0 => (s / 3600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// Milliseconds since 1970 as ISO 8601 with three decimals and `Z`.
pub fn iso(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = crate::time::date(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1000 % 60,
        of_day % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(quoted("a\" or *:*\\"), r#""a\" or *:*\\""#);
        assert_eq!(uri_component("../a b"), "..%2Fa%20b");
    }

    #[test]
    fn times_read_back() {
        for ms in [0, -1, 1_779_183_067_482, 951_782_399_999, 4_107_542_400_000] {
            assert_eq!(crate::time::parse(&iso(ms)), Some(ms));
        }
        assert_eq!(duration(120_000), "2 minutes");
    }
}
