//! The origin of a state: the rule that made it, what it counted, and what it judged.
//!
//! What is counted is a rule's key, its columns, its windows, the code behind them by its own
//! number, and most parameters. What is judged is its conditions, their thresholds and its texts.
//! A state is merged where both are equal, and taken over where what is counted is.

use crate::config::{Config, EARLY};
use crate::definition::Plan;
use crate::hash::Seed;
use crate::judgement::{ALL, WARM_UP};
use crate::model::MergeError;
use crate::settings::{BEHIND, HORIZON, LATENESS};
use crate::wire::{Reader, Writer};

/// Parameters that affect later events or output alone: a state means the same under any value.
const OWN: [&str; 7] = [
    "partial",
    "verdicts",
    "verdicts_floor",
    "max_future_seconds",
    "max_jump_seconds",
    "max_state_mib",
    "exceptions",
];
/// Parameters of all rules that decide when, and not what, is counted; thresholds are others.
const JUDGING: [&str; 6] = [BEHIND, LATENESS, HORIZON, EARLY, ALL, WARM_UP];
/// Parameters by which a window that was judged may be judged otherwise; thresholds are others.
const REJUDGING: [&str; 2] = [ALL, WARM_UP];
/// Longest span in seconds, above those that parameters may have.
const LONGEST: u64 = 1 << 32;
/// Most characters of a name or value of a state in a sentence.
const SHOWN: usize = 100;

/// What a rule counts, besides the values of its parameters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// The number of the rule's code; see `Rule::counting`.
    code: u64,
    /// The number of the log's code; see `Log::READING`.
    log: u64,
    /// A hash of all of it.
    fingerprint: u64,
}

impl Counted {
    pub(crate) fn new(plan: &Plan, code: u64, log: u64) -> Counted {
        let mut hash = Seed(0, 0).hasher();
        hash.number(plan.schema.fingerprint());
        hash.number(plan.definition.judgement.number());
        hash.number(code);
        hash.number(log);
        for (name, value) in shared(&plan.parameters.defaults()) {
            if !is_judging(name, plan) {
                hash.text(name.as_bytes());
                hash.text(value.as_bytes());
            }
        }
        Counted {
            code,
            log,
            fingerprint: hash.finish(),
        }
    }
}

/// The parameters that two states must share to be merged.
fn shared(config: &Config) -> Vec<(&'static str, String)> {
    let mut values = config.values();
    values.retain(|(name, _)| !OWN.contains(name));
    values
}

/// Whether a parameter of a rule changes nothing of what is counted.
fn is_judging(name: &str, plan: &Plan) -> bool {
    JUDGING.contains(&name) || is_threshold(name, plan)
}

fn is_threshold(name: &str, plan: &Plan) -> bool {
    let mut conditions = plan.definition.conditions.iter();
    conditions.any(|condition| condition.parameter == name)
}

/// Encodes the origin of a state. A `whole` state can be taken over: it describes what was counted
/// and judged. A group's is small, and has the parameters alone that differ from their defaults.
pub(crate) fn write(w: &mut Writer, plan: &Plan, whole: bool) {
    w.slice(plan.definition.info.id.as_bytes());
    w.u32(plan.definition.info.version);
    w.u64(plan.counted.fingerprint);
    w.bool(whole);
    let mut values = shared(&plan.config);
    if whole {
        write_description(w, plan);
    } else {
        let defaults = shared(&plan.parameters.defaults());
        values.retain(|value| !defaults.contains(value));
    }
    w.size(values.len());
    for (name, value) in values {
        w.slice(name.as_bytes());
        w.slice(value.as_bytes());
    }
}

fn write_description(w: &mut Writer, plan: &Plan) {
    w.u64(plan.definition.judgement.number());
    w.u64(plan.counted.code);
    w.u64(plan.counted.log);
    let (key, columns) = (plan.schema.key(), plan.schema.columns());
    w.size(key.len());
    for part in key {
        w.slice(part.name.as_bytes());
        w.u64(part.number());
    }
    w.size(columns.len());
    for column in columns {
        w.slice(column.name.as_bytes());
        w.u64(column.kind.number());
    }
    w.size(plan.conditions.count());
    for (parameter, figure, comparison) in plan.conditions.asked() {
        w.slice(parameter.as_bytes());
        w.u64(figure);
        w.u64(comparison);
    }
}

