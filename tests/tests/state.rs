//! Damaged and forged snapshots: an error, or a state like any other; never a panic. A binary of its own, since the largest
//! memory of its process is measured.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use high_4xx::Detector;
use siphasher::sip::SipHasher13;
use std::panic::{AssertUnwindSafe, catch_unwind};
use weir_detector::model::MergeError;
use weir_generator::event::Event;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::stream::{Knobs, stream};
use weir_tests::plan::Plan;

/// Low thresholds, early alerts and the ledger: a state with everything in it.
const RULE: &str = r#"{"min_total_calls":2,"min_errors":1,"min_error_rate":0.1,"min_url_paths":1,"window_seconds":10,
    "out_of_orderness_seconds":0,"max_values":3,"max_sample_paths":2,"early":true,"verdicts":true}"#;

fn open() -> Detector {
    high_4xx::open(RULE, (1, 2)).unwrap()
}

/// A small state: alerts and verdicts wait in it, windows are open, fired and late.
fn state(seed: u64) -> Vec<u8> {
    let (plan, _) = Plan::random(seed);
    let knobs = Knobs {
        window: 10_000,
        groups: 0,
        noise: 5,
        identified: false,
        divisor: 12,
    };
    let mut detector = open();
    let events = stream(seed, knobs);
    for line in plan.lines(&events[..events.len().min(9)]).0 {
        detector.push(line.as_bytes());
    }
    detector.snapshot()
}

/// The last eight bytes, made to fit the others.
fn sealed(body: &[u8]) -> Vec<u8> {
    let sum = SipHasher13::new_with_keys(0, 0).hash(body);
    [body, &sum.to_le_bytes()].concat()
}

/// Tries a state on a fresh detector; a panic names the case.
fn attempt(bytes: &[u8], case: &str) -> Result<Detector, MergeError> {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut detector = open();
        detector.merge(bytes).map(|()| detector)
    }));
    tried.unwrap_or_else(|_| panic!("{case}: a panic"))
}

/// A state that was taken is like any other: written canonically, and it works on.
fn works(mut detector: Detector, case: &str) {
    let written = detector.snapshot();
    let again = match attempt(&written, case) {
        Ok(again) => again.snapshot(),
        Err(error) => panic!("{case}: its own snapshot is refused: {error:?}"),
    };
    assert!(again == written, "{case}: another state after a restart");
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let call = Event {
            time: 1_779_183_000_000,
            request: Some("r".to_owned()),
            ..Event::default()
        };
        let line = document(&call, Shape::Ecs, Style::Brief, &mut Random::new(1));
        detector.push(line.as_bytes());
        detector.flush();
        detector.take_alerts(u32::MAX).len() + detector.take_verdicts(u32::MAX).len()
    }));
    assert!(worked.is_ok(), "{case}: a panic when it works on");
}

/// A state may be taken over as well: under other thresholds and a longer lateness, or where what is
/// counted differs.
fn is_taken_over_or_refused(bytes: &[u8], case: &str) {
    let others = [
        RULE.replace("calls\":2", "calls\":3")
            .replace("\"early\":true", "\"allowed_lateness_seconds\":86400"),
        RULE.replace("seconds\":10", "seconds\":20"),
    ];
    for other in &others {
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let mut detector = high_4xx::open(other, (1, 2)).unwrap();
            detector.take_over(bytes).is_ok_and(|told| {
                assert_eq!(told.len(), 1);
                let written = detector.snapshot();
                let mut again = high_4xx::open(other, (1, 2)).unwrap();
                again.merge(&written).unwrap();
                again.flush();
                again.take_alerts(u32::MAX).len() + again.take_verdicts(u32::MAX).len() < 1000
            })
        }));
        assert!(tried.is_ok(), "{case}: a panic when it is taken over");
    }
}

/// Largest memory of this process so far, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? >> 10)
}

#[test]
fn every_changed_byte_and_every_cut_is_an_error() {
    for seed in 0..2 {
        let state = state(seed);
        assert!(attempt(&state, "unchanged").is_ok());
        for at in 0..state.len() {
            let case = format!("seed {seed}, cut at {at}");
            assert!(attempt(&state[..at], &case).is_err(), "{case}");
            let mut changed = state.clone();
            for value in 0..=u8::MAX {
                changed[at] = value;
                let case = format!("seed {seed}, byte {at} is {value}");
                assert_eq!(attempt(&changed, &case).is_ok(), changed == state, "{case}");
            }
        }
        let longer = [state.as_slice(), &[0]].concat();
        assert!(attempt(&longer, "longer").is_err());
    }
}

#[test]
fn a_forged_state_is_refused_or_is_a_state_like_any_other() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..4 {
        let state = state(seed);
        let body = &state[..state.len() - 8];
        assert!(
            sealed(body) == state,
            "the checksum is not the last eight bytes"
        );
        let mut check = |body: &[u8], case: String| {
            is_taken_over_or_refused(&sealed(body), &case);
            match attempt(&sealed(body), &case) {
                Ok(detector) => {
                    taken += 1;
                    works(detector, &case);
                }
                Err(_) => refused += 1,
            }
        };
        for at in 0..body.len() {
            check(&body[..at], format!("seed {seed}, cut at {at}"));
            let mut changed = body.to_vec();
            for mask in [1, 2, 4, 8, 64, 128, 255] {
                changed[at] = body[at] ^ mask;
                check(&changed, format!("seed {seed}, byte {at} ^ {mask}"));
            }
            let mut doubled = body.to_vec();
            doubled.insert(at, body[at]);
            check(&doubled, format!("seed {seed}, byte {at} twice"));
        }
    }
    // Both happen, and neither takes memory that the state does not have.
    assert!(taken > 100 && refused > 100, "{taken} {refused}");
    assert!(
        peak_mib().is_none_or(|mib| mib < 256),
        "{:?} MiB",
        peak_mib()
    );
}
