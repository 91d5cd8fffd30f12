//! The equivalence law on the real component, compiled once, an instance for each case.

use std::sync::LazyLock;
use weir_tests::component::Component;
use weir_tests::law;

use crate::common::check;

static COMPONENT: LazyLock<Component> = LazyLock::new(Component::new);

#[test]
fn any_batches_and_any_order_equal_the_oracle() {
    check(law::batches, &*COMPONENT, false);
}

#[test]
fn restarts_at_random_points_equal_the_oracle() {
    check(law::restarts, &*COMPONENT, false);
}

#[test]
fn workers_merged_in_any_order_equal_the_oracle() {
    check(law::workers, &*COMPONENT, false);
}

#[test]
fn merge_is_commutative_associative_and_idempotent() {
    check(law::merge_laws, &*COMPONENT, true);
}

#[test]
fn partial_aggregates_merged_into_one_detector_equal_the_oracle() {
    check(law::partial_workers, &*COMPONENT, false);
}

#[test]
fn groups_taken_out_and_merged_by_key_equal_the_oracle() {
    check(law::two_phases, &*COMPONENT, false);
}

#[test]
fn documents_of_what_is_read_in_events_equal_the_oracle() {
    check(law::single_events, &*COMPONENT, false);
}

#[test]
fn workers_merged_into_one_that_restarts_equal_the_oracle() {
    check(law::cluster, &*COMPONENT, false);
}

#[test]
fn the_ledger_is_what_the_oracle_sees_of_each_closed_window() {
    check(law::ledger, &*COMPONENT, false);
}

#[test]
fn a_merged_state_is_that_of_one_worker_byte_by_byte() {
    check(law::merge_bytes, &*COMPONENT, true);
}
