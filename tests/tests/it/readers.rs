//! What was learned of records changes nothing in what is read of them.

use weir_tests::readers::{RULES, Tried, check};

/// Checks rules on a number of streams.
fn all(rules: &[&str], cases: u32) -> Tried {
    let mut all = Tried::default();
    for seed in 0..u64::from(cases) {
        let tried = check(seed, if seed % 2 == 0 { 4 } else { 50 }, rules).unwrap();
        all.documents += tried.documents;
        all.malformed += tried.malformed;
        all.alerts += tried.alerts;
        all.missed += tried.missed;
    }
    assert!(all.malformed * 50 > all.documents, "{rules:?}: {all:?}");
    assert!(all.alerts > 10 && all.missed > 100, "{rules:?}: {all:?}");
    all
}

#[test]
fn a_detector_that_has_learned_says_what_one_that_reads_plainly_says() {
    let tried = all(&RULES[..1], crate::common::cases());
    assert!(tried.alerts > 100, "{tried:?}");
}

#[test]
fn so_it_is_for_every_rule_and_for_all_together() {
    let cases = crate::common::cases().div_ceil(4).max(16);
    for rule in &RULES[1..] {
        all(&[rule], cases);
    }
    all(&RULES, cases);
}
