//! Settings of thresholds that are tried.

use crate::Entry;
use weir_common::suggestion::suggestion;
use weir_host::contract::is_whole;
use weir_host::contract::{Aggregate, Parameter, Rule};
use weir_host::error::Error;

/// Most settings of one threshold.
const MOST: usize = 1000;
/// Most pairs of settings of two.
const MOST_PAIRS: usize = 10_000;
/// Parts of the present value that are tried of a count,
const PARTS: [f64; 10] = [0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0];
/// and how far from it of a ratio.
const AWAY: [f64; 10] = [-0.2, -0.15, -0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1, 0.2];

/// Settings and bursts requested on the command line.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Thresholds with their settings, each as `PARAMETER=FROM..TO..STEP` or `PARAMETER=A,B,C`.
    pub sweeps: Vec<String>,
    /// Pairs of thresholds, each as `A,B`.
    pub grids: Vec<String>,
    /// Most bursts across an edge that are listed.
    pub top: usize,
    /// How far apart windows end, in milliseconds, of a rule that alerts once for each run of windows
    /// in which its conditions hold.
    pub every: Option<i64>,
}

/// Settings of one clause's threshold, those first that more windows fulfil: of a minimum
/// ascending, of a maximum descending.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// The clause's place.
    pub clause: usize,
    /// The settings.
    pub values: Vec<f64>,
}

/// Requested settings, checked against a rule.
pub(super) struct Checked {
    sweeps: Vec<Steps>,
    grids: Vec<(usize, usize)>,
    /// Whether nothing was asked for.
    all: bool,
    pub(super) top: usize,
    pub(super) every: Option<i64>,
}

impl Wanted {
    pub(super) fn of(&self, rule: &Rule) -> Result<Checked, Error> {
        let sweeps = self.sweeps.iter().map(|given| sweep(rule, given));
        let sweeps = sweeps.collect::<Result<Vec<Steps>, Error>>()?;
        let grids = self.grids.iter().map(|given| {
            let (one, other) = grid(rule, given)?;
            let [one_count, other_count] = [one, other].map(|clause| {
                let steps = sweeps.iter().find(|steps| steps.clause == clause);
                steps.map_or(PARTS.len(), |steps| steps.values.len())
            });
            if one_count * other_count > MOST_PAIRS {
                return Err(Error::config(format!(
                    "--grid {given}: {one_count} settings by {other_count} are more than \
                     {MOST_PAIRS} pairs; name fewer with --sweep"
                )));
            }
            Ok((one, other))
        });
        Ok(Checked {
            grids: grids.collect::<Result<_, _>>()?,
            sweeps,
            all: self.sweeps.is_empty() && self.grids.is_empty(),
            top: self.top,
            every: self.every,
        })
    }
}

impl Checked {
    /// All clauses, unless some are asked for.
    pub(super) fn sweeps(&self, rule: &Rule, first: &Entry) -> Vec<Steps> {
        if !self.all {
            return self.sweeps.clone();
        }
        let all = 0..rule.conditions.len();
        let ordered = all.filter(|clause| in_order(rule, *clause).is_some());
        ordered.map(|clause| around(rule, first, clause)).collect()
    }

    /// A ratio and its numerator, unless others are asked for.
    pub(super) fn grids(&self, rule: &Rule, first: &Entry) -> Vec<(Steps, Steps)> {
        let mut pairs = self.grids.clone();
        if self.all {
            pairs.extend(
                rule.conditions
                    .iter()
                    .enumerate()
                    .find_map(|(at, condition)| {
                        let Aggregate::Ratio(ratio) = &condition.aggregate else {
                            return None;
                        };
                        let numerator = |known: &_| ratio_part(known, &ratio.numerator);
                        let other = rule.conditions.iter().position(numerator)?;
                        in_order(rule, at).and(in_order(rule, other))?;
                        Some((at, other))
                    }),
            );
        }
        let steps = |clause| {
            let given = self.sweeps.iter().find(|steps| steps.clause == clause);
            given
                .cloned()
                .unwrap_or_else(|| around(rule, first, clause))
        };
        pairs
            .into_iter()
            .map(|(one, other)| (steps(one), steps(other)))
            .collect()
    }
}

fn ratio_part(condition: &weir_host::contract::Condition, column: &str) -> bool {
    condition.column == column
}

/// Sensible settings around the present one.
fn around(rule: &Rule, first: &Entry, clause: usize) -> Steps {
    let present = first
        .figures
        .get(clause)
        .map_or(0.0, |figure| figure.threshold);
    let mut values: Vec<f64> = match rule.conditions.get(clause).map(|c| &c.aggregate) {
        Some(Aggregate::Ratio(ratio)) => {
            let scale = 10_f64.powi(i32::from(ratio.decimals));
            let away = AWAY
                .iter()
                .map(|away| ((present + away) * scale).round() / scale);
            away.collect()
        }
        _ => {
            let whole = rule.conditions.get(clause).is_some_and(is_whole);
            let part = |part: &f64| match whole {
                true => (present * part).round(),
                false => (present * part * 1e6).round() / 1e6,
            };
            PARTS.iter().map(part).collect()
        }
    };
    values.push(present);
    if let Some(parameter) = parameter(rule, clause) {
        values.retain(|value| in_range(parameter, *value) || *value == present);
    }
    sorted(rule, clause, values)
}

