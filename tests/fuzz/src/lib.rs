//! What several fuzz targets share.

use high_4xx::Detector;
use serde::de::IgnoredAny;
use weir_detector::program::FieldValues;
use weir_detector::program::value::Value;
use weir_tests::machine::native;

pub mod compiled;
pub mod seeds;

pub use seeds::LOW;

/// Configurations for detectors of which one is chosen.
pub const CONFIGURATIONS: [&str; 4] = [
    LOW,
    "{}",
    r#"{"elastic_uri_nulls":true,"early":true,"min_total_calls":1,"min_errors":0,"min_error_rate":0,"min_url_paths":0}"#,
    r#"{"exceptions":[{"reason":"x","asn":64501,"expires":"2026-05-19T09:30:00Z"}],"min_total_calls":3,"min_errors":1}"#,
];

/// A detector with the test's table, on one of the configurations.
#[must_use]
pub fn detector(choice: u8) -> Detector {
    native(CONFIGURATIONS[usize::from(choice) % CONFIGURATIONS.len()])
}

/// Whether `serde_json` takes a text, however deep it is nested.
#[must_use]
pub fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// How deep the brackets of a text that is JSON are nested.
#[must_use]
pub fn depth(json: &[u8]) -> usize {
    let (mut now, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' if !quoted => now -= 1,
            _ => {}
        }
    }
    deepest
}

/// Numbers that follow from a seed, for cuts at odd places.
pub struct Odd(u64);

impl Odd {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u8) -> Odd {
        Odd(u64::from(seed) << 1 | 1)
    }

    /// From 1 to `most`.
    pub fn next(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        1 + (self.0 >> 33) as usize % most.max(1)
    }
}

/// Every field has values that are made of the input.
pub struct Any<'d>(pub &'d [u8]);

impl FieldValues for Any<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let from = field * 7 % (self.0.len() + 1);
        let values = self.0[from..].chunks(9).take(field % 4).map(|bytes| {
            let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
            let mut number = [0; 8];
            number[..rest.len()].copy_from_slice(rest);
            match first % 6 {
                0 => Value::Boolean(rest.len() > 4),
                1 => Value::Integer(i64::from_le_bytes(number)),
                2 => Value::number(f64::from_le_bytes(number)),
                3 => Value::Time(i64::from_le_bytes(number)),
                4 => Value::Address(u128::from(u64::from_le_bytes(number)) << 32),
                _ => Value::text(String::from_utf8_lossy(rest)),
            }
        });
        Value::many(values)
    }
}
