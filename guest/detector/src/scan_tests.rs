//! Tests of the scanner against `serde_json`.

use super::*;

fn valid(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().and_then(|_| scanner.end()).is_ok()
}

/// Whether `serde_json` accepts a text without decoding it: it then bounds no depth, and accepts
/// lone surrogates.
fn reference(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[test]
fn it_accepts_what_serde_json_accepts() {
    let atoms = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "d83d",
        "\\n",
        "a",
        "é",
        "0",
        "1",
        "-",
        ".",
        "e",
        "E",
        "+",
        "true",
        "false",
        "null",
        " ",
        "\t",
        "\r",
        "\n",
        "\u{1}",
        "\u{7f}",
        "\"k\":",
        "\"v\"",
        "12345678",
        "{\"a\":[1,",
        "]}",
    ];
    let mut state = 7_u64;
    let mut accepted = 0;
    for _ in 0..300_000 {
        let mut text = String::new();
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        for i in 0..state >> 60 {
            text.push_str(atoms[(state >> (i % 8 * 6) & 63) as usize % atoms.len()]);
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
        }
        assert_eq!(valid(&text), reference(&text), "{text:?}");
        accepted += u32::from(valid(&text));
    }
    assert!(accepted > 1000, "only {accepted} of them were JSON");
}

#[test]
fn accepts_mutated_records_as_serde_json_does() {
    let text = r#"{"a":[1,-2.5e+3,{"b":null}],"c\u00e9":"x\"\\\ud83d\ude00y","d":{"e":true,"f":false}, "g":""}"#;
    assert!(valid(text));
    for at in 0..text.len() {
        assert_eq!(
            valid(&text[..at]),
            reference(&text[..at]),
            "{}",
            &text[..at]
        );
        for byte in [
            b'"', b'{', b'}', b'[', b',', b':', b'0', b'\\', b' ', b'x', 1,
        ] {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = byte;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(valid(&changed), reference(&changed), "{changed}");
        }
    }
}

#[test]
fn strings_are_read_as_serde_json_reads_them() {
    for text in [
        r#""a\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#,
        r#""""#,
        r#""é😀""#,
        r#""\u0000x""#,
    ] {
        let wanted: String = serde_json::from_str(text).unwrap();
        assert_eq!(unescaped(&text[1..text.len() - 1]), wanted);
    }
    assert_eq!(
        unescaped(r"\ud800b\udc00\ud83d\u0041"),
        "\u{fffd}b\u{fffd}\u{fffd}A"
    );
    assert_eq!(unescaped(r"\ud83d\ud83d\ude00"), "\u{fffd}😀");
}

#[test]
fn nesting_is_bounded() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    assert!(valid(&deep(MAX_DEPTH as usize)));
    assert!(!valid(&deep(MAX_DEPTH as usize + 1)));
    assert!(!valid(&deep(100_000)));
    assert!(valid(&format!("\"{}\"", "[".repeat(1000))));
}

#[test]
fn finds_the_end_of_plain_bytes() {
    for length in 0..40 {
        for special in [b'"', b'\\', 0, 31] {
            let mut bytes = vec![0xc3; length];
            bytes.extend([special, b' ', b'"', 1]);
            assert_eq!(plain(&bytes), length);
        }
        assert_eq!(plain(&vec![b' '; length]), length);
    }
}
