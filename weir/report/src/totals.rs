//! Totals of a figure over several alerts.

use super::figures::{estimated, figure};
use super::margin::Margin;
use weir_host::contract::{Aggregate, Condition, Rule};

/// The total of a condition's figure for people, as far as its aggregate says one.
pub(super) fn total(rule: &Rule, condition: &Condition, margins: &[&Margin]) -> Option<String> {
    let figures = |column: &str| {
        let mut conditions = rule.conditions.iter();
        let at = conditions.position(|one| one.column == column)?;
        let figures = margins.iter().filter_map(|margin| margin.figure(at));
        Some(figures.collect::<Vec<(f64, bool)>>())
    };
    let sum = |column: &str| {
        Some(
            figures(column)?
                .iter()
                .map(|(figure, _)| figure)
                .sum::<f64>(),
        )
    };
    let own = figures(&condition.column)?;
    let least = own.iter().map(|(figure, _)| *figure).reduce(f64::min);
    let most = own.iter().map(|(figure, _)| *figure).reduce(f64::max);
    match &condition.aggregate {
        Aggregate::Count | Aggregate::Sum => sum(&condition.column).map(figure),
        Aggregate::Ratio(ratio) => {
            let (part, all) = (sum(&ratio.numerator)?, sum(&ratio.denominator)?);
            (all > 0.0).then(|| figure(part / all))
        }
        Aggregate::Smallest => least.map(figure),
        Aggregate::Largest => most.map(figure),
        Aggregate::Between if least == most => least.map(figure),
        Aggregate::Between => Some(format!("{} to {}", figure(least?), figure(most?))),
        Aggregate::Distinct => {
            let largest = own.iter().find(|(figure, _)| Some(*figure) == most);
            let (figure, is_estimate) = largest.copied().unwrap_or_default();
            // One value may be in several alerts.
            let bound = if margins.len() > 1 { "at least " } else { "" };
            Some(format!(
                "{bound}{}",
                estimated(figure.max(0.0), is_estimate)
            ))
        }
    }
}
