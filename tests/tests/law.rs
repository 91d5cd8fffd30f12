//! The equivalence law on the native detector.

mod common;

use common::check;
use weir_tests::law;
use weir_tests::machine::Native;

#[test]
fn any_batches_and_any_order_equal_the_oracle() {
    check(law::batches, &Native, false);
}

#[test]
fn restarts_at_random_points_equal_the_oracle() {
    check(law::restarts, &Native, false);
}

#[test]
fn workers_merged_in_any_order_equal_the_oracle() {
    check(law::workers, &Native, false);
}

#[test]
fn merge_is_commutative_associative_and_idempotent() {
    check(law::merge_laws, &Native, true);
}

#[test]
fn partial_aggregates_merged_into_one_detector_equal_the_oracle() {
    check(law::partial_workers, &Native, false);
}
