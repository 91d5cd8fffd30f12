//! Drives the laws with random seeds.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use weir_tests::law::{self, Law};
use weir_tests::machine::Maker;

/// Cases of each property: `WEIR_CASES`, or 256.
pub(crate) fn cases() -> u32 {
    std::env::var("WEIR_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(256)
}

/// Checks a law on random cases. `identified` asks for events that all have an id.
pub(crate) fn check(law: Law, maker: &dyn Maker, identified: bool) {
    let mut runner = TestRunner::new(Config {
        cases: cases(),
        failure_persistence: None,
        // A smaller seed is no smaller case: the law makes its own small.
        max_shrink_iters: 0,
        ..Config::default()
    });
    let result = runner.run(&any::<u64>(), |seed| {
        law::check(law, maker, identified, seed, 1).map_err(TestCaseError::fail)
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}
