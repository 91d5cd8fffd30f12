//! The engine's settings and their parameters, whatever the kind of judgement.

use crate::columns::Caps;
use crate::config::{Config, EARLY, ParameterRange, ParameterSpec, ParameterValue};
use crate::definition::Definition;
use crate::judgement::Timing;
use ParameterRange::{Boolean, Integer, Number};

/// Thirty days: the longest span of event time that any setting may ask for.
const MAX_SPAN: u64 = 30 * 24 * 3600;
/// Most samples and most exactly counted values, if a definition has no parameter for them.
const SAMPLES: u64 = 25;
const EXACT: u64 = 4096;
/// The name of the parameter of the de-duplication horizon.
pub(crate) const HORIZON: &str = "dedup_horizon_seconds";
/// The name of the parameter of the allowed lateness.
pub(crate) const LATENESS: &str = "allowed_lateness_seconds";
/// The name of the parameter of the watermark's delay.
pub(crate) const BEHIND: &str = "out_of_orderness_seconds";

/// The engine's settings, under the names that a configuration uses.
#[derive(Clone, Copy, Debug)]
pub struct EngineSettings {
    /// The times of evaluation.
    pub(crate) timing: Timing,
    /// Delay of the watermark behind the largest event time, in seconds.
    pub out_of_orderness_seconds: u64,
    /// Time during which a fired window still takes events, in seconds behind the watermark.
    pub allowed_lateness_seconds: u64,
    /// Time during which event ids are kept, in seconds behind the watermark.
    pub dedup_horizon_seconds: u64,
    /// Largest distance of an event ahead of the host's clock, in seconds.
    pub max_future_seconds: u64,
    /// Largest distance of an event ahead of all earlier ones if there is no clock, in seconds; 0
    /// for any distance.
    pub max_jump_seconds: u64,
    /// Budget of state, in MiB.
    pub max_state_mib: u64,
    /// Whether to alert as soon as the conditions hold in an open window.
    pub early: bool,
    /// Whether to keep the ledger of closed windows.
    pub verdicts: bool,
    /// The fraction of each minimum that a group must reach to be entered in the ledger.
    pub verdicts_floor: f64,
    /// Whether to aggregate only, for a state that is merged elsewhere.
    pub partial: bool,
    /// Limits of columns.
    pub caps: Caps,
}

impl EngineSettings {
    /// The engine's settings of a configuration.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the ranges fit")]
    pub fn new(config: &Config, definition: &Definition) -> EngineSettings {
        let cap = |setting: Option<ParameterSpec>, most: u64| match setting {
            Some(setting) => config.integer(setting.name) as usize,
            None => most as usize,
        };
        EngineSettings {
            timing: Timing::new(config, definition.judgement),
            out_of_orderness_seconds: config.integer(BEHIND),
            allowed_lateness_seconds: config.integer(LATENESS),
            dedup_horizon_seconds: config.integer(HORIZON),
            max_future_seconds: config.integer("max_future_seconds"),
            max_jump_seconds: config.integer("max_jump_seconds"),
            max_state_mib: config.integer("max_state_mib"),
            early: config.is(EARLY),
            verdicts: config.is("verdicts"),
            verdicts_floor: config
                .get("verdicts_floor")
                .map_or(0.0, ParameterValue::number),
            partial: config.is("partial"),
            caps: Caps {
                values: config.integer("max_values") as usize,
                samples: cap(definition.samples, SAMPLES),
                distinct: cap(definition.exact, EXACT),
            },
        }
    }
}

/// The engine's parameters, whatever the kind of judgement.
#[rustfmt::skip]
pub(crate) static ENGINE: [ParameterSpec; 11] = [
    setting(BEHIND, Integer(120, 0, MAX_SPAN),
            "How far the watermark stays behind the largest event time, in seconds."),
    setting(LATENESS, Integer(8 * 3600, 0, MAX_SPAN),
            "How long after it fired a window still takes late events, in seconds of event time."),
    setting(HORIZON, Integer(3600, 0, MAX_SPAN),
            "How long event ids are remembered, in seconds behind the watermark; at most the allowed lateness."),
    setting("max_future_seconds", Integer(600, 0, MAX_SPAN),
            "How far beyond the host's clock an event may lie, in seconds; without effect in a replay."),
    setting("max_jump_seconds", Integer(366 * 24 * 3600, 0, 100 * 366 * 24 * 3600),
            "How far an event may lie ahead of all before it in a replay, in seconds; 16 in a row are refused, then the jump is believed. 0 for any distance."),
    setting("max_state_mib", Integer(256, 1, 2048),
            "Most state in MiB, in equal shares for the rules that judge together; above it the oldest and least promising windows are finalised early and marked incomplete."),
    setting(EARLY, Boolean(false),
            "Alert at the first moment the condition holds in an open window."),
    setting("verdicts", Boolean(false),
            "Keep a ledger of every closed window with each clause's value and distance."),
    setting("verdicts_floor", Number(0.0, 0.0, 1.0),
            "Leave out of the ledger what does not reach this part of every threshold but the ratio's."),
    setting("partial", Boolean(false),
            "Aggregate only and fire nothing, for a state that is merged into another detector."),
    setting("max_values", Integer(1000, 1, 100_000),
            "Most values in one list of an alert; the smallest are kept and truncation is marked."),
];

const fn setting(
    name: &'static str,
    range: ParameterRange,
    summary: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name,
        range,
        summary,
    }
}
