//! The decision: what makes a group alert. This file is the rule; everything else
//! prepares its four figures.

use crate::config::Config;
use crate::model::{Aggregate, Clause, Condition, Ratio};

/// The four figures of one group that the rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Calls of the group in the window.
    pub total: u64,
    /// Calls answered with 400 to 499.
    pub errors: u64,
    /// Distinct paths over all calls.
    pub url_paths: u64,
}

/// Whether an answer counts as an error: a single status from 400 to 499.
#[must_use]
pub fn is_error(status: i64) -> bool {
    (400..=499).contains(&status)
}

/// errors / total rounded to two decimals, in the very steps of Elasticsearch: the
/// ratio times 100, plus one half, floor, over 100, all in doubles. Not decimal
/// half-up: 23/40 gives 0.57. Of no calls, none is an error.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn error_rate(errors: u64, total: u64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let percent = errors as f64 / total as f64 * 100.0;
    (percent + 0.5).floor() / 100.0
}

/// Whether a group with these counts can alert at all, whatever its paths.
#[must_use]
pub fn may_alert(total: u64, errors: u64, config: &Config) -> bool {
    total >= config.min_total_calls && errors >= config.min_errors
}

/// Whether the group alerts.
#[must_use]
pub fn alerts(figures: &Figures, config: &Config) -> bool {
    may_alert(figures.total, figures.errors, config)
        && figures.url_paths >= config.min_url_paths
        && error_rate(figures.errors, figures.total) >= config.min_error_rate
}

/// Whether the group's counts reach the ledger's floor.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn is_near(figures: &Figures, config: &Config) -> bool {
    let reaches = |value: u64, least: u64| value as f64 >= least as f64 * config.verdicts_floor;
    reaches(figures.total, config.min_total_calls)
        && reaches(figures.errors, config.min_errors)
        && reaches(figures.url_paths, config.min_url_paths)
}

/// What the clauses are, in their order.
pub(crate) const CONDITIONS: [Condition; 4] = [
    Condition {
        column: "Esql.total_calls",
        parameter: "min_total_calls",
        aggregate: Aggregate::Count,
    },
    Condition {
        column: "Esql.errors",
        parameter: "min_errors",
        aggregate: Aggregate::Count,
    },
    Condition {
        column: "Esql.error_rate",
        parameter: "min_error_rate",
        aggregate: Aggregate::Ratio(Ratio {
            numerator: "Esql.errors",
            denominator: "Esql.total_calls",
            decimals: 2,
        }),
    },
    Condition {
        column: "Esql.url_path_count",
        parameter: "min_url_paths",
        aggregate: Aggregate::Distinct,
    },
];

/// Each condition with its value and its distance from the threshold.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn clauses(figures: &Figures, config: &Config) -> Vec<Clause> {
    let values = [
        (figures.total as f64, config.min_total_calls as f64),
        (figures.errors as f64, config.min_errors as f64),
        (
            error_rate(figures.errors, figures.total),
            config.min_error_rate,
        ),
        (figures.url_paths as f64, config.min_url_paths as f64),
    ];
    CONDITIONS
        .iter()
        .zip(values)
        .map(|(condition, (value, threshold))| Clause {
            name: condition.column.to_owned(),
            value,
            threshold,
            distance: value - threshold,
            holds: value >= threshold,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reported_rate_is_not_decimal_half_up() {
        assert_eq!(error_rate(23, 40).to_string(), "0.57");
        assert_eq!(error_rate(29, 200).to_string(), "0.14");
    }

    #[test]
    fn the_rounded_rate_is_a_threshold_of_79_in_200() {
        let config = Config {
            min_errors: 0,
            min_url_paths: 0,
            ..Config::default()
        };
        for total in 21..1000 {
            for errors in 0..=total {
                let figures = Figures {
                    total,
                    errors,
                    url_paths: 0,
                };
                assert_eq!(
                    alerts(&figures, &config),
                    200 * errors >= 79 * total,
                    "{errors}/{total}"
                );
            }
        }
    }
}
