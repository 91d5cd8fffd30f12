//! What is JSON and what is not, by the guest and by `serde_json`, on damaged documents.

use serde::de::IgnoredAny;
use weir_generator::damage::damage;
use weir_generator::random::Random;
use weir_generator::render::{SHAPES, Style, document};
use weir_generator::stream::{Knobs, stream};
use weir_tests::machine::native;

fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// How many elements an array has, all of which are whole and only brackets and commas around them
/// may be too many or missing; none where it is something else.
fn elements(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let around = |c: char| c.is_ascii_whitespace() || ",\0\u{feff}".contains(c);
    let inner = text.trim_start_matches(|c| around(c) || c == '[');
    let inner = inner.trim_end_matches(|c| around(c) || c == ']');
    let elements: Vec<IgnoredAny> = serde_json::from_str(&format!("[{inner}]")).ok()?;
    Some(elements.len() as u64)
}

#[test]
fn damaged_documents_are_malformed_exactly_when_they_are_not_json() {
    let (mut good, mut bad) = (0, 0);
    let mut learned = native("{}");
    for seed in 0..u64::from(crate::common::cases()) {
        let mut random = Random::new(seed);
        for event in stream(
            seed,
            Knobs {
                groups: 0,
                ..Knobs::default()
            },
        ) {
            let shape = *random.pick(&SHAPES);
            let mut text = document(&event, shape, Style::Wild, &mut random).into_bytes();
            damage(&mut text, &mut random);
            if is_json(&text) {
                good += 1
            } else {
                bad += 1
            }
            for outcome in [native("{}").push(&text), learned.push(&text)] {
                // Reasons that name a field are of JSON that is well formed.
                let no_json = ["not JSON", "not UTF-8", "nested deeper"];
                let found = outcome
                    .refused
                    .iter()
                    .any(|r| no_json.iter().any(|why| r.reason.starts_with(why)));
                let shown = String::from_utf8_lossy(&text);
                // Elements of which each is whole are read all the same.
                let whole = is_json(&text) || elements(&text).is_some();
                assert_eq!(!found, whole, "seed {seed}: {shown}: {outcome:?}");
            }
        }
    }
    assert!(good > 500 && bad > 500, "{good} good, {bad} bad");
}

#[test]
fn damaged_records_never_panic_and_are_always_counted_once() {
    let mut lines = 0;
    let mut detector = native("{}");
    for seed in 0..u64::from(crate::common::cases()) {
        let mut random = Random::new(seed);
        for event in stream(
            seed,
            Knobs {
                groups: 0,
                ..Knobs::default()
            },
        ) {
            let shape = *random.pick(&SHAPES);
            let mut text = document(&event, shape, Style::Wild, &mut random).into_bytes();
            damage(&mut text, &mut random);
            let outcome = detector.push(&text);
            let sum =
                outcome.counted + outcome.duplicate + outcome.other_data_set + outcome.malformed;
            let sum = sum + outcome.dropped_late + outcome.refused_future;
            let shown = String::from_utf8_lossy(&text);
            match elements(&text) {
                // A document that became an array is its elements.
                Some(count) => assert_eq!(sum, count, "seed {seed}: {shown}: {outcome:?}"),
                // A broken one may be read in parts, at most one from each brace on.
                None => {
                    let braces = text.iter().filter(|byte| **byte == b'{').count() as u64;
                    let parts = 1..=braces.max(1);
                    assert!(parts.contains(&sum), "seed {seed}: {shown}: {outcome:?}");
                    assert!(outcome.malformed > 0, "seed {seed}: {shown}: {outcome:?}");
                }
            }
            lines += 1;
        }
    }
    detector.flush();
    assert!(lines > 1000);
}
