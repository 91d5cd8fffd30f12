//! Random rules in ES|QL over random documents: `WEIR_PAIRS` says how many, `WEIR_SEED` which.

use std::collections::BTreeMap;
use weir_pairs::{Outcome, pair};

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn rows_of_random_rules_equal_the_reference_evaluation() {
    let (pairs, seed) = (number("WEIR_PAIRS", 2000), number("WEIR_SEED", 1));
    let (mut alerting, mut all) = (0, 0);
    let mut left_out = BTreeMap::<&str, u64>::new();
    for number in 0..pairs {
        match pair(seed, number) {
            Ok(Outcome::Equal(rows)) => {
                all += rows;
                alerting += u64::from(rows > 0);
            }
            Ok(Outcome::LeftOut(codes)) => {
                { codes.into_iter() }.for_each(|code| *left_out.entry(code).or_default() += 1);
            }
            Err(difference) => panic!("{difference}"),
        }
    }
    println!("{alerting} of {pairs} pairs alert, {all} rows; left out: {left_out:?}");
    assert!(alerting * 3 > pairs, "{alerting} of {pairs}");
    assert!(left_out.values().sum::<u64>() * 10 < pairs, "{left_out:?}");
}
