//! Warnings about a valid configuration that is probably a mistake.

use crate::conditions::{Figure, ratio};
use crate::config::{EXCEPTIONS, ParameterValue};
use crate::definition::{Clause, Plan, RuleOn};
use crate::facts::ColumnId;
use crate::judgement::Judgement;
use crate::log::Log;
use crate::model::{Comparison, Problem, RuleConfiguration};
use crate::record::keys;
use crate::schema::ColumnKind;
use crate::settings::EngineSettings;
use std::fmt::Arguments;

/// The warnings for a configuration, each under its key; empty if the configuration has errors.
#[must_use]
pub fn advise<L: Log>(rule: &RuleOn<L>, configuration: &str) -> Vec<Problem> {
    match Plan::new(rule, configuration) {
        Ok(plan) => advice(&plan, configuration),
        Err(_) => Vec::new(),
    }
}

/// The warnings for several rules, each under its own configuration.
#[must_use]
pub fn all<L: Log>(rules: &[Box<RuleOn<L>>], configured: &[RuleConfiguration]) -> Vec<Problem> {
    let of = |given: &RuleConfiguration| {
        let rule = { rules.iter() }.find(|rule| rule.definition().info.id == given.rule);
        rule.map_or(Vec::new(), |rule| advise(&**rule, &given.parameters))
    };
    configured.iter().flat_map(of).collect()
}

fn advice(plan: &Plan, configuration: &str) -> Vec<Problem> {
    let given: Vec<String> = keys(configuration)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let mut advice = Advice {
        plan,
        settings: EngineSettings::new(&plan.config, &plan.definition),
        found: Vec::new(),
    };
    advice.thresholds();
    advice.time();
    advice.rest();
    let mut found = advice.found;
    // Settings that are not given keep the rule's defaults, which need no warning.
    found.retain(|(keys, _)| given.iter().any(|given| keys.contains(&given.as_str())));
    found
        .into_iter()
        .map(|(keys, message)| {
            let touched = |key: &&&str| given.iter().any(|given| given == **key);
            let key = keys.iter().find(touched).copied().unwrap_or_default();
            Problem {
                rule: plan.definition.info.id.to_owned(),
                key: key.to_owned(),
                message,
            }
        })
        .collect()
}

/// Whether a condition holds from its threshold on.
fn is_minimum(clause: &&Clause) -> bool {
    clause.comparison == Comparison::AtLeast
}

struct Advice<'p> {
    plan: &'p Plan,
    settings: EngineSettings,
    /// Keys that each warning is about, the one to change first, and the message.
    found: Vec<(Vec<&'static str>, String)>,
}

