//! All rules on the log, each equal to its batch engine on random streams.

use weir_tests::rules::trial::{Way, check};

/// Cases of each way: a quarter of `WEIR_CASES`, or 64.
fn cases() -> u64 {
    let given = std::env::var("WEIR_CASES").ok();
    given
        .and_then(|n| n.parse::<u64>().ok())
        .map_or(64, |n| n.div_ceil(4))
}

fn all(way: Way) {
    let mut alerts = 0;
    for seed in 0..cases() {
        match check(seed * 31 + way as u64, way) {
            Ok(found) => alerts += found,
            Err(difference) => panic!("seed {seed}, {way:?}: {difference}"),
        }
    }
    assert!(alerts as u64 > cases(), "{alerts} alerts");
}

#[test]
fn any_batches_and_any_order_equal_the_batch_engines() {
    all(Way::Batches);
}

#[test]
fn restarts_equal_the_batch_engines() {
    all(Way::Restarts);
}

#[test]
fn workers_equal_the_batch_engines() {
    all(Way::Workers);
}

#[test]
fn partial_workers_equal_the_batch_engines() {
    all(Way::Partial);
}

#[test]
fn groups_taken_out_equal_the_batch_engines() {
    all(Way::Groups);
}
