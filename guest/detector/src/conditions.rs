//! When a group alerts, as data: conditions over figures of its columns, all of which must hold.

use crate::facts::Kind;
use crate::group::{COUNTS, Group};
use crate::model::{self, Aggregate, Clause, Problem, Ratio};
use crate::problems::Problems;
use crate::schema::{ColumnKind, Schema};

/// A figure of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The number that a column comes to; of no value it is null, and no condition holds.
    Of(Kind),
    /// The ratio of two numbers, rounded to so many decimals as [`ratio`] does.
    Ratio {
        /// The column of the smaller one, mostly a count.
        part: Kind,
        /// The column of what it is a part of.
        whole: Kind,
        /// Decimals, at most 9.
        decimals: u8,
    },
}

/// A condition: its figure must be at least as large as its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The name of the figure in alerts.
    pub column: String,
    /// The parameter that sets the threshold.
    pub parameter: String,
    /// The value that is compared with the threshold.
    pub figure: Figure,
    /// With what.
    pub threshold: f64,
}

/// Most decimals of a ratio.
const MOST_DECIMALS: u8 = 9;
/// How far a group has come to a condition, in these steps.
const STEPS: u64 = 16;
/// How many classes of [promise](Conditions::promise) there are.
pub const CLASSES: usize = (STEPS as usize + 1) * (STEPS as usize + 1);

/// The conditions of a rule, with the thresholds of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    all: Vec<Condition>,
    /// Those by which groups are kept under pressure, the weightier one first.
    promise: [Option<usize>; 2],
}

/// `part` / `whole` rounded, in the very steps of Elasticsearch: the ratio times a power of ten,
/// plus one half, floor, over that power, all in doubles. Not decimal half-up: 23/40 gives 0.57.
/// Of nothing, nothing is a part.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn ratio(part: u64, whole: u64, decimals: u8) -> f64 {
    quotient(part as f64, whole as f64, decimals)
}

/// The ratio of any two numbers, as [`ratio`]; not a number where one of them is none, or where
/// it would be infinite.
fn quotient(part: f64, whole: f64, decimals: u8) -> f64 {
    if whole == 0.0 {
        return 0.0;
    }
    let power = (0..decimals.min(MOST_DECIMALS)).fold(1.0, |power, _| power * 10.0);
    let scaled = part / whole * power;
    match scaled.is_finite() {
        true => (scaled + 0.5).floor() / power,
        false => f64::NAN,
    }
}

/// Checks that a figure can be made of a column; the answer is the problem, if there is one.
fn wrong(figure: Figure, kind: ColumnKind) -> Option<&'static str> {
    let is_single = kind.counts() || kind.single().is_some();
    match figure {
        _ if !kind.is_numeric() => Some("a condition is over numbers, and this is none"),
        Figure::Ratio { .. } if !is_single => Some("a ratio is of two numbers, and this is a list"),
        _ => None,
    }
}

impl Conditions {
    /// Checks conditions over the columns of a schema. `promise` names one or two of them by
    /// their places, the weightier one first.
    ///
    /// # Errors
    /// All that is wrong with them, each with its place.
    #[inline(never)]
    pub fn new(
        schema: &Schema,
        all: Vec<Condition>,
        promise: &[usize],
    ) -> Result<Conditions, Vec<Problem>> {
        let mut problems = Problems::default();
        for (at, condition) in all.iter().enumerate() {
            let columns = match condition.figure {
                Figure::Of(column) => vec![column],
                Figure::Ratio { part, whole, .. } => vec![part, whole],
            };
            for column in columns {
                let place = format_args!("conditions[{at}]");
                match schema.columns().get(usize::from(column)) {
                    None => problems.say(place, format_args!("there is no column {column}")),
                    Some(found) => {
                        if let Some(message) = wrong(condition.figure, found.kind) {
                            problems.say(place, format_args!("{}: {message}", found.name));
                        }
                    }
                }
            }
        }
        for (at, condition) in promise.iter().enumerate() {
            let figure = all.get(*condition).map(|condition| condition.figure);
            if at > 1 {
                let message = format_args!("more than two conditions");
                problems.say(format_args!("promise"), message);
            } else if !matches!(figure, Some(Figure::Of(_))) {
                let message = format_args!("condition {condition} is not of one column");
                problems.say(format_args!("promise[{at}]"), message);
            }
        }
        let promise = [promise.first().copied(), promise.get(1).copied()];
        problems.unless(Conditions { all, promise })
    }

    /// Whether a group with these counts can alert at all, whatever else it holds.
    #[inline(always)]
    pub fn may_hold(&self, schema: &Schema, group: &[u32; COUNTS]) -> bool {
        self.all.iter().all(|condition| match condition.figure {
            Figure::Of(column) => match schema.kind(column) {
                ColumnKind::Count => meets(group[0].into(), condition),
                ColumnKind::CountWhere(flag) => {
                    let count = group.get(1 + usize::from(flag));
                    meets(count.copied().map_or(0, u64::from), condition)
                }
                _ => true,
            },
            Figure::Ratio { .. } => true,
        })
    }