impl Advice<'_> {
    #[inline(never)]
    fn warn(&mut self, keys: &[&'static str], message: Arguments) {
        self.found.push((keys.to_vec(), message.to_string()));
    }

    /// Warns about conditions that are implied by others.
    fn thresholds(&mut self) {
        let plan = self.plan;
        let minimums = plan.definition.conditions.iter().filter(is_minimum);
        for clause in minimums {
            match clause.figure {
                Figure::Of(column) => self.number(clause, column),
                Figure::Ratio {
                    part,
                    whole,
                    decimals,
                } => self.ratio(clause, [part, whole], decimals),
                Figure::Computed(_) => {}
            }
        }
    }

    /// The threshold of a condition.
    fn threshold(&self, clause: &Clause) -> f64 {
        let value = self.plan.config.get(clause.parameter);
        value.map_or(0.0, ParameterValue::number)
    }

    /// The parameter that sets the minimum of a column, and its threshold, which is a whole number.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "thresholds of counts are whole and not negative"
    )]
    fn of(&self, wanted: impl Fn(ColumnId) -> bool) -> Option<(&'static str, u64)> {
        let clauses = self.plan.definition.conditions.iter();
        let found = clauses
            .filter(is_minimum)
            .find(|clause| match clause.figure {
                Figure::Of(column) => wanted(column),
                Figure::Ratio { .. } | Figure::Computed(_) => false,
            })?;
        Some((found.parameter, self.threshold(found) as u64))
    }

    fn number(&mut self, clause: &Clause, column: ColumnId) {
        let (parameter, schema) = (clause.parameter, &self.plan.schema);
        let count = self.of(|column| schema.kind(column) == ColumnKind::Count);
        let Some((_, wanted)) = self.of(|other| other == column) else {
            return;
        };
        let kind = schema.kind(column);
        let more = count.filter(|(_, calls)| wanted > *calls);
        match (kind, more) {
            (ColumnKind::CountWhere(_), Some((count, calls))) => self.warn(
                &[parameter, count],
                format_args!("{count} decides nothing: {parameter} takes {wanted}, more than {calls}"),
            ),
            (ColumnKind::Distinct | ColumnKind::Values | ColumnKind::Addresses, Some((count, calls))) => self.warn(
                &[parameter, count],
                format_args!(
                    "{count} decides nothing where an event has one value: {wanted} are asked for ({parameter}), and {calls} events"
                ),
            ),
            _ => {}
        }
        let exact = self.settings.caps.distinct as u64;
        if let Some(setting) = self.plan.definition.exact
            && kind == ColumnKind::Distinct
            && wanted > exact
        {
            let name = setting.name;
            self.warn(
                &[parameter, name],
                format_args!(
                    "{parameter} is decided by an estimate: values are counted exactly up to {exact} ({name})"
                ),
            );
        }
    }

    fn ratio(&mut self, clause: &Clause, [part, whole]: [ColumnId; 2], decimals: u8) {
        let (parameter, rate) = (clause.parameter, self.threshold(clause));
        if rate < 0.5 * 0.1_f64.powi(decimals.into()) {
            self.warn(
                &[parameter],
                format_args!(
                    "{parameter} decides nothing: every ratio is rounded to {decimals} decimals, and at least 0"
                ),
            );
            return;
        }
        let [part, whole] = [part, whole].map(|wanted| self.of(|column| column == wanted));
        if let (Some((errors, least)), Some((count, calls))) = (part, whole)
            && let Some(fewest) = fewest(calls, rate, decimals)
            && least > 0
            && fewest >= least
        {
            self.warn(
                &[errors, parameter, count],
                format_args!(
                    "{errors} decides nothing: of {calls} ({count}) the ratio takes {fewest} already ({parameter})"
                ),
            );
        }
    }

    fn time(&mut self) {
        let config = self.settings;
        let judgement = self.plan.definition.judgement;
        let window = config.timing.window.unsigned_abs() / 1000;
        let tumbles = matches!(judgement, Judgement::Tumbling { .. });
        if tumbles && (86_400 % window != 0 || (3600 % window != 0 && !window.is_multiple_of(3600)))
        {
            self.warn(
                &["window_seconds"],
                format_args!(
                    "windows of {window} seconds do not divide an hour: they start at other minutes every hour or day"
                ),
            );
        }
        if tumbles && config.allowed_lateness_seconds < window {
            self.warn(
                &["allowed_lateness_seconds", "window_seconds"],
                format_args!(
                    "events that are later than {} seconds are dropped: less than one window of {window}",
                    config.allowed_lateness_seconds
                ),
            );
        }
        if config.dedup_horizon_seconds < config.out_of_orderness_seconds {
            self.warn(
                &["dedup_horizon_seconds", "allowed_lateness_seconds", "out_of_orderness_seconds"],
                format_args!(
                    "event ids are forgotten after {} seconds, and events may be out of order by {}: repetitions among those count twice",
                    config.dedup_horizon_seconds, config.out_of_orderness_seconds
                ),
            );
        }
        if config.out_of_orderness_seconds > 3600 {
            self.warn(
                &["out_of_orderness_seconds"],
                format_args!(
                    "no alert comes before its window is {} seconds past: late events revise an alert anyhow (allowed_lateness_seconds)",
                    config.out_of_orderness_seconds
                ),
            );
        }
    }

    fn rest(&mut self) {
        let (plan, config) = (self.plan, self.settings);
        if config.partial {
            self.warn(
                &["partial"],
                format_args!("a partial detector never alerts: its state is for another one"),
            );
        }
        if config.verdicts_floor > 0.0 && !config.verdicts {
            self.warn(
                &["verdicts_floor"],
                format_args!(
                    "there is no ledger for a floor without `verdicts`; --verdicts FILE turns it on"
                ),
            );
        }
        for (at, exception) in (1..).zip(plan.exceptions()) {
            if exception.covers_all_addresses() {
                self.warn(
                    &[EXCEPTIONS],
                    format_args!(
                        "exception {at} ({}) leaves out every event with an address",
                        exception.reason
                    ),
                );
            }
        }
    }
}

/// The smallest part of so many whose ratio is high enough.
fn fewest(whole: u64, rate: f64, decimals: u8) -> Option<u64> {
    let holds = |part: &u64| ratio(*part, whole, decimals) >= rate;
    // The ratio grows with the errors.
    let (mut low, mut high) = (0, whole);
    if !holds(&high) {
        return None;
    }
    while low < high {
        let middle = low.midpoint(high);
        match holds(&middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_part_for_a_ratio_is_exact() {
        assert_eq!(fewest(21, 0.4, 2), Some(9));
        assert_eq!(fewest(43, 0.4, 2), Some(17));
        assert_eq!(fewest(5, 1.0, 2), Some(5));
        assert_eq!(fewest(5, 1.01, 2), None);
    }
}
