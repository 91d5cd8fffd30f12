//! Times, against `chrono`: where both take a text they agree, and RFC 3339 is taken but for
//! what is left out on purpose.
#![no_main]

use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, Timelike};
use libfuzzer_sys::fuzz_target;
use weir_detector::time::parse;

const AMERICAN: [&str; 2] = ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"];
/// The first and the last millisecond of the years 1 to 9999, and the largest offset.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;
const OFFSET: i64 = 19 * 3_600_000;

fuzz_target!(|text: &str| {
    let ours = parse(text);
    if let Some(time) = ours {
        assert!((FIRST - OFFSET..=LAST + OFFSET).contains(&time), "{time}");
        if (FIRST..=LAST).contains(&time) {
            let written = DateTime::from_timestamp_millis(time)
                .expect("chrono reaches that far")
                .to_rfc3339_opts(SecondsFormat::Millis, true);
            assert_eq!(parse(&written), ours, "{written}");
        }
    }
    if let Ok(theirs) = DateTime::parse_from_rfc3339(text) {
        let local = theirs.naive_local();
        let left_out = local.nanosecond() >= 1_000_000_000
            || !text.is_ascii()
            || !(1..=9999).contains(&local.year())
            || !matches!(text.as_bytes().get(10), Some(b'T' | b't'))
            || theirs.offset().local_minus_utc().abs() >= 19 * 3600;
        assert!(left_out || ours.is_some());
        assert!(ours.is_none_or(|ours| ours == theirs.timestamp_millis()));
    }
    for form in AMERICAN {
        if let (Ok(theirs), Some(ours)) = (NaiveDateTime::parse_from_str(text, form), ours) {
            assert_eq!(ours, theirs.and_utc().timestamp_millis(), "{form}");
        }
    }
});