/// The origin of a state that was read.
pub(crate) struct Origin<'a> {
    pub(crate) rule: &'a str,
    pub(crate) version: u32,
    fingerprint: u64,
    description: Option<Description<'a>>,
    /// Parameters with their values: all of a whole state, else those that are not the default.
    values: Vec<(&'a str, &'a str)>,
}

/// What was counted and judged in a state.
struct Description<'a> {
    judgement: u64,
    code: u64,
    log: u64,
    key: Vec<(&'a str, u64)>,
    columns: Vec<(&'a str, u64)>,
    /// Parameter, figure and comparison of each condition.
    conditions: Vec<(&'a str, u64, u64)>,
}

/// How the rule of a state and an open rule differ.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Differences {
    /// What is counted otherwise, in clauses.
    pub(crate) counted: Vec<String>,
    /// What is judged otherwise, in clauses.
    pub(crate) judged: Vec<String>,
    /// Whether windows that were judged may be judged otherwise now.
    pub(crate) rejudges: bool,
    /// Whether the figures of the conditions are others.
    pub(crate) other_figures: bool,
    /// The state's number of conditions.
    pub(crate) conditions: usize,
    /// The state's allowed lateness and delay of the watermark, in seconds.
    pub(crate) lateness: u64,
    pub(crate) behind: u64,
    /// Whether alerts were, or are, early.
    pub(crate) early: bool,
}

/// Reads named numbers.
fn named<'a>(r: &mut Reader<'a>) -> Option<Vec<(&'a str, u64)>> {
    let mut all = Vec::new();
    r.each(|r| {
        all.push((r.text()?, r.u64()?));
        Some(())
    })?;
    Some(all)
}

fn read_description<'a>(r: &mut Reader<'a>) -> Option<Description<'a>> {
    let (judgement, code, log) = (r.u64()?, r.u64()?, r.u64()?);
    let (key, columns) = (named(r)?, named(r)?);
    let mut conditions = Vec::new();
    r.each(|r| {
        conditions.push((r.text()?, r.u64()?, r.u64()?));
        Some(())
    })?;
    Some(Description {
        judgement,
        code,
        log,
        key,
        columns,
        conditions,
    })
}

/// Reads the origin of a state.
pub(crate) fn read<'a>(r: &mut Reader<'a>) -> Option<Origin<'a>> {
    let (rule, version, fingerprint) = (r.text()?, r.u32()?, r.u64()?);
    let description = r.option(read_description)?;
    let mut values = Vec::new();
    r.each(|r| {
        values.push((r.text()?, r.text()?));
        Some(())
    })?;
    Some(Origin {
        rule,
        version,
        fingerprint,
        description,
        values,
    })
}

/// A name or value of a state in a sentence; a state may be forged, and of any length.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The names of parts or columns, with commas between.
fn names<'a>(of: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = of.collect();
    match names.is_empty() {
        true => "nothing".to_owned(),
        false => shown(&names.join(", ")),
    }
}

