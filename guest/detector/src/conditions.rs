//! The alert conditions of a rule: comparisons of a group's figures with thresholds, all of which
//! must hold.

use crate::config::{Config, EARLY};
use crate::facts::ColumnId;
use crate::group::{COUNTS, Group};
use crate::hash::Seed;
use crate::model::{self, Aggregate, Clause, Comparison, Problem, Ratio};
use crate::problems::Problems;
use crate::program::Program;
use crate::row_values;
use crate::schema::{ColumnKind, Course, Schema};
use crate::strings::Strings;

/// A figure of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The value of a column as a number; without a value it is null, and no condition holds.
    Of(ColumnId),
    /// The ratio of two columns, rounded to so many decimals as [`ratio`] does.
    Ratio {
        /// The numerator, mostly a count.
        part: ColumnId,
        /// The denominator.
        whole: ColumnId,
        /// Number of decimals, at most 9.
        decimals: u8,
    },
    /// The result of a program over the key and the columns, which it reads by their names, as a
    /// number: 1 for true, 0 for false; of any other type, null or several values it is null.
    Computed(&'static Program),
}

impl Figure {
    /// A number for it, given the columns.
    fn number(self) -> u64 {
        match self {
            Figure::Of(column) => u64::from(column),
            Figure::Ratio {
                part,
                whole,
                decimals,
            } => [part, whole, decimals]
                .into_iter()
                .fold(1, |number, next| number << 8 | u64::from(next)),
            Figure::Computed(program) => Seed(0, 1).bytes(&program.encode()),
        }
    }
}

/// A condition: its figure, compared with its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The name of the figure in alerts.
    pub column: String,
    /// The parameter that sets the threshold.
    pub parameter: String,
    /// How the figure is compared with the threshold.
    pub comparison: Comparison,
    /// The value that is compared with the threshold.
    pub figure: Figure,
    /// The threshold.
    pub threshold: f64,
}

impl Condition {
    /// Whether it holds for a figure; never for NaN.
    #[inline(always)]
    fn holds(&self, figure: f64) -> bool {
        let threshold = self.threshold;
        match self.comparison {
            Comparison::AtLeast => figure >= threshold,
            Comparison::MoreThan => figure > threshold,
            Comparison::AtMost => figure <= threshold,
            Comparison::LessThan => figure < threshold,
            Comparison::Equal => figure == threshold,
            Comparison::Unequal => !figure.is_nan() && figure != threshold,
        }
    }

    /// Whether the threshold is a minimum.
    fn is_reached(&self) -> bool {
        matches!(self.comparison, Comparison::AtLeast | Comparison::MoreThan)
    }

    /// How its figure changes as events are added to a group.
    fn course(&self, schema: &Schema) -> Course {
        match self.figure {
            Figure::Of(column) => schema.kind(column).course(),
            Figure::Ratio { .. } | Figure::Computed(_) => Course::Either,
        }
    }
}

/// Most decimals of a ratio.
const MAX_DECIMALS: u8 = 9;
/// Steps in which progress towards a condition is measured.
const STEPS: u64 = 16;
/// Number of classes of [promise](Conditions::promise).
pub const CLASSES: usize = (STEPS as usize + 1) * (STEPS as usize + 1);

/// The conditions of a rule, with the thresholds of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    all: Vec<Condition>,
    /// Indexes of the conditions that decide which groups are kept under memory pressure, the
    /// weightier one first.
    promise: [Option<usize>; 2],
}

/// `part` / `whole`, rounded exactly as Elasticsearch does: the ratio times a power of ten, plus
/// one half, floor, divided by that power, all in doubles. This is not decimal half-up: 23/40 gives
/// 0.57. With a `whole` of 0 the ratio is 0.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn ratio(part: u64, whole: u64, decimals: u8) -> f64 {
    quotient(part as f64, whole as f64, decimals)
}

/// The ratio of any two numbers, as [`ratio`]; NaN if one of them is NaN or the result would be
/// infinite.
fn quotient(part: f64, whole: f64, decimals: u8) -> f64 {
    if whole == 0.0 {
        return 0.0;
    }
    let power = (0..decimals.min(MAX_DECIMALS)).fold(1.0, |power, _| power * 10.0);
    let scaled = part / whole * power;
    match scaled.is_finite() {
        true => (scaled + 0.5).floor() / power,
        false => f64::NAN,
    }
}

