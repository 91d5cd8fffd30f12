//! Tests of conditions over groups, and of the problems of a list of them.

use super::*;
use crate::toy;

fn condition(figure: Figure, threshold: f64) -> Condition {
    Condition {
        column: "x".to_owned(),
        parameter: "min_x".to_owned(),
        comparison: Comparison::AtLeast,
        figure,
        threshold,
    }
}

#[test]
fn reports_problems_of_conditions_with_their_places() {
    let schema = toy::schema();
    let count = condition(Figure::Of(0), 1.0);
    let texts = condition(
        Figure::Ratio {
            part: 1,
            whole: 4,
            decimals: 2,
        },
        0.5,
    );
    let places = |all: &[&Condition], promise: &[usize]| {
        let all = all.iter().map(|condition| (*condition).clone()).collect();
        match Conditions::new(&schema, all, promise) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.key).collect(),
        }
    };
    let nothing = condition(Figure::Of(7), 1.0);
    assert_eq!(places(&[&count, &count], &[1, 0]), [""; 0]);
    assert_eq!(places(&[], &[]), [""; 0]);
    assert_eq!(
        places(&[&count, &nothing, &texts], &[0]),
        ["conditions[1]", "conditions[2]"]
    );
    assert_eq!(places(&[&count], &[0, 1]), ["promise[1]"]);
    assert_eq!(places(&[&count], &[0, 0, 0]), ["promise"]);
}

#[test]
fn every_condition_must_hold() {
    let schema = toy::schema();
    let rate = Figure::Ratio {
        part: 1,
        whole: 0,
        decimals: 2,
    };
    let all = vec![condition(Figure::Of(0), 40.0), condition(rate, 0.57)];
    let conditions = Conditions::new(&schema, all, &[0]).unwrap();
    let (mut group, strings) = (Group::new(0), Strings::default());
    for (counts, holds, near, promise) in [
        ([40, 23, 0], true, true, 16 * 17),
        ([40, 22, 0], false, true, 16 * 17),
        ([39, 39, 0], false, true, 15 * 17),
        ([19, 19, 0], false, false, 7 * 17),
        ([0, 0, 0], false, false, 0),
    ] {
        group.counts = counts;
        assert_eq!(
            conditions.hold(&schema, &group, &strings),
            holds,
            "{counts:?}"
        );
        let values = conditions.figures(&schema, &group, &strings);
        assert_eq!(
            conditions.are_near(&schema, &values, 0.5),
            near,
            "{counts:?}"
        );
        assert_eq!(conditions.promise(&schema, &group), promise, "{counts:?}");
    }
}

#[test]
fn a_ratio_is_not_rounded_half_up_in_decimals() {
    assert_eq!(ratio(23, 40, 2).to_string(), "0.57");
    assert_eq!(ratio(29, 200, 2).to_string(), "0.14");
}

#[test]
fn a_rounded_ratio_of_two_fifths_is_a_threshold_of_79_in_200() {
    for whole in 21..1000_u64 {
        for part in 0..=whole {
            assert_eq!(
                ratio(part, whole, 2) >= 0.4,
                200 * part >= 79 * whole,
                "{part}/{whole}"
            );
        }
    }
}

#[test]
fn only_minimums_can_be_promised() {
    use Comparison::{AtLeast, AtMost, Equal, LessThan, MoreThan, Unequal};
    let schema = toy::schema();
    for comparison in [AtLeast, MoreThan, AtMost, LessThan, Equal, Unequal] {
        let one = Condition {
            comparison,
            ..condition(Figure::Of(0), 3.0)
        };
        let made = Conditions::new(&schema, vec![one], &[0]);
        let problems = made.err().unwrap_or_default();
        let places: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        match comparison {
            AtLeast | MoreThan => assert_eq!(places, [""; 0]),
            _ => assert_eq!(places, ["promise[0]"]),
        }
    }
}

#[test]
fn a_maximum_is_always_near() {
    use Comparison::{AtLeast, AtMost, Equal, LessThan, MoreThan, Unequal};
    let schema = toy::schema();
    for (comparison, near) in [
        (AtLeast, [false, true, true]),
        (MoreThan, [false, true, true]),
        (AtMost, [true; 3]),
        (LessThan, [true; 3]),
        (Equal, [true; 3]),
        (Unequal, [true; 3]),
    ] {
        let one = Condition {
            comparison,
            ..condition(Figure::Of(0), 10.0)
        };
        let conditions = Conditions::new(&schema, vec![one], &[]).unwrap();
        let found = [4.0, 5.0, 11.0].map(|count| conditions.are_near(&schema, &[count], 0.5));
        assert_eq!(found, near, "{comparison:?}");
    }
}
