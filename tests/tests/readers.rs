//! What was learned of records changes nothing in what is read of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use weir_tests::readers::check;

#[test]
fn a_detector_that_has_learned_says_what_one_that_reads_plainly_says() {
    let (mut documents, mut malformed, mut alerts) = (0, 0, 0);
    for seed in 0..u64::from(common::cases()) {
        let tried = check(seed, if seed % 2 == 0 { 4 } else { 50 }).unwrap();
        documents += tried.documents;
        malformed += tried.malformed;
        alerts += tried.alerts;
    }
    assert!(
        malformed * 50 > documents,
        "{malformed} of {documents} malformed"
    );
    assert!(alerts > 100, "{alerts} alerts");
}