/// How settings of a clause are ordered, so that whatever fulfils one fulfils those before it; none
/// where they are not, because the figure has to be the threshold, or may not be.
fn in_order(rule: &Rule, clause: usize) -> Option<fn(&f64, &f64) -> std::cmp::Ordering> {
    match rule.conditions.get(clause)?.comparison {
        one if one.is_minimum() => Some(f64::total_cmp),
        one if one.is_maximum() => Some(|a, b| b.total_cmp(a)),
        _ => None,
    }
}

fn sorted(rule: &Rule, clause: usize, mut values: Vec<f64>) -> Steps {
    values.sort_by(in_order(rule, clause).unwrap_or(f64::total_cmp));
    values.dedup();
    Steps { clause, values }
}

fn parameter(rule: &Rule, clause: usize) -> Option<&Parameter> {
    let name = &rule.conditions.get(clause)?.parameter;
    rule.parameters.iter().find(|known| known.name == *name)
}

fn in_range(parameter: &Parameter, value: f64) -> bool {
    parameter.minimum.is_none_or(|least| value >= least)
        && parameter.maximum.is_none_or(|most| value <= most)
}

/// The clause whose threshold a parameter is.
fn clause(rule: &Rule, name: &str) -> Result<usize, Error> {
    let known: Vec<&str> = rule
        .conditions
        .iter()
        .map(|c| c.parameter.as_str())
        .collect();
    let shown = || weir_common::escape::escape(name);
    match known.iter().position(|known| *known == name) {
        Some(at) if in_order(rule, at).is_none() => Err(Error::config(format!(
            "`{}` is compared with for equality: no setting of it is nearer than another, and none \
             is tried",
            shown()
        ))),
        Some(at) => Ok(at),
        None => {
            let name = shown();
            Err(Error::config(match suggestion(&name, &known) {
                Some(nearest) => format!("`{name}` is no threshold; did you mean `{nearest}`?"),
                None => format!("`{name}` is no threshold; there are: {}", known.join(", ")),
            }))
        }
    }
}

fn grid(rule: &Rule, given: &str) -> Result<(usize, usize), Error> {
    let Some((one, other)) = given.split_once(',') else {
        return Err(Error::config(format!(
            "--grid {given}: name two thresholds, such as min_error_rate,min_errors"
        )));
    };
    let (one, other) = (clause(rule, one.trim())?, clause(rule, other.trim())?);
    if one == other {
        return Err(Error::config(format!(
            "--grid {given}: name two different thresholds"
        )));
    }
    Ok((one, other))
}

fn sweep(rule: &Rule, given: &str) -> Result<Steps, Error> {
    let wrong = |why: String| Error::config(format!("--sweep {given}: {why}"));
    let Some((name, settings)) = given.split_once('=') else {
        let why = "write PARAMETER=FROM..TO..STEP or PARAMETER=A,B,C, such as min_errors=5..20..1";
        return Err(wrong(why.to_owned()));
    };
    let at = clause(rule, name.trim())?;
    let number = |text: &str| {
        let number = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite());
        number.ok_or_else(|| wrong(format!("`{text}` is no number")))
    };
    let parts: Vec<&str> = settings.split("..").collect();
    let values = match parts[..] {
        [list] => list
            .split(',')
            .map(number)
            .collect::<Result<Vec<f64>, Error>>()?,
        [from, to] => range(number(from)?, number(to)?, 1.0).map_err(wrong)?,
        [from, to, step] => range(number(from)?, number(to)?, number(step)?).map_err(wrong)?,
        _ => return Err(wrong("write FROM..TO..STEP".to_owned())),
    };
    if values.len() > MOST {
        return Err(wrong(format!("no more than {MOST} settings")));
    }
    let whole = rule.conditions.get(at).is_some_and(is_whole);
    for value in &values {
        if whole && value.fract() != 0.0 {
            return Err(wrong(format!(
                "{value} has a fraction, and a count has none"
            )));
        }
        if let Some(parameter) = parameter(rule, at).filter(|p| !in_range(p, *value)) {
            let bound = |bound: Option<f64>| bound.map_or("any".to_owned(), |b| b.to_string());
            return Err(wrong(format!(
                "{value} is out of range: {} to {}",
                bound(parameter.minimum),
                bound(parameter.maximum)
            )));
        }
    }
    Ok(sorted(rule, at, values))
}

fn range(from: f64, to: f64, step: f64) -> Result<Vec<f64>, String> {
    if step <= 0.0 || from > to {
        return Err("the range goes up, by a step above 0".to_owned());
    }
    let count = (to - from) / step;
    if count >= MOST as f64 {
        return Err(format!("no more than {MOST} settings"));
    }
    // A sum of doubles would drift.
    let value = |at: usize| ((from + at as f64 * step) * 1e9).round() / 1e9;
    Ok((0..MOST)
        .map(value)
        .take_while(|value| *value <= to + 1e-9)
        .collect())
}