/// Checks that a column can be used in a figure; returns the problem, if any.
fn problem_of(figure: Figure, kind: ColumnKind) -> Option<&'static str> {
    let is_single = kind.counts() || kind.single().is_some();
    match figure {
        _ if !kind.is_numeric() => Some("a condition is over numbers, and this is none"),
        Figure::Ratio { .. } if !is_single => Some("a ratio is of two numbers, and this is a list"),
        _ => None,
    }
}

impl Conditions {
    /// Checks conditions over the columns of a schema. `promise` lists the indexes of one or two of
    /// them, the weightier one first.
    ///
    /// # Errors
    /// Every problem, each with its place.
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
                Figure::Computed(program) => {
                    for name in row_values::unknown(program, schema) {
                        let place = format_args!("conditions[{at}]");
                        problems.add(place, format_args!("nothing is called {name}"));
                    }
                    Vec::new()
                }
            };
            for column in columns {
                let place = format_args!("conditions[{at}]");
                match schema.columns().get(usize::from(column)) {
                    None => problems.add(place, format_args!("there is no column {column}")),
                    Some(found) => {
                        if let Some(message) = problem_of(condition.figure, found.kind) {
                            problems.add(place, format_args!("{}: {message}", found.name));
                        }
                    }
                }
            }
        }
        for (at, place) in promise.iter().enumerate() {
            let condition = all.get(*place);
            let figure = condition.map(|condition| condition.figure);
            if at > 1 {
                let message = format_args!("more than two conditions");
                problems.add(format_args!("promise"), message);
            } else if !matches!(figure, Some(Figure::Of(_))) {
                let message = format_args!("condition {place} is not of one column");
                problems.add(format_args!("promise[{at}]"), message);
            } else if !condition.is_some_and(Condition::is_reached) {
                let message = format_args!("condition {place} is no minimum to come near to");
                problems.add(format_args!("promise[{at}]"), message);
            }
        }
        let promise = [promise.first().copied(), promise.get(1).copied()];
        problems.into_result(Conditions { all, promise })
    }

    /// Whether a group with these counts can alert, whatever its other columns hold.
    #[inline(always)]
    pub fn may_hold(&self, schema: &Schema, group: &[u32; COUNTS]) -> bool {
        self.all.iter().all(|condition| match condition.figure {
            Figure::Of(column) => match schema.kind(column) {
                ColumnKind::Count => condition.holds(group[0].into()),
                ColumnKind::CountWhere(flag) => {
                    let count = group.get(1 + usize::from(flag));
                    condition.holds(count.copied().map_or(0.0, f64::from))
                }
                _ => true,
            },
            Figure::Ratio { .. } | Figure::Computed(_) => true,
        })
    }

    /// Whether a group alerts. Its texts are in `strings`.
    pub fn hold(&self, schema: &Schema, group: &Group, strings: &Strings) -> bool {
        // Distinct values are the expensive figure and are computed last.
        self.may_hold(schema, &group.counts) && self.are_met(&self.figures(schema, group, strings))
    }

    /// The figures of a group, one for each condition.
    pub fn figures(&self, schema: &Schema, group: &Group, strings: &Strings) -> Vec<f64> {
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
            Figure::Computed(program) => row_values::figure(program, schema, group, strings),
        };
        self.all.iter().map(value).collect()
    }

    /// For each condition the parameter that sets its threshold, and numbers for its figure and
    /// for its comparison.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.all.iter().map(|condition| {
            let comparison = match condition.comparison {
                Comparison::AtLeast => 0,
                Comparison::MoreThan => 1,
                Comparison::AtMost => 2,
                Comparison::LessThan => 3,
                Comparison::Equal => 4,
                Comparison::Unequal => 5,
            };
            let parameter = condition.parameter.as_str();
            (parameter, condition.figure.number(), comparison)
        })
    }

    /// Whether all conditions are inclusive minimums.
    pub fn are_minimums(&self) -> bool {
        self.all.iter().all(Condition::is_reached)
    }

    /// The number of conditions.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether all hold for these figures.
    pub fn are_met(&self, values: &[f64]) -> bool {
        let mut pairs = self.all.iter().zip(values);
        pairs.all(|(condition, value)| condition.holds(*value))
    }

    /// Whether all figures have a value, and those with a rising figure and a minimum reach this
    /// part of their threshold. A group that is near once stays so, whatever events are added.
    pub fn are_near(&self, schema: &Schema, values: &[f64], part: f64) -> bool {
        let mut pairs = self.all.iter().zip(values);
        pairs.all(|(condition, value)| {
            match condition.is_reached() && condition.course(schema) == Course::Rises {
                false => !value.is_nan(),
                // A part of a negative threshold lies above it.
                true if condition.threshold < 0.0 => *value >= condition.threshold,
                true => *value >= condition.threshold * part,
            }
        })
    }

    /// The problem if `early` is set and a condition can only cease to hold as events are added,
    /// such as a count below a threshold: only the window's close decides. A condition that can
    /// both begin and cease to hold is no problem: it is evaluated again at the close, and its
    /// alert is retracted if need be.
    pub fn early_problem(&self, schema: &Schema, config: &Config) -> Option<Problem> {
        let ends = |condition: &&Condition| match condition.comparison {
            Comparison::AtLeast | Comparison::MoreThan => condition.course(schema) == Course::Falls,
            Comparison::AtMost | Comparison::LessThan => condition.course(schema) == Course::Rises,
            Comparison::Equal | Comparison::Unequal => false,
        };
        let found = self.all.iter().find(ends).filter(|_| config.is(EARLY))?;
        Some(Problem {
            rule: String::new(),
            key: EARLY.to_owned(),
            message: format!(
                "more events can only end what {} asks of {}: it is known when the window closes, and not early",
                found.parameter, found.column
            ),
        })
    }

    /// Each condition with its value and the distance to its threshold.
    pub fn clauses(&self, values: &[f64]) -> Vec<Clause> {
        let clause = |(condition, value): (&Condition, &f64)| Clause {
            name: condition.column.clone(),
            value: *value,
            threshold: condition.threshold,
            distance: value - condition.threshold,
            holds: condition.holds(*value),
        };
        self.all.iter().zip(values).map(clause).collect()
    }

    /// The names of figures that are of estimated columns, which are given as a bit for each; each
    /// name once.
    pub fn estimated(&self, schema: &Schema, bits: u32) -> Vec<&str> {
        let is_set = |column: ColumnId| bits >> column & 1 == 1;
        let estimated = |condition: &&Condition| match condition.figure {
            Figure::Of(column) => is_set(column),
            Figure::Ratio { part, whole, .. } => is_set(part) || is_set(whole),
            Figure::Computed(program) => {
                row_values::columns(program, schema).into_iter().any(is_set)
            }
        };
        let mut names = Vec::new();
        for condition in self.all.iter().filter(estimated) {
            if !names.contains(&condition.column.as_str()) {
                names.push(condition.column.as_str());
            }
        }
        names
    }

    /// The class of a group by its progress towards the conditions of the promise, below
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

    /// The conditions as the contract's records.
    pub fn described(&self, schema: &Schema) -> Vec<model::Condition> {
        let name = |column: ColumnId| {
            let column = schema.columns().get(usize::from(column));
            column.map_or(String::new(), |column| column.name.clone())
        };
        let described = |condition: &Condition| model::Condition {
            column: condition.column.clone(),
            parameter: condition.parameter.clone(),
            comparison: condition.comparison,
            aggregate: match condition.figure {
                Figure::Of(column) => match schema.kind(column) {
                    ColumnKind::Count | ColumnKind::CountWhere(_) => Aggregate::Count,
                    ColumnKind::Sum(_) => Aggregate::Sum,
                    ColumnKind::Min(_) => Aggregate::Smallest,
                    ColumnKind::Max(_) => Aggregate::Largest,
                    ColumnKind::Average(_) | ColumnKind::First(_) | ColumnKind::Last(_) => {
                        Aggregate::Between
                    }
                    ColumnKind::Distinct
                    | ColumnKind::Values
                    | ColumnKind::Addresses
                    | ColumnKind::Samples => Aggregate::Distinct,
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
                Figure::Computed(_) => Aggregate::Between,
            },
        };
        self.all.iter().map(described).collect()
    }
}

#[cfg(test)]
#[path = "conditions_tests.rs"]
mod tests;
