//! States from anywhere: what is taken is written and taken again, and can be gone on with.
//!
//! The input is a state without its checksum; seeds are real ones.
#![no_main]

use high_4xx::Detector;
use libfuzzer_sys::fuzz_target;
use siphasher::sip::SipHasher13;
use weir_fuzz_targets::detector;

const CALL: &[u8] = br#"{"category":"AzureADGraphActivityLogs","properties":{"userId":"a","httpStatusCode":403,"timeGenerated":"2026-05-19T09:31:07.4821935Z","requestUri":"/t/users?x"}}"#;

fuzz_target!(|data: &[u8]| {
    let sum = SipHasher13::new_with_keys(0, 0).hash(data);
    let whole = [data, &sum.to_le_bytes()].concat();
    for state in [data, &whole] {
        let mut detector = detector(0);
        let before = detector.snapshot();
        match detector.merge(state) {
            Ok(()) => go_on(detector),
            Err(_) => assert_eq!(detector.snapshot(), before),
        }
    }
});

fn go_on(mut taken: Detector) {
    let kept = taken.snapshot();
    let mut again = detector(0);
    again
        .merge(&kept)
        .expect("a state that was written is taken");
    assert_eq!(again.snapshot(), kept);
    // With itself: all ids are duplicates.
    let _ = again.merge(&kept);
    for detector in [&mut taken, &mut again] {
        detector.push(CALL);
        detector.advance(Some(1 << 50), None);
        detector.flush();
        detector.take_alerts(u32::MAX);
        detector.take_verdicts(u32::MAX);
        assert!(!detector.snapshot().is_empty() && detector.counters().rules[0].counted > 0);
    }
}
