//! The equivalence law on the native detector.

use weir_tests::law;
use weir_tests::machine::{Machine, Maker, Native};

use crate::common::check;

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
fn documents_of_what_is_read_in_events_equal_the_oracle() {
    check(law::single_events, &Native, false);
}

#[test]
fn merge_is_commutative_associative_and_idempotent() {
    check(law::merge_laws, &Native, true);
}

#[test]
fn partial_aggregates_merged_into_one_detector_equal_the_oracle() {
    check(law::partial_workers, &Native, false);
}

#[test]
fn groups_taken_out_and_merged_by_key_equal_the_oracle() {
    check(law::two_phases, &Native, false);
}

#[test]
fn workers_merged_into_one_that_restarts_equal_the_oracle() {
    check(law::cluster, &Native, false);
}

#[test]
fn the_ledger_is_what_the_oracle_sees_of_each_closed_window() {
    check(law::ledger, &Native, false);
}

#[test]
fn a_merged_state_is_that_of_one_worker_byte_by_byte() {
    check(law::merge_bytes, &Native, true);
}

/// Two workers saw the same call differently, as when one of them enriches it otherwise.
#[test]
fn deliveries_that_differ_do_not_spoil_a_merged_state() {
    let worker = |user: &str| {
        let mut machine = Native.open("{}");
        machine.push(
            format!(
                "{{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{{\"requestId\":\"r\",\
                 \"timeGenerated\":\"2026-05-19T09:31:07Z\",\"userId\":\"{user}\"}}}}"
            )
            .as_bytes(),
        );
        machine.snapshot()
    };
    let join = |states: &[Vec<u8>]| -> Box<dyn Machine> {
        let mut machine = Native.open("{}");
        for state in states {
            assert_eq!(machine.merge(state), Ok(()));
        }
        machine
    };
    let mut both = join(&[worker("a"), worker("b")]);
    assert_eq!(both.counts(), [1, 1, 0, 0, 0, 0, 0]);
    let mut again = join(&[both.snapshot()]);
    assert_eq!(again.counts(), [1, 1, 0, 0, 0, 0, 0]);
}

/// One worker's window is still open when it is merged with one that has fired: what
/// was not judged yet alerts all the same.
#[test]
fn an_open_window_merged_into_a_fired_one_is_judged_whole() {
    let rule =
        r#"{"min_total_calls":2,"min_errors":1,"min_url_paths":0,"out_of_orderness_seconds":0}"#;
    let worker = |calls: &[(&str, &str)]| {
        let mut machine = Native.open(rule);
        for (user, time) in calls {
            let call = format!(
                "{{\"category\":\"AzureADGraphActivityLogs\",\"properties\":{{\"timeGenerated\":\
                 \"2026-05-19T{time}Z\",\"userId\":\"{user}\",\"httpStatusCode\":403}}}}"
            );
            machine.push(call.as_bytes());
        }
        machine.snapshot()
    };
    let open = worker(&[("a", "09:30:01"), ("a", "09:30:02")]);
    let fired = worker(&[("b", "09:30:01"), ("b", "09:45:00")]);
    for states in [[&open, &fired], [&fired, &open]] {
        let mut machine = Native.open(rule);
        for state in states {
            assert_eq!(machine.merge(state), Ok(()));
        }
        machine.flush();
        let revisions = machine.revisions();
        assert_eq!(revisions.len(), 1, "{revisions:?}");
        assert_eq!(revisions[0].row.show("user.id"), "a");
    }
}