    /// Whether a group alerts.
    pub fn hold(&self, schema: &Schema, group: &Group) -> bool {
        // Distinct values are the dear figure: they come last.
        self.may_hold(schema, &group.counts) && self.are_met(&self.values(schema, group))
    }

    /// The figures of a group, one for each condition.
    pub fn values(&self, schema: &Schema, group: &Group) -> Vec<f64> {
        let value = |condition: &Condition| match condition.figure {
            Figure::Of(column) => group.figure(schema, column),
            Figure::Ratio {
                part,
                whole,
                decimals,
            } => {
                let [part, whole] = [part, whole].map(|column| group.figure(schema, column));
                quotient(part, whole, decimals)
            }
        };
        self.all.iter().map(value).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether all hold for these figures.
    pub fn are_met(&self, values: &[f64]) -> bool {
        let mut pairs = self.all.iter().zip(values);
        pairs.all(|(condition, value)| *value >= condition.threshold)
    }

    /// Whether there are all figures, and they reach this part of every threshold but a ratio's.
    pub fn are_near(&self, values: &[f64], part: f64) -> bool {
        let mut pairs = self.all.iter().zip(values);
        pairs.all(|(condition, value)| match condition.figure {
            Figure::Ratio { .. } => !value.is_nan(),
            // What is wanted of a figure that may be negative is no part of it.
            Figure::Of(_) if condition.threshold < 0.0 => *value >= condition.threshold,
            Figure::Of(_) => *value >= condition.threshold * part,
        })
    }

    /// Each condition with its value and its distance from the threshold.
    pub fn clauses(&self, values: &[f64]) -> Vec<Clause> {
        let clause = |(condition, value): (&Condition, &f64)| Clause {
            name: condition.column.clone(),
            value: *value,
            threshold: condition.threshold,
            distance: value - condition.threshold,
            holds: *value >= condition.threshold,
        };
        self.all.iter().zip(values).map(clause).collect()
    }

    /// The class of a group by how far it has come to the conditions of the promise, below
    /// [`CLASSES`]: the higher, the longer it is kept.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most STEPS each, and thresholds of counts are not negative"
    )]
    pub fn promise(&self, schema: &Schema, group: &Group) -> usize {
        let steps = |at: Option<usize>| {
            let Some(condition) = at.and_then(|at| self.all.get(at)) else {
                return 0;
            };
            let Figure::Of(column) = condition.figure else {
                return 0;
            };
            let wanted = (condition.threshold as u64).max(1);
            (group.number(schema, column).min(wanted) * STEPS / wanted) as usize
        };
        let [first, second] = self.promise;
        steps(first) * (STEPS as usize + 1) + steps(second)
    }

    /// The conditions as the contract describes them.
    pub fn described(&self, schema: &Schema) -> Vec<model::Condition> {
        let name = |column: Kind| {
            let column = schema.columns().get(usize::from(column));
            column.map_or(String::new(), |column| column.name.clone())
        };
        let described = |condition: &Condition| model::Condition {
            column: condition.column.clone(),
            parameter: condition.parameter.clone(),
            aggregate: match condition.figure {
                Figure::Of(column) => match schema.kind(column) {
                    ColumnKind::Count | ColumnKind::CountWhere(_) | ColumnKind::Sum(_) => {
                        Aggregate::Count
                    }
                    _ => Aggregate::Distinct,
                },
                Figure::Ratio {
                    part,
                    whole,
                    decimals,
                } => Aggregate::Ratio(Ratio {
                    numerator: name(part),
                    denominator: name(whole),
                    decimals,
                }),
            },
        };
        self.all.iter().map(described).collect()
    }
}

#[inline(always)]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn meets(count: u64, condition: &Condition) -> bool {
    count as f64 >= condition.threshold
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy;

    fn condition(figure: Figure, threshold: f64) -> Condition {
        Condition {
            column: "x".to_owned(),
            parameter: "min_x".to_owned(),
            figure,
            threshold,
        }
    }

    #[test]
    fn what_is_wrong_with_conditions_is_said_with_its_place() {
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
    fn a_group_is_held_to_every_condition() {
        let schema = toy::schema();
        let rate = Figure::Ratio {
            part: 1,
            whole: 0,
            decimals: 2,
        };
        let all = vec![condition(Figure::Of(0), 40.0), condition(rate, 0.57)];
        let conditions = Conditions::new(&schema, all, &[0]).unwrap();
        let mut group = Group::new(0);
        for (counts, holds, near, promise) in [
            ([40, 23, 0], true, true, 16 * 17),
            ([40, 22, 0], false, true, 16 * 17),
            ([39, 39, 0], false, true, 15 * 17),
            ([19, 19, 0], false, false, 7 * 17),
            ([0, 0, 0], false, false, 0),
        ] {
            group.counts = counts;
            assert_eq!(conditions.hold(&schema, &group), holds, "{counts:?}");
            let values = conditions.values(&schema, &group);
            assert_eq!(conditions.are_near(&values, 0.5), near, "{counts:?}");
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
}