impl Origin<'_> {
    /// Whether the state was made by the same rule under the same configuration.
    ///
    /// # Errors
    /// What is another.
    pub(crate) fn is_of(&self, plan: &Plan) -> Result<(), MergeError> {
        let info = &plan.definition.info;
        if self.version != info.version {
            return Err(MergeError::OtherRule(format!(
                "rule {} version {}; this detector is rule {0} version {}",
                info.id, self.version, info.version
            )));
        }
        if self.fingerprint != plan.counted.fingerprint {
            return Err(MergeError::OtherRule(
                "the rule of its name counts otherwise".to_owned(),
            ));
        }
        let (ours, defaults) = (shared(&plan.config), shared(&plan.parameters.defaults()));
        let differ: Vec<&str> = { ours.iter() }
            .zip(&defaults)
            .filter(|((name, ours), (_, default))| {
                let theirs = self.value(name).or(Some(default.as_str()));
                theirs != Some(ours.as_str())
            })
            .map(|((name, _), _)| *name)
            .collect();
        if !differ.is_empty() {
            return Err(MergeError::OtherConfiguration(differ.join(", ")));
        }
        let known = |name: &str| defaults.iter().any(|(known, _)| *known == name);
        match self.values.iter().find(|(name, _)| !known(name)) {
            Some((name, _)) => Err(MergeError::OtherConfiguration(shown(name))),
            None => Ok(()),
        }
    }

    /// The value of a parameter, if the state has it.
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    /// A number of seconds; a state may be forged, and say anything.
    fn seconds(&self, name: &str) -> u64 {
        let value: Option<u64> = self.value(name).and_then(|value| value.parse().ok());
        value.unwrap_or_default().min(LONGEST)
    }

    /// How the open rule differs from the state's; None where the state is a group's, which does
    /// not say.
    pub(crate) fn differences(&self, plan: &Plan) -> Option<Differences> {
        let theirs = self.description.as_ref()?;
        let mut found = Differences {
            conditions: theirs.conditions.len(),
            lateness: self.seconds(LATENESS),
            behind: self.seconds(BEHIND),
            early: plan.config.is(EARLY) || self.value(EARLY) == Some("true"),
            ..Differences::default()
        };
        self.compare_definitions(theirs, plan, &mut found.counted);
        self.compare_parameters(theirs, plan, &mut found);
        let asked = || plan.conditions.asked();
        let figures = theirs.conditions.iter().map(|(_, figure, _)| *figure);
        found.other_figures = !figures.eq(asked().map(|(_, figure, _)| figure));
        let how = theirs.conditions.iter().map(|(_, _, how)| *how);
        if found.other_figures || !how.eq(asked().map(|(_, _, how)| how)) {
            found.rejudges = true;
            found.judged.push("the conditions are others".to_owned());
        }
        Some(found)
    }

    fn compare_definitions(&self, theirs: &Description, plan: &Plan, counted: &mut Vec<String>) {
        let ours = plan.counted;
        if theirs.judgement != plan.definition.judgement.number() {
            counted.push("its windows are of another kind".to_owned());
        }
        let key: Vec<_> = { plan.schema.key().iter() }
            .map(|part| (part.name.as_str(), part.number()))
            .collect();
        if theirs.key != key {
            let was = names(theirs.key.iter().map(|(name, _)| *name));
            let is = names(key.iter().map(|(name, _)| *name));
            counted.push(match was == is {
                true => format!("the key ({is}) is of other types"),
                false => format!("the key was {was} and is {is}"),
            });
        }
        let columns: Vec<_> = { plan.schema.columns().iter() }
            .map(|column| (column.name.as_str(), column.kind.number()))
            .collect();
        let before = counted.len();
        for (name, kind) in &columns {
            match theirs.columns.iter().find(|(known, _)| known == name) {
                None => counted.push(format!("column {name} is new")),
                Some((_, was)) if was != kind => {
                    counted.push(format!("column {name} is of another kind"));
                }
                Some(_) => {}
            }
        }
        for (name, _) in &theirs.columns {
            if !columns.iter().any(|(known, _)| known == name) {
                counted.push(format!("column {} is gone", shown(name)));
            }
        }
        if counted.len() == before && theirs.columns != columns {
            counted.push("the columns are in another order".to_owned());
        }
        if theirs.code != ours.code {
            counted.push("the rule says that it counts otherwise".to_owned());
        }
        if theirs.log != ours.log {
            counted.push("the log says that it is read otherwise".to_owned());
        }
    }

    fn compare_parameters(&self, theirs: &Description, plan: &Plan, found: &mut Differences) {
        let asked = |name: &str| theirs.conditions.iter().any(|(known, ..)| *known == name);
        let ours = shared(&plan.config);
        for (name, is) in &ours {
            let was = self.value(name);
            if was == Some(is) {
                continue;
            }
            let threshold = is_threshold(name, plan);
            let judging = match was {
                Some(_) => JUDGING.contains(name) || threshold && asked(name),
                None => JUDGING.contains(name) || threshold,
            };
            let to = if judging {
                found.rejudges |= threshold || REJUDGING.contains(name);
                &mut found.judged
            } else {
                &mut found.counted
            };
            to.push(match was {
                Some(was) => format!("{name} was {} and is {}", shown(was), shown(is)),
                None => format!("{name} is new"),
            });
        }
        for (name, _) in &self.values {
            if ours.iter().any(|(known, _)| known == name) {
                continue;
            }
            let to = match JUDGING.contains(name) || asked(name) {
                true => &mut found.judged,
                false => &mut found.counted,
            };
            to.push(format!("{} is gone", shown(name)));
        }
    }
}
