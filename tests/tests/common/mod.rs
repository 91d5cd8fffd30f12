//! Drives the laws with random streams and plans.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use weir_tests::law::{Law, Plan, smallest_failure};
use weir_tests::machine::Maker;
use weir_tests::stream::{Knobs, stream};

/// Cases of each property: `WEIR_CASES`, or 256.
pub(crate) fn cases() -> u32 {
    std::env::var("WEIR_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(256)
}

fn knobs() -> impl Strategy<Value = Knobs> {
    (0..5u64, 0..60u64).prop_map(|(groups, noise)| Knobs {
        groups,
        noise,
        ..Knobs::default()
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let behind = prop_oneof![Just(0), Just(5), Just(120)];
    (
        any::<u64>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        behind,
        1..200usize,
        1..5usize,
    )
        .prop_map(|(seed, small, shuffle, early, behind, batch, parts)| Plan {
            seed,
            small,
            shuffle,
            early,
            behind,
            batch,
            parts,
        })
}

/// Checks a law on random cases. `identified` asks for events that all have an id.
pub(crate) fn check(law: Law, maker: &dyn Maker, identified: bool) {
    let mut runner = TestRunner::new(Config {
        cases: cases(),
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&(plans(), knobs()), |(plan, knobs)| {
        let divisor = if plan.small { 6 } else { 1 };
        let knobs = Knobs {
            identified,
            divisor,
            window: plan.rule().window,
            ..knobs
        };
        let events = stream(plan.seed, knobs);
        law(maker, &plan, &events)
            .map_err(|e| TestCaseError::fail(smallest_failure(law, maker, &plan, &events, e)))
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}
